/* SPDX-License-Identifier: BSD-3-Clause */
/* run_checks: the checks of kernels and threads in this one process, without Criterion: for emulators and
 * sanitizers, under which Criterion cannot start its tests.
 *
 *   run_checks [--full] [--serial] [KERNEL | ISA]
 *
 * Every usable kernel and `auto`, or the one named, or those of one ISA level, under every driver (or with --serial
 * without threads, where an emulator has time for one) and for both element types; a line for each, and a summary. If
 * none is named: also rows of a file by their numbers on several threads.
 * Exit status 1 when a check failed or nothing was checked, 2 for a wrong
 * command line. */
#include <stdio.h>
#include <string.h>

#include <rowcast/cpu.h>
#include <rowcast/experimental.h>
#include <rowcast/kernels.h>

#include "check_plan.h"
#include "check_rows.h"
#include "check_suite.h"
#include "kernel.h"
#include "check_threads.h"

enum { TEAM = 3 };

static void add(struct check_tally *total, const struct check_tally *part) {
  total->passed += part->passed;
  total->failed += part->failed;
  if (part->failed > 0) printf("FAILED %s\n", part->text);
}

/* One kernel, driver and element type. */
static void check_combination(const struct check_subject *subject, enum check_amount amount,
                              struct check_tally *total) {
  struct check_tally tally = {0};
  const uint64_t seed = test_seed();
  check_shapes(subject, amount, seed, &tally);
  check_special_values(subject, amount, seed, &tally);
  check_all_batches(subject, amount, seed, &tally);
  add(total, &tally);
}

/* serial: leave out the other drivers, which have no arithmetic of their own. */
static struct check_tally check_one_kernel(size_t i, enum check_amount amount, bool serial) {
  const rowcast_kernel_info info = check_kernel_info(i), *kernel = &info;
  struct check_tally total = {0};
  for (size_t d = 0; d < rowcast_driver_count(); d++)
    for (int dtype = 0; dtype < ROWCAST_DTYPE_COUNT; dtype++) {
      struct check_plan plan;
      if (serial && strcmp(rowcast_driver_name(d), "serial") != 0) continue;
      /* A kernel for bytes gives rows of float32 to another one; below they are compared with bytes. */
      if (dtype == ROWCAST_F32 && rc_kernel_at(i)->packing->for_bytes) continue;
      check_plan_init(&plan, kernel, rowcast_driver_name(d), TEAM, (rowcast_dtype)dtype);
      check_combination(&plan.subject, amount, &total);
    }
  struct check_plan bytes, floats;
  check_plan_init(&bytes, kernel, "serial", 1, ROWCAST_U8);
  check_plan_init(&floats, kernel, "serial", 1, ROWCAST_F32);
  struct check_tally pairs = {0}, threads = {0};
  check_all_bytes_as_floats(&bytes.subject, &floats.subject, amount, test_seed(), &pairs);
  add(&total, &pairs);
  check_all_threads(kernel, test_seed(), &threads);
  add(&total, &threads);
  return total;
}

/* The kernel left to the plan. */
static struct check_tally check_auto(enum check_amount amount) {
  struct check_tally total = {0};
  for (int dtype = 0; dtype < ROWCAST_DTYPE_COUNT; dtype++) {
    struct check_plan plan;
    check_plan_init_auto(&plan, "auto", TEAM, (rowcast_dtype)dtype);
    check_combination(&plan.subject, amount, &total);
  }
  return total;
}

struct summary {
  size_t kernels, passed, failed;
};

static void report(struct summary *summary, const char *name, struct check_tally tally) {
  printf("%-18s %zu passed, %zu failed\n", name, tally.passed, tally.failed);
  fflush(stdout);
  summary->kernels++;
  summary->passed += tally.passed;
  summary->failed += tally.failed;
}

static bool wanted(const char *only, const rowcast_kernel_info *kernel) {
  return only == NULL || strcmp(only, kernel->name) == 0 || strcmp(only, rowcast_isa_name(kernel->isa)) == 0;
}

static const char usage[] = "usage: run_checks [--full] [--serial] [KERNEL | ISA]\n";

int main(int argc, char **argv) {
  enum check_amount amount = CHECK_REDUCED;
  const char *only = NULL;
  bool serial = false;
  for (int i = 1; i < argc; i++) {
    if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
      fputs(usage, stdout);
      return 0;
    }
    if (strcmp(argv[i], "--full") == 0) {
      amount = CHECK_FULL;
    } else if (strcmp(argv[i], "--serial") == 0) {
      serial = true;
    } else if (argv[i][0] != '-' && only == NULL) {
      only = argv[i];
    } else {
      fputs(usage, stderr);
      return 2;
    }
  }

  check_report_faults();
  struct summary summary = {0};
  for (size_t i = 0; i < rowcast_kernel_count(); i++) {
    const rowcast_kernel_info kernel = check_kernel_info(i);
    if (!wanted(only, &kernel)) continue;
    if (kernel.usable) report(&summary, kernel.name, check_one_kernel(i, amount, serial));
    else printf("%-18s skipped: %s\n", kernel.name, kernel.reason);
  }
  if (only == NULL || strcmp(only, "auto") == 0) report(&summary, "auto", check_auto(amount));
  if (only == NULL) {
    struct check_tally rows = {0};
    check_rows_by_number(&rows);
    printf("%-18s %zu passed, %zu failed\n", "rows by number", rows.passed, rows.failed);
    summary.passed += rows.passed;
    summary.failed += rows.failed;
  }
  printf("run_checks: %zu kernels, %zu checks passed, %zu failed, seed %llu\n", summary.kernels, summary.passed,
         summary.failed, (unsigned long long)test_seed());
  return summary.failed > 0 || summary.passed == 0;
}
