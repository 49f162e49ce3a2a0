/* SPDX-License-Identifier: BSD-3-Clause */
/* `rowcast cpu`, `verify` and `show` as processes. */
#include <criterion/criterion.h>
#include <jansson.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rowcast/experimental.h>
#include <rowcast/kernels.h>
#include <rowcast/version.h>

#include "process.h"
#include "needs_openmp.h"

static json_t *parse(const struct process_result *result, int status) {
  json_error_t error;
  cr_assert_eq(result->status, status, "status %d: %s", result->status, result->err);
  json_t *object = json_loads(result->out, JSON_REJECT_DUPLICATES, &error);
  cr_assert_not_null(object, "%s in: %s", error.text, result->out);
  return object;
}

static const char *text_of(const json_t *object, const char *field) {
  const char *text = json_string_value(json_object_get(object, field));
  cr_assert_not_null(text, "no text '%s'", field);
  return text;
}

/* The tool and the library agree on every kernel, and on the one auto takes. */
/* As the tool does when it begins: what it lists is compared with what this process may use. */
__attribute__((constructor)) static void allow_amx(void) { rowcast_allow_amx(NULL); }

Test(cli_listings, cpu_json_is_the_registry) {
  rowcast_cpu cpu;
  rowcast_error error;
  cr_assert_eq(rowcast_cpu_detect(&cpu, sizeof cpu, &error), ROWCAST_OK, "%s", error.text);
  struct process_result result = ROWCAST("cpu", "--json");
  json_t *object = parse(&result, 0);
  const json_t *results = json_object_get(object, "results"), *machine = json_object_get(object, "machine");
  cr_assert_eq(json_array_size(results), rowcast_kernel_count());
  size_t chosen = 0;
  for (size_t i = 0; i < rowcast_kernel_count(); i++) {
    rowcast_kernel_info info;
    rowcast_kernel_at(i, &cpu, &info, sizeof info);
    const json_t *line = json_array_get(results, i);
    cr_expect_str_eq(text_of(line, "kernel"), info.name);
    cr_expect_str_eq(text_of(line, "isa"), rowcast_isa_name(info.isa));
    cr_expect_str_eq(text_of(line, "order"), rowcast_order_name(info.order));
    cr_expect_str_eq(text_of(line, "reason"), info.reason);
    cr_expect(json_is_boolean(json_object_get(line, "usable")));
    cr_expect_eq(json_is_true(json_object_get(line, "usable")), info.usable);
    if (json_is_true(json_object_get(line, "auto"))) {
      chosen++;
      cr_expect(info.usable);
      cr_expect_str_eq(text_of(json_object_get(object, "auto"), "name"), info.name);
    }
  }
  cr_expect_eq(chosen, 1);
  cr_expect_str_eq(text_of(machine, "model"), cpu.model);
  cr_expect_eq(json_array_size(json_object_get(machine, "features")), cpu.feature_count);
  cr_expect_eq(json_array_size(json_object_get(machine, "isa_levels")), ROWCAST_ISA_COUNT - 1);
  json_decref(object);
  process_free(&result);
}

Test(cli_listings, cpu_obeys_the_cap) {
  static const char *const environment[] = {"ROWCAST_ISA=scalar", NULL};
  const struct process_options options = {.environment = environment};
  struct process_result result = process_run(ROWCAST_ARGUMENTS("cpu", "--json"), &options);
  json_t *object = parse(&result, 0), *line;
  size_t i, usable = 0;
  json_array_foreach(json_object_get(object, "results"), i, line) {
    const bool scalar = strcmp(text_of(line, "isa"), "scalar") == 0;
    cr_expect_eq(json_is_true(json_object_get(line, "usable")), scalar, "%s", text_of(line, "kernel"));
    usable += scalar;
  }
  cr_expect_geq(usable, 3);
  json_decref(object);
  process_free(&result);
}

