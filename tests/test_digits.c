/* SPDX-License-Identifier: BSD-3-Clause */
/* The order exact for rows of bytes: layouts of digits, where sums are as large as they can be, columns of which digits
 * leave something out, and parts of K that are added up. What holds for every kernel is tested with the others. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <rowcast/rowcast.h>

#include "check.h"
#include "each_digits.h"
#include "fixture.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Kinds of columns. */
enum kind { SMALL, NORMAL, WIDE, TINY, HUGE_ONES, ZEROS, EXTREME, KINDS };

static float weight(struct random *random, enum kind kind) {
  switch (kind) {
  case SMALL: return (float)random_below(random, 1 << 15) - (float)(1 << 14);
  case NORMAL: return random_float(random, -11, 2);
  case WIDE: return random_float(random, -70, 2);
  case TINY: return random_float(random, -149, -130);
  case HUGE_ONES: return random_float(random, 100, 127);
  case EXTREME: return random_below(random, 2) ? 0x1.fffffep0f : -0x1.fffffep0f;
  default: return 0.0f;
  }
}

/* The weight that the layout has for element k of a column, and what it leaves out. */
static double unpacked(const struct rc_digits *d, const struct rc_digits_panel *panel, size_t k, size_t j,
                       size_t layout) {
  double value = 0.0;
  for (size_t digit = d->digits; digit-- > 0;)
    value = value * d->base +
            (double)(stored(panel, k, digit * panel->width + (j - panel->column), layout) - layouts[layout].more);
  return value * d->units[j];
}

static double listed(const struct rc_digits *d, size_t k, size_t j) {
  const struct rc_digits_rest *rests = d->rests + j * d->most_rests;
  for (size_t i = 0; i < d->columns[j].rests; i++)
    if (rests[i].k == k) return (double)rests[i].value;
  return 0.0;
}

/* Largest and least sums of bytes times what is stored in every part of K. */
static void expect_32_bits(const struct rc_digits *d, const struct rc_digits_panel *panel, size_t lane, size_t layout) {
  for (size_t begin = 0; begin < d->w->k; begin += d->part) {
    int64_t above = 0, below = 0;
    for (size_t k = begin; k < d->w->k && k < begin + d->part; k++) {
      const int64_t digit = stored(panel, k, lane, layout);
      *(digit > 0 ? &above : &below) += 255 * digit;
    }
    cr_assert(above <= INT32_MAX && below >= INT32_MIN, "lane %zu from %zu on: %lld to %lld", lane, begin,
              (long long)below, (long long)above);
  }
}

static void expect_layout(size_t layout, size_t k, size_t n, enum kind kind, struct random *random) {
  const struct rc_packing *packing = layouts[layout].packing;
  const unsigned bits = layouts[layout].bits;
  const size_t count = packing->count(k, n), bytes = rc_round_up(count * sizeof(float), RC_ALIGNMENT) + RC_ALIGNMENT;
  float *w = calloc(k * n + 1, sizeof *w);
  char *packed = aligned_alloc(RC_ALIGNMENT, bytes);
  cr_assert(w != NULL && packed != NULL && count < SIZE_MAX);
  for (size_t i = 0; i < k * n; i++) w[i] = weight(random, kind == KINDS ? (enum kind)(i % n % KINDS) : kind);
  memset(packed, 0xa5, bytes);
  const struct rc_source source = {w, n, 1, RC_W_F32, 1.0f, NULL};
  cr_assert(packing->pack((float *)(void *)packed, &source, k, n));
  for (size_t i = count * sizeof(float); i < bytes; i++) cr_assert(packed[i] == (char)0xa5, "wrote past its floats");
  const struct rc_weights weights = {
    .k = k, .n = n, .packed = (const float *)(const void *)packed, .panels = packing->panels(k, n)};
  const struct rc_digits d = rc_digits_of(&weights, bits, NULL);
  size_t column = 0;
  for (size_t p = 0; p < d.of.count; p++) {
    const struct rc_digits_panel panel = rc_digits_panel(&d, p, bits);
    cr_assert(panel.column == column && panel.width >= n / d.of.count && panel.width <= n / d.of.count + 1);
    cr_assert(panel.whole <= rc_digits_vectors(bits) &&
              panel.width * d.digits <= (2 * panel.whole + (size_t)panel.half) * 64 / bits);
    const char *end = panel.narrow + rc_round_up(k, 4) / 4 * 32 * (size_t)panel.half;
    cr_assert(end <= packed + count * sizeof(float) && (uintptr_t)panel.wide % RC_ALIGNMENT == 0);
    for (size_t j = column; j < column + panel.width; j++)
      for (size_t i = 0; i < k; i++) {
        const double value = (double)w[i * n + j], digits = unpacked(&d, &panel, i, j, layout);
        cr_assert(d.columns[j].listed ? digits + listed(&d, i, j) == value : fabs(digits - value) <= d.units[j] / 2.0,
                  "%s %zu x %zu: w[%zu][%zu] is %a and %a, expected %a", packing->name, k, n, i, j, digits,
                  listed(&d, i, j), value);
      }
    for (size_t lane = 0; lane < panel.width * d.digits; lane++) expect_32_bits(&d, &panel, lane, layout);
    column += panel.width;
  }
  cr_assert(column == n);
  free(packed);
  free(w);
}

