/* SPDX-License-Identifier: BSD-3-Clause */
/* Results as CSV. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "study/document.h"
#include "study/grid.h"
#include "terminal/report.h"

/* RFC 4180 quotes commas, quotes and line ends; it has no place for other control characters, which are escaped. */
static void print_csv_text(const char *text) {
  const bool quoted = strpbrk(text, ",\"\r\n") != NULL;
  if (quoted) out("\"");
  while (*text != '\0') {
    char character[PRINTABLE_CHARACTER];
    const size_t length = printable_character(text, character);
    if (strchr("\t\r\n", *text) != NULL) out("%c", *text);
    else out("%s%s", *text == '"' ? "\"" : "", character);
    text += length;
  }
  if (quoted) out("\"");
}

static void print_csv_value(const json_t *value) {
  if (json_is_string(value)) print_csv_text(json_string_value(value));
  else if (json_is_boolean(value)) out("%s", json_is_true(value) ? "true" : "false");
  else if (json_is_integer(value)) out("%" JSON_INTEGER_FORMAT, json_integer_value(value));
  else if (json_is_real(value)) out("%.6g", json_real_value(value));
}

static bool is_scalar(const json_t *value) { return value != NULL && !json_is_array(value) && !json_is_object(value); }

/* A column that is the same in all lines: what a run was, or a side of a comparison. */
static bool add_constant(json_t *constants, const char *name, const char *side, const json_t *value) {
  char key[64];
  snprintf(key, sizeof key, "%s%s%s", name, side != NULL ? "_" : "", side != NULL ? side : "");
  return json_object_set_new(constants, key, value != NULL ? json_deep_copy(value) : json_null()) == 0;
}

static bool add_run(json_t *constants, const char *side, const json_t *run) {
  return add_constant(constants, "label", side, json_object_get(run, "label")) &&
         add_constant(constants, "date", side, json_object_get(run, "date")) &&
         add_constant(constants, "model", side, json_object_get(json_object_get(run, "machine"), "model"));
}

/* NULL: no memory. */
static json_t *constants_of(const json_t *document) {
  json_t *constants = json_object(), *file;
  const json_t *files = json_object_get(document, "files");
  bool made = constants != NULL && (files != NULL || add_run(constants, NULL, document));
  size_t i;
  char letters[LETTERS_TEXT];
  json_array_foreach(files, i, file) made = made && add_run(constants, document_letters(i, letters), file);
  if (made) return constants;
  json_decref(constants);
  return NULL;
}

static void print_csv_names(const json_t *object, const char **comma) {
  const char *key;
  json_t *value;
  json_object_foreach((json_t *)(uintptr_t)object, key, value) {
    out("%s", *comma);
    print_csv_text(key);
    *comma = ",";
  }
}

/* The members of that name, of which there may be none. */
static void print_csv_members(const json_t *names, const json_t *members, const char **comma) {
  const char *key;
  json_t *value;
  json_object_foreach((json_t *)(uintptr_t)names, key, value) {
    const json_t *member = json_object_get(members, key);
    out("%s", *comma);
    if (is_scalar(member)) print_csv_value(member);
    *comma = ",";
  }
}

bool grid_print_csv(const json_t *document) {
  const json_t *results = json_object_get(document, "results");
  json_t *constants = constants_of(document), *columns = json_object(), *result, *value;
  const char *key, *comma = "";
  size_t i;
  bool made = constants != NULL && columns != NULL;
  /* Of every result: not all have all members. */
  json_array_foreach(results, i, result) {
    json_object_foreach(result, key, value) if (is_scalar(value) && json_object_get(columns, key) == NULL) made =
      made && json_object_set_new(columns, key, json_true()) == 0;
  }
  if (made) {
    print_csv_names(columns, &comma);
    print_csv_names(constants, &comma);
    out("\n");
  }
  json_array_foreach(results, i, result) {
    if (!made) break;
    comma = "";
    print_csv_members(columns, result, &comma);
    print_csv_members(constants, constants, &comma);
    out("\n");
  }
  json_decref(constants);
  json_decref(columns);
  return made;
}
