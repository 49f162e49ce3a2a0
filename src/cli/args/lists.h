/* SPDX-License-Identifier: BSD-3-Clause */
/* Lists that options take: of numbers, and of shapes. As long as memory allows; why one is refused is told in its own
 * words. */
#ifndef ROWCAST_CLI_LISTS_H
#define ROWCAST_CLI_LISTS_H

#include <stdbool.h>
#include <stddef.h>

#include "args/values.h"

/* Begin with zeroed ones; release with list_free() and shapes_free(), which zero them again. */
struct number_list {
  size_t count, capacity;
  size_t *values;
};

struct shape_list {
  size_t count, capacity;
  struct shape *values;
};

/* Why a list was refused, such as "5000 is above 4096". Empty: it is not a list at all. */
struct list_fault {
  char text[96];
};

/* Reads a list of numbers, each from least to most: parts with commas between, and a part may be one number N, a range
 * A-B, or a range in steps, A-B+S (A, A+S, ...) or A-B*F (A, A*F, ...), up to B at most; A must not be above B, S at
 * least 1 and F at least 2. It replaces what the list held. False: *fault says why. */
bool list_read(struct number_list *list, const char *text, size_t least, size_t most, struct list_fault *fault);

/* Appends a number; false: no memory. */
bool list_add(struct number_list *list, size_t value);

/* Copies the values into *to, which is zeroed; false: no memory. */
bool list_copy(struct number_list *to, const struct number_list *from);
void list_free(struct number_list *list);

/* The same for shapes, "MxKxN[,...]", each number from 1 to most. */
bool shapes_read(struct shape_list *list, const char *text, size_t most, struct list_fault *fault);
bool shapes_add(struct shape_list *list, const struct shape *shape);
void shapes_free(struct shape_list *list);

/* Leaves the first of equal shapes, in the order they have; false: no memory. */
bool shapes_make_unique(struct shape_list *list);

#endif
