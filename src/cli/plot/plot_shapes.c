/* SPDX-License-Identifier: BSD-3-Clause */
#include "plot/plot_shapes.h"

#include <stdbool.h>
#include <stdlib.h>

#include "plot/plot_values.h"

static double work_of(const json_t *result) {
  return plot_number(result, "rows") * plot_number(result, "k") * plot_number(result, "n");
}

static int most_work_first(const void *left, const void *right) {
  const json_t *const *a = left, *const *b = right;
  const double x = work_of(*a), y = work_of(*b);
  return x != y ? (x < y) - (x > y) : (a > b) - (a < b);
}

const json_t **plot_shapes(json_t *const *documents, size_t count, size_t *found) {
  json_t *known = json_object(), *result;
  const json_t **shapes = NULL;
  size_t i, room = 0;
  bool made = known != NULL;
  *found = 0;
  for (size_t d = 0; d < count; d++) json_array_foreach(json_object_get(documents[d], "results"), i, result) {
      char key[128]; /* three numbers of 20 characters at most */
      snprintf(key, sizeof key, "%.0f %.0f %.0f", plot_number(result, "rows"), plot_number(result, "k"),
               plot_number(result, "n"));
      if (!made || json_object_get(known, key) != NULL) continue;
      if (*found == room) {
        room = 2 * room + 16;
        const json_t **grown = reallocarray(shapes, room, sizeof *grown);
        if ((made = grown != NULL)) shapes = grown;
      }
      made = made && json_object_set_new(known, key, json_true()) == 0;
      if (made) shapes[(*found)++] = result;
    }
  json_decref(known);
  if (made && *found > 0) qsort(shapes, *found, sizeof *shapes, most_work_first);
  if (made) return shapes;
  free(shapes);
  return NULL;
}
