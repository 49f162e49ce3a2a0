/* SPDX-License-Identifier: BSD-3-Clause */
/* Pictures of speed-ups over threads, in SVG. */
#ifndef ROWCAST_CLI_CHART_DRAW_H
#define ROWCAST_CLI_CHART_DRAW_H

#include <stdio.h>

#include "html/charts.h"

/* A picture of a chart; number is its own. */
void chart_draw(FILE *page, const struct material *material, const struct chart *chart, size_t number);

#endif
