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
  ROWCAST_FEATURE_OFF_BY_CAP,   /* enabled, but not of the level that ROWCAST_ISA names */
  ROWCAST_FEATURE_NOT_PERMITTED /* enabled, but this process has no permission: AMX (rowcast_allow_amx()) */
} rowcast_feature_state;

typedef struct rowcast_cpu_feature {
  const char *name; /* static, e.g. "avx512vnni" */
  bool present;     /* the CPU reports it */
  bool enabled;     /* present, and the OS saves the state it needs and does not hide it */
  rowcast_feature_state state;
} rowcast_cpu_feature;

enum { ROWCAST_CPU_MODEL_TEXT = 64, ROWCAST_CPU_FEATURE_MAX = 64, ROWCAST_ISA_MAX = 16 };

typedef struct rowcast_cpu {
  size_t struct_size;                 /* how much of it is filled; rowcast_cpu_detect() sets it */
  char model[ROWCAST_CPU_MODEL_TEXT]; /* e.g. "AMD EPYC 7B13"; "unknown" when not reported */
  bool runs[ROWCAST_ISA_MAX];         /* by rowcast_isa: CPU and OS can run this level */
  bool usable[ROWCAST_ISA_MAX]; /* runs[], within ROWCAST_ISA, permitted, and nothing switched off by GLIBC_TUNABLES */
  char cap[16];                 /* the value of ROWCAST_ISA, empty when not set */
  bool full_width_512;          /* 512-bit multiply-adds are as many a cycle as 256-bit ones; see below */
  size_t feature_count;         /* filled entries of features[], in a fixed order */
  rowcast_cpu_feature features[ROWCAST_CPU_FEATURE_MAX];
} rowcast_cpu;

/* full_width_512 decides nothing but which of the kernels that give the same bits is expected to be fastest. AMD's CPUs
 * report it (CPUID 8000001A, FP512), but under most hypervisors, so that their families are asked as well: Zen 5 but
 * for its mobile cores. Of Intel's, those with AVX-512 for servers have it, which are known by their models, and by AMX
 * where a hypervisor names another model; a few of them (Bronze and some Silver of the first generations) lack the
 * second unit and cannot be told apart. False where there is no AVX-512. */

/* Fills *cpu; size is sizeof(rowcast_cpu). Reads the environment variable ROWCAST_ISA: the name of an
 * ISA level. Levels that need a feature which that one does not need are not usable then.
 * ROWCAST_ERR_UNKNOWN: it names no level; ROWCAST_ERR_UNSUPPORTED: it names one that this machine cannot run. The error
 * text lists the valid ones. The CPU is asked once per process, by CPUID instructions and a small file in /sys (some 50
 * us under a hypervisor); then it is a copy; where the CPU has AMX, each call, and each plan that is created, also asks
 * whether the process has permission to use it (arch_prctl(), which a filter of system calls must let through or
 * refuse). glibc 2.33 and later is asked what GLIBC_TUNABLES switches off (glibc.cpu.hwcaps=-AVX2). Thread-safe as
 * long as nobody calls setenv(). */
ROWCAST_API rowcast_status rowcast_cpu_detect(rowcast_cpu *cpu, size_t size, rowcast_error *err);

/* Asks the Linux kernel for this process's permission to use AMX (arch_prctl(ARCH_REQ_XCOMP_PERM); Linux 5.16, and
 * Documentation/arch/x86/xstate.rst), which rowcast_cpu_detect() and the plans created from then on make use of.
 * Without this call they use AMX only where the program has asked itself. It is left to the program because it changes
 * more than the library: for the rest of the process's life, and in its children until they call exec(), every thread's
 * signals need some 8 KiB more of stack. sigaltstack() refuses stacks that are smaller than that; if a thread has such
 * a stack already, the permission is refused, and nothing changes.
 * Calls that multiply may leave the tiles and their configuration cleared, as the System V ABI lets any call.
 * ROWCAST_OK: given, now or before. ROWCAST_ERR_UNSUPPORTED: CPU, hypervisor or kernel has no AMX, or this is not
 * x86-64; ROWCAST_ERR_LIMIT: a thread has too small an alternative stack. Thread-safe. */
ROWCAST_API rowcast_status rowcast_allow_amx(rowcast_error *err);

/* "auto", "scalar", "avx2", "avx512", "avx512vnni", "amx", "avxvnni", "neon", "neondot"; NULL for anything else. Static
 * storage. Thread-safe. */
ROWCAST_API const char *rowcast_isa_name(rowcast_isa isa);

/* The level of that name; ROWCAST_ERR_UNKNOWN: none has it. Thread-safe. */
ROWCAST_API rowcast_status rowcast_isa_from_name(const char *name, rowcast_isa *isa);

/* "absent", "enabled", "masked", "off" for both kinds of switched off, and "not permitted"; NULL for anything else.
 * Static storage. Thread-safe. */
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

/* CPUs this process may run on: those in its affinity mask, restricted to OpenMP's places (OMP_PLACES). At least 1.
 * Thread-safe. */
ROWCAST_API unsigned rowcast_available_cpus(void);

#ifdef __cplusplus
}
#endif
#endif
