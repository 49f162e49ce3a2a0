/* SPDX-License-Identifier: BSD-3-Clause */
/* Results as text, and times in a unit that fits them. */
#ifndef ROWCAST_CLI_TABLE_H
#define ROWCAST_CLI_TABLE_H

#include <stddef.h>

/* Prints rows x cols floats (ldc apart) with two decimals, as the article's torch.set_printoptions(precision=2,
 * sci_mode=False) does, but for the brackets: all columns as wide as the widest element printed, and of more
 * than 1000 elements the first and last three rows and columns. */
void table_print(const float *c, size_t rows, size_t cols, size_t ldc);

/* "12.3 ms", "1.234 s", ...; returns text. */
enum { TIME_TEXT = 32 };
const char *time_text(double seconds, char text[TIME_TEXT]);

#endif
