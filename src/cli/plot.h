/* SPDX-License-Identifier: BSD-3-Clause */
/* Pictures of result documents. */
#ifndef ROWCAST_CLI_PLOT_H
#define ROWCAST_CLI_PLOT_H

#include <stdbool.h>
#include <stdio.h>

#include <jansson.h>

#include "gnuplot.h"
#include "options.h"

/* Can --plot be done: its suffix, gnuplot, and the place? Said before the work; an exit status. Done without --plot. */
int plot_check(const struct options *options, const char *command);

/* Draws the documents as --plot says: scale's and roofline's own pictures where there is one document, of that command;
 * else the ladder, with every document's bars. An exit status. Done without --plot. */
int plot_draw(json_t *const *documents, size_t count, const struct options *options);

/* The pictures: write a script and its data, and tell the size. False: nothing of the documents belongs in it. */
typedef bool plot_picture(FILE *script, FILE *data, json_t *const *documents, size_t count, struct picture_size *size);
plot_picture plot_ladder, plot_scale, plot_roofline;

/* For the pictures: a number of a result (NaN: none), and a text, "" for none. */
double plot_number(const json_t *result, const char *key);
const char *plot_string(const json_t *result, const char *key);

/* "50000 x 784 times 784 x 10, AMD EPYC": what a document's results are about, fit for a script. */
enum { PLOT_TEXT = 200 };
void plot_title(const json_t *document, const json_t *result, char text[PLOT_TEXT]);

#endif
