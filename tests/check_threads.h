/* SPDX-License-Identifier: BSD-3-Clause */
/* The same bits whatever the threads: teams of any size, a plan shared by threads, calls from a team. */
#ifndef TEST_CHECK_THREADS_H
#define TEST_CHECK_THREADS_H

#include <rowcast/kernels.h>

#include "check_suite.h"

/* Teams of 1, 2, 3, 7 and 16 threads under every driver, for fewer rows than threads and more, against the model. */
bool check_team_sizes(const rowcast_kernel_info *kernel, uint64_t seed, struct check_tally *tally);

/* Every thread of an OpenMP team multiplies with one plan, which then starts no team of its own. */
bool check_within_team(const rowcast_kernel_info *kernel, uint64_t seed, struct check_tally *tally);

/* Several POSIX threads multiply with one plan at the same time, each a team of its own. */
bool check_shared_plan(const rowcast_kernel_info *kernel, uint64_t seed, struct check_tally *tally);

/* All of these. */
bool check_all_threads(const rowcast_kernel_info *kernel, uint64_t seed, struct check_tally *tally);

#endif
