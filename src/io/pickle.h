/* SPDX-License-Identifier: BSD-3-Clause */
/* NumPy arrays in Python pickles, protocols 0 to 5, of Python 2 and 3. A pickle is a program; this reader runs none:
 * opcodes that build tuples, lists, dictionaries, numbers and strings are followed, a few names become tokens of ours
 * by comparing text, and everything else is refused by name. Nothing is looked up, imported or called. Sources:
 * CPython, Lib/pickletools.py; NumPy, methods.c (array_reduce, array_setstate), descriptor.c, numeric.py. */
#ifndef RC_IO_PICKLE_H
#define RC_IO_PICKLE_H

#include <stdbool.h>
#include <stddef.h>

#include "buffer.h"
#include "header.h"

/* Do the bytes begin like a pickle that could hold an array? */
bool rc_is_pickle(const unsigned char *data, size_t size);

/* Finds the array `member` (NULL: the first) in the pickle that the content is; a member may also be a list or tuple of
 * whole numbers, which are then appended to the content. header->offset becomes the place of its elements in the
 * content, whose text and escapes may have been decoded in place. *name becomes the member's, to be freed. */
rowcast_status rc_pickle_find(struct rc_header *header, char **name, struct rc_buffer *content, const char *member,
                              const char *path, rowcast_error *err);

#endif
