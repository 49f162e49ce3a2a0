/* SPDX-License-Identifier: BSD-3-Clause */
/* Why a batch is multiplied as it is: the library's choice, and what `rowcast matmul --explain` tells of it. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>
#include <jansson.h>

#include <rowcast/experimental.h>
#include <rowcast/rowcast.h>

#include "process.h"

enum { M = 64, K = 784, N = 10 };

static rowcast_plan *make_plan(const char *kernel, rowcast_dtype dtype) {
  float *w = malloc(sizeof(float) * K * N);
  cr_assert(w != NULL && rowcast_randn(1, w, K * N) == ROWCAST_OK);
  rowcast_plan_options options = ROWCAST_PLAN_DEFAULTS;
  options.kernel = kernel;
  options.dtype = dtype;
  rowcast_plan *plan;
  rowcast_error err;
  cr_assert(rowcast_plan_create(&plan, K, N, w, N, &options, &err) == ROWCAST_OK, "%s", err.text);
  free(w);
  return plan;
}

static rowcast_choice choose(const rowcast_plan *plan, const void *x) {
  rowcast_choice choice;
  cr_assert(rowcast_plan_explain(plan, M, x, K, &choice, sizeof choice) == ROWCAST_OK);
  cr_assert(choice.threads == rowcast_plan_threads_for(plan, M));
  cr_assert_str_eq(choice.driver, choice.threads > 1 ? "openmp" : "serial");
  cr_assert(choice.cycles > 0.0 && choice.tile_rows > 0 && choice.tile_columns > 0);
  cr_assert(choice.k_block >= 8 && choice.k_block <= K && choice.k_block % 8 == 0);
  cr_assert(choice.asked_for || choice.runner_up == NULL || choice.cycles <= choice.runner_up_cycles);
  return choice;
}

/* Zeros make the choice of auto, where there is a kernel that skips them; what they cost decides. */
Test(explain, zeros_decide) {
  unsigned char *x = calloc(M, K);
  cr_assert(x != NULL);
  rowcast_plan *plan = make_plan(NULL, ROWCAST_U8);
  rowcast_plan_info info;
  rowcast_plan_describe(plan, &info, sizeof info);
  rowcast_choice choice = choose(plan, x);
  cr_assert(!choice.asked_for && choice.skips_zeros == (info.skip_kernel != NULL));
  cr_assert(choice.nonzero_share == (info.skip_kernel != NULL ? 0.0 : 1.0));
  memset(x, 1, (size_t)M * K);
  choice = choose(plan, x);
  cr_assert(!choice.skips_zeros && choice.nonzero_share == 1.0);
  cr_assert_str_eq(choice.kernel, info.kernel);
  rowcast_plan_destroy(plan);
  free(x);
}

Test(explain, a_kernel_that_was_named) {
  float *x = calloc((size_t)M * K, sizeof *x);
  cr_assert(x != NULL);
  rowcast_plan *plan = make_plan("scalar-naive", ROWCAST_F32);
  const rowcast_choice choice = choose(plan, x);
  cr_assert(choice.asked_for && !choice.skips_zeros);
  cr_assert_str_eq(choice.kernel, "scalar-naive");
  cr_assert_null(choice.runner_up, "no other kernel has its order's bits");
  rowcast_plan_destroy(plan);
  free(x);
}

/* What a kernel that skips is expected to cost depends on the zeros, also where nobody chose it. */
Test(explain, a_skipping_kernel_that_was_named) {
  unsigned char *x = malloc((size_t)M * K);
  rowcast_cpu cpu;
  cr_assert(x != NULL && rowcast_cpu_detect(&cpu, sizeof cpu, NULL) == ROWCAST_OK);
  size_t found = 0;
  for (size_t i = 0; i < rowcast_kernel_count(); i++) {
    rowcast_kernel_info info;
    cr_assert(rowcast_kernel_at(i, &cpu, &info, sizeof info) == ROWCAST_OK);
    if (!info.usable || !info.skips_zeros) continue;
    rowcast_plan *plan = make_plan(info.name, ROWCAST_U8);
    for (unsigned share = 0; share <= 1; share++) {
      memset(x, (int)share, (size_t)M * K);
      const rowcast_choice choice = choose(plan, x);
      cr_assert(choice.asked_for && choice.skips_zeros && choice.nonzero_share == share, "%s", info.name);
      cr_assert(choice.cycles == rowcast_kernel_cycles(i, &cpu, K, N, share), "%s", info.name);
    }
    rowcast_plan_destroy(plan);
    found++;
  }
  free(x);
  if (found == 0) cr_skip_test("no kernel that skips zeros is usable here");
}

