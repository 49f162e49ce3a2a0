/* SPDX-License-Identifier: BSD-3-Clause */
#include "report.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "../lib/printable.h"

/* Is every character printable, and the first no quote? */
static bool is_plain(const char *path) {
  if (*path == '"') return false;
  for (size_t length; *path != '\0'; path += length)
    if ((length = rc_printable_length(path)) == 0) return false;
  return true;
}

/* A character of a path as it is shown. Within quotes, quotes and backslashes are escaped as well. */
static size_t path_character(const char *path, bool quoted, char to[RC_CHARACTER]) {
  if (!quoted || (*path != '"' && *path != '\\')) return rc_printable_character(path, to);
  memcpy(to, (const char[]){'\\', *path, '\0'}, 3);
  return 1;
}

/* Writes the path and ": ". A long one loses its beginning, so that the reason always has room. */
static size_t begin_with(char *text, size_t size, const char *path) {
  const bool quoted = !is_plain(path);
  const size_t most = size / 2;
  size_t total = 0, at = 0;
  char character[RC_CHARACTER];
  for (const char *c = path; *c != '\0'; total += strlen(character)) c += path_character(c, quoted, character);
  const bool cut = total > most;
  while (total > most) {
    path += path_character(path, quoted, character);
    total -= strlen(character);
  }
  at += (size_t)snprintf(text, size, "%s%s", quoted ? "\"" : "", cut ? "..." : "");
  while (*path != '\0') {
    path += path_character(path, quoted, character);
    at += (size_t)snprintf(text + at, size - at, "%s", character);
  }
  return at + (size_t)snprintf(text + at, size - at, "%s: ", quoted ? "\"" : "");
}

rowcast_status rc_report(rowcast_error *err, rowcast_status status, const char *path, const char *format, ...) {
  char reason[ROWCAST_ERROR_TEXT];
  if (err == NULL) return status;
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(reason, sizeof reason, format, arguments);
  va_end(arguments);
  *err = (rowcast_error){.status = status};
  if (status == ROWCAST_ERR_LIMIT) rc_advise(err, status, "max_bytes");
  rc_append_printable(err->text, sizeof err->text, begin_with(err->text, sizeof err->text, path), reason);
  return status;
}

rowcast_status rc_advise(rowcast_error *err, rowcast_status status, const char *format, ...) {
  if (err == NULL) return status;
  va_list arguments;
  va_start(arguments, format);
  const int length = vsnprintf(err->advice, sizeof err->advice, format, arguments);
  va_end(arguments);
  /* Half a number would be another one. */
  if (length < 0 || (size_t)length >= sizeof err->advice) err->advice[0] = '\0';
  return status;
}

/* What the system refused. Names that are taken are told by rc_report_taken(): a name of our own may be, too. */
static rowcast_status status_of(int number) {
  return number == ENOENT ? ROWCAST_ERR_NOT_FOUND : number == ENOMEM ? ROWCAST_ERR_MEMORY : ROWCAST_ERR_IO;
}

static rowcast_status with_number(rowcast_error *err, rowcast_status status, int number) {
  if (err != NULL) err->system_error = number;
  return status;
}

rowcast_status rc_report_errno(rowcast_error *err, const char *path, const char *what, int number) {
  const rowcast_status status = rc_report(err, status_of(number), path, "%s: %s", what, strerror(number));
  return with_number(err, status, number);
}

rowcast_status rc_report_directory(rowcast_error *err, const char *path) {
  return with_number(err, rc_report(err, ROWCAST_ERR_IO, path, "is a directory"), EISDIR);
}

rowcast_status rc_report_taken(rowcast_error *err, const char *path) {
  const rowcast_status status = rc_report(err, ROWCAST_ERR_EXISTS, path, "exists already");
  return with_number(err, rc_advise(err, status, "overwrite=1"), EEXIST);
}
