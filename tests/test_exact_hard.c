/* SPDX-License-Identifier: BSD-3-Clause */
/* The order exact where most outputs of a batch are hard to round: sums that all but cancel, ties that a trace decides,
 * alone and after each other, so that every step on the way to the exact sum settles many, with and without a bias. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <rowcast/rowcast.h>

#include "check.h"
#include "check_plan.h"
#include "each_kernel.h"
#include "fixture.h"

enum { ROWS = 203, MOST_K = 75, MOST_N = 23 };
static unsigned char bytes[ROWS * MOST_K];
static float x[ROWS * MOST_K], w[MOST_K * MOST_N], bias[MOST_N], expected[ROWS * MOST_N];

/* What is left of pairs that cancel, and how far their exponents spread. */
static const struct {
  int trace; /* each first element of a pair is 2^-trace larger than its second; 0: they are the same */
  int spread;
  int tie; /* three more elements make a sum that lies 2^-tie beside the middle of two float32; 0: no such elements */
} kinds[] = {{18, 3, 0}, {0, 3, 0}, {0, 3, 60}, {0, 3, 97}, {0, 30, 120}, {0, 3, 149}, {0, 60, 0}, {22, 60, 140}};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

static void fill_row(struct random *random, float *row, size_t k, size_t kind) {
  for (size_t i = 0; i < k; i++) {
    row[i] = random_float(random, -kinds[kind].spread, kinds[kind].spread);
    if (i % 2 == 1) row[i] = row[i - 1] * (kinds[kind].trace > 0 ? 1.0f + ldexpf(1.0f, -kinds[kind].trace) : 1.0f);
  }
  if (kinds[kind].tie == 0 || k < 3) return;
  const float sign = random_below(random, 2) != 0 ? 1.0f : -1.0f;
  row[k - 3] = sign * (1.0f + ldexpf((float)random_below(random, 16), -23)), row[k - 2] = sign * 0x1p-24f;
  row[k - 1] = kinds[kind].tie < 149 || random_below(random, 2) != 0 ? ldexpf(1.0f, -kinds[kind].tie) : 0.0f;
}

static void fill_weights(struct random *random, size_t k, size_t n, size_t kind) {
  for (size_t i = 0; i < k * n; i++) w[i] = random_float(random, -kinds[kind].spread, kinds[kind].spread);
  for (size_t i = 1; i < k; i += 2)
    for (size_t j = 0; j < n; j++) w[i * n + j] = -w[(i - 1) * n + j];
  if (kinds[kind].tie == 0 || k < 3) return;
  for (size_t j = 0; j < n; j++) {
    if (k % 2 == 1) continue;
    w[(k - 4) * n + j] = 0.0f; /* its pair is among the three */
  }
  for (size_t i = k - 3; i < k; i++)
    for (size_t j = 0; j < n; j++) w[i * n + j] = i == k - 1 && random_below(random, 2) != 0 ? -1.0f : 1.0f;
}

/* The kernel's outputs have the bits of those expected. */
static void compare(const rowcast_kernel_info *kernel, const struct check_product *p, const float *right,
                    const char *what) {
  float *own = malloc(p->m * p->n * sizeof *own);
  rowcast_plan_options options = ROWCAST_PLAN_DEFAULTS;
  rowcast_plan *plan;
  cr_assert_not_null(own);
  options.kernel = kernel->name, options.dtype = p->dtype, options.bias = p->bias;
  cr_assert_eq(rowcast_plan_create(&plan, p->k, p->n, p->w, p->ldw, &options, NULL), ROWCAST_OK);
  cr_assert_eq(rowcast_matmul(plan, p->m, p->x, p->ldx, own, p->n), ROWCAST_OK);
  rowcast_plan_destroy(plan);
  const struct check_difference difference = check_bits(own, p->n, right, p->n, p->m, p->n);
  cr_assert_eq(difference.count, 0, "%s: %s, %zu x %zu: row %zu column %zu: %a, expected %a", kernel->name, what, p->k,
               p->n, difference.row, difference.column, (double)difference.got, (double)difference.expected);
  free(own);
}

static void check(const rowcast_kernel_info *kernel, rowcast_dtype dtype, size_t k, size_t n, bool with_bias,
                  const char *what) {
  const void *rows = dtype == ROWCAST_U8 ? (const void *)bytes : (const void *)x;
  const struct check_product product = {dtype, ROWS, k, n, rows, k, w, n, 1.0f, with_bias ? bias : NULL};
  check_model(&product, ROWCAST_EXACT, expected, n);
  compare(kernel, &product, expected, what);
}

/* Every usable kernel of the order. */
static void check_every_kernel(const struct check_product *product, float *right, const char *what) {
  check_model(product, ROWCAST_EXACT, right, product->n);
  for (size_t i = 0; i < rowcast_kernel_count(); i++) {
    const rowcast_kernel_info kernel = check_kernel_info(i);
    if (kernel.usable && kernel.order == ROWCAST_EXACT) compare(&kernel, product, right, what);
  }
}

ParameterizedTestParameters(exact_hard, every_kernel) { return numbers(rowcast_kernel_count()); }

