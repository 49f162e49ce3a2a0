/* SPDX-License-Identifier: BSD-3-Clause */
/* `rowcast matmul` as a process: the article's two tables, the same bits however it is run, and its JSON. */
#include <criterion/criterion.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <rowcast/cpu.h>
#include <rowcast/writer.h>

#include "process.h"
#include "needs_openmp.h"

/* V. Bakshi, "Optimizing Matrix Multiplication Using Numba and Broadcasting", 2025: x_valid[:5] @ weights. */
static const double article_valid[5][10] = {
  {-10.94, -0.68, -7.00, -4.01, -2.09, -3.36, 3.91, -3.44, -11.47, -2.12},
  {14.54, 6.00, 2.89, -4.08, 6.59, -14.74, -9.28, 2.16, -15.28, -2.68},
  {2.22, -3.22, -4.80, -6.05, 14.17, -8.98, -4.79, -5.44, -20.68, 13.57},
  {-6.71, 8.90, -7.46, -7.90, 2.70, -4.73, -11.03, -12.98, -6.44, 3.64},
  {-2.44, -6.40, -2.40, -9.04, 11.18, -5.77, -8.92, -3.79, -8.98, 5.28},
};

/* The same, x_train @ weights as PyTorch shortens it. */
static const char article_train[] = "  0.96   -2.96   -2.11  ...  -15.09  -17.69    0.60\n"
                                    "  6.89   -0.34    0.79  ...  -17.13  -25.36   16.23\n"
                                    "-10.18    7.38    4.13  ...   -6.73   -6.79   -1.58\n"
                                    "...\n"
                                    "  7.40    7.64   -3.50  ...   -1.02  -16.22    2.07\n"
                                    "  3.25    9.52   -9.37  ...    2.98  -19.58   -1.96\n"
                                    " 15.70    4.12   -5.62  ...    8.08  -12.21    0.42\n";

/* The table follows the summary and an empty line. */
static const char *table_of(const char *out) {
  const char *gap = strstr(out, "\n\n");
  cr_assert_not_null(gap, "no table in: %s", out);
  return gap + 2;
}

static json_t *parse(const struct process_result *result) {
  json_error_t error;
  cr_assert_eq(result->status, 0, "status %d: %s", result->status, result->err);
  json_t *object = json_loads(result->out, JSON_REJECT_DUPLICATES, &error);
  cr_assert_not_null(object, "%s in: %s", error.text, result->out);
  return object;
}

/* The checksum `rowcast matmul --json --rows rows more...` reports. */
static void checksum(char crc32[9], const char *const *arguments, const char *const *environment) {
  const struct process_options options = {.environment = environment};
  struct process_result result = process_run(arguments, &options);
  json_t *object = parse(&result);
  const char *text = json_string_value(json_object_get(object, "crc32"));
  cr_assert(text != NULL && strlen(text) == 8 && strspn(text, "0123456789abcdef") == 8);
  memcpy(crc32, text, 9);
  json_decref(object);
  process_free(&result);
}

/* What is reported are threads that can run. */
Test(cli_matmul, thread_limit_of_the_environment) {
  const struct process_options options = {.environment = (const char *const[]){"OMP_THREAD_LIMIT=1", NULL}};
  struct process_result result = process_run(ROWCAST_ARGUMENTS("matmul", "--threads", "4", "--json"), &options);
  cr_assert_eq(result.status, 0);
  cr_assert_not_null(strstr(result.out, "\"threads\": 1,"), "%s", result.out);
  process_free(&result);
}

/* All CPUs, whatever the default is. */
Test(cli_matmul, all_threads) {
  NEEDS_OPENMP();
  const struct process_options options = {.environment =
                                            (const char *const[]){"OMP_NUM_THREADS=1", "OMP_THREAD_LIMIT", NULL}};
  static const char *const calls[][5] = {{"matmul", "--json", NULL}, {"matmul", "--threads", "all", "--json", NULL}};
  for (size_t i = 0; i < 2; i++) {
    struct process_result result = process_run(calls[i], &options);
    cr_assert_eq(result.status, 0, "%s", result.err);
    json_t *object = json_loads(result.out, 0, NULL);
    cr_expect_eq(json_integer_value(json_object_get(object, "threads")),
                 i == 0 ? 1 : (json_int_t)rowcast_available_cpus());
    json_decref(object);
    process_free(&result);
  }
}

