/* SPDX-License-Identifier: BSD-3-Clause */
#include "data/read_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "args/csv_options.h"
#include "terminal/report.h"
#include "terminal/signals.h"

rowcast_read_options read_file_options(const struct input_file *file, size_t max_bytes) {
  rowcast_read_options read = file->read;
  read.max_bytes = max_bytes;
  read.cancelled = signals_pending;
  csv_options_columns(&read, &file->columns);
  return read;
}

bool read_file_columns(const struct input_file *file, const rowcast_matrix *matrix, size_t *first, size_t *count) {
  const size_t from = file->columns.from, to = file->columns.to, cols = matrix->cols;
  *first = 0;
  *count = cols;
  if (!file->columns.given || (strcmp(matrix->file->format, "csv") == 0 && from < to)) return true;
  const size_t wrong = from > cols ? from : to;
  if (from > cols || (to > cols && to != SIZE_MAX)) {
    complain("%s: has %zu columns, but %s for %zu", file->path, cols, file->dashed ? "--columns asks" : "columns= asks",
             wrong);
    return false;
  }
  *first = from;
  *count = (to == SIZE_MAX ? cols : to) - from;
  return true;
}

void read_file_tell_headings(const struct input_file *file, const rowcast_matrix *matrix) {
  const rowcast_read_options *read = &file->read;
  const char *before = file->dashed ? "--" : ":", *between = file->dashed ? " " : "=";
  if (matrix->file->headings == ROWCAST_HEADINGS_LEFT_OUT)
    note("%s: its first line, 0,1,2 and so on, is taken for headings; if it is a row: %sheadings%snone", file->path,
         before, between);
  else if (matrix->file->headings == ROWCAST_HEADINGS_KEPT && read->headings != ROWCAST_HEADINGS_KEPT)
    note(
      "%s: its first line%s, 0,1, is taken for a row; if it is headings: %sskip-lines%sN, with this line counted in N",
      file->path, read->skip_lines > 0 ? " after those skipped" : "", before, between);
}

/* The key of "--KEY" at `text`; NULL: it is none of a file's. */
static const struct input_file_key *option_at(const char *text) {
  if (strncmp(text, "--", 2) != 0) return NULL;
  for (const struct input_file_key *key = input_file_keys; key->name != NULL; key++) {
    const size_t length = strlen(key->name);
    const char end = text[2 + length];
    if (strncmp(text + 2, key->name, length) == 0 && end != '-' && (end < 'a' || end > 'z')) return key;
  }
  return NULL;
}

/* Was the key in the name? */
static bool has_key(const struct input_file *file, const char *key) {
  for (const char *at = file->given != NULL ? strchr(file->given, ':') : NULL; at != NULL; at = strchr(at + 1, ':'))
    if (strncmp(at + 1, key, strlen(key)) == 0 && at[1 + strlen(key)] == '=') return true;
  return false;
}

void read_file_suggest(FILE *text, const struct input_file *file, const char *key, const char *value, int length) {
  enum { LONGEST = 100 }; /* longer names are not said again */
  const char *name = file->given != NULL ? file->given : file->path;
  if (!has_key(file, key)) fprintf(text, "%s:", strlen(name) <= LONGEST ? name : "FILE");
  fprintf(text, "%s=%.*s", key, length, value);
}

/* Where an error's words begin, after the file's name, which may be quoted or cut. */
static const char *after_name(const char *text, const char *path) {
  const size_t length = strlen(path);
  if (strncmp(text, path, length) == 0) return text + length;
  const char *colon = strrchr(text, '"') != NULL && text[0] == '"' ? strstr(text, "\": ") : strstr(text, ": ");
  return colon != NULL ? colon : text;
}

int read_file_complain(const struct input_file *file, const rowcast_error *error) {
  static const char from_pipe[] = " -i -";
  char *said = NULL;
  size_t size;
  FILE *text = file->dashed ? NULL : open_memstream(&said, &size);
  if (text == NULL) return complain_of(error);
  bool joined = false; /* a key stands just before */
  const char *at = after_name(error->text, file->path);
  fprintf(text, "%.*s", (int)(at - error->text), error->text);
  while (*at != '\0') {
    const size_t blank = joined && *at == ' ' ? 1 : 0;
    const struct input_file_key *key = option_at(at + blank);
    if (key == NULL && strncmp(at, from_pipe, sizeof from_pipe - 1) == 0) {
      fprintf(text, " %s -", file->option);
      at += sizeof from_pipe - 1;
      continue;
    }
    if (key == NULL) {
      fputc(*at++, text);
      joined = false;
      continue;
    }
    at += blank + 2 + strlen(key->name);
    /* What follows is its value, unless the sentence goes on: "--array: a, b", "--shape)". */
    const bool has_value = at[0] == ' ' && at[1] != '\0';
    const char *value = has_value ? at + 1 : key->argument;
    const size_t length = has_value ? 1 + strcspn(at + 2, " )") : strlen(key->argument);
    if (joined) fprintf(text, ":%s=%.*s", key->name, (int)length, value);
    else read_file_suggest(text, file, key->name, value, (int)length);
    at += has_value ? 1 + length : 0;
    joined = true;
  }
  const int status = fclose(text) == 0 ? complain_of_status(error->status, said) : complain_of(error);
  free(said);
  return status;
}

int read_file(const struct input_file *file, size_t max_bytes, rowcast_matrix *matrix) {
  rowcast_error error;
  const rowcast_read_options read = read_file_options(file, max_bytes);
  if (rowcast_matrix_read(matrix, file->path, &read, &error) != ROWCAST_OK) return read_file_complain(file, &error);
  read_file_tell_headings(file, matrix);
  return EXIT_DONE;
}
