/* SPDX-License-Identifier: BSD-3-Clause */
/* Writing HTML: the one place where texts of documents become part of a page, so that none can be more than text. */
#ifndef ROWCAST_CLI_MARKUP_H
#define ROWCAST_CLI_MARKUP_H

#include <stdbool.h>
#include <stdio.h>

#include <jansson.h>

/* Writes the format, which is markup of ours, with values put in as by printf(). What differs from printf():
 *
 * %s    A text, fit for an element, for an attribute in quotes and for a title: & < > " ' become references, what is
 *       not printable becomes an escape of C's. A precision is the most characters, of which the last is an ellipsis
 *       where there are more. NULL is nothing.
 * %f    A number that is not finite is a dash; one that no machine has gets an exponent.
 * %'zu  Thousands are apart: 50,000; also of %'lld.
 *
 * Known besides: %c %d %u %zu %lld, %.nf, %.nf with * for n, %g and %%. Anything else ends the program (assert). */
void html(FILE *page, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A value for a script element of type application/json: compact, reals to six digits, ASCII, and no character that
 * ends or opens an element. False: no memory. */
bool html_json(FILE *page, const json_t *value);

#endif
