/* SPDX-License-Identifier: BSD-3-Clause */
/* `rowcast bench`, `scale`, `roofline` and `compare` as processes. What they measured is checked for sense, never for
 * speed. */
#include <criterion/criterion.h>
#include <jansson.h>
#include <math.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rowcast/experimental.h>
#include <rowcast/kernels.h>

#include "process.h"
#include "needs_openmp.h"

static json_t *parse(const struct process_result *result) {
  json_error_t error;
  cr_assert_eq(result->status, 0, "status %d: %s", result->status, result->err);
  json_t *document = json_loads(result->out, JSON_REJECT_DUPLICATES, &error);
  cr_assert_not_null(document, "%s in: %s", error.text, result->out);
  return document;
}

static json_t *run(const char *const *arguments) {
  struct process_result result = process_run(arguments, NULL);
  json_t *document = parse(&result);
  cr_expect_str_empty(result.err);
  process_free(&result);
  return document;
}
#define STUDY(...) run(ROWCAST_ARGUMENTS(__VA_ARGS__, "--json"))

static const json_t *results_of(const json_t *document) { return json_object_get(document, "results"); }

static double number(const json_t *object, const char *key) {
  const json_t *value = json_object_get(object, key);
  cr_assert(json_is_number(value), "%s is not a number", key);
  return json_number_value(value);
}

static const char *text(const json_t *object, const char *key) {
  const char *value = json_string_value(json_object_get(object, key));
  cr_assert_not_null(value, "%s is not a text", key);
  return value;
}

/* Exit status 2, nothing on stdout, one line on stderr. */
static void expect_refusal(const char *const *arguments) {
  struct process_result result = process_run(arguments, NULL);
  cr_expect_eq(result.status, 2, "%s %s: %d", arguments[1], arguments[2], result.status);
  cr_expect_str_empty(result.out);
  const char *newline = strchr(result.err, '\n');
  cr_expect(newline != NULL && newline[1] == '\0', "one line: %s", result.err);
  process_free(&result);
}

Test(studies, lists_have_ranges) {
  static const struct {
    const char *list;
    size_t count;
    int rows[6];
  } lists[] = {
    {"3", 1, {3}},
    {"1,2,4", 3, {1, 2, 4}},
    {"2-5", 4, {2, 3, 4, 5}},
    {"1-10*2", 4, {1, 2, 4, 8}},
    {"1-8*2,3", 5, {1, 2, 4, 8, 3}},
    {"1-9+4", 3, {1, 5, 9}},
    {"7-7", 1, {7}},
    {"2-20*3,1-2", 4, {2, 6, 18, 1}},
  };
  for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
    json_t *document = STUDY("bench", "--rows", lists[i].list, "--rounds", "1", "--kernel", "scalar-naive", "--dtype",
                             "u8", "--threads", "1");
    cr_assert_eq(json_array_size(results_of(document)), lists[i].count, "%s", lists[i].list);
    for (size_t j = 0; j < lists[i].count; j++)
      cr_expect_eq((int)number(json_array_get(results_of(document), j), "rows"), lists[i].rows[j], "%s", lists[i].list);
    json_decref(document);
  }
  static const char *const wrong[] = {"",
                                      "0",
                                      "a",
                                      "1,",
                                      ",1",
                                      "3-1",
                                      "1-",
                                      "1-3-5",
                                      "1-8*1",
                                      "1-8+0",
                                      "1-8*",
                                      "1 ",
                                      "-1",
                                      "1-8/2",
                                      "1.5",
                                      "99999999",
                                      "18446744073709551617"};
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    expect_refusal(ROWCAST_ARGUMENTS("bench", "--rows", wrong[i]));
    expect_refusal(ROWCAST_ARGUMENTS("scale", "--threads", wrong[i]));
  }
}

