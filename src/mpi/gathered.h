/* SPDX-License-Identifier: BSD-3-Clause */
/* What only one process can write: rank 0 asks for the others' rows, some at a time, and writes all with a writer of
 * its own. */
#ifndef ROWCAST_MPI_GATHERED_H
#define ROWCAST_MPI_GATHERED_H

#include <stddef.h>

#include <rowcast/writer.h>

#include "../io/output.h"
#include "spool.h"

struct gathered {
  const char *path;          /* of the output, for messages */
  struct rc_output *file;    /* rank 0's */
  const struct spool *spool; /* each rank's share of layout->dims[0] / repeat rows, as raw elements */
  const rowcast_layout *layout;
  size_t row_bytes, repeat;
  const rowcast_write_options *options;
};

/* Together: all rows to the file, `repeat` times, in their order and as one process would. An exit status, of this rank
 * alone. */
int gathered_write(int status, const struct gathered *rows);

#endif
