/* SPDX-License-Identifier: BSD-3-Clause */
#include "study/document_select.h"

#include <stdbool.h>
#include <string.h>

#include "terminal/report.h"

/* A kernel of the list at names: the length of its name. */
static size_t length_of(const char *names) { return strcspn(names, ","); }

static bool is_called(const json_t *result, const char *name, size_t length) {
  const char *kernel = json_string_value(json_object_get(result, "kernel"));
  return strlen(kernel) == length && strncmp(kernel, name, length) == 0;
}

static bool has_rows(const json_t *result, size_t rows) {
  return json_integer_value(json_object_get(result, "rows")) == (json_int_t)rows;
}

static bool is_named(const json_t *result, const char *names) {
  for (const char *at = names;; at++) {
    if (is_called(result, at, length_of(at))) return true;
    at += length_of(at);
    if (*at == '\0') return false;
  }
}

static bool is_listed(const json_t *result, const struct number_list *rows) {
  for (size_t i = 0; i < rows->count; i++)
    if (has_rows(result, rows->values[i])) return true;
  return false;
}

static bool is_selected(const json_t *result, const struct options *options) {
  return (options->kernel == NULL || is_named(result, options->kernel)) &&
         (options->row_counts.count == 0 || is_listed(result, &options->row_counts));
}

/* Is everything that the options name in one of the documents? If not, that is said. */
static bool all_are_known(json_t *const *documents, size_t count, const struct options *options) {
  const json_t *result;
  size_t i;
  for (const char *at = options->kernel; at != NULL;) {
    const size_t length = length_of(at);
    bool known = false;
    for (size_t d = 0; d < count && !known; d++)
      json_array_foreach(json_object_get(documents[d], "results"), i, result) known |= is_called(result, at, length);
    if (!known) {
      complain("--kernel: no result is of '%.*s'", (int)length, at);
      return false;
    }
    at = at[length] == ',' ? at + length + 1 : NULL;
  }
  for (size_t r = 0; r < options->row_counts.count; r++) {
    bool known = false;
    for (size_t d = 0; d < count && !known; d++)
      json_array_foreach(json_object_get(documents[d], "results"), i, result) known |=
        has_rows(result, options->row_counts.values[r]);
    if (!known) {
      complain("--rows: no result is of %zu rows", options->row_counts.values[r]);
      return false;
    }
  }
  return true;
}

/* The results that are selected; NULL: no memory. */
static json_t *selection_of(const json_t *results, const struct options *options) {
  static const char *const ratios[] = {"ratio_to_before", "ratio_to_before_low", "ratio_to_before_high"};
  json_t *selected = json_array(), *result;
  bool made = selected != NULL, follows = true;
  size_t i;
  json_array_foreach(results, i, result) {
    const bool taken = is_selected(result, options);
    for (size_t r = 0; taken && !follows && r < sizeof ratios / sizeof ratios[0]; r++)
      if (json_object_get(result, ratios[r]) != NULL)
        made = made && json_object_set_new(result, ratios[r], json_null()) == 0;
    if (taken) made = made && json_array_append(selected, result) == 0;
    follows = taken;
  }
  if (made) return selected;
  json_decref(selected);
  return NULL;
}

int documents_select(json_t *const *documents, size_t count, const struct options *options) {
  size_t left = 0;
  if (options->kernel == NULL && options->row_counts.count == 0) return EXIT_DONE;
  if (!all_are_known(documents, count, options)) return EXIT_USAGE;
  for (size_t d = 0; d < count; d++) {
    json_t *selected = selection_of(json_object_get(documents[d], "results"), options);
    left += json_array_size(selected);
    if (json_object_set_new(documents[d], "results", selected) != 0) return complain_of_memory("the results");
  }
  if (left > 0) return EXIT_DONE;
  complain("no result is both of a kernel of --kernel and of rows of --rows");
  return EXIT_USAGE;
}
