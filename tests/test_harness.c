/* SPDX-License-Identifier: BSD-3-Clause */
/* The harness itself: kernels with one mistake each go through the suite, and each must be caught; one without
 * a mistake must pass. A stray access ends in SIGSEGV, so each runs in a child process. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <rowcast/experimental.h>

#include "broken_kernels.h"
#include "check_suite.h"

/* How a defect shows. */
enum sign {
  PASSES,
  FAULTS,   /* SIGSEGV */
  REPORTED, /* a text that says so */
  EITHER    /* what comes first depends on the cases drawn */
};

static const struct {
  enum defect defect;
  enum sign sign;
  const char *text;                   /* in the report, where there is one */
  bool for_type[ROWCAST_DTYPE_COUNT]; /* float32, bytes */
} expected[] = {
  {NO_DEFECT, PASSES, "", {true, true}},
  {WRITES_RIGHT, EITHER, "wr", {true, true}}, /* "wrote outside C", "wrote into C's padding" */
  {WRITES_BELOW, EITHER, "wrote outside C", {true, true}},
  {WRITES_PADDING, REPORTED, "wrote into C's padding", {true, true}},
  {WRITES_BEFORE, EITHER, "wrote outside C", {true, true}},
  {WRITES_X, FAULTS, "", {true, true}},
  {READS_RIGHT, FAULTS, "", {true, true}},
  {READS_BELOW, FAULTS, "", {true, true}},
  {READS_BEFORE, FAULTS, "", {true, true}},
  {READS_PADDING, EITHER, "nan", {true, false}},
  {READS_OLD_OUTPUT, REPORTED, "differ from the model", {true, true}},
  {KEEPS_WEIGHTS, FAULTS, "", {true, true}},
  {DROPS_LAST_ROW, REPORTED, "left an output unwritten", {true, true}},
  {DROPS_LAST_COLUMN, REPORTED, "left an output unwritten", {true, true}},
  {DROPS_TAIL, REPORTED, "differ from the model", {true, true}},
  {DROPS_ODD_ROWS, REPORTED, "left an output unwritten", {true, true}},
  {DROPS_LATER_BLOCKS, REPORTED, "differ from the model", {true, true}},
  {WRONG_TAIL, REPORTED, "differ from the model", {true, true}},
  {IGNORES_STRIDE, REPORTED, "differ from the model", {true, true}},
  {IGNORES_SCALE, REPORTED, "differ from the model", {true, true}},
  {SIGNED_BYTES, REPORTED, "differ from the model", {false, true}},
  {WRONG_TREE, REPORTED, "differ from the model", {true, true}},
  {REDUCES_BLOCKS, REPORTED, "differ from the model", {true, true}},
  {UNFUSED, REPORTED, "differ from the model", {true, true}},
  {SEQUENTIAL_SUM, REPORTED, "differ from the model", {true, true}},
  {DEPENDS_ON_ROW, REPORTED, "differ from the model", {true, true}},
  {DEPENDS_ON_BATCH, REPORTED, "differ from the model", {true, true}},
  {DEPENDS_ON_ADDRESS, REPORTED, "differ from the model", {true, true}},
  {SKIPS_ALWAYS, REPORTED, "differ from the model", {true, true}},
  {NEGATIVE_ZERO, REPORTED, "differ from the model", {true, false}},
  {FLUSHES_SUBNORMALS, REPORTED, "differ from the model", {true, false}},
};
enum { EXPECTED = sizeof expected / sizeof expected[0] };

/* What the child says to its parent. */
struct verdict {
  char text[CHECK_TEXT];
};

/* The suite, or its batches alone, in a child process. */
enum part { WHOLE, BATCHES };

static _Noreturn void judge(enum defect defect, rowcast_dtype dtype, enum part part, struct verdict *verdict) {
  const struct rlimit none = {0, 0};
  setrlimit(RLIMIT_CORE, &none);
  signal(SIGSEGV, SIG_DFL); /* a sanitizer or Criterion may have taken it */
  signal(SIGBUS, SIG_DFL);
  const struct check_subject subject = broken_kernel(defect, dtype);
  struct check_tally tally = {0};
  const bool right = part == BATCHES ? check_all_batches(&subject, CHECK_REDUCED, 1, &tally)
                                     : check_shapes(&subject, CHECK_REDUCED, 1, &tally) &&
                                         check_special_values(&subject, CHECK_REDUCED, 1, &tally) &&
                                         check_all_batches(&subject, CHECK_REDUCED, 1, &tally);
  memcpy(verdict->text, tally.text, sizeof verdict->text);
  _exit(right && tally.failed == 0 && tally.passed > 0 ? 0 : 1);
}

static enum sign observe(enum defect defect, rowcast_dtype dtype, enum part part, struct verdict *verdict) {
  struct verdict *shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  cr_assert(shared != MAP_FAILED);
  const pid_t child = fork();
  cr_assert(child >= 0);
  if (child == 0) judge(defect, dtype, part, shared);
  int status;
  cr_assert(waitpid(child, &status, 0) == child);
  *verdict = *shared;
  munmap(shared, sizeof *shared);
  if (WIFSIGNALED(status)) {
    cr_assert(WTERMSIG(status) == SIGSEGV, "killed by signal %d", WTERMSIG(status));
    return FAULTS;
  }
  cr_assert(WIFEXITED(status) && WEXITSTATUS(status) <= 1, "status %d", status);
  return WEXITSTATUS(status) == 0 ? PASSES : REPORTED;
}

