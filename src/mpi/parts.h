/* SPDX-License-Identifier: BSD-3-Clause */
/* The calls of struct ranks (data/ranks.h), which says what each does. */
#ifndef ROWCAST_MPI_PARTS_H
#define ROWCAST_MPI_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <rowcast/writer.h>

#include "args/options.h"

/* world.c */
int world_among(int status, unsigned count);

/* exchange.c */
void exchange_share(size_t rows, size_t *begin, size_t *end);
int exchange_broadcast(int status, void *data, size_t bytes);
int exchange_sum(int status, uint64_t *numbers, size_t count);
int exchange_largest(int status, double *numbers, size_t count);
int exchange_gather(int status, const void *own, size_t bytes, unsigned char **all, size_t **sizes);
int exchange_crc32(int status, unsigned long *crc, uint64_t bytes);

/* Together: the sum of the ranks' numbers before this one's, and of all. */
int exchange_before(int status, uint64_t own, uint64_t *before, uint64_t *all);

/* Another rank's share. */
void exchange_share_of(unsigned rank, size_t rows, size_t *begin, size_t *end);

/* Bytes from one rank to another, called by both, and each waits for the other. Of none, nothing is done, whatever the
 * ranks. False: world_wait()'s. */
bool exchange_move(unsigned from, unsigned to, void *data, size_t bytes);

/* output.c */
int output_open(rowcast_writer **writer, const char *path, const rowcast_layout *layout, size_t repeat,
                const rowcast_write_options *options);
int output_commit(int status);
void output_abandon(void);

/* cpus.c: finds out who shares this host's CPUs; once, together, and before the others. */
void cpus_look(void);
unsigned cpus_threads(void);

/* Notes, together, that ranks have one CPU each where there are more, or more threads than CPUs: of so many threads on
 * each rank, or, if 0, of as many as by default. Returns an exit status. */
int cpus_note(unsigned threads);

#endif
