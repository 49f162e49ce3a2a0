/* SPDX-License-Identifier: BSD-3-Clause */
/* Register tile of 2 rows x up to 5 columns, four doubles an output, or eight where there are few columns: few sums
 * would wait for themselves. X becomes double in the tile, weights when they are packed. Order: exact. Weights:
 * doubles5. */
#include "avx2.h"
#include "exact_tiled.h"

/* One row: a sum for each of five columns, others of the second halves of steps, and the magnitudes of its elements as
 * integers, which order them, a NaN above all. */
struct sums {
  __m256d c0, c1, c2, c3, c4, d0, d1, d2;
  __m128i largest;
};

RC_INLINE struct sums zero_sums(void) {
  const __m256d zero = _mm256_setzero_pd();
  return (struct sums){zero, zero, zero, zero, zero, zero, zero, zero, _mm_setzero_si128()};
}

/* Takes the larger magnitudes. */
RC_INLINE __m256d seen(__m128 values, __m128i *largest, int first) {
  if (first) {
    const __m128i magnitudes = _mm_and_si128(_mm_castps_si128(values), _mm_set1_epi32(0x7fffffff));
    *largest = _mm_max_epu32(*largest, magnitudes);
  }
  return _mm256_cvtps_pd(values);
}

/* Four elements as doubles. */
RC_INLINE __m256d load4(const char *at, __m128i *largest, int first, enum rc_dtype dtype) {
  if (dtype == RC_F32) return seen(_mm_loadu_ps((const float *)(const void *)at), largest, first);
  int bytes;
  memcpy(&bytes, at, sizeof bytes);
  return _mm256_cvtepi32_pd(_mm_cvtepu8_epi32(_mm_cvtsi32_si128(bytes)));
}

/* Half a step of both rows. The empty asm keeps the weights in a register; without it they are loaded for each row. */
#define COLUMN(j, sum)                                         \
  if (columns > j) {                                           \
    __m256d v = _mm256_load_pd(w + 8 * j + half);              \
    if (rows > 1) __asm__("" : "+x"(v));                       \
    a.sum = _mm256_fmadd_pd(xa, v, a.sum);                     \
    if (rows > 1) b.sum = _mm256_fmadd_pd(xb, v, b.sum);       \
  }
#define FIRST_HALF                                                                     \
  do {                                                                                 \
    const int half = 0;                                                                \
    COLUMN(0, c0) COLUMN(1, c1) COLUMN(2, c2) COLUMN(3, c3) COLUMN(4, c4)              \
  } while (0)
#define SECOND_HALF                                                                    \
  do {                                                                                 \
    const int half = 4;                                                                \
    if (columns <= 3) {                                                                \
      COLUMN(0, d0) COLUMN(1, d1) COLUMN(2, d2)                                        \
    } else {                                                                           \
      COLUMN(0, c0) COLUMN(1, c1) COLUMN(2, c2) COLUMN(3, c3) COLUMN(4, c4)            \
    }                                                                                  \
  } while (0)

/* One column of two rows, or of one. */
RC_INLINE void store(double *to, __m256d a, __m256d b, int rows) {
  const __m256d two = _mm256_hadd_pd(a, b);
  const __m128d sums = _mm_add_pd(_mm256_castpd256_pd128(two), _mm256_extractf128_pd(two, 1));
  _mm_storel_pd(to, sums);
  if (rows > 1) _mm_storeh_pd(to + RC_EXACT_COLUMNS, sums);
}

RC_INLINE float largest_of(__m128i four) {
  const __m128i two = _mm_max_epu32(four, _mm_shuffle_epi32(four, 0x4e));
  return _mm_cvtss_f32(_mm_castsi128_ps(_mm_max_epu32(two, _mm_shuffle_epi32(two, 0xb1))));
}

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
#define STORE(j) \
  if (columns > j) store(sums + j, a.c##j, b.c##j, rows);
#define STORE_BOTH(j) \
  if (columns > j) store(sums + j, _mm256_add_pd(a.c##j, a.d##j), _mm256_add_pd(b.c##j, b.d##j), rows);
  if (columns <= 3) {
    STORE_BOTH(0) STORE_BOTH(1) STORE_BOTH(2)
  } else {
    STORE(0) STORE(1) STORE(2) STORE(3) STORE(4)
  }
  if (!first || dtype == RC_U8) return;
  in->largest[0] = largest_of(a.largest);
  if (rows > 1) in->largest[1] = largest_of(b.largest);
}

RC_EXACT_ROUND_SUMS
RC_EXACT_KERNEL(avx2_exact, 2, 4)
