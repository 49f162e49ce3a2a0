/* SPDX-License-Identifier: BSD-3-Clause */
/* The registry of kernels and drivers, and how one of them is chosen. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rowcast/experimental.h>
#include <rowcast/rowcast.h>

#include "lib/cost.h"
#include "lib/select.h"
#include "pack.h"

/* This machine, without the cap the suite may be running under. Each test is a process of its own. */
static rowcast_cpu whole_machine(void) {
  rowcast_cpu cpu;
  rowcast_error err = {.status = ROWCAST_OK, .text = ""};
  unsetenv("ROWCAST_ISA");
  cr_assert(rowcast_cpu_detect(&cpu, sizeof cpu, &err) == ROWCAST_OK, "%s", err.text);
  return cpu;
}

static rowcast_kernel_info kernel_at(size_t i, const rowcast_cpu *cpu) {
  rowcast_kernel_info info;
  cr_assert(rowcast_kernel_at(i, cpu, &info, sizeof info) == ROWCAST_OK);
  return info;
}

/* A CPU that runs nothing but the given level and the scalar one: what other machines would list. */
static rowcast_cpu imagined(rowcast_isa isa) {
  rowcast_cpu cpu = {.struct_size = sizeof cpu, .model = "imagined"};
  cpu.runs[ROWCAST_SCALAR] = cpu.usable[ROWCAST_SCALAR] = true;
  cpu.runs[isa] = cpu.usable[isa] = true;
  return cpu;
}

Test(registry, names_are_unique_and_begin_with_their_level) {
  const rowcast_cpu cpu = whole_machine();
  cr_assert(rowcast_kernel_count() > 0);
  for (size_t i = 0; i < rowcast_kernel_count(); i++) {
    const rowcast_kernel_info info = kernel_at(i, &cpu);
    const char *isa = rowcast_isa_name(info.isa);
    cr_assert(isa != NULL);
    const size_t length = strlen(isa);
    cr_assert(strncmp(info.name, isa, length) == 0 && info.name[length] == '-' && info.name[length + 1] != '\0',
              "%s is a kernel of level %s", info.name, isa);
    cr_assert_str_neq(info.name, "auto");
    cr_assert(rowcast_order_name(info.order) != NULL, "%s", info.name);
    cr_assert(info.reason[0] != '\0', "%s: no reason", info.name);
    cr_assert(!info.usable || info.built, "%s is usable but not built", info.name);
    for (size_t j = 0; j < i; j++) cr_assert_str_neq(info.name, kernel_at(j, &cpu).name);
  }
}

Test(registry, usable_is_built_and_runs) {
  for (int isa = 1; isa < ROWCAST_ISA_COUNT; isa++) {
    const rowcast_cpu cpu = imagined((rowcast_isa)isa);
    for (size_t i = 0; i < rowcast_kernel_count(); i++) {
      const rowcast_kernel_info info = kernel_at(i, &cpu);
      cr_assert(info.usable == (info.built && cpu.usable[info.isa]), "%s", info.name);
    }
  }
}

/* The scalar level alone serves every order, so that a selection cannot come back empty. */
Test(registry, every_order_has_a_scalar_kernel) {
  const rowcast_cpu cpu = imagined(ROWCAST_SCALAR);
  for (int order = 1; order < ROWCAST_ORDER_COUNT; order++) {
    size_t usable = 0;
    for (size_t i = 0; i < rowcast_kernel_count(); i++) {
      const rowcast_kernel_info info = kernel_at(i, &cpu);
      usable += info.usable && (int)info.order == order;
    }
    cr_assert(usable > 0, "%s", rowcast_order_name((rowcast_order)order));
  }
}

static size_t usable_of_level(const rowcast_cpu *cpu, rowcast_isa isa) {
  size_t usable = 0;
  for (size_t i = 0; i < rowcast_kernel_count(); i++) {
    const rowcast_kernel_info info = kernel_at(i, cpu);
    usable += info.usable && info.isa == isa;
  }
  return usable;
}

#if defined(__x86_64__)
/* Does the operating system list every one of these flags (each between spaces) for the first CPU? */
static bool listed(const char *line, const char *const *flags) {
  for (; *flags != NULL; flags++)
    if (strstr(line, *flags) == NULL) return false;
  return true;
}
#endif

/* Tests of kernels pass over what cannot be used. Here the operating system's word is held against the
 * library's: a level it lists must have usable kernels, else 'all passed over' would look like success. */
