/* SPDX-License-Identifier: BSD-3-Clause */
/* What the kernels of the order exact take where rounding is hard: rows and weights made so that the plain sum of
 * doubles leaves every output in doubt, beside ordinary ones. Samples of all of a kernel's cases are interleaved. */
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rowcast/rowcast.h>

#include "measure.h"
#include "stats.h"

enum { K = 784, N = 10 };

static const char usage[] =
  "usage: exact_cases f32|u8 ROWS ROUNDS [KERNEL]\n\n"
  "Times the usable kernels of the order exact, or one, on ROWS made-up rows of 784 float32 or bytes times 784 x 10\n"
  "weights with one thread; medians of ROUNDS samples, in milliseconds, and over the ordinary case. Kernels of digits\n"
  "are for bytes.\n";

/* How pairs of neighbours are made, in a row and in a column. */
enum which { ORDINARY, CANCELS, IS_ZERO, WHOLE, WIDE, WIDEST, CASES };
static const char *const names[CASES] = {[ORDINARY] = "ordinary", [CANCELS] = "cancels", [IS_ZERO] = "zero",
                                         [WHOLE] = "whole",       [WIDE] = "wide zero",  [WIDEST] = "widest zero"};

static uint64_t state = 1;

static double next(void) { /* in -1..1 */
  state = state * 6364136223846793005u + 1442695040888963407u;
  return (double)(int64_t)(state >> 11) * 0x1p-52 - 1.0;
}

/* A pair of weights, or of a row's elements. */
static void make_pair(enum which which, bool weights, float *pair) {
  const double a = next(), b = next();
  pair[0] = (float)a, pair[1] = (float)b;
  if (which == WHOLE) { /* whole numbers below 16, and halves */
    pair[0] = floorf(16.0f * pair[0]), pair[1] = floorf(16.0f * pair[1]) + (weights ? 0x1p20f : 0.5f);
  } else if (which == WIDE || which == WIDEST) {
    pair[0] = ldexpf(pair[0], (int)((which == WIDE ? 20.0 : 100.0) * b)), pair[1] = weights ? -pair[0] : pair[0];
  } else if (which != ORDINARY) {
    pair[1] = weights ? -pair[0] : pair[0] * (which == CANCELS ? 1.0f + (float)b * 0x1p-18f : 1.0f);
  }
}

/* The same of bytes, which cannot differ by little: their weights do. */
static void make_bytes(enum which which, unsigned char *pair) {
  pair[0] = (unsigned char)(128.0 + 127.0 * next());
  pair[1] = which == ORDINARY || which == WHOLE ? (unsigned char)(128.0 + 127.0 * next()) : pair[0];
}

struct job {
  rowcast_plan *plan;
  size_t rows;
  void *x;
  float *c;
};

static void multiply(void *context) {
  const struct job *job = context;
  if (rowcast_matmul(job->plan, job->rows, job->x, K, job->c, N) != ROWCAST_OK) abort();
}

static bool make_job(struct job *job, enum which which, const char *kernel, rowcast_dtype dtype, size_t rows) {
  const bool bytes = dtype == ROWCAST_U8;
  void *x = malloc(rows * K * (bytes ? 1 : sizeof(float)));
  float *w = malloc(sizeof(float) * K * N), pair[2];
  rowcast_plan_options options = ROWCAST_PLAN_DEFAULTS;
  rowcast_error error;
  options.kernel = kernel, options.threads = 1, options.dtype = dtype;
  *job = (struct job){.rows = rows, .x = x, .c = malloc(rows * N * sizeof(float))};
  if (x == NULL || w == NULL || job->c == NULL) return free(w), false;
  for (size_t i = 0; i < rows * K; i += 2)
    if (bytes) make_bytes(which, (unsigned char *)x + i);
    else make_pair(which, false, (float *)x + i);
  for (size_t k = 0; k < K; k += 2)
    for (size_t j = 0; j < N; j++) {
      make_pair(which, true, pair);
      if (bytes && which == CANCELS) pair[1] *= 1.0f + 0x1p-18f;
      w[k * N + j] = pair[0], w[(k + 1) * N + j] = pair[1];
    }
  const bool ok = rowcast_plan_create(&job->plan, K, N, w, N, &options, &error) == ROWCAST_OK;
  if (!ok) fprintf(stderr, "exact_cases: %s\n", error.text);
  free(w);
  return ok;
}

static bool time_kernel(const char *kernel, rowcast_dtype dtype, size_t rows, size_t rounds) {
  struct job jobs[CASES] = {{NULL, 0, NULL, NULL}};
  struct bench_candidate candidates[CASES];
  double *samples = malloc(CASES * rounds * sizeof *samples);
  bool ok = samples != NULL;
  for (int i = 0; ok && i < CASES; i++) {
    ok = make_job(&jobs[i], (enum which)i, kernel, dtype, rows);
    candidates[i] =
      (struct bench_candidate){.run = multiply, .context = &jobs[i], .samples = samples + (size_t)i * rounds};
  }
  ok = ok && bench_measure(candidates, CASES, &(struct bench_settings){.rounds = rounds, .seed = 1});
  if (ok) printf("%-20s", kernel);
  double ordinary = 0.0;
  for (int i = 0; ok && i < CASES; i++) {
    const double median = bench_summarise(samples + (size_t)i * rounds, rounds).median;
    if (i == ORDINARY) ordinary = median;
    printf(i == ORDINARY ? "  %9.3f" : "  %9.3f %5.2f", 1e3 * median, median / ordinary);
  }
  if (ok) putchar('\n');
  for (int i = 0; i < CASES; i++) {
    rowcast_plan_destroy(jobs[i].plan);
    free(jobs[i].x);
    free(jobs[i].c);
  }
  free(samples);
  return ok;
}

static bool number(const char *text, size_t *value) {
  char *end;
  const unsigned long long read = strtoull(text, &end, 10);
  *value = (size_t)read;
  return *text >= '0' && *text <= '9' && *end == '\0' && read > 0 && read <= 1000000;
}

int main(int argc, char **argv) {
  size_t rows, rounds, timed = 0;
  rowcast_dtype dtype;
  rowcast_cpu detected;
  if (argc == 2 && strcmp(argv[1], "--help") == 0) return fputs(usage, stdout) < 0;
  if (argc < 4 || argc > 5 || rowcast_dtype_from_name(argv[1], &dtype) != ROWCAST_OK || dtype >= 2 ||
      !number(argv[2], &rows) || !number(argv[3], &rounds)) {
    fputs(usage, stderr);
    return 2;
  }
  rowcast_allow_amx(NULL); /* refused or not */
  if (rowcast_cpu_detect(&detected, sizeof detected, NULL) != ROWCAST_OK) return 1;
  printf("%-20s", "kernel");
  for (int i = 0; i < CASES; i++) printf(i == ORDINARY ? "  %9s" : "  %15s", names[i]);
  putchar('\n');
  for (size_t i = 0; i < rowcast_kernel_count(); i++) {
    rowcast_kernel_info kernel;
    if (rowcast_kernel_at(i, &detected, &kernel, sizeof kernel) != ROWCAST_OK) return 1;
    if (!kernel.usable || kernel.order != ROWCAST_EXACT || (argc == 5 && strcmp(kernel.name, argv[4]) != 0)) continue;
    if (dtype == ROWCAST_F32 && strstr(kernel.name, "-digits") != NULL) continue;
    if (!time_kernel(kernel.name, dtype, rows, rounds)) return 1;
    timed++;
  }
  if (timed == 0) fprintf(stderr, "exact_cases: no kernel of the order exact here is called %s\n", argv[4]);
  return timed == 0;
}
