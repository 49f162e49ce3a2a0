/* SPDX-License-Identifier: BSD-3-Clause */
/* What Linux lets a process have of the CPUs it may run on: the CPU time its control groups allow, and which CPUs are
 * threads of one core. Files below a root folder ("" is the real one) are all that is read, so tests can make trees;
 * what is missing or makes no sense counts as "not told". */
#ifndef RC_CPU_LIMITS_H
#define RC_CPU_LIMITS_H

#include <stdbool.h>

/* As many CPUs as a Linux kernel can be built for. */
enum { RC_CPUS = 8192 };

struct rc_quota {
  double cpus;         /* quota over period, the least of the own group and all above it; 0: there is none */
  long long throttled; /* periods cut short so far, of all those groups; -1: not told */
};

/* Of this process (root/proc/self/cgroup), in version 2 (cpu.max) and version 1 (cpu.cfs_quota_us) groups alike. */
struct rc_quota rc_read_quota(const char *root);

/* By CPU, the number of the first CPU that shares its core; RC_CPUS: not told. */
struct rc_cores {
  unsigned short first[RC_CPUS];
};

void rc_read_cores(const char *root, struct rc_cores *cores);

/* Physical cores among those of the first `count` CPUs that cpus[] has; a CPU that nothing is told of is a core. 0:
 * nothing is told of any. */
unsigned rc_count_cores(const struct rc_cores *cores, const bool *cpus, unsigned count);

#endif
