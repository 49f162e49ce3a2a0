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
  ROWCAST_ERR_MEMORY,      /* memory is not to be had, or a limit on it (max_bytes) would be exceeded */
  ROWCAST_ERR_UNKNOWN,     /* no kernel, driver or ISA level has that name */
  ROWCAST_ERR_UNSUPPORTED, /* it exists, but this CPU, OS, build or cap cannot run it */
  ROWCAST_ERR_IO,          /* the operating system refused to open, read or write */
  ROWCAST_ERR_FORMAT       /* the bytes read are not valid in their format */
} rowcast_status;

/* One line of text without a newline, always terminated; cut short if it does not fit. */
enum { ROWCAST_ERROR_TEXT = 512 };

typedef struct rowcast_error {
  rowcast_status status;
  char text[ROWCAST_ERROR_TEXT];
} rowcast_error;

/* A few words for a status, e.g. "out of memory". Never NULL; static storage. Thread-safe. */
ROWCAST_API const char *rowcast_status_text(rowcast_status status);

#ifdef __cplusplus
}
#endif
#endif
