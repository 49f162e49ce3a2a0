/* SPDX-License-Identifier: BSD-3-Clause */
/* Sources: Intel SDM vol. 2A (CPUID), vol. 1 chapters 13 and 14 (XCR0, detection of AVX and AVX-512);
 * Linux Documentation/arch/arm64/elf_hwcaps.rst. */
#include "cpu_decode.h"

#include <stdio.h>
#include <string.h>

#include "error.h"

/* Register state a feature needs the OS to save, as bits of XCR0. */
enum {
  STATE_NONE = 0,                      /* general and SSE registers: part of the x86-64 baseline */
  STATE_YMM = 1 << 1 | 1 << 2,         /* SSE, AVX */
  STATE_ZMM = STATE_YMM | 7 << 5,      /* opmask, upper ZMM, ZMM16-31 */
  STATE_AMX = 3 << 17                  /* TILECFG, TILEDATA */
};

enum x86_register { LEAF1_ECX, LEAF1_EDX, LEAF7_EBX, LEAF7_ECX, LEAF7_EDX, LEAF71_EAX, REGISTER_COUNT };

static const struct {
  const char *name;
  enum x86_register where;
  unsigned bit;
  uint64_t state;
} x86_features[] = {
  {"sse2", LEAF1_EDX, 26, STATE_NONE},           {"sse3", LEAF1_ECX, 0, STATE_NONE},
  {"ssse3", LEAF1_ECX, 9, STATE_NONE},           {"sse4.1", LEAF1_ECX, 19, STATE_NONE},
  {"sse4.2", LEAF1_ECX, 20, STATE_NONE},         {"popcnt", LEAF1_ECX, 23, STATE_NONE},
  {"bmi1", LEAF7_EBX, 3, STATE_NONE},            {"bmi2", LEAF7_EBX, 8, STATE_NONE},
  {"avx", LEAF1_ECX, 28, STATE_YMM},             {"f16c", LEAF1_ECX, 29, STATE_YMM},
  {"fma", LEAF1_ECX, 12, STATE_YMM},             {"avx2", LEAF7_EBX, 5, STATE_YMM},
  {"avx_vnni", LEAF71_EAX, 4, STATE_YMM},        {"avx512f", LEAF7_EBX, 16, STATE_ZMM},
  {"avx512dq", LEAF7_EBX, 17, STATE_ZMM},        {"avx512cd", LEAF7_EBX, 28, STATE_ZMM},
  {"avx512bw", LEAF7_EBX, 30, STATE_ZMM},        {"avx512vl", LEAF7_EBX, 31, STATE_ZMM},
  {"avx512ifma", LEAF7_EBX, 21, STATE_ZMM},      {"avx512vbmi", LEAF7_ECX, 1, STATE_ZMM},
  {"avx512vbmi2", LEAF7_ECX, 6, STATE_ZMM},      {"avx512vnni", LEAF7_ECX, 11, STATE_ZMM},
  {"avx512bitalg", LEAF7_ECX, 12, STATE_ZMM},    {"avx512vpopcntdq", LEAF7_ECX, 14, STATE_ZMM},
  {"avx512fp16", LEAF7_EDX, 23, STATE_ZMM},      {"avx512bf16", LEAF71_EAX, 5, STATE_ZMM},
  {"amx_tile", LEAF7_EDX, 24, STATE_AMX},        {"amx_int8", LEAF7_EDX, 25, STATE_AMX},
  {"amx_bf16", LEAF7_EDX, 22, STATE_AMX},
};

