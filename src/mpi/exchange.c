/* SPDX-License-Identifier: BSD-3-Clause */
/* What ranks hand one another. MPI counts with an int: what is longer goes in pieces. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <mpi.h>
#include <zlib.h>

#include "../../kernels/partition.h"
#include "data/ranks.h"
#include "parts.h"
#include "terminal/report.h"
#include "world.h"

enum { PIECE = 1 << 30, TAG = 1 };

static size_t piece(size_t left) { return left < PIECE ? left : PIECE; }

void exchange_share_of(unsigned rank, size_t rows, size_t *begin, size_t *end) {
  const struct rc_range range = rc_partition(rows, ranks_here()->size, rank, 1);
  *begin = range.begin;
  *end = range.end;
}

void exchange_share(size_t rows, size_t *begin, size_t *end) {
  exchange_share_of(ranks_here()->rank, rows, begin, end);
}

int exchange_broadcast(int status, void *data, size_t bytes) {
  status = world_agree(status);
  for (size_t at = 0; at < bytes && status == EXIT_DONE; at += piece(bytes - at)) {
    MPI_Request request;
    const int begun = MPI_Ibcast((char *)data + at, (int)piece(bytes - at), MPI_BYTE, 0, world_comm(), &request);
    if (!world_began(begun) || !world_wait(&request)) status = EXIT_FAILED;
  }
  return status;
}

int exchange_sum(int status, uint64_t *numbers, size_t count) {
  status = world_agree(status);
  for (size_t at = 0; at < count && status == EXIT_DONE; at += piece(count - at)) {
    MPI_Request request;
    const int begun =
      MPI_Iallreduce(MPI_IN_PLACE, numbers + at, (int)piece(count - at), MPI_UINT64_T, MPI_SUM, world_comm(), &request);
    if (!world_began(begun) || !world_wait(&request)) status = EXIT_FAILED;
  }
  return status;
}

int exchange_largest(int status, double *numbers, size_t count) {
  const bool receives = ranks_here()->rank == 0;
  status = world_agree(status);
  for (size_t at = 0; at < count && status == EXIT_DONE; at += piece(count - at)) {
    MPI_Request request;
    const int begun = MPI_Ireduce(receives ? MPI_IN_PLACE : numbers + at, receives ? numbers + at : NULL,
                                  (int)piece(count - at), MPI_DOUBLE, MPI_MAX, 0, world_comm(), &request);
    if (!world_began(begun) || !world_wait(&request)) status = EXIT_FAILED;
  }
  return status;
}

bool exchange_move(unsigned from, unsigned to, void *data, size_t bytes) {
  for (size_t at = 0; at < bytes; at += piece(bytes - at)) {
    MPI_Request request;
    const int count = (int)piece(bytes - at);
    const int begun = ranks_here()->rank == to
                        ? MPI_Irecv((char *)data + at, count, MPI_BYTE, (int)from, TAG, world_comm(), &request)
                        : MPI_Isend((char *)data + at, count, MPI_BYTE, (int)to, TAG, world_comm(), &request);
    if (!world_began(begun) || !world_wait(&request)) return false;
  }
  return true;
}

int exchange_before(int status, uint64_t own, uint64_t *before, uint64_t *all) {
  MPI_Request request;
  *before = 0;
  *all = own;
  status = exchange_sum(status, all, 1);
  if (status != EXIT_DONE) return status;
  const int begun = MPI_Iexscan(&own, before, 1, MPI_UINT64_T, MPI_SUM, world_comm(), &request);
  if (!world_began(begun) || !world_wait(&request)) return EXIT_FAILED;
  if (ranks_here()->rank == 0) *before = 0; /* where MPI leaves what it likes */
  return EXIT_DONE;
}

/* On rank 0: how many bytes each has. */
static int gather_sizes(uint64_t own, uint64_t *sizes) {
  MPI_Request request;
  const int begun = MPI_Igather(&own, 1, MPI_UINT64_T, sizes, 1, MPI_UINT64_T, 0, world_comm(), &request);
  return world_began(begun) && world_wait(&request) ? EXIT_DONE : EXIT_FAILED;
}

int exchange_gather(int status, const void *own, size_t bytes, unsigned char **all, size_t **sizes) {
  _Static_assert(sizeof(uint64_t) == sizeof(size_t), "sizes are handed over as they are");
  const struct ranks *ranks = ranks_here();
  const bool receives = ranks->rank == 0;
  *all = NULL;
  *sizes = receives ? calloc(ranks->size, sizeof **sizes) : NULL;
  if (receives && *sizes == NULL) status = complain_of_memory("what the ranks have found");
  status = world_agree(status);
  if (status == EXIT_DONE) status = gather_sizes(bytes, (uint64_t *)*sizes);
  size_t total = 0;
  for (unsigned rank = 0; *sizes != NULL && rank < ranks->size; rank++) total += (*sizes)[rank];
  if (receives && status == EXIT_DONE && (*all = malloc(total + 1)) == NULL)
    status = complain_of_memory("what the ranks have found");
  status = world_agree(status);
  if (status == EXIT_DONE && !receives && !exchange_move(ranks->rank, 0, (void *)(uintptr_t)own, bytes))
    status = EXIT_FAILED;
  if (status == EXIT_DONE && receives) {
    unsigned char *to = *all;
    if (bytes > 0) memcpy(to, own, bytes);
    for (unsigned rank = 1; rank < ranks->size && status == EXIT_DONE; rank++) {
      to += (*sizes)[rank - 1];
      if (!exchange_move(rank, 0, to, (*sizes)[rank])) status = EXIT_FAILED;
    }
  }
  if (status == EXIT_DONE) return status;
  free(*all);
  free(*sizes);
  *all = NULL;
  *sizes = NULL;
  return status;
}

int exchange_crc32(int status, unsigned long *crc, uint64_t bytes) {
  const uint64_t own[2] = {*crc, bytes};
  unsigned char *all;
  size_t *sizes;
  status = exchange_gather(status, own, sizeof own, &all, &sizes);
  for (unsigned rank = 1; all != NULL && rank < ranks_here()->size; rank++) {
    uint64_t next[2];
    memcpy(next, all + rank * sizeof next, sizeof next);
    *crc = crc32_combine(*crc, (uLong)next[0], (z_off_t)next[1]);
  }
  free(all);
  free(sizes);
  return exchange_broadcast(status, crc, sizeof *crc);
}