Test(registry, levels_the_system_lists_are_usable) {
  const rowcast_cpu cpu = whole_machine();
  cr_assert(usable_of_level(&cpu, ROWCAST_SCALAR) > 0);
#if defined(__x86_64__)
  static const char *const avx2[] = {" avx ", " avx2 ", " fma ", NULL};
  static const char *const avx512[] = {" avx2 ", " fma ", " avx512f ", " avx512bw ", " avx512dq ", " avx512vl ", NULL};
  static const char *const avx512vnni[] = {" avx512vl ", " avx512_vnni ", " avx512_vbmi2 ", NULL};
  static const char *const avxvnni[] = {" avx2 ", " fma ", " avx_vnni ", NULL};
  FILE *file = fopen("/proc/cpuinfo", "r");
  cr_assert(file != NULL, "/proc/cpuinfo cannot be read");
  static char line[16384];
  bool found = false;
  while (!found && fgets(line, (int)sizeof line - 1, file) != NULL) found = strncmp(line, "flags", 5) == 0;
  fclose(file);
  cr_assert(found, "/proc/cpuinfo lists no flags");
  line[strcspn(line, "\n")] = ' '; /* so that the last flag ends with a space, too */
  cr_assert((usable_of_level(&cpu, ROWCAST_AVX2) > 0) == listed(line, avx2), "%s", line);
  cr_assert((usable_of_level(&cpu, ROWCAST_AVX512) > 0) == listed(line, avx512), "%s", line);
  cr_assert((usable_of_level(&cpu, ROWCAST_AVX512VNNI) > 0) == listed(line, avx512vnni), "%s", line);
  cr_assert((usable_of_level(&cpu, ROWCAST_AVXVNNI) > 0) == listed(line, avxvnni), "%s", line);
#elif defined(__aarch64__)
  cr_assert(usable_of_level(&cpu, ROWCAST_NEON) > 0, "Advanced SIMD belongs to every AArch64 Linux machine");
#endif
}

static const size_t sizes[] = {0, 1, 2, 7, 8, 9, 10, 15, 16, 17, 33, 64, 127, 784, 1024};
enum { SIZES = sizeof sizes / sizeof sizes[0] };

/* What auto should take on this cpu: of the order, what costs least and leaves out nothing. */
static rowcast_kernel_info best_kernel(const rowcast_cpu *cpu, size_t k, size_t n) {
  rowcast_kernel_info best = {.name = NULL};
  double least = INFINITY;
  for (size_t i = 0; i < rowcast_kernel_count(); i++) {
    const rowcast_kernel_info info = kernel_at(i, cpu);
    if (info.skips_zeros || !info.usable || info.order != rowcast_auto_order(k, n)) continue;
    const double cycles = rowcast_kernel_cycles(i, cpu, k, n, 1.0);
    cr_assert(cycles > 0.0 && isfinite(cycles));
    if (cycles < least || (cycles == least && info.isa > best.isa)) best = info, least = cycles;
  }
  cr_assert(best.name != NULL);
  return best;
}

/* The companion for mostly zero bytes: only for bytes, with the same bits, and of the same level. */
static void expect_companion(const rowcast_plan_info *info, const rowcast_cpu *cpu) {
  if (info->skip_kernel == NULL) return;
  cr_assert(info->dtype == ROWCAST_U8);
  for (size_t i = 0; i < rowcast_kernel_count(); i++) {
    const rowcast_kernel_info kernel = kernel_at(i, cpu);
    if (strcmp(kernel.name, info->skip_kernel) != 0) continue;
    cr_assert(kernel.usable && kernel.skips_zeros && kernel.order == info->order && kernel.isa == info->isa, "%s",
              kernel.name);
    return;
  }
  cr_assert(false, "%s is not in the registry", info->skip_kernel);
}

/* One pass over all shapes under the cap in the environment. */
static void expect_auto(const float *w) {
  rowcast_cpu cpu;
  cr_assert(rowcast_cpu_detect(&cpu, sizeof cpu, NULL) == ROWCAST_OK);
  for (size_t a = 0; a < SIZES; a++)
    for (size_t b = 0; b < SIZES; b++) {
      const size_t k = sizes[a], n = sizes[b];
      const rowcast_order order = rowcast_auto_order(k, n);
      const rowcast_kernel_info best = best_kernel(&cpu, k, n);
      for (unsigned variant = 0; variant < 8; variant++) {
        rowcast_plan_options options = ROWCAST_PLAN_DEFAULTS;
        options.kernel = variant & 1 ? "auto" : NULL;
        options.dtype = variant & 2 ? ROWCAST_U8 : ROWCAST_F32;
        options.threads = variant & 4 ? 7 : 1;
        rowcast_plan *plan;
        rowcast_error err = {.status = ROWCAST_OK, .text = ""};
        cr_assert(rowcast_plan_create(&plan, k, n, w, n, &options, &err) == ROWCAST_OK, "%s", err.text);
        rowcast_plan_info info;
        rowcast_plan_describe(plan, &info, sizeof info);
        cr_assert(info.order == order, "%zu x %zu, ROWCAST_ISA=%s: order %s, expected %s", k, n, cpu.cap,
                  rowcast_order_name(info.order), rowcast_order_name(order));
        cr_assert_str_eq(info.kernel, best.name);
        cr_assert(info.isa == best.isa);
        expect_companion(&info, &cpu);
        rowcast_plan_destroy(plan);
      }
    }
}

