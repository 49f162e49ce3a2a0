/* SPDX-License-Identifier: BSD-3-Clause */
/* Bytes of one rank that nobody knows the place of yet, in a file without a name beside the output. It is gone when its
 * process ends, however that is. */
#ifndef ROWCAST_MPI_SPOOL_H
#define ROWCAST_MPI_SPOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct spool {
  int fd; /* -1: none */
  uint64_t size;
};

/* Bytes at a time, of those that copy spools. */
enum { SPOOL_PIECE = 4 << 20 };

/* Where the file `beside` is, or will be; each returns false, with errno. */
bool spool_open(struct spool *spool, const char *beside);
bool spool_read(const struct spool *spool, uint64_t at, void *data, size_t bytes);

/* Takes the last bytes away. */
bool spool_shorten(struct spool *spool, size_t bytes);

/* Appends, as a rowcast_sink does: `user` is the spool. */
int spool_append(void *user, const void *data, size_t bytes);

void spool_close(struct spool *spool);

/* All of the bytes to their place in a file. */
bool write_at(int fd, uint64_t at, const void *data, size_t bytes);

#endif
