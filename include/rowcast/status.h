/* SPDX-License-Identifier: BSD-3-Clause */
/* Status codes and error texts: how every rowcast call says what went wrong.
 *
 * A call that can fail returns a rowcast_status; ROWCAST_OK is 0. Calls that can say more take, as
 * their last parameter, a rowcast_error that the caller owns (NULL: not wanted); they fill it on failure
 * and leave it alone on success. No call prints, exits or sets a global. */
#ifndef ROWCAST_STATUS_H
#define ROWCAST_STATUS_H

#include <rowcast/export.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum rowcast_status {
  ROWCAST_OK = 0,
  ROWCAST_ERR_ARGUMENT,    /* a parameter is outside its documented domain */
  ROWCAST_ERR_OVERFLOW,    /* a product of sizes does not fit in size_t */
  ROWCAST_ERR_MEMORY,      /* the system has no memory left */
  ROWCAST_ERR_LIMIT,       /* a limit that the caller set, or the default in its place, would be exceeded (max_bytes) */
  ROWCAST_ERR_UNKNOWN,     /* no kernel, driver, order, ISA level... has that name or number */
  ROWCAST_ERR_UNSUPPORTED, /* it exists, but this CPU, OS, build, cap or version does not have it */
  ROWCAST_ERR_NOT_FOUND,   /* there is no such file, or no such array, member or column in it */
  ROWCAST_ERR_EXISTS,      /* the file is there already, and was not to be replaced */
  ROWCAST_ERR_IO,          /* the operating system refused to open, read or write: the disk is full, ... */
  ROWCAST_ERR_FORMAT,      /* the bytes read are not valid in their format */
  ROWCAST_ERR_CANCELLED    /* cancelled() returned true */
} rowcast_status;

/* text: one line without a newline, always terminated; cut short if it does not fit. system_error: errno of the system
 * call that failed, such as ENOENT or ENOSPC, or that would have (EISDIR of a directory, EEXIST of ROWCAST_ERR_EXISTS);
 * 0 if none did. advice: options that would help, such as "skip_lines=12 columns_from=1"; empty: none is known. The
 * text names no option, so that each program can name its own. This struct will not change.
 *
 * Advice is one or more words, separated by single spaces: NAME=VALUE, or NAME where the caller must choose the value
 * ("array": the text lists them). NAME is a member of the struct of options that was passed (rowcast_read_options,
 * rowcast_write_options). VALUE has no space in it: a number in decimal digits, a bool as 1, a string or a character as
 * it is ("delimiter=|", "decimal=,"), ROWCAST_NO_COMMENTS as -1. All words of one advice belong together. One NAME is
 * a parameter: "path=-" says that the command at the end of the text writes what can be read, through a pipe to
 * standard input, for instance. A later version may advise by other names: pass over those that are not known. */
enum { ROWCAST_ERROR_TEXT = 512, ROWCAST_ADVICE_TEXT = 128 };

typedef struct rowcast_error {
  rowcast_status status;
  int system_error;
  char text[ROWCAST_ERROR_TEXT];
  char advice[ROWCAST_ADVICE_TEXT];
} rowcast_error;

/* A few words for a status, e.g. "out of memory". Never NULL; static storage. Thread-safe. */
ROWCAST_API const char *rowcast_status_text(rowcast_status status);

#ifdef __cplusplus
}
#endif
#endif
