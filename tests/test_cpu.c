/* SPDX-License-Identifier: BSD-3-Clause */
/* The CPU decoder fed CPUs that are not here, the reasons it gives, and the cap ROWCAST_ISA. */
#include <criterion/criterion.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rowcast/experimental.h>

#include "lib/cpu_decode.h"

enum { XCR0_X87_SSE = 0x3, XCR0_YMM = 0x7, XCR0_ZMM = 0xe7, XCR0_ZMM_PKRU = 0x2e7, XCR0_AMX = 0x600e7 };
enum { OSXSAVE = 1 << 27, FMA = 1 << 12, AVX = 1 << 28, AVX2 = 1 << 5 };

/* AMD EPYC 9654, CPUID as the hardware reports it. */
static struct rc_x86_raw zen4(void) {
  return (struct rc_x86_raw){
    .max_leaf = 0x10,
    .vendor = 0x68747541,
    .performance = 0x4,
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
    .vendor = 0x756e6547,
    .leaf1 = {0x000306c3, 0x00100800, 0x7ffafbbf, 0xbfebfbff},
    .leaf7_0 = {0, 0x000027ab, 0, 0},
    .xcr0 = XCR0_YMM,
    .brand = "Intel(R) Core(TM) i7-4770 CPU @ 3.40GHz",
  };
}

/* Intel Granite Rapids, as a hypervisor shows it that gives it the model of Rocket Lake. */
static struct rc_x86_raw granite_rapids(void) {
  return (struct rc_x86_raw){
    .max_leaf = 0x24,
    .vendor = 0x756e6547,
    .leaf1 = {0x000a0671, 0x01020800, 0xfffa3203, 0x1f8bfbff},
    .leaf7_0 = {2, 0xf1bf2ffb, 0x1a415f46, 0x23c14010},
    .leaf7_1 = {0x00001c30, 0, 0, 0x00084000},
    .xcr0 = XCR0_AMX,
    .brand = "Intel(R) Xeon(R) Processor",
  };
}

/* Intel Core i9-12900K: AVX-VNNI, but no AVX-512. */
static struct rc_x86_raw alder_lake(void) {
  return (struct rc_x86_raw){
    .max_leaf = 0x20,
    .vendor = 0x756e6547,
    .leaf1 = {0x00090672, 0x00800800, 0x7ffafbff, 0xbfebfbff},
    .leaf7_0 = {2, 0x239c27eb, 0x98c027bc, 0xfc1cc410},
    .leaf7_1 = {0x00400810, 0, 0, 0},
    .xcr0 = 0x207,
    .brand = "12th Gen Intel(R) Core(TM) i9-12900K",
  };
}