/* Where a weight is not finite, nothing is skipped, and no kernel's name says otherwise. */
Test(explain, weights_that_are_not_finite) {
  float w[8] = {[3] = INFINITY};
  unsigned char x[8] = {0};
  rowcast_cpu cpu;
  cr_assert(rowcast_cpu_detect(&cpu, sizeof cpu, NULL) == ROWCAST_OK);
  for (size_t i = 0; i < rowcast_kernel_count(); i++) {
    rowcast_kernel_info info;
    cr_assert(rowcast_kernel_at(i, &cpu, &info, sizeof info) == ROWCAST_OK);
    if (!info.usable) continue;
    rowcast_plan_options options = ROWCAST_PLAN_DEFAULTS;
    options.kernel = info.name;
    options.dtype = ROWCAST_U8;
    rowcast_plan *plan;
    rowcast_choice choice;
    cr_assert(rowcast_plan_create(&plan, 8, 1, w, 1, &options, NULL) == ROWCAST_OK, "%s", info.name);
    cr_assert(rowcast_plan_explain(plan, 1, x, 8, &choice, sizeof choice) == ROWCAST_OK);
    cr_assert(!choice.skips_zeros && choice.nonzero_share == 1.0, "%s", info.name);
    rowcast_plan_destroy(plan);
  }
}

/* Where a kernel of the order exact is expected to be faster, the tool says so: on CPUs with AMX. */
Test(explain, faster_exact) {
  struct process_result result = ROWCAST("matmul", "--rows", "0:2000", "--explain", "--json", "--threads", "1");
  json_t *object = json_loads(result.out, 0, NULL), *explain = json_object_get(object, "explain");
  rowcast_cpu cpu;
  rowcast_allow_amx(NULL); /* as the tool does */
  cr_assert(rowcast_cpu_detect(&cpu, sizeof cpu, NULL) == ROWCAST_OK);
  const char *name = json_string_value(json_object_get(explain, "faster_exact"));
  bool amx = false;
  for (size_t i = 0; i < rowcast_kernel_count(); i++) {
    rowcast_kernel_info info;
    cr_assert(rowcast_kernel_at(i, &cpu, &info, sizeof info) == ROWCAST_OK);
    amx |= info.isa == ROWCAST_AMX && info.usable;
  }
  if (amx) {
    cr_assert_not_null(name);
    cr_expect_str_eq(name, "amx-digits");
    cr_expect(json_real_value(json_object_get(explain, "faster_exact_cycles_per_row")) <
              json_real_value(json_object_get(explain, "cycles_per_row")));
  }
  json_decref(object);
  process_free(&result);
  result = ROWCAST("matmul", "--rows", "0:2000", "--explain", "--threads", "1");
  cr_expect((strstr(result.out, "--order exact, the correctly rounded") != NULL) == (name != NULL), "%s", result.out);
  process_free(&result);
}

