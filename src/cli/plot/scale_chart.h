/* SPDX-License-Identifier: BSD-3-Clause */
/* What the picture of scaling is made of: found by scale_chart.c, written by plot_scale.c. */
#ifndef ROWCAST_CLI_SCALE_CHART_H
#define ROWCAST_CLI_SCALE_CHART_H

#include <stdbool.h>

#include "plot/plot_values.h"

/* Results of one document, kernel and element type; the first of them. */
struct series {
  size_t document;
  const json_t *first;
  char *name; /* owned */
  bool disturbed;
};

/* All that is drawn. */
struct chart {
  json_t *const *documents;
  size_t count, columns; /* of documents; of a terminal, 0: pixels */
  struct series *series; /* owned, with their names */
  size_t series_count;
  double most;                    /* threads */
  bool weak, disturbed, shaped;   /* shaped: of several shapes, which the names have */
  size_t keys, left_out, longest; /* lines of the key, and those there was no room for; of its characters */
};

/* The series that a document's result belongs to; chart->series_count: it has none yet. */
size_t scale_find(const struct chart *chart, size_t document, const json_t *result);

/* Finds the series of all documents, and what is known of them together. False: no memory. The caller frees
 * chart->series and their names in any case. */
bool scale_find_all(struct chart *chart);

#endif
