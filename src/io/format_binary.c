/* SPDX-License-Identifier: BSD-3-Clause */
/* NPY, IDX and raw elements. */
#include <endian.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "format.h"

size_t rc_element_size(rowcast_dtype dtype) { return dtype == ROWCAST_U8 ? 1 : 4; }

static size_t nothing(char *to, const rowcast_layout *layout) {
  (void)to, (void)layout;
  return 0;
}

/* Little-endian on any machine. */
static size_t elements(char *to, const void *row, size_t cols, const rowcast_layout *layout, size_t index) {
  (void)index;
  if (cols == 0) return 0;
  const size_t bytes = cols * rc_element_size(layout->dtype);
  memcpy(to, row, bytes);
  if (layout->dtype == ROWCAST_U8 || __BYTE_ORDER == __LITTLE_ENDIAN) return bytes;
  for (size_t j = 0; j < cols; j++) {
    uint32_t word;
    memcpy(&word, to + 4 * j, sizeof word);
    word = htole32(word);
    memcpy(to + 4 * j, &word, sizeof word);
  }
  return bytes;
}

/* The header numpy.save() writes: the dictionary, blanks so that the growing dimension could reach 21 digits, then
 * blanks up to a multiple of 64, at least one, and a newline. Source: NumPy, lib/format.py. Rows that are not known yet
 * count as 0: the length is the same. */
static size_t npy_header(char *to, const rowcast_layout *layout) {
  static const char *const types[] = {"<f4", "|u1", "<i4"};
  char dictionary[RC_HEADER_WRITTEN_MAX - 128];
  const size_t rows = layout->dims[0] == SIZE_MAX ? 0 : layout->dims[0];
  size_t length =
    (size_t)snprintf(dictionary, sizeof dictionary, "{'descr': '%s', 'fortran_order': False, 'shape': (%zu,",
                     types[layout->dtype], rows);
  for (size_t d = 1; d < layout->rank; d++)
    length += (size_t)snprintf(dictionary + length, sizeof dictionary - length, " %zu,", layout->dims[d]);
  if (layout->rank > 1) length--; /* no comma after the last of several */
  const int digits = snprintf(NULL, 0, "%zu", rows);
  length += (size_t)snprintf(dictionary + length, sizeof dictionary - length, "), }%*s", 21 - digits, "");
  const size_t prefix = 10, pad = 64 - (prefix + length + 1) % 64, header = length + pad + 1;
  memcpy(to, "\x93NUMPY\x01\x00", 8);
  to[8] = (char)(header & 0xff), to[9] = (char)(header >> 8);
  memcpy(to + prefix, dictionary, length);
  memset(to + prefix + length, ' ', pad);
  to[prefix + header - 1] = '\n';
  return prefix + header;
}

/* As idx.c reads it. Rows that are not known yet count as 0. */
static size_t idx_header(char *to, const rowcast_layout *layout) {
  const char magic[] = {0, 0, 8 /* unsigned bytes */, (char)layout->rank};
  memcpy(to, magic, sizeof magic);
  for (size_t d = 0; d < layout->rank; d++) {
    const uint32_t dimension = htobe32(layout->dims[d] == SIZE_MAX ? 0 : (uint32_t)layout->dims[d]);
    memcpy(to + sizeof magic + 4 * d, &dimension, sizeof dimension);
  }
  return sizeof magic + 4 * layout->rank;
}

const struct rc_format rc_format_npy = {
  .binary = true, .headed = "an NPY", .number_max = 4, .begin = npy_header, .row = elements, .end = nothing};
const struct rc_format rc_format_idx = {.binary = true,
                                        .headed = "an IDX",
                                        .bytes_only = true,
                                        .number_max = 1,
                                        .begin = idx_header,
                                        .row = elements,
                                        .end = nothing};
const struct rc_format rc_format_raw = {
  .binary = true, .number_max = 4, .begin = nothing, .row = elements, .end = nothing};
