/* SPDX-License-Identifier: BSD-3-Clause */
#include "study/differences.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "terminal/report.h"

/* Where it stands in a document, and what it is called. Of numbers: how far apart they are alike, in parts of the
 * larger one, or as a difference; texts are alike when they are the same. */
static const struct recorded {
  const char *room, *key; /* room NULL: the document itself */
  const char *what;
  double parts, apart;
} all_recorded[] = {
  {"machine", "model", "CPU", 0.0, 0.0},
  {"machine", "identity", "CPU", 0.0, 0.0},
  {"machine", "system", "system", 0.0, 0.0},
  {"machine", "affinity", "CPUs that may be used", 0.0, 0.0},
  {"machine", "quota_cpus", "quota of CPUs", 0.0, 0.0},
  {"machine", "smt", "SMT", 0.0, 0.0},
  {"machine", "governor", "governor", 0.0, 0.0},
  {"machine", "huge_pages", "huge pages", 0.0, 0.0},
  {"machine", "rowcast_isa", "ISA cap", 0.0, 0.0},
  {NULL, "version", "version", 0.0, 0.0},
  {"machine", "compiler", "compiler", 0.0, 0.0},
  {"machine", "flags", "flags", 0.0, 0.0},
  {"machine", "commit", "commit", 0.0, 0.0},
  {NULL, "binary_sha256", "binary", 0.0, 0.0},
  {"settings", "arguments", "arguments", 0.0, 0.0},
  {"settings", "pin", "pin", 0.0, 0.0},
  {"settings", "schedule", "schedule", 0.0, 0.0},
  {"settings", "chunk_rows", "rows of a chunk", 0.0, 0.0},
  {"settings", "environment", "environment", 0.0, 0.0},
  {"results", "ranks", "ranks", 0.0, 0.0},
  {"conditions", "load_before", "load", 0.0, 0.5},
  {"conditions", "clock_ghz_before", "clock in GHz", 0.03, 0.0},
};

/* The most ranks of a result; where there is one (`rowcast`) nothing is said of it. */
static const json_t *ranks_of(const json_t *document) {
  static json_t *one; /* kept to the end */
  const json_t *result, *most = NULL;
  size_t i;
  json_array_foreach(json_object_get(document, "results"), i, result) {
    const json_t *ranks = json_object_get(result, "ranks");
    if (json_integer_value(ranks) > json_integer_value(most)) most = ranks;
  }
  if (one == NULL) one = json_integer(1);
  return most != NULL ? most : one;
}

static const json_t *find(const json_t *document, const struct recorded *recorded) {
  if (recorded->room != NULL && strcmp(recorded->room, "results") == 0) return ranks_of(document);
  return json_object_get(recorded->room != NULL ? json_object_get(document, recorded->room) : document, recorded->key);
}

static bool alike(const json_t *a, const json_t *b, const struct recorded *recorded) {
  if (!json_is_number(a) || !json_is_number(b)) return json_equal(a, b);
  const double x = json_number_value(a), y = json_number_value(b), most = fmax(fabs(x), fabs(y));
  return fabs(x - y) <= fmax(recorded->parts * most, recorded->apart);
}