Test(registry, auto_takes_its_order_from_the_shape_alone) {
  const rowcast_cpu cpu = whole_machine();
  float *w = calloc(1024 * 1024, sizeof *w);
  cr_assert(w != NULL);
  expect_auto(w);
  size_t levels = 0;
  for (int isa = 1; isa < ROWCAST_ISA_COUNT; isa++) {
    if (!cpu.runs[isa]) continue;
    setenv("ROWCAST_ISA", rowcast_isa_name((rowcast_isa)isa), 1);
    expect_auto(w);
    levels++;
  }
  cr_assert(levels >= 1);
  free(w);
}

/* The main job's shape, so that a change of the choice is a decision and no accident. */
Test(registry, auto_order_of_known_shapes) {
  cr_assert(rowcast_auto_order(784, 10) == ROWCAST_LANES8);
  cr_assert(rowcast_auto_order(7, 1) == ROWCAST_SEQUENTIAL && rowcast_auto_order(8, 1) == ROWCAST_LANES8);
  cr_assert(rowcast_auto_order(31, 10) == ROWCAST_SEQUENTIAL && rowcast_auto_order(64, 10) == ROWCAST_LANES8);
  cr_assert(rowcast_auto_order(64, 16) == ROWCAST_SEQUENTIAL && rowcast_auto_order(65, 16) == ROWCAST_LANES8);
  cr_assert(rowcast_auto_order(SIZE_MAX, SIZE_MAX) == ROWCAST_LANES8);
  for (size_t a = 0; a < SIZES; a++)
    for (size_t b = 0; b < SIZES; b++) {
      const rowcast_order order = rowcast_auto_order(sizes[a], sizes[b]);
      cr_assert(order == ROWCAST_SEQUENTIAL || order == ROWCAST_LANES8, "auto never takes the naive order");
    }
}

static double cost_of(const struct rc_kernel *kernel, enum rc_core core, size_t k, size_t n, double share) {
  return rc_cost_of_row(kernel, kernel->packing, core, k, n, share);
}

/* The choice is a function of shape and CPU: imagined CPUs get what costs least of what they can run, the same every
 * time, and the runner-up is what costs least without it. */
Test(registry, imagined_cpus_get_what_costs_least) {
  for (int i = 2; i < 2 * ROWCAST_ISA_COUNT; i++) {
    const rowcast_isa isa = (rowcast_isa)(i / 2);
    rowcast_cpu cpu = imagined(isa);
    cpu.full_width_512 = i % 2 != 0;
    for (size_t a = 0; a < SIZES; a++)
      for (size_t b = 0; b < SIZES; b++) {
        const size_t k = sizes[a], n = sizes[b];
        const struct rc_kernel *kernel, *again;
        cr_assert(rc_select_kernel(&kernel, &(rowcast_plan_options){.order = ROWCAST_ORDER_AUTO}, k, n, &cpu, NULL) ==
                  ROWCAST_OK);
        cr_assert(rc_select_kernel(&again, &(rowcast_plan_options){.kernel = "auto"}, k, n, &cpu, NULL) == ROWCAST_OK);
        cr_assert(again == kernel);
        cr_assert_str_eq(kernel->name, best_kernel(&cpu, k, n).name, "%s, %zu x %zu", rowcast_isa_name(isa), k, n);
        const struct rc_kernel *next = rc_cheapest((rowcast_order)kernel->order, ROWCAST_F32, k, n, &cpu, kernel);
        if (next == NULL) continue;
        cr_assert(next != kernel && next->order == kernel->order && next->strategy == RC_DENSE);
        cr_assert(cpu.usable[next->isa] &&
                  cost_of(next, rc_core_of(&cpu), k, n, 1.0) >= cost_of(kernel, rc_core_of(&cpu), k, n, 1.0));
      }
  }
}

