/* SPDX-License-Identifier: BSD-3-Clause */
/* How the readers and writers report a failure: "FILE: what is wrong and where", on one line. */
#ifndef RC_IO_REPORT_H
#define RC_IO_REPORT_H

#include <rowcast/status.h>

/* "%zu row%s", rows, RC_S(rows) */
#define RC_S(count) ((count) == 1 ? "" : "s")

/* Fills *err (may be NULL) with "path: text" and returns status. A path that is not printable is quoted,
 * with escapes as C has them; in the text, what is not printable is escaped. */
__attribute__((format(printf, 4, 5))) rowcast_status rc_report(rowcast_error *err, rowcast_status status,
                                                               const char *path, const char *format, ...);

/* The same for a failed system call: "path: what: strerror(number)". */
rowcast_status rc_report_errno(rowcast_error *err, const char *path, const char *what, int number);

/* The same for what the system would refuse, or has: to read or write a directory, to replace a file unasked. */
rowcast_status rc_report_directory(rowcast_error *err, const char *path);
rowcast_status rc_report_taken(rowcast_error *err, const char *path);

#endif
