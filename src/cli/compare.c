/* SPDX-License-Identifier: BSD-3-Clause */
/* `rowcast compare`: results of several machines, builds or runs side by side. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "args/options.h"
#include "commands.h"
#include "plot/plot.h"
#include "study/document.h"
#include "study/document_read.h"
#include "study/differences.h"
#include "study/document_select.h"
#include "study/peers_grid.h"
#include "study/study.h"
#include "terminal/report.h"

/* What a line is matched by. Those after the first make a table. */
static const char *const keys[] = {"kernel", "rows", "k", "n", "dtype", "threads", "data", "weak", NULL};
static const char *const *const groups = keys + 1;

/* The values of these members as one text, alike for results that are alike in them; to be freed. NULL: no memory. */
static char *text_of(const json_t *result, const char *const *members) {
  json_t *values = json_array();
  bool made = values != NULL;
  for (; *members != NULL && made; members++) {
    json_t *value = json_object_get(result, *members);
    /* One that is absent is like no value. */
    made = json_array_append_new(values, value != NULL ? json_pack("[O]", value) : json_null()) == 0;
  }
  char *text = made ? json_dumps(values, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
  json_decref(values);
  return text;
}

/* A file and its results by the text of their keys, so that finding one takes no search. */
struct run {
  const json_t *results;
  json_t *by_keys;
};

static const json_t *find(const struct run *run, const char *text) { return json_object_get(run->by_keys, text); }

/* False: no memory. Results that have all keys in common with one before have no line of their own, which is said. */
static bool index_results(struct run *run, const json_t *document, const char *path) {
  json_t *result;
  size_t i, left_out = 0;
  run->results = json_object_get(document, "results");
  run->by_keys = json_object();
  bool made = run->by_keys != NULL;
  json_array_foreach(run->results, i, result) {
    char *text = made ? text_of(result, keys) : NULL;
    if (text == NULL) made = false;
    else if (find(run, text) != NULL) left_out++;
    else made = json_object_set(run->by_keys, text, result) == 0;
    free(text);
  }
  if (made && left_out > 0)
    complain("%s: %zu result%s left out: same kernel, shape, dtype and threads as an earlier one", path, left_out,
             left_out > 1 ? "s are" : " is");
  return made;
}

/* A member of the file at a place: NAME_A, NAME_B, ... */
enum { KEY_TEXT = 32 + LETTERS_TEXT };
static const char *key_of(const char *name, size_t file, char text[KEY_TEXT]) {
  char letters[LETTERS_TEXT];
  snprintf(text, KEY_TEXT, "%s_%s", name, document_letters(file, letters));
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
         set(line, "ratio", file,
             both ? json_number(number(first, "median_s") / number(run, "median_s")) : json_null()) &&
         set(line, "ratio_low", file, both ? json_number(low) : json_null()) &&
         set(line, "ratio_high", file, both ? json_number(high) : json_null()) &&
         set(line, "verdict", file, verdict != NULL ? json_string(verdict) : json_null());
}

/* Do all that have a CRC have the same? NULL: fewer than two have one. */
static const char *bits_of(const struct run *runs, size_t count, const char *text) {
  const char *first = NULL, *bits = NULL;
  for (size_t i = 0; i < count; i++) {
    const char *crc32 = json_string_value(json_object_get(find(&runs[i], text), "crc32"));
    if (crc32 == NULL) continue;
    if (first == NULL) first = crc32;
    else if (strcmp(first, crc32) != 0) return "differ";
    else bits = "same";
  }
  return bits;
}

static json_t *line_of(const struct run *runs, size_t count, const json_t *like, const char *text) {
  json_t *line = json_object();
  bool made = line != NULL;
  for (const char *const *key = keys; *key != NULL; key++)
    if (json_object_get(like, *key) != NULL)
      made = made && json_object_set(line, *key, json_object_get(like, *key)) == 0;
  const json_t *first = find(&runs[0], text);
  for (size_t i = 0; i < count; i++) made = made && add_run(line, i, find(&runs[i], text), first);
  const char *bits = bits_of(runs, count, text);
  made = made && json_object_set_new(line, "bits", bits != NULL ? json_string(bits) : json_null()) == 0;
  if (made) return line;
  json_decref(line);
  return NULL;
}

/* Lines, and what is needed to put them in order: tables in the order in which they appear, and in a table the order of
 * the files. */
struct lines {
  json_t *known;  /* keys of the lines there are */
  json_t *tables; /* by the keys of a table, the array of its lines */
};

static bool add_line(struct lines *lines, const struct run *runs, size_t count, const json_t *result) {
  char *text = text_of(result, keys), *group = text_of(result, groups);
  bool added = text != NULL && group != NULL;
  if (added && json_object_get(lines->known, text) == NULL) {
    json_t *table = json_object_get(lines->tables, group);
    if (table == NULL && json_object_set_new(lines->tables, group, table = json_array()) != 0) table = NULL;
    added = table != NULL && json_array_append_new(table, line_of(runs, count, result, text)) == 0 &&
            json_object_set_new(lines->known, text, json_true()) == 0;
  }
  free(text);
  free(group);
  return added;
}

static json_t *lines_of(const struct run *runs, size_t count) {
  struct lines lines = {json_object(), json_object()};
  json_t *all = json_array(), *result;
  bool made = lines.known != NULL && lines.tables != NULL && all != NULL;
  size_t r;
  for (size_t i = 0; i < count; i++)
    json_array_foreach(runs[i].results, r, result) made = made && add_line(&lines, runs, count, result);
  const char *group;
  json_t *table;
  json_object_foreach(lines.tables, group, table) made = made && json_array_extend(all, table) == 0;
  json_decref(lines.known);
  json_decref(lines.tables);
  if (made) return all;
  json_decref(all);
  return NULL;
}

/* The files: what a column's letter stands for. */
static json_t *files_of(const struct options *options, json_t *const *documents) {
  static const char *const members[] = {"label",         "command",  "version",    "date",      "machine",
                                        "binary_sha256", "settings", "conditions", "disturbed", NULL};
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

/* A table's columns, whose texts it owns. */
struct wide_grid {
  struct grid_column *columns;
  size_t count;
};

static bool add_column(struct wide_grid *wide, const char *name, size_t file, const char *head, enum grid_kind kind) {
  char key[KEY_TEXT];
  struct grid_column column = {strdup(key_of(name, file, key)), strdup(head), NULL, kind, kind == GRID_NUMBER ? 2 : 0,
                               kind == GRID_TIME ? -1 : 0};
  wide->columns[wide->count++] = column;
  return column.key != NULL && column.head != NULL;
}

/* Prints the lines with columns for each file: times, and how many times as fast as the first. */
static int print(const json_t *document, size_t count, const struct options *options) {
  size_t most;
  if (__builtin_mul_overflow(count, (size_t)4, &most)) return complain_of_memory("the table");
  struct wide_grid wide = {calloc(most + 2, sizeof *wide.columns), 0};
  bool made = wide.columns != NULL;
  char letters[LETTERS_TEXT], head[LETTERS_TEXT + 2];
  if (made) wide.columns[wide.count++] = (struct grid_column){"kernel", "kernel", NULL, GRID_TEXT, 0, 0};
  for (size_t i = 0; i < count && made; i++)
    made = add_column(&wide, "median_s", i, document_letters(i, letters), GRID_TIME);
  for (size_t i = 1; i < count && made; i++) {
    snprintf(head, sizeof head, "A/%s", document_letters(i, letters));
    made = add_column(&wide, "ratio", i, head, GRID_NUMBER) && add_column(&wide, "ratio_low", i, "from", GRID_NUMBER) &&
           add_column(&wide, "ratio_high", i, "to", GRID_NUMBER);
  }
  int status = made ? EXIT_DONE : complain_of_memory("the table");
  if (made) {
    wide.columns[wide.count] = (struct grid_column){"bits", "bits", NULL, GRID_TEXT, 0, 0};
    const struct grid grid = {wide.columns, wide.count + 1, groups, document_heading};
    status = document_print(document, &grid, options);
  }
  for (size_t i = 1; i < wide.count; i++) {
    free((char *)(uintptr_t)wide.columns[i].key);
    free((char *)(uintptr_t)wide.columns[i].head);
  }
  free(wide.columns);
  return status;
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
  const size_t count = options->file_count;
  struct run *runs = calloc(count, sizeof *runs);
  bool made = runs != NULL;
  for (size_t i = 0; i < count && made; i++) made = index_results(&runs[i], documents[i], options->files[i]);
  json_t *document = NULL;
  if (made)
    document = json_pack("{s:i, s:s, s:o, s:o, s:o}", "schema_version", DOCUMENT_SCHEMA_VERSION, "command", "compare",
                         "files", files_of(options, documents), "differences", differences_of(documents, count),
                         "results", lines_of(runs, count));
  const int status = document != NULL ? print(document, count, options) : complain_of_memory("the comparison");
  json_decref(document);
  for (size_t i = 0; runs != NULL && i < count; i++) json_decref(runs[i].by_keys);
  free(runs);
  return status;
}

int command_compare(const struct options *options) {
  const size_t count = options->file_count;
  int status = EXIT_DONE;
  if (count == 0) {
    complain("no file is named; try rowcast compare --help");
    return EXIT_USAGE;
  }
  json_t **documents = calloc(count, sizeof *documents);
  if (documents == NULL) return complain_of_memory("the files");
  for (size_t i = 0; i < count && status == EXIT_DONE; i++) {
    documents[i] = document_read(options->files[i]);
    if (documents[i] == NULL) status = EXIT_FAILED;
  }
  if (status == EXIT_DONE) status = documents_select(documents, count, options);
  if (status == EXIT_DONE) status = plot_check(options, "compare");
  if (status == EXIT_DONE) status = count == 1 ? print_one(documents[0], options) : compare(documents, options);
  if (status == EXIT_DONE) status = plot_draw(documents, count, options);
  for (size_t i = 0; i < count; i++) json_decref(documents[i]);
  free(documents);
  return status;
}
