/* SPDX-License-Identifier: BSD-3-Clause */
/* What <omp.h> would say in a build without OpenMP, in which its pragmas are ignored: there is one thread, which is in
 * no team. CPUs are counted all the same. */
#ifndef RC_OMP_NONE_H
#define RC_OMP_NONE_H

#include <sched.h>
#include <stddef.h>

static inline int omp_in_parallel(void) { return 0; }
static inline int omp_get_thread_num(void) { return 0; }
static inline int omp_get_num_threads(void) { return 1; }
static inline int omp_get_max_threads(void) { return 1; }
static inline int omp_get_thread_limit(void) { return 1; }
static inline int omp_get_max_active_levels(void) { return 1; }
static inline void omp_set_max_active_levels(int levels) { (void)levels; }
static inline int omp_get_dynamic(void) { return 0; }
static inline void omp_set_num_threads(int threads) { (void)threads; }
static inline int omp_get_num_places(void) { return 0; }
static inline int omp_get_place_num_procs(int place) { return place & 0; }
static inline void omp_get_place_proc_ids(int place, int *ids) { (void)place, (void)ids; }

/* CPUs of the calling thread's mask, of as many as cpu_limits.h counts; 0: not told. */
static inline int omp_get_num_procs(void) {
  enum { CPUS = 8192 };
  const size_t size = CPU_ALLOC_SIZE(CPUS);
  cpu_set_t *mask = CPU_ALLOC(CPUS);
  const int count = mask != NULL && sched_getaffinity(0, size, mask) == 0 ? CPU_COUNT_S(size, mask) : 0;
  CPU_FREE(mask);
  return count;
}

typedef enum { omp_pause_soft = 1, omp_pause_hard = 2 } omp_pause_resource_t;
static inline int omp_pause_resource_all(omp_pause_resource_t kind) { return kind & 0; }

#endif
