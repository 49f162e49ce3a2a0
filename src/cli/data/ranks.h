/* SPDX-License-Identifier: BSD-3-Clause */
/* The processes that share a command's rows, its ranks: one of the tool; of rowcast-mpi those of its communicator,
 * which src/mpi makes of these calls. Commands are written for any number of them.
 *
 * Calls marked "together" are made by all ranks in the same order, and begin by agreeing whether all have done well so
 * far. A rank that has failed says so, and goes on or returns from its command, as it likes: the others get its status
 * from their next call together, and so do all at the end of the program, where the complaint of the first of those
 * ranks is shown. After that no call waits for anybody. */
#ifndef ROWCAST_CLI_RANKS_H
#define ROWCAST_CLI_RANKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <rowcast/matrix.h>
#include <rowcast/writer.h>

struct ranks {
  unsigned rank, size; /* this one, of so many; rank 0 alone is heard on stdout, and its notes on stderr */
  unsigned all;        /* that there are: `size` of them, but after among() */

  /* Threads of each by default, where several share a machine; 0: as the library chooses. */
  unsigned (*threads)(void);

  /* The part of `rows` rows that is this rank's: [*begin, *end). */
  void (*share)(size_t rows, size_t *begin, size_t *end);

  /* Together; status is what this rank has come to so far, and the result what all have: EXIT_DONE, or the status of
   * the first one that failed. */
  int (*agree)(int status);

  /* Together, by all that there are: from here on the first `count` of them, 1..all, share the work and call what is
   * called together, as if there were no others: `size` is count. The others, whose rank is not below `size`, do
   * nothing and call this again, where they wait. */
  int (*among)(int status, unsigned count);

  /* Together: rank 0's bytes to all. */
  int (*broadcast)(int status, void *data, size_t bytes);

  /* Together: sums of all, on all. */
  int (*sum)(int status, uint64_t *numbers, size_t count);

  /* Together: on rank 0, of each number the largest that a rank has; the others' stay or are lost. */
  int (*largest)(int status, double *numbers, size_t count);

  /* Together: on rank 0 the bytes of all, one rank's after another's, to be freed, and how many each has given; NULL on
   * the others. */
  int (*gather)(int status, const void *own, size_t bytes, unsigned char **all, size_t **sizes);

  /* Together: the CRC-32 of all ranks' bytes, one's after another's, on all. */
  int (*crc32)(int status, unsigned long *crc, uint64_t bytes);

  /* One file that all ranks write, each its share of layout->dims[0] / repeat rows, with a writer of its own, and that
   * `repeat` times. Open and commit together; abandon may follow any time, once or more, and removes what was not
   * committed. */
  int (*output_open)(rowcast_writer **writer, const char *path, const rowcast_layout *layout, size_t repeat,
                     const rowcast_write_options *options);
  int (*output_commit)(int status);
  void (*output_abandon)(void);
};

/* The ranks of this process: one, until ranks_use() has said others. */
const struct ranks *ranks_here(void);
void ranks_use(const struct ranks *ranks);

/* Are there more than one? What follows does nothing where there is one, and returns the status it was given. */
bool ranks_several(void);

/* Together: rank 0's matrix of float32 to the others, which give an empty one, to be released alike. */
int ranks_matrix(int status, rowcast_matrix *matrix);

#endif
