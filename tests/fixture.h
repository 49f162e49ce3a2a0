/* SPDX-License-Identifier: BSD-3-Clause */
/* Memory in which a stray access is noticed, and repeatable random numbers. */
#ifndef TEST_FIXTURE_H
#define TEST_FIXTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A buffer between two pages that fault on any access. */
struct guarded {
  unsigned char *data;
  size_t bytes;
  unsigned char *map; /* guard page, pages that hold the data, guard page */
  size_t map_bytes;
};

/* Which guard page the data lies at. */
enum guard_side { GUARD_AFTER, GUARD_BEFORE };

/* `bytes` bytes that end `gap` bytes before the guard page after them, or begin `gap` bytes after the one before them;
 * what is left of their pages holds a pattern. All of it is readable and writable. Ends the program when there is no
 * memory. */
struct guarded guarded_alloc(size_t bytes, enum guard_side side, size_t gap);

/* From now on a write to the buffer faults; after guarded_hide() a read does, too. */
void guarded_make_readonly(const struct guarded *buffer);
void guarded_hide(const struct guarded *buffer);

/* Is the pattern around the data as it was? */
bool guarded_surroundings_intact(const struct guarded *buffer);

void guarded_free(struct guarded *buffer);

/* Random numbers, the same for one seed on every machine. */
struct random {
  uint64_t state;
};
struct random random_from(uint64_t seed);
/* Uniform in 0..below-1; below >= 1. */
size_t random_below(struct random *random, size_t below);
/* A float32 of either sign with 24 random bits and a magnitude in [2^low, 2^high); low < high. */
float random_float(struct random *random, int low, int high);

/* The seed of the suite: ROWCAST_TEST_SEED, or 1. Ends the program with status 2 and a line if that is not a number. */
uint64_t test_seed(void);

#endif
