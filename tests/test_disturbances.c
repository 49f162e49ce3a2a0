/* SPDX-License-Identifier: BSD-3-Clause */
/* What casts doubt on a measurement is said, and names what it is about; and the options that measurements share. */
#include "tool.h"

#include <cpu_bench.h>
#include <study/disturbances.h>
#include <study/disturbed.h>

#define LEVEL ROWCAST_SCALAR

static struct roofs roofs_of(unsigned threads, double flops, double f32) {
  struct roofs roofs = {.threads = threads,
                        .rows = 100,
                        .k = 784,
                        .count = 2,
                        .flops = flops,
                        .level_flops = {[LEVEL] = flops},
                        .bytes = {[ROWCAST_F32] = f32}};
  roofs.probes[0] = (struct roof_probe){.fma = {LEVEL, threads}, .rate = flops, .time = {.median = 1.0, .p90 = 1.0}};
  roofs.probes[1] =
    (struct roof_probe){.read = {.bytes = 64}, .dtype = ROWCAST_F32, .rate = f32, .time = {.median = 1.0, .p90 = 1.0}};
  return roofs;
}

static json_t *document(void) {
  json_t *made = json_pack("{s:[], s:{s:f}}", "disturbed", "conditions", "load_before", 0.0);
  cr_assert_not_null(made);
  return made;
}

/* That sentence and no other, or none; releases the document. */
static void expect(json_t *made, const char *sentence) {
  const json_t *list = json_object_get(made, "disturbed");
  char *all = json_dumps(list, 0);
  cr_expect(json_array_size(list) == (sentence != NULL), "%s", all);
  if (sentence != NULL) cr_expect_str_eq(json_string_value(json_array_get(list, 0)), sentence);
  free(all);
  json_decref(made);
}

Test(disturbances, scaling_of_probes) {
  static const struct {
    double flops, f32;
    const char *sentence;
  } cases[] = {
    {200.0, 60.0, NULL},
    {150.0, 60.0,
     "100 x 784, 2 threads: only 1.50 times the multiply-adds of one: they did not have 2 cores to themselves"},
    {230.0, 60.0,
     "100 x 784, 2 threads: 2.30 times the multiply-adds of one, which was held up: the speed-ups are too high"},
    {200.0, 90.0,
     "100 x 784, 2 threads: f32 is read 2.25 times as fast as by one: either that was held up, or each thread's part "
     "came to fit its cache"},
    {0.0, 0.0,
     "100 x 784, 2 threads: only 0.00 times the multiply-adds of one: they did not have 2 cores to themselves"},
  };
  const struct roofs one = roofs_of(1, 100.0, 40.0);
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    const struct roofs two = roofs_of(2, cases[i].flops, cases[i].f32);
    json_t *made = document();
    cr_assert(disturbances_note_scaling(made, &two, &one));
    expect(made, cases[i].sentence);
  }
}

Test(disturbances, probes_that_collapse_or_vary) {
  struct roofs both[2] = {roofs_of(2, 100.0, 10.0), roofs_of(1, 100.0, 40.0)}, one = {0};
  json_t *made = document();
  cr_assert(disturbances_drop_collapsed(made, both, 2, &one));
  cr_expect(both[0].bytes[ROWCAST_F32] == 0.0 && one.bytes[ROWCAST_F32] == 40.0);
  expect(made, "100 x 784, 2 threads: the probe of reading f32 did less than half of what one thread did, and made no "
               "roof");
  rowcast_thread_choice now;
  rowcast_default_threads_explain(&now, sizeof now);
  struct roofs roofs = roofs_of(1, 100.0, 40.0);
  roofs.probes[0].time.p90 = 1.04;
  made = document();
  cr_assert(disturbances_note(made, NULL, 0, &roofs, 1, now.throttled + 1000));
  expect(made, NULL);
  roofs.probes[0].time.p90 = 1.5;
  roofs.probes[1].time.p90 = 1.25;
  made = document();
  cr_assert(disturbances_note(made, NULL, 0, &roofs, 1, now.throttled + 1000));
  expect(made,
         "100 x 784, 1 thread: the probe of scalar multiply-adds varied: its 90th percentile took 50 % longer than "
         "its median");
}

