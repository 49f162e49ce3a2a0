/* SPDX-License-Identifier: BSD-3-Clause */
/* Rowcast and the other libraries on the same rows, in the same rounds. */
#ifndef BENCH_PEERS_RACE_H
#define BENCH_PEERS_RACE_H

#include "peer.h"
#include "study/study.h"

/* For each shape and thread count of the study one measurement of its kernels, in every element type, and of the peers
 * that were found, on float32; a result for each, whose ratio_to_best_peer is its speed relative to the fastest peer.
 * *wrong: some result was wrong, which was said and noted; it is not timed. Returns an exit status. */
int race(struct study *study, const struct peers *peers, bool *wrong);

#endif