ParameterizedTest(const unsigned *number, exact_hard, every_kernel) {
  const rowcast_kernel_info kernel = kernel_or_skip(*number);
  if (kernel.order != ROWCAST_EXACT) cr_skip_test("%s rounds more than once", kernel.name);
  static const size_t ks[] = {8, 17, 64, MOST_K}, ns[] = {1, 2, 5, 11, MOST_N};
  struct random random = random_from(test_seed());
  for (size_t a = 0; a < sizeof ks / sizeof ks[0]; a++)
    for (size_t kind = 0; kind < KINDS; kind++) {
      const size_t k = ks[a], n = ns[random_below(&random, sizeof ns / sizeof ns[0])];
      fill_weights(&random, k, n, kind);
      for (size_t j = 0; j < n; j++) bias[j] = random_below(&random, 2) ? random_float(&random, -140, 3) : 0.0f;
      const float no_numbers[] = {NAN, INFINITY, -INFINITY};
      for (size_t i = 0; i < ROWS; i++) fill_row(&random, x + i * k, k, kind);
      for (size_t i = 0; i < ROWS * k; i++)
        bytes[i] = (unsigned char)(i % k % 2 == 1 ? bytes[i - 1] : random_below(&random, 256));
      check(&kernel, ROWCAST_F32, k, n, false, "all rows alike");
      check(&kernel, ROWCAST_U8, k, n, false, "all rows alike");
      check(&kernel, ROWCAST_F32, k, n, true, "with a bias");
      check(&kernel, ROWCAST_U8, k, n, true, "with a bias");
      if (n > 2) {
        bias[random_below(&random, n / 2)] = no_numbers[random_below(&random, 3)];
        check(&kernel, ROWCAST_F32, k, n, true, "with a bias that is no number");
        check(&kernel, ROWCAST_U8, k, n, true, "with a bias that is no number");
      }
      /* Other rows among them: ordinary ones, and such as are no numbers. */
      for (size_t i = 0; i < ROWS; i++) {
        const size_t which = random_below(&random, 12);
        if (which < KINDS) fill_row(&random, x + i * k, k, which);
        else if (which == KINDS) x[i * k + random_below(&random, (unsigned)k)] = NAN;
        else if (which == KINDS + 1) x[i * k + random_below(&random, (unsigned)k)] = -INFINITY;
      }
      check(&kernel, ROWCAST_F32, k, n, (kind & 1) != 0, "rows of all kinds");
    }
}

/* Longer rows than are cut into slices at a time (1,024 elements), the same sums and the same bits. */
Test(exact_hard, longer_than_a_cut) {
  enum { LONG = 2061, FEW = 5, COLUMNS = 3 };
  static float rows[FEW * LONG], weights[LONG * COLUMNS], addends[COLUMNS], wanted[FEW * COLUMNS];
  static const size_t ks[] = {1023, 1024, 1025, 1032, 2048, LONG};
  static const int spreads[] = {30, 60, 120};
  struct random random = random_from(test_seed());
  for (size_t a = 0; a < sizeof ks / sizeof ks[0] * 3; a++) {
    const size_t k = ks[a / 3];
    const int spread = spreads[a % 3], high = spread < 60 ? spread : 60;
    for (size_t i = 0; i < k * COLUMNS; i++) weights[i] = random_float(&random, -spread, high);
    for (size_t i = 0; i < FEW * k; i++) rows[i] = random_float(&random, -spread, high);
    /* The second half takes the first away, in other parts of 1,024, but for a trace in some rows. */
    for (size_t i = k / 2; i < k / 2 * 2; i++)
      for (size_t j = 0; j < COLUMNS; j++) weights[i * COLUMNS + j] = -weights[(i - k / 2) * COLUMNS + j];
    for (size_t r = 0; r < FEW; r++) {
      memcpy(rows + r * k + k / 2, rows + r * k, k / 2 * sizeof *rows);
      if (k % 2 == 1) rows[r * k + k - 1] = ldexpf(1.0f, -10 * (int)r);
      if (r == 3) rows[r * k + k / 2] = nextafterf(rows[r * k + k / 2], 0.0f);
    }
    for (size_t j = 0; j < COLUMNS; j++) addends[j] = j == 1 ? random_float(&random, -140, 3) : 0.0f;
    const struct check_product product = {ROWCAST_F32, FEW, k, COLUMNS, rows, k, weights, COLUMNS, 1.0f, addends};
    check_every_kernel(&product, wanted, "halves that cancel");
  }
}

/* Long rows of bytes whose sums of digits, in a double, are rounded at several of six digits, each time down: an error
 * of more than two such roundings has to be reckoned with. The bias makes a tie of the exact sum but for a trace. */
Test(exact_hard, digits_that_are_rounded_often) {
  static const unsigned counts[] = {262145u, 1025u, 245u, 255u, 255u, 2147483775u};
  enum { MOST = 70000, COLUMNS = 2 };
  unsigned char *row = malloc(MOST);
  float *weights = malloc(sizeof(float) * MOST * COLUMNS), wanted[COLUMNS];
  const float addends[COLUMNS] = {0x1p17f, 0.0f};
  size_t k = 0;
  cr_assert(row != NULL && weights != NULL);
  for (int place = 0; place < 6; place++)
    for (unsigned left = counts[place]; left > 0; k++) {
      const unsigned weight = left >= 127 * 255 ? 127 : left >= 255 ? left / 255 : 1, byte = left >= 255 ? 255 : left;
      cr_assert_lt(k, MOST);
      row[k] = (unsigned char)byte;
      weights[k * COLUMNS] = ldexpf((float)weight, 8 * place);
      weights[k * COLUMNS + 1] = k % 2 == 1 ? 0x1p46f - 0x1p23f : 1.0f; /* it takes six digits */
      left -= weight * byte;
    }
  const struct check_product product = {ROWCAST_U8, 1, k, COLUMNS, row, k, weights, COLUMNS, 1.0f, addends};
  check_every_kernel(&product, wanted, "digits that are rounded often");
  free(row);
  free(weights);
}
