/* SPDX-License-Identifier: BSD-3-Clause */
#include "info.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void rc_info_begin(struct rc_info *info, const char *format, size_t rows, size_t rank) {
  *info = (struct rc_info){.file = {.struct_size = sizeof info->file, .rank = rank, .dims = {rows}}};
  info->file.element = info->element;
  info->file.format = format;
  info->file.name = "";
}

void rc_info_shape(struct rc_info *info, const struct rc_header *header) {
  info->file.rank = header->rank;
  memcpy(info->file.dims, header->dims, sizeof info->file.dims);
  if (header->kind == RC_BFLOAT) memcpy(info->element, "bf16", sizeof "bf16");
  else snprintf(info->element, sizeof info->element, "%c%zu", header->kind, header->element);
  info->file.format = header->format;
}

void rc_info_take_name(struct rc_info *info, char *name) {
  free(info->name);
  info->name = name;
  info->file.name = name != NULL ? name : "";
}

bool rc_info_copy(struct rc_info *to, const struct rc_info *from) {
  char *name = from->name != NULL ? strdup(from->name) : NULL;
  if (from->name != NULL && name == NULL) return false;
  to->file = from->file;
  memcpy(to->element, from->element, sizeof to->element);
  to->file.element = to->element;
  rc_info_take_name(to, name);
  return true;
}

void rc_info_free(struct rc_info *info) { rc_info_take_name(info, NULL); }
