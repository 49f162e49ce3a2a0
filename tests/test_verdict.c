/* SPDX-License-Identifier: BSD-3-Clause */
/* Verdicts of several runs: the arithmetic, files in a row, programs in turns, and the status for CI. */
#include "tool.h"

#include <math.h>
#include <signal.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <verdict.h>

#include "fixture.h"

static char *folder;

static void set_up(void) { folder = folder_make(); }
static void tear_down(void) { folder_remove(folder); }

TestSuite(verdict, .init = set_up, .fini = tear_down);

/* The first program takes 1 s in each run, the second one so long. */
static struct bench_verdict verdict_of(const double *seconds, const bool *disturbed, size_t count, double noise) {
  double ones[16], scratch[16];
  const bool none[16] = {false};
  for (size_t i = 0; i < count; i++) ones[i] = 1.0;
  return bench_verdict_of(ones, seconds, disturbed != NULL ? disturbed : none, count, noise, scratch);
}

Test(verdict, words) {
  static const double half[] = {0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5}, twice[] = {2, 2, 2, 2, 2, 2, 2},
                      same[] = {1.001, 0.999, 1, 1, 1.002, 1, 1}, apart[] = {1.2, 0.8, 1, 1.1, 0.9, 1, 1},
                      but_one[] = {0.5, 0.5, 0.5, 0.5, 0.5, 1.5, 0.5};
  cr_expect_eq(verdict_of(half, NULL, 7, 0.02).word, BENCH_FASTER);
  cr_expect_eq(verdict_of(half, NULL, 7, 0.02).ratio, 2.0);
  cr_expect_eq(verdict_of(half, NULL, 7, 1.5).word, BENCH_ALIKE, "within that noise");
  cr_expect_eq(verdict_of(twice, NULL, 7, 0.02).word, BENCH_SLOWER);
  cr_expect_eq(verdict_of(same, NULL, 7, 0.02).word, BENCH_ALIKE);
  cr_expect_eq(verdict_of(same, NULL, 7, 0.0005).word, BENCH_OPEN);
  cr_expect_eq(verdict_of(apart, NULL, 7, 0.02).word, BENCH_OPEN);
  cr_expect_eq(verdict_of(but_one, NULL, 7, 0.02).word, BENCH_OPEN, "of seven, one decides");
  for (size_t count = 1; count < 6; count++) cr_expect_eq(verdict_of(half, NULL, count, 0.02).word, BENCH_FEW);
  cr_expect_eq(verdict_of(half, NULL, 6, 0.02).word, BENCH_FASTER);
  /* Disturbed pairs do not count while six others are left. */
  bool disturbed[7] = {[5] = true};
  const struct bench_verdict left = verdict_of(but_one, disturbed, 7, 0.02);
  cr_expect(left.word == BENCH_FASTER && left.pairs == 6 && left.low == 2.0);
  disturbed[0] = true;
  const struct bench_verdict none = verdict_of(but_one, disturbed, 7, 0.02);
  cr_expect(none.word == BENCH_DISTURBED && none.pairs == 7 && none.low < 1.0);
}

/* One program compared with itself, its medians spread by 30 %, is told apart from itself in less than one comparison
 * of twenty; one that is 20 % faster, with a spread of 10 %, is most often found. */
Test(verdict, of_one_program_and_itself) {
  enum { TIMES = 20000 };
  for (size_t runs = 6; runs <= 16; runs++) {
    struct random random = random_from(test_seed());
    size_t wrong = 0, found = 0;
    double a[16], b[16], scratch[16];
    const bool disturbed[16] = {false};
    for (size_t t = 0; t < TIMES; t++) {
      for (size_t i = 0; i < runs; i++)
        a[i] = 1.0 + 0.3 * (double)random_below(&random, 1000) / 999.0,
        b[i] = 1.0 + 0.3 * (double)random_below(&random, 1000) / 999.0;
      const enum bench_word word = bench_verdict_of(a, b, disturbed, runs, 0.0, scratch).word;
      wrong += word == BENCH_FASTER || word == BENCH_SLOWER;
      for (size_t i = 0; i < runs; i++)
        a[i] = 1.2 * (1.0 + 0.1 * (double)random_below(&random, 1000) / 999.0),
        b[i] = 1.0 + 0.1 * (double)random_below(&random, 1000) / 999.0;
      found += bench_verdict_of(a, b, disturbed, runs, 0.02, scratch).word == BENCH_FASTER;
    }
    cr_expect_lt((double)wrong / TIMES, 0.05, "%zu runs: %zu of %d wrong", runs, wrong, TIMES);
    cr_expect_gt((double)found / TIMES, 0.9, "%zu runs: %zu of %d found", runs, found, TIMES);
  }
}

