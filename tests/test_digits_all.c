/* SPDX-License-Identifier: BSD-3-Clause */
/* The order exact for rows of bytes where the digits that serve leave too many outputs in doubt: the same weights with
 * all of their digits. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <rowcast/rowcast.h>

#include "check.h"
#include "digits_all.h"
#include "each_digits.h"
#include "fixture.h"
#include "weight.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Packed weights of a layout. */
struct packed {
  float *floats;
  struct rc_weights weights;
  struct rc_digits digits;
};

static void pack(struct packed *to, size_t layout, const float *w, const float *bias, size_t k, size_t n) {
  const struct rc_packing *packing = layouts[layout].packing;
  const struct rc_source source = {w, n, 1, RC_W_F32, 1.0f, bias};
  to->floats = aligned_alloc(RC_ALIGNMENT, rc_round_up(4 * packing->count(k, n), RC_ALIGNMENT));
  cr_assert(to->floats != NULL);
  const int finite = packing->pack(to->floats, &source, k, n);
  to->weights = (struct rc_weights){
    .k = k, .n = n, .packed = to->floats, .panels = packing->panels(k, n), .finite = finite, .bias = bias};
  to->digits = rc_digits_of(&to->weights, layouts[layout].bits, NULL);
}

/* Digits, the highest last, are a float32 in units. */
static void expect_digits(const int *digits, size_t count, unsigned bits, float value, double unit, const char *what) {
  const double base = bits == 8 ? 0x1p8 : 0x1p16;
  double rest = (double)value / unit;
  for (size_t d = count; d-- > 0;) {
    /* Exact, from the top down: what is left has few more bits than a float32. */
    const double place = (double)digits[d] * pow(base, (double)d);
    cr_assert(fabs((double)digits[d]) <= base / 2.0);
    rest -= place;
  }
  cr_assert(rest == 0.0, "%s: %a of %a is left", what, rest, (double)value / unit);
}

/* Random weights, far apart in some columns. */
static float *far_apart(struct random *random, size_t k, size_t n, int least, int most) {
  float *w = malloc((k * n + 1) * sizeof *w);
  cr_assert(w != NULL);
  for (size_t i = 0; i < k * n; i++) w[i] = random_float(random, least, most);
  return w;
}

Test(digits_all, nothing_is_left_out) {
  static const size_t ks[] = {1, 3, 100, 1030}, ns[] = {1, 4, 9, 10, 21};
  struct random random = random_from(test_seed());
  for (size_t layout = 0; layout < LAYOUTS; layout++)
    for (size_t a = 0; a < COUNT(ks); a++)
      for (size_t b = 0; b < COUNT(ns); b++) {
        const size_t k = ks[a], n = ns[b];
        const unsigned bits = layouts[layout].bits;
        const int spread = 30 * (int)(1 + random_below(&random, 9));
        const int least = -149 + (int)random_below(&random, (size_t)(276 - spread));
        float *w = far_apart(&random, k, n, least, least + spread);
        float *bias = far_apart(&random, 1, n, least, least + spread);
        struct packed packed;
        pack(&packed, layout, w, bias, k, n);
        if (packed.digits.all > 0) {
          const struct rc_digits all = rc_digits_all_of(&packed.digits);
          size_t column = 0;
          cr_assert(all.digits == packed.digits.all && all.digits * bits <= 8 * RC_DIGITS_ALL_BYTES);
          for (size_t p = 0; p < all.of.count; column += rc_digits_panel(&all, p++, bits).width) {
            const struct rc_digits_panel panel = rc_digits_panel(&all, p, bits);
            cr_assert(panel.column == column && panel.whole <= rc_digits_vectors(bits));
            for (size_t j = 0; j < panel.width; j++) {
              int digits[RC_DIGITS_ALL_BYTES];
              for (size_t i = 0; i < k; i++) {
                for (size_t d = 0; d < all.digits; d++)
                  digits[d] = stored(&panel, i, d * panel.width + j, layout) - layouts[layout].more;
                expect_digits(digits, all.digits, bits, w[i * n + column + j], all.units[column + j], "a weight");
              }
              for (size_t d = 0; d < all.digits; d++)
                digits[d] = all.biases[panel.column * all.digits + d * panel.width + j];
              expect_digits(digits, all.digits, bits, bias[column + j], all.units[column + j], "a bias");
            }
          }
          cr_assert(column == n);
        }
        free(packed.floats);
        free(w);
        free(bias);
      }
}

