/* SPDX-License-Identifier: BSD-3-Clause */
/* Whether results have the same bits: the checksums of each order and product, by side. */
#ifndef ROWCAST_CLI_BITS_H
#define ROWCAST_CLI_BITS_H

#include <stdbool.h>
#include <stddef.h>

#include "html/material.h"

/* Results of one order and product, perhaps in both element types, which have the same bits then. */
struct bits_row {
  const char *order;
  size_t product;      /* of the first of them */
  bool types[2];       /* u8, f32 */
  const char **crc32s; /* by side; NULL: none */
  size_t results;
  bool differs;
};

struct bits {
  struct bits_row *rows; /* those that differ first */
  size_t count, results, differing;
  const char **crc32s; /* all rows' */
};

/* False: no memory. Release with bits_free() in any case. */
bool bits_make(struct bits *bits, const struct material *material);
void bits_free(struct bits *bits);

#endif