/* Kernels that were made for bytes are not taken for rows of float32. */
Test(registry, kernels_for_bytes_are_for_bytes) {
  for (int i = 2; i < 2 * ROWCAST_ISA_COUNT; i++) {
    rowcast_cpu cpu = imagined((rowcast_isa)(i / 2));
    cpu.full_width_512 = i % 2 != 0;
    for (size_t a = 0; a < SIZES; a++)
      for (size_t b = 0; b < SIZES; b++)
        for (int dtype = 0; dtype < ROWCAST_DTYPE_COUNT; dtype++) {
          const rowcast_plan_options options = {.order = ROWCAST_EXACT, .dtype = (rowcast_dtype)dtype};
          const struct rc_kernel *kernel;
          cr_assert(rc_select_kernel(&kernel, &options, sizes[a], sizes[b], &cpu, NULL) == ROWCAST_OK);
          cr_assert(!kernel->packing->for_bytes || dtype == ROWCAST_U8, "%s", kernel->name);
          const struct rc_kernel *next =
            rc_cheapest(ROWCAST_EXACT, (rowcast_dtype)dtype, sizes[a], sizes[b], &cpu, kernel);
          cr_assert(next == NULL || !next->packing->for_bytes || dtype == ROWCAST_U8, "%s", next->name);
        }
    const rowcast_plan_options bytes = {.order = ROWCAST_EXACT, .dtype = ROWCAST_U8};
    const struct rc_kernel *kernel;
    cr_assert(rc_select_kernel(&kernel, &bytes, 784, 10, &cpu, NULL) == ROWCAST_OK);
    cr_assert(cpu.usable[ROWCAST_AVX2] <= kernel->packing->for_bytes, "%s for the main job's bytes", kernel->name);
  }
}

/* AVX-VNNI multiplies half as much at a time as AVX512-VNNI, and more than AVX2. */
Test(registry, digits_of_256_bits) {
  const rowcast_plan_options bytes = {.order = ROWCAST_EXACT, .dtype = ROWCAST_U8};
  const struct rc_kernel *kernel;
  for (size_t a = 0; a < SIZES; a++)
    for (size_t b = 0; b < SIZES; b++) {
      rowcast_cpu cpu = imagined(ROWCAST_AVX2);
      cpu.usable[ROWCAST_AVXVNNI] = true;
      cr_assert(rc_select_kernel(&kernel, &bytes, sizes[a], sizes[b], &cpu, NULL) == ROWCAST_OK);
      cr_assert(kernel->isa == RC_AVXVNNI || sizes[a] < 784 || sizes[b] == 0 || !rc_isa_built(RC_AVXVNNI),
                "%s, %zu x %zu", kernel->name, sizes[a], sizes[b]);
      cpu.usable[ROWCAST_AVX512] = cpu.usable[ROWCAST_AVX512VNNI] = true;
      cr_assert(rc_select_kernel(&kernel, &bytes, sizes[a], sizes[b], &cpu, NULL) == ROWCAST_OK);
      cr_assert(kernel->isa != RC_AVXVNNI || !rc_isa_built(RC_AVX512VNNI), "%zu x %zu", sizes[a], sizes[b]);
    }
}

/* Cores with AMX, where its kernel may be used or may not: it is taken for the main job, and leaves sparse rows to the
 * kernel of a level that it includes; AVX-VNNI's digits are the same, but that level is not. */
Test(registry, digits_of_amx) {
  const rowcast_plan_options bytes = {.order = ROWCAST_EXACT, .dtype = ROWCAST_U8};
  const struct rc_kernel *kernel;
  rowcast_cpu cpu = imagined(ROWCAST_AVX2);
  if (!rc_isa_built(RC_AMX)) cr_skip_test("AMX is not built");
  cpu.usable[ROWCAST_AVX512] = cpu.usable[ROWCAST_AVX512VNNI] = cpu.usable[ROWCAST_AVXVNNI] = true;
  cpu.full_width_512 = true;
  cpu.feature_count = 1;
  cpu.features[0] = (rowcast_cpu_feature){.name = "amx_tile", .present = true};
  cr_assert(rc_select_kernel(&kernel, &bytes, 784, 10, &cpu, NULL) == ROWCAST_OK);
  cr_assert_str_eq(kernel->name, "avx512vnni-digits");
  cr_assert_str_eq(rc_skip_companion(kernel, &cpu)->name, "avx512vnni-digits-skip");
  cpu.usable[ROWCAST_AMX] = true;
  cr_assert(rc_select_kernel(&kernel, &bytes, 784, 10, &cpu, NULL) == ROWCAST_OK);
  cr_assert_str_eq(kernel->name, "amx-digits");
  cr_assert_str_eq(rc_skip_companion(kernel, &cpu)->name, "avx512vnni-digits-skip");
  cpu.usable[ROWCAST_AVX512VNNI] = false;
  cr_assert_null(rc_skip_companion(kernel, &cpu));
}

