/* SPDX-License-Identifier: BSD-3-Clause */
/* What this CPU and its operating system can run.
 *
 * A feature is *present* when the CPU reports it, and *enabled* when the OS also saves the
 * registers it needs and does not hide it. An ISA level is usable when all features of its bundle are enabled, none
 * of them is switched off, and no cap excludes the level. Source of the x86 rules: Intel SDM vol. 1, 13.2-13.3 and 14.3
 * (OSXSAVE, XCR0, leaf 7). */
#ifndef ROWCAST_CPU_H
#define ROWCAST_CPU_H

#include <stdbool.h>
#include <stddef.h>

#include <rowcast/export.h>
#include <rowcast/status.h>
#include <rowcast/types.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum rowcast_feature_state {
  ROWCAST_FEATURE_ABSENT,
  ROWCAST_FEATURE_ENABLED,
  ROWCAST_FEATURE_MASKED, /* the CPU has it; the operating system does not enable it, or it or a hypervisor hides it */
  ROWCAST_FEATURE_OFF_BY_GLIBC, /* enabled, but switched off by GLIBC_TUNABLES */
  ROWCAST_FEATURE_OFF_BY_CAP    /* enabled, but above the level that ROWCAST_ISA names */
} rowcast_feature_state;

typedef struct rowcast_cpu_feature {
  const char *name; /* static, e.g. "avx512vnni" */
  bool present;     /* the CPU reports it */
  bool enabled;     /* present, and the OS saves the state it needs and does not hide it */
  rowcast_feature_state state;
} rowcast_cpu_feature;

enum { ROWCAST_CPU_MODEL_TEXT = 64, ROWCAST_CPU_FEATURE_MAX = 64 };

typedef struct rowcast_cpu {
  char model[ROWCAST_CPU_MODEL_TEXT]; /* e.g. "AMD EPYC 7B13"; "unknown" when not reported */
  bool runs[ROWCAST_ISA_MAX];         /* CPU and OS can run this level */
  bool usable[ROWCAST_ISA_MAX]; /* runs[], not above ROWCAST_ISA, and nothing of it switched off by GLIBC_TUNABLES */
  char cap[16];                 /* the value of ROWCAST_ISA, empty when not set */
  bool full_width_512;          /* 512-bit multiply-adds are as many a cycle as 256-bit ones; see below */
  size_t feature_count;         /* filled entries of features[], in a fixed order */
  rowcast_cpu_feature features[ROWCAST_CPU_FEATURE_MAX];
} rowcast_cpu;

/* full_width_512 decides nothing but which of the kernels that give the same bits is expected to be fastest. AMD's CPUs
 * report it (CPUID 8000001A, FP512), but under most hypervisors, so that their families are asked as well: Zen 5 but
 * for its mobile cores. Of Intel's, those with AVX-512 for servers have it; a few of them (Bronze and some Silver of
 * the first generations) lack the second unit and cannot be told apart. False where there is no AVX-512. */

/* Fills *cpu. Reads the environment variable ROWCAST_ISA: the name of the
 * highest ISA level to use, which can only lower the level. ROWCAST_ERR_UNKNOWN: it names no level;
 * ROWCAST_ERR_UNSUPPORTED: it names one that this machine cannot run. The error text lists the valid ones.
 * The CPU is asked once per process, by CPUID instructions and a small file in /sys (some 50 us under a hypervisor);
 * then it is a copy. glibc 2.33 and later is asked what GLIBC_TUNABLES switches off (glibc.cpu.hwcaps=-AVX2).
 * Thread-safe as long as nobody calls setenv(). */
ROWCAST_API rowcast_status rowcast_cpu_detect(rowcast_cpu *cpu, rowcast_error *err);

/* "scalar", "avx2", "avx512", "neon"; NULL for anything else. Static storage. Thread-safe. */
ROWCAST_API const char *rowcast_isa_name(rowcast_isa isa);

/* "absent", "enabled", "masked", and "off" for both kinds of switched off; NULL for anything else. Static storage.
 * Thread-safe. */
ROWCAST_API const char *rowcast_feature_state_name(rowcast_feature_state state);

/* Threads a plan uses when no count is given. At least 1. It is the least of
 *
 * - the CPUs this process may run on,
 * - the physical cores among them,
 * - the CPU time that its control group and all groups above it allow, rounded up to whole CPUs,
 *
 * ignoring any of these that the system does not tell. If OpenMP was asked for a count, that count is taken instead,
 * but never more than the CPUs. OMP_THREAD_LIMIT lowers either.
 *
 * OpenMP counts as asked if OMP_NUM_THREADS had a value that OpenMP accepts when this library was loaded (of a list,
 * the first number counts). The count is then omp_get_max_threads(), so a later omp_set_num_threads() is included.
 * Without the variable, omp_set_num_threads() counts too, unless its number equals omp_get_num_procs(): OpenMP reports
 * that number also when nobody has asked.
 *
 * 1 if the library was built without OpenMP; a plan with a pool of the program's own (parallel_for in plan.h) takes
 * what this would be otherwise.
 *
 * Cores and control group are read from the system once per process, the rest at each call. Thread-safe. */
ROWCAST_API unsigned rowcast_default_threads(void);

/* How many of `wanted` threads a parallel region of the calling thread can have, the calling thread included; they are
 * running when this returns. For programs with OpenMP regions of their own: libgomp ends the process if a thread cannot
 * be started. Returns 1 within a parallel region, and in a forked child that would wait for its parent's threads
 * (see rowcast_prepare_fork()). A count that this thread never had before is tried once, at some 0.03 ms a thread.
 * At least 1, at most 4096. Thread-safe. */
ROWCAST_API unsigned rowcast_startable_threads(unsigned wanted);

/* CPUs this process may run on: those in its affinity mask, restricted to OpenMP's places (OMP_PLACES). At least 1.
 * Thread-safe. */
ROWCAST_API unsigned rowcast_available_cpus(void);

/* What decided the count: OpenMP if it was asked for no more threads than there are CPUs; else the smallest count, and
 * of equal ones the first in this order. */
typedef enum rowcast_threads_by {
  ROWCAST_BY_AFFINITY,
  ROWCAST_BY_CORES,
  ROWCAST_BY_QUOTA,
  ROWCAST_BY_OPENMP,
  ROWCAST_BY_LIMIT,
  ROWCAST_BY_BUILD /* the library was built without OpenMP: one */
} rowcast_threads_by;

enum { ROWCAST_THREADS_TEXT = 128, ROWCAST_CPUS_TEXT = 256 };

typedef struct rowcast_thread_choice {
  unsigned threads; /* what rowcast_default_threads() returns */
  rowcast_threads_by decided_by;
  unsigned affinity;                 /* rowcast_available_cpus() */
  char cpus[ROWCAST_CPUS_TEXT];      /* which, e.g. "0-3,8"; empty: not told; ends in "..." if cut short */
  unsigned cores;                    /* physical cores among them; 0: not told */
  double quota;                      /* CPUs' worth of time a control group allows, e.g. 1.5; 0: no quota */
  unsigned openmp;                   /* what OpenMP was asked for; 0: nothing */
  unsigned limit;                    /* OpenMP's thread limit; 0: none */
  long long throttled;               /* periods so far in which a control group had used up its quota; -1: not told */
  char reason[ROWCAST_THREADS_TEXT]; /* decided_by in words */
} rowcast_thread_choice;

/* The default thread count and where it comes from. Reads a few small files each time. Thread-safe. */
ROWCAST_API void rowcast_default_threads_explain(rowcast_thread_choice *choice);

#ifdef __cplusplus
}
#endif
#endif
