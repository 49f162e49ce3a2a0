/* SPDX-License-Identifier: BSD-3-Clause */
/* The CPU decoder fed CPUs that are not here, the reasons it gives, and the cap ROWCAST_ISA. */
#include <criterion/criterion.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/cpu_decode.h"

enum { XCR0_X87_SSE = 0x3, XCR0_YMM = 0x7, XCR0_ZMM = 0xe7, XCR0_ZMM_PKRU = 0x2e7 };
enum { OSXSAVE = 1 << 27, FMA = 1 << 12, AVX = 1 << 28, AVX2 = 1 << 5 };

/* AMD EPYC 9654, CPUID as the hardware reports it. */
static struct rc_x86_raw zen4(void) {
  return (struct rc_x86_raw){
    .max_leaf = 0x10,
    .leaf1 = {0x00a10f11, 0x00600800, 0x7efa320b, 0x178bfbff},
    .leaf7_0 = {1, 0xf1bf97a9, 0x00405fce, 0x10000010},
    .leaf7_1 = {0x20, 0, 0, 0},
    .xcr0 = XCR0_ZMM_PKRU,
    .brand = "AMD EPYC 9654 96-Core Processor                ",
  };
}

/* Intel Core i7-4770. */
static struct rc_x86_raw haswell(void) {
  return (struct rc_x86_raw){
    .max_leaf = 0xd,
    .leaf1 = {0x000306c3, 0x00100800, 0x7ffafbbf, 0xbfebfbff},
    .leaf7_0 = {0, 0x000027ab, 0, 0},
    .xcr0 = XCR0_YMM,
    .brand = "Intel(R) Core(TM) i7-4770 CPU @ 3.40GHz",
  };
}

/* AArch64: HWCAP_FP and HWCAP_ASIMD are bits 0 and 1. */
static struct rc_arm_raw arm(uint64_t hwcap) {
  return (struct rc_arm_raw){.hwcap = hwcap, .model = "AArch64 implementer 0x41 part 0xd0c"};
}

static rowcast_cpu decode(struct rc_x86_raw raw) {
  rowcast_cpu cpu;
  memset(&cpu, 0xa5, sizeof cpu); /* the decoder fills everything */
  rc_decode_x86(&raw, &cpu);
  return cpu;
}

static rowcast_cpu decode_arm(struct rc_arm_raw raw) {
  rowcast_cpu cpu;
  memset(&cpu, 0xa5, sizeof cpu);
  rc_decode_arm(&raw, &cpu);
  return cpu;
}

/* The levels that run, and no cap. */
static void expect_levels(const rowcast_cpu *cpu, bool avx2, bool avx512, bool neon) {
  const bool expected[ROWCAST_ISA_COUNT] = {
    [ROWCAST_SCALAR] = true, [ROWCAST_AVX2] = avx2, [ROWCAST_AVX512] = avx512, [ROWCAST_NEON] = neon};
  for (int isa = 0; isa < ROWCAST_ISA_COUNT; isa++) {
    cr_assert(cpu->runs[isa] == expected[isa], "%s", rowcast_isa_name((rowcast_isa)isa));
    cr_assert(cpu->usable[isa] == expected[isa], "%s", rowcast_isa_name((rowcast_isa)isa));
  }
  cr_assert_str_eq(cpu->cap, "");
}

static void expect_feature(const rowcast_cpu *cpu, const char *name, bool present, bool enabled) {
  for (size_t i = 0; i < cpu->feature_count; i++)
    if (strcmp(cpu->features[i].name, name) == 0) {
      cr_assert(cpu->features[i].present == present && cpu->features[i].enabled == enabled,
                "%s: present %d, enabled %d", name, cpu->features[i].present, cpu->features[i].enabled);
      return;
    }
  cr_assert(false, "feature %s is not listed", name);
}

static void expect_reason(const rowcast_cpu *cpu, rowcast_isa isa, const char *expected) {
  char text[128];
  rc_isa_reason(cpu, isa, text, sizeof text);
  cr_assert_str_eq(text, expected);
}

