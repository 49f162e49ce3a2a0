/* SPDX-License-Identifier: BSD-3-Clause */
/* Sources: Intel SDM vol. 2A (CPUID), vol. 1 chapters 13 and 14 (XCR0, detection of AVX and AVX-512);
 * Linux Documentation/arch/arm64/elf_hwcaps.rst; arch/x86/include/asm/cpufeatures.h and kernel/cpu/match.c (modalias).
 */
#include "cpu_decode.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"

/* Register state a feature needs the OS to save, as bits of XCR0. */
enum {
  STATE_NONE = 0,                 /* general and SSE registers: part of the x86-64 baseline */
  STATE_YMM = 1 << 1 | 1 << 2,    /* SSE, AVX */
  STATE_ZMM = STATE_YMM | 7 << 5, /* opmask, upper ZMM, ZMM16-31 */
  STATE_AMX = 3 << 17             /* TILECFG, TILEDATA */
};

enum x86_register { LEAF1_ECX, LEAF1_EDX, LEAF7_EBX, LEAF7_ECX, LEAF7_EDX, LEAF71_EAX, REGISTER_COUNT };

/* The word of 32 features that is this register as the kernel sees it; -1: that depends on the kernel's age. */
static const int kernel_words[REGISTER_COUNT] = {
  [LEAF1_ECX] = 4, [LEAF1_EDX] = 0, [LEAF7_EBX] = 9, [LEAF7_ECX] = 16, [LEAF7_EDX] = 18, [LEAF71_EAX] = -1};

static const struct {
  const char *name;
  enum x86_register where;
  unsigned bit;
  uint64_t state;
  const char *needs; /* no CPU has it without that one; NULL: the baseline will do */
} x86_features[] = {
  {"sse2", LEAF1_EDX, 26, STATE_NONE, NULL},
  {"sse3", LEAF1_ECX, 0, STATE_NONE, "sse2"},
  {"ssse3", LEAF1_ECX, 9, STATE_NONE, "sse3"},
  {"sse4.1", LEAF1_ECX, 19, STATE_NONE, "ssse3"},
  {"sse4.2", LEAF1_ECX, 20, STATE_NONE, "sse4.1"},
  {"popcnt", LEAF1_ECX, 23, STATE_NONE, NULL},
  {"bmi1", LEAF7_EBX, 3, STATE_NONE, NULL},
  {"bmi2", LEAF7_EBX, 8, STATE_NONE, NULL},
  {"avx", LEAF1_ECX, 28, STATE_YMM, NULL},
  {"f16c", LEAF1_ECX, 29, STATE_YMM, "avx"},
  {"fma", LEAF1_ECX, 12, STATE_YMM, "avx"},
  {"avx2", LEAF7_EBX, 5, STATE_YMM, "avx"},
  {"avx_vnni", LEAF71_EAX, 4, STATE_YMM, "avx2"},
  {"avx512f", LEAF7_EBX, 16, STATE_ZMM, "avx2"},
  {"avx512dq", LEAF7_EBX, 17, STATE_ZMM, "avx512f"},
  {"avx512cd", LEAF7_EBX, 28, STATE_ZMM, "avx512f"},
  {"avx512bw", LEAF7_EBX, 30, STATE_ZMM, "avx512f"},
  {"avx512vl", LEAF7_EBX, 31, STATE_ZMM, "avx512f"},
  {"avx512ifma", LEAF7_EBX, 21, STATE_ZMM, "avx512f"},
  {"avx512vbmi", LEAF7_ECX, 1, STATE_ZMM, "avx512bw"},
  {"avx512vbmi2", LEAF7_ECX, 6, STATE_ZMM, "avx512bw"},
  {"avx512vnni", LEAF7_ECX, 11, STATE_ZMM, "avx512f"},
  {"avx512bitalg", LEAF7_ECX, 12, STATE_ZMM, "avx512bw"},
  {"avx512vpopcntdq", LEAF7_ECX, 14, STATE_ZMM, "avx512f"},
  {"avx512fp16", LEAF7_EDX, 23, STATE_ZMM, "avx512bw"},
  {"avx512bf16", LEAF71_EAX, 5, STATE_ZMM, "avx512bw"},
  {"amx_tile", LEAF7_EDX, 24, STATE_AMX, NULL},
  {"amx_int8", LEAF7_EDX, 25, STATE_AMX, "amx_tile"},
  {"amx_bf16", LEAF7_EDX, 22, STATE_AMX, "amx_tile"},
};

