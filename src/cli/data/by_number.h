/* SPDX-License-Identifier: BSD-3-Clause */
/* Rows read where they are multiplied: each thread of a team takes the next block of rows, reads it by its number into
 * memory of its own that stays in its cache, multiplies it there, and puts the results in their place. Nothing holds
 * all rows, and no thread waits for another before the end of a round. Calls that fail have said why on stderr and
 * return the exit status. */
#ifndef ROWCAST_CLI_BY_NUMBER_H
#define ROWCAST_CLI_BY_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sys/stat.h>

#include <rowcast/plan.h>

#include "data/input.h"
#include "data/rows.h"
#include "data/units.h"

struct by_number_thread;

struct by_number {
  const struct input *input;
  const rowcast_plan *plan;
  size_t block;     /* rows of a block */
  size_t round;     /* most rows of a round */
  size_t from;      /* in the file, of the last round's first row */
  size_t next;      /* and of the next round's */
  size_t n;         /* of the plan */
  size_t blocks;    /* multiplied so far */
  bool inflates;    /* the rows are gzipped */
  unsigned threads; /* of the team */
  struct by_number_thread *team;
  size_t buffers; /* of the team that have memory */
  bool look, pixels_alone;
  struct values_seen seen; /* in all rows so far, if wanted */
  double read, multiply;   /* seconds, summed over the threads */
  struct stat opened;      /* what is read, when it was opened */
  bool known;
};

/* Begins with the input, of which input_begin() said by_number, and which must outlive it. Release with
 * by_number_free(), in any case. */
int by_number_begin(struct by_number *walk, const struct input *input);

/* The first selected rows, one block at most, for whatever depends on their values; they are read again by
 * by_number_next(), and valid until its first call. */
int by_number_peek(struct by_number *walk, struct rows *rows);

/* How many threads the input's rows are worth: as many as the product is, or of gzipped ones, where inflating is most
 * of the work, all that the plan may have. */
unsigned by_number_threads(const struct input *input, const rowcast_plan *plan);

/* The team for a plan of those rows and n columns, which must outlive it, and how many rows a round has: results take
 * result_bytes a row. */
int by_number_team(struct by_number *walk, const rowcast_plan *plan, size_t n, size_t result_bytes);

/* Looks at all values from now on, see units_look(). */
void by_number_look(struct by_number *walk, bool pixels_alone);

/* The next round: *rows of them, 0 at the end, multiplied into c, N floats from row to row, or if that is NULL
 * classified into classes. Of several failures the one of the first row is told. */
int by_number_next(struct by_number *walk, float *c, int32_t *classes, size_t *rows);

/* After the last round: is what was read as long as when it was opened, and has nobody written to it? Who reads in
 * order sees the length at its end. */
int by_number_end(const struct by_number *walk);

void by_number_free(struct by_number *walk);

#endif