Test(cli_listings, cpu_text) {
  struct process_result result = ROWCAST("cpu");
  cr_expect_eq(result.status, 0, "%s", result.err);
  cr_expect_null(strchr(result.out, '\033'));
  for (size_t i = 0; i < rowcast_kernel_count(); i++) {
    rowcast_cpu cpu;
    rowcast_kernel_info info;
    cr_assert_eq(rowcast_cpu_detect(&cpu, sizeof cpu, NULL), ROWCAST_OK);
    rowcast_kernel_at(i, &cpu, &info, sizeof info);
    cr_expect_not_null(strstr(result.out, info.name));
  }
  cr_expect_not_null(strstr(result.out, "auto takes"));
  rowcast_cpu cpu;
  cr_assert_eq(rowcast_cpu_detect(&cpu, sizeof cpu, NULL), ROWCAST_OK);
  /* Not usable[]: ROWCAST_ISA may switch the level off, and the permission is given all the same. */
  const bool given = rowcast_allow_amx(NULL) == ROWCAST_OK;
  const char *said = strstr(result.out, "  AMX: permission asked and ");
  cr_expect((said != NULL) == cpu.runs[ROWCAST_AMX], "%s", result.out);
  if (said != NULL) cr_expect((strncmp(said, "  AMX: permission asked and given\n", 34) == 0) == given, "%s", said);
  process_free(&result);
}

/* The machine as `rowcast cpu --json` tells it under these changes of the environment; to be released. */
static json_t *machine_under(const char *const *environment) {
  const struct process_options options = {.environment = environment};
  struct process_result result = process_run(ROWCAST_ARGUMENTS("cpu", "--json"), &options);
  json_t *object = parse(&result, 0), *machine = json_incref(json_object_get(object, "machine"));
  json_decref(object);
  process_free(&result);
  return machine;
}

/* The tool and the library agree on the default thread count and its reason. */
Test(cli_listings, cpu_tells_the_threads) {
  rowcast_thread_choice choice;
  rowcast_default_threads_explain(&choice, sizeof choice);
  json_t *machine = machine_under(NULL);
  cr_expect_eq(json_integer_value(json_object_get(machine, "default_threads")), (json_int_t)choice.threads);
  cr_expect_eq(json_integer_value(json_object_get(machine, "available_cpus")), (json_int_t)choice.affinity);
  cr_expect_str_eq(text_of(machine, "threads_source"), choice.reason);
  cr_expect_str_eq(text_of(machine, "affinity"), choice.cpus);
  const json_t *quota = json_object_get(machine, "quota_cpus");
  cr_expect(choice.quota > 0.0 ? json_number_value(quota) == choice.quota : json_is_null(quota));
  json_decref(machine);
}

Test(cli_listings, cpu_tells_what_openmp_was_asked) {
  NEEDS_OPENMP();
  static const char *const one[] = {"OMP_NUM_THREADS=1", "OMP_THREAD_LIMIT", NULL};
  static const char *const limit[] = {"OMP_NUM_THREADS", "OMP_THREAD_LIMIT=1", NULL};
  static const char *const bound[] = {"OMP_NUM_THREADS", "OMP_THREAD_LIMIT", "OMP_PROC_BIND=true", NULL};
  static const char *const plain[] = {"OMP_NUM_THREADS", "OMP_THREAD_LIMIT", "OMP_PROC_BIND", NULL};
  if (rowcast_available_cpus() == 1) cr_skip_test("one CPU: nothing can be fewer");
  json_t *machine = machine_under(one);
  cr_expect_eq(json_integer_value(json_object_get(machine, "default_threads")), 1);
  cr_expect_not_null(strstr(text_of(machine, "threads_source"), "OMP_NUM_THREADS"));
  json_decref(machine);
  /* A count equal to the number of CPUs counts as asked for, too. */
  char all[48];
  snprintf(all, sizeof all, "OMP_NUM_THREADS=%u", rowcast_available_cpus());
  const char *const as_many[] = {all, "OMP_THREAD_LIMIT", NULL};
  machine = machine_under(as_many);
  cr_expect_eq(json_integer_value(json_object_get(machine, "default_threads")), (json_int_t)rowcast_available_cpus());
  cr_expect_not_null(strstr(text_of(machine, "threads_source"), "OMP_NUM_THREADS"));
  json_decref(machine);
  json_t *ordinary = machine_under(plain);
  const json_int_t usual = json_integer_value(json_object_get(ordinary, "default_threads"));
  machine = machine_under(limit);
  cr_expect_eq(json_integer_value(json_object_get(machine, "default_threads")), 1);
  cr_expect_eq(strstr(text_of(machine, "threads_source"), "OMP_THREAD_LIMIT") != NULL, usual > 1);
  json_decref(machine);
  /* Bound threads have a mask of one place; the process has all of them. */
  machine = machine_under(bound);
  cr_expect_eq(json_integer_value(json_object_get(machine, "default_threads")), usual);
  cr_expect_str_eq(text_of(machine, "affinity"), text_of(ordinary, "affinity"));
  json_decref(machine);
  json_decref(ordinary);
}

