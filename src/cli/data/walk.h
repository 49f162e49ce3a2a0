/* SPDX-License-Identifier: BSD-3-Clause */
/* The one loop in which the tool multiplies, whichever way rows come: read by number where they are multiplied, in
 * blocks that a thread reads ahead, or all at once.
 *
 *     walk_begin(), the weights, walk_plan();
 *     do walk_multiply(), what becomes of the results; while (walk_advance(walk, &status));
 *
 * Calls that fail have said why on stderr and return the exit status. */
#ifndef ROWCAST_CLI_WALK_H
#define ROWCAST_CLI_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <rowcast/plan.h>

#include "args/options.h"
#include "data/by_number.h"
#include "data/input.h"
#include "data/rows.h"
#include "data/units.h"

struct walk {
  struct input *input;
  enum dtype_choice dtype; /* what rows are multiplied as, and what one unit of them is worth */
  float scale;
  struct rows rows; /* at hand; of rows by number, the first of them */
  const rowcast_plan *plan;
  size_t n;                /* its columns */
  struct by_number team;   /* of rows by number */
  size_t next;             /* how many rows are multiplied next, at most */
  size_t first, count;     /* those that were multiplied last: their number in the file, and how many they are */
  size_t blocks;           /* multiplied so far */
  bool look, pixels_alone; /* at their values, see units_look() */
  struct values_seen seen;
  double read, multiply; /* seconds; of rows by number the threads' mean, otherwise reading is not timed */
};

/* Begins with the input, which must outlive it: rows to begin with are at hand. Release with walk_free(), in any case.
 */
int walk_begin(struct walk *walk, struct input *input, enum dtype_choice dtype, float scale);

/* Goes back to blocks from rows by number, of which nothing has been multiplied yet. */
int walk_in_order(struct walk *walk);

/* Looks at the values of all rows that are multiplied as they are in the file. */
void walk_look(struct walk *walk, bool pixels_alone);

/* The plan for the rows from now on, of n columns, which must outlive it, and whether classes are wanted of it. */
int walk_plan(struct walk *walk, const rowcast_plan *plan, size_t n, bool classes);

/* Multiplies the next rows into c, which has room for walk->next rows of n floats, or if that is NULL classifies them
 * into classes. What is at hand can be multiplied again, but for rows by number. */
int walk_multiply(struct walk *walk, float *c, int32_t *classes);

/* Goes on. False: *status was not EXIT_DONE, or it is that of the end. */
bool walk_advance(struct walk *walk, int *status);

void walk_free(struct walk *walk);

#endif
