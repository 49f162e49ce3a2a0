/* SPDX-License-Identifier: BSD-3-Clause */
/* The lines of a comparison: results of several sides matched by what was measured, each side of one run or more. */
#ifndef ROWCAST_CLI_COMPARE_LINES_H
#define ROWCAST_CLI_COMPARE_LINES_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "study/document.h"
#include "verdict.h"

/* What is compared: side s has the runs documents[s * runs] to documents[s * runs + runs - 1]. */
struct sides {
  json_t **documents;
  const char **names; /* of the documents, for messages */
  size_t count, runs;
  double noise;         /* parts */
  bool judge_disturbed; /* disturbed runs count for verdicts */
  bool by_ranks;        /* compare_by_ranks() */
};

/* What makes a table, ended by NULL. A line is matched by that, by its kernel, and with by_ranks by its ranks. */
extern const char *const compare_groups[];

/* Are results to be matched by how many ranks took them (`rowcast-mpi scale`)? Where each document has one such number,
 * and another one than others, that is what they are compared for. */
bool compare_by_ranks(json_t *const *documents, size_t count);

/* The values of these members, the last of which is followed by NULL, as one text: alike for results that are alike in
 * them. To be freed; NULL: no memory. */
char *compare_text(const json_t *result, const char *const *members);

/* How many times as fast as `first` a result of another run is. Not of the same rounds, so the ratio lies between those
 * of the intervals' ends, which says nothing of the next run: the word is BENCH_FEW. */
struct bench_verdict compare_one_run(const json_t *first, const json_t *other);

/* A member of the side at a place: NAME_A, NAME_B, ...; returns text. */
enum { KEY_TEXT = 32 + LETTERS_TEXT };
const char *compare_key(const char *name, size_t side, char text[KEY_TEXT]);

/* An array of lines (docs/results.schema.json). NULL: no memory. */
json_t *compare_lines(const struct sides *sides);

#endif
