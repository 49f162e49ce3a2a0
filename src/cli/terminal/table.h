/* SPDX-License-Identifier: BSD-3-Clause */
/* Results as text, and times in a unit that fits them. */
#ifndef ROWCAST_CLI_TABLE_H
#define ROWCAST_CLI_TABLE_H

#include <stdbool.h>
#include <stddef.h>

enum {
  TABLE_WHOLE = 1000, /* elements printed whole: PyTorch's print threshold */
  TABLE_EDGE = 3      /* rows and columns kept at each end otherwise */
};

/* What of a result is printed, collected while its rows come by. Begin with a zeroed one. */
struct table {
  size_t rows, cols;
  float *head; /* the first rows, as many as may be printed */
  float *tail; /* the last TABLE_EDGE rows: row i at i % TABLE_EDGE */
};

/* The next rows x cols floats, ldc apart; cols is always the same. False: out of memory. */
bool table_keep(struct table *table, const float *c, size_t rows, size_t cols, size_t ldc);
void table_free(struct table *table);

/* How many rows `head` has. */
size_t table_head_rows(const struct table *table);

/* Prints the rows with two decimals, as the article's torch.set_printoptions(precision=2,
 * sci_mode=False) does, but for the brackets: all columns as wide as the widest element printed, and of more
 * than 1000 elements the first and last three rows and columns. */
void table_print(const struct table *table);

/* "12.3 ms", "1.234 s", ...; returns text. */
enum { TIME_TEXT = 32 };
const char *time_text(double seconds, char text[TIME_TEXT]);

#endif
