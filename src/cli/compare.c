/* SPDX-License-Identifier: BSD-3-Clause */
/* `rowcast compare`: results of several machines, builds or runs side by side. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "document.h"
#include "plot.h"
#include "report.h"
#include "study.h"

/* What a line is matched by. Those behind the first make a table. */
static const char *const keys[] = {"kernel", "rows", "k", "n", "dtype", "threads", "data", "weak", NULL};
static const char *const *const groups = keys + 1;

static const json_t *find(const json_t *results, const json_t *like, const char *const *members) {
  json_t *result;
  size_t i;
  json_array_foreach(results, i, result)
    if (results_alike(result, like, members)) return result;
  return NULL;
}

/* A member of the i-th file: NAME_A, NAME_B, ... */
enum { KEY_TEXT = 32 };
static const char *key_of(const char *name, size_t file, char text[KEY_TEXT]) {
  snprintf(text, KEY_TEXT, "%s_%c", name, (char)('A' + file));
  return text;
}

static double number(const json_t *result, const char *key) { return json_number_value(json_object_get(result, key)); }

static bool set(json_t *line, const char *name, size_t file, json_t *value) {
  char key[KEY_TEXT];
  return json_object_set_new(line, key_of(name, file, key), value) == 0;
}

static size_t samples_of(const json_t *result) { return json_array_size(json_object_get(result, "samples_s")); }

/* One file's part of a line: its time, and how many times as fast as the first file it is. The runs are not of the same
 * rounds, so the ratio lies between those of the intervals' ends. */
static bool add_run(json_t *line, size_t file, const json_t *run, const json_t *first) {
  const bool both = run != NULL && first != NULL && file > 0;
  bool added = set(line, "median_s", file, run != NULL ? json_number(number(run, "median_s")) : json_null());
  json_t *crc32 = json_object_get(run, "crc32");
  added = added && set(line, "crc32", file, crc32 != NULL ? json_incref(crc32) : json_null());
  if (file == 0) return added;
  const double low = both ? number(first, "low_s") / number(run, "high_s") : 0.0;
  const double high = both ? number(first, "high_s") / number(run, "low_s") : 0.0;
  /* An interval needs six samples to be one. */
  const bool sampled = samples_of(run) >= 6 && samples_of(first) >= 6;
  const char *verdict = !both || !sampled ? NULL : low > 1.0 ? "faster" : high < 1.0 ? "slower" : "alike";
  return added &&
         set(line, "ratio", file, both ? json_number(number(first, "median_s") / number(run, "median_s")) : json_null()) &&
         set(line, "ratio_low", file, both ? json_number(low) : json_null()) &&
         set(line, "ratio_high", file, both ? json_number(high) : json_null()) &&
         set(line, "verdict", file, verdict != NULL ? json_string(verdict) : json_null());
}

/* Do all that have a CRC have the same? NULL: fewer than two have one. */
static const char *bits_of(json_t *const *documents, size_t count, const json_t *like) {
  const char *first = NULL, *bits = NULL;
  for (size_t i = 0; i < count; i++) {
    const json_t *run = find(json_object_get(documents[i], "results"), like, keys);
    const char *crc32 = json_string_value(json_object_get(run, "crc32"));
    if (crc32 == NULL) continue;
    if (first == NULL) first = crc32;
    else if (strcmp(first, crc32) != 0) return "differ";
    else bits = "same";
  }
  return bits;
}

static json_t *line_of(json_t *const *documents, size_t count, const json_t *like) {
  json_t *line = json_object();
  bool made = line != NULL;
  for (const char *const *key = keys; *key != NULL; key++)
    if (json_object_get(like, *key) != NULL)
      made = made && json_object_set(line, *key, json_object_get(like, *key)) == 0;
  const json_t *first = find(json_object_get(documents[0], "results"), like, keys);
  for (size_t i = 0; i < count; i++)
    made = made && add_run(line, i, find(json_object_get(documents[i], "results"), like, keys), first);
  const char *bits = bits_of(documents, count, like);
  made = made && json_object_set_new(line, "bits", bits != NULL ? json_string(bits) : json_null()) == 0;
  if (made) return line;
  json_decref(line);
  return NULL;
}

/* Appends the lines of one table: all that are alike in its members, in the order of the files. */
static bool add_group(json_t *lines, json_t *const *documents, size_t count, const json_t *like) {
  json_t *result;
  size_t r;
  for (size_t i = 0; i < count; i++)
    json_array_foreach(json_object_get(documents[i], "results"), r, result) {
      if (!results_alike(result, like, groups) || find(lines, result, keys) != NULL) continue;
      if (json_array_append_new(lines, line_of(documents, count, result)) != 0) return false;
    }
  return true;
}

