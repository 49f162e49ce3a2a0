/* SPDX-License-Identifier: BSD-3-Clause */
/* What a study measures on: rows of one shape in every element type they allow, weights, and room for a result. */
#ifndef ROWCAST_CLI_WORKLOAD_H
#define ROWCAST_CLI_WORKLOAD_H

#include <stdbool.h>
#include <stddef.h>

#include <rowcast/experimental.h>

#include "args/options.h"
#include "args/values.h"
#include "data/input.h"
#include "data/rows.h"

struct workload {
  struct shape shape;
  const char *data;                      /* "mnist-train", "mnist-test", "images-1a2b3c4d" (their CRC-32), or "made" */
  struct input made;                     /* owns made rows */
  struct rows rows[ROWCAST_DTYPE_COUNT]; /* x and float32 values of the same rows */
  bool given[ROWCAST_DTYPE_COUNT];       /* false: the images have no such elements */
  rowcast_matrix weights, result;
};

/* Takes the first m of the images where they have k columns and rows enough, and --made does not ask for others; else
 * makes rows: uniform bytes from 1 to 255, so that there is no zero to skip, the same on every machine. --ldx may move
 * the rows apart. The weights are randn:1. images is loaded by input_load() and must outlive the workload. Returns an
 * exit status; release with workload_free() in any case. */
int workload_make(struct workload *workload, const struct input *images, const struct options *options,
                  const struct shape *shape);
void workload_free(struct workload *workload);

/* Bytes of one element of X. */
size_t dtype_bytes(rowcast_dtype dtype);

#endif
