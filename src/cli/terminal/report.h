/* SPDX-License-Identifier: BSD-3-Clause */
/* What the tool says: results on stdout, of which a failed write is remembered, and errors on stderr. */
#ifndef ROWCAST_CLI_REPORT_H
#define ROWCAST_CLI_REPORT_H

#include <stdbool.h>
#include <stdio.h>

#include <jansson.h>

#include <rowcast/status.h>

#include "terminal/printable.h"

/* Exit statuses; a signal n ends the tool with 128 + n. */
enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

/* Prints to stdout; names and other texts that are not ours go through printable(). */
void out(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Takes the object over and prints it to stdout as its only text; EXIT_DONE or EXIT_FAILED. Members that
 * could not be set for want of memory make `object` NULL in the caller, which is said here. */
int out_json(json_t *object);

/* Prints a value and a line end, with Jansson's flags: exact, and with \u escapes for all that a terminal might obey.
 * False: no memory. */
bool out_json_text(const json_t *value, size_t flags);

/* A number for JSON, which has no NaN and no infinities: null for those. */
json_t *json_number(double value);

/* A string for JSON, which is UTF-8: the text exactly; bytes that are not UTF-8 become U+FFFD, which is all that JSON
 * can say. */
json_t *json_text(const char *text);

/* Flushes and closes stdout, and turns `status` into what the tool exits with: a failed write is
 * EXIT_FAILED with a line on stderr, a closed pipe 128 + SIGPIPE without one. Once, at the very end. */
int out_finish(int status);

/* Complaints are of this program, which is not rowcast, and name its --help. Once, at the beginning. */
void complain_as(const char *program);

/* Complaints go to this file from now on, notes still to stderr; NULL: they too. */
void complain_to(FILE *file);

/* "rowcast: " and one line to stderr, whatever a name in it contains. A format that begins with "%s: " begins with a
 * name, which is quoted as printable() does; of other texts, what is not printable is escaped. */
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* "rowcast: note: " and one line to stderr, as complain(): what was assumed, where no summary tells it. Nothing after
 * notes_off(), for --quiet. */
void note(const char *format, ...) __attribute__((format(printf, 1, 2)));
void notes_off(void);

/* Complains in these words of what the library said, and returns the exit status it means; args/advice.h has the
 * library's own words. */
int complain_of_status(rowcast_status status, const char *text);

/* Complains of missing memory; EXIT_FAILED. */
int complain_of_memory(const char *purpose);

#endif