/* The formula, with numbers that floating point holds exactly. */
Test(registry, cost_of_a_row) {
  struct rc_kernel kernel = {
    .strategy = RC_DENSE, .packing = &rc_pack_pairs, .cost = {{.step = 2.0, .output = 4.0, .row = 8.0, .pad = 1}}};
  cr_assert(cost_of(&kernel, RC_ANY_CORE, 16, 3, 1.0) == 8.0 + 3.0 * (4.0 + 2.0 * 2.0));
  cr_assert(cost_of(&kernel, RC_ANY_CORE, 17, 3, 1.0) == 8.0 + 3.0 * (4.0 + 2.0 * 3.0), "a step that is begun counts");
  cr_assert(cost_of(&kernel, RC_ANY_CORE, 16, 3, 0.5) == cost_of(&kernel, RC_ANY_CORE, 16, 3, 1.0),
            "dense: zeros are multiplied");
  cr_assert(cost_of(&kernel, RC_ANY_CORE, 0, 0, 1.0) == 8.0);
  kernel.cost[0].pad = 16;
  cr_assert(cost_of(&kernel, RC_ANY_CORE, 16, 3, 1.0) == cost_of(&kernel, RC_ANY_CORE, 16, 16, 1.0),
            "columns of padding count");
  kernel.strategy = RC_SKIP;
  cr_assert(cost_of(&kernel, RC_ANY_CORE, 16, 16, 0.5) == 8.0 + 16.0 * (4.0 + 2.0 * 1.0));
  cr_assert(cost_of(&kernel, RC_ANY_CORE, 16, 16, 0.0) == 8.0 + 16.0 * 4.0);
  cr_assert(cost_of(&kernel, RC_FULL_WIDTH_CORE, 16, 16, 0.0) == 8.0 + 16.0 * 4.0, "nothing else was measured");
  kernel.cost[RC_FULL_WIDTH_CORE] = (struct rc_cost){.step = 1.0, .pad = 1, .panel = 2.0};
  cr_assert(cost_of(&kernel, RC_FULL_WIDTH_CORE, 64, 24, 0.5) == 24.0 * 4.0 + 3.0 * 2.0 * 4.0, "three panels");
  cr_assert(cost_of(&kernel, RC_ANY_CORE, 16, 16, 0.0) == 8.0 + 16.0 * 4.0);
  cr_assert(cost_of(&kernel, RC_AMX_CORE, 64, 24, 0.5) == 24.0 * 4.0 + 3.0 * 2.0 * 4.0, "as of full width");
  kernel.cost[RC_AMX_CORE] = (struct rc_cost){.row = 5.0, .pad = 1};
  cr_assert(cost_of(&kernel, RC_AMX_CORE, 64, 24, 0.5) == 5.0);
}

/* Of the kernels that give the same bits, only cores of full width take the one that was made for them, and only those
 * with AMX the ones that were made for these. */
Test(registry, cores_of_full_width) {
  rowcast_cpu cpu = imagined(ROWCAST_AVX512);
  if (!rc_isa_built(RC_AVX512)) cr_skip_test("AVX-512 is not built");
  for (size_t n = 1; n < 200; n++) {
    const struct rc_kernel *full, *any;
    cpu.full_width_512 = true;
    cr_assert(rc_select_kernel(&full, &(rowcast_plan_options){0}, 784, n, &cpu, NULL) == ROWCAST_OK);
    cpu.full_width_512 = false;
    cr_assert(rc_select_kernel(&any, &(rowcast_plan_options){0}, 784, n, &cpu, NULL) == ROWCAST_OK);
    cr_assert_str_eq(full->name, "avx512-block", "%zu columns", n);
    cr_assert_str_eq(any->name, "avx512-tile", "%zu columns", n);
    cr_assert(full->order == any->order);
    cr_assert(rc_skip_companion(full, &cpu) == rc_skip_companion(any, &cpu) && rc_skip_companion(any, &cpu) != NULL);
  }
  for (size_t a = 0; a < SIZES; a++)
    for (size_t b = 0; b < SIZES; b++)
      for (int full = 0; full < 2; full++)
        for (int amx = 0; amx < 2; amx++) {
          const struct rc_kernel *kernel;
          cpu.full_width_512 = full != 0;
          cpu.feature_count = 1;
          cpu.features[0] = (rowcast_cpu_feature){.name = "amx_tile", .present = amx != 0};
          cr_assert(rc_core_of(&cpu) == (!full ? RC_ANY_CORE : amx ? RC_AMX_CORE : RC_FULL_WIDTH_CORE));
          cr_assert(rc_select_kernel(&kernel, &(rowcast_plan_options){0}, sizes[a], sizes[b], &cpu, NULL) ==
                    ROWCAST_OK);
          const bool made_for_it =
            strcmp(kernel->name, "avx512-six") == 0 || strcmp(kernel->name, "avx512-broadcast16") == 0;
          cr_assert(!made_for_it || (full && amx), "%s for %zu x %zu", kernel->name, sizes[a], sizes[b]);
          if (full && amx && kernel->order == RC_LANES8 && sizes[a] > 0 && sizes[b] > 0)
            cr_assert_str_eq(kernel->name, "avx512-six", "%zu x %zu", sizes[a], sizes[b]);
        }
}

