/* SPDX-License-Identifier: BSD-3-Clause */
/* The result document: what a study measured and on what, as one JSON object (docs/results.schema.json), and its
 * output in the format asked for. */
#ifndef ROWCAST_CLI_DOCUMENT_H
#define ROWCAST_CLI_DOCUMENT_H

#include <stdbool.h>

#include <jansson.h>

#include "args/options.h"
#include "study/grid.h"

enum { DOCUMENT_SCHEMA_VERSION = 1 };

/* A document without results: version, date, label, machine and settings. NULL, with a line said: no memory, or
 * ROWCAST_ISA is wrong. */
json_t *document_new(const char *command, const struct options *options);

/* Append to its arrays "results" and "probes" (an array's elements), and a sentence to "disturbed", each once. They
 * take the value over; false: it was NULL or there is no memory. */
bool document_add_result(json_t *document, json_t *result);
bool document_add_probes(json_t *document, json_t *probes);
bool document_add_disturbance(json_t *document, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Prints what disturbed the measurement, a line each. */
void document_print_disturbances(const json_t *document);

/* Is it of that command? */
bool document_is(const json_t *document, const char *command);

/* A member's text, fit to be shown; "unknown" where it is none. */
const char *document_shown(const json_t *object, const char *key);

/* What a comparison calls a file by its place: A, B, ... Z, AA, AB, ...; returns text. */
enum { LETTERS_TEXT = 16 }; /* 26^14 is beyond a size_t */
char *document_letters(size_t place, char text[LETTERS_TEXT]);

/* A line about results alike in rows, k, n and threads: their shape and the limits measured beside them. A grid's
 * heading. */
char *document_heading(const json_t *first);

/* What a table has room for: the terminal's columns; 0: any number, with --wide or where there is no terminal. */
size_t document_width(const struct options *options);

/* Prints the document on stdout as --format says, the results as the grid has them, and returns an exit status. Nothing
 * with --quiet, unless it is JSON. */
int document_print(const json_t *document, const struct grid *grid, const struct options *options);

#endif
