/* SPDX-License-Identifier: BSD-3-Clause */
#include "report.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

rowcast_status rc_report(rowcast_error *err, rowcast_status status, const char *path, const char *format, ...) {
  if (err == NULL) return status;
  err->status = status;
  /* A long path loses its beginning, never the reason. */
  const size_t most = sizeof err->text / 2, length = strlen(path);
  size_t at = (size_t)snprintf(err->text, sizeof err->text, "%s%s: ", length > most ? "..." : "",
                               length > most ? path + length - most : path);
  for (size_t i = 0; i < at; i++)
    if ((unsigned char)err->text[i] < 0x20 || err->text[i] == 0x7f) err->text[i] = '?';
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(err->text + at, sizeof err->text - at, format, arguments);
  va_end(arguments);
  return status;
}

rowcast_status rc_report_errno(rowcast_error *err, const char *path, const char *what, int number) {
  return rc_report(err, ROWCAST_ERR_IO, path, "%s%s%s", what, what[0] != '\0' ? ": " : "", strerror(number));
}
