/* SPDX-License-Identifier: BSD-3-Clause */
/* The panels of a roofline: a machine with so many threads, its roof and the kernels under it. */
#ifndef ROWCAST_CLI_PANELS_H
#define ROWCAST_CLI_PANELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "html/marks.h"

/* GFLOP/s and GB/s; both 0 where the probes were held up. */
struct roof {
  double flops, bytes;
};

struct panel {
  size_t side, threads;
  const struct line **lines; /* among the owner's */
  size_t count;
  struct roof roof, low, high; /* what the machine can do; where the probes' slowest tenth begins; their best sample */
};

struct panels {
  struct panel *panels;
  size_t count;
  const struct line **lines; /* owned */
  struct axis along, up;     /* of all pictures: operations a byte, GFLOP/s */
};

/* The panels of all sides: by results of roofline where a side has any, else of bench, and so on; of the largest rows.
 * False: no memory. Release with panels_free() in any case. */
bool panels_make(struct panels *panels, const struct material *material);
void panels_free(struct panels *panels);

#endif