Test(disturbances, clock_and_threads) {
  const struct roofs roofs = roofs_of(rowcast_available_cpus() + 1, 100.0, 40.0);
  json_t *made = document();
  cr_assert(disturbances_note(made, NULL, 0, &roofs, 1, 1LL << 62));
  const json_t *list = json_object_get(made, "disturbed");
  cr_expect_not_null(strstr(json_string_value(json_array_get(list, 0)), " CPUs this process may run on"));
  json_decref(made);
  /* No clock is ten times as fast afterwards. */
  const struct roofs none = {.threads = 1};
  made = document();
  json_object_set_new(json_object_get(made, "conditions"), "clock_ghz_before", json_real(0.001));
  cr_assert(disturbances_note(made, NULL, 0, &none, 1, 1LL << 62));
  list = json_object_get(made, "disturbed");
  cr_assert_eq(json_array_size(list), 1);
  cr_expect_not_null(strstr(json_string_value(json_array_get(list, 0)), "% faster after the measurement than before"));
  json_decref(made);
}

/* `cpu --bench` says it below its table. */
Test(disturbances, of_cpu_bench) {
  json_t *made = json_pack("{s:[s], s:[{s:s, s:s, s:f, s:f, s:f}]}", "disturbed", "somebody ran", "results", "kernel",
                           "auto", "dtype", "f32", "median_s", 1.0, "gflops", 2.0, "roofline_share", 0.5);
  const struct options options = {.format = FORMAT_TABLE};
  char *folder = folder_make(), *path = path_in(folder, "out");
  cr_assert_not_null(made);
  cr_assert_not_null(freopen(path, "w", stdout));
  cr_expect_eq(cpu_bench_print(made, &options), 0);
  fflush(stdout);
  struct bytes said = bytes_read(path);
  bytes_add(&said, "", 1);
  cr_expect_not_null(strstr((const char *)said.data, "\ndisturbed: somebody ran\n"), "%s", (const char *)said.data);
  bytes_free(&said);
  json_decref(made);
  free(path), folder_remove(folder);
}

static json_int_t seed_of(const char *const *arguments) {
  json_t *made = tool_json(process_run(arguments, NULL));
  const json_int_t seed = tool_integer(json_object_get(made, "settings"), "seed");
  json_decref(made);
  return seed;
}

#define ROOFLINE "roofline", "--rows", "20", "--rounds", "1", "--kernel", "scalar-naive", "--threads", "1", "--json"

Test(disturbances, seeds_and_pins) {
  cr_expect_eq(seed_of(ROWCAST_ARGUMENTS(ROOFLINE, "--seed", "7")), 7);
  cr_expect_eq(seed_of(ROWCAST_ARGUMENTS(ROOFLINE, "--seed", "4294967295")), 4294967295);
  const json_int_t first = seed_of(ROWCAST_ARGUMENTS(ROOFLINE)), second = seed_of(ROWCAST_ARGUMENTS(ROOFLINE)),
                   third = seed_of(ROWCAST_ARGUMENTS(ROOFLINE));
  cr_expect(first != second || second != third);
  tool_expect(ROWCAST("bench", "--seed", "-1"), 2, "--seed: '-1' is not a number from 0 to 4294967295");
  static const char *const pinned[][11] = {
    {ROOFLINE}, {"bench", "--rows", "5", "--rounds", "1", "--kernel", "auto", "--threads", "1", "--json"}};
  for (size_t i = 0; i < 2; i++) {
    const char *arguments[14] = {NULL};
    size_t count = 0;
    while (pinned[i][count] != NULL) arguments[count] = pinned[i][count], count++;
    arguments[count] = "--pin", arguments[count + 1] = "compact";
    json_t *made = tool_json(process_run(arguments, NULL));
    cr_expect_str_eq(json_string_value(json_object_get(json_object_get(made, "settings"), "pin")), "compact");
    json_decref(made);
    arguments[count + 1] = "8191";
    tool_expect(process_run(arguments, NULL), 2, "--pin: this process may not run on CPU 8191");
  }
}

