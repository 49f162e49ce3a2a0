/* SPDX-License-Identifier: BSD-3-Clause */
#include "error.h"

#include <stdarg.h>
#include <stdio.h>

#include "printable.h"

rowcast_status rc_fail(rowcast_error *err, rowcast_status status, const char *format, ...) {
  if (err != NULL) {
    char text[ROWCAST_ERROR_TEXT];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    *err = (rowcast_error){.status = status};
    rc_append_printable(err->text, sizeof err->text, 0, text);
  }
  return status;
}