Test(studies, wrong_values_are_refused) {
  static const char *const wrong[][2] = {
    {"--kernel", "scalar-naive,nosuch"},
    {"--kernel", ""},
    {"--dtype", "f32,f64"},
    {"--dtype", ""},
    {"--shape", "5x784"},
    {"--shape", "0x1x1"},
    {"--shape", "1x2x3,"},
    {"--rounds", "0"},
    {"--format", "xml"},
    {"--threads", "5000"},
    {"--k", "x"},
    {"--cols", "0-3"},
  };
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
    expect_refusal(ROWCAST_ARGUMENTS("bench", wrong[i][0], wrong[i][1]));
  expect_refusal(ROWCAST_ARGUMENTS("bench", "--shape", "2x3x4", "--rows", "5"));
  expect_refusal(ROWCAST_ARGUMENTS("scale", "--pin", "closely"));
  expect_refusal(ROWCAST_ARGUMENTS("scale", "--pin", "1023"));
  expect_refusal(ROWCAST_ARGUMENTS("scale", "--schedule", "guided"));
  expect_refusal(ROWCAST_ARGUMENTS("scale", "--schedule", "dynamic,0"));
  expect_refusal(ROWCAST_ARGUMENTS("bench", "--weak"));
  expect_refusal(ROWCAST_ARGUMENTS("scale", "--weak", "--rows", "5", "--threads", "1-8"));
  expect_refusal(ROWCAST_ARGUMENTS("bench", "--keep-plot"));
  expect_refusal(ROWCAST_ARGUMENTS("bench", "--label", "a\nb"));
  expect_refusal(ROWCAST_ARGUMENTS("compare"));
  expect_refusal(ROWCAST_ARGUMENTS("bench", "extra"));
}

/* Every usable kernel and auto, in both element types; times and rates agree with each other. */
Test(studies, bench_measures_every_kernel) {
  rowcast_cpu cpu;
  rowcast_allow_amx(NULL); /* as the tool does */
  cr_assert(rowcast_cpu_detect(&cpu, sizeof cpu, NULL) == ROWCAST_OK);
  json_t *document = STUDY("bench", "--rows", "5,70", "--threads", "1", "--rounds", "3"), *result;
  size_t i, expected = 1;
  for (size_t k = 0; k < rowcast_kernel_count(); k++) {
    rowcast_kernel_info info;
    rowcast_kernel_at(k, &cpu, &info, sizeof info);
    expected += info.usable;
  }
  cr_expect_eq(json_array_size(results_of(document)), 2 * 2 * expected);
  const json_t *before = NULL;
  const char *crc32[2][ROWCAST_ORDER_COUNT] = {{NULL}};
  json_array_foreach(results_of(document), i, result) {
    const double median = number(result, "median_s"), rows = number(result, "rows"), flops = 2.0 * rows * 784 * 10;
    cr_expect_float_eq(number(result, "gflops") * median / (1e-9 * flops), 1.0, 1e-9);
    cr_expect_float_eq(number(result, "rows_per_s") * median / rows, 1.0, 1e-9);
    cr_expect_float_eq(number(result, "gbytes_per_s") * number(result, "intensity") / number(result, "gflops"), 1.0,
                       1e-9);
    cr_expect(number(result, "minimum_s") <= median && median <= number(result, "p90_s"));
    cr_expect(number(result, "low_s") <= median && median <= number(result, "high_s"));
    cr_expect_eq(json_array_size(json_object_get(result, "samples_s")), 3);
    cr_expect_str_eq(text(result, "data"), "mnist-train");
    /* One order of summation, one checksum, whatever the kernel, and for these pixels whatever the element type. */
    for (int order = 1; order < ROWCAST_ORDER_COUNT; order++)
      if (strcmp(text(result, "order"), rowcast_order_name((rowcast_order)order)) == 0) {
        const char **known = &crc32[rows > 5][order];
        if (*known == NULL) *known = text(result, "crc32");
        cr_expect_str_eq(text(result, "crc32"), *known, "%s", text(result, "kernel"));
      }
    const bool first =
      before == NULL || strcmp(text(before, "dtype"), text(result, "dtype")) != 0 || number(before, "rows") != rows;
    cr_expect_eq(json_is_null(json_object_get(result, "ratio_to_before")), first);
    if (first) cr_expect_eq(number(result, "ratio_to_naive"), 1.0);
    before = result;
  }
  json_decref(document);
}