/* The document of a run that took so long, disturbed or not. */
static char *document_text(double seconds, bool disturbed) {
  json_t *document =
    json_pack("{s:i, s:s, s:s, s:s, s:{s:s}, s:[], s:[{s:s, s:s, s:i, s:i, s:i, s:i, s:f, s:f, s:f, s:s}]}",
              "schema_version", 1, "command", "bench", "label", "x", "date", "2026-01-01T00:00:00Z", "machine", "model",
              "a CPU", "disturbed", "results", "kernel", "quick", "dtype", "f32", "threads", 1, "rows", 9, "k", 784,
              "n", 10, "median_s", seconds, "low_s", seconds, "high_s", seconds, "crc32", "00000000");
  cr_assert_not_null(document);
  if (disturbed) json_array_append_new(json_object_get(document, "disturbed"), json_string("somebody ran"));
  char *text = json_dumps(document, JSON_COMPACT);
  json_decref(document);
  return text;
}

/* So many files of a side; writes their names. */
static void write_runs(char **names, size_t count, const char *side, double seconds, size_t disturbed) {
  for (size_t i = 0; i < count; i++) {
    char name[32];
    snprintf(name, sizeof name, "%s%zu.json", side, i);
    char *text = document_text(seconds * (1.0 + 0.001 * (double)i), i < disturbed);
    names[i] = tool_text(folder, name, text);
    free(text);
  }
}

/* `compare` of six runs of each of two sides, with more arguments. */
static struct process_result compare_runs(double second, size_t disturbed, const char *const *more) {
  enum { RUNS = 6 };
  char *names[2 * RUNS];
  const char *arguments[2 * RUNS + 12] = {"compare", "--runs", "6"};
  write_runs(names, RUNS, "a", 1.0, 0);
  write_runs(names + RUNS, RUNS, "b", second, disturbed);
  size_t count = 3;
  for (size_t i = 0; more[i] != NULL; i++) arguments[count++] = more[i];
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) arguments[count++] = names[i];
  struct process_result result = process_run(arguments, NULL);
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) free(names[i]);
  return result;
}
#define COMPARE_RUNS(second, disturbed, ...) compare_runs(second, disturbed, (const char *const[]){__VA_ARGS__, NULL})

Test(verdict, files_in_a_row) {
  tool_expect(COMPARE_RUNS(0.5, 0, "--noise", "2"), 0, " B faster ");
  tool_expect(COMPARE_RUNS(2.0, 0, "--format", "md"), 0, " B slower ");
  tool_expect(COMPARE_RUNS(1.0, 0, "--noise", "1"), 0, " alike ");
  tool_expect(COMPARE_RUNS(1.0, 0, "--noise", "120"), 0, " alike ");
  tool_expect(COMPARE_RUNS(0.5, 0, "--noise", "120"), 0, " alike ");
  tool_expect(COMPARE_RUNS(0.5, 1, "--noise", "2"), 0, " disturbed ");
  tool_expect(COMPARE_RUNS(0.5, 1, "--judge-disturbed"), 0, " B faster ");
  tool_expect(COMPARE_RUNS(0.5, 0, "--noise", "2"), 0, "2026-01-01T00:00:00Z; medians of 6 runs)\n");
  json_t *document = tool_json(COMPARE_RUNS(0.5, 1, "--json")), *results = json_object_get(document, "results"),
         *line = json_array_get(results, 0);
  cr_assert(json_array_size(results) == 1 && json_array_size(json_object_get(document, "files")) == 2);
  cr_expect(tool_integer(document, "runs") == 6 && tool_integer(line, "runs_B") == 6);
  cr_expect(json_is_null(json_object_get(line, "verdict_B")));
  cr_expect_str_eq(json_string_value(json_object_get(line, "says_B")), "disturbed");
  cr_expect_float_eq(json_number_value(json_object_get(line, "ratio_B")), 2.0, 1e-9);
  cr_expect_float_eq(json_number_value(json_object_get(line, "median_s_A")), 1.0025, 1e-9);
  cr_expect_float_eq(json_number_value(json_object_get(line, "spread_percent_A")), 0.5 / 1.0025, 1e-9);
  json_decref(document);
}

Test(verdict, for_ci) {
  tool_expect(COMPARE_RUNS(1.3, 0, "--fail-if-slower", "20"), 1, "1 of 1 lines are slower by more than 20 %");
  tool_expect(COMPARE_RUNS(1.3, 0, "--fail-if-slower", "40"), 0, " B slower ");
  tool_expect(COMPARE_RUNS(0.7, 0, "--fail-if-slower", "2"), 0, " B faster ");
  tool_expect(COMPARE_RUNS(0.7, 1, "--fail-if-slower", "2"), 1, "1 of 1 lines have no verdict");
  /* What differs by less than the noise could never fail. */
  tool_expect(COMPARE_RUNS(1.3, 0, "--fail-if-slower", "1"), 2, "--fail-if-slower 1 is below --noise 2");
  tool_expect(COMPARE_RUNS(1.3, 0, "--fail-if-slower", "0"), 2, "--fail-if-slower 0 is below --noise 2");
  tool_expect(COMPARE_RUNS(1.3, 0, "--fail-if-slower=1", "--noise=1"), 1, "slower by more than 1 %");
}

