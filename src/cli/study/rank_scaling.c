/* SPDX-License-Identifier: BSD-3-Clause */
#include "study/rank_scaling.h"

#include <stdbool.h>

#include "data/ranks.h"
#include "study/grid.h"
#include "terminal/report.h"

/* A result's rows, of weak scaling those of a rank. */
static json_int_t rows_of(const json_t *result) {
  const json_int_t rows = json_integer_value(json_object_get(result, "rows"));
  const json_int_t ranks = json_integer_value(json_object_get(result, "ranks"));
  return json_is_true(json_object_get(result, "weak")) && ranks > 0 ? rows / ranks : rows;
}

/* Do two results differ in their ranks alone? */
static bool same_but_ranks(const json_t *a, const json_t *b) {
  static const char *const members[] = {"kernel", "k", "n", "dtype", "weak", "data", "threads", NULL};
  return results_alike(a, b, members) && rows_of(a) == rows_of(b);
}

/* How many times as much a result has of something as another one: NULL where either has none of it. */
static json_t *times_of(const json_t *result, const json_t *other, const char *member) {
  const double value = json_number_value(json_object_get(result, member));
  const double base = json_number_value(json_object_get(other, member));
  return base > 0.0 && value > 0.0 ? json_number(value / base) : json_null();
}

int rank_speedups(json_t *results) {
  json_t *result, *other;
  size_t i, j;
  json_array_foreach(results, i, result) {
    const json_t *fewest = result;
    json_array_foreach(results, j, other) {
      const json_int_t ranks = json_integer_value(json_object_get(other, "ranks"));
      if (same_but_ranks(result, other) && ranks < json_integer_value(json_object_get(fewest, "ranks"))) fewest = other;
    }
    if (json_object_get(result, "ranks") == NULL) continue;
    json_t *members = json_pack("{s:o, s:o, s:o}", "rank_speedup", times_of(result, fewest, "rows_per_s"),
                                "probe_fma_rank_speedup", times_of(result, fewest, "fma_gflops"),
                                "probe_read_rank_speedup", times_of(result, fewest, "read_gbytes_per_s"));
    const bool added = members != NULL && json_object_update(result, members) == 0;
    json_decref(members);
    if (!added) return complain_of_memory("the results");
  }
  return EXIT_DONE;
}

int rank_counts(const struct options *options, struct number_list *counts) {
  const size_t all = ranks_here()->all;
  bool added = true;
  for (size_t i = 0; i < options->ranks.count && added; i++) {
    if (options->ranks.values[i] > all) {
      complain("--ranks: %zu are too many: there %s %zu", options->ranks.values[i], all == 1 ? "is" : "are", all);
      return EXIT_USAGE;
    }
    added = list_add(counts, options->ranks.values[i]);
  }
  for (size_t ranks = 1; options->ranks.count == 0 && ranks < all && added; ranks *= 2) added = list_add(counts, ranks);
  if (options->ranks.count == 0 && added) added = list_add(counts, all);
  return added ? EXIT_DONE : complain_of_memory("the counts of ranks");
}