Test(digits, layouts) {
  static const size_t ks[] = {0, 1, 3, 4, 5, 64, 100, 784, 1025, 2200}, ns[] = {0, 1, 4, 10, 11, 16, 17, 33, 70};
  struct random random = random_from(test_seed());
  for (size_t layout = 0; layout < LAYOUTS; layout++)
    for (size_t a = 0; a < COUNT(ks); a++)
      for (size_t b = 0; b < COUNT(ns); b++) {
        const enum kind kind = (enum kind)random_below(&random, KINDS + 1);
        if (ks[a] * ns[b] <= 40000) expect_layout(layout, ks[a], ns[b], kind, &random);
      }
}

Test(digits, sizes_that_do_not_fit) {
  for (size_t layout = 0; layout < LAYOUTS; layout++) {
    cr_expect_eq(layouts[layout].packing->count(SIZE_MAX, 1), SIZE_MAX);
    cr_expect_eq(layouts[layout].packing->count(1, SIZE_MAX / 8), SIZE_MAX);
    cr_expect_eq(layouts[layout].packing->count(SIZE_MAX / 32, 3), SIZE_MAX);
    cr_expect_eq(layouts[layout].packing->count(SIZE_MAX / 64, 1), SIZE_MAX);
    cr_expect(layouts[layout].packing->count(SIZE_MAX / 4, 0) < 4096, "many empty columns");
  }
}

/* Fewest digits that serve: small whole numbers, normally distributed ones (KINDS), those that are spread over 13
 * powers of two, and more, which leave out much whatever they are. */
Test(digits, as_few_as_serve) {
  static const struct {
    enum kind kind;
    size_t bytes; /* of digits */
  } cases[] = {{SMALL, 2}, {KINDS, 4}, {NORMAL, 5}, {ZEROS, 1}, {EXTREME, 4}, {WIDE, 6}};
  enum { K = 784 };
  struct random random = random_from(test_seed());
  float w[K], *packed = aligned_alloc(RC_ALIGNMENT, rc_round_up(4 * rc_pack_digits8.count(K, 1), RC_ALIGNMENT));
  for (size_t i = 0; i < COUNT(cases); i++) {
    for (size_t k = 0; k < K; k++) w[k] = weight(&random, cases[i].kind);
    if (cases[i].kind == KINDS) cr_assert_eq(rowcast_randn(1, w, K), ROWCAST_OK);
    const struct rc_source source = {w, 1, 1, RC_W_F32, 1.0f, NULL};
    rc_pack_digits8.pack(packed, &source, K, 1);
    const struct rc_weights weights = {.k = K, .n = 1, .packed = packed};
    cr_expect_eq(rc_digits_of(&weights, 8, NULL).digits, cases[i].bytes, "kind %d: %zu", (int)cases[i].kind,
                 rc_digits_of(&weights, 8, NULL).digits);
  }
  free(packed);
}

/* Around the lengths beyond which 32 bits cannot hold a sum of 255 * -128, and which amx-digits gives to another
 * kernel, with all the largest and least digits. */
Test(digits, sums_of_long_rows) {
  static const size_t ks[] = {65536, 65537, 65793, 65794};
  static const float values[] = {-128.0f, 127.0f, -32768.0f, 32767.0f, -0x1p31f, 0x1.fffffep30f, 1.0f / 3.0f};
  for (size_t a = 0; a < COUNT(ks); a++) {
    const size_t k = ks[a], n = COUNT(values);
    float *w = malloc(k * n * sizeof *w);
    unsigned char *x = malloc(5 * k);
    cr_assert(w != NULL && x != NULL);
    for (size_t i = 0; i < k; i++)
      for (size_t j = 0; j < n; j++) w[i * n + j] = values[j];
    memset(x, 255, 2 * k);
    memset(x + 3 * k, 255, 2 * k);
    for (size_t i = 0; i < k; i++) x[k + i] = i % 5 == 0 ? 255 : 0, x[2 * k + i] = (unsigned char)(i * 7 % 256);
    expect_model(&(struct check_product){ROWCAST_U8, 5, k, n, x, k, w, n, 1.0f, NULL});
    free(w);
    free(x);
  }
}