static json_t *lines_of(json_t *const *documents, size_t count) {
  json_t *lines = json_array(), *result;
  bool made = lines != NULL;
  size_t r;
  for (size_t i = 0; i < count; i++)
    json_array_foreach(json_object_get(documents[i], "results"), r, result)
      if (made && find(lines, result, groups) == NULL) made = add_group(lines, documents, count, result);
  if (made) return lines;
  json_decref(lines);
  return NULL;
}

/* The files: what a column's letter stands for. */
static json_t *files_of(const struct options *options, json_t *const *documents) {
  static const char *const members[] = {"label", "command", "version", "date", "machine", "disturbed", NULL};
  json_t *files = json_array();
  bool made = files != NULL;
  for (size_t i = 0; i < options->file_count && made; i++) {
    json_t *file = json_pack("{s:o}", "file", json_text(options->files[i]));
    for (const char *const *member = members; *member != NULL && file != NULL; member++)
      json_object_set(file, *member, json_object_get(documents[i], *member));
    made = json_array_append_new(files, file) == 0;
  }
  if (made) return files;
  json_decref(files);
  return NULL;
}

/* Prints the lines with columns for each file. */
static int print(const json_t *document, size_t count, const struct options *options) {
  struct grid_column columns[2 + 4 * FILES_MAX] = {{"kernel", "kernel", NULL, GRID_TEXT, 0, 0}};
  char names[4 * FILES_MAX][KEY_TEXT], heads[FILES_MAX][16];
  size_t used = 1, name = 0;
  for (size_t i = 0; i < count; i++) {
    snprintf(heads[i], sizeof heads[i], "%c", (char)('A' + i));
    columns[used++] = (struct grid_column){key_of("median_s", i, names[name++]), heads[i], NULL, GRID_TIME, 0, -1};
  }
  static const char *const ratio_heads[FILES_MAX] = {"",    "A/B", "A/C", "A/D", "A/E", "A/F", "A/G", "A/H",
                                                     "A/I", "A/J", "A/K", "A/L", "A/M", "A/N", "A/O", "A/P"};
  for (size_t i = 1; i < count; i++) {
    columns[used++] = (struct grid_column){key_of("ratio", i, names[name++]), ratio_heads[i], NULL, GRID_NUMBER, 2, 0};
    columns[used++] = (struct grid_column){key_of("ratio_low", i, names[name++]), "from", NULL, GRID_NUMBER, 2, 0};
    columns[used++] = (struct grid_column){key_of("ratio_high", i, names[name++]), "to", NULL, GRID_NUMBER, 2, 0};
  }
  columns[used++] = (struct grid_column){"bits", "bits", NULL, GRID_TEXT, 0, 0};
  const struct grid grid = {columns, used, groups, document_heading};
  return document_print(document, &grid, options);
}

static int print_one(const json_t *document, const struct options *options) {
  const char *command = json_string_value(json_object_get(document, "command"));
  const struct grid *grid = command != NULL && strcmp(command, "scale") == 0      ? &scale_grid
                            : command != NULL && strcmp(command, "roofline") == 0 ? &roofline_grid
                            : command != NULL && strcmp(command, "peers") == 0    ? &peers_grid
                                                                                  : &bench_grid;
  return document_print(document, grid, options);
}

static int compare(json_t *const *documents, const struct options *options) {
  json_t *document = json_pack("{s:i, s:s, s:o, s:o}", "schema_version", DOCUMENT_SCHEMA_VERSION, "command", "compare",
                               "files", files_of(options, documents), "results",
                               lines_of(documents, options->file_count));
  const int status =
    document != NULL ? print(document, options->file_count, options) : complain_of_memory("the comparison");
  json_decref(document);
  return status;
}

int command_compare(const struct options *options) {
  json_t *documents[FILES_MAX] = {NULL};
  int status = EXIT_DONE;
  if (options->file_count == 0) {
    complain("a file is missing; try rowcast compare --help");
    status = EXIT_USAGE;
  }
  for (size_t i = 0; i < options->file_count && status == EXIT_DONE; i++) {
    documents[i] = document_read(options->files[i]);
    if (documents[i] == NULL) status = EXIT_FAILED;
  }
  if (status == EXIT_DONE) status = plot_check(options, "compare");
  if (status == EXIT_DONE)
    status = options->file_count == 1 ? print_one(documents[0], options) : compare(documents, options);
  if (status == EXIT_DONE) status = plot_draw(documents, options->file_count, options);
  for (size_t i = 0; i < options->file_count; i++) json_decref(documents[i]);
  return status;
}