Test(cpu, zen4_runs_avx512) {
  const rowcast_cpu cpu = decode(zen4());
  expect_levels(&cpu, true, true, false);
  cr_assert_str_eq(cpu.model, "AMD EPYC 9654 96-Core Processor");
  expect_feature(&cpu, "fma", true, true);
  expect_feature(&cpu, "avx512vnni", true, true);
  expect_feature(&cpu, "avx512bf16", true, true);
  expect_feature(&cpu, "avx512fp16", false, false);
  expect_feature(&cpu, "amx_tile", false, false);
  expect_reason(&cpu, ROWCAST_SCALAR, "needs nothing beyond the baseline");
  expect_reason(&cpu, ROWCAST_AVX2, "avx avx2 fma enabled");
  expect_reason(&cpu, ROWCAST_NEON, "needs AArch64");
}

Test(cpu, haswell_runs_avx2) {
  const rowcast_cpu cpu = decode(haswell());
  expect_levels(&cpu, true, false, false);
  cr_assert_str_eq(cpu.model, "Intel(R) Core(TM) i7-4770 CPU @ 3.40GHz");
  expect_feature(&cpu, "bmi2", true, true);
  expect_feature(&cpu, "avx512f", false, false);
  expect_reason(&cpu, ROWCAST_AVX512, "this CPU has no avx512f");
}

/* Without OSXSAVE, XCR0 may not be read: whatever stands there does not count. */
Test(cpu, no_osxsave) {
  struct rc_x86_raw raw = zen4();
  raw.leaf1.ecx &= ~(uint32_t)OSXSAVE;
  const rowcast_cpu cpu = decode(raw);
  expect_levels(&cpu, false, false, false);
  expect_feature(&cpu, "sse4.2", true, true);
  expect_feature(&cpu, "bmi2", true, true);
  expect_feature(&cpu, "avx", true, false);
  expect_feature(&cpu, "avx2", true, false);
  expect_feature(&cpu, "avx512f", true, false);
  expect_reason(&cpu, ROWCAST_AVX2, "the operating system does not enable avx");
}

Test(cpu, os_saves_no_ymm) {
  struct rc_x86_raw raw = haswell();
  raw.xcr0 = XCR0_X87_SSE;
  const rowcast_cpu cpu = decode(raw);
  expect_levels(&cpu, false, false, false);
  expect_feature(&cpu, "fma", true, false);
  expect_reason(&cpu, ROWCAST_AVX2, "the operating system does not enable avx");
  raw.xcr0 = 0x5; /* YMM without SSE state: not enough either */
  const rowcast_cpu half = decode(raw);
  expect_levels(&half, false, false, false);
}

Test(cpu, avx2_without_fma) {
  struct rc_x86_raw raw = haswell();
  raw.leaf1.ecx &= ~(uint32_t)FMA;
  const rowcast_cpu cpu = decode(raw);
  expect_levels(&cpu, false, false, false);
  expect_feature(&cpu, "avx2", true, true);
  expect_reason(&cpu, ROWCAST_AVX2, "this CPU has no fma");
}

Test(cpu, fma_without_avx2) { /* AMD Piledriver */
  struct rc_x86_raw raw = haswell();
  raw.leaf7_0.ebx &= ~(uint32_t)AVX2;
  const rowcast_cpu cpu = decode(raw);
  expect_levels(&cpu, false, false, false);
  expect_reason(&cpu, ROWCAST_AVX2, "this CPU has no avx2");
}

/* A hypervisor that hides AVX but forgets AVX2. */
Test(cpu, avx2_without_avx) {
  struct rc_x86_raw raw = haswell();
  raw.leaf1.ecx &= ~(uint32_t)AVX;
  const rowcast_cpu cpu = decode(raw);
  expect_levels(&cpu, false, false, false);
  expect_reason(&cpu, ROWCAST_AVX2, "this CPU has no avx");
}