/* Columns of every kind, with rests that are listed or are not, and biases that all but cancel the first row's sum. */
Test(digits, columns_of_every_kind) {
  enum { K = 200, N = 2 * KINDS, ROWS = 14 };
  static float w[K * N], bias[N];
  static unsigned char x[ROWS * K];
  struct random random = random_from(test_seed());
  for (int round = 0; round < 12; round++) {
    for (size_t i = 0; i < K * N; i++) w[i] = weight(&random, (enum kind)(i % KINDS));
    /* Sums that cancel, all but a trace. */
    for (size_t i = N; i < K * N; i++)
      if (round % 3 == 0 && random_below(&random, 2)) w[i] = -w[i - N];
    for (size_t i = 0; i < ROWS * K; i++)
      x[i] = random_below(&random, 3) ? (unsigned char)random_below(&random, 256) : 0;
    for (size_t i = 1; i < ROWS * K; i++)
      if (round % 3 == 0) x[i] = i % 2 ? x[i - 1] : x[i];
    struct check_product product = {ROWCAST_U8, 1, K, N, x, K, w, N, 1.0f, NULL};
    check_model(&product, ROWCAST_EXACT, bias, N);
    for (size_t j = 0; j < N; j++) bias[j] = isfinite(bias[j]) ? -bias[j] : 1.0f;
    product.m = ROWS;
    expect_model(&product);
    product.bias = bias;
    expect_model(&product);
  }
}

/* Sums exactly between two float32, with rests that decide, and none. */
Test(digits, ties) {
  enum { K = 3, N = 8 };
  static const float w[K * N] = {0x1p24f, 0x1p24f, 0x1p24f,   0x1p24f,    0x1p-100f, 0x1p-149f, 0x1p24f, 0x1p24f,
                                 1.0f,    3.0f,    1.0f,      1.0f,       0x1p-124f, 0x1p-149f, 0.5f,    0.0f,
                                 0.0f,    0.0f,    0x1p-149f, -0x1p-149f, 0.0f,      0x1p-149f, 0.5f,    -0x1p24f};
  static const unsigned char x[3 * K] = {1, 1, 1, 2, 2, 0, 255, 1, 255};
  static const float bias[N] = {0.0f, 0.0f, 0.0f, 0.0f, 0.0f, 0.0f, 0x1p-149f, -0x1p-149f};
  expect_model(&(struct check_product){ROWCAST_U8, 3, K, N, x, K, w, N, 1.0f, NULL});
  expect_model(&(struct check_product){ROWCAST_U8, 3, K, N, x, K, w, N, 1.0f, bias});
}

/* Columns of X may be divided: the whole numbers of two halves of K, added up and rounded once, are what one plan
 * gives. With small whole weights a plan's outputs are these numbers. */
Test(digits, halves_of_k_add_up) {
  enum { K = 500, N = 5, ROWS = 6, HALF = 236 };
  static float w[K * N], all[ROWS * N], halves[2][ROWS * N];
  static unsigned char x[ROWS * K];
  struct random random = random_from(test_seed());
  for (size_t i = 0; i < K * N; i++) w[i] = (float)random_below(&random, 128) - 64.0f;
  for (size_t i = 0; i < ROWS * K; i++) x[i] = (unsigned char)random_below(&random, 256);
  for (int part = 0; part < 3; part++) {
    const size_t begin = part == 1 ? HALF : 0, k = (part == 0 ? HALF : K) - begin;
    rowcast_plan_options options = ROWCAST_PLAN_DEFAULTS;
    rowcast_plan *plan;
    options.order = ROWCAST_EXACT, options.dtype = ROWCAST_U8;
    cr_assert_eq(rowcast_plan_create(&plan, k, N, w + begin * N, N, &options, NULL), ROWCAST_OK);
    cr_assert_eq(rowcast_matmul(plan, ROWS, x + begin, K, part == 2 ? all : halves[part], N), ROWCAST_OK);
    rowcast_plan_destroy(plan);
  }
  for (size_t i = 0; i < ROWS * N; i++) cr_assert(all[i] == (float)((double)halves[0][i] + (double)halves[1][i]));
}
