/* SPDX-License-Identifier: BSD-3-Clause */
/* IDX headers: 00 00 type rank, then rank big-endian dimensions, then the elements, big-endian, last index fastest.
 * Source: Y. LeCun's MNIST page, "FILE FORMATS FOR THE MNIST DATABASE". */
#include "header.h"

enum { TYPE_U8 = 0x08, TYPE_I8 = 0x09, TYPE_I16 = 0x0b, TYPE_I32 = 0x0c, TYPE_F32 = 0x0d, TYPE_F64 = 0x0e };

bool rc_is_idx(const unsigned char *data, size_t size) {
  return size >= 4 && data[0] == 0 && data[1] == 0 && data[2] >= TYPE_U8 && data[2] <= TYPE_F64;
}

const char *rc_idx_parse(struct rc_header *header, const unsigned char *data, size_t size) {
  static const struct {
    char kind;
    size_t element;
  } types[] = {
    [TYPE_U8] = {'u', 1},  [TYPE_I8] = {'i', 1},  [TYPE_I16] = {'i', 2},
    [TYPE_I32] = {'i', 4}, [TYPE_F32] = {'f', 4}, [TYPE_F64] = {'f', 8},
  };
  *header = (struct rc_header){.format = "idx", .big_endian = true};
  const unsigned type = data[2];
  if (type > TYPE_F64 || types[type].element == 0) return "unknown element type";
  header->kind = types[type].kind;
  header->element = types[type].element;
  header->rank = data[3];
  if (header->rank == 0) return "it has no dimensions";
  if (header->rank > ROWCAST_MAX_RANK) return "more than 32 dimensions";
  header->offset = 4 + 4 * header->rank;
  if (size < header->offset) return "truncated in the header";
  for (size_t i = 0; i < header->rank; i++) {
    const unsigned char *p = data + 4 + 4 * i;
    header->dims[i] = (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | (size_t)p[3];
  }
  return rc_header_finish(header) ? NULL : "the product of its dimensions overflows";
}
