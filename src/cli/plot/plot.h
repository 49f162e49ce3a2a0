/* SPDX-License-Identifier: BSD-3-Clause */
/* Pictures of result documents. */
#ifndef ROWCAST_CLI_PLOT_H
#define ROWCAST_CLI_PLOT_H

#include <stdbool.h>
#include <stdio.h>

#include <jansson.h>

#include "args/options.h"
#include "plot/gnuplot.h"

/* Can --plot be done: its suffix, gnuplot, and the place? Said before the work; an exit status. Done without --plot. */
int plot_check(const struct options *options, const char *command);

/* Draws the documents as --plot says: scale's and roofline's own pictures where there is one document, of that command;
 * else the ladder, with every document's bars. An exit status. Done without --plot. */
int plot_draw(json_t *const *documents, size_t count, const struct options *options);

/* The pictures: write a script and its data, tell the size, and say what is left out. size->columns is a
 * terminal's width, or 0 for pixels, at first. An exit status. */
typedef int plot_picture(FILE *script, FILE *data, json_t *const *documents, size_t count, struct picture_size *size);
plot_picture plot_ladder, plot_scale, plot_roofline;

/* Says that nothing of the documents belongs into a picture; EXIT_FAILED. */
int plot_nothing(void);

/* For the pictures: a number of a result (NaN: none), and a text, "" for none. */
double plot_number(const json_t *result, const char *key);
const char *plot_string(const json_t *result, const char *key);

/* "avx2-tile f32": a result's kernel and element type, fit for a script, cut where it is long; to be freed. NULL: no
 * memory. */
char *plot_name(const json_t *result);

/* "50000 x 784 times 784 x 10, AMD EPYC": what a document's results are about, fit for a script. */
enum { PLOT_TEXT = 200 };
void plot_title(const json_t *document, const json_t *result, char text[PLOT_TEXT]);

#endif
