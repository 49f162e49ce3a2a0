/* SPDX-License-Identifier: BSD-3-Clause */
/* `rowcast cpu`: what this CPU has, which kernels can run, and which one `auto` takes. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <rowcast/experimental.h>
#include <rowcast/rowcast.h>

#include "args/advice.h"
#include "args/options.h"
#include "commands.h"
#include "cpu_bench.h"
#include "study/machine.h"
#include "study/machine_json.h"
#include "terminal/report.h"

/* The weights `auto` is asked about: the main job's. */
enum { EXAMPLE_K = 784, EXAMPLE_N = 10 };
static const double EXAMPLE_SHARE = 0.395; /* of the training images: 38.7 of 98 steps */

/* The kernel a plan for such weights takes; static storage. */
static int find_auto(const char **name) {
  static const float weights[EXAMPLE_K * EXAMPLE_N];
  rowcast_plan *plan;
  rowcast_plan_info info;
  rowcast_error error;
  if (rowcast_plan_create(&plan, EXAMPLE_K, EXAMPLE_N, weights, EXAMPLE_N, NULL, &error) != ROWCAST_OK)
    return complain_of(&error);
  rowcast_plan_describe(plan, &info, sizeof info);
  rowcast_plan_destroy(plan);
  *name = info.kernel;
  return EXIT_DONE;
}

/* A feature is shown in the group with the longest prefix its name begins with. */
static const struct {
  const char *title, *prefixes[5];
} groups[] = {
  {"SSE", {"sse", "ssse", NULL}}, {"AVX", {"avx", "fma", "f16c", NULL}},           {"AVX-512", {"avx512", NULL}},
  {"AMX", {"amx", NULL}},         {"SIMD", {"asimd", "fp", "i8mm", "bf16", NULL}}, {"SVE", {"sve", "sme", NULL}},
  {"other", {"", NULL}},
};
enum { GROUP_COUNT = sizeof groups / sizeof groups[0] };

static size_t group_of(const char *name) {
  size_t best = GROUP_COUNT - 1, longest = 0;
  for (size_t g = 0; g < GROUP_COUNT; g++)
    for (size_t p = 0; groups[g].prefixes[p] != NULL; p++) {
      const size_t length = strlen(groups[g].prefixes[p]);
      if (length <= longest || strncmp(name, groups[g].prefixes[p], length) != 0) continue;
      best = g;
      longest = length;
    }
  return best;
}

/* By rowcast_feature_state. */
static const char state_marks[] = {'-', '+', '!', 'x', 'x', '~'};

/* A line of the features in such a state, when there are any. */
static void print_state(const rowcast_cpu *cpu, rowcast_feature_state state, const char *what) {
  bool any = false;
  for (size_t i = 0; i < cpu->feature_count; i++) {
    if (cpu->features[i].state != state) continue;
    out("%s%s", any ? " " : what, cpu->features[i].name);
    any = true;
  }
  if (any) out("\n");
}

/* AMX is used only with the process's permission, for which the tool asks when it begins. */
static void print_permission(const rowcast_cpu *cpu) {
  for (size_t i = 0; i < cpu->feature_count; i++) {
    const rowcast_cpu_feature *feature = &cpu->features[i];
    if (strcmp(feature->name, "amx_tile") != 0 || !feature->enabled || feature->state == ROWCAST_FEATURE_OFF_BY_GLIBC)
      continue;
    out("  AMX: permission asked and %s\n",
        feature->state == ROWCAST_FEATURE_NOT_PERMITTED ? "refused by the kernel" : "given");
  }
}

static void print_features(const rowcast_cpu *cpu) {
  out("\nfeatures (+ enabled, ! masked: the CPU has it, the operating system or a hypervisor hides it, "
      "x switched off, ~ not permitted, - absent)\n");
  for (size_t g = 0; g < GROUP_COUNT; g++) {
    bool any = false;
    for (size_t i = 0; i < cpu->feature_count; i++) {
      const rowcast_cpu_feature *feature = &cpu->features[i];
      if (group_of(feature->name) != g) continue;
      if (!any) out("  %-8s", groups[g].title);
      out(" %c%s", state_marks[feature->state], feature->name);
      any = true;
    }
    if (any) out("\n");
  }
  if (cpu->runs[ROWCAST_AVX512])
    out("  multiply-adds of 512 bits: %s\n",
        cpu->full_width_512 ? "full width" : "no more lanes a cycle than of 256 bits, as far as is known");
  print_permission(cpu);
  print_state(cpu, ROWCAST_FEATURE_MASKED, "  masked: ");
  print_state(cpu, ROWCAST_FEATURE_OFF_BY_GLIBC, "  switched off by GLIBC_TUNABLES: ");
  print_state(cpu, ROWCAST_FEATURE_OFF_BY_CAP, "  switched off by ROWCAST_ISA: ");
}

