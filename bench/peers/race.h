/* SPDX-License-Identifier: BSD-3-Clause */
/* Rowcast and the other libraries on the same rows, in the same rounds. */
#ifndef BENCH_PEERS_RACE_H
#define BENCH_PEERS_RACE_H

#include "peer.h"
#include "study/study.h"

/* For each shape and thread count of the study one measurement of its kernels, in every element type, and of the peers
 * that were found, on float32; a result for each, whose ratio_to_best_peer tells how many times as fast it is as the
 * fastest of them. *wrong: a result was, which was said and noted; it is not timed. Returns an exit status. */
int race(struct study *study, const struct peers *peers, bool *wrong);

#endif
