/* SPDX-License-Identifier: BSD-3-Clause */
/* Multiplies only the steps of eight elements of X that are not all zero, one row times a panel at a time.
 * Order: exact. Weights: doubles5. */
#include "exact_avx512.h"
#include "nonzero_avx512.h"

enum { LANES = 8, UNROLLED_ROWS = RC_SKIP_ROWS };

/* Copies every sum by itself: GCC 12 would copy the struct through the stack. */
RC_INLINE void copy_sums(struct sums *to, const struct sums *from) {
  to->c0 = from->c0, to->c1 = from->c1, to->c2 = from->c2, to->c3 = from->c3, to->c4 = from->c4;
  to->largest = from->largest;
}

#define ADD(j) \
  if (columns > j) s->c##j = _mm512_fmadd_pd(x, _mm512_load_pd(w + 8 * j), s->c##j);
RC_INLINE void add(struct sums *s, __m512d x, const double *w, int columns) {
  ADD(0) ADD(1) ADD(2) ADD(3) ADD(4)
}
#undef ADD

RC_INLINE void add_step(struct sums *s, const char *at, const double *w, int columns, int first, enum rc_dtype dtype) {
  add(s, load(at, WHOLE, &s->largest, first, dtype), w, columns);
}

RC_INLINE void add_tail(struct sums *s, const char *row, size_t k, const double *w, int columns, int first,
                        enum rc_dtype dtype) {
  const char *at = row + k / 8 * 8 * (dtype == RC_U8 ? sizeof(unsigned char) : sizeof(float));
  add(s, load(at, (__mmask8)((1u << k % 8) - 1), &s->largest, first, dtype), w, columns);
}

RC_INLINE void store_row(double *to, const struct sums *s, int columns) {
  store_sums(to, s, s, s, s, columns, 1);
}

#include "exact_skip.h"

RC_KERNEL_ENTRIES(avx512_exact_skip, exact_skip)