/* CPUs, cores and nodes, and the thread count that follows from them. */
static void print_threads(const struct machine *machine) {
  const rowcast_thread_choice *threads = &machine->threads;
  out("CPUs      ");
  if (machine->cpus > 0) out("%zu online, ", machine->cpus);
  out("%u available to this process%s%s\n", threads->affinity, threads->cpus[0] != '\0' ? ": " : "", threads->cpus);
  if (machine->cores > 0) {
    out("cores     %zu", machine->cores);
    if (threads->cores > 0) out(", %u available", threads->cores);
    if (machine->threads_per_core > 0)
      out("; %zu thread%s a core", machine->threads_per_core, machine->threads_per_core == 1 ? "" : "s");
    if (machine->smt >= 0) out(", SMT %s", machine->smt ? "on" : "off");
    out("\n");
  }
  if (machine->packages > 0) out("packages  %zu\n", machine->packages);
  for (size_t i = 0; i < machine->node_count; i++)
    out("NUMA      node %zu: %s%s\n", machine->nodes[i].number, machine->nodes[i].cpus[0] != '\0' ? "CPUs " : "no CPUs",
        machine->nodes[i].cpus);
  if (machine->governor[0] != '\0') out("governor  %s\n", printable(machine->governor));
  if (machine->huge_pages[0] != '\0') out("pages     huge ones: %s\n", printable(machine->huge_pages));
  if (threads->quota > 0.0) out("quota     %.2f CPUs", threads->quota);
  else out("quota     none");
  if (threads->throttled > 0) out("; used up in %lld periods so far", threads->throttled);
  out("\nthreads   %u by default: %s\n", threads->threads, threads->reason);
}

static void print_machine(const struct machine *machine) {
  out("CPU       %s\n", printable(machine->cpu.model));
  for (size_t i = 0; i < machine->trait_count; i++)
    out("%s%s %s", i == 0 ? "          " : ", ", machine->traits[i].key, printable(machine->traits[i].value));
  out("%ssystem    %s\n", machine->trait_count > 0 ? "\n" : "", printable(machine->system));
  print_threads(machine);
  for (size_t i = 0; i < machine->cache_count; i++) {
    const struct cache *cache = &machine->caches[i];
    out("cache     L%u %-11s %6zu KiB", cache->level, cache->type, cache->bytes >> 10);
    if (cache->shared_by[0] != '\0') out(", CPUs %s", cache->shared_by);
    out("\n");
  }
  out("build     %s, %s", rowcast_build_compiler(), rowcast_build_flags());
  if (rowcast_build_commit() != NULL) out(", commit %s", rowcast_build_commit());
  out("\n");
  print_features(&machine->cpu);

  out("\nISA levels");
  if (machine->cpu.cap[0] != '\0') out(" (ROWCAST_ISA=%s)", machine->cpu.cap);
  out("\n");
  for (int isa = 1; isa < ROWCAST_ISA_COUNT; isa++) {
    char reason[ROWCAST_REASON_TEXT];
    machine_isa_reason(machine, (rowcast_isa)isa, reason, sizeof reason);
    out("  %-10s %-4s %s\n", rowcast_isa_name((rowcast_isa)isa), machine->cpu.usable[isa] ? "yes" : "no", reason);
  }
}

/* The usable kernel that skips zeros at the level and in the order of the one called `chosen`; NULL: none. */
static const char *companion(const struct machine *machine, const char *chosen) {
  rowcast_kernel_info dense = {0}, info;
  for (size_t i = 0; i < rowcast_kernel_count() && (dense.name == NULL || strcmp(dense.name, chosen) != 0); i++)
    rowcast_kernel_at(i, &machine->cpu, &dense, sizeof dense);
  for (size_t i = 0; i < rowcast_kernel_count(); i++)
    if (rowcast_kernel_at(i, &machine->cpu, &info, sizeof info) == ROWCAST_OK && info.usable && info.skips_zeros &&
        info.isa == dense.isa && info.order == dense.order)
      return info.name;
  return NULL;
}

