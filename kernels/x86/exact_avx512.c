/* SPDX-License-Identifier: BSD-3-Clause */
/* Register tile of 4 rows x up to 5 columns, eight doubles an output; X becomes double in the tile, weights when they
 * are packed. Order: exact. Weights: doubles5. */
#include "exact_avx512.h"

RC_INLINE void tile(struct rc_exact_rows *in, const double *w, size_t k, double *sums, int columns, int rows,
                    int first, enum rc_dtype dtype) {
  const size_t step = 8 * (dtype == RC_U8 ? sizeof(unsigned char) : sizeof(float));
  const size_t apart = in->apart, advance = in->advance;
  const char *x = in->x, *ahead = in->ahead;
  struct sums a = zero_sums(), b = a, c = a, d = a;
  for (size_t steps = k / 8; steps > 0; steps--, x += step, ahead += advance, w += 8 * columns) {
    _mm_prefetch(ahead, _MM_HINT_T1);
    if (rows > 1) {
      _mm_prefetch(ahead + apart, _MM_HINT_T1), _mm_prefetch(ahead + 2 * apart, _MM_HINT_T1);
      _mm_prefetch(ahead + 3 * apart, _MM_HINT_T1);
    }
    STEP(WHOLE);
  }
  if (k % 8 != 0) {
    const __mmask8 mask = (__mmask8)((1u << k % 8) - 1);
    STEP(mask);
  }
  store_sums(sums, &a, &b, &c, &d, columns, rows);
  if (!first || dtype == RC_U8) return;
  in->largest[0] = largest_of(a.largest);
  if (rows == 1) return;
  in->largest[1] = largest_of(b.largest), in->largest[2] = largest_of(c.largest);
  in->largest[3] = largest_of(d.largest);
}

RC_EXACT_KERNEL(avx512_exact, 4, 8, avx512)
