/* SPDX-License-Identifier: BSD-3-Clause */
/* How the readers and writers report a failure: "FILE: what is wrong and where", on one line. */
#ifndef RC_IO_REPORT_H
#define RC_IO_REPORT_H

#include <rowcast/status.h>

/* "%zu row%s", rows, RC_S(rows) */
#define RC_S(count) ((count) == 1 ? "" : "s")

/* Fills *err (may be NULL) with "path: text" and returns status. A path that is not printable is quoted,
 * with escapes as C has them; in the text, what is not printable is escaped. ROWCAST_ERR_LIMIT advises max_bytes. */
__attribute__((format(printf, 4, 5))) rowcast_status rc_report(rowcast_error *err, rowcast_status status,
                                                               const char *path, const char *format, ...);

/* Adds to the *err (may be NULL) of a status what would help, in the way of status.h ("skip_lines=12", "array"), and
 * returns the status:
 *
 *     return rc_advise(err, rc_report(err, ROWCAST_ERR_FORMAT, path, "..."), "skip_lines=%zu", line);
 *
 * The text names no option, neither of the library nor of a program. */
__attribute__((format(printf, 3, 4))) rowcast_status rc_advise(rowcast_error *err, rowcast_status status,
                                                               const char *format, ...);

/* rc_report() for a failed system call: "path: what: strerror(number)". */
rowcast_status rc_report_errno(rowcast_error *err, const char *path, const char *what, int number);

/* And for what the system would refuse, or has: to read or write a directory, to replace a file unasked. */
rowcast_status rc_report_directory(rowcast_error *err, const char *path);
rowcast_status rc_report_taken(rowcast_error *err, const char *path);

#endif
