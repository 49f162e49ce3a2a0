/* SPDX-License-Identifier: BSD-3-Clause */
/* The words for a status. Static, because both libraries use them, and the readers and writers call nothing of
 * librowcast's. */
#ifndef RC_STATUS_TEXT_H
#define RC_STATUS_TEXT_H

#include <rowcast/status.h>

static inline const char *rc_status_text(rowcast_status status) {
  switch (status) {
  case ROWCAST_OK: return "success";
  case ROWCAST_ERR_ARGUMENT: return "invalid argument";
  case ROWCAST_ERR_OVERFLOW: return "size too large";
  case ROWCAST_ERR_MEMORY: return "out of memory";
  case ROWCAST_ERR_LIMIT: return "limit exceeded";
  case ROWCAST_ERR_UNKNOWN: return "unknown name";
  case ROWCAST_ERR_UNSUPPORTED: return "not supported here";
  case ROWCAST_ERR_NOT_FOUND: return "not found";
  case ROWCAST_ERR_EXISTS: return "exists already";
  case ROWCAST_ERR_IO: return "input/output error";
  case ROWCAST_ERR_FORMAT: return "malformed data";
  case ROWCAST_ERR_CANCELLED: return "cancelled";
  }
  return "unknown status";
}

#endif