static void print_kernels(const struct machine *machine, const char *chosen) {
  int width = (int)strlen("kernel");
  rowcast_kernel_info info;
  for (size_t i = 0; i < rowcast_kernel_count(); i++)
    if (rowcast_kernel_at(i, &machine->cpu, &info, sizeof info) == ROWCAST_OK && (int)strlen(info.name) > width)
      width = (int)strlen(info.name);
  out("\n  %-*s  isa     order       tile    cycles  usable  reason\n", width, "kernel");
  for (size_t i = 0; i < rowcast_kernel_count(); i++) {
    if (rowcast_kernel_at(i, &machine->cpu, &info, sizeof info) != ROWCAST_OK) continue;
    char tile[32];
    snprintf(tile, sizeof tile, "%zux%zu", info.tile_rows, info.tile_columns);
    out("%c %-*s  %-6s  %-10s  %-6s  %6.0f  %-6s  %s\n", strcmp(info.name, chosen) == 0 ? '*' : ' ', width, info.name,
        rowcast_isa_name(info.isa), rowcast_order_name(info.order), tile,
        rowcast_kernel_cycles(i, &machine->cpu, EXAMPLE_K, EXAMPLE_N, EXAMPLE_SHARE), info.usable ? "yes" : "no",
        info.reason);
  }
  const rowcast_order order = rowcast_auto_order(EXAMPLE_K, EXAMPLE_N);
  out(
    "\ntile: rows x columns of outputs in registers; cycles: expected for one row times %d x %d weights, with MNIST's\n"
    "share of zeros where they are skipped (%.0f %% of the steps of eight are not all zero); a cycle is 32 "
    "operations\n",
    EXAMPLE_K, EXAMPLE_N, 100.0 * EXAMPLE_SHARE);
  out("* auto takes %s for %d x %d weights and float32: K and N call for the order %s, and of its usable kernels\n"
      "  that skip no zeros it costs least",
      chosen, EXAMPLE_K, EXAMPLE_N, rowcast_order_name(order));
  const char *skipping = companion(machine, chosen);
  if (skipping != NULL) out("; for bytes with as many zeros as MNIST's, %s", skipping);
  out("\n");
}

static int print_json(const struct machine *machine, const char *chosen, const json_t *measured) {
  json_t *results = json_array();
  rowcast_kernel_info info;
  bool failed = results == NULL;
  for (size_t i = 0; i < rowcast_kernel_count(); i++) {
    if (rowcast_kernel_at(i, &machine->cpu, &info, sizeof info) != ROWCAST_OK) continue;
    failed |= json_array_append_new(
                results, json_pack("{s:s, s:s, s:s, s:b, s:b, s:s, s:b, s:I, s:I, s:f}", "kernel", info.name, "isa",
                                   rowcast_isa_name(info.isa), "order", rowcast_order_name(info.order), "built",
                                   (int)info.built, "usable", (int)info.usable, "reason", info.reason, "auto",
                                   strcmp(info.name, chosen) == 0, "tile_rows", (json_int_t)info.tile_rows,
                                   "tile_columns", (json_int_t)info.tile_columns, "cycles_per_row",
                                   rowcast_kernel_cycles(i, &machine->cpu, EXAMPLE_K, EXAMPLE_N, EXAMPLE_SHARE))) != 0;
  }
  const rowcast_order order = rowcast_auto_order(EXAMPLE_K, EXAMPLE_N);
  json_t *object = json_pack("{s:s, s:o, s:{s:s, s:s, s:i, s:i}, s:o}", "version", rowcast_version(), "machine",
                             machine_json(machine), "auto", "name", chosen, "order", rowcast_order_name(order), "k",
                             EXAMPLE_K, "n", EXAMPLE_N, "results", results);
  if (measured != NULL) failed |= json_object_set(object, "bench", (json_t *)(uintptr_t)measured) != 0;
  if (failed) {
    json_decref(object);
    object = NULL;
  }
  return out_json(object);
}

int command_cpu(const struct options *options) {
  struct machine machine;
  rowcast_error error;
  const char *chosen = "";
  json_t *measured = NULL;
  if (options->measuring && !options->bench) {
    complain("--rounds, --seed, --pin and --format are for --bench; try rowcast cpu --help");
    return EXIT_USAGE;
  }
  int status = machine_read(&machine, &error) == ROWCAST_OK ? find_auto(&chosen) : complain_of(&error);
  if (status == EXIT_DONE && options->bench) status = cpu_bench(&measured, options);
  const bool json = options->json || options->format == FORMAT_JSON;
  if (status == EXIT_DONE && json) status = print_json(&machine, chosen, measured);
  else if (status == EXIT_DONE && options->format != FORMAT_TABLE) status = cpu_bench_print(measured, options);
  else if (status == EXIT_DONE && !options->quiet) {
    print_machine(&machine);
    print_kernels(&machine, chosen);
    if (measured != NULL) status = cpu_bench_print(measured, options);
  }
  json_decref(measured);
  machine_free(&machine);
  return status;
}
