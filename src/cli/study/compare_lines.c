/* SPDX-License-Identifier: BSD-3-Clause */
#include "study/compare_lines.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stats.h"
#include "terminal/report.h"
#include "verdict.h"

static const char *const keys_with_ranks[] = {"ranks", "kernel",  "rows", "k",    "n",
                                              "dtype", "threads", "data", "weak", NULL};
const char *const compare_groups[] = {"rows", "k", "n", "dtype", "threads", "data", "weak", NULL};

/* What a line is matched by. */
static const char *const *keys_of(const struct sides *sides) { return keys_with_ranks + (sides->by_ranks ? 0 : 1); }

bool compare_by_ranks(json_t *const *documents, size_t count) {
  const json_t *first = NULL;
  bool any = false, differ = false;
  for (size_t d = 0; d < count; d++) {
    const json_t *results = json_object_get(documents[d], "results"), *result;
    const json_t *own = json_object_get(json_array_get(results, 0), "ranks");
    size_t i;
    json_array_foreach(results, i, result) {
      const json_t *ranks = json_object_get(result, "ranks");
      any |= ranks != NULL;
      if (ranks != own && !json_equal(ranks, own)) return true; /* several in one document */
    }
    if (d == 0) first = own;
    differ |= own != first && !json_equal(own, first);
  }
  return any && !differ;
}

