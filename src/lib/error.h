/* SPDX-License-Identifier: BSD-3-Clause */
/* How the library's own files report a failure: `return rc_fail(err, status, "...", ...);` */
#ifndef RC_ERROR_H
#define RC_ERROR_H

#include <rowcast/status.h>

/* Fills *err when it is not NULL and returns status. */
__attribute__((format(printf, 3, 4))) rowcast_status rc_fail(rowcast_error *err, rowcast_status status,
                                                             const char *format, ...);

#endif