/* Each of the three ZMM state components is needed. */
Test(cpu, avx512_masked_by_the_os) {
  static const uint64_t saved[] = {XCR0_YMM, XCR0_ZMM & ~0x20, XCR0_ZMM & ~0x40, XCR0_ZMM & ~0x80};
  for (size_t i = 0; i < sizeof saved / sizeof saved[0]; i++) {
    struct rc_x86_raw raw = zen4();
    raw.xcr0 = saved[i];
    const rowcast_cpu cpu = decode(raw);
    expect_levels(&cpu, true, false, false);
    expect_feature(&cpu, "avx512f", true, false);
    expect_reason(&cpu, ROWCAST_AVX512, "the operating system does not enable avx512f");
  }
  struct rc_x86_raw raw = zen4();
  raw.xcr0 = XCR0_ZMM;
  const rowcast_cpu cpu = decode(raw);
  expect_levels(&cpu, true, true, false);
}

/* F alone (Knights Landing has F and CD) is no usable level; nor is any other part of the bundle missing. */
Test(cpu, avx512_needs_its_whole_bundle) {
  static const struct {
    unsigned bit;
    const char *reason;
  } parts[] = {{16, "this CPU has no avx512f"}, {30, "this CPU has no avx512bw"},
               {17, "this CPU has no avx512dq"}, {31, "this CPU has no avx512vl"}};
  for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
    struct rc_x86_raw raw = zen4();
    raw.leaf7_0.ebx &= ~(UINT32_C(1) << parts[i].bit);
    const rowcast_cpu cpu = decode(raw);
    expect_levels(&cpu, true, false, false);
    expect_reason(&cpu, ROWCAST_AVX512, parts[i].reason);
  }
}

/* CPUID answers a leaf above the highest with the highest one's data: rubbish here. */
Test(cpu, leaves_above_the_highest_are_ignored) {
  struct rc_x86_raw raw = zen4();
  raw.max_leaf = 1;
  const rowcast_cpu one = decode(raw);
  expect_levels(&one, false, false, false);
  expect_feature(&one, "fma", true, true);
  expect_feature(&one, "avx2", false, false);
  expect_feature(&one, "avx512bf16", false, false);
  expect_reason(&one, ROWCAST_AVX2, "this CPU has no avx2");

  raw.max_leaf = 6;
  const rowcast_cpu six = decode(raw);
  expect_levels(&six, false, false, false);

  raw.max_leaf = 0;
  const rowcast_cpu none = decode(raw);
  expect_levels(&none, false, false, false);
  for (size_t i = 0; i < none.feature_count; i++) cr_assert(!none.features[i].present);

  raw = zen4();
  raw.leaf7_0.eax = 0; /* subleaf 1 does not exist */
  const rowcast_cpu subleaf = decode(raw);
  expect_levels(&subleaf, true, true, false);
  expect_feature(&subleaf, "avx512bf16", false, false);
}

Test(cpu, features_are_distinct_and_fit) {
  const rowcast_cpu cpus[] = {decode(zen4()), decode_arm(arm(3))};
  for (size_t c = 0; c < 2; c++) {
    const rowcast_cpu *cpu = &cpus[c];
    cr_assert(cpu->feature_count > 0 && cpu->feature_count <= ROWCAST_CPU_FEATURE_MAX);
    for (size_t i = 0; i < cpu->feature_count; i++) {
      cr_assert(cpu->features[i].present || !cpu->features[i].enabled);
      for (size_t j = 0; j < i; j++) cr_assert_str_neq(cpu->features[i].name, cpu->features[j].name);
    }
  }
}

Test(cpu, model_text) {
  struct rc_x86_raw raw = haswell();
  memcpy(raw.brand, "      Intel(R)   Xeon(R)  CPU ", 31);
  cr_assert_str_eq(decode(raw).model, "Intel(R) Xeon(R) CPU");
  raw.brand[0] = '\0';
  cr_assert_str_eq(decode(raw).model, "unknown");
  memset(raw.brand, ' ', 48);
  raw.brand[48] = '\0';
  cr_assert_str_eq(decode(raw).model, "unknown");
  memset(raw.brand, 'x', 48);
  cr_assert_eq(strlen(decode(raw).model), 48u);
}