/* More work never costs less, no shape overflows, and invalid arguments are recognisable. */
Test(registry, costs) {
  const rowcast_cpu cpu = whole_machine();
  for (size_t i = 0; i < rowcast_kernel_count(); i++) {
    double before = 0.0;
    for (size_t a = 0; a < SIZES; a++) {
      const double cycles = rowcast_kernel_cycles(i, &cpu, sizes[a], 10, 0.5);
      cr_assert(cycles >= 0.0 && (a == 0 || sizes[a] < sizes[a - 1] || cycles >= before), "kernel %zu, K = %zu", i,
                sizes[a]);
      cr_assert(rowcast_kernel_cycles(i, &cpu, 784, sizes[a], 1.0) >=
                rowcast_kernel_cycles(i, &cpu, 784, sizes[a] / 2, 1.0));
      cr_assert(rowcast_kernel_cycles(i, &cpu, 784, sizes[a], 0.25) <=
                rowcast_kernel_cycles(i, &cpu, 784, sizes[a], 0.75));
      before = cycles;
    }
    cr_assert(isfinite(rowcast_kernel_cycles(i, &cpu, SIZE_MAX, SIZE_MAX, 1.0)));
    cr_assert(rowcast_kernel_cycles(i, &cpu, 784, 10, -0.1) < 0.0 &&
              rowcast_kernel_cycles(i, &cpu, 784, 10, 1.1) < 0.0);
    cr_assert(rowcast_kernel_cycles(i, &cpu, 784, 10, (double)NAN) < 0.0);
  }
  cr_assert(rowcast_kernel_cycles(rowcast_kernel_count(), &cpu, 784, 10, 1.0) < 0.0);
}

/* The companion belongs to automatic choice and finite weights, and where a level has one it is found: the main
 * job's shape, for bytes, over and over (what memory held before must not matter). */
Test(registry, companion_of_the_main_job) {
  const rowcast_cpu cpu = whole_machine();
  enum { K = 784, N = 10, WEIGHTS = K * N };
  float *w = calloc(WEIGHTS, sizeof *w);
  cr_assert(w != NULL);
  const rowcast_kernel_info best = best_kernel(&cpu, K, N);
  bool expected = false;
  for (size_t i = 0; i < rowcast_kernel_count(); i++) {
    const rowcast_kernel_info info = kernel_at(i, &cpu);
    expected = expected || (info.usable && info.skips_zeros && info.isa == best.isa && info.order == best.order);
  }
  rowcast_plan_options options = ROWCAST_PLAN_DEFAULTS;
  options.dtype = ROWCAST_U8;
  for (unsigned round = 0; round < 20; round++) {
    options.kernel = round % 5 == 4 ? best.name : NULL;
    w[WEIGHTS - 1] = round % 5 == 3 ? HUGE_VALF : 1.0f;
    volatile float *dirty = malloc(2 * WEIGHTS * sizeof *dirty); /* volatile: or the stores would be left out */
    cr_assert(dirty != NULL);
    for (size_t i = 0; i < 2 * WEIGHTS; i++) dirty[i] = NAN;
    free((void *)(uintptr_t)dirty);
    rowcast_plan *plan;
    cr_assert(rowcast_plan_create(&plan, K, N, w, N, &options, NULL) == ROWCAST_OK);
    rowcast_plan_info info;
    rowcast_plan_describe(plan, &info, sizeof info);
    expect_companion(&info, &cpu);
    cr_assert((info.skip_kernel != NULL) == (expected && round % 5 < 3), "%s, round %u: companion %s", info.kernel,
              round, info.skip_kernel == NULL ? "none" : info.skip_kernel);
    rowcast_plan_destroy(plan);
  }
  free(w);
}

