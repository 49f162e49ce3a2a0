/* SPDX-License-Identifier: BSD-3-Clause */
#include "verify_print.h"

#include <string.h>

#include "study/conditions.h"
#include "study/document.h"
#include "terminal/report.h"

/* Where and how a failed check went wrong. */
static void print_failure(const struct verify_line *line) {
  const struct check_difference *difference = &line->difference;
  const struct check_bound *bound = &line->bound;
  out("FAIL %s, %s, %s with %u: ", line->kernel, rowcast_dtype_name(line->dtype), line->driver, line->threads);
  if (difference->count > 0)
    out("%zu outputs differ from the model, first row %zu column %zu: %a instead of %a\n", difference->count,
        difference->row, difference->column, (double)difference->got, (double)difference->expected);
  else
    out("%zu outputs beyond the bound, row %zu column %zu: %.9g, exactly %.17g\n", bound->over, bound->row,
        bound->column, bound->got, bound->exact);
}

static void print_distances(const struct verify_list *list) {
  if (list->distance_count > 0) out("\norder       rows  outputs that are not exact's  worst, ulps\n");
  for (size_t i = 0; i < list->distance_count; i++) {
    const struct verify_distance *at = &list->distances[i];
    out("%-10s  %-4s  %27.2f %%  %11.0f\n", rowcast_order_name(at->order), rowcast_dtype_name(at->dtype),
        100.0 * at->distance.share, at->distance.worst);
  }
  if (list->distance_count > 0) out("\n");
}

void verify_print(const struct verify_list *list, bool colors) {
  int width = (int)strlen("kernel");
  for (size_t i = 0; i < list->count; i++)
    if ((int)strlen(list->lines[i].kernel) > width) width = (int)strlen(list->lines[i].kernel);
  out("%-*s  order       rows  driver  threads  result  worst error (limit), of u sum |x||w|\n", width, "kernel");
  for (size_t i = 0; i < list->count; i++) {
    const struct verify_line *line = &list->lines[i];
    out("%-*s  %-10s  %-4s  %-6s  %7u  %s%-6s%s  %.3f (%.0f)\n", width, line->kernel, rowcast_order_name(line->order),
        rowcast_dtype_name(line->dtype), line->driver, line->threads, colors ? line->ok ? "\033[32m" : "\033[31m" : "",
        line->ok ? "ok" : "FAIL", colors ? "\033[0m" : "", line->bound.worst, line->bound.limit);
  }
  for (size_t i = 0; i < list->count; i++)
    if (!list->lines[i].ok) print_failure(&list->lines[i]);
  print_distances(list);
  out("%zu checks passed, %zu failed\n", list->count - list->failed, list->failed);
}

static json_t *line_json(const struct verify_line *line, size_t m, size_t k, size_t n) {
  const bool is_model = strcmp(line->driver, "model") == 0;
  json_t *object =
    json_pack("{s:s, s:s?, s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:b, s:I, s:o, s:o, s:I}", "kernel", line->kernel, "isa",
              is_model ? NULL : rowcast_isa_name(line->isa), "order", rowcast_order_name(line->order), "dtype",
              rowcast_dtype_name(line->dtype), "driver", line->driver, "threads", (json_int_t)line->threads, "rows",
              (json_int_t)m, "k", (json_int_t)k, "n", (json_int_t)n, "ok", (int)line->ok, "different",
              (json_int_t)line->difference.count, "worst_error", json_number(line->bound.worst), "error_limit",
              json_number(line->bound.limit), "beyond_limit", (json_int_t)line->bound.over);
  if (object != NULL && line->difference.count > 0) {
    const struct check_difference *at = &line->difference;
    json_object_set_new(object, "first_difference",
                        json_pack("{s:I, s:I, s:o, s:o}", "row", (json_int_t)at->row, "column", (json_int_t)at->column,
                                  "got", json_number((double)at->got), "expected", json_number((double)at->expected)));
  }
  return object;
}

int verify_json(const struct verify_list *list, const struct options *options, size_t m, size_t k, size_t n) {
  json_t *document = document_new("verify", options);
  if (document == NULL) return EXIT_FAILED;
  json_t *results = json_array();
  bool failed = results == NULL;
  for (size_t i = 0; i < list->count; i++)
    failed |= json_array_append_new(results, line_json(&list->lines[i], m, k, n)) != 0;
  json_t *distances = json_array();
  failed |= distances == NULL;
  for (size_t i = 0; i < list->distance_count; i++) {
    const struct verify_distance *at = &list->distances[i];
    failed |= json_array_append_new(distances, json_pack("{s:s, s:s, s:o, s:o}", "order", rowcast_order_name(at->order),
                                                         "dtype", rowcast_dtype_name(at->dtype), "share_not_exact",
                                                         json_number(at->distance.share), "worst_ulps",
                                                         json_number(at->distance.worst))) != 0;
  }
  json_t *found = json_pack("{s:I, s:I, s:o, s:o}", "passed", (json_int_t)(list->count - list->failed), "failed",
                            (json_int_t)list->failed, "distances", distances, "results", results);
  failed |= found == NULL || json_object_update(document, found) != 0 ||
            !conditions_end(json_object_get(document, "conditions"));
  json_decref(found);
  if (failed) {
    json_decref(document);
    return complain_of_memory("the results");
  }
  return out_json(document);
}