Test(cpu, arm_with_and_without_asimd) {
  const rowcast_cpu with = decode_arm(arm(3));
  expect_levels(&with, false, false, true);
  expect_feature(&with, "asimd", true, true);
  expect_reason(&with, ROWCAST_NEON, "asimd enabled");
  expect_reason(&with, ROWCAST_AVX2, "needs x86-64");
  expect_reason(&with, ROWCAST_AVX512, "needs x86-64");
  cr_assert_str_eq(with.model, "AArch64 implementer 0x41 part 0xd0c");

  const rowcast_cpu without = decode_arm(arm(1));
  expect_levels(&without, false, false, false);
  expect_reason(&without, ROWCAST_NEON, "this CPU has no asimd");
}

static void expect_cap(struct rc_x86_raw raw, const char *cap, bool avx2, bool avx512) {
  rowcast_cpu cpu = decode(raw);
  const rowcast_cpu before = cpu;
  rowcast_error err = {ROWCAST_OK, "untouched"};
  cr_assert(rc_cpu_cap(&cpu, cap, &err) == ROWCAST_OK);
  cr_assert_str_eq(err.text, "untouched");
  cr_assert(memcmp(cpu.runs, before.runs, sizeof cpu.runs) == 0, "a cap does not change what the machine runs");
  cr_assert(cpu.usable[ROWCAST_SCALAR] && cpu.usable[ROWCAST_AVX2] == avx2 &&
            cpu.usable[ROWCAST_AVX512] == avx512 && !cpu.usable[ROWCAST_NEON]);
  cr_assert_str_eq(cpu.cap, cap == NULL ? "" : cap);
}

Test(cpu, cap_only_lowers) {
  expect_cap(zen4(), NULL, true, true);
  expect_cap(zen4(), "", true, true);
  expect_cap(zen4(), "avx512", true, true);
  expect_cap(zen4(), "avx2", true, false);
  expect_cap(zen4(), "scalar", false, false);
  expect_cap(haswell(), "avx2", true, false);
  expect_cap(haswell(), "scalar", false, false);

  rowcast_cpu cpu = decode(zen4());
  cr_assert(rc_cpu_cap(&cpu, "scalar", NULL) == ROWCAST_OK);
  expect_reason(&cpu, ROWCAST_AVX2, "switched off by ROWCAST_ISA=scalar");
  expect_reason(&cpu, ROWCAST_NEON, "needs AArch64");

  rowcast_cpu neon = decode_arm(arm(3));
  cr_assert(rc_cpu_cap(&neon, "scalar", NULL) == ROWCAST_OK);
  cr_assert(neon.usable[ROWCAST_SCALAR] && !neon.usable[ROWCAST_NEON] && neon.runs[ROWCAST_NEON]);
  neon = decode_arm(arm(3));
  cr_assert(rc_cpu_cap(&neon, "neon", NULL) == ROWCAST_OK);
  cr_assert(neon.usable[ROWCAST_NEON]);
}

/* A refused cap names the levels that can be had and leaves *cpu alone. */
static void expect_refused(rowcast_cpu cpu, const char *cap, rowcast_status status, const char *can,
                           const char *why) {
  const rowcast_cpu before = cpu;
  rowcast_error err = {ROWCAST_OK, ""};
  cr_assert(rc_cpu_cap(&cpu, cap, &err) == status, "%s", cap);
  cr_assert(err.status == status);
  cr_assert(strstr(err.text, "ROWCAST_ISA") != NULL, "%s", err.text);
  cr_assert(strstr(err.text, why) != NULL, "%s", err.text);
  const size_t length = strlen(err.text), tail = strlen(can);
  cr_assert(length > tail && strcmp(err.text + length - tail, can) == 0, "'%s' does not end with '%s'", err.text,
            can);
  cr_assert(strchr(err.text, '\n') == NULL);
  cr_assert(memcmp(&cpu, &before, sizeof cpu) == 0, "%s changed the cpu", cap);
  cr_assert(rc_cpu_cap(&cpu, cap, NULL) == status);
}

Test(cpu, cap_refuses_unknown_names) {
  static const char *const names[] = {"AVX2", "avx", "avx2 ", " avx2", "sse2", "native", "avx512f", "x"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    expect_refused(decode(zen4()), names[i], ROWCAST_ERR_UNKNOWN, ": scalar, avx2, avx512", names[i]);
    expect_refused(decode(haswell()), names[i], ROWCAST_ERR_UNKNOWN, ": scalar, avx2", names[i]);
    expect_refused(decode_arm(arm(3)), names[i], ROWCAST_ERR_UNKNOWN, ": scalar, neon", names[i]);
  }
  char longest[4000];
  memset(longest, 'a', sizeof longest - 1);
  longest[sizeof longest - 1] = '\0';
  expect_refused(decode(haswell()), longest, ROWCAST_ERR_UNKNOWN, ": scalar, avx2", "aaaa");
}