/* Creating a plan with these options fails with this status; the text goes to *err. */
static void expect_refused(const rowcast_plan_options *options, rowcast_status status, rowcast_error *err) {
  const float w[4] = {1, 2, 3, 4};
  rowcast_plan *plan = (rowcast_plan *)&plan;
  *err = (rowcast_error){.status = ROWCAST_OK, .text = ""};
  cr_assert(rowcast_plan_create(&plan, 2, 2, w, 2, options, err) == status, "%s", err->text);
  cr_assert(err->status == status);
  cr_assert_null(plan);
}

/* Is the name in the text, with nothing of a longer name around it? */
static bool names(const char *text, const char *name) {
  static const char inside[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
  const size_t length = strlen(name);
  for (const char *at = strstr(text, name); at != NULL; at = strstr(at + 1, name))
    if ((at == text || strchr(inside, at[-1]) == NULL) && (at[length] == '\0' || strchr(inside, at[length]) == NULL))
      return true;
  return false;
}

/* The same of a kernel's name, where the text has level-{method,method} of all of a level's. */
static bool names_kernel(const char *text, const rowcast_kernel_info *info) {
  char begin[32], methods[256] = "";
  snprintf(begin, sizeof begin, " %s-{", rowcast_isa_name(info->isa));
  const char *at = strstr(text, begin);
  if (at == NULL) return false;
  at += strlen(begin);
  const size_t length = strcspn(at, "}");
  cr_assert(at[length] == '}' && length < sizeof methods, "%s", text);
  memcpy(methods, at, length);
  return names(methods, info->name + strlen(begin) - 2);
}

/* The text names exactly the kernels that can be used on *cpu, and `refused`. */
static void expect_usable_named(const rowcast_cpu *cpu, const char *text, const char *refused) {
  cr_assert(names(text, "auto"), "%s", text);
  cr_assert(refused[0] == '\0' || strstr(text, refused) != NULL, "%s", text);
  for (size_t i = 0; i < rowcast_kernel_count(); i++) {
    const rowcast_kernel_info info = kernel_at(i, cpu);
    if (strcmp(info.name, refused) == 0) continue;
    cr_assert(names_kernel(text, &info) == info.usable, "%s in: %s", info.name, text);
  }
}

Test(registry, unknown_kernels_are_refused) {
  static const char *const wrong[] = {"no-such-kernel", "", "scalar", "avx2", "Scalar-dot", "scalar-dot ", "naive"};
  const rowcast_cpu cpu = whole_machine();
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    rowcast_plan_options options = ROWCAST_PLAN_DEFAULTS;
    options.kernel = wrong[i];
    rowcast_error err;
    expect_refused(&options, ROWCAST_ERR_UNKNOWN, &err);
    cr_assert(strstr(err.text, wrong[i]) != NULL, "%s", err.text);
    expect_usable_named(&cpu, err.text, "");
  }
}

/* Under every cap, kernels above it are refused with the reason and the names that are left. */
Test(registry, kernels_that_cannot_run_are_refused) {
  const rowcast_cpu machine = whole_machine();
  size_t refused = 0;
  for (int isa = 1; isa < ROWCAST_ISA_COUNT; isa++) {
    if (!machine.runs[isa]) continue;
    setenv("ROWCAST_ISA", rowcast_isa_name((rowcast_isa)isa), 1);
    rowcast_cpu cpu;
    cr_assert(rowcast_cpu_detect(&cpu, sizeof cpu, NULL) == ROWCAST_OK);
    for (size_t i = 0; i < rowcast_kernel_count(); i++) {
      const rowcast_kernel_info info = kernel_at(i, &cpu);
      if (info.usable) continue;
      rowcast_plan_options options = ROWCAST_PLAN_DEFAULTS;
      options.kernel = info.name;
      rowcast_error err;
      expect_refused(&options, ROWCAST_ERR_UNSUPPORTED, &err);
      cr_assert(strstr(err.text, info.reason) != NULL, "'%s' does not say '%s'", err.text, info.reason);
      expect_usable_named(&cpu, err.text, info.name);
      refused++;
    }
  }
  cr_assert(refused > 0, "no machine runs the kernels of both architectures");
}

Test(registry, usable_kernels_are_taken_by_name) {
  const rowcast_cpu cpu = whole_machine();
  const float w[4] = {1, 2, 3, 4};
  for (size_t i = 0; i < rowcast_kernel_count(); i++) {
    const rowcast_kernel_info kernel = kernel_at(i, &cpu);
    if (!kernel.usable) continue;
    rowcast_plan_options options = ROWCAST_PLAN_DEFAULTS;
    options.kernel = kernel.name;
    rowcast_plan *plan;
    rowcast_error err = {.status = ROWCAST_OK, .text = ""};
    cr_assert(rowcast_plan_create(&plan, 2, 2, w, 2, &options, &err) == ROWCAST_OK, "%s", err.text);
    rowcast_plan_info info;
    rowcast_plan_describe(plan, &info, sizeof info);
    cr_assert_str_eq(info.kernel, kernel.name);
    cr_assert(info.isa == kernel.isa && info.order == kernel.order);
    rowcast_plan_destroy(plan);
  }
}