/* What the order exact would run is what a plan of it runs, however many zeros there are. */
Test(explain, exact_is_what_its_plan_runs) {
  enum { ROWS = 64, BYTES = 784, COLUMNS = 10 };
  static float w[BYTES * COLUMNS];
  unsigned char *x = malloc(ROWS * BYTES);
  cr_assert(x != NULL && rowcast_randn(1, w, BYTES * COLUMNS) == ROWCAST_OK);
  rowcast_allow_amx(NULL);
  for (unsigned share = 0; share <= 100; share += 5) {
    for (size_t i = 0; i < ROWS * BYTES; i++) x[i] = i / 8 % 20 * 5 < share ? 7 : 0;
    rowcast_plan_options options = ROWCAST_PLAN_DEFAULTS;
    rowcast_plan *plan, *exact;
    rowcast_choice choice, other;
    options.dtype = ROWCAST_U8;
    cr_assert(rowcast_plan_create(&plan, BYTES, COLUMNS, w, COLUMNS, &options, NULL) == ROWCAST_OK);
    options.order = ROWCAST_EXACT;
    cr_assert(rowcast_plan_create(&exact, BYTES, COLUMNS, w, COLUMNS, &options, NULL) == ROWCAST_OK);
    cr_assert(rowcast_plan_explain(plan, ROWS, x, BYTES, &choice, sizeof choice) == ROWCAST_OK);
    cr_assert(rowcast_plan_explain(exact, ROWS, x, BYTES, &other, sizeof other) == ROWCAST_OK);
    cr_assert((choice.exact != NULL) == (other.cycles < choice.cycles), "%u %%: %s, %s", share, choice.kernel,
              other.kernel);
    if (choice.exact != NULL) cr_assert_str_eq(choice.exact, other.kernel, "%u %%", share);
    rowcast_plan_destroy(plan);
    rowcast_plan_destroy(exact);
  }
  free(x);
}

/* The driver that runs is told, and never that it was left to the library. */
Test(explain, drivers) {
  static const float w[K * N];
  float *x = calloc((size_t)M * K, sizeof *x);
  cr_assert(x != NULL);
  for (size_t d = 0; d < rowcast_driver_count(); d++)
    for (unsigned threads = 1; threads <= 2; threads++) {
      rowcast_plan_options options = ROWCAST_PLAN_DEFAULTS;
      rowcast_plan *plan;
      rowcast_choice choice;
      options.driver = rowcast_driver_name(d);
      options.threads = threads;
      cr_assert(rowcast_plan_create(&plan, K, N, w, N, &options, NULL) == ROWCAST_OK);
      cr_assert(rowcast_plan_explain(plan, M, x, K, &choice, sizeof choice) == ROWCAST_OK);
      cr_assert_str_eq(choice.driver, options.driver);
      rowcast_plan_destroy(plan);
      options.driver = "auto";
      cr_assert(rowcast_plan_create(&plan, K, N, w, N, &options, NULL) == ROWCAST_OK);
      /* One row is not worth a team. */
      for (size_t m = 0; m <= M; m += m == 0 ? 1 : M - 1) {
        cr_assert(rowcast_plan_explain(plan, m, x, K, &choice, sizeof choice) == ROWCAST_OK);
        cr_assert_str_eq(choice.driver, choice.threads > 1 ? "openmp" : "serial", "%zu rows, %u threads", m, threads);
        if (m <= 1) cr_assert_str_eq(choice.driver, "serial");
      }
      rowcast_plan_destroy(plan);
    }
  free(x);
}

Test(explain, arguments) {
  rowcast_choice choice;
  unsigned char x[2 * K] = {0};
  rowcast_plan *plan = make_plan(NULL, ROWCAST_U8);
  rowcast_plan_info info;
  rowcast_plan_describe(plan, &info, sizeof info);
  cr_assert(rowcast_plan_explain(NULL, 1, x, K, &choice, sizeof choice) == ROWCAST_ERR_ARGUMENT);
  cr_assert(rowcast_plan_explain(plan, 1, x, K, NULL, sizeof(rowcast_choice)) == ROWCAST_ERR_ARGUMENT);
  cr_assert(rowcast_plan_explain(plan, 0, NULL, 0, &choice, sizeof choice) == ROWCAST_OK);
  cr_assert_str_eq(choice.kernel, info.kernel);
  rowcast_plan_destroy(plan);
  /* A caller cannot rely on there being a kernel that looks at the rows. */
  static const char *const kernels[] = {NULL, "scalar-dot"};
  for (size_t i = 0; i < sizeof kernels / sizeof kernels[0]; i++) {
    plan = make_plan(kernels[i], ROWCAST_U8);
    cr_assert(rowcast_plan_explain(plan, 2, NULL, K, &choice, sizeof choice) == ROWCAST_ERR_ARGUMENT);
    cr_assert(rowcast_plan_explain(plan, 2, x, K - 1, &choice, sizeof choice) == ROWCAST_OK); /* rows may overlap */
    cr_assert(rowcast_plan_explain(plan, 1, x, 0, &choice, sizeof choice) == ROWCAST_OK);
    cr_assert(rowcast_plan_explain(plan, SIZE_MAX, x, K, &choice, sizeof choice) == ROWCAST_ERR_OVERFLOW);
    rowcast_plan_destroy(plan);
  }
}

