/* SPDX-License-Identifier: BSD-3-Clause */
/* The studies of threads: their series, which are drawn together where they differ by side alone. */
#ifndef ROWCAST_CLI_CHARTS_H
#define ROWCAST_CLI_CHARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "html/material.h"

/* Lines of one kernel, element type, shape, kind of scaling and number of ranks. */
struct chart {
  const struct line **lines; /* by side, then threads; among the owner's */
  size_t count;
};

struct charts {
  struct chart *charts;
  size_t count;
  const struct line **lines; /* owned: all charts' */
};

/* False: no memory. Release with charts_free() in any case. */
bool charts_make(struct charts *charts, const struct material *material);
void charts_free(struct charts *charts);

/* The most that so many threads could have on the machine of a line's document. */
double ideal_of(const struct material *material, const struct line *line);

/* The CPUs that could be used there. */
size_t cpus_of(const struct material *material, const struct line *line);

/* "auto, bytes", and what tells it from other charts. */
void chart_name(FILE *page, const struct chart *chart);

#endif