static const struct {
  const char *name;
  unsigned word, bit; /* AT_HWCAP is word 0, AT_HWCAP2 word 1 */
} arm_features[] = {
  {"fp", 0, 0},        {"asimd", 0, 1}, {"fphp", 0, 9}, {"asimdhp", 0, 10}, {"asimdrdm", 0, 12}, {"asimddp", 0, 20},
  {"asimdfhm", 0, 23}, {"sve", 0, 22},  {"sve2", 1, 1}, {"i8mm", 1, 13},    {"bf16", 1, 14},     {"sme", 1, 23},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* "Auth"enticAMD and "Genu"ineIntel, as a register holds them. */
enum { VENDOR_AMD = 0x68747541, VENDOR_INTEL = 0x756e6547 };

/* What a level needs: every feature of its bundle enabled. An empty bundle is the baseline. */
enum { BUNDLE_MAX = 12 };
static const struct {
  const char *name, *architecture;
  const char *features[BUNDLE_MAX];
} bundles[ROWCAST_ISA_COUNT] = {
  [ROWCAST_ISA_AUTO] = {"auto", NULL, {NULL}},
#define RC_LEVEL(symbol, name, architecture, ...) [ROWCAST_##symbol] = {name, architecture, {__VA_ARGS__}},
#include "levels.def"
#undef RC_LEVEL
};

const char *rowcast_isa_name(rowcast_isa isa) { return (unsigned)isa < ROWCAST_ISA_COUNT ? bundles[isa].name : NULL; }

rowcast_status rowcast_isa_from_name(const char *name, rowcast_isa *isa) {
  if (name == NULL || isa == NULL) return ROWCAST_ERR_ARGUMENT;
  for (int i = 0; i < ROWCAST_ISA_COUNT; i++) {
    if (strcmp(bundles[i].name, name) != 0) continue;
    *isa = (rowcast_isa)i;
    return ROWCAST_OK;
  }
  return ROWCAST_ERR_UNKNOWN;
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

const char *rowcast_feature_state_name(rowcast_feature_state state) {
  static const char *const names[] = {"absent", "enabled", "masked", "off", "off", "not permitted"};
  return (unsigned)state < COUNT(names) ? names[state] : NULL;
}

static void add_feature(rowcast_cpu *cpu, const char *name, bool present, bool enabled) {
  const rowcast_feature_state state = enabled   ? ROWCAST_FEATURE_ENABLED
                                      : present ? ROWCAST_FEATURE_MASKED
                                                : ROWCAST_FEATURE_ABSENT;
  cpu->features[cpu->feature_count++] = (rowcast_cpu_feature){name, present, enabled, state};
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

/* The first feature of the level's bundle in that state; NULL: none. */
static const char *feature_in_state(const rowcast_cpu *cpu, rowcast_isa isa, rowcast_feature_state state) {
  for (size_t i = 0; i < BUNDLE_MAX && bundles[isa].features[i] != NULL; i++) {
    const rowcast_cpu_feature *feature = find_feature(cpu, bundles[isa].features[i]);
    if (feature != NULL && feature->state == state) return feature->name;
  }
  return NULL;
}

/* The first feature of the level's bundle that GLIBC_TUNABLES switched off; NULL: none. */
static const char *switched_off_feature(const rowcast_cpu *cpu, rowcast_isa isa) {
  return feature_in_state(cpu, isa, ROWCAST_FEATURE_OFF_BY_GLIBC);
}

/* The first feature of the level's bundle that the process has no permission for; NULL: none. */
static const char *forbidden_feature(const rowcast_cpu *cpu, rowcast_isa isa) {
  return feature_in_state(cpu, isa, ROWCAST_FEATURE_NOT_PERMITTED);
}

static void decide_levels(rowcast_cpu *cpu) {
  for (int isa = 1; isa < ROWCAST_ISA_COUNT; isa++) {
    cpu->runs[isa] = missing_feature(cpu, (rowcast_isa)isa) == NULL;
    cpu->usable[isa] = cpu->runs[isa] && switched_off_feature(cpu, (rowcast_isa)isa) == NULL;
  }
}

/* The registers of leaves 1 and 7, without those beyond the highest. */
static void collect_registers(const struct rc_x86_raw *raw, const struct rc_cpuid *leaf1,
                              const struct rc_cpuid *leaf7_0, const struct rc_cpuid *leaf7_1,
                              uint32_t registers[REGISTER_COUNT]) {
  memset(registers, 0, REGISTER_COUNT * sizeof *registers);
  if (raw->max_leaf >= 1) {
    registers[LEAF1_ECX] = leaf1->ecx;
    registers[LEAF1_EDX] = leaf1->edx;
  }
  if (raw->max_leaf >= 7) {
    registers[LEAF7_EBX] = leaf7_0->ebx;
    registers[LEAF7_ECX] = leaf7_0->ecx;
    registers[LEAF7_EDX] = leaf7_0->edx;
    if (raw->leaf7_0.eax >= 1) registers[LEAF71_EAX] = leaf7_1->eax;
  }
}

/* The same registers as the kernel sees them, all ones where it does not tell: clearcpuid=, or a mitigation, takes bits
 * out. An emulator of single programs lets its host's file be read: it counts only when it is about this CPU. */
static void read_modalias(const struct rc_x86_raw *raw, uint32_t registers[REGISTER_COUNT]) {
  memset(registers, 0xff, REGISTER_COUNT * sizeof *registers);
  unsigned vendor, family, model;
  int length = 0;
  if (sscanf(raw->modalias, "cpu:type:x86,ven%4xfam%4xmod%4x:feature:%n", &vendor, &family, &model, &length) != 3 ||
      length == 0 || raw->modalias[length] != ',')
    return;
  const uint32_t eax = raw->leaf1.eax, base = eax >> 8 & 0xf;
  if (family != base + (base == 0xf ? eax >> 20 & 0xff : 0) ||
      model != ((eax >> 4 & 0xf) | (base == 6 || base == 0xf ? (eax >> 16 & 0xf) << 4 : 0)))
    return;
  for (int i = 0; i < REGISTER_COUNT; i++)
    if (kernel_words[i] >= 0) registers[i] = 0;
  const char *at = raw->modalias + length;
  while (*at == ',') {
    char *end;
    const unsigned long feature = strtoul(at + 1, &end, 16);
    at = end;
    for (int i = 0; i < REGISTER_COUNT; i++)
      if (kernel_words[i] >= 0 && (unsigned long)kernel_words[i] == feature / 32)
        registers[i] |= UINT32_C(1) << feature % 32;
  }
}

/* A feature that is not reported although one that no CPU has without it is: something hides it. Those that need others
 * come after them. */
static void find_hidden(rowcast_cpu *cpu) {
  for (size_t i = COUNT(x86_features); i-- > 0;) {
    if (x86_features[i].needs == NULL || cpu->features[i].state == ROWCAST_FEATURE_ABSENT) continue;
    for (size_t j = 0; j < i; j++)
      if (strcmp(cpu->features[j].name, x86_features[i].needs) == 0 && !cpu->features[j].present)
        cpu->features[j].state = ROWCAST_FEATURE_MASKED;
  }
}

/* Intel's cores for clients that have AVX-512: one unit of 512 bits, made of the two of 256. Cannon Lake, Ice Lake,
 * Tiger Lake, Alder Lake and Rocket Lake; the next ones have no AVX-512. A hypervisor may give a server's core one of
 * these models, but AMX is only in servers. */
static const uint32_t intel_clients[] = {0x66, 0x7d, 0x7e, 0x8c, 0x8d, 0x97, 0x9a, 0xa7};

/* Do 512-bit multiply-adds run at full width? Asked of CPUs with AVX-512. Sources: AMD, Processor Programming Reference
 * for family 1Ah (Fn8000_001A_EAX[FP512]; models); Intel, 64 and IA-32 Optimization Reference Manual (ports 0 and 5).
 */
static bool full_width_512(const struct rc_x86_raw *raw) {
  const uint32_t eax = raw->leaf1.eax, base = eax >> 8 & 0xf;
  const uint32_t family = base + (base == 0xf ? eax >> 20 & 0xff : 0);
  const uint32_t model = (eax >> 4 & 0xf) | (eax >> 12 & 0xf0);
  if (raw->vendor == VENDOR_AMD) {
    if (raw->performance >> 3 & 1) return true;
    const bool mobile = (model >= 0x20 && model < 0x40) || (model >= 0x60 && model < 0x70);
    return family > 0x1a || (family == 0x1a && !mobile);
  }
  if (raw->vendor != VENDOR_INTEL || family != 6) return false;
  if (raw->leaf7_0.edx >> 24 & 1) return true;
  for (size_t i = 0; i < COUNT(intel_clients); i++)
    if (model == intel_clients[i]) return false;
  return true;
}

void rc_decode_x86(const struct rc_x86_raw *raw, rowcast_cpu *cpu) {
  memset(cpu, 0, sizeof *cpu);
  cpu->struct_size = sizeof *cpu;
  set_model(cpu, raw->brand);

  uint32_t reported[REGISTER_COUNT], listed[REGISTER_COUNT], active[REGISTER_COUNT];
  collect_registers(raw, &raw->leaf1, &raw->leaf7_0, &raw->leaf7_1, reported);
  collect_registers(raw, &raw->glibc1, &raw->glibc7_0, &raw->glibc7_1, active);
  read_modalias(raw, listed);
  const bool osxsave = reported[LEAF1_ECX] >> 27 & 1;
  const uint64_t saved = osxsave ? raw->xcr0 : 0;

  for (size_t i = 0; i < COUNT(x86_features); i++) {
    const enum x86_register where = x86_features[i].where;
    const uint32_t bit = UINT32_C(1) << x86_features[i].bit;
    const bool present = reported[where] & bit;
    const bool enabled =
      present && (saved & x86_features[i].state) == x86_features[i].state && (listed[where] & bit) != 0;
    add_feature(cpu, x86_features[i].name, present, enabled);
    if (enabled && raw->glibc_told && (active[where] & bit) == 0) cpu->features[i].state = ROWCAST_FEATURE_OFF_BY_GLIBC;
  }
  find_hidden(cpu);
  decide_levels(cpu);
  cpu->full_width_512 = cpu->runs[ROWCAST_AVX512] && full_width_512(raw);
}

void rc_decode_arm(const struct rc_arm_raw *raw, rowcast_cpu *cpu) {
  memset(cpu, 0, sizeof *cpu);
  cpu->struct_size = sizeof *cpu;
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
  for (int isa = 1; isa < ROWCAST_ISA_COUNT; isa++) {
    if (!flags[isa] || length >= size) continue;
    length += (size_t)snprintf(text + length, size - length, "%s%s", length > 0 ? ", " : "", bundles[isa].name);
  }
}

/* What the operating system saves of the registers that a feature works on, as bits of XCR0. */
static uint64_t state_of(const char *feature) {
  for (size_t i = 0; i < COUNT(x86_features); i++)
    if (strcmp(x86_features[i].name, feature) == 0) return x86_features[i].state;
  /* AArch64 has no such register: one bit stands for all of NEON. */
  return strcmp(feature, "fp") == 0 ? STATE_NONE : UINT64_C(1);
}

static uint64_t state_of_level(rowcast_isa isa) {
  uint64_t state = STATE_NONE;
  for (size_t i = 0; i < BUNDLE_MAX && bundles[isa].features[i] != NULL; i++)
    state |= state_of(bundles[isa].features[i]);
  return state;
}

bool rc_isa_includes(rowcast_isa isa, rowcast_isa other) {
  for (size_t i = 0; i < BUNDLE_MAX && bundles[other].features[i] != NULL; i++) {
    size_t j = 0;
    while (j < BUNDLE_MAX && bundles[isa].features[j] != NULL &&
           strcmp(bundles[isa].features[j], bundles[other].features[i]) != 0)
      j++;
    if (j == BUNDLE_MAX || bundles[isa].features[j] == NULL) return false;
  }
  return true;
}

bool rc_cpu_has_amx(const rowcast_cpu *cpu) {
  const rowcast_cpu_feature *feature = find_feature(cpu, "amx_tile");
  return feature != NULL && feature->enabled;
}

void rc_cpu_forbid_amx(rowcast_cpu *cpu) {
  for (size_t i = 0; i < cpu->feature_count; i++)
    if (cpu->features[i].state == ROWCAST_FEATURE_ENABLED && state_of(cpu->features[i].name) == STATE_AMX)
      cpu->features[i].state = ROWCAST_FEATURE_NOT_PERMITTED;
  for (int isa = 1; isa < ROWCAST_ISA_COUNT; isa++)
    if (forbidden_feature(cpu, (rowcast_isa)isa) != NULL) cpu->usable[isa] = false;
}

static rowcast_status apply_cap(rowcast_cpu *cpu, const char *by, rowcast_isa level, rowcast_error *err) {
  if (!cpu->runs[level]) {
    char reason[64], can[64];
    rc_isa_reason(cpu, level, reason, sizeof reason);
    rc_isa_list(cpu->runs, can, sizeof can);
    return rc_fail(err, ROWCAST_ERR_UNSUPPORTED, "%s=%s: %s; this machine can run: %s", by, bundles[level].name, reason,
                   can);
  }
  const uint64_t state = state_of_level(level);
  for (int isa = 1; isa < ROWCAST_ISA_COUNT; isa++)
    if (!rc_isa_includes(level, (rowcast_isa)isa)) cpu->usable[isa] = false;
  for (size_t i = 0; i < cpu->feature_count; i++)
    if (cpu->features[i].state == ROWCAST_FEATURE_ENABLED && (state_of(cpu->features[i].name) & ~state) != 0)
      cpu->features[i].state = ROWCAST_FEATURE_OFF_BY_CAP;
  return ROWCAST_OK;
}

rowcast_status rc_cpu_cap(rowcast_cpu *cpu, const char *cap, rowcast_error *err) {
  if (cap == NULL || cap[0] == '\0') return ROWCAST_OK;
  rowcast_isa level = ROWCAST_ISA_AUTO;
  rowcast_isa_from_name(cap, &level);
  if (level == ROWCAST_ISA_AUTO) {
    char can[64];
    rc_isa_list(cpu->runs, can, sizeof can);
    return rc_fail(err, ROWCAST_ERR_UNKNOWN, "ROWCAST_ISA=%.32s: no such ISA level; this machine can run: %s", cap,
                   can);
  }
  const rowcast_status status = apply_cap(cpu, "ROWCAST_ISA", level, err);
  if (status == ROWCAST_OK) snprintf(cpu->cap, sizeof cpu->cap, "%s", cap);
  return status;
}

rowcast_status rc_cpu_cap_option(rowcast_cpu *cpu, rowcast_isa isa, rowcast_error *err) {
  if (isa == ROWCAST_ISA_AUTO) return ROWCAST_OK;
  if (rowcast_isa_name(isa) == NULL)
    return rc_fail(err, ROWCAST_ERR_UNKNOWN, "isa: %d is not an ISA level of this version", (int)isa);
  return apply_cap(cpu, "isa", isa, err);
}

void rc_isa_reason(const rowcast_cpu *cpu, rowcast_isa isa, char *text, size_t size) {
  const char *missing = missing_feature(cpu, isa);
  if (missing != NULL) {
    const rowcast_cpu_feature *feature = find_feature(cpu, missing);
    if (feature == NULL) snprintf(text, size, "needs %s", bundles[isa].architecture);
    else if (feature->state == ROWCAST_FEATURE_ABSENT) snprintf(text, size, "this CPU has no %s", missing);
    else if (!feature->present) snprintf(text, size, "%s is hidden: this CPU reports what needs it", missing);
    else snprintf(text, size, "the operating system does not enable %s", missing);
  } else if ((missing = switched_off_feature(cpu, isa)) != NULL) {
    snprintf(text, size, "%s is switched off by GLIBC_TUNABLES", missing);
  } else if ((missing = forbidden_feature(cpu, isa)) != NULL) {
    snprintf(text, size, "this process has no permission for %s", missing);
  } else if (!cpu->usable[isa]) {
    if (cpu->cap[0] != '\0') snprintf(text, size, "switched off by ROWCAST_ISA=%s", cpu->cap);
    else snprintf(text, size, "above the option isa");
  } else if (isa == ROWCAST_SCALAR) {
    snprintf(text, size, "needs nothing beyond the baseline");
  } else {
    size_t length = 0;
    for (size_t i = 0; i < BUNDLE_MAX && bundles[isa].features[i] != NULL && length < size; i++)
      length += (size_t)snprintf(text + length, size - length, "%s%s", i > 0 ? " " : "", bundles[isa].features[i]);
    if (length < size) snprintf(text + length, size - length, " enabled");
  }
}
