/* SPDX-License-Identifier: BSD-3-Clause */
#include "cpu_acquire.h"

#include <string.h>

#if defined(__x86_64__)

#include <cpuid.h>

static struct rc_cpuid cpuid(uint32_t leaf, uint32_t subleaf) {
  struct rc_cpuid r;
  __cpuid_count(leaf, subleaf, r.eax, r.ebx, r.ecx, r.edx);
  return r;
}

static uint64_t read_xcr0(void) {
  uint32_t low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (uint64_t)high << 32 | low;
}

void rc_acquire_x86(struct rc_x86_raw *raw) {
  memset(raw, 0, sizeof *raw);
  raw->max_leaf = cpuid(0, 0).eax;
  if (raw->max_leaf >= 1) raw->leaf1 = cpuid(1, 0);
  if (raw->max_leaf >= 7) {
    raw->leaf7_0 = cpuid(7, 0);
    if (raw->leaf7_0.eax >= 1) raw->leaf7_1 = cpuid(7, 1);
  }
  if (raw->leaf1.ecx >> 27 & 1) raw->xcr0 = read_xcr0();
  if (cpuid(0x80000000u, 0).eax >= 0x80000004u)
    for (uint32_t i = 0; i < 3; i++) {
      const struct rc_cpuid part = cpuid(0x80000002u + i, 0);
      memcpy(raw->brand + 16 * i, &part, sizeof part);
    }
}

#elif defined(__aarch64__)

#include <stdio.h>
#include <sys/auxv.h>

void rc_acquire_arm(struct rc_arm_raw *raw) {
  memset(raw, 0, sizeof *raw);
  raw->hwcap = getauxval(AT_HWCAP);
  raw->hwcap2 = getauxval(AT_HWCAP2);
  /* User space sees no brand string; MIDR_EL1 names implementer and part where /sys has it. */
  FILE *file = fopen("/sys/devices/system/cpu/cpu0/regs/identification/midr_el1", "re");
  if (file == NULL) return;
  unsigned long midr;
  if (fscanf(file, "%lx", &midr) == 1)
    snprintf(raw->model, sizeof raw->model, "AArch64 implementer 0x%02lx part 0x%03lx", midr >> 24 & 0xff,
             midr >> 4 & 0xfff);
  fclose(file);
}

#endif