/* As under taskset. */
Test(cli_listings, cpu_obeys_the_affinity_mask) {
  NEEDS_OPENMP();
  cpu_set_t mask, one;
  char text[16];
  size_t cpu = 0;
  cr_assert_eq(sched_getaffinity(0, sizeof mask, &mask), 0);
  while (!CPU_ISSET(cpu, &mask)) cpu++;
  CPU_ZERO(&one);
  CPU_SET(cpu, &one);
  cr_assert_eq(sched_setaffinity(0, sizeof one, &one), 0);
  static const char *const environment[] = {"OMP_NUM_THREADS", "OMP_THREAD_LIMIT", NULL};
  json_t *machine = machine_under(environment);
  snprintf(text, sizeof text, "%zu", cpu);
  cr_expect_str_eq(text_of(machine, "affinity"), text);
  cr_expect_eq(json_integer_value(json_object_get(machine, "default_threads")), 1);
  cr_expect_str_eq(text_of(machine, "threads_source"), "as many as the CPUs this process may run on");
  json_decref(machine);
}

/* How many features are in that state, all of them with that word for who switched them off (NULL: nobody). */
static size_t count_states(const json_t *machine, const char *state, const char *by) {
  const json_t *feature;
  size_t i, count = 0;
  json_array_foreach(json_object_get(machine, "features"), i, feature) {
    const char *who = json_string_value(json_object_get(feature, "switched_off_by"));
    if (strcmp(text_of(feature, "state"), state) != 0) continue;
    if (by == NULL ? who == NULL : who != NULL && strcmp(who, by) == 0) count++;
  }
  return count;
}

/* What is switched off is told as such, and the machine's own features stay what they are. */
Test(cli_listings, cpu_tells_what_is_switched_off) {
  static const char *const plain[] = {"ROWCAST_ISA", "GLIBC_TUNABLES", NULL};
  static const char *const capped[] = {"ROWCAST_ISA=scalar", "GLIBC_TUNABLES", NULL};
  static const char *const tuned[] = {"ROWCAST_ISA", "GLIBC_TUNABLES=glibc.cpu.hwcaps=-AVX2", NULL};
  unsetenv("ROWCAST_ISA");
  rowcast_cpu cpu;
  cr_assert_eq(rowcast_cpu_detect(&cpu, sizeof cpu, NULL), ROWCAST_OK);
  json_t *machine = machine_under(plain);
  const size_t enabled = count_states(machine, "enabled", NULL), absent = count_states(machine, "absent", NULL);
  const size_t masked = count_states(machine, "masked", NULL);
  cr_expect_eq(enabled + absent + masked, json_array_size(json_object_get(machine, "features")));
  json_decref(machine);

  machine = machine_under(capped);
  const size_t off = count_states(machine, "off", "ROWCAST_ISA");
  cr_expect_eq(off > 0, cpu.runs[ROWCAST_AVX2] || cpu.runs[ROWCAST_NEON]);
  cr_expect_eq(count_states(machine, "enabled", NULL), enabled - off);
  cr_expect_eq(count_states(machine, "absent", NULL), absent);
  json_decref(machine);

#if defined(__GLIBC__) && defined(__x86_64__)
  if (!cpu.runs[ROWCAST_AVX2]) cr_skip_test("no AVX2 to switch off");
#if __GLIBC_PREREQ(2, 33)
  machine = machine_under(tuned);
  cr_expect_eq(count_states(machine, "off", "GLIBC_TUNABLES"), 1);
  json_decref(machine);
  const struct process_options options = {.environment = tuned};
  struct process_result result = ROWCAST("cpu");
  cr_expect_null(strstr(result.out, "GLIBC_TUNABLES"));
  process_free(&result);
  result = process_run(ROWCAST_ARGUMENTS("cpu"), &options);
  cr_expect_not_null(strstr(result.out, "  switched off by GLIBC_TUNABLES: avx2\n"), "%s", result.out);
  cr_expect_not_null(strstr(result.out, "  avx2       no   avx2 is switched off by GLIBC_TUNABLES\n"));
  cr_expect_not_null(strstr(result.out, "* scalar-"), "auto takes what is left");
  process_free(&result);
  /* A kernel that is asked for by name is refused with the same reason. */
  result = process_run(ROWCAST_ARGUMENTS("matmul", "--kernel", "avx2-dot"), &options);
  cr_expect_eq(result.status, 2);
  cr_expect_not_null(strstr(result.err, "avx2 is switched off by GLIBC_TUNABLES"), "%s", result.err);
  process_free(&result);
#endif
#endif
}

