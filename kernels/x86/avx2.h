/* SPDX-License-Identifier: BSD-3-Clause */
/* Small pieces the AVX2 kernels share. Included by files compiled for AVX2 only; everything is static, so
 * the linker cannot keep an AVX2 copy for anybody else. */
#ifndef RC_X86_AVX2_H
#define RC_X86_AVX2_H

/* For builds without this project's CMake, one compiler line for all files (docs/install.md): CMake gives flags. */
#if !defined(__AVX2__) || !defined(__FMA__)
#pragma GCC target("avx2,fma")
#endif

#include <immintrin.h>
#include <string.h>

#include "kernel.h"

/* Eight lanes in one register. The headers for both levels use this type and the functions below by names
 * that neon.h has too. */
typedef __m256 lanes8;

RC_INLINE lanes8 zero_lanes8(void) {
  return _mm256_setzero_ps();
}

/* Eight aligned floats. */
RC_INLINE lanes8 load_lanes8(const float *from) {
  return _mm256_load_ps(from);
}

RC_INLINE void store_lanes8(float *to, lanes8 v) {
  _mm256_store_ps(to, v);
}

/* acc + x * w, fused, per lane. */
RC_INLINE lanes8 fma8(lanes8 acc, lanes8 x, lanes8 w) {
  return _mm256_fmadd_ps(x, w, acc);
}

/* Elements i..i+7 of a row as floats. */
RC_INLINE __m256 load8(const void *row, size_t i, enum rc_dtype dtype) {
  if (dtype == RC_F32) return _mm256_loadu_ps((const float *)row + i);
  const __m128i bytes = _mm_loadl_epi64((const __m128i *)((const unsigned char *)row + i));
  return _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(bytes));
}

/* v, in a register: GCC would load it again for every use. */
RC_INLINE lanes8 kept8(lanes8 v) {
  __asm__("" : "+x"(v));
  return v;
}

/* Elements i..i+count-1 (count in 1..7) of a row, then zeros; i is a multiple of 8. Reads nothing after them: with
 * i > 0 the row's last eight elements are loaded, and those before element i are moved out. No masked load: qemu 7.2's
 * touches what the mask leaves out. */
RC_INLINE __m256 load_tail(const void *row, size_t i, size_t count, enum rc_dtype dtype) {
  if (dtype == RC_F32) {
    float few[8] = {0.0f};
    if (i == 0) {
      for (size_t j = 0; j < count; j++) few[j] = ((const float *)row)[j];
      return _mm256_loadu_ps(few);
    }
    const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7), width = _mm256_set1_epi32((int)count);
    const __m256 last = _mm256_loadu_ps((const float *)row + i + count - 8);
    const __m256 moved = _mm256_permutevar8x32_ps(last, _mm256_sub_epi32(lane, width));
    return _mm256_and_ps(moved, _mm256_castsi256_ps(_mm256_cmpgt_epi32(width, lane)));
  }
  const unsigned char *bytes = (const unsigned char *)row + i;
  unsigned long long value = 0;
  if (i > 0) {
    memcpy(&value, bytes + count - 8, 8);
    value >>= 8 * (8 - count);
  } else {
    for (size_t j = 0; j < count; j++) value |= (unsigned long long)bytes[j] << 8 * j;
  }
  return _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_cvtsi64_si128((long long)value)));
}

/* The first `width` (0..8) of eight floats. */
RC_INLINE void store_first8(float *c, size_t width, __m256 values) {
  if (width == 8) {
    _mm256_storeu_ps(c, values);
    return;
  }
  __m128 rest = _mm256_castps256_ps128(values);
  if (width & 4) {
    _mm_storeu_ps(c, rest);
    rest = _mm256_extractf128_ps(values, 1), c += 4;
  }
  if (width & 2) {
    _mm_storel_pi((__m64 *)(void *)c, rest);
    rest = _mm_movehl_ps(rest, rest), c += 2;
  }
  if (width & 1) _mm_store_ss(c, rest);
}

/* The end of the order lanes8: (((l0+l4)+(l2+l6)) + ((l1+l5)+(l3+l7))) + 0. */
RC_INLINE float sum_lanes8(__m256 lanes) {
  const __m128 four = _mm_add_ps(_mm256_castps256_ps128(lanes), _mm256_extractf128_ps(lanes, 1));
  const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two))) + 0.0f;
}

/* The same of four outputs at once. */
RC_INLINE __m128 reduce4(__m256 a, __m256 b, __m256 c, __m256 d) {
#define FOLD(v) _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1))
  const __m128 a4 = FOLD(a), b4 = FOLD(b), c4 = FOLD(c), d4 = FOLD(d);
#undef FOLD
  const __m128 ab = _mm_add_ps(_mm_movelh_ps(a4, b4), _mm_movehl_ps(b4, a4));
  const __m128 cd = _mm_add_ps(_mm_movelh_ps(c4, d4), _mm_movehl_ps(d4, c4));
  const __m128 sums = _mm_add_ps(_mm_shuffle_ps(ab, cd, 0x88), _mm_shuffle_ps(ab, cd, 0xdd));
  return _mm_add_ps(sums, _mm_setzero_ps());
}

RC_INLINE void store_outputs4(float *to, lanes8 a, lanes8 b, lanes8 c, lanes8 d) {
  _mm_storeu_ps(to, reduce4(a, b, c, d));
}

/* The first step of that sum, of two outputs in the two halves of a register. */
RC_INLINE __m256 fold2(__m256 v, __m256 w) {
  return _mm256_add_ps(_mm256_blend_ps(v, w, 0xf0), _mm256_permute2f128_ps(v, w, 0x21));
}

/* Four outputs a to d, and four e to h. */
RC_INLINE void store_outputs4_twice(float *to, float *to2, lanes8 a, lanes8 b, lanes8 c, lanes8 d, lanes8 e, lanes8 f,
                                    lanes8 g, lanes8 h) {
  const __m256 a4 = fold2(a, e), b4 = fold2(b, f), c4 = fold2(c, g), d4 = fold2(d, h);
  const __m256 ab = _mm256_add_ps(_mm256_shuffle_ps(a4, b4, 0x44), _mm256_shuffle_ps(a4, b4, 0xee));
  const __m256 cd = _mm256_add_ps(_mm256_shuffle_ps(c4, d4, 0x44), _mm256_shuffle_ps(c4, d4, 0xee));
  const __m256 pairs = _mm256_add_ps(_mm256_shuffle_ps(ab, cd, 0x88), _mm256_shuffle_ps(ab, cd, 0xdd));
  const __m256 sums = _mm256_add_ps(pairs, zero_lanes8());
  _mm_storeu_ps(to, _mm256_castps256_ps128(sums));
  _mm_storeu_ps(to2, _mm256_extractf128_ps(sums, 1));
}

/* One output a, and one b. */
RC_INLINE void store_outputs_twice(float *to, float *to2, lanes8 a, lanes8 b) {
  const __m256 four = fold2(a, b), two = _mm256_add_ps(four, _mm256_permute_ps(four, 0x4e));
  const __m256 sums = _mm256_add_ps(_mm256_add_ps(two, _mm256_movehdup_ps(two)), zero_lanes8());
  _mm_store_ss(to, _mm256_castps256_ps128(sums));
  _mm_store_ss(to2, _mm256_extractf128_ps(sums, 1));
}

#endif
