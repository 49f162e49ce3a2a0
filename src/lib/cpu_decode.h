/* SPDX-License-Identifier: BSD-3-Clause */
/* From what the hardware reports to what may be run: pure functions, so that tests can feed them CPUs that
 * are not here. cpu_acquire.c is the only file that touches the hardware. */
#ifndef RC_CPU_DECODE_H
#define RC_CPU_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <rowcast/cpu.h>
#include <rowcast/experimental.h>

struct rc_cpuid {
  uint32_t eax, ebx, ecx, edx;
};

/* The size of rowcast_cpu in version 0.2. */
enum { RC_FIRST_CPU = sizeof(rowcast_cpu) };

enum { RC_MODALIAS = 4096 }; /* a page: what a file of /sys can hold */

/* An x86-64 CPU as CPUID and XGETBV report it. Leaves above max_leaf are ignored whatever they hold. */
struct rc_x86_raw {
  uint32_t max_leaf;
  struct rc_cpuid leaf1, leaf7_0, leaf7_1; /* leaf 7: subleaves 0 and 1 (1 counts if leaf7_0.eax >= 1) */
  uint64_t xcr0;                           /* 0 when OSXSAVE is not set: XGETBV would fault then */
  uint32_t vendor;                         /* EBX of leaf 0: the name's first four letters */
  uint32_t performance;                    /* EAX of leaf 0x8000001a, AMD's; 0: not there */
  char brand[49];                          /* leaves 0x80000002..4, terminated; may be empty */
  /* The bits of those leaves that glibc lets programs use. */
  bool glibc_told;
  struct rc_cpuid glibc1, glibc7_0, glibc7_1;
  /* The kernel's features, /sys/devices/system/cpu/modalias:
   * "cpu:type:x86,ven0002fam0019mod0011:feature:,0000,0001,..."; empty: not told. */
  char modalias[RC_MODALIAS];
};

/* An AArch64 CPU as the kernel reports it (AT_HWCAP, AT_HWCAP2; bits as in Linux's asm/hwcap.h). */
struct rc_arm_raw {
  uint64_t hwcap, hwcap2;
  char model[ROWCAST_CPU_MODEL_TEXT];
};

/* Fill *cpu: model, features, runs[]; usable[] equals runs[] but for what glibc has switched off, cap is empty. */
void rc_decode_x86(const struct rc_x86_raw *raw, rowcast_cpu *cpu);
void rc_decode_arm(const struct rc_arm_raw *raw, rowcast_cpu *cpu);

/* Has the CPU AMX, so that the process's permission matters? */
bool rc_cpu_has_amx(const rowcast_cpu *cpu);

/* Takes AMX from usable[] and features: the process has no permission. */
void rc_cpu_forbid_amx(rowcast_cpu *cpu);

/* Applies the value of ROWCAST_ISA (NULL or "": none) to usable[] and features: levels that need more are removed.
 * Errors as rowcast_cpu_detect() says; *cpu is unchanged then. */
rowcast_status rc_cpu_cap(rowcast_cpu *cpu, const char *cap, rowcast_error *err);

/* The same with a cap that is an option, before a kernel is chosen. */
rowcast_status rc_cpu_cap_option(rowcast_cpu *cpu, rowcast_isa isa, rowcast_error *err);

/* Does a level need all that another one needs? */
bool rc_isa_includes(rowcast_isa isa, rowcast_isa other);

/* Why a level is usable or not, a few words: "avx avx2 fma enabled", "this CPU has no fma". */
void rc_isa_reason(const rowcast_cpu *cpu, rowcast_isa isa, char *text, size_t size);

/* Names of the levels in flags[], joined by ", ". */
void rc_isa_list(const bool flags[ROWCAST_ISA_COUNT], char *text, size_t size);

#endif