static void write_scalar(FILE *text, const json_t *value) {
  if (json_is_string(value)) fputs(json_string_value(value), text);
  else if (json_is_integer(value)) fprintf(text, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
  else if (json_is_number(value)) fprintf(text, "%.2f", json_number_value(value));
  else if (json_is_boolean(value)) fputs(json_is_true(value) ? "on" : "off", text);
  else fputs("none", text); /* null */
}

/* Would an argument run into its neighbours? */
static bool needs_quotes(const char *argument) { return argument[0] == '\0' || strpbrk(argument, " \t\n'") != NULL; }

/* A value as one text, to be freed: of a list its elements, of an object its members. */
static char *text_of(const json_t *value, const struct recorded *recorded) {
  char *text = NULL;
  size_t size, i;
  FILE *file = open_memstream(&text, &size);
  if (file == NULL) return NULL;
  const char *key;
  json_t *member;
  if (value == NULL) fputs("?", file);
  else if (json_is_object(value)) {
    i = 0;
    json_object_foreach((json_t *)(uintptr_t)value, key, member) {
      fprintf(file, "%s%s=", i++ > 0 ? ", " : "", key);
      write_scalar(file, member);
    }
    if (i == 0) fputs("none", file);
  } else if (json_is_array(value)) {
    json_array_foreach(value, i, member) {
      const bool quoted = json_is_string(member) && needs_quotes(json_string_value(member));
      fprintf(file, "%s%s", i > 0 ? " " : "", quoted ? "'" : "");
      write_scalar(file, member);
      if (quoted) fputc('\'', file);
    }
  } else if (strcmp(recorded->key, "binary_sha256") == 0 && json_is_string(value))
    fprintf(file, "%.12s", json_string_value(value)); /* enough to tell them apart */
  else write_scalar(file, value);
  if (fclose(file) == 0) return text;
  free(text);
  return NULL;
}

/* Do any two that have it differ? Of three numbers the first may be like both others, and these unlike. */
static bool any_differ(json_t *const *documents, size_t count, const struct recorded *recorded) {
  for (size_t i = 0; i < count; i++)
    for (size_t j = 0; j < i; j++) {
      const json_t *a = find(documents[j], recorded), *b = find(documents[i], recorded);
      if (a != NULL && b != NULL && !alike(a, b, recorded)) return true;
    }
  return false;
}

/* Numbers of a side's runs, from the least to the greatest; false: not all of them are. */
static bool write_range(FILE *text, json_t *const *runs, size_t count, const struct recorded *recorded) {
  double least = INFINITY, most = -INFINITY;
  for (size_t i = 0; i < count; i++) {
    const json_t *value = find(runs[i], recorded);
    if (!json_is_real(value)) return false;
    least = fmin(least, json_real_value(value)), most = fmax(most, json_real_value(value));
  }
  fprintf(text, "%.2f-%.2f", least, most);
  return true;
}

/* The texts of a side's runs, each once with the number of runs that have it; false: no memory. */
static bool write_each(FILE *text, json_t *const *runs, size_t count, const struct recorded *recorded) {
  char **texts = calloc(count, sizeof *texts);
  bool made = texts != NULL;
  const char *comma = "";
  for (size_t i = 0; i < count && made; i++) made = (texts[i] = text_of(find(runs[i], recorded), recorded)) != NULL;
  for (size_t i = 0; i < count && made; i++) {
    size_t same = 0, first = i;
    for (size_t j = 0; j < count; j++)
      if (strcmp(texts[i], texts[j]) == 0) {
        same++;
        if (j < first) first = j;
      }
    if (first < i) continue;
    fprintf(text, "%s%zu run%s %s", comma, same, same == 1 ? "" : "s", texts[i]);
    comma = ", ";
  }
  for (size_t i = 0; texts != NULL && i < count; i++) free(texts[i]);
  free(texts);
  return made;
}

/* What a side has, to be freed; NULL: no memory. */
static char *side_text(json_t *const *runs, size_t count, const struct recorded *recorded) {
  if (!any_differ(runs, count, recorded)) {
    size_t first = 0; /* that has recorded it */
    while (first + 1 < count && find(runs[first], recorded) == NULL) first++;
    return text_of(find(runs[first], recorded), recorded);
  }
  char *text = NULL;
  size_t size;
  FILE *file = open_memstream(&text, &size);
  bool made = file != NULL && (write_range(file, runs, count, recorded) || write_each(file, runs, count, recorded));
  if (file != NULL) made = fclose(file) == 0 && made;
  if (made) return text;
  free(text);
  return NULL;
}

static json_t *difference_of(json_t *const *documents, size_t sides, size_t runs, const struct recorded *recorded) {
  json_t *values = json_array();
  for (size_t i = 0; i < sides; i++) {
    char *text = side_text(documents + i * runs, runs, recorded);
    if (text == NULL || json_array_append_new(values, json_text(text)) != 0) {
      json_decref(values);
      values = NULL;
    }
    free(text);
  }
  return values != NULL ? json_pack("{s:s, s:o}", "what", recorded->what, "values", values) : NULL;
}

json_t *differences_of(json_t *const *documents, size_t sides, size_t runs) {
  json_t *differences = json_array();
  for (size_t r = 0; r < sizeof all_recorded / sizeof all_recorded[0] && differences != NULL; r++) {
    if (!any_differ(documents, sides * runs, &all_recorded[r]) ||
        json_array_append_new(differences, difference_of(documents, sides, runs, &all_recorded[r])) == 0)
      continue;
    json_decref(differences);
    differences = NULL;
  }
  return differences;
}
