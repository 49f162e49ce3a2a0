/* SPDX-License-Identifier: BSD-3-Clause */
/* What ranks have written each for itself, one's after another's in one file. */
#ifndef ROWCAST_MPI_IN_ORDER_H
#define ROWCAST_MPI_IN_ORDER_H

#include <stdint.h>

#include "spool.h"

struct in_order {
  const char *path;   /* of the output, for messages */
  const char *beside; /* where spools are made */
  int fd;             /* the file's */
  uint64_t header;    /* bytes before the first rank's */
  int level;          /* of gzip; 0: as they are */
  unsigned threads;   /* that compress */
};

/* Together: the spool's bytes to their place. Compressed, the blocks are those that one process makes of all bytes. */
int in_order_write(int status, const struct in_order *to, struct spool *spool);

#endif
