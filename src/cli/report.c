/* SPDX-License-Identifier: BSD-3-Clause */
/* Text out, with every write checked. */
#include "report.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdbool.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"

/* errno of the first write to stdout that failed. */
static int write_error;

static void remember(bool failed) {
  if (failed && write_error == 0) write_error = errno != 0 ? errno : EIO;
}

void out(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  errno = 0;
  remember(vprintf(format, arguments) < 0);
  va_end(arguments);
}

int out_json(json_t *object) {
  char *text = object != NULL ? json_dumps(object, JSON_INDENT(2)) : NULL;
  json_decref(object);
  if (text == NULL) return complain_of_memory("the JSON text");
  out("%s\n", text);
  free(text);
  return EXIT_DONE;
}

json_t *json_number(double value) { return isfinite(value) ? json_real(value) : json_null(); }

json_t *json_text(const char *text) {
  json_t *string = json_string(text);
  char *ascii;
  if (string != NULL || (ascii = strdup(text)) == NULL) return string;
  for (char *at = ascii; *at != '\0'; at++)
    if ((unsigned char)*at >= 0x80) *at = '?';
  string = json_string(ascii);
  free(ascii);
  return string;
}

int out_finish(int status) {
  errno = 0;
  remember(fflush(stdout) != 0);
  errno = 0;
  /* close() is where a network file system reports a full disk. */
  remember(fclose(stdout) != 0);
  if (write_error == 0) return status;
  if (write_error == EPIPE) return 128 + SIGPIPE;
  complain("standard output: %s", strerror(write_error));
  return EXIT_FAILED;
}

static void say(const char *format, va_list arguments) {
  char line[1024];
  vsnprintf(line, sizeof line, format, arguments);
  /* A file's name may hold newlines and escape sequences; a line stays a line. */
  for (char *at = line; *at != '\0'; at++)
    if ((unsigned char)*at < ' ' || *at == 0x7f) *at = '?';
  fprintf(stderr, "rowcast: %s\n", line);
}

void complain(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  say(format, arguments);
  va_end(arguments);
}

static bool quiet;

void notes_off(void) { quiet = true; }

void note(const char *format, ...) {
  va_list arguments;
  if (quiet) return;
  va_start(arguments, format);
  say(format, arguments);
  va_end(arguments);
}

int complain_of(const rowcast_error *error) {
  complain("%s", error->text);
  const rowcast_status status = error->status;
  const bool told = status == ROWCAST_ERR_UNKNOWN || status == ROWCAST_ERR_UNSUPPORTED || status == ROWCAST_ERR_ARGUMENT;
  return told ? EXIT_USAGE : EXIT_FAILED;
}

int complain_of_memory(const char *purpose) {
  complain("out of memory for %s", purpose);
  return EXIT_FAILED;
}
