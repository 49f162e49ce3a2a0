/* SPDX-License-Identifier: BSD-3-Clause */
/* The lines of a comparison: results of several sides matched by what was measured, each side of one run or more. */
#ifndef ROWCAST_CLI_COMPARE_LINES_H
#define ROWCAST_CLI_COMPARE_LINES_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "study/document.h"

/* What is compared: side s has the runs documents[s * runs] to documents[s * runs + runs - 1]. */
struct sides {
  json_t **documents;
  const char **names; /* of the documents, for messages */
  size_t count, runs;
  double noise;         /* parts */
  bool judge_disturbed; /* disturbed runs count for verdicts */
};

/* What a line is matched by. Those after the first make a table. */
extern const char *const compare_keys[];

/* A member of the side at a place: NAME_A, NAME_B, ...; returns text. */
enum { KEY_TEXT = 32 + LETTERS_TEXT };
const char *compare_key(const char *name, size_t side, char text[KEY_TEXT]);

/* An array of lines (docs/results.schema.json). NULL: no memory. */
json_t *compare_lines(const struct sides *sides);

#endif