/* Ratios are those of the samples, round by round. */
Test(studies, bench_ratios) {
  json_t *document = STUDY("bench", "--rows", "40", "--threads", "1", "--rounds", "1", "--kernel",
                           "scalar-naive,scalar-dot", "--dtype", "f32");
  const json_t *naive = json_array_get(results_of(document), 0), *dot = json_array_get(results_of(document), 1);
  const double a = number(naive, "median_s"), b = number(dot, "median_s");
  cr_expect_float_eq(number(dot, "ratio_to_naive"), a / b, 1e-9 * a / b);
  cr_expect_float_eq(number(dot, "ratio_to_before"), a / b, 1e-9 * a / b);
  json_decref(document);
}

Test(studies, bench_makes_shapes) {
  json_t *document =
    STUDY("bench", "--shape", "12x33x7,3x784x2", "--threads", "1", "--rounds", "1", "--kernel", "auto");
  const json_t *made = json_array_get(results_of(document), 0), *given = json_array_get(results_of(document), 2);
  cr_assert_eq(json_array_size(results_of(document)), 4);
  cr_expect(number(made, "rows") == 12 && number(made, "k") == 33 && number(made, "n") == 7);
  cr_expect_str_eq(text(made, "data"), "made");
  cr_expect_str_eq(text(given, "data"), "mnist-train");
  json_decref(document);
  document = STUDY("bench", "--rows", "4", "--k", "8,9", "--cols", "1-3", "--threads", "1", "--rounds", "1", "--kernel",
                   "auto", "--dtype", "f32");
  cr_expect_eq(json_array_size(results_of(document)), 6);
  json_decref(document);
}

/* A rung too slow for all rows is timed on fewer, says so, and its times are of all. */
Test(studies, slow_rungs_are_scaled) {
  json_t *document = STUDY("bench", "--shape", "12000x784x40", "--threads", "1", "--rounds", "1", "--kernel",
                           "scalar-dot", "--dtype", "u8");
  const json_t *result = json_array_get(results_of(document), 0);
  cr_expect_lt(number(result, "rows_timed"), 12000);
  cr_expect_gt(number(result, "rows_timed"), 0);
  cr_expect_gt(number(result, "median_s"), 0.1, "scalar code takes most of a second for 12,000 rows");
  json_decref(document);
}

/* The CPUs this process may run on. */
static size_t allowed_cpus(int cpus[], size_t most) {
  cpu_set_t set;
  size_t count = 0;
  cr_assert_eq(sched_getaffinity(0, sizeof set, &set), 0);
  for (int cpu = 0; cpu < CPU_SETSIZE && count < most; cpu++)
    if (CPU_ISSET((size_t)cpu, &set)) cpus[count++] = cpu;
  return count;
}