/* Are there all digits? Not where the others leave nothing out, or something is not finite. */
Test(digits_all, where_they_serve) {
  enum { K = 784 };
  static float w[K];
  static const float none = 0.0f, wide_bias = 0x1p100f, no_number = INFINITY;
  static const struct {
    int least, most;
    float first;
    const float *bias;
    size_t bytes;
  } cases[] = {{-20, 1, 1.0f, &none, 6},      {-60, 1, 1.0f, &none, 11}, {-100, 1, 1.0f, &none, 16},
               {-149, 127, 1.0f, &none, 34},  {-20, 1, NAN, &none, 0},   {-20, 1, 1.0f, &wide_bias, 18},
               {-20, 1, 1.0f, &no_number, 0}, {0, 0, 1.0f, &none, 0}};
  for (size_t i = 0; i < COUNT(cases); i++) {
    struct random random = random_from(1);
    for (size_t k = 0; k < K; k++)
      w[k] = cases[i].most == 0 ? (float)(k % 100) : random_float(&random, cases[i].least, cases[i].most);
    w[0] = cases[i].first;
    struct packed packed;
    pack(&packed, 0, w, cases[i].bias, K, 1);
    const size_t all = packed.digits.all;
    cr_expect(cases[i].bytes == 0 ? all == 0 : all >= cases[i].bytes && all <= cases[i].bytes + 1, "case %zu: %zu", i,
              all);
    free(packed.floats);
  }
}

/* Outputs in doubt that rests may leave so are hard, if there are many; rows of zeros are settled at once. */
Test(digits_all, what_is_hard) {
  enum { K = 300, N = 10, ROWS = 12 };
  static const struct {
    int least, most; /* exponents */
    int hard;
  } cases[] = {{-60, 1, 1}, {-20, 1, 1}, {0, 0, 0}};
  static unsigned char x[ROWS * K];
  static float c[ROWS * N], bias[N];
  struct random random = random_from(test_seed());
  for (size_t j = 0; j < N; j++) bias[j] = (float)j - 4.0f;
  memset(x, 1, sizeof x);
  memset(x + 3 * K, 0, 2 * K);
  x[5 * K - 1] = 1;
  for (size_t i = 0; i < COUNT(cases); i++) {
    float *w = far_apart(&random, K, N, cases[i].least, cases[i].most);
    if (!cases[i].hard) cr_assert_eq(rowcast_randn(1, w, K * N), ROWCAST_OK);
    struct packed packed;
    pack(&packed, 0, w, bias, K, N);
    const struct rc_digits *d = &packed.digits;
    const struct rc_digits_panel panel = rc_digits_panel(d, 0, 8);
    const uint64_t every = (UINT64_C(1) << panel.width) - 1;
    uint64_t none[ROWS] = {0}, few[ROWS] = {[7] = 1}, zeros[ROWS] = {[3] = every}, most[ROWS];
    for (size_t r = 0; r < ROWS; r++) most[r] = every;
    c[3 * N + 1] = c[4 * N + 1] = NAN;
    cr_assert(d->all > 0);
    cr_expect(!rc_digits_hard(d, &panel, none, ROWS, x, K, c, N));
    cr_expect(!rc_digits_hard(d, &panel, few, ROWS, x, K, c, N) && few[7] == 1);
    cr_expect(!rc_digits_hard(d, &panel, zeros, ROWS, x, K, c, N));
    cr_expect_eq(rc_digits_hard(d, &panel, most, ROWS, x, K, c, N), cases[i].hard);
    rc_digits_settle_zeros(d, &panel, most, ROWS, x, K, c, N);
    cr_expect(most[3] == 0 && c[3 * N + 1] == bias[1], "a row of zeros");
    cr_expect(most[4] == every && isnan(c[4 * N + 1]), "its last element is none");
    cr_expect(most[5] == every, "all of its elements are 1");
    free(w);
    free(packed.floats);
  }
}

/* Sums of the longest rows carry into more digits than there are. */
Test(digits_all, sums_of_64_bits) {
  static const int32_t no_biases[RC_DIGITS_ALL_BYTES + RC_DIGITS_AT_ONCE];
  static const double units[RC_DIGITS_AT_ONCE] = {0x1p-100};
  static const double sums[] = {0x1.ffp43, -0x1.ffp43, 255.0, -1.0, 0.0};
  const struct rc_digits_panel panel = {.width = 1};
  for (unsigned bits = 8; bits <= 16; bits += 8)
    for (size_t digits = 1; digits * bits <= 8 * RC_DIGITS_ALL_BYTES; digits++)
      for (size_t i = 0; i < COUNT(sums); i++) {
        const struct rc_digits all = {.digits = digits, .units = units, .biases = no_biases};
        int64_t lanes[RC_DIGITS_ALL_BYTES] = {0};
        float got;
        lanes[digits - 1] = (int64_t)sums[i];
        rc_digits_round_all64(&all, &panel, lanes, &got, bits);
        const float expected = (float)ldexp(sums[i], (int)(bits * (digits - 1)) - 100);
        cr_assert(got == expected, "%u bits, %zu digits: %a, expected %a", bits, digits, (double)got, (double)expected);
      }
}

