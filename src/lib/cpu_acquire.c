/* SPDX-License-Identifier: BSD-3-Clause */
#include "cpu_acquire.h"

#include <string.h>

#include "uncancelled.h"

#if defined(__x86_64__)

#include <cpuid.h>
#include <stdio.h>

#if defined(__has_include)
#if __has_include(<sys/platform/x86.h>) /* glibc from 2.33 on */
#include <sys/platform/x86.h>
#define HAVE_GLIBC_VIEW 1
#endif
#endif

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

#ifdef HAVE_GLIBC_VIEW
static struct rc_cpuid glibc_view(unsigned leaf) {
  const struct cpuid_feature *view = __x86_get_cpuid_feature_leaf(leaf);
  return (struct rc_cpuid){view->active_array[0], view->active_array[1], view->active_array[2], view->active_array[3]};
}
#endif

static void read_modalias(char modalias[RC_MODALIAS]) {
  RC_UNCANCELLED(before);
  FILE *file = fopen("/sys/devices/system/cpu/modalias", "re");
  if (file == NULL) return;
  const size_t length = fread(modalias, 1, RC_MODALIAS, file);
  /* Cut short it would lack features that are there. */
  modalias[length < RC_MODALIAS && memchr(modalias, '\n', length) != NULL ? length : 0] = '\0';
  fclose(file);
}

void rc_acquire_x86(struct rc_x86_raw *raw) {
  memset(raw, 0, sizeof *raw);
  const struct rc_cpuid leaf0 = cpuid(0, 0);
  raw->max_leaf = leaf0.eax, raw->vendor = leaf0.ebx;
  if (raw->max_leaf >= 1) raw->leaf1 = cpuid(1, 0);
  if (raw->max_leaf >= 7) {
    raw->leaf7_0 = cpuid(7, 0);
    if (raw->leaf7_0.eax >= 1) raw->leaf7_1 = cpuid(7, 1);
  }
  if (raw->leaf1.ecx >> 27 & 1) raw->xcr0 = read_xcr0();
  const uint32_t most = cpuid(0x80000000u, 0).eax;
  if (most >= 0x8000001au) raw->performance = cpuid(0x8000001au, 0).eax;
  if (most >= 0x80000004u)
    for (uint32_t i = 0; i < 3; i++) {
      const struct rc_cpuid part = cpuid(0x80000002u + i, 0);
      memcpy(raw->brand + 16 * i, &part, sizeof part);
    }
#ifdef HAVE_GLIBC_VIEW
  raw->glibc_told = true;
  raw->glibc1 = glibc_view(CPUID_INDEX_1);
  raw->glibc7_0 = glibc_view(CPUID_INDEX_7);
  raw->glibc7_1 = glibc_view(CPUID_INDEX_7_ECX_1);
#endif
  read_modalias(raw->modalias);
}

#elif defined(__aarch64__)

#include <stdio.h>
#include <sys/auxv.h>

void rc_acquire_arm(struct rc_arm_raw *raw) {
  RC_UNCANCELLED(before);
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
