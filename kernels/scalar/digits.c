/* SPDX-License-Identifier: BSD-3-Clause */
/* Bytes times digits, one at a time: what the layout and what follows the sums are tested with on every machine. Rows
 * of float32 go to scalar-exact. Order: exact. Weights: digits8. */
#include "digits.h"
#include "digits_all.h"

enum { BITS = 8 };

void rc_scalar_digits_f32(const struct rc_weights *w, size_t m, const void *x, size_t ldx, float *c, size_t ldc) {
  rc_scalar_exact_f32(w, m, x, ldx, c, ldc);
}

/* Sums of 64 bits need no parts. */
static void sum_lanes(const struct rc_digits_panel *panel, size_t count, const unsigned char *row, size_t k,
                      int64_t *lanes) {
  for (size_t lane = 0; lane < count; lane++) {
    int64_t sum = 0;
    for (size_t i = 0; i < k; i++) sum += row[i] * *(const int8_t *)rc_digit_at(panel, i, lane, BITS);
    lanes[lane] = sum;
  }
}

void rc_scalar_digits_u8(const struct rc_weights *w, size_t m, const void *x, size_t ldx, float *c, size_t ldc) {
  const struct rc_digits d = rc_digits_of(w, BITS, rc_exact_settle_scalar);
  struct rc_digits_block block;
  int64_t lanes[RC_DIGITS_LANES];
  size_t straight = 0; /* rows yet to come that begin with all digits */
  for (size_t i = 0; i < m; i++) {
    const unsigned char *row = (const unsigned char *)x + i * ldx;
    int done = straight == 0;
    for (size_t p = 0; p < d.of.count && done; p++) {
      const struct rc_digits_panel panel = rc_digits_panel(&d, p, BITS);
      float *to = c + i * ldc + panel.column;
      sum_lanes(&panel, panel.width * d.digits, row, w->k, lanes);
      block.doubts[0] = rc_digits_round64(&d, &panel, lanes, block.sums[0], to);
      done = !rc_digits_hard(&d, &panel, block.doubts, 1, row, 0, to, 0);
      if (done) rc_digits_settle_block(&d, &panel, &block, 1, row, 0, to, 0);
    }
    if (done) continue;
    straight = straight > 0 ? straight - 1 : RC_DIGITS_STRAIGHT;
    const struct rc_digits all = rc_digits_all_of(&d);
    for (size_t p = 0; p < all.of.count; p++) {
      const struct rc_digits_panel panel = rc_digits_panel(&all, p, BITS);
      sum_lanes(&panel, panel.width * all.digits, row, w->k, lanes);
      rc_digits_round_all64(&all, &panel, lanes, c + i * ldc + panel.column, BITS);
    }
  }
}
