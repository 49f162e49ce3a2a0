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
#include "shown.h"

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
  static const char replacement[] = "\xef\xbf\xbd";
  json_t *string = json_string(text);
  if (string != NULL) return string;
  /* Jansson takes UTF-8 alone: each byte that belongs to none is replaced. */
  char *valid = malloc(3 * strlen(text) + 1), *to = valid;
  if (valid == NULL) return NULL;
  while (*text != '\0') {
    const size_t length = utf8_length(text);
    to = length > 0 ? mempcpy(to, text, length) : mempcpy(to, replacement, sizeof replacement - 1);
    text += length > 0 ? length : 1;
  }
  *to = '\0';
  string = json_string(valid);
  free(valid);
  return string;
}

int out_finish(int status) {
  errno = 0;
  remember(fflush(stdout) != 0);
  errno = 0;
  /* close() is where a network file system reports a full disk. */
  remember(fclose(stdout) != 0);
  shown_free();
  if (write_error == 0) return status;
  if (write_error == EPIPE) return 128 + SIGPIPE;
  complain("standard output: %s", strerror(write_error));
  return EXIT_FAILED;
}

void complain(const char *format, ...) {
  char *line, *plain = NULL;
  va_list arguments;
  va_start(arguments, format);
  if (vasprintf(&line, format, arguments) < 0) line = NULL;
  va_end(arguments);
  /* A name may hold newlines and escape sequences that nobody has quoted; a line stays a line. */
  if (line != NULL && (plain = malloc(4 * strlen(line) + 1)) != NULL) {
    char *to = plain;
    for (const char *at = line; *at != '\0';) {
      char character[SHOWN_CHARACTER];
      at += shown_character(at, character);
      to = stpcpy(to, character);
    }
    *to = '\0';
  }
  fprintf(stderr, "rowcast: %s\n", plain != NULL ? plain : "out of memory for saying what is wrong");
  free(plain);
  free(line);
}

int complain_of(const rowcast_error *error) {
  complain("%s", error->text);
  return error->status == ROWCAST_ERR_UNKNOWN || error->status == ROWCAST_ERR_UNSUPPORTED ? EXIT_USAGE
                                                                                          : EXIT_FAILED;
}

int complain_of_memory(const char *purpose) {
  complain("out of memory for %s", purpose);
  return EXIT_FAILED;
}