Test(verdict, wrong_arguments) {
  char *names[3];
  write_runs(names, 3, "a", 1.0, 0);
  tool_expect(ROWCAST("compare", "--runs", "2", names[0], names[1], names[2]), 2,
              "3 files are not as many runs of each");
  tool_expect(ROWCAST("compare", "--runs", "3", names[0], names[1], names[2]), 2,
              "3 files are not as many runs of each");
  tool_expect(ROWCAST("compare", names[0], names[1], "--fail-if-slower", "5"), 2, "needs a verdict");
  tool_expect(ROWCAST("compare", "--measure", names[0]), 2, "--measure needs two programs");
  tool_expect(ROWCAST("compare", "--noise", "x", names[0]), 2, "--noise: 'x' is not a percentage from 0 to 1000");
  tool_expect(ROWCAST("compare", "--measure", "/none", names[0]), 1, "/none: cannot be started: No such file");
  tool_expect(ROWCAST("compare", "--measure", "true", "true"), 1, "true: is not JSON");
  tool_expect(ROWCAST("compare", "--measure", "false", "true"), 1, "false: ended with status 1");
  for (int i = 0; i < 3; i++) free(names[i]);
}

/* A program that notes that it ran, and with what, and prints a document. */
static char *make_program(const char *name, double seconds) {
  char *text = document_text(seconds, false), *script, *path;
  cr_assert_gt(asprintf(&script, "#!/bin/sh\necho \"%s $*\" >>'%s/log'\ncat <<'EOF'\n%s\nEOF\n", name, folder, text),
               0);
  path = tool_text(folder, name, script);
  cr_assert_eq(chmod(path, 0700), 0);
  free(text), free(script);
  return path;
}

/* What ends the tool ends the run that it has started. */
Test(verdict, a_signal_reaches_the_run) {
  char *script, *pid = path_in(folder, "pid");
  cr_assert_gt(asprintf(&script, "#!/bin/sh\necho $$ >'%s.part'\nmv '%s.part' '%s'\nexec sleep 60\n", pid, pid, pid),
               0);
  char *program = tool_text(folder, "waits", script);
  cr_assert_eq(chmod(program, 0700), 0);
  struct process tool = process_start(ROWCAST_ARGUMENTS("compare", "--measure", program, program), NULL);
  const struct timespec moment = {0, 5000000};
  for (int i = 0; access(pid, F_OK) != 0; i++) {
    cr_assert_lt(i, 6000, "the run is not begun");
    nanosleep(&moment, NULL);
  }
  struct bytes text = bytes_read(pid);
  bytes_add(&text, "", 1);
  const pid_t run = atoi((const char *)text.data);
  cr_assert_gt(run, 0);
  kill(tool.pid, SIGTERM);
  struct process_result result = process_finish(&tool);
  cr_expect_eq(result.status, 128 + SIGTERM);
  for (int i = 0; i < 1000 && kill(run, 0) == 0; i++) nanosleep(&moment, NULL);
  cr_expect(kill(run, 0) != 0, "the run goes on");
  bytes_free(&text);
  process_free(&result);
  free(program), free(script), free(pid);
}

Test(verdict, programs_in_turns) {
  char *a = make_program("a", 1.0), *b = make_program("b", 0.5), *log = path_in(folder, "log");
  tool_expect(ROWCAST("compare", "--measure", a, b, "--runs", "6", "--quiet"), 0, "");
  struct bytes order = bytes_read(log);
  bytes_add(&order, "", 1);
  const char *wanted = "a bench --format json --quiet\nb bench --format json --quiet\nb bench --format json --quiet\n"
                       "a bench --format json --quiet\na bench --format json --quiet\nb bench --format json --quiet\n";
  cr_expect(strncmp((const char *)order.data, wanted, strlen(wanted)) == 0, "%s", (const char *)order.data);
  bytes_free(&order);
  cr_assert_eq(unlink(log), 0);
  tool_expect(ROWCAST("compare", "--measure", a, b, "--runs", "6", "--", "scale", "--rows", "9"), 0, " B faster ");
  order = bytes_read(log);
  cr_expect(strncmp((const char *)order.data, "a scale --rows 9 --format json --quiet\n", 39) == 0);
  bytes_free(&order);
  tool_expect(ROWCAST("compare", "--measure", a, b, "--", "--rows", "9"), 0, "medians of 9 runs");
  free(a), free(b), free(log);
}

/* The tool itself, twice: whatever the verdict is, there is one line of two sides. */
Test(verdict, the_tool_itself) {
  json_t *document =
    tool_json(ROWCAST("compare", "--json", "--measure", ROWCAST_EXE, ROWCAST_EXE, "--runs", "2", "--", "--rows", "5",
                      "--kernel", "scalar-naive", "--threads", "1", "--rounds", "1", "--dtype", "f32"));
  json_t *line = json_array_get(json_object_get(document, "results"), 0);
  cr_expect_str_eq(json_string_value(json_object_get(line, "kernel")), "scalar-naive");
  cr_expect_str_eq(json_string_value(json_object_get(line, "says_B")), "too few runs");
  cr_expect_str_eq(json_string_value(json_object_get(line, "bits")), "same");
  json_decref(document);
}
