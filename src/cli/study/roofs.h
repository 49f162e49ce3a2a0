/* SPDX-License-Identifier: BSD-3-Clause */
/* The machine's limits at one thread count, measured in the rounds of what they are the limits of. */
#ifndef ROWCAST_CLI_ROOFS_H
#define ROWCAST_CLI_ROOFS_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include <rowcast/experimental.h>

#include "measure.h"
#include "probes/probe.h"
#include "stats.h"
#include "study/pin.h"
#include "study/workload.h"

enum { ROOFS_PROBES = ROWCAST_ISA_COUNT + ROWCAST_DTYPE_COUNT };

/* One probe, with the team it runs in. */
struct roof_probe {
  const struct roofs *roofs;
  struct probe_fma fma;
  struct probe_read read; /* of X in one element type; .bytes 0: this is the probe of multiply-adds */
  rowcast_dtype dtype;
  double *samples; /* owned */
  struct bench_summary time;
  double rate; /* operations or bytes a second, of the fastest tenth */
};

struct roofs {
  unsigned threads;
  size_t rows, k, sample_count;
  struct team team;
  struct roof_probe probes[ROOFS_PROBES];
  size_t count;
  double level_flops[ROWCAST_ISA_COUNT]; /* multiply-adds of a level's registers, operations a second; 0: no probe */
  double flops;                          /* the most of them */
  double bytes[ROWCAST_DTYPE_COUNT];     /* read a second of the rows as they lie in memory; 0: none */
};

/* A probe that reads the whole cache lines among the first rows, padding between the rows included: half a gigabyte of
 * them at most, and so often that it takes longer than starting a team. .bytes is 0 where there is no line. */
struct probe_read roofs_lines(const struct rows *x, size_t rows, unsigned threads);

/* Sets up the probes for the first `rows` rows of a workload, on as many threads, placed as `pin` says. False: no
 * memory. Release with roofs_free() in any case. The address must not change from here on. */
bool roofs_make(struct roofs *roofs, const struct workload *work, size_t rows, unsigned threads, const struct pin *pin,
                size_t rounds);
void roofs_free(struct roofs *roofs);

/* Writes a candidate for each probe, `count` of them. */
void roofs_candidates(struct roofs *roofs, struct bench_candidate *candidates);

/* Turns the samples into rates: those of the fastest tenth, as a roof is what the machine can do. False: no memory. */
bool roofs_finish(struct roofs *roofs);

/* Takes away the roofs that are less than half of those of one thread for the same rows: several threads do not read or
 * multiply less than one, so that something held them up. Returns how many. */
size_t roofs_drop_collapsed(struct roofs *roofs, const struct roofs *one);

/* The probe that varied most, and how far: (90th percentile - median) / median. NULL: there is none. */
const struct roof_probe *roofs_least_steady(const struct roofs *roofs, double *variation);

/* An array of the probes with all samples. NULL: no memory. */
json_t *roofs_json(const struct roofs *roofs);

#endif
