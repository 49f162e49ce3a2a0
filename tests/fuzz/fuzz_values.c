/* SPDX-License-Identifier: BSD-3-Clause */
/* The texts of the command line: ranges, lists, shapes, scales, sizes. */
#include <math.h>
#include <string.h>

#include "cli/args/lists.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  char *text = malloc(size + 1);
  struct row_range rows;
  uint64_t number;
  float scale;
  size_t bytes;
  struct number_list list = {0};
  struct shape_list shapes = {0};
  struct list_fault fault;
  MUST(text != NULL);
  if (size > 0) memcpy(text, data, size);
  text[size] = '\0';
  if (value_rows(text, &rows)) MUST(rows.from <= rows.to);
  if (value_number(text, 3, 1000, &number)) MUST(number >= 3 && number <= 1000);
  if (value_scale(text, &scale)) MUST(isfinite(scale) && scale != 0.0f);
  if (shapes_read(&shapes, text, 1000, &fault)) {
    MUST(shapes.count >= 1 && shapes_make_unique(&shapes) && shapes.count >= 1);
    for (size_t i = 0; i < shapes.count; i++) {
      const struct shape *shape = &shapes.values[i];
      MUST(shape->m >= 1 && shape->m <= 1000 && shape->k >= 1 && shape->k <= 1000 && shape->n >= 1 && shape->n <= 1000);
    }
  }
  shapes_free(&shapes);
  if (value_bytes(text, &bytes)) MUST(bytes >= 65536);
  value_randn(text, &number);
  value_is_randn(text);
  if (list_read(&list, text, 1, 1000, &fault)) {
    MUST(list.count >= 1);
    for (size_t i = 0; i < list.count; i++) MUST(list.values[i] >= 1 && list.values[i] <= 1000);
  }
  list_free(&list);
  free(text);
  return 0;
}
