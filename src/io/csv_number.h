/* SPDX-License-Identifier: BSD-3-Clause */
/* One decimal number in text, and the float32 nearest to it. */
#ifndef RC_IO_CSV_NUMBER_H
#define RC_IO_CSV_NUMBER_H

#include <locale.h>
#include <stdbool.h>

/* The end of the decimal number, "inf", "infinity" or "nan" that begins at `at`; NULL: none does. What else strtof()
 * accepts (hexadecimal, nan(...)) is not accepted, as by NumPy. point: the decimal separator, '.' or ','. */
const char *rc_number_end(const char *at, const char *end, char point);

/* Its value. locale: one that writes numbers as C does. False: out of memory. */
bool rc_number_value(const char *at, const char *end, char point, locale_t locale, float *value);

#endif
