/* SPDX-License-Identifier: BSD-3-Clause */
/* What pictures are, and what they take from documents. */
#ifndef ROWCAST_CLI_PLOT_VALUES_H
#define ROWCAST_CLI_PLOT_VALUES_H

#include <stdbool.h>
#include <stdio.h>

#include <jansson.h>

#include "plot/gnuplot.h"
#include "study/document.h"

/* A picture: writes a script and its data, sets the size in pixels, and says what is left out. size->columns is a
 * terminal's width, or 0: of a terminal each panel is a page of its own (gnuplot_page()). An exit status. */
typedef int plot_picture(FILE *script, FILE *data, json_t *const *documents, size_t count, struct picture_size *size);

/* Says that nothing of the documents belongs into a picture; EXIT_FAILED. */
int plot_nothing(void);

/* A number of a result (NaN: none), and a text, "" for none. */
double plot_number(const json_t *result, const char *key);
const char *plot_string(const json_t *result, const char *key);

/* A result's rows; of weak scaling, whose rows grow with the threads, those of the most. */
double plot_rows(const json_t *result);

/* "avx2-tile f32": a result's kernel and element type, fit for a script, cut where it is long; to be freed. NULL: no
 * memory. */
char *plot_name(const json_t *result);

/* In what the results of documents differ: rows, elements of a row, columns. */
struct plot_sizes {
  bool rows, k, n;
};
struct plot_sizes plot_sizes_that_differ(json_t *const *documents, size_t count);

/* plot_name() with those of a result's sizes: "avx2-tile N 10 f32". */
char *plot_name_of_size(const json_t *result, const struct plot_sizes *sizes);

/* "A: " for the first of several documents, as `compare` calls it in tables, and nothing for the only one. */
enum { PLOT_LETTER = LETTERS_TEXT + 2 };
void plot_letter(size_t document, size_t count, char text[PLOT_LETTER]);

/* "50000 x 784 times 784 x 10, AMD EPYC": what a result is about, and the machine of the only document; of several
 * the key has the labels. NULL: the results are of several shapes. Fit for a script. */
enum { PLOT_TEXT = 200 };
void plot_title(json_t *const *documents, size_t count, const json_t *result, char text[PLOT_TEXT]);

/* "50000 x 784 times 784 x 10: efficiency", or what it is alone where a terminal of so many columns has no room for
 * more, as gnuplot would write nothing then; 0: there is room. */
enum { PLOT_TITLE = 2 * PLOT_TEXT };
void plot_panel_title(const char *about, const char *what, size_t columns, char text[PLOT_TITLE]);

/* What the key says of results that were disturbed (study/disturbed.h). */
#define PLOT_MARK "! disturbed while it was measured"

#endif
