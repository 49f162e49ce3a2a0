/* SPDX-License-Identifier: BSD-3-Clause */
#include "compare_verify.h"

#include "study/grid.h"
#include "terminal/report.h"

int compare_verify_check(const struct sides *sides, const struct options *options, bool *verify) {
  size_t found = 0, first = 0;
  for (size_t i = sides->count * sides->runs; i-- > 0;)
    if (document_is(sides->documents[i], "verify")) found++, first = i;
  *verify = found > 0;
  if (found == 0) return EXIT_DONE;
  if (found < sides->count * sides->runs) {
    complain("%s: is of verify, and compared with others of verify alone", sides->names[first]);
    return EXIT_FAILED;
  }
  if (options->plot == NULL && sides->runs == 1 && options->kernel == NULL && options->row_counts.count == 0)
    return EXIT_DONE;
  complain("%s: is of verify, which has no times: --plot, --runs, --kernel and --rows are for others",
           sides->names[first]);
  return EXIT_USAGE;
}

static const char *const keys[] = {"order", "dtype", NULL};

/* The distance of the same order and type; NULL: there is none. */
static const json_t *find(const json_t *distances, const json_t *like) {
  const json_t *distance;
  size_t i;
  json_array_foreach(distances, i, distance) if (results_alike(distance, like, keys)) return distance;
  return NULL;
}

static json_t *number_of(const json_t *distance, const char *key, double times) {
  const json_t *value = json_object_get(distance, key);
  return json_is_number(value) ? json_number(times * json_number_value(value)) : json_null();
}

static bool add_side(json_t *line, const json_t *distance, size_t side) {
  char key[KEY_TEXT];
  return json_object_set_new(line, compare_key("not_exact_percent", side, key),
                             number_of(distance, "share_not_exact", 100.0)) == 0 &&
         json_object_set_new(line, compare_key("worst_ulps", side, key), number_of(distance, "worst_ulps", 1.0)) == 0;
}

static json_t *line_of(const struct sides *sides, const json_t *like) {
  json_t *line = json_object();
  bool made = line != NULL;
  for (const char *const *key = keys; *key != NULL; key++)
    made = made && json_object_set(line, *key, json_object_get(like, *key)) == 0;
  for (size_t i = 0; i < sides->count && made; i++)
    made = add_side(line, find(json_object_get(sides->documents[i], "distances"), like), i);
  if (made) return line;
  json_decref(line);
  return NULL;
}

json_t *compare_verify_lines(const struct sides *sides) {
  json_t *lines = json_array();
  bool made = lines != NULL;
  for (size_t i = 0; i < sides->count; i++) {
    const json_t *distance;
    size_t d;
    json_array_foreach(json_object_get(sides->documents[i], "distances"), d,
                       distance) if (find(lines, distance) == NULL) made =
      made && json_array_append_new(lines, line_of(sides, distance)) == 0;
  }
  if (made) return lines;
  json_decref(lines);
  return NULL;
}
