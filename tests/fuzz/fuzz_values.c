/* SPDX-License-Identifier: BSD-3-Clause */
/* The texts of the command line: ranges, lists, shapes, scales, sizes. */
#include <math.h>
#include <string.h>

#include "cli/values.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  enum { CAPACITY = 64 };
  char *text = malloc(size + 1);
  struct row_range rows;
  struct shape shape;
  uint64_t number;
  float scale;
  size_t list[CAPACITY], count = 0, bytes;
  MUST(text != NULL);
  if (size > 0) memcpy(text, data, size);
  text[size] = '\0';
  if (value_rows(text, &rows)) MUST(rows.from <= rows.to);
  if (value_number(text, 3, 1000, &number)) MUST(number >= 3 && number <= 1000);
  if (value_scale(text, &scale)) MUST(isfinite(scale) && scale != 0.0f);
  if (value_shape(text, 1000, &shape)) MUST(shape.m >= 1 && shape.m <= 1000 && shape.k <= 1000 && shape.n <= 1000);
  if (value_bytes(text, &bytes)) MUST(bytes >= 65536);
  value_randn(text, &number);
  value_is_randn(text);
  if (value_list(text, 1, 1000, list, CAPACITY, &count)) {
    MUST(count >= 1 && count <= CAPACITY);
    for (size_t i = 0; i < count; i++) MUST(list[i] >= 1 && list[i] <= 1000);
  }
  free(text);
  return 0;
}