/* What Linux tells of a Neoverse N1: to asimdrdm, lrcpc, dcpop, asimddp and ssbs. */
static const uint64_t NEOVERSE_N1 = 0x1fff | 3 << 15 | 1 << 20 | 1 << 28;

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
  const bool expected[ROWCAST_ISA_COUNT] = {[ROWCAST_SCALAR] = true,
                                            [ROWCAST_AVX2] = avx2,
                                            [ROWCAST_AVX512] = avx512,
                                            [ROWCAST_NEON] = neon,
                                            [ROWCAST_AVX512VNNI] =
                                              avx512}; /* as on all CPUs here but those that a test takes it from */
  for (int isa = 1; isa < ROWCAST_ISA_COUNT; isa++) {
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

static void expect_state(const rowcast_cpu *cpu, const char *name, rowcast_feature_state state) {
  for (size_t i = 0; i < cpu->feature_count; i++)
    if (strcmp(cpu->features[i].name, name) == 0) {
      cr_assert_eq(cpu->features[i].state, state, "%s is %s (%d)", name,
                   rowcast_feature_state_name(cpu->features[i].state), (int)cpu->features[i].state);
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
  expect_state(&cpu, "avx", ROWCAST_FEATURE_MASKED);
  expect_feature(&cpu, "avx", false, false);
  expect_state(&cpu, "avx2", ROWCAST_FEATURE_ENABLED);
  expect_reason(&cpu, ROWCAST_AVX2, "avx is hidden: this CPU reports what needs it");
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

/* F alone (Knights Landing has F and CD) is not a usable level; nor is the bundle with any other part missing. */
Test(cpu, avx512_needs_its_whole_bundle) {
  static const struct {
    unsigned bit;
    const char *reason;
  } parts[] = {{16, "avx512f is hidden: this CPU reports what needs it"},
               {30, "avx512bw is hidden: this CPU reports what needs it"},
               {17, "this CPU has no avx512dq"},
               {31, "this CPU has no avx512vl"}};
  for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
    struct rc_x86_raw raw = zen4();
    raw.leaf7_0.ebx &= ~(UINT32_C(1) << parts[i].bit);
    const rowcast_cpu cpu = decode(raw);
    expect_levels(&cpu, true, false, false);
    expect_reason(&cpu, ROWCAST_AVX512, parts[i].reason);
  }
}

/* Skylake-X has neither, Cascade Lake has VNNI alone. */
Test(cpu, avx512vnni_needs_two_more) {
  for (uint32_t i = 0; i < 4; i++) {
    struct rc_x86_raw raw = zen4();
    if (i & 1) raw.leaf7_0.ecx &= ~(UINT32_C(1) << 11);
    if (i & 2) raw.leaf7_0.ecx &= ~(UINT32_C(1) << 6);
    const rowcast_cpu cpu = decode(raw);
    cr_assert(cpu.runs[ROWCAST_AVX512] && cpu.usable[ROWCAST_AVX512] && cpu.runs[ROWCAST_AVX512VNNI] == (i == 0));
    expect_reason(&cpu, ROWCAST_AVX512VNNI,
                  i == 0  ? "avx avx2 fma avx512f avx512bw avx512dq avx512vl avx512vnni avx512vbmi2 enabled"
                  : i & 1 ? "this CPU has no avx512vnni"
                          : "this CPU has no avx512vbmi2");
  }
}

Test(cpu, alder_lake_runs_avxvnni) {
  rowcast_cpu cpu = decode(alder_lake());
  for (int isa = 1; isa < ROWCAST_ISA_COUNT; isa++)
    cr_expect(cpu.runs[isa] == (isa == ROWCAST_SCALAR || isa == ROWCAST_AVX2 || isa == ROWCAST_AVXVNNI), "%s",
              rowcast_isa_name((rowcast_isa)isa));
  expect_feature(&cpu, "avx_vnni", true, true);
  expect_reason(&cpu, ROWCAST_AVXVNNI, "avx avx2 fma avx_vnni enabled");
  expect_reason(&cpu, ROWCAST_AVX512VNNI, "this CPU has no avx512f");
  cr_assert(rc_cpu_cap(&cpu, "avxvnni", NULL) == ROWCAST_OK);
  cr_expect(cpu.usable[ROWCAST_AVX2] && cpu.usable[ROWCAST_AVXVNNI]);
  cpu = decode(alder_lake());
  cr_assert(rc_cpu_cap(&cpu, "avx2", NULL) == ROWCAST_OK);
  cr_expect(cpu.usable[ROWCAST_AVX2] && !cpu.usable[ROWCAST_AVXVNNI] && cpu.runs[ROWCAST_AVXVNNI]);
  expect_reason(&cpu, ROWCAST_AVXVNNI, "switched off by ROWCAST_ISA=avx2");

  struct rc_x86_raw raw = alder_lake();
  raw.xcr0 = XCR0_X87_SSE;
  cpu = decode(raw);
  expect_feature(&cpu, "avx_vnni", true, false);
  cr_expect(!cpu.runs[ROWCAST_AVXVNNI]);
  raw = alder_lake();
  raw.leaf7_1.eax &= ~UINT32_C(0x10);
  cpu = decode(raw);
  expect_levels(&cpu, true, false, false);
  expect_reason(&cpu, ROWCAST_AVXVNNI, "this CPU has no avx_vnni");
}

/* Neither AVX-512 nor AVX-VNNI is part of the other: a cap at one of them leaves the other out. */
Test(cpu, avxvnni_beside_avx512) {
  struct rc_x86_raw raw = zen4();
  raw.leaf7_1.eax |= 0x10; /* as Zen 5 has it */
  rowcast_cpu cpu = decode(raw);
  cr_expect(cpu.usable[ROWCAST_AVX512VNNI] && cpu.usable[ROWCAST_AVXVNNI]);
  cr_assert(rc_cpu_cap(&cpu, "avxvnni", NULL) == ROWCAST_OK);
  cr_expect(cpu.usable[ROWCAST_AVX2] && cpu.usable[ROWCAST_AVXVNNI]);
  cr_expect(!cpu.usable[ROWCAST_AVX512] && !cpu.usable[ROWCAST_AVX512VNNI]);
  expect_state(&cpu, "avx512f", ROWCAST_FEATURE_OFF_BY_CAP);
  expect_state(&cpu, "avx_vnni", ROWCAST_FEATURE_ENABLED);
  cpu = decode(raw);
  cr_assert(rc_cpu_cap(&cpu, "avx512vnni", NULL) == ROWCAST_OK);
  cr_expect(cpu.usable[ROWCAST_AVX512VNNI] && !cpu.usable[ROWCAST_AVXVNNI]);
}

/* AMX is used where the system saves its state, too, and the process has permission. */
Test(cpu, amx_needs_permission) {
  rowcast_cpu cpu = decode(granite_rapids());
  cr_assert(rc_cpu_has_amx(&cpu) && cpu.runs[ROWCAST_AMX] && cpu.usable[ROWCAST_AMX] && cpu.full_width_512);
  expect_reason(&cpu, ROWCAST_AMX,
                "avx avx2 fma avx512f avx512bw avx512dq avx512vl avx512vnni avx512vbmi2 amx_tile amx_int8 enabled");
  rc_cpu_forbid_amx(&cpu);
  cr_assert(cpu.runs[ROWCAST_AMX] && !cpu.usable[ROWCAST_AMX] && cpu.usable[ROWCAST_AVX512VNNI]);
  expect_state(&cpu, "amx_int8", ROWCAST_FEATURE_NOT_PERMITTED);
  expect_feature(&cpu, "amx_int8", true, true);
  expect_reason(&cpu, ROWCAST_AMX, "this process has no permission for amx_tile");
  /* A cap brings nothing back, and says nothing about what was not there before it. */
  cr_assert(rc_cpu_cap(&cpu, "amx", NULL) == ROWCAST_OK && !cpu.usable[ROWCAST_AMX]);
  expect_state(&cpu, "amx_int8", ROWCAST_FEATURE_NOT_PERMITTED);

  struct rc_x86_raw raw = granite_rapids();
  raw.xcr0 = XCR0_ZMM;
  cpu = decode(raw);
  cr_assert(!rc_cpu_has_amx(&cpu) && !cpu.runs[ROWCAST_AMX] && cpu.usable[ROWCAST_AVX512VNNI]);
  expect_reason(&cpu, ROWCAST_AMX, "the operating system does not enable amx_tile");
  const rowcast_cpu without = decode(zen4());
  cr_assert(!rc_cpu_has_amx(&without));
}

/* A cap leaves the levels that need nothing but what it needs. */
Test(cpu, caps_with_amx) {
  static const struct {
    const char *cap;
    bool avx2, avx512, avx512vnni, amx;
    rowcast_feature_state amx_tile;
  } caps[] = {{"amx", true, true, true, true, ROWCAST_FEATURE_ENABLED},
              {"avx512vnni", true, true, true, false, ROWCAST_FEATURE_OFF_BY_CAP},
              {"avx512", true, true, false, false, ROWCAST_FEATURE_OFF_BY_CAP},
              {"avx2", true, false, false, false, ROWCAST_FEATURE_OFF_BY_CAP},
              {"scalar", false, false, false, false, ROWCAST_FEATURE_OFF_BY_CAP}};
  for (size_t i = 0; i < sizeof caps / sizeof caps[0]; i++) {
    rowcast_cpu cpu = decode(granite_rapids());
    cr_assert(rc_cpu_cap(&cpu, caps[i].cap, NULL) == ROWCAST_OK);
    cr_assert(cpu.usable[ROWCAST_SCALAR] && cpu.usable[ROWCAST_AVX2] == caps[i].avx2 &&
                cpu.usable[ROWCAST_AVX512] == caps[i].avx512 && cpu.usable[ROWCAST_AVX512VNNI] == caps[i].avx512vnni &&
                cpu.usable[ROWCAST_AMX] == caps[i].amx,
              "%s", caps[i].cap);
    expect_state(&cpu, "amx_tile", caps[i].amx_tile);
    expect_state(&cpu, "sse4.2", ROWCAST_FEATURE_ENABLED);
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

/* What the kernel lists for such a CPU, but for one feature (none: ~0u): words 0, 4, 9, 16 and 18 are CPUID's
 * registers. */
static void list_features(struct rc_x86_raw *raw, const char *head, unsigned without) {
  const struct {
    unsigned word;
    uint32_t bits;
  } words[] = {
    {0, raw->leaf1.edx}, {4, raw->leaf1.ecx}, {9, raw->leaf7_0.ebx}, {16, raw->leaf7_0.ecx}, {18, raw->leaf7_0.edx}};
  int length = snprintf(raw->modalias, sizeof raw->modalias, "cpu:type:x86,%s:feature:", head);
  for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
    for (unsigned bit = 0; bit < 32; bit++)
      if ((words[i].bits >> bit & 1) != 0 && words[i].word * 32 + bit != without)
        length +=
          snprintf(raw->modalias + length, sizeof raw->modalias - (size_t)length, ",%04X", words[i].word * 32 + bit);
  snprintf(raw->modalias + length, sizeof raw->modalias - (size_t)length, "\n");
}

enum { KERNEL_NONE = -1, KERNEL_AVX = 0x9c, KERNEL_AVX2 = 0x125, KERNEL_AVX512VL = 0x13f };

/* clearcpuid=, or a mitigation: CPUID and XCR0 still have it. */
Test(cpu, the_kernel_hides_features) {
  struct rc_x86_raw raw = zen4();
  list_features(&raw, "ven0002fam0019mod0011", (unsigned)KERNEL_NONE);
  const rowcast_cpu all = decode(raw);
  expect_levels(&all, true, true, false);
  expect_state(&all, "avx512bf16", ROWCAST_FEATURE_ENABLED);

  list_features(&raw, "ven0002fam0019mod0011", KERNEL_AVX512VL);
  const rowcast_cpu no_vl = decode(raw);
  expect_levels(&no_vl, true, false, false);
  expect_feature(&no_vl, "avx512vl", true, false);
  expect_state(&no_vl, "avx512vl", ROWCAST_FEATURE_MASKED);
  expect_state(&no_vl, "avx512f", ROWCAST_FEATURE_ENABLED);
  expect_reason(&no_vl, ROWCAST_AVX512, "the operating system does not enable avx512vl");

  raw = haswell();
  list_features(&raw, "ven0000fam0006mod003C", KERNEL_AVX2);
  const rowcast_cpu no_avx2 = decode(raw);
  expect_levels(&no_avx2, false, false, false);
  expect_state(&no_avx2, "avx2", ROWCAST_FEATURE_MASKED);
  expect_reason(&no_avx2, ROWCAST_AVX2, "the operating system does not enable avx2");
}

/* A file about another CPU (the host's, under an emulator), or none that can be read, hides nothing. */
Test(cpu, another_cpus_features_do_not_count) {
  static const char *const heads[] = {"ven0002fam0019mod0012", "ven0002fam0017mod0011", "ven0002fam0019", "", "x"};
  for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
    struct rc_x86_raw raw = zen4();
    list_features(&raw, heads[i], KERNEL_AVX);
    const rowcast_cpu cpu = decode(raw);
    expect_levels(&cpu, true, true, false);
  }
  static const char *const texts[] = {
    "cpu:type:x86,ven0002fam0019mod0011:feature:", "cpu:type:x86,ven0002fam0019mod0011:feature:\n",
    "cpu:type:x86,ven0002fam0019mod0011", "cpu:type:aarch64:feature:,0000\n"};
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    struct rc_x86_raw raw = zen4();
    strcpy(raw.modalias, texts[i]);
    const rowcast_cpu cpu = decode(raw);
    expect_levels(&cpu, true, true, false);
  }
}

/* GLIBC_TUNABLES=glibc.cpu.hwcaps=-NAME: the machine runs the level, but it is not to be used. */
Test(cpu, glibc_switches_features_off) {
  struct rc_x86_raw raw = zen4();
  raw.glibc_told = true;
  raw.glibc1 = raw.leaf1;
  raw.glibc7_0 = raw.leaf7_0;
  raw.glibc7_1 = raw.leaf7_1;
  const rowcast_cpu all = decode(raw);
  expect_levels(&all, true, true, false);

  raw.glibc7_0.ebx &= ~(UINT32_C(1) << 16);
  const rowcast_cpu no_avx512 = decode(raw);
  cr_expect(no_avx512.runs[ROWCAST_AVX512] && !no_avx512.usable[ROWCAST_AVX512] && no_avx512.usable[ROWCAST_AVX2]);
  expect_feature(&no_avx512, "avx512f", true, true);
  expect_state(&no_avx512, "avx512f", ROWCAST_FEATURE_OFF_BY_GLIBC);
  expect_state(&no_avx512, "avx512bw", ROWCAST_FEATURE_ENABLED);
  expect_reason(&no_avx512, ROWCAST_AVX512, "avx512f is switched off by GLIBC_TUNABLES");

  raw.glibc1.ecx &= ~(uint32_t)FMA;
  rowcast_cpu no_fma = decode(raw);
  cr_expect(no_fma.runs[ROWCAST_AVX2] && !no_fma.usable[ROWCAST_AVX2] && !no_fma.usable[ROWCAST_AVX512]);
  expect_reason(&no_fma, ROWCAST_AVX2, "fma is switched off by GLIBC_TUNABLES");
  /* A cap does not bring it back. */
  cr_assert(rc_cpu_cap(&no_fma, "avx2", NULL) == ROWCAST_OK);
  cr_expect(!no_fma.usable[ROWCAST_AVX2] && no_fma.usable[ROWCAST_SCALAR]);
  expect_reason(&no_fma, ROWCAST_AVX2, "fma is switched off by GLIBC_TUNABLES");

  /* Features that are not enabled were not switched off by glibc. */
  raw.xcr0 = XCR0_X87_SSE;
  const rowcast_cpu no_ymm = decode(raw);
  expect_state(&no_ymm, "fma", ROWCAST_FEATURE_MASKED);
  expect_reason(&no_ymm, ROWCAST_AVX2, "the operating system does not enable avx");
}

Test(cpu, states_under_a_cap) {
  rowcast_cpu cpu = decode(zen4());
  cr_assert(rc_cpu_cap(&cpu, "avx2", NULL) == ROWCAST_OK);
  expect_state(&cpu, "avx2", ROWCAST_FEATURE_ENABLED);
  expect_state(&cpu, "avx512f", ROWCAST_FEATURE_OFF_BY_CAP);
  expect_state(&cpu, "avx512vnni", ROWCAST_FEATURE_OFF_BY_CAP);
  expect_state(&cpu, "avx512fp16", ROWCAST_FEATURE_ABSENT);
  cpu = decode(zen4());
  cr_assert(rc_cpu_cap(&cpu, "scalar", NULL) == ROWCAST_OK);
  expect_state(&cpu, "sse4.2", ROWCAST_FEATURE_ENABLED);
  expect_state(&cpu, "fma", ROWCAST_FEATURE_OFF_BY_CAP);
  expect_feature(&cpu, "fma", true, true);
  rowcast_cpu neon = decode_arm(arm(3));
  cr_assert(rc_cpu_cap(&neon, "scalar", NULL) == ROWCAST_OK);
  expect_state(&neon, "fp", ROWCAST_FEATURE_ENABLED);
  expect_state(&neon, "asimd", ROWCAST_FEATURE_OFF_BY_CAP);
  expect_state(&neon, "sve", ROWCAST_FEATURE_ABSENT);
}

/* On real CPUs nothing is hidden, so what is said to need what holds for them. */
Test(cpu, real_cpus_hide_nothing) {
  const rowcast_cpu cpus[] = {decode(zen4()), decode(haswell()), decode(granite_rapids()), decode(alder_lake())};
  for (size_t c = 0; c < 4; c++)
    for (size_t i = 0; i < cpus[c].feature_count; i++)
      cr_expect(cpus[c].features[i].state != ROWCAST_FEATURE_MASKED, "%s", cpus[c].features[i].name);
}

Test(cpu, names_of_states) {
  cr_expect_str_eq(rowcast_feature_state_name(ROWCAST_FEATURE_ABSENT), "absent");
  cr_expect_str_eq(rowcast_feature_state_name(ROWCAST_FEATURE_ENABLED), "enabled");
  cr_expect_str_eq(rowcast_feature_state_name(ROWCAST_FEATURE_MASKED), "masked");
  cr_expect_str_eq(rowcast_feature_state_name(ROWCAST_FEATURE_OFF_BY_GLIBC), "off");
  cr_expect_str_eq(rowcast_feature_state_name(ROWCAST_FEATURE_OFF_BY_CAP), "off");
  cr_expect_str_eq(rowcast_feature_state_name(ROWCAST_FEATURE_NOT_PERMITTED), "not permitted");
  cr_expect_null(rowcast_feature_state_name((rowcast_feature_state)6));
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
  expect_reason(&with, ROWCAST_NEONDOT, "this CPU has no asimddp");
}

static void expect_cap(struct rc_x86_raw raw, const char *cap, bool avx2, bool avx512) {
  rowcast_cpu cpu = decode(raw);
  const rowcast_cpu before = cpu;
  rowcast_error err = {.status = ROWCAST_OK, .text = "untouched"};
  cr_assert(rc_cpu_cap(&cpu, cap, &err) == ROWCAST_OK);
  cr_assert_str_eq(err.text, "untouched");
  cr_assert(memcmp(cpu.runs, before.runs, sizeof cpu.runs) == 0, "a cap does not change what the machine runs");
  cr_assert(cpu.usable[ROWCAST_SCALAR] && cpu.usable[ROWCAST_AVX2] == avx2 && cpu.usable[ROWCAST_AVX512] == avx512 &&
            !cpu.usable[ROWCAST_NEON]);
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
static void expect_refused(rowcast_cpu cpu, const char *cap, rowcast_status status, const char *can, const char *why) {
  const rowcast_cpu before = cpu;
  rowcast_error err = {.status = ROWCAST_OK, .text = ""};
  cr_assert(rc_cpu_cap(&cpu, cap, &err) == status, "%s", cap);
  cr_assert(err.status == status);
  cr_assert(strstr(err.text, "ROWCAST_ISA") != NULL, "%s", err.text);
  cr_assert(strstr(err.text, why) != NULL, "%s", err.text);
  const size_t length = strlen(err.text), tail = strlen(can);
  cr_assert(length > tail && strcmp(err.text + length - tail, can) == 0, "'%s' does not end with '%s'", err.text, can);
  cr_assert(strchr(err.text, '\n') == NULL);
  cr_assert(memcmp(&cpu, &before, sizeof cpu) == 0, "%s changed the cpu", cap);
  cr_assert(rc_cpu_cap(&cpu, cap, NULL) == status);
}

Test(cpu, cap_refuses_unknown_names) {
  static const char *const names[] = {"AVX2", "avx", "avx2 ", " avx2", "sse2", "native", "avx512f", "x"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    expect_refused(decode(zen4()), names[i], ROWCAST_ERR_UNKNOWN, ": scalar, avx2, avx512, avx512vnni", names[i]);
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
  expect_refused(decode(zen4()), "neon", ROWCAST_ERR_UNSUPPORTED, ": scalar, avx2, avx512, avx512vnni",
                 "needs AArch64");
  expect_refused(decode_arm(arm(3)), "avx2", ROWCAST_ERR_UNSUPPORTED, ": scalar, neon", "needs x86-64");
  struct rc_x86_raw raw = zen4();
  raw.xcr0 = XCR0_YMM;
  expect_refused(decode(raw), "avx512", ROWCAST_ERR_UNSUPPORTED, ": scalar, avx2", "operating system");
}

Test(cpu, neoverse_n1_runs_neondot) {
  rowcast_cpu cpu = decode_arm(arm(NEOVERSE_N1));
  for (int isa = 1; isa < ROWCAST_ISA_COUNT; isa++)
    cr_expect(cpu.runs[isa] == (isa == ROWCAST_SCALAR || isa == ROWCAST_NEON || isa == ROWCAST_NEONDOT), "%s",
              rowcast_isa_name((rowcast_isa)isa));
  expect_reason(&cpu, ROWCAST_NEONDOT, "asimd asimddp enabled");
  expect_feature(&cpu, "i8mm", false, false);
  cr_assert(rc_cpu_cap(&cpu, "neon", NULL) == ROWCAST_OK);
  cr_expect(cpu.usable[ROWCAST_NEON] && !cpu.usable[ROWCAST_NEONDOT]);
  expect_refused(decode_arm(arm(3)), "neondot", ROWCAST_ERR_UNSUPPORTED, ": scalar, neon", "no asimddp");
}

Test(cpu, names_of_levels) {
  cr_assert_str_eq(rowcast_isa_name(ROWCAST_ISA_AUTO), "auto");
  cr_assert_str_eq(rowcast_isa_name(ROWCAST_SCALAR), "scalar");
  cr_assert_str_eq(rowcast_isa_name(ROWCAST_AVX2), "avx2");
  cr_assert_str_eq(rowcast_isa_name(ROWCAST_AVX512), "avx512");
  cr_assert_str_eq(rowcast_isa_name(ROWCAST_NEON), "neon");
  cr_assert_null(rowcast_isa_name((rowcast_isa)ROWCAST_ISA_COUNT));
  cr_assert_null(rowcast_isa_name((rowcast_isa)-1));
  for (int i = 0; i < ROWCAST_ISA_COUNT; i++) {
    rowcast_isa isa = (rowcast_isa)99;
    cr_assert_eq(rowcast_isa_from_name(rowcast_isa_name((rowcast_isa)i), &isa), ROWCAST_OK);
    cr_assert_eq((int)isa, i);
  }
  rowcast_isa isa = ROWCAST_NEON;
  cr_assert_eq(rowcast_isa_from_name("sse9", &isa), ROWCAST_ERR_UNKNOWN);
  cr_assert_eq(isa, ROWCAST_NEON, "untouched");
}

/* Texts are cut to the buffer, always terminated. */
Test(cpu, short_buffers) {
  const rowcast_cpu cpu = decode(zen4());
  for (size_t size = 1; size < 40; size++)
    for (int isa = 1; isa < ROWCAST_ISA_COUNT; isa++) {
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
  rowcast_error err = {.status = ROWCAST_OK, .text = ""};
  rowcast_cpu cpu;
  unsetenv("ROWCAST_ISA");
  cr_assert(rowcast_cpu_detect(&cpu, sizeof cpu, &err) == ROWCAST_OK, "%s", err.text);
  cr_assert(cpu.runs[ROWCAST_SCALAR]);
  /* Nobody has asked for AMX. */
  for (int isa = 1; isa < ROWCAST_ISA_COUNT; isa++)
    cr_assert(cpu.usable[isa] == (cpu.runs[isa] && isa != ROWCAST_AMX), "%s", rowcast_isa_name((rowcast_isa)isa));
  cr_assert(cpu.model[0] != '\0');
  setenv("ROWCAST_ISA", "scalar", 1);
  rowcast_cpu capped;
  cr_assert(rowcast_cpu_detect(&capped, sizeof capped, &err) == ROWCAST_OK, "%s", err.text);
  for (int isa = 1; isa < ROWCAST_ISA_COUNT; isa++) cr_assert(capped.usable[isa] == (isa == ROWCAST_SCALAR));
  setenv("ROWCAST_ISA", "no-such-level", 1);
  cr_assert(rowcast_cpu_detect(&capped, sizeof capped, &err) == ROWCAST_ERR_UNKNOWN);
  cr_assert(rowcast_cpu_detect(&capped, sizeof capped, NULL) == ROWCAST_ERR_UNKNOWN);
  unsetenv("ROWCAST_ISA");
  cr_assert(rowcast_cpu_detect(NULL, sizeof(rowcast_cpu), &err) == ROWCAST_ERR_ARGUMENT);
  cr_assert(rowcast_available_cpus() >= 1);
  cr_assert(rowcast_default_threads() >= 1 && rowcast_default_threads() <= rowcast_available_cpus());
}

/* EAX of leaf 1 of a model of a family. */
static uint32_t signature(uint32_t family, uint32_t model) {
  const uint32_t base = family < 0xf ? family : 0xf;
  return (family - base) << 20 | (model & 0xf0) << 12 | base << 8 | (model & 0xf) << 4;
}

/* Which cores multiply 512 bits at full width: told by AMD, else known by family and model. */
Test(cpu, full_width) {
  static const struct {
    const char *cpu;
    uint32_t vendor, family, model, performance;
    bool full;
  } cpus[] = {
    {"Zen 4 server", 0x68747541, 0x19, 0x11, 0x4, false},
    {"Zen 5 server, under a hypervisor", 0x68747541, 0x1a, 0x02, 0x2, true},
    {"Zen 5 server", 0x68747541, 0x1a, 0x11, 0xa, true},
    {"Zen 5 desktop", 0x68747541, 0x1a, 0x44, 0, true},
    {"Zen 5 mobile", 0x68747541, 0x1a, 0x24, 0, false},
    {"Zen 5 mobile", 0x68747541, 0x1a, 0x60, 0, false},
    {"Zen 5 mobile that says so", 0x68747541, 0x1a, 0x60, 0x8, true},
    {"Skylake server", 0x756e6547, 6, 0x55, 0, true},
    {"Sapphire Rapids", 0x756e6547, 6, 0x8f, 0x8, true},
    {"Ice Lake client", 0x756e6547, 6, 0x7e, 0, false},
    {"Rocket Lake", 0x756e6547, 6, 0xa7, 0, false},
    {"Granite Rapids, under a hypervisor", 0x756e6547, 6, 0xa7, 0, true},
    {"somebody else's", 0x746e6543, 6, 0x8f, 0x8, false},
  };
  for (size_t i = 0; i < sizeof cpus / sizeof cpus[0]; i++) {
    struct rc_x86_raw raw = strstr(cpus[i].cpu, "Granite") != NULL ? granite_rapids() : zen4();
    raw.vendor = cpus[i].vendor, raw.performance = cpus[i].performance;
    raw.leaf1.eax = signature(cpus[i].family, cpus[i].model);
    rowcast_cpu cpu = decode(raw);
    cr_assert(cpu.full_width_512 == cpus[i].full, "%s", cpus[i].cpu);
    raw.xcr0 = XCR0_YMM; /* no 512 bits at all */
    cpu = decode(raw);
    cr_assert(!cpu.full_width_512, "%s", cpus[i].cpu);
  }
}
