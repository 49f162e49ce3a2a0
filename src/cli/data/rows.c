/* SPDX-License-Identifier: BSD-3-Clause */
#include "data/rows.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "terminal/report.h"

/* Bytes as float32 values u * scale. */
static int convert(struct rows *rows, float scale) {
  if (rowcast_matrix_alloc(&rows->storage, ROWCAST_F32, rows->m, rows->k) != ROWCAST_OK)
    return complain_of_memory("the rows as float32");
  float *to = rows->storage.data;
  const unsigned char *from = rows->x;
  for (size_t i = 0; i < rows->m; i++)
    for (size_t k = 0; k < rows->k; k++) to[i * rows->storage.stride + k] = (float)from[i * rows->ldx + k] * scale;
  rows->dtype = ROWCAST_F32;
  rows->x = to;
  rows->ldx = rows->storage.stride;
  rows->scale = 1.0f;
  return EXIT_DONE;
}

/* Float32 that are all n/256 as bytes. */
static int hold_as_bytes(struct rows *rows, const struct input *input) {
  rows->storage = input->images;
  rows->storage.owner = NULL; /* the images keep theirs */
  rows->storage.data = (void *)(uintptr_t)rows->x;
  rows->storage.rows = rows->m;
  rows->storage.cols = rows->k;
  if (!rowcast_matrix_to_bytes(&rows->storage)) {
    complain("%s: its elements are %s and not all n/256 with n from 0 to 255, so --dtype u8 cannot take them",
             input->path, element_name(&input->images));
    return EXIT_FAILED;
  }
  rows->dtype = ROWCAST_U8;
  rows->x = rows->storage.data;
  rows->ldx = rows->storage.stride;
  const float scale = rows->scale;
  rows->scale *= rows->storage.unit;
  /* Subnormal it would be rounded, and what is rounded to 0 would mean 1 to a plan. */
  if (rows->scale / rows->storage.unit == scale) return EXIT_DONE;
  complain("--scale: 1/256 of %.9g is not a float32, which --dtype u8 needs", (double)scale);
  return EXIT_FAILED;
}

int rows_prepare(struct rows *rows, const struct input *input, enum dtype_choice dtype, float scale) {
  const rowcast_matrix *images = &input->images;
  const size_t element = images->dtype == ROWCAST_U8 ? 1 : sizeof(float);
  size_t from, to;
  input_selected(input, &from, &to);
  memset(rows, 0, sizeof *rows);
  rows->dtype = images->dtype;
  rows->m = to - from;
  rows->k = input->columns;
  rows->ldx = images->stride;
  rows->x = rows->m > 0 && rows->k > 0
              ? (const unsigned char *)images->data + (from * images->stride + input->first_column) * element
              : images->data;
  rows->scale = scale;
  if (dtype == DTYPE_U8 && images->dtype != ROWCAST_U8) return hold_as_bytes(rows, input);
  return dtype == DTYPE_F32 && images->dtype == ROWCAST_U8 ? convert(rows, scale) : EXIT_DONE;
}

void rows_free(struct rows *rows) { rowcast_matrix_free(&rows->storage); }

const char *element_name(const rowcast_matrix *matrix) {
  return matrix->file != NULL ? matrix->file->element : matrix->dtype == ROWCAST_U8 ? "u1" : "f4";
}

bool element_is_rounded(const rowcast_matrix *matrix) {
  static const char *const wide[] = {"f8", "i4", "u4", "i8", "u8"};
  for (size_t i = 0; i < sizeof wide / sizeof wide[0]; i++)
    if (strcmp(element_name(matrix), wide[i]) == 0) return true;
  return false;
}

const char *element_text(const rowcast_matrix *matrix, char text[ELEMENT_TEXT]) {
  if (matrix->dtype == ROWCAST_U8) return "bytes";
  if (strcmp(element_name(matrix), "f4") == 0) return "float32";
  snprintf(text, ELEMENT_TEXT, "%s %s float32", element_name(matrix), element_is_rounded(matrix) ? "rounded to" : "as");
  return text;
}