Test(cpu, cap_refuses_levels_that_cannot_run) {
  expect_refused(decode(haswell()), "avx512", ROWCAST_ERR_UNSUPPORTED, ": scalar, avx2", "no avx512f");
  expect_refused(decode(zen4()), "neon", ROWCAST_ERR_UNSUPPORTED, ": scalar, avx2, avx512", "needs AArch64");
  expect_refused(decode_arm(arm(3)), "avx2", ROWCAST_ERR_UNSUPPORTED, ": scalar, neon", "needs x86-64");
  struct rc_x86_raw raw = zen4();
  raw.xcr0 = XCR0_YMM;
  expect_refused(decode(raw), "avx512", ROWCAST_ERR_UNSUPPORTED, ": scalar, avx2", "operating system");
}

Test(cpu, names_of_levels) {
  cr_assert_str_eq(rowcast_isa_name(ROWCAST_SCALAR), "scalar");
  cr_assert_str_eq(rowcast_isa_name(ROWCAST_AVX2), "avx2");
  cr_assert_str_eq(rowcast_isa_name(ROWCAST_AVX512), "avx512");
  cr_assert_str_eq(rowcast_isa_name(ROWCAST_NEON), "neon");
  cr_assert_null(rowcast_isa_name((rowcast_isa)ROWCAST_ISA_COUNT));
  cr_assert_null(rowcast_isa_name((rowcast_isa)-1));
}

/* Texts are cut to the buffer, always terminated. */
Test(cpu, short_buffers) {
  const rowcast_cpu cpu = decode(zen4());
  for (size_t size = 1; size < 40; size++)
    for (int isa = 0; isa < ROWCAST_ISA_COUNT; isa++) {
      char text[48];
      memset(text, '#', sizeof text);
      rc_isa_reason(&cpu, (rowcast_isa)isa, text, size);
      cr_assert(memchr(text, '\0', size) != NULL && text[size] == '#');
      memset(text, '#', sizeof text);
      rc_isa_list(cpu.runs, text, size);
      cr_assert(memchr(text, '\0', size) != NULL && text[size] == '#');
    }
}

/* rowcast_cpu_detect() is acquire, decode and cap put together. */
Test(cpu, detect_on_this_machine) {
  rowcast_error err = {ROWCAST_OK, ""};
  rowcast_cpu cpu;
  unsetenv("ROWCAST_ISA");
  cr_assert(rowcast_cpu_detect(&cpu, &err) == ROWCAST_OK, "%s", err.text);
  cr_assert(cpu.runs[ROWCAST_SCALAR]);
  cr_assert(memcmp(cpu.runs, cpu.usable, sizeof cpu.runs) == 0);
  cr_assert(cpu.model[0] != '\0');
  setenv("ROWCAST_ISA", "scalar", 1);
  rowcast_cpu capped;
  cr_assert(rowcast_cpu_detect(&capped, &err) == ROWCAST_OK, "%s", err.text);
  for (int isa = 0; isa < ROWCAST_ISA_COUNT; isa++) cr_assert(capped.usable[isa] == (isa == ROWCAST_SCALAR));
  setenv("ROWCAST_ISA", "no-such-level", 1);
  cr_assert(rowcast_cpu_detect(&capped, &err) == ROWCAST_ERR_UNKNOWN);
  cr_assert(rowcast_cpu_detect(&capped, NULL) == ROWCAST_ERR_UNKNOWN);
  unsetenv("ROWCAST_ISA");
  cr_assert(rowcast_cpu_detect(NULL, &err) == ROWCAST_ERR_ARGUMENT);
  cr_assert(rowcast_available_cpus() >= 1);
  cr_assert(rowcast_default_threads() >= 1 && rowcast_default_threads() <= rowcast_available_cpus());
}
