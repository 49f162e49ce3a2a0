/* SPDX-License-Identifier: BSD-3-Clause */
/* Rows of a matrix as a product takes them. Calls that fail have said why on stderr and return the exit status. */
#ifndef ROWCAST_CLI_ROWS_H
#define ROWCAST_CLI_ROWS_H

#include <stddef.h>

#include <rowcast/matrix.h>

#include "args/options.h"
#include "data/input.h"

struct rows {
  rowcast_dtype dtype;
  size_t m, k;
  const void *x;
  size_t ldx;
  float scale;            /* for the plan */
  rowcast_matrix storage; /* owns converted rows; empty when x points into the images */
};

/* Takes the selected rows of the block at hand as they are (DTYPE_AUTO), or as the element type asked for: bytes become
 * float32 x = u * scale, with no scale left for the plan. Release with rows_free(). */
int rows_prepare(struct rows *rows, const struct input *input, enum dtype_choice dtype, float scale);
void rows_free(struct rows *rows);

/* The element type of a matrix's file, "f4"; of one that was made in memory: its own. */
const char *element_name(const rowcast_matrix *matrix);

/* The element type of a file and what became of it: "bytes", "float32", "i2 as float32", "f8 rounded to float32". */
enum { ELEMENT_TEXT = 32 };
const char *element_text(const rowcast_matrix *matrix, char text[ELEMENT_TEXT]);

/* Are numbers of the file's element type rounded when they become float32? */
bool element_is_rounded(const rowcast_matrix *matrix);

#endif