char *compare_text(const json_t *result, const char *const *members) {
  json_t *values = json_array();
  bool made = values != NULL;
  for (; *members != NULL && made; members++) {
    json_t *value = json_object_get(result, *members);
    /* One that is absent is like no value, but who tells no ranks is one. */
    const bool one = value == NULL && strcmp(*members, "ranks") == 0;
    made = json_array_append_new(values, one             ? json_pack("[i]", 1)
                                         : value != NULL ? json_pack("[O]", value)
                                                         : json_null()) == 0;
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
static bool index_results(struct run *run, const json_t *document, const char *path, const char *const *keys) {
  json_t *result;
  size_t i, left_out = 0;
  run->results = json_object_get(document, "results");
  run->by_keys = json_object();
  bool made = run->by_keys != NULL;
  json_array_foreach(run->results, i, result) {
    char *text = made ? compare_text(result, keys) : NULL;
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

const char *compare_key(const char *name, size_t side, char text[KEY_TEXT]) {
  char letters[LETTERS_TEXT];
  snprintf(text, KEY_TEXT, "%s_%s", name, document_letters(side, letters));
  return text;
}

static double number(const json_t *result, const char *key) { return json_number_value(json_object_get(result, key)); }

static bool set(json_t *line, const char *name, size_t side, json_t *value) {
  char key[KEY_TEXT];
  return json_object_set_new(line, compare_key(name, side, key), value) == 0;
}

/* The results that a line is of, in all runs of all sides, and room for what is computed of them. */
struct matched {
  const struct sides *sides;
  const struct run *runs;
  const char *text; /* the line's keys */
  double *first, *other, *scratch;
  bool *disturbed; /* by run */
};

static const json_t *result_at(const struct matched *matched, size_t side, size_t run) {
  return find(&matched->runs[side * matched->sides->runs + run], matched->text);
}

/* The medians of a side's runs that have the line; returns how many. */
static size_t medians_of(const struct matched *matched, size_t side, double *medians) {
  size_t count = 0;
  for (size_t r = 0; r < matched->sides->runs; r++) {
    const json_t *result = result_at(matched, side, r);
    if (result != NULL) medians[count++] = number(result, "median_s");
  }
  return count;
}

/* A side's own: the median of its runs, how far they spread, and the bits if they agree. */
static bool add_side(json_t *line, const struct matched *matched, size_t side) {
  const size_t count = medians_of(matched, side, matched->scratch);
  struct bench_summary summary = {0};
  if (count > 0) summary = bench_summarise(matched->scratch, count); /* sorted now */
  bool added = set(line, "median_s", side, count > 0 ? json_number(summary.median) : json_null());
  if (matched->sides->runs > 1) {
    const double most = count > 0 ? matched->scratch[count - 1] : 0.0;
    added = added && set(line, "runs", side, json_integer((json_int_t)count)) &&
            set(line, "spread_percent", side,
                count > 0 ? json_number(100.0 * (most - summary.minimum) / summary.median) : json_null());
  }
  json_t *crc32 = NULL;
  for (size_t r = 0; r < matched->sides->runs && crc32 == NULL; r++)
    crc32 = json_object_get(result_at(matched, side, r), "crc32");
  return added && set(line, "crc32", side, crc32 != NULL ? json_incref(crc32) : json_null());
}

struct bench_verdict compare_one_run(const json_t *first, const json_t *other) {
  return (struct bench_verdict){.ratio = number(first, "median_s") / number(other, "median_s"),
                                .low = number(first, "low_s") / number(other, "high_s"),
                                .high = number(first, "high_s") / number(other, "low_s"),
                                .pairs = 1,
                                .word = BENCH_FEW};
}

/* Pair by pair. */
static struct bench_verdict of_runs(const struct matched *matched, size_t side) {
  size_t count = 0;
  bool *disturbed = matched->disturbed + matched->sides->count * matched->sides->runs;
  for (size_t r = 0; r < matched->sides->runs; r++) {
    const json_t *first = result_at(matched, 0, r), *other = result_at(matched, side, r);
    if (first == NULL || other == NULL) continue;
    matched->first[count] = number(first, "median_s");
    matched->other[count] = number(other, "median_s");
    disturbed[count++] = matched->disturbed[r] || matched->disturbed[side * matched->sides->runs + r];
  }
  if (count == 0) return (struct bench_verdict){.pairs = 0};
  return bench_verdict_of(matched->first, matched->other, disturbed, count, matched->sides->noise, matched->scratch);
}

/* How a side compares with the first. */
static bool add_verdict(json_t *line, const struct matched *matched, size_t side) {
  static const char *const words[] = {
    [BENCH_FEW] = "too few runs", [BENCH_DISTURBED] = "disturbed", [BENCH_OPEN] = "not told apart",
    [BENCH_ALIKE] = "alike",      [BENCH_FASTER] = "faster",       [BENCH_SLOWER] = "slower"};
  const bool once = matched->sides->runs == 1;
  const json_t *first = result_at(matched, 0, 0), *other = result_at(matched, side, 0);
  struct bench_verdict verdict = {.pairs = 0};
  if (!once) verdict = of_runs(matched, side);
  else if (first != NULL && other != NULL) verdict = compare_one_run(first, other);
  const bool both = verdict.pairs > 0;
  const bool judged = both && verdict.word != BENCH_FEW && verdict.word != BENCH_DISTURBED;
  const bool told_apart = verdict.word == BENCH_FASTER || verdict.word == BENCH_SLOWER;
  char letters[LETTERS_TEXT], text[LETTERS_TEXT + 32];
  snprintf(text, sizeof text, "%s%s%s", told_apart ? document_letters(side, letters) : "", told_apart ? " " : "",
           words[verdict.word]);
  return set(line, "ratio", side, both ? json_number(verdict.ratio) : json_null()) &&
         set(line, "ratio_low", side, both ? json_number(verdict.low) : json_null()) &&
         set(line, "ratio_high", side, both ? json_number(verdict.high) : json_null()) &&
         set(line, "verdict", side, judged ? json_string(words[verdict.word]) : json_null()) &&
         (once || set(line, "says", side, both ? json_string(text) : json_null()));
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

static json_t *line_of(const struct matched *matched, const json_t *like) {
  const struct sides *sides = matched->sides;
  json_t *line = json_object();
  bool made = line != NULL;
  for (const char *const *key = keys_of(sides); *key != NULL; key++)
    if (json_object_get(like, *key) != NULL)
      made = made && json_object_set(line, *key, json_object_get(like, *key)) == 0;
  for (size_t i = 0; i < sides->count && made; i++)
    made = add_side(line, matched, i) && (i == 0 || add_verdict(line, matched, i));
  const char *bits = bits_of(matched->runs, sides->count * sides->runs, matched->text);
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

static bool add_line(struct lines *lines, struct matched *matched, const json_t *result) {
  char *text = compare_text(result, keys_of(matched->sides)), *group = compare_text(result, compare_groups);
  bool added = text != NULL && group != NULL;
  matched->text = text;
  if (added && json_object_get(lines->known, text) == NULL) {
    json_t *table = json_object_get(lines->tables, group);
    if (table == NULL && json_object_set_new(lines->tables, group, table = json_array()) != 0) table = NULL;
    added = table != NULL && json_array_append_new(table, line_of(matched, result)) == 0 &&
            json_object_set_new(lines->known, text, json_true()) == 0;
  }
  free(text);
  free(group);
  return added;
}

static json_t *lines_of(struct matched *matched) {
  struct lines lines = {json_object(), json_object()};
  json_t *all = json_array(), *result;
  bool made = lines.known != NULL && lines.tables != NULL && all != NULL;
  size_t r;
  for (size_t i = 0; i < matched->sides->count * matched->sides->runs; i++)
    json_array_foreach(matched->runs[i].results, r, result) made = made && add_line(&lines, matched, result);
  const char *group;
  json_t *table;
  json_object_foreach(lines.tables, group, table) made = made && json_array_extend(all, table) == 0;
  json_decref(lines.known);
  json_decref(lines.tables);
  if (made) return all;
  json_decref(all);
  return NULL;
}

json_t *compare_lines(const struct sides *sides) {
  const size_t all = sides->count * sides->runs;
  struct run *runs = calloc(all, sizeof *runs);
  double *numbers = calloc(3 * sides->runs, sizeof *numbers);
  bool *disturbed = calloc(all + sides->runs, sizeof *disturbed); /* and those of the pairs at hand */
  bool made = runs != NULL && numbers != NULL && disturbed != NULL;
  for (size_t i = 0; i < all && made; i++) {
    made = index_results(&runs[i], sides->documents[i], sides->names[i], keys_of(sides));
    disturbed[i] = !sides->judge_disturbed && json_array_size(json_object_get(sides->documents[i], "disturbed")) > 0;
  }
  json_t *lines = NULL;
  if (made)
    lines = lines_of(&(struct matched){.sides = sides,
                                       .runs = runs,
                                       .first = numbers,
                                       .other = numbers + sides->runs,
                                       .scratch = numbers + 2 * sides->runs,
                                       .disturbed = disturbed});
  for (size_t i = 0; runs != NULL && i < all; i++) json_decref(runs[i].by_keys);
  free(runs);
  free(numbers);
  free(disturbed);
  return lines;
}