/* While rows come in blocks one CPU is left to their reader, but not of a number that was asked for. */
Test(cli_matmul, threads_of_blocks) {
  NEEDS_OPENMP();
  const unsigned cpus = rowcast_available_cpus();
  if (cpus == 1) cr_skip_test("one CPU: there is none to be left");
  char *folder = folder_make(), *path = path_in(folder, "x.npy"), number[24], asked[48];
  float *x = calloc(2000 * 784, sizeof *x);
  cr_assert_not_null(x);
  cr_assert_eq(rowcast_write_f32(path, x, 2000, 784, 784, NULL, NULL), ROWCAST_OK);
  snprintf(number, sizeof number, "%u", cpus);
  snprintf(asked, sizeof asked, "OMP_NUM_THREADS=%u", cpus);
  const struct process_options by_environment = {.environment = (const char *const[]){asked, "OMP_THREAD_LIMIT", NULL}};
  json_int_t threads[2];
  for (size_t i = 0; i < 2; i++) {
    const char *const arguments[] = {"matmul", "-i", path, "--max-bytes", "4M", "--json", i == 0 ? NULL : "--threads",
                                     number,   NULL};
    struct process_result result = process_run(arguments, i == 0 ? &by_environment : NULL);
    cr_assert_eq(result.status, 0, "%s", result.err);
    json_t *object = json_loads(result.out, 0, NULL);
    threads[i] = json_integer_value(json_object_get(object, "threads"));
    json_decref(object);
    process_free(&result);
  }
  cr_expect_gt(threads[1], 1);
  cr_expect_eq(threads[0], threads[1], "%d threads", (int)threads[0]);
  free(x), free(path);
  folder_remove(folder);
}

/* A scale that float32 holds, but whose 256th part it does not, would become the 0 that means 1. */
Test(cli_matmul, scales_that_bytes_cannot_have) {
  char *folder = folder_make(), *path = path_in(folder, "x.npy");
  cr_assert_eq(rowcast_write_f32(path, (const float[]){0.5f, 0.25f, 0, 0.75f}, 2, 2, 2, NULL, NULL), ROWCAST_OK);
  static const char *const scales[] = {"1e-44", "-1e-44", "1.1e-42"};
  for (size_t i = 0; i < sizeof scales / sizeof scales[0]; i++) {
    struct process_result result = ROWCAST("matmul", "-i", path, "--dtype", "u8", "--scale", scales[i], "--quiet");
    cr_expect_eq(result.status, 1, "%s: %d", scales[i], result.status);
    cr_expect_not_null(strstr(result.err, "--scale: 1/256 of "), "%s", result.err);
    process_free(&result);
    result = ROWCAST("matmul", "-i", path, "--scale", scales[i], "--quiet");
    cr_expect_eq(result.status, 0, "%s", result.err);
    process_free(&result);
  }
  free(path);
  folder_remove(folder);
}

Test(cli_matmul, prints_the_articles_validation_table) {
  struct process_result result = ROWCAST("matmul", "--rows", "50000:50005");
  cr_assert_eq(result.status, 0, "%s", result.err);
  cr_assert_str_empty(result.err);
  char expected[1024];
  size_t length = 0;
  for (size_t i = 0; i < 5; i++)
    for (size_t j = 0; j < 10; j++)
      length += (size_t)snprintf(expected + length, sizeof expected - length, "%6.2f%s", article_valid[i][j],
                                 j < 9 ? "  " : "\n");
  cr_assert_str_eq(table_of(result.out), expected);
  cr_assert_null(strchr(result.out, '\033'), "an escape sequence where there is no terminal");
  process_free(&result);
}