/* The object `explain` of a run with these arguments; the result is to be freed. */
static json_t *explained(const char *const *arguments, json_t **whole) {
  struct process_result result = process_run(arguments, NULL);
  cr_assert_eq(result.status, 0, "%s", result.err);
  cr_assert_str_empty(result.err);
  json_error_t error;
  *whole = json_loads(result.out, JSON_REJECT_DUPLICATES, &error);
  cr_assert_not_null(*whole, "%s: %s", error.text, result.out);
  process_free(&result);
  json_t *explain = json_object_get(*whole, "explain");
  cr_assert(json_is_object(explain));
  cr_assert_str_eq(json_string_value(json_object_get(explain, "kernel")),
                   json_string_value(json_object_get(*whole, "kernel")));
  cr_assert(json_number_value(json_object_get(explain, "measured_s")) > 0.0);
  cr_assert(json_number_value(json_object_get(explain, "first_s")) > 0.0);
  const json_t *expected = json_object_get(explain, "expected_s");
  if (expected != NULL) {
    const double arithmetic = json_number_value(json_object_get(explain, "arithmetic_s"));
    const double memory = json_number_value(json_object_get(explain, "memory_s"));
    cr_assert(arithmetic > 0.0 && memory > 0.0 && json_number_value(expected) == fmax(arithmetic, memory));
    cr_assert(json_number_value(json_object_get(explain, "peak_gflops")) > 0.0);
    cr_assert(json_number_value(json_object_get(explain, "peak_gbytes_per_s")) > 0.0);
  }
  return explain;
}

Test(explain, json) {
  json_t *whole, *explain = explained(ROWCAST_ARGUMENTS("matmul", "--rows", "0:500", "--explain", "--json"), &whole);
  cr_assert(json_is_false(json_object_get(explain, "asked_for")));
  cr_assert_eq(json_integer_value(json_object_get(explain, "packed_bytes")) % 4, 0);
  json_decref(whole);
  explain =
    explained(ROWCAST_ARGUMENTS("matmul", "--rows", "0:50", "--kernel", "scalar-dot", "--explain", "--json"), &whole);
  cr_assert(json_is_true(json_object_get(explain, "asked_for")));
  cr_assert_str_eq(json_string_value(json_object_get(explain, "order")), "lanes8");
  json_decref(whole);
}

Test(explain, text) {
  struct process_result result = ROWCAST("matmul", "--rows", "0:500", "--explain");
  cr_assert_eq(result.status, 0, "%s", result.err);
  static const char *const heads[] = {"\nwhy\n",     "\norder    lanes8", "\ntile     ",
                                      "\nzeros    ", "\nexpected ",       "\nmeasured "};
  const char *at = result.out;
  for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
    const char *next = strstr(at, heads[i]);
    cr_assert_not_null(next, "no '%s' in its place: %s", heads[i] + 1, result.out);
    at = next;
  }
  process_free(&result);
  result = ROWCAST("matmul", "--rows", "0:50", "--kernel", "scalar-dot", "--explain");
  cr_assert_eq(result.status, 0, "%s", result.err);
  cr_assert_not_null(strstr(result.out, "\nkernel   scalar-dot: asked for, "), "%s", result.out);
  cr_assert_not_null(strstr(result.out, "\nzeros    multiplied, as the kernel named does\n"), "%s", result.out);
  process_free(&result);
  /* Without rows there is nothing to sample or to measure, and nothing to fail. */
  result = ROWCAST("matmul", "--rows", "0:0", "--explain");
  cr_assert_eq(result.status, 0, "%s", result.err);
  cr_assert_not_null(strstr(result.out, "\nzeros    multiplied: there are no rows\n"), "%s", result.out);
  cr_assert_null(strstr(result.out, "\nmeasured "), "%s", result.out);
  process_free(&result);
  result = ROWCAST("cpu", "--explain");
  cr_assert_eq(result.status, 2);
  process_free(&result);
}
