/* SPDX-License-Identifier: BSD-3-Clause */
/* What tests of the tool with files of their own share, within Criterion: a folder, texts in it, what was said, JSON.
 */
#ifndef TEST_TOOL_H
#define TEST_TOOL_H

#include <criterion/criterion.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file_builder.h"
#include "process.h"

/* The status, and a part of what was said on stdout or stderr; frees the result. */
static inline void tool_expect(struct process_result result, int status, const char *part) {
  cr_expect(result.status == status, "status %d: %.400s", result.status, result.err);
  cr_expect(strstr(result.out, part) != NULL || strstr(result.err, part) != NULL, "no '%s' in: %.600s%.400s", part,
            result.out, result.err);
  process_free(&result);
}

/* The JSON object that a run has printed; to be released. */
static inline json_t *tool_json(struct process_result result) {
  json_error_t error;
  cr_assert_eq(result.status, 0, "%.400s", result.err);
  json_t *object = json_loads(result.out, JSON_REJECT_DUPLICATES, &error);
  cr_assert_not_null(object, "%s", error.text);
  process_free(&result);
  return object;
}
#define TOOL_JSON(...) tool_json(ROWCAST(__VA_ARGS__, "--json"))

static inline json_int_t tool_integer(json_t *object, const char *key) {
  const json_t *value = json_object_get(object, key);
  cr_assert(json_is_integer(value), "no %s", key);
  return json_integer_value(value);
}

/* A file of that text in the folder; its path, to be freed. */
static inline char *tool_text(const char *folder, const char *name, const char *text) {
  struct bytes bytes = {0};
  bytes_add_text(&bytes, text);
  char *path = path_in(folder, name);
  bytes_write(&bytes, path);
  bytes_free(&bytes);
  return path;
}

/* "PATH:KEYS", to be freed. */
static inline char *tool_keys(const char *path, const char *keys) {
  char *text;
  cr_assert(asprintf(&text, "%s:%s", path, keys) > 0);
  return text;
}

#endif
