/* SPDX-License-Identifier: BSD-3-Clause */
/* Register tile of 2 rows x up to 5 columns, four doubles an output, or eight where there are few: they would wait for
 * themselves. X becomes double in the tile, weights when they are packed. Order: exact. Weights:
 * doubles5. */
#include "exact_tiled.h"

#include "exact_avx2.h"

RC_INLINE void tile(struct rc_exact_rows *in, const double *w, size_t k, double *sums, int columns, int rows, int first,
                    enum rc_dtype dtype) {
  const size_t element = dtype == RC_U8 ? sizeof(unsigned char) : sizeof(float), whole = k / 8 * 8;
  const size_t apart = in->apart, advance = in->advance;
  const char *x = in->x, *ahead = in->ahead;
  struct sums a = zero_sums(), b = a;
  for (size_t i = 0; i < whole; i += 8, x += 8 * element, ahead += advance, w += 8 * columns) {
    _mm_prefetch(ahead, _MM_HINT_T1);
    if (rows > 1) _mm_prefetch(ahead + apart, _MM_HINT_T1);
    __m256d xa = load4(x, &a.largest, first, dtype), xb = xa;
    if (rows > 1) xb = load4(x + apart, &b.largest, first, dtype);
    FIRST_HALF;
    xa = xb = load4(x + 4 * element, &a.largest, first, dtype);
    if (rows > 1) xb = load4(x + apart + 4 * element, &b.largest, first, dtype);
    SECOND_HALF;
  }
  if (k % 8 != 0) {
    const __m256 ta = load_tail(in->x, whole, k % 8, dtype);
    const __m256 tb = rows > 1 ? load_tail(in->x + apart, whole, k % 8, dtype) : ta;
    __m256d xa = seen(_mm256_castps256_ps128(ta), &a.largest, first);
    __m256d xb = seen(_mm256_castps256_ps128(tb), &b.largest, first);
    FIRST_HALF;
    xa = seen(_mm256_extractf128_ps(ta, 1), &a.largest, first);
    xb = seen(_mm256_extractf128_ps(tb, 1), &b.largest, first);
    SECOND_HALF;
  }
  store_sums(sums, &a, &b, columns, rows);
  if (!first || dtype == RC_U8) return;
  in->largest[0] = largest_of(a.largest);
  if (rows > 1) in->largest[1] = largest_of(b.largest);
}

RC_EXACT_ROUND_SUMS(rc_exact_settle_avx2)
RC_EXACT_KERNEL(avx2_exact, 2, 4, avx2)
