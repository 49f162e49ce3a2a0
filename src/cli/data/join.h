/* SPDX-License-Identifier: BSD-3-Clause */
/* What ranks (data/ranks.h) have found of their rows, made what all have found: on rank 0, which prints it. What
 * returns an exit status is called together, and does nothing where there is one rank. */
#ifndef ROWCAST_CLI_JOIN_H
#define ROWCAST_CLI_JOIN_H

#include <stdint.h>

#include <jansson.h>

#include "data/input.h"
#include "data/tally.h"
#include "data/units.h"
#include "terminal/table.h"

/* How the ranks have spent their time. */
struct ranks_work {
  size_t most_bytes; /* of rows, that one of them has read */
  double imbalance;  /* how much longer the slowest has taken than their mean; 1: as long; 0: there is one rank */
};

/* How long each of many passes took: the last ones', which are not in the sums yet. */
enum { PASSES_AT_ONCE = 256 };
struct rank_passes {
  double seconds[PASSES_AT_ONCE];
  size_t count;
  double own, slowest; /* of all passes: this rank's, and on rank 0 each one's slowest rank's */
};

/* A pass of so many seconds, by all ranks. Together every PASSES_AT_ONCE passes. */
int join_pass(int status, struct rank_passes *passes, double seconds);

/* What a command has found. Each is this rank's before and that of all afterwards; NULL: there is none. */
struct findings {
  const struct input *input;
  unsigned long *crc32; /* of results of so many bytes */
  uint64_t result_bytes;
  size_t *rows, *blocks;
  double *read, *compute; /* seconds; the slowest rank's afterwards */
  struct values_seen *seen;
  struct tally *tally;
  struct table *table;
  json_t *classes; /* whole numbers of 32 bits */
  struct ranks_work *work;
  size_t times; /* the rows were taken, one copy after another, 0 or 1: once; what was found is of the first */
  struct rank_passes *passes; /* each time, for join_pass() */
};
int join_findings(int status, const struct findings *findings);

/* Counts: their sums, on all ranks. */
int join_counts(int status, size_t *const *counts, size_t count);

/* What was seen of values: on all ranks. */
int join_seen(int status, struct values_seen *seen);

/* "ranks    4, ..." as a line, or a member "ranks" of the object; nothing where there is one rank. False: no memory. */
void join_print_work(const struct ranks_work *work);
bool join_work_json(const struct ranks_work *work, json_t *object);

#endif