Test(cli_matmul, prints_the_articles_training_table) {
  struct process_result result = ROWCAST("matmul");
  cr_assert_eq(result.status, 0, "%s", result.err);
  cr_assert_str_eq(table_of(result.out), article_train);
  cr_assert_not_null(strstr(result.out, "50000 x 784 times 784 x 10"));
  process_free(&result);
}

Test(cli_matmul, json_has_the_fields) {
  struct process_result result = ROWCAST("matmul", "--rows", "100:300", "--threads", "2", "--json");
  json_t *object = parse(&result);
  const char *strings[] = {"version", "kernel", "isa", "order", "dtype", "crc32"};
  for (size_t i = 0; i < sizeof strings / sizeof strings[0]; i++)
    cr_assert(json_is_string(json_object_get(object, strings[i])), "%s", strings[i]);
  cr_assert_eq(json_integer_value(json_object_get(object, "rows")), 200);
  cr_assert_eq(json_integer_value(json_object_get(object, "k")), 784);
  cr_assert_eq(json_integer_value(json_object_get(object, "n")), 10);
  const json_int_t threads = json_integer_value(json_object_get(object, "threads"));
  cr_assert(threads == 1 || threads == 2);
  cr_assert_str_eq(json_string_value(json_object_get(object, "dtype")), "u8");
  const json_t *seconds = json_object_get(object, "seconds");
  const char *times[] = {"load", "pack", "matmul", "write", "total"};
  for (size_t i = 0; i < sizeof times / sizeof times[0]; i++)
    cr_assert(json_is_real(json_object_get(seconds, times[i])), "seconds.%s", times[i]);
  const double matmul = json_real_value(json_object_get(seconds, "matmul"));
  const double gflops = json_real_value(json_object_get(object, "gflops"));
  const double gbytes = json_real_value(json_object_get(object, "gbytes_per_s"));
  cr_assert(matmul > 0.0);
  cr_assert_float_eq(gflops * matmul, 2e-9 * 200 * 784 * 10, 1e-12);
  cr_assert_float_eq(gbytes * matmul, 1e-9 * 200 * 784, 1e-12);
  json_decref(object);
  process_free(&result);
}

Test(cli_matmul, threads_dtypes_and_isa_leave_the_bits_alone) {
  static const char *const more[][3] = {
    {"--threads", "1", NULL}, {"--threads", "2", NULL}, {"--threads", "7", NULL},
    {"--dtype", "f32", NULL}, {"--dtype", "u8", NULL},  {"--kernel", "scalar-dot", NULL},
  };
  static const char *const capped[] = {"ROWCAST_ISA=scalar", NULL};
  char expected[9], got[9];
  checksum(expected, ROWCAST_ARGUMENTS("matmul", "--rows", "0:3000", "--json"), NULL);
  for (size_t i = 0; i < sizeof more / sizeof more[0]; i++) {
    checksum(got, ROWCAST_ARGUMENTS("matmul", "--rows", "0:3000", "--json", more[i][0], more[i][1]), NULL);
    cr_expect_str_eq(got, expected, "%s %s", more[i][0], more[i][1]);
  }
  checksum(got, ROWCAST_ARGUMENTS("matmul", "--rows", "0:3000", "--json"), capped);
  cr_expect_str_eq(got, expected, "ROWCAST_ISA=scalar");
  /* And the checksum tells results apart. */
  checksum(got, ROWCAST_ARGUMENTS("matmul", "--rows", "1:3001", "--json"), NULL);
  cr_expect_str_neq(got, expected);
  checksum(got, ROWCAST_ARGUMENTS("matmul", "--rows", "0:3000", "--json", "--weights", "randn:2"), NULL);
  cr_expect_str_neq(got, expected);
}

