/* SPDX-License-Identifier: BSD-3-Clause */
#include "study/disturbed.h"

#include <stdio.h>
#include <string.h>

static bool number_is(const json_t *result, const char *key, unsigned long value) {
  return json_number_value(json_object_get(result, key)) == (double)value;
}

/* The result's rows, or those of the rank that has most of them. */
static bool rows_are(const json_t *result, unsigned long rows) {
  const json_int_t all = json_integer_value(json_object_get(result, "rows")),
                   ranks = json_integer_value(json_object_get(result, "ranks"));
  return number_is(result, "rows", rows) || (ranks > 1 && (json_int_t)rows == (all + ranks - 1) / ranks);
}

static const char *text_of(const json_t *result, const char *key) {
  const char *text = json_string_value(json_object_get(result, key));
  return text != NULL ? text : "";
}

/* What was not measured disturbs nothing that was. */
static bool is_absence(const char *text) {
  return strncmp(text, "without ", 8) == 0 || strstr(text, " not timed") != NULL ||
         strstr(text, " not measured") != NULL;
}

/* "..., scalar-dot, ...": one of a list of names that begins there? */
static bool lists(const char *list, const char *name) {
  const size_t length = strlen(name);
  for (const char *at = list; (at = strstr(at, name)) != NULL; at++)
    if ((at == list || at[-1] == ' ') && (at[length] == ',' || at[length] == '\0')) return length > 0;
  return false;
}

/* "..., the probe of reading u8 varied ...": rows of the other type have another one. */
static bool same_probe(const char *text, const json_t *result) {
  static const char reading[] = "the probe of reading ";
  const char *at = strstr(text, reading), *dtype = text_of(result, "dtype");
  if (at == NULL) return true;
  at += sizeof reading - 1;
  return strncmp(at, dtype, strlen(dtype)) == 0 && at[strlen(dtype)] == ' ';
}

/* The texts are those of disturbances.c, study.c and bench/article/study.py. */
static bool about(const char *text, const json_t *result) {
  char name[101], dtype[9];
  unsigned long rows, k, again, n, threads;
  if (is_absence(text)) return false;
  if (sscanf(text, "%100[^,], %8[^,], %lu x %lu times %lu x %lu, %lu thread", name, dtype, &rows, &k, &again, &n,
             &threads) == 7)
    return strcmp(name, text_of(result, "kernel")) == 0 && strcmp(dtype, text_of(result, "dtype")) == 0 &&
           rows_are(result, rows) && number_is(result, "k", k) && number_is(result, "n", n) &&
           number_is(result, "threads", threads);
  if (sscanf(text, "%lu x %lu, %lu thread", &rows, &k, &threads) == 3)
    return rows_are(result, rows) && number_is(result, "k", k) && number_is(result, "threads", threads) &&
           same_probe(text, result);
  if (sscanf(text, "with %lu thread", &threads) == 1 || sscanf(text, "%lu threads share %1s", &threads, dtype) == 2)
    return number_is(result, "threads", threads);
  const char *names = strstr(text, " times the median of "); /* an article's: "50000 rows: ..." */
  if (sscanf(text, "%lu rows: %1s", &rows, dtype) == 2)
    return number_is(result, "rows", rows) &&
           (names == NULL || lists(names + strlen(" times the median of "), text_of(result, "kernel")));
  return true; /* the clock, the quota: all of them */
}

bool disturbed_result(const json_t *document, const json_t *result) {
  size_t i;
  json_t *text;
  json_array_foreach(json_object_get(document, "disturbed"), i,
                     text) if (json_is_string(text) && about(json_string_value(text), result)) return true;
  return false;
}
