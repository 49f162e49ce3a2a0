/* SPDX-License-Identifier: BSD-3-Clause */
#include "args/csv_options.h"

#include <stdint.h>
#include <string.h>

/* A character of ASCII, or the name of one that shells make hard to give; which can be one, the library says. */
static bool take_sign(int *sign, const char *value) {
  static const struct {
    const char *name;
    int sign;
  } names[] = {{"tab", '\t'}, {"space", ' '}, {"none", ROWCAST_NO_COMMENTS}};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
    if (strcmp(value, names[i].name) == 0) {
      *sign = names[i].sign;
      return true;
    }
  if ((value[0] < ' ' && value[0] != '\t') || value[0] > '~' || value[0] == '\0' || value[1] != '\0') return false;
  *sign = value[0];
  return true;
}

const char *csv_option_set(rowcast_read_options *read, const char *key, const char *value) {
  if (strcmp(key, "delimiter") == 0)
    return take_sign(&read->delimiter, value) && read->delimiter != ROWCAST_NO_COMMENTS ? NULL
                                                                                        : "one character, tab or space";
  if (strcmp(key, "comment") == 0)
    return take_sign(&read->comment, value) && read->comment != ' ' && read->comment != '\t' ? NULL
                                                                                             : "one character, or none";
  if (strcmp(key, "decimal") == 0) {
    if (strcmp(value, ".") != 0 && strcmp(value, ",") != 0) return ". or ,";
    read->decimal = value[0];
    return NULL;
  }
  if (strcmp(value, "auto") != 0 && strcmp(value, "none") != 0) return "auto or none";
  read->headings = value[0] == 'n' ? ROWCAST_HEADINGS_KEPT : ROWCAST_HEADINGS_NONE;
  return NULL;
}

void csv_options_columns(rowcast_read_options *read, const struct row_range *columns) {
  if (!columns->given || columns->from == columns->to) return;
  read->columns_from = columns->from;
  read->columns_to = columns->to == SIZE_MAX ? 0 : columns->to;
}

const char *csv_option_given(const rowcast_read_options *read) {
  if (read->skip_lines > 0) return "skip-lines";
  if (read->delimiter != 0) return "delimiter";
  if (read->decimal != 0) return "decimal";
  return read->comment != 0 ? "comment" : read->headings != ROWCAST_HEADINGS_NONE ? "headings" : NULL;
}
