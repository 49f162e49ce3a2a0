/* SPDX-License-Identifier: BSD-3-Clause */
/* How many threads when nobody says: a pure function of what may hold them back. */
#ifndef RC_THREADS_H
#define RC_THREADS_H

#include <stdbool.h>

#include <rowcast/cpu.h>
#include <rowcast/experimental.h>

/* From affinity, cores, quota, openmp and limit of *choice its threads, decided_by and reason. */
void rc_choose_threads(rowcast_thread_choice *choice);

/* Does a value of OMP_NUM_THREADS ask for anything, as libgomp reads it: a number above 0, or a list of such? NULL: it
 * is not set. */
bool rc_asks_for_threads(const char *text);

/* What OpenMP was asked for, 0: nothing; from whether its variable did when this library was loaded, from
 * omp_get_max_threads(), omp_get_num_procs(), and the CPUs this process could run on when the library was loaded. */
unsigned rc_asked_threads(bool by_environment, unsigned most, unsigned procs, unsigned procs_before);

/* rowcast_default_threads() as it would be with OpenMP: what a pool of the program's own gets. */
unsigned rc_system_threads(void);

#endif