static int ascending(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* The median of how many times longer a's samples took than b's, of three rounds. */
static double median_ratio(const json_t *a, const json_t *b) {
  double ratios[3];
  for (size_t i = 0; i < 3; i++)
    ratios[i] = json_number_value(json_array_get(json_object_get(a, "samples_s"), i)) /
                json_number_value(json_array_get(json_object_get(b, "samples_s"), i));
  qsort(ratios, 3, sizeof *ratios, ascending);
  return ratios[1];
}

Test(studies, scale_uses_the_threads_it_says) {
  NEEDS_OPENMP();
  json_t *document = STUDY("scale", "--rows", "400", "--threads", "1-3", "--rounds", "3"), *result;
  cr_assert_eq(json_array_size(results_of(document)), 6);
  size_t i;
  json_array_foreach(results_of(document), i, result) {
    const double threads = number(result, "threads");
    cr_expect_eq((size_t)threads, i % 3 + 1);
    cr_expect_eq(number(result, "threads_started"), threads);
    cr_expect_eq(number(result, "rows"), 400);
    const json_t *single = json_array_get(results_of(document), i / 3 * 3);
    const double speedup = median_ratio(single, result);
    cr_expect(number(result, "speedup_low") <= speedup && speedup <= number(result, "speedup_high"));
    cr_expect_float_eq(number(result, "speedup"), speedup, 1e-9 * speedup);
    const double cpus = rowcast_available_cpus(), ideal = number(result, "ideal_speedup");
    cr_expect(ideal > 0.0 && ideal <= threads && ideal <= cpus, "%g", ideal);
    cr_expect_float_eq(number(result, "efficiency"), speedup / ideal, 1e-9 * speedup);
    cr_expect_eq(json_is_null(json_object_get(result, "karp_flatt")), ideal <= 1.0);
    cr_expect_str_eq(text(result, "crc32"), text(single, "crc32"));
    /* No probe is made for plain scalar code. */
    const json_t *probe = json_object_get(result, "probe_fma_speedup");
    cr_expect(json_is_null(probe) ? json_is_null(json_object_get(result, "fma_gflops"))
                                  : json_number_value(probe) > 0.0);
    cr_expect_gt(number(result, "speedup_best_serial"), 0.0);
  }
  json_decref(document);
}

Test(studies, weak_scaling_grows_the_rows) {
  NEEDS_OPENMP();
  json_t *document = STUDY("scale", "--rows", "400", "--threads", "1,2,4", "--rounds", "2", "--weak", "--dtype", "f32"),
         *result;
  size_t i;
  json_array_foreach(results_of(document), i, result) {
    cr_expect_eq(number(result, "rows"), 100 * number(result, "threads"));
    cr_expect(json_is_true(json_object_get(result, "weak")));
    cr_expect(json_is_null(json_object_get(result, "karp_flatt")));
  }
  cr_expect_eq(i, 3);
  json_decref(document);
}

Test(studies, pinned_threads_run_where_they_were_put) {
  NEEDS_OPENMP();
  int cpus[2];
  const size_t count = allowed_cpus(cpus, 2);
  char last[16];
  snprintf(last, sizeof last, "%d", cpus[count - 1]);
  json_t *document =
           STUDY("scale", "--rows", "400", "--threads", "1,2", "--rounds", "2", "--dtype", "u8", "--pin", last),
         *result;
  size_t i;
  json_array_foreach(results_of(document), i, result) {
    const json_t *seen = json_object_get(result, "cpus_seen");
    cr_expect_eq(json_array_size(seen), 1);
    cr_expect_eq(json_integer_value(json_array_get(seen, 0)), cpus[count - 1]);
    /* Two threads on one CPU are no faster than one. */
    cr_expect_eq(number(result, "ideal_speedup"), 1.0);
    cr_expect(json_is_null(json_object_get(result, "karp_flatt")));
  }
  json_decref(document);
  if (count < 2) return;
  document = STUDY("scale", "--rows", "400", "--threads", "2", "--rounds", "2", "--dtype", "u8", "--pin", "spread",
                   "--schedule", "dynamic,20");
  result = json_array_get(results_of(document), 0);
  cr_expect_eq(json_array_size(json_object_get(result, "cpus_seen")), 2);
  cr_expect_str_eq(text(result, "driver"), "openmp-dynamic");
  json_decref(document);
}

Test(studies, roofline_names_the_limit) {
  json_t *document = STUDY("roofline", "--rows", "300", "--threads", "1", "--rounds", "3", "--cols", "1,40"), *result;
  size_t i;
  json_array_foreach(results_of(document), i, result) {
    if (json_is_null(json_object_get(result, "fma_gflops"))) continue;
    const double arithmetic = number(result, "fma_gflops");
    const double memory = number(result, "read_gbytes_per_s") * number(result, "intensity");
    cr_expect_float_eq(number(result, "roof_gflops"), fmin(arithmetic, memory), 1e-9 * arithmetic);
    cr_expect_str_eq(text(result, "bound"), arithmetic <= memory ? "FMA" : "memory");
    const double share = number(result, "gflops") / fmin(arithmetic, memory);
    cr_expect_float_eq(number(result, "roofline_share"), share, 1e-9 * share);
  }
  cr_expect_gt(i, 0);
  json_decref(document);
}

static char *save(const char *folder, const char *name, const json_t *document) {
  char *path = path_in(folder, name);
  cr_assert_eq(json_dump_file(document, path, 0), 0);
  return path;
}

/* A document with one result. */
#define ONE_RESULT(dtype, median, low, high)                                                                           \
  "{\"schema_version\": 1, \"results\": [{\"kernel\": \"x\", \"dtype\": \"" dtype                                      \
  "\", \"threads\": 1, \"rows\": 1, \"k\": 1, "                                                                        \
  "\"n\": 1, \"median_s\": " median ", \"low_s\": " low ", \"high_s\": " high "}]}"

Test(studies, compare) {
  char *folder = folder_make();
  json_t *document =
    STUDY("bench", "--rows", "9", "--threads", "1", "--rounds", "6", "--kernel", "scalar-naive,scalar-dot");
  char *first = save(folder, "first.json", document);
  /* A machine half as fast that gets one result wrong, and has not all lines. */
  json_t *results = json_object_get(document, "results"), *line;
  size_t i;
  json_array_foreach(results, i, line) {
    static const char *const times[] = {"median_s", "low_s", "high_s"};
    for (size_t t = 0; t < 3; t++) json_object_set_new(line, times[t], json_real(1000.0 * number(line, times[t])));
  }
  json_object_set_new(json_array_get(results, 0), "crc32", json_string("00000000"));
  json_array_remove(results, 3);
  char *second = save(folder, "second.json", document);
  json_decref(document);

  document = STUDY("compare", first, second);
  results = json_object_get(document, "results");
  cr_assert_eq(json_array_size(results), 4);
  json_array_foreach(results, i, line) {
    const bool missing = i == 3;
    cr_expect_eq(json_is_null(json_object_get(line, "median_s_B")), missing);
    if (missing) cr_expect(json_is_null(json_object_get(line, "bits")));
    else cr_expect_str_eq(text(line, "bits"), i == 0 ? "differ" : "same");
    if (missing) continue;
    cr_expect_float_eq(number(line, "ratio_B"), 0.001, 1e-12);
    cr_expect(json_is_null(json_object_get(line, "verdict_B")), "a verdict takes several runs");
    cr_expect(number(line, "ratio_low_B") <= 0.001 + 1e-12 && number(line, "ratio_high_B") >= 0.001 - 1e-12);
  }
  json_decref(document);

  document = STUDY("compare", first, first, second);
  line = json_array_get(results_of(document), 1);
  cr_expect_eq(number(line, "ratio_B"), 1.0);
  cr_expect(json_is_null(json_object_get(line, "verdict_B")));
  json_decref(document);

  /* Other rows may well have other bits: they are other lines. */
  json_t *made = STUDY("bench", "--made", "--rows", "9", "--threads", "1", "--rounds", "1", "--kernel", "scalar-naive");
  char *third = save(folder, "third.json", made);
  json_decref(made);
  document = STUDY("compare", first, third);
  json_array_foreach(results_of(document), i, line) cr_expect(json_is_null(json_object_get(line, "bits")));
  cr_expect_eq(i, 6);
  json_decref(document);
  free(third);

  char *broken = path_in(folder, "broken.json"), *missing = path_in(folder, "missing.json");
  static const char *const texts[] = {"",
                                      "{",
                                      "[]",
                                      "{}",
                                      "{\"schema_version\": 2, \"results\": []}",
                                      "{\"schema_version\": 1, \"results\": [1]}",
                                      "{\"schema_version\": 1, \"results\": [{\"kernel\": \"x\"}]}",
                                      "{\"schema_version\": 1, \"results\": []}",
                                      ONE_RESULT("f32", "1e300", "1e300", "1e300"),
                                      ONE_RESULT("f32", "-1", "-1", "-1"),
                                      ONE_RESULT("f32", "1", "2", "3"),
                                      ONE_RESULT("f32", "1", "0", "1"),
                                      ONE_RESULT("\\\"\\n!id\\n", "1", "1", "1"),
                                      ONE_RESULT("f32", "\"1\"", "1", "1")};
  for (size_t t = 0; t <= sizeof texts / sizeof texts[0]; t++) {
    const char *path = t < sizeof texts / sizeof texts[0] ? broken : missing;
    if (path == broken) {
      FILE *file = fopen(broken, "w");
      cr_assert(file != NULL && fputs(texts[t], file) >= 0 && fclose(file) == 0);
    }
    struct process_result result = ROWCAST("compare", first, path);
    cr_expect_eq(result.status, 1, "%s", t < sizeof texts / sizeof texts[0] ? texts[t] : path);
    cr_expect_str_empty(result.out);
    cr_expect_not_null(strstr(result.err, path));
    const char *newline = strchr(result.err, '\n');
    cr_expect(newline != NULL && newline[1] == '\0', "one line: %s", result.err);
    process_free(&result);
  }
  free(missing);
  free(broken);
  free(second);
  free(first);
  folder_remove(folder);
}

/* What is asked for twice is measured once; what cannot be measured is told. */
Test(studies, nothing_is_dropped_or_doubled) {
  NEEDS_OPENMP();
  json_t *document = STUDY("bench", "--shape", "6x784x3,6x784x3", "--threads", "1,1", "--kernel",
                           "scalar-dot,scalar-dot", "--dtype", "f32", "--rounds", "1");
  cr_expect_eq(json_array_size(results_of(document)), 1);
  json_decref(document);
  document = STUDY("scale", "--rows", "2", "--threads", "1,2,3", "--dtype", "f32", "--rounds", "1");
  cr_expect_eq(json_array_size(results_of(document)), 2);
  bool told = false;
  size_t i;
  json_t *note;
  json_array_foreach(json_object_get(document, "disturbed"), i, note) told |=
    strstr(json_string_value(note), "3 threads were not measured") != NULL;
  cr_expect(told);
  json_decref(document);
  /* A few rows get one thread, and nothing is left to be measured with two. */
  struct process_result result = ROWCAST("bench", "--rows", "5", "--threads", "2", "--rounds", "1");
  cr_expect_eq(result.status, 1);
  cr_expect_str_empty(result.out);
  cr_expect_not_null(strstr(result.err, "nothing was measured: so few rows start fewer threads than --threads"));
  process_free(&result);
  /* Far more than this machine's memory. */
  result = ROWCAST("bench", "--shape", "16777216x16777216x1", "--rounds", "1");
  cr_expect_eq(result.status, 1);
  cr_expect_not_null(strstr(result.err, "GB of memory"));
  process_free(&result);
}

static size_t lines_of(const char *out) {
  size_t lines = 0;
  for (; *out != '\0'; out++) lines += *out == '\n';
  return lines;
}

Test(studies, formats) {
  static const char *const formats[] = {"table", "md", "csv", "jsonl"};
  char *outputs[4];
  for (size_t i = 0; i < 4; i++) {
    struct process_result result =
      ROWCAST("bench", "--rows", "4", "--threads", "1", "--rounds", "1", "--kernel", "scalar-naive,scalar-dot",
              "--dtype", "f32", "--format", formats[i], "--label", "a, \"b\"", "--color", "never");
    cr_assert_eq(result.status, 0, "%s", result.err);
    outputs[i] = strdup(result.out);
    process_free(&result);
  }
  cr_expect_null(strchr(outputs[0], '\033'));
  cr_expect_not_null(strstr(outputs[0], "scalar-dot"));
  cr_expect_not_null(strstr(outputs[1], "\n| kernel |"));
  cr_expect_not_null(strstr(outputs[1], "\n|---|---:|"));
  cr_expect_eq(lines_of(outputs[2]), 3, "names and two results: %s", outputs[2]);
  cr_expect_eq(strncmp(outputs[2], "kernel,", 7), 0);
  cr_expect_eq(lines_of(outputs[3]), 3, "the run and two results");
  for (char *at = outputs[3], *end; (end = strchr(at, '\n')) != NULL; at = end + 1) {
    *end = '\0';
    json_t *object = json_loads(at, 0, NULL);
    cr_expect(json_is_object(object), "%s", at);
    json_decref(object);
  }
  for (size_t i = 0; i < 4; i++) free(outputs[i]);
  struct process_result result =
    ROWCAST("bench", "--rows", "4", "--threads", "1", "--rounds", "1", "--color", "always");
  cr_expect_not_null(strstr(result.out, "\033[1m"), "the best is bold");
  process_free(&result);
  result = ROWCAST("bench", "--rows", "4", "--threads", "1", "--rounds", "1", "--quiet");
  cr_expect(result.status == 0 && result.out[0] == '\0');
  process_free(&result);
}

Test(studies, output_that_cannot_be_written) {
  static const char *const arguments[] = {"bench", "--rows", "4", "--threads", "1", "--rounds", "1", NULL};
  const struct process_options full = {.output = OUTPUT_FILE, .output_path = "/dev/full"},
                               closed = {.output = OUTPUT_BROKEN_PIPE};
  struct process_result result = process_run(arguments, &full);
  cr_expect_eq(result.status, 1);
  cr_expect_eq(lines_of(result.err), 1);
  process_free(&result);
  result = process_run(arguments, &closed);
  cr_expect_eq(result.status, 141);
  cr_expect_str_empty(result.err);
  process_free(&result);
}