static const struct {
  const char *name;
  unsigned word, bit; /* AT_HWCAP is word 0, AT_HWCAP2 word 1 */
} arm_features[] = {
  {"fp", 0, 0},     {"asimd", 0, 1},   {"fphp", 0, 9},     {"asimdhp", 0, 10}, {"asimdrdm", 0, 12},
  {"asimddp", 0, 20}, {"asimdfhm", 0, 23}, {"sve", 0, 22}, {"sve2", 1, 1},     {"i8mm", 1, 13},
  {"bf16", 1, 14},  {"sme", 1, 23},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* What a level needs: every feature of its bundle enabled. An empty bundle is the baseline. */
enum { BUNDLE_MAX = 8 };
static const struct {
  const char *name, *architecture;
  const char *features[BUNDLE_MAX];
} bundles[ROWCAST_ISA_COUNT] = {
  [ROWCAST_SCALAR] = {"scalar", NULL, {NULL}},
  [ROWCAST_AVX2] = {"avx2", "x86-64", {"avx", "avx2", "fma"}},
  [ROWCAST_AVX512] = {"avx512", "x86-64", {"avx", "avx2", "fma", "avx512f", "avx512bw", "avx512dq", "avx512vl"}},
  [ROWCAST_NEON] = {"neon", "AArch64", {"asimd"}},
};

const char *rowcast_isa_name(rowcast_isa isa) {
  return (unsigned)isa < ROWCAST_ISA_COUNT ? bundles[isa].name : NULL;
}

static const rowcast_cpu_feature *find_feature(const rowcast_cpu *cpu, const char *name) {
  for (size_t i = 0; i < cpu->feature_count; i++)
    if (strcmp(cpu->features[i].name, name) == 0) return &cpu->features[i];
  return NULL;
}

/* The first feature of the level's bundle that is not enabled; NULL: none, it runs. */
static const char *missing_feature(const rowcast_cpu *cpu, rowcast_isa isa) {
  for (size_t i = 0; i < BUNDLE_MAX && bundles[isa].features[i] != NULL; i++) {
    const rowcast_cpu_feature *feature = find_feature(cpu, bundles[isa].features[i]);
    if (feature == NULL || !feature->enabled) return bundles[isa].features[i];
  }
  return NULL;
}

static void add_feature(rowcast_cpu *cpu, const char *name, bool present, bool enabled) {
  cpu->features[cpu->feature_count++] = (rowcast_cpu_feature){name, present, enabled};
}

/* Copies a model name without its leading, trailing and doubled spaces. */
static void set_model(rowcast_cpu *cpu, const char *text) {
  size_t length = 0;
  for (; *text != '\0' && length + 1 < sizeof cpu->model; text++) {
    const bool space = *text == ' ' || *text == '\t';
    if (space && (length == 0 || cpu->model[length - 1] == ' ')) continue;
    cpu->model[length++] = space ? ' ' : *text;
  }
  if (length > 0 && cpu->model[length - 1] == ' ') length--;
  cpu->model[length] = '\0';
  if (length == 0) snprintf(cpu->model, sizeof cpu->model, "unknown");
}

static void decide_levels(rowcast_cpu *cpu) {
  for (int isa = 0; isa < ROWCAST_ISA_COUNT; isa++) {
    cpu->runs[isa] = missing_feature(cpu, (rowcast_isa)isa) == NULL;
    cpu->usable[isa] = cpu->runs[isa];
  }
}

void rc_decode_x86(const struct rc_x86_raw *raw, rowcast_cpu *cpu) {
  memset(cpu, 0, sizeof *cpu);
  set_model(cpu, raw->brand);

  uint32_t registers[REGISTER_COUNT] = {0};
  if (raw->max_leaf >= 1) {
    registers[LEAF1_ECX] = raw->leaf1.ecx;
    registers[LEAF1_EDX] = raw->leaf1.edx;
  }
  if (raw->max_leaf >= 7) {
    registers[LEAF7_EBX] = raw->leaf7_0.ebx;
    registers[LEAF7_ECX] = raw->leaf7_0.ecx;
    registers[LEAF7_EDX] = raw->leaf7_0.edx;
    if (raw->leaf7_0.eax >= 1) registers[LEAF71_EAX] = raw->leaf7_1.eax;
  }
  const bool osxsave = registers[LEAF1_ECX] >> 27 & 1;
  const uint64_t saved = osxsave ? raw->xcr0 : 0;

  for (size_t i = 0; i < COUNT(x86_features); i++) {
    const bool present = registers[x86_features[i].where] >> x86_features[i].bit & 1;
    add_feature(cpu, x86_features[i].name, present,
                present && (saved & x86_features[i].state) == x86_features[i].state);
  }
  decide_levels(cpu);
}

void rc_decode_arm(const struct rc_arm_raw *raw, rowcast_cpu *cpu) {
  memset(cpu, 0, sizeof *cpu);
  set_model(cpu, raw->model);
  /* The kernel reports only what it also enables. */
  for (size_t i = 0; i < COUNT(arm_features); i++) {
    const bool present = (arm_features[i].word == 0 ? raw->hwcap : raw->hwcap2) >> arm_features[i].bit & 1;
    add_feature(cpu, arm_features[i].name, present, present);
  }
  decide_levels(cpu);
}

void rc_isa_list(const bool flags[ROWCAST_ISA_COUNT], char *text, size_t size) {
  size_t length = 0;
  text[0] = '\0';
  for (int isa = 0; isa < ROWCAST_ISA_COUNT; isa++) {
    if (!flags[isa] || length >= size) continue;
    length += (size_t)snprintf(text + length, size - length, "%s%s", length > 0 ? ", " : "", bundles[isa].name);
  }
}

rowcast_status rc_cpu_cap(rowcast_cpu *cpu, const char *cap, rowcast_error *err) {
  if (cap == NULL || cap[0] == '\0') return ROWCAST_OK;
  char can[64];
  rc_isa_list(cpu->runs, can, sizeof can);
  int level = 0;
  while (level < ROWCAST_ISA_COUNT && strcmp(cap, bundles[level].name) != 0) level++;
  if (level == ROWCAST_ISA_COUNT)
    return rc_fail(err, ROWCAST_ERR_UNKNOWN, "ROWCAST_ISA=%.32s: no such ISA level; this machine can run: %s", cap,
                   can);
  if (!cpu->runs[level]) {
    char reason[64];
    rc_isa_reason(cpu, (rowcast_isa)level, reason, sizeof reason);
    return rc_fail(err, ROWCAST_ERR_UNSUPPORTED, "ROWCAST_ISA=%s: %s; this machine can run: %s", cap, reason, can);
  }
  /* Levels of one architecture are numbered upwards, and only those of this one run at all. */
  for (int isa = level + 1; isa < ROWCAST_ISA_COUNT; isa++) cpu->usable[isa] = false;
  snprintf(cpu->cap, sizeof cpu->cap, "%s", cap);
  return ROWCAST_OK;
}

void rc_isa_reason(const rowcast_cpu *cpu, rowcast_isa isa, char *text, size_t size) {
  const char *missing = missing_feature(cpu, isa);
  if (missing != NULL) {
    const rowcast_cpu_feature *feature = find_feature(cpu, missing);
    if (feature == NULL)
      snprintf(text, size, "needs %s", bundles[isa].architecture);
    else if (!feature->present)
      snprintf(text, size, "this CPU has no %s", missing);
    else
      snprintf(text, size, "the operating system does not enable %s", missing);
  } else if (!cpu->usable[isa]) {
    snprintf(text, size, "switched off by ROWCAST_ISA=%s", cpu->cap);
  } else if (isa == ROWCAST_SCALAR) {
    snprintf(text, size, "needs nothing beyond the baseline");
  } else {
    size_t length = 0;
    for (size_t i = 0; i < BUNDLE_MAX && bundles[isa].features[i] != NULL && length < size; i++)
      length += (size_t)snprintf(text + length, size - length, "%s%s", i > 0 ? " " : "", bundles[isa].features[i]);
    if (length < size) snprintf(text + length, size - length, " enabled");
  }
}
