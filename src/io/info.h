/* SPDX-License-Identifier: BSD-3-Clause */
/* What the library keeps with a matrix: its elements, and what its file said of them. */
#ifndef RC_IO_INFO_H
#define RC_IO_INFO_H

#include <stdbool.h>

#include <rowcast/matrix.h>

#include "header.h"

/* A rowcast_file_info with what its strings lie in. It stays where it is, for its address is given away. */
struct rc_info {
  rowcast_file_info file;
  char element[5];
  char *name; /* NULL: it has none */
};

/* A rowcast_matrix's owner. */
struct rc_owner {
  void *elements;
  struct rc_info info; /* of a matrix made in memory: empty */
};

/* Of a file of which nothing is known but the name of its format; number of rows, SIZE_MAX for unknown, and rank. */
void rc_info_begin(struct rc_info *info, const char *format, size_t rows, size_t rank);

/* Shape, element type and format as the header states them; name and the rest stay. */
void rc_info_shape(struct rc_info *info, const struct rc_header *header);

/* Takes a name that was allocated; NULL: none. */
void rc_info_take_name(struct rc_info *info, char *name);

/* Makes *to say what *from does. False: out of memory; nothing has changed. */
bool rc_info_copy(struct rc_info *to, const struct rc_info *from);

void rc_info_free(struct rc_info *info);

#endif
