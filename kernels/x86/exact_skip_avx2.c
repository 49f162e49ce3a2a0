/* SPDX-License-Identifier: BSD-3-Clause */
/* Multiplies only the steps of eight elements of X that are not all zero, one row times a panel at a time.
 * Order: exact. Weights: doubles5. */
#include "exact_avx2.h"
#include "nonzero_avx2.h"

enum { LANES = 8, UNROLLED_ROWS = RC_SKIP_ROWS };

/* Copies every sum by itself: GCC 12 would copy the struct through the stack. */
RC_INLINE void copy_sums(struct sums *to, const struct sums *from) {
  to->c0 = from->c0, to->c1 = from->c1, to->c2 = from->c2, to->c3 = from->c3, to->c4 = from->c4;
  to->d0 = from->d0, to->d1 = from->d1, to->d2 = from->d2, to->d3 = from->d3, to->d4 = from->d4;
  to->largest = from->largest;
}

#define ADD(j)                                                                   \
  if (columns > j) {                                                             \
    s->c##j = _mm256_fmadd_pd(low, _mm256_load_pd(w + 8 * j), s->c##j);          \
    s->d##j = _mm256_fmadd_pd(high, _mm256_load_pd(w + 8 * j + 4), s->d##j);     \
  }
RC_INLINE void add(struct sums *s, __m256d low, __m256d high, const double *w, int columns) {
  ADD(0) ADD(1) ADD(2) ADD(3) ADD(4)
}
#undef ADD

RC_INLINE void add_step(struct sums *s, const char *at, const double *w, int columns, int first, enum rc_dtype dtype) {
  const size_t half = 4 * (dtype == RC_U8 ? sizeof(unsigned char) : sizeof(float));
  const __m256d low = load4(at, &s->largest, first, dtype), high = load4(at + half, &s->largest, first, dtype);
  add(s, low, high, w, columns);
}

RC_INLINE void add_tail(struct sums *s, const char *row, size_t k, const double *w, int columns, int first,
                        enum rc_dtype dtype) {
  const __m256 tail = load_tail(row, k / 8 * 8, k % 8, dtype);
  const __m256d low = seen(_mm256_castps256_ps128(tail), &s->largest, first);
  add(s, low, seen(_mm256_extractf128_ps(tail, 1), &s->largest, first), w, columns);
}

RC_INLINE void store_row(double *to, const struct sums *s, int columns) { store_sums(to, s, s, columns, 1); }

RC_EXACT_ROUND_SUMS(rc_exact_settle_avx2)

#include "exact_skip.h"

RC_KERNEL_ENTRIES(avx2_exact_skip, exact_skip)
