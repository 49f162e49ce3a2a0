/* SPDX-License-Identifier: BSD-3-Clause */
/* How many threads when nobody says: a pure function of what may hold them back. */
#ifndef RC_THREADS_H
#define RC_THREADS_H

#include <rowcast/cpu.h>

/* From affinity, cores, quota, openmp and limit of *choice its threads, decided_by and reason. */
void rc_choose_threads(rowcast_thread_choice *choice);

#endif
