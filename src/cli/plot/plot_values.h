/* SPDX-License-Identifier: BSD-3-Clause */
/* What pictures are, and what they take from documents. */
#ifndef ROWCAST_CLI_PLOT_VALUES_H
#define ROWCAST_CLI_PLOT_VALUES_H

#include <stdio.h>

#include <jansson.h>

#include "plot/gnuplot.h"

/* A picture: writes a script and its data, tells the size, and says what is left out. size->columns is a terminal's
 * width, or 0 for pixels, at first. An exit status. */
typedef int plot_picture(FILE *script, FILE *data, json_t *const *documents, size_t count, struct picture_size *size);

/* Says that nothing of the documents belongs into a picture; EXIT_FAILED. */
int plot_nothing(void);

/* A number of a result (NaN: none), and a text, "" for none. */
double plot_number(const json_t *result, const char *key);
const char *plot_string(const json_t *result, const char *key);

/* "avx2-tile f32": a result's kernel and element type, fit for a script, cut where it is long; to be freed. NULL: no
 * memory. */
char *plot_name(const json_t *result);

/* "50000 x 784 times 784 x 10, AMD EPYC": what a document's results are about, fit for a script. */
enum { PLOT_TEXT = 200 };
void plot_title(const json_t *document, const json_t *result, char text[PLOT_TEXT]);

#endif
