/* SPDX-License-Identifier: BSD-3-Clause */
#include "convert.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

/* The element's bytes as a number, whatever their order. */
static uint64_t raw(const unsigned char *p, size_t size, bool big_endian) {
  uint64_t value = 0;
  for (size_t i = 0; i < size; i++) value = value << 8 | p[big_endian ? i : size - 1 - i];
  return value;
}

/* IEEE-754 binary16. */
static float half(uint64_t bits) {
  const int sign = bits >> 15 & 1, exponent = (int)(bits >> 10 & 31), fraction = (int)(bits & 1023);
  float value;
  if (exponent == 31)
    value = fraction != 0 ? NAN : INFINITY;
  else if (exponent == 0)
    value = ldexpf((float)fraction, -24);
  else
    value = ldexpf((float)(1024 + fraction), exponent - 25);
  return sign ? -value : value;
}

static float to_f32(const struct rc_header *header, const unsigned char *p) {
  const uint64_t bits = raw(p, header->element, header->big_endian);
  switch (header->kind) {
  case 'b': return bits != 0 ? 1.0f : 0.0f;
  case 'u': return (float)bits;
  case 'i': {
    const unsigned unused = 64 - 8 * (unsigned)header->element;
    return (float)((int64_t)(bits << unused) >> unused);
  }
  default: break;
  }
  if (header->element == 2) return half(bits);
  if (header->element == 4) {
    const uint32_t word = (uint32_t)bits;
    float value;
    memcpy(&value, &word, sizeof value);
    return value;
  }
  double value;
  memcpy(&value, &bits, sizeof value);
  return (float)value;
}

/* Element (row, col) of a column-major array with the file's dimensions: the column is itself a row-major index of the
 * dimensions behind the first. */
static size_t fortran_index(const struct rc_header *header, size_t row, size_t col) {
  size_t index = 0;
  for (size_t d = header->rank; d > 1; d--) {
    /* Row-major: the last dimension runs fastest in col; column-major: it has the largest stride. */
    size_t stride = 1;
    for (size_t i = 0; i + 1 < d; i++) stride *= header->dims[i];
    index += col % header->dims[d - 1] * stride;
    col /= header->dims[d - 1];
  }
  return index + row;
}

void rc_convert_f32(const struct rc_header *header, const unsigned char *from, float *out) {
  if (header->bytes == 0) return;
  const size_t count = header->bytes / header->element;
  if (!header->fortran) {
    for (size_t i = 0; i < count; i++) out[i] = to_f32(header, from + i * header->element);
    return;
  }
  for (size_t i = 0; i < header->rows; i++)
    for (size_t j = 0; j < header->cols; j++)
      out[i * header->cols + j] = to_f32(header, from + fortran_index(header, i, j) * header->element);
}

void rc_transpose_u8(const struct rc_header *header, const unsigned char *from, unsigned char *out) {
  if (header->bytes == 0) return;
  for (size_t i = 0; i < header->rows; i++)
    for (size_t j = 0; j < header->cols; j++) out[i * header->cols + j] = from[fortran_index(header, i, j)];
}
