/* SPDX-License-Identifier: BSD-3-Clause */
/* `rowcast compare`: results of several machines, builds or runs side by side. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "args/options.h"
#include "commands.h"
#include "compare_measure.h"
#include "compare_verify.h"
#include "plot/plot.h"
#include "study/compare_lines.h"
#include "study/document.h"
#include "study/document_read.h"
#include "study/differences.h"
#include "study/document_select.h"
#include "study/peers_grid.h"
#include "study/study.h"
#include "terminal/report.h"
#include "verdict.h"

/* Of each program with --measure: with nine, one run may stand apart without deciding. */
enum { MEASURED_RUNS = 9 };

/* The first run of each side: what a column's letter stands for. Of several, their number, and all that disturbed them.
 */
static json_t *files_of(const struct sides *sides) {
  static const char *const members[] = {"label",    "command",    "version", "date",   "machine", "binary_sha256",
                                        "settings", "conditions", "passed",  "failed", NULL};
  json_t *files = json_array();
  bool made = files != NULL;
  for (size_t i = 0; i < sides->count && made; i++) {
    const size_t first = i * sides->runs;
    json_t *file = json_pack("{s:o}", "file", json_text(sides->names[first])), *disturbed = json_array();
    for (const char *const *member = members; *member != NULL && file != NULL; member++)
      json_object_set(file, *member, json_object_get(sides->documents[first], *member));
    for (size_t r = 0; r < sides->runs; r++) {
      json_t *of_run = json_object_get(sides->documents[first + r], "disturbed");
      if (json_is_array(of_run)) made = made && json_array_extend(disturbed, of_run) == 0;
    }
    if (sides->runs > 1) json_object_set_new(file, "runs", json_integer((json_int_t)sides->runs));
    made = json_object_set_new(file, "disturbed", disturbed) == 0 && json_array_append_new(files, file) == 0 && made;
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
  struct grid_column column = {strdup(compare_key(name, file, key)),
                               strdup(head),
                               NULL,
                               kind,
                               kind == GRID_NUMBER ? 2 : 0,
                               kind == GRID_TIME ? -1 : 0};
  wide->columns[wide->count++] = column;
  return column.key != NULL && column.head != NULL;
}

/* The first columns' texts are not its own. */
static void free_columns(struct wide_grid *wide, size_t constant) {
  for (size_t i = constant; i < wide->count; i++) {
    free((char *)(uintptr_t)wide->columns[i].key);
    free((char *)(uintptr_t)wide->columns[i].head);
  }
  free(wide->columns);
}

/* Prints the lines with columns for each side: times, of several runs how far they spread, and how many times as fast
 * as the first it is, of several in words. */
static int print(const json_t *document, const struct sides *sides, const struct options *options) {
  const size_t count = sides->count;
  const bool several = sides->runs > 1;
  size_t most;
  if (__builtin_mul_overflow(count, (size_t)6, &most)) return complain_of_memory("the table");
  struct wide_grid wide = {calloc(most + 3, sizeof *wide.columns), 0};
  bool made = wide.columns != NULL;
  char letters[LETTERS_TEXT], head[LETTERS_TEXT + 2];
  if (made) wide.columns[wide.count++] = (struct grid_column){"kernel", "kernel", NULL, GRID_TEXT, 0, 0};
  if (made && sides->by_ranks)
    wide.columns[wide.count++] = (struct grid_column){"ranks", "ranks", NULL, GRID_COUNT, 0, 0};
  const size_t constant = wide.count;
  for (size_t i = 0; i < count && made; i++)
    made = add_column(&wide, "median_s", i, document_letters(i, letters), GRID_TIME) &&
           (!several || add_column(&wide, "spread_percent", i, "spread %", GRID_NUMBER));
  for (size_t i = 1; i < count && made; i++) {
    snprintf(head, sizeof head, "A/%s", document_letters(i, letters));
    made = add_column(&wide, "ratio", i, head, GRID_NUMBER) && add_column(&wide, "ratio_low", i, "from", GRID_NUMBER) &&
           add_column(&wide, "ratio_high", i, "to", GRID_NUMBER) &&
           (!several || add_column(&wide, "says", i, "verdict", GRID_TEXT));
  }
  static const char *const spare[] = {"bits", "spread_percent", "ratio_low", "ratio_high", "ratio", NULL};
  int status = made ? EXIT_DONE : complain_of_memory("the table");
  if (made) {
    wide.columns[wide.count] = (struct grid_column){"bits", "bits", NULL, GRID_TEXT, 0, 0};
    const struct grid grid = {wide.columns, wide.count + 1, compare_groups, document_heading, spare};
    status = document_print(document, &grid, options);
  }
  free_columns(&wide, constant);
  return status;
}

/* Prints how far the orders are from exact, of each side. */
static int print_distances(const json_t *document, const struct sides *sides, const struct options *options) {
  static const char *const groups[] = {NULL};
  size_t most;
  if (__builtin_mul_overflow(sides->count, (size_t)2, &most)) return complain_of_memory("the table");
  struct wide_grid wide = {calloc(most + 2, sizeof *wide.columns), 0};
  bool made = wide.columns != NULL;
  char letters[LETTERS_TEXT], head[LETTERS_TEXT + 16];
  if (made) {
    wide.columns[wide.count++] = (struct grid_column){"order", "order", NULL, GRID_TEXT, 0, 0};
    wide.columns[wide.count++] = (struct grid_column){"dtype", "rows", NULL, GRID_TEXT, 0, 0};
  }
  for (size_t i = 0; i < sides->count && made; i++) {
    snprintf(head, sizeof head, "%s not exact %%", document_letters(i, letters));
    made = add_column(&wide, "not_exact_percent", i, head, GRID_NUMBER);
    snprintf(head, sizeof head, "%s worst ulps", document_letters(i, letters));
    made = made && add_column(&wide, "worst_ulps", i, head, GRID_NUMBER);
    if (made) wide.columns[wide.count - 1].decimals = 0;
  }
  int status = made ? EXIT_DONE : complain_of_memory("the table");
  const struct grid grid = {wide.columns, wide.count, groups, NULL, NULL};
  if (made) status = document_print(document, &grid, options);
  free_columns(&wide, 2);
  return status;
}

static int print_one(const json_t *document, const struct options *options) {
  const struct grid *grid = document_is(document, "scale")      ? scale_grid(document)
                            : document_is(document, "roofline") ? &roofline_grid
                            : document_is(document, "peers")    ? &peers_grid
                                                                : &bench_grid;
  return document_print(document, grid, options);
}

static json_t *document_of(const struct sides *sides, bool verify) {
  return json_pack("{s:i, s:s, s:I, s:f, s:o, s:o, s:o}", "schema_version", DOCUMENT_SCHEMA_VERSION, "command",
                   "compare", "runs", (json_int_t)sides->runs, "noise_percent", 100.0 * sides->noise, "files",
                   files_of(sides), "differences", differences_of(sides->documents, sides->count, sides->runs),
                   "results", verify ? compare_verify_lines(sides) : compare_lines(sides));
}

/* With --fail-if-slower: is any side slower by more than that? Lines without a verdict are told; if none has one, that
 * is no success. */
static int judge(const json_t *document, const struct sides *sides, double slower) {
  size_t lines = 0, judged = 0, failed = 0, i;
  const json_t *line;
  char key[KEY_TEXT];
  json_array_foreach(json_object_get(document, "results"), i, line) for (size_t side = 1; side < sides->count; side++) {
    const char *verdict = json_string_value(json_object_get(line, compare_key("verdict", side, key)));
    const double ratio = json_number_value(json_object_get(line, compare_key("ratio", side, key)));
    lines++;
    judged += verdict != NULL;
    failed += verdict != NULL && strcmp(verdict, "slower") == 0 && ratio * (1.0 + slower) < 1.0;
  }
  if (judged < lines) complain("--fail-if-slower: %zu of %zu lines have no verdict", lines - judged, lines);
  if (failed > 0)
    complain("--fail-if-slower: %zu of %zu lines are slower by more than %g %%", failed, lines, 100.0 * slower);
  return judged > 0 && failed == 0 ? EXIT_DONE : EXIT_FAILED;
}

static int compare(const struct sides *sides, const struct options *options, bool verify) {
  json_t *document = document_of(sides, verify);
  if (document == NULL) return complain_of_memory("the comparison");
  int status = verify ? print_distances(document, sides, options) : print(document, sides, options);
  if (status == EXIT_DONE && options->slower >= 0.0) status = judge(document, sides, options->slower);
  json_decref(document);
  return status;
}

/* Who is compared: files, or what --measure runs. Says what is wrong with what was asked for. */
static int check_sides(struct sides *sides, const struct options *options) {
  const size_t count = options->file_count;
  sides->runs = options->runs > 0 ? options->runs : options->measure ? MEASURED_RUNS : 1;
  sides->count = options->measure ? 2 : count / sides->runs;
  sides->noise = options->noise;
  sides->judge_disturbed = options->judge_disturbed;
  if (options->measure && count < 2) complain("--measure needs two programs; try rowcast compare --help");
  else if (count == 0) complain("no file is named; try rowcast compare --help");
  else if (!options->measure && sides->runs > 1 && (count % sides->runs != 0 || sides->count < 2))
    complain("--runs %zu: %zu file%s not as many runs of each of two sides or more; try rowcast compare --help",
             sides->runs, count, count == 1 ? " is" : "s are");
  else if (sides->runs > 1 && options->plot != NULL)
    complain("--plot draws single runs, not medians of several; try rowcast compare --help");
  else if (options->slower >= 0.0 && sides->runs < BENCH_VERDICT_PAIRS)
    complain("--fail-if-slower needs a verdict, and a verdict %d runs of each side: --runs or --measure",
             BENCH_VERDICT_PAIRS);
  else if (options->slower >= 0.0 && options->slower < options->noise)
    complain("--fail-if-slower %g is below --noise %g, within which nothing counts as slower; give both, or more",
             100.0 * options->slower, 100.0 * options->noise);
  else return EXIT_DONE;
  return EXIT_USAGE;
}

/* All documents. */
static int load(struct sides *sides, const struct options *options) {
  const size_t all = sides->count * sides->runs;
  int status = EXIT_DONE;
  for (size_t i = 0; i < all; i++) sides->names[i] = options->files[options->measure ? i / sides->runs : i];
  if (options->measure) return compare_measure(options, sides->runs, sides->documents);
  for (size_t i = 0; i < all && status == EXIT_DONE; i++) {
    sides->documents[i] = document_read(sides->names[i]);
    if (sides->documents[i] == NULL) status = EXIT_FAILED;
  }
  return status;
}

int command_compare(const struct options *options) {
  struct sides sides = {0};
  int status = check_sides(&sides, options);
  if (status != EXIT_DONE) return status;
  const size_t all = sides.count * sides.runs;
  sides.documents = calloc(all, sizeof *sides.documents);
  sides.names = calloc(all, sizeof *sides.names);
  if (sides.documents == NULL || sides.names == NULL) status = complain_of_memory("the files");
  bool verify = false;
  if (status == EXIT_DONE) status = load(&sides, options);
  if (status == EXIT_DONE) status = compare_verify_check(&sides, options, &verify);
  if (status == EXIT_DONE) status = documents_select(sides.documents, all, options);
  if (status == EXIT_DONE) status = plot_check(options, "compare");
  if (status == EXIT_DONE) sides.by_ranks = compare_by_ranks(sides.documents, all);
  /* One file is shown as it is; of verify's checks a table has the distances. */
  const bool shown = options->format == FORMAT_TABLE || options->format == FORMAT_MARKDOWN;
  if (status == EXIT_DONE)
    status = all == 1 && !(verify && shown) ? print_one(sides.documents[0], options) : compare(&sides, options, verify);
  if (status == EXIT_DONE) status = plot_draw(sides.documents, all, options);
  for (size_t i = 0; sides.documents != NULL && i < all; i++) json_decref(sides.documents[i]);
  free(sides.documents);
  free(sides.names);
  return status;
}
