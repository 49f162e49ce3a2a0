/* SPDX-License-Identifier: BSD-3-Clause */
/* Text out, with every write checked. */
#include "terminal/report.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdbool.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

/* JSON leaves all but the first 32 control characters as they are; a terminal may obey others, which JSON can escape.
 */
static void out_escaped(const char *text) {
  const char *begin = text;
  while (*text != '\0') {
    char character[PRINTABLE_CHARACTER];
    const size_t length = utf8_length(text);
    if (*text == '\n' || printable_character(text, character) > 1 || *text == character[0]) {
      text += length > 0 ? length : 1;
      continue;
    }
    out("%.*s\\u%04lx", (int)(text - begin), begin, utf8_code(text));
    begin = text += length > 0 ? length : 1;
  }
  out("%s", begin);
}

bool out_json_text(const json_t *value, size_t flags) {
  char *text = json_dumps(value, flags);
  if (text == NULL) return false;
  out_escaped(text);
  out("\n");
  free(text);
  return true;
}

int out_json(json_t *object) {
  const bool printed = object != NULL && out_json_text(object, JSON_INDENT(2));
  json_decref(object);
  return printed ? EXIT_DONE : complain_of_memory("the JSON text");
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
  printable_free();
  if (write_error == 0) return status;
  if (write_error == EPIPE) return 128 + SIGPIPE;
  complain("standard output: %s", strerror(write_error));
  return EXIT_FAILED;
}

/* The program that complains; NULL: rowcast. And where to; NULL: stderr. */
static const char *complainer;
static FILE *complaints;

void complain_as(const char *program) { complainer = program; }

void complain_to(FILE *file) { complaints = file; }

/* "try rowcast COMMAND --help" as this program's: its own name for rowcast's, or alone where it is no set of commands,
 * and the text has the name for a command's. NULL: no memory. Frees the line. */
static char *name_program(char *line) {
  static const char rowcast[] = "try rowcast ";
  const char *at = line != NULL ? strstr(line, rowcast) : NULL;
  if (at == NULL) return line;
  const char *rest = at + strlen(rowcast);
  const bool alone = strncmp(rest, complainer, strlen(complainer)) == 0;
  char *named;
  if (asprintf(&named, "%.*stry %s%s%s", (int)(at - line), line, alone ? "" : complainer, alone ? "" : " ", rest) < 0)
    named = NULL;
  free(line);
  return named;
}

/* A line stays a line, and a terminal's state its own, whatever a name in it holds; NULL: no memory. To be freed. */
static char *plain_line(const char *line) {
  char *plain = malloc(4 * strlen(line) + 1), *to = plain; /* four bytes for one at most */
  while (plain != NULL && *line != '\0') {
    char character[PRINTABLE_CHARACTER];
    line += printable_character(line, character);
    to = stpcpy(to, character);
  }
  if (plain != NULL) *to = '\0';
  return plain;
}

static void say(const char *kind, const char *format, va_list arguments) {
  static const char named[] = "%s: ";
  const bool begins_with_name = strncmp(format, named, sizeof named - 1) == 0;
  const char *name = "";
  char *line, *plain = NULL;
  if (begins_with_name) name = printable(va_arg(arguments, const char *));
  if (vasprintf(&line, format + (begins_with_name ? 2 : 0), arguments) < 0) line = NULL;
  if (line != NULL) plain = plain_line(line);
  if (complainer != NULL) plain = name_program(plain);
  FILE *file = complaints != NULL && kind[0] == '\0' ? complaints : stderr;
  if (plain == NULL) fprintf(file, "rowcast: %sout of memory while reporting an error\n", name);
  else fprintf(file, "%s: %s%s%s\n", complainer != NULL ? complainer : "rowcast", kind, name, plain);
  free(plain);
  free(line);
}

void complain(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  say("", format, arguments);
  va_end(arguments);
}

static bool quiet;

void notes_off(void) { quiet = true; }

void note(const char *format, ...) {
  va_list arguments;
  if (quiet) return;
  va_start(arguments, format);
  say("note: ", format, arguments);
  va_end(arguments);
}

int complain_of_status(rowcast_status status, const char *text) {
  complain("%s", text);
  const bool told =
    status == ROWCAST_ERR_UNKNOWN || status == ROWCAST_ERR_UNSUPPORTED || status == ROWCAST_ERR_ARGUMENT;
  return told ? EXIT_USAGE : EXIT_FAILED;
}

int complain_of_memory(const char *purpose) {
  complain("out of memory for %s", purpose);
  return EXIT_FAILED;
}