/* Rows that need all digits among others, more of them than begin with all digits at once; lengths of one part and of
 * several; sums of zero, of the lowest bit, and below the least normal number; biases that cancel all but a trace. */
Test(digits_all, sums_that_cancel) {
  static const struct {
    size_t m, k, n;
    int least, most; /* exponents */
  } cases[] = {{1, 30, 10, -60, 1},    {13, 96, 1, -90, 2},       {400, 40, 10, -50, 20}, {37, 260, 23, -149, -60},
               {20, 1030, 5, -70, 10}, {9, 2050, 11, -149, -126}, {14, 784, 10, 30, 126}, {5, 66000, 2, -60, 1}};
  struct random random = random_from(test_seed());
  for (size_t i = 0; i < COUNT(cases); i++) {
    const size_t m = cases[i].m, k = cases[i].k, n = cases[i].n;
    float *w = far_apart(&random, k, n, cases[i].least, cases[i].most), *bias = malloc(n * sizeof *bias);
    unsigned char *x = malloc(m * k);
    cr_assert(bias != NULL && x != NULL);
    for (size_t e = 0; e < m * k; e++) x[e] = random_below(&random, 4) ? (unsigned char)random_below(&random, 256) : 0;
    /* All rows but every fifth cancel; some outputs not wholly. */
    for (size_t r = 0; r < m; r++)
      for (size_t e = 1; e < k && r % 5 != 4; e += 2) x[r * k + e] = x[r * k + e - 1];
    for (size_t e = 1; e < k; e += 2)
      for (size_t j = 0; j < n; j++) {
        w[e * n + j] = -w[(e - 1) * n + j];
        if (random_below(&random, 4 * (unsigned)k) == 0) w[e * n + j] = nextafterf(w[e * n + j], 0.0f);
      }
    struct check_product product = {ROWCAST_U8, 1, k, n, x, k, w, n, 1.0f, NULL};
    check_model(&product, ROWCAST_EXACT, bias, n);
    for (size_t j = 0; j < n; j++) bias[j] = isfinite(bias[j]) && bias[j] != 0.0f ? -bias[j] : 0x1.8p-20f;
    product.m = m;
    expect_model(&product);
    product.bias = bias;
    expect_model(&product);
    free(w);
    free(x);
    free(bias);
  }
}

/* Sums as near to one float32 as to another, but for a trace of either sign far below, and none. */
Test(digits_all, ties_but_for_a_trace) {
  enum { K = 64, N = 12, M = 30 };
  static unsigned char x[M * K];
  static const int traces[] = {-30, -53, -54, -60, -85, -90};
  for (int tie = 0; tie < 2; tie++) {
    struct random random = random_from(test_seed());
    float *w = far_apart(&random, K, N, -60, 1);
    for (size_t i = 0; i < M * K; i += 2) x[i] = x[i + 1] = (unsigned char)random_below(&random, 256);
    for (size_t k = 1; k < K; k += 2)
      for (size_t j = 0; j < N; j++) w[k * N + j] = -w[(k - 1) * N + j];
    for (size_t j = 0; j < N; j++) {
      w[j] = tie ? 0x1.000002p0f : -1.0f, w[N + j] = tie ? 0x1p-24f : -0x1p-24f;
      w[2 * N + j] = ldexpf(j % 2 ? 1.0f : -1.0f, traces[j / 2]), w[3 * N + j] = 0.0f;
    }
    /* Without the trace, with it, and 255 of it. */
    for (size_t i = 0; i < M; i++)
      x[i * K] = x[i * K + 1] = 1, x[i * K + 2] = (unsigned char)(i % 3 == 2 ? 255 : i % 3);
    expect_model(&(struct check_product){ROWCAST_U8, M, K, N, x, K, w, N, 1.0f, NULL});
    free(w);
  }
}

/* Parts are shorter where sums of digits of 16 bits would not fit 32. Of a unit of 2^-111, 1 is 1 and -32768, and -1 is
 * -32768: these add up to more, while the sum is 0. */
Test(digits_all, largest_digits) {
  enum { K = 784, N = 4, M = 16, LOWEST = 120 };
  static float w[K * N];
  static unsigned char x[M * K];
  for (size_t i = 0; i < M * K; i += 2) x[i] = x[i + 1] = (unsigned char)(255 - i / K);
  for (size_t k = 0; k < K; k++)
    for (size_t j = 0; j < N; j++) w[k * N + j] = ldexpf(k % 2 ? -1.0f : 1.0f, (int)j - (k < LOWEST ? 111 : 0));
  expect_model(&(struct check_product){ROWCAST_U8, M, K, N, x, K, w, N, 1.0f, NULL});
}
