/* SPDX-License-Identifier: BSD-3-Clause */
/* Measuring on several ranks (data/ranks.h): rank 0 takes the samples, and for each call of a candidate the others make
 * the same call, of their own rows. A sample lasts from rank 0's word to the end of the slowest rank, so that it has in
 * it what it costs to begin and end together. */
#ifndef ROWCAST_CLI_TOGETHER_H
#define ROWCAST_CLI_TOGETHER_H

#include <stddef.h>
#include <stdint.h>

#include "measure.h"

/* As bench_measure(), on all ranks, with candidates of the same meaning in the same order. Where there are several,
 * only rank 0 has samples and repeats then, and of each candidate how much longer the slowest rank has taken than the
 * ranks' mean: imbalance[count]. Returns an exit status, and has said why it is not EXIT_DONE. */
int together_measure(struct bench_candidate *candidates, size_t count, const struct bench_settings *settings,
                     double *imbalance);

/* Have all ranks chosen what rank 0 has, of which the number tells? `what` is told where one has not, and what helps.
 * Nothing is done where there is one rank. */
int together_same(int status, uint64_t number, const char *what, const char *help);

#endif