Test(cli_matmul, every_usable_kernel_can_be_named) {
  struct process_result result = ROWCAST("cpu", "--json");
  json_t *object = parse(&result), *line;
  size_t i, usable = 0;
  json_array_foreach(json_object_get(object, "results"), i, line) {
    const char *name = json_string_value(json_object_get(line, "kernel"));
    const bool can = json_is_true(json_object_get(line, "usable"));
    struct process_result run = ROWCAST("matmul", "--rows", "0:9", "--json", "--kernel", name);
    if (can) {
      json_t *ran = parse(&run);
      cr_expect_str_eq(json_string_value(json_object_get(ran, "kernel")), name);
      cr_expect_str_eq(json_string_value(json_object_get(ran, "order")),
                       json_string_value(json_object_get(line, "order")));
      json_decref(ran);
      usable++;
    } else {
      cr_expect_eq(run.status, 2);
      cr_expect_str_empty(run.out);
      cr_expect_not_null(strstr(run.err, json_string_value(json_object_get(line, "reason"))), "%s", run.err);
      cr_expect_not_null(strstr(run.err, "usable here: auto, scalar-{naive,dot"), "what can be used is not listed: %s",
                         run.err);
    }
    process_free(&run);
  }
  cr_assert_geq(usable, 3);
  json_decref(object);
  process_free(&result);
}

Test(cli_matmul, predicts_and_counts) {
  struct process_result result = ROWCAST("matmul", "--rows", "0:2000", "--predict", "--json");
  json_t *object = parse(&result);
  const double accuracy = json_real_value(json_object_get(object, "accuracy"));
  const json_int_t correct = json_integer_value(json_object_get(object, "correct"));
  cr_assert_float_eq(accuracy * 2000.0, (double)correct, 1e-9);
  /* The first labels of MNIST. */
  static const int labels[] = {5, 0, 4, 1, 9, 2, 1, 3, 1, 4};
  const json_t *predictions = json_object_get(object, "predictions");
  cr_assert_eq(json_array_size(predictions), 10);
  for (size_t i = 0; i < 10; i++)
    cr_expect_eq(json_integer_value(json_object_get(json_array_get(predictions, i), "label")), labels[i]);
  json_decref(object);
  process_free(&result);

  result = ROWCAST("matmul", "--rows", "0:2000", "--predict");
  cr_expect_not_null(strstr(result.out, "accuracy "));
  process_free(&result);
}

Test(cli_matmul, columns_and_test_set) {
  struct process_result result = ROWCAST("matmul", "--set", "test", "--cols", "3", "--json");
  json_t *object = parse(&result);
  cr_expect_eq(json_integer_value(json_object_get(object, "rows")), 10000);
  cr_expect_eq(json_integer_value(json_object_get(object, "n")), 3);
  cr_expect_str_eq(json_string_value(json_object_get(object, "data_set")), "mnist-test");
  json_decref(object);
  process_free(&result);
}

/* 3.4 TB of results, if they are kept: known before 53 GB of weights are drawn. */
Test(cli_matmul, a_product_beyond_the_memory_is_refused_first) {
  static const char *const commands[] = {"matmul", "verify"};
  for (size_t i = 0; i < 2; i++) {
    struct process_result result = ROWCAST(commands[i], "--cols", "16777216");
    cr_expect_eq(result.status, 1);
    cr_expect_str_empty(result.out);
    static const char text[] = "rowcast: 784 x 16777216 weights and the results of ";
    cr_expect_eq(strncmp(result.err, text, sizeof text - 1), 0, "%s", result.err);
    cr_expect_not_null(strstr(result.err, " GB, but this machine has "), "%s", result.err);
    if (i == 1) cr_expect_not_null(strstr(result.err, "results of 50000 rows take 3460.7 GB"), "%s", result.err);
    process_free(&result);
  }
}

Test(cli_matmul, quiet_says_nothing) {
  struct process_result result = ROWCAST("matmul", "--rows", "0:5", "--quiet");
  cr_expect_eq(result.status, 0);
  cr_expect_str_empty(result.out);
  cr_expect_str_empty(result.err);
  process_free(&result);
}