Test(cli_listings, cpu_tells_the_build) {
  json_t *machine = machine_under(NULL);
  cr_expect_str_eq(text_of(machine, "compiler"), rowcast_build_compiler());
  cr_expect_str_eq(text_of(machine, "flags"), rowcast_build_flags());
  cr_expect_not_null(strstr(rowcast_build_flags(), "-ffp-contract=off"));
  const json_t *commit = json_object_get(machine, "commit");
  cr_expect(rowcast_build_commit() == NULL ? json_is_null(commit)
                                           : strcmp(text_of(machine, "commit"), rowcast_build_commit()) == 0);
  json_decref(machine);
}

Test(cli_listings, verify_checks_what_it_says) {
  struct process_result result = ROWCAST("verify", "--rows", "0:70", "--threads", "1,3", "--json");
  json_t *object = parse(&result, 0), *line;
  rowcast_cpu cpu;
  cr_assert_eq(rowcast_cpu_detect(&cpu, sizeof cpu, NULL), ROWCAST_OK);
  size_t usable = 0, orders = 0;
  bool seen[ROWCAST_ORDER_COUNT] = {false};
  for (size_t i = 0; i < rowcast_kernel_count(); i++) {
    rowcast_kernel_info info;
    rowcast_kernel_at(i, &cpu, &info, sizeof info);
    usable += info.usable;
    if (info.usable && !seen[info.order]) orders++;
    if (info.usable) seen[info.order] = true;
  }
  /* Two element types; serial once and the others with two thread counts; and bytes against float32 by order. */
  const size_t expected = usable * 2 * (1 + 2 * (rowcast_driver_count() - 1)) + orders;
  const json_t *results = json_object_get(object, "results");
  cr_expect_eq(json_array_size(results), expected);
  cr_expect_eq((size_t)json_integer_value(json_object_get(object, "passed")), expected);
  cr_expect_eq(json_integer_value(json_object_get(object, "failed")), 0);
  cr_expect(json_is_object(json_object_get(object, "machine")));
  size_t i;
  /* Every order but exact, for both types: most outputs are rounded otherwise, and not far away. */
  const json_t *distances = json_object_get(object, "distances");
  cr_expect_eq(json_array_size(distances), 2 * (orders - 1));
  json_array_foreach(distances, i, line) {
    const double share = json_real_value(json_object_get(line, "share_not_exact"));
    const double ulps = json_real_value(json_object_get(line, "worst_ulps"));
    cr_expect(share > 0.1 && share < 1.0 && ulps >= 1.0 && ulps < 1e5, "%s: %g, %g", text_of(line, "order"), share,
              ulps);
  }
  json_array_foreach(results, i, line) {
    const double worst = json_real_value(json_object_get(line, "worst_error"));
    cr_expect(json_is_true(json_object_get(line, "ok")));
    cr_expect_eq(json_integer_value(json_object_get(line, "rows")), 70);
    cr_expect(worst > 0.0 && worst < json_real_value(json_object_get(line, "error_limit")));
  }
  json_decref(object);
  process_free(&result);
}

Test(cli_listings, verify_of_one_kernel) {
  struct process_result result = ROWCAST("verify", "--rows", "0:5", "--kernel", "scalar-naive", "--dtype", "u8",
                                         "--threads", "2", "--color", "never");
  cr_expect_eq(result.status, 0, "%s", result.err);
  static const char last[] = "\n3 checks passed, 0 failed\n"; /* serial, openmp, openmp-dynamic */
  const size_t length = strlen(result.out);
  cr_assert_geq(length, sizeof last);
  cr_expect_str_eq(result.out + length - (sizeof last - 1), last);
  process_free(&result);
  result = ROWCAST("verify", "--rows", "0:5", "--kernel", "scalar-dot", "--quiet");
  cr_expect_eq(result.status, 0);
  cr_expect_str_empty(result.out);
  process_free(&result);
}

/* A scale that is no power of two is within its wider bound, and one that makes numbers subnormal within what that
 * adds; bytes are not asked to equal float32 then. */
Test(cli_listings, verify_with_another_scale) {
  static const char *const scales[] = {"1/255", "1e-40", "3e-45"};
  for (size_t i = 0; i < 3; i++) {
    struct process_result result = ROWCAST("verify", "--rows", "0:20", "--scale", scales[i], "--threads", "2");
    cr_expect_eq(result.status, 0, "%s%s", result.out, result.err);
    cr_expect_null(strstr(result.out, "u8 = f32"));
    process_free(&result);
  }
}