/* What `cpu` takes for --bench, and for nothing else. */
Test(disturbances, cpu_bench_options) {
  static const char *const options[][2] = {
    {"--rounds", "2"}, {"--seed", "1"}, {"--pin", "compact"}, {"--format", "csv"}, {"--format", "json"}};
  for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
    tool_expect(ROWCAST("cpu", options[i][0], options[i][1]), 2, "are for --bench; try rowcast cpu --help");
  json_t *made =
    tool_json(ROWCAST("cpu", "--bench", "--rounds", "1", "--seed", "3", "--pin", "compact", "--format", "json"));
  json_t *settings = json_object_get(json_object_get(made, "bench"), "settings");
  cr_expect(tool_integer(settings, "rounds") == 1 && tool_integer(settings, "seed") == 3);
  json_decref(made);
}

/* Each text is about the results that it names, and about no others; what has no name is about all. */
Test(disturbances, which_results_they_are_about) {
  static const struct {
    const char *text, *about; /* of the results below, one letter each */
  } cases[] = {
    {"auto, u8, 100 x 784 times 784 x 10, 2 threads: its samples are of two kinds, 3 about 1 ms and 4 about 2 ms", "d"},
    {"auto, f32, 100 x 784 times 784 x 10, 1 thread: 1.10 of the roof, so that the probe was slower", "a"},
    {"100 x 784, 2 threads: the probe of reading u8 varied: its 90th percentile took 9 % longer", "d"},
    {"100 x 784, 2 threads: the probe of avx2 multiply-adds varied: its 90th percentile took 9 % longer", "cd"},
    {"100 x 784, 2 threads: only 1.50 times the multiply-adds of one", "cd"},
    {"with 1 thread a probe of the machine varied: its 90th percentile took 8 % longer than its median", "abe"},
    {"2 threads share the 1 CPUs this process may run on", "cd"},
    {"5 rows: the 90th percentile is over 1.1 times the median of numba-dot, numpy-matmul", "e"},
    {"5 rows: the 90th percentile is over 1.1 times the median of numba-dot, my-numpy-matmul", ""},
    {"100 rows: this program had a CPU for 90% of the time only", "abcd"},
    {"the clock was 9 % faster after the measurement than before", "abcdef"},
    {"without BLIS: libblis.so.4: cannot open", ""},
    {"made is not timed on 100 x 784 times 784 x 10: its result is wrong", ""},
    {"3-4 threads were not measured: 2 rows are fewer", ""},
    {"34 x 784, 3 threads: the probe of avx2 multiply-adds varied: its 90th percentile took 9 % longer", "f"},
  };
  static const struct {
    const char *kernel, *dtype;
    int rows, threads, ranks;
  } results[] = {{"auto", "f32", 100, 1, 1}, {"auto", "u8", 100, 1, 1},        {"auto", "f32", 100, 2, 1},
                 {"auto", "u8", 100, 2, 1},  {"numpy-matmul", "f32", 5, 1, 1}, {"auto", "f32", 102, 3, 3}};
  for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
    json_t *made = json_pack("{s:[s]}", "disturbed", cases[c].text);
    char about[8] = "", *end = about;
    for (size_t r = 0; r < sizeof results / sizeof results[0]; r++) {
      json_t *result =
        json_pack("{s:s, s:s, s:i, s:i, s:i, s:i, s:i}", "kernel", results[r].kernel, "dtype", results[r].dtype, "rows",
                  results[r].rows, "k", 784, "n", 10, "threads", results[r].threads, "ranks", results[r].ranks);
      if (disturbed_result(made, result)) *end++ = (char)('a' + r);
      json_decref(result);
    }
    cr_expect_str_eq(about, cases[c].about, "%s: %s", cases[c].text, about);
    json_decref(made);
  }
}