Test(registry, bad_cap_fails_the_plan) {
  const rowcast_plan_options options = ROWCAST_PLAN_DEFAULTS;
  rowcast_error err;
  setenv("ROWCAST_ISA", "no-such-level", 1);
  expect_refused(&options, ROWCAST_ERR_UNKNOWN, &err);
  cr_assert(strstr(err.text, "no-such-level") != NULL && strstr(err.text, "scalar") != NULL, "%s", err.text);
}

Test(registry, drivers) {
  whole_machine();
  cr_assert(rowcast_driver_count() >= 2);
  cr_assert_null(rowcast_driver_name(rowcast_driver_count()));
  rowcast_plan_options options = ROWCAST_PLAN_DEFAULTS;
  options.driver = "no-such-driver";
  rowcast_error err;
  expect_refused(&options, ROWCAST_ERR_UNKNOWN, &err);
  cr_assert(strstr(err.text, "no-such-driver") != NULL && names(err.text, "auto"), "%s", err.text);
  for (size_t i = 0; i < rowcast_driver_count(); i++) {
    cr_assert(names(err.text, rowcast_driver_name(i)), "%s in: %s", rowcast_driver_name(i), err.text);
    for (size_t j = 0; j < i; j++) cr_assert_str_neq(rowcast_driver_name(i), rowcast_driver_name(j));
  }
}

Test(registry, arguments_of_the_listing) {
  const rowcast_cpu cpu = whole_machine();
  rowcast_kernel_info info;
  cr_assert(rowcast_kernel_at(rowcast_kernel_count(), &cpu, &info, sizeof info) == ROWCAST_ERR_ARGUMENT);
  cr_assert(rowcast_kernel_at(0, NULL, &info, sizeof info) == ROWCAST_ERR_ARGUMENT);
  cr_assert(rowcast_kernel_at(0, &cpu, NULL, sizeof(rowcast_kernel_info)) == ROWCAST_ERR_ARGUMENT);
  rowcast_cpu unset = cpu;
  for (int i = 0; i < 3; i++) { /* never set, another struct's, and garbage */
    unset.struct_size = (size_t[]){0, sizeof unset - 1, 4097}[i];
    cr_assert(rowcast_kernel_at(0, &unset, &info, sizeof info) == ROWCAST_ERR_ARGUMENT);
    cr_assert(rowcast_kernel_cycles(0, &unset, 8, 8, 1.0) < 0.0);
  }
  for (int i = 0; i < ROWCAST_ORDER_COUNT; i++) {
    rowcast_order order = (rowcast_order)99;
    cr_assert(rowcast_order_from_name(rowcast_order_name((rowcast_order)i), &order) == ROWCAST_OK && (int)order == i);
  }
  for (int i = 0; i <= ROWCAST_I8; i++) {
    rowcast_dtype dtype = (rowcast_dtype)99;
    cr_assert(rowcast_dtype_from_name(rowcast_dtype_name((rowcast_dtype)i), &dtype) == ROWCAST_OK && (int)dtype == i);
  }
  rowcast_order order = ROWCAST_NAIVE;
  rowcast_dtype dtype = ROWCAST_U8;
  cr_assert(rowcast_order_from_name("lanes16", &order) == ROWCAST_ERR_UNKNOWN && order == ROWCAST_NAIVE);
  cr_assert(rowcast_dtype_from_name("f31", &dtype) == ROWCAST_ERR_UNKNOWN && dtype == ROWCAST_U8);
  cr_assert_null(rowcast_order_name((rowcast_order)ROWCAST_ORDER_COUNT));
  cr_assert_null(rowcast_dtype_name((rowcast_dtype)(ROWCAST_I8 + 1)));
  cr_assert_str_eq(rowcast_dtype_name(ROWCAST_F32), "f32");
  cr_assert_str_eq(rowcast_dtype_name(ROWCAST_U8), "u8");
  cr_assert_str_eq(rowcast_order_name(ROWCAST_ORDER_AUTO), "auto");
  cr_assert_str_eq(rowcast_order_name(ROWCAST_NAIVE), "naive");
  cr_assert_str_eq(rowcast_order_name(ROWCAST_SEQUENTIAL), "sequential");
  cr_assert_str_eq(rowcast_order_name(ROWCAST_LANES8), "lanes8");
  cr_assert_str_eq(rowcast_order_name(ROWCAST_EXACT), "exact");
}
