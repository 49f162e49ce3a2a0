/* SPDX-License-Identifier: BSD-3-Clause */
/* Labels: one for each row of the images, whole numbers or one-hot rows. Calls that fail have said why on stderr and
 * return the exit status. */
#ifndef ROWCAST_CLI_LABELS_H
#define ROWCAST_CLI_LABELS_H

#include <stdbool.h>
#include <stddef.h>

#include <rowcast/matrix.h>

#include "args/input_file.h"

struct labels {
  rowcast_matrix values; /* one column; no data: there are none */
  bool one_hot;          /* they were rows of one 1 each */
};

/* Reads them; max_bytes 0: the library's default limit. guessed: there may be none, which is noted, and labels stay
 * empty. Release with labels_free(). */
int labels_read(struct labels *labels, const struct input_file *file, size_t max_bytes, bool guessed);

/* The label of a row as a class. LABEL_NONE: it has none; LABEL_NO_CLASS: what it has is negative, no whole number, or
 * at least `classes`. */
enum { LABEL_NONE = -1, LABEL_NO_CLASS = -2 };
long labels_class(const struct labels *labels, size_t row, size_t classes);

void labels_free(struct labels *labels);

#endif
