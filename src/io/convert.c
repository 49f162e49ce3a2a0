/* SPDX-License-Identifier: BSD-3-Clause */
#include "convert.h"

#include <endian.h>
#include <stdint.h>
#include <string.h>

#include "../../kernels/half.h"
#include "../../kernels/mode.h"

/* The element's bytes as a number, whatever their order. */
static uint64_t raw(const unsigned char *p, size_t size, bool big_endian) {
  uint64_t value = 0;
  for (size_t i = 0; i < size; i++) value = value << 8 | p[big_endian ? i : size - 1 - i];
  return value;
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
  if (header->kind == RC_BFLOAT) return rc_bfloat16((uint16_t)bits);
  if (header->element == 2) return rc_half((uint16_t)bits);
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

/* Walks the columns of a column-major array with the file's dimensions. A column is a row-major index of the dimensions
 * after the first: the last of them runs fastest, and has the largest stride. */
struct columns {
  size_t offset; /* of the column's element in row 0 */
  size_t stride[ROWCAST_MAX_RANK], at[ROWCAST_MAX_RANK];
};

static struct columns columns_of(const struct rc_header *header) {
  struct columns columns = {0};
  size_t stride = 1;
  for (size_t d = 0; d < header->rank; d++) {
    columns.stride[d] = stride;
    stride *= header->dims[d];
  }
  return columns;
}

/* To the next column; from the last to the first. */
static void next_column(struct columns *columns, const struct rc_header *header) {
  for (size_t d = header->rank; d-- > 1;) {
    columns->offset += columns->stride[d];
    if (++columns->at[d] < header->dims[d]) return;
    columns->offset -= columns->stride[d] * header->dims[d];
    columns->at[d] = 0;
  }
}

/* The common types by loops that compilers turn into vectors; the others one by one. */
static void convert_run(const struct rc_header *header, const unsigned char *from, size_t count, float *out) {
  if (header->kind == 'f' && header->element == 4) {
    for (size_t i = 0; i < count; i++) {
      uint32_t word;
      memcpy(&word, from + 4 * i, sizeof word);
      word = header->big_endian ? be32toh(word) : le32toh(word);
      memcpy(out + i, &word, sizeof word);
    }
  } else if (header->kind == 'f' && header->element == 8) {
    for (size_t i = 0; i < count; i++) {
      uint64_t word;
      double value;
      memcpy(&word, from + 8 * i, sizeof word);
      word = header->big_endian ? be64toh(word) : le64toh(word);
      memcpy(&value, &word, sizeof value);
      out[i] = (float)value;
    }
  } else
    for (size_t i = 0; i < count; i++) out[i] = to_f32(header, from + i * header->element);
}

void rc_convert_run(const struct rc_header *header, const unsigned char *from, size_t count, float *out) {
  const struct rc_mode caller = rc_mode_enter();
  convert_run(header, from, count, out);
  rc_mode_leave(caller);
}

bool rc_bytes_of_f32(const float *from, size_t count, unsigned char *out) {
  const struct rc_mode caller = rc_mode_enter();
  unsigned wrong = 0;
  for (size_t i = 0; i < count; i++) {
    uint32_t bits;
    memcpy(&bits, from + i, sizeof bits);
    const float value = from[i] >= 0.0f && from[i] < 1.0f ? from[i] * 256.0f : 0.0f;
    const int n = (int)value;
    const float back = (float)n / 256.0f;
    uint32_t again;
    memcpy(&again, &back, sizeof again);
    wrong |= again != bits;
    out[i] = (unsigned char)n;
  }
  rc_mode_leave(caller);
  return wrong == 0;
}

void rc_convert_f32(const struct rc_header *header, const unsigned char *from, float *out) {
  if (header->bytes == 0) return;
  const size_t count = header->bytes / header->element;
  if (!header->fortran) {
    rc_convert_run(header, from, count, out);
    return;
  }
  struct columns columns = columns_of(header);
  const struct rc_mode caller = rc_mode_enter();
  for (size_t i = 0; i < header->rows; i++)
    for (size_t j = 0; j < header->cols; j++, next_column(&columns, header))
      out[i * header->cols + j] = to_f32(header, from + (columns.offset + i) * header->element);
  rc_mode_leave(caller);
}

void rc_transpose_u8(const struct rc_header *header, const unsigned char *from, unsigned char *out) {
  if (header->bytes == 0) return;
  struct columns columns = columns_of(header);
  for (size_t i = 0; i < header->rows; i++)
    for (size_t j = 0; j < header->cols; j++, next_column(&columns, header))
      out[i * header->cols + j] = from[columns.offset + i];
}