ParameterizedTestParameters(harness, catches_every_defect) {
  static unsigned number[EXPECTED * ROWCAST_DTYPE_COUNT];
  for (unsigned i = 0; i < EXPECTED * ROWCAST_DTYPE_COUNT; i++) number[i] = i;
  return cr_make_param_array(unsigned, number, EXPECTED *ROWCAST_DTYPE_COUNT);
}

ParameterizedTest(const unsigned *number, harness, catches_every_defect, .timeout = 120) {
  const size_t i = *number / ROWCAST_DTYPE_COUNT;
  const rowcast_dtype dtype = (rowcast_dtype)(*number % ROWCAST_DTYPE_COUNT);
  const char *name = broken_kernel(expected[i].defect, dtype).name;
  if (!expected[i].for_type[dtype]) cr_skip_test("%s: no mistake for this element type", name);
  struct verdict verdict;
  const enum sign sign = observe(expected[i].defect, dtype, WHOLE, &verdict);
  cr_assert(expected[i].sign == EITHER ? sign != PASSES : sign == expected[i].sign,
            "the kernel that %s, type %d: expected %d, was %d: %s", name, (int)dtype, (int)expected[i].sign, (int)sign,
            verdict.text);
  if (sign == REPORTED) {
    cr_expect(strstr(verdict.text, expected[i].text) != NULL, "%s: reported as: %s", name, verdict.text);
    cr_expect(strstr(verdict.text, "ROWCAST_TEST_SEED=") != NULL, "%s: no replay in: %s", name, verdict.text);
  }
}

/* The table above names every defect there is. */
Test(harness, expects_something_of_every_defect) {
  for (int defect = 0; defect < DEFECT_COUNT; defect++) {
    bool found = false;
    for (size_t i = 0; i < EXPECTED; i++) found = found || expected[i].defect == (enum defect)defect;
    cr_expect(found, "defect %d", defect);
  }
}

/* The comparison of batches finds dependence on the batch by itself, without the model. */
Test(harness, batches_alone_catch_what_depends_on_them) {
  static const enum defect defects[] = {DEPENDS_ON_ROW, DEPENDS_ON_BATCH, DEPENDS_ON_ADDRESS, NO_DEFECT};
  for (size_t i = 0; i < sizeof defects / sizeof defects[0]; i++)
    for (int dtype = 0; dtype < ROWCAST_DTYPE_COUNT; dtype++) {
      struct verdict verdict;
      const enum sign sign = observe(defects[i], (rowcast_dtype)dtype, BATCHES, &verdict);
      cr_expect(sign == (defects[i] == NO_DEFECT ? PASSES : REPORTED), "%s, type %d: %d, %s",
                broken_kernel(defects[i], ROWCAST_F32).name, dtype, (int)sign, verdict.text);
    }
}

/* The comparison of bytes with float32 finds a kernel that takes bytes for something else. */
Test(harness, bytes_against_floats_catches_signed_bytes) {
  const struct check_subject floats = broken_kernel(NO_DEFECT, ROWCAST_F32);
  const struct check_subject good = broken_kernel(NO_DEFECT, ROWCAST_U8);
  const struct check_subject bad = broken_kernel(SIGNED_BYTES, ROWCAST_U8);
  struct check_tally passed = {0}, failed = {0};
  cr_expect(check_all_bytes_as_floats(&good, &floats, CHECK_REDUCED, 1, &passed), "%s", passed.text);
  cr_expect(!check_all_bytes_as_floats(&bad, &floats, CHECK_REDUCED, 1, &failed));
}

/* An invalid seed ends a program with one line, not with a core dump. */
Test(harness, seeds_that_are_none) {
  static const char *const texts[] = {"x", "1x", "-1", " 1", "1.5", "99999999999999999999"};
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    FILE *said = tmpfile();
    cr_assert_not_null(said);
    setenv("ROWCAST_TEST_SEED", texts[i], 1);
    fflush(NULL);
    const pid_t child = fork();
    cr_assert_geq(child, 0);
    if (child == 0) {
      dup2(fileno(said), STDERR_FILENO);
      test_seed();
      _exit(0);
    }
    int status;
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 2, "'%s': status %d", texts[i], status);
    /* A sanitizer may have a line of its own to say when the child ends. */
    char line[256] = "", wanted[128];
    snprintf(wanted, sizeof wanted, "ROWCAST_TEST_SEED: '%s' is not a whole number from 0 to %llu\n", texts[i],
             ULLONG_MAX);
    rewind(said);
    cr_assert_not_null(fgets(line, sizeof line, said));
    cr_expect_str_eq(line, wanted);
    fclose(said);
  }
  setenv("ROWCAST_TEST_SEED", "18446744073709551615", 1);
  cr_expect_eq(test_seed(), UINT64_MAX);
}