/* Lines of text, and the longest. */
static size_t count_lines(const char *text, size_t *longest) {
  size_t lines = 0;
  *longest = 0;
  for (const char *end; (end = strchr(text, '\n')) != NULL; text = end + 1, lines++)
    if ((size_t)(end - text) > *longest) *longest = (size_t)(end - text);
  return lines;
}

Test(cli_listings, show_draws_with_index_and_label) {
  struct process_result result = ROWCAST("show", "--rows", "50000:50003", "--width", "88");
  size_t longest;
  cr_expect_eq(result.status, 0, "%s", result.err);
  /* The labels of x_valid's first rows are 3, 8, 6. */
  cr_expect_eq(strncmp(result.out, "50000: 3 ", 9), 0);
  cr_expect_not_null(strstr(result.out, " 50001: 8 "));
  cr_expect_not_null(strstr(result.out, " 50002: 6\n"));
  cr_expect_eq(count_lines(result.out, &longest), 15, "a caption and 14 lines of two pixels' height");
  cr_expect_eq(longest, 88);
  cr_expect_null(strchr(result.out, '\033'));
  cr_expect_eq(strspn(result.out, " .:-=+*#%@\n0123456789"), strlen(result.out), "other characters than the ramp's");
  cr_expect_not_null(strchr(result.out, '@'));
  process_free(&result);
  /* One column less, and the third picture moves below. */
  result = ROWCAST("show", "--rows", "50000:50003", "--width", "87");
  cr_expect_eq(count_lines(result.out, &longest), 31);
  cr_expect_eq(longest, 58);
  process_free(&result);
}

Test(cli_listings, show_defaults_and_narrow_terminal) {
  size_t longest;
  struct process_result result = ROWCAST("show");
  cr_expect_eq(result.status, 0, "%s", result.err);
  cr_expect_not_null(strstr(result.out, "9: 4"));
  cr_expect_null(strstr(result.out, "10: "));
  cr_expect_eq(count_lines(result.out, &longest), 5 * 15 + 4);
  cr_expect_leq(longest, 80);
  process_free(&result);
  result = ROWCAST("show", "--width", "28", "--rows", "0:1");
  cr_expect_eq(count_lines(result.out, &longest), 15);
  cr_expect_eq(longest, 28);
  process_free(&result);
}

Test(cli_listings, show_colors_when_asked) {
  struct process_result result = ROWCAST("show", "--rows", "0:1", "--color", "always", "--ascii");
  cr_expect_eq(result.status, 0);
  cr_expect_not_null(strstr(result.out, "\033[48;5;"));
  for (const char *at = result.out; *at != '\0'; at++) cr_expect((unsigned char)*at < 0x80);
  process_free(&result);
  static const char *const utf8[] = {"LC_ALL=C.UTF-8", NULL}, *const plain[] = {"LC_ALL=C", NULL};
  const struct process_options in_utf8 = {.environment = utf8}, in_c = {.environment = plain};
  result = process_run(ROWCAST_ARGUMENTS("show", "--rows", "0:1", "--color", "always"), &in_utf8);
  cr_expect_not_null(strstr(result.out, "\xe2\x96\x80"));
  process_free(&result);
  result = process_run(ROWCAST_ARGUMENTS("show", "--rows", "0:1", "--color", "always"), &in_c);
  cr_expect_null(strstr(result.out, "\xe2\x96\x80"));
  process_free(&result);
}

Test(cli_listings, show_json_has_the_pixels) {
  struct process_result result = ROWCAST("show", "--rows", "0:2", "--json");
  json_t *object = parse(&result, 0);
  const json_t *first = json_array_get(json_object_get(object, "results"), 0);
  cr_expect_eq(json_array_size(json_object_get(object, "results")), 2);
  cr_expect_eq(json_integer_value(json_object_get(first, "index")), 0);
  cr_expect_eq(json_integer_value(json_object_get(first, "label")), 5);
  const json_t *pixels = json_object_get(first, "pixels");
  cr_assert_eq(json_array_size(pixels), 28);
  cr_assert_eq(json_array_size(json_array_get(pixels, 5)), 28);
  /* The first pixels that are not 0 in MNIST: row 5, from column 12. */
  static const int known[] = {0, 3, 18, 18, 18, 126, 136, 175, 26, 166, 255, 247, 127, 0};
  for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
    cr_expect_eq(json_integer_value(json_array_get(json_array_get(pixels, 5), 11 + i)), known[i], "column %zu", 11 + i);
  json_decref(object);
  process_free(&result);
}
