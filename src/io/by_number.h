/* SPDX-License-Identifier: BSD-3-Clause */
/* Rows by their numbers, from content whose bytes can be read by their place. No state and no lock: any number of
 * threads may read rows of one source at the same time. */
#ifndef RC_IO_BY_NUMBER_H
#define RC_IO_BY_NUMBER_H

#include <stdbool.h>
#include <stddef.h>

#include "source.h"

/* Can rows of the source be read by their numbers? Of IDX, C-ordered NPY and raw elements, plain or in BGZF, with
 * places. Before anything is taken of it; it must stay where it is. An error if a plain file is not as long as its
 * header says. */
rowcast_status rc_by_number_begin(struct rc_source *source, bool *possible, rowcast_error *err);

/* Rows [begin, end), which there are, to x, bytes or float32, ldx elements apart. The caller's cancelled() is asked on
 * this thread. */
rowcast_status rc_by_number_rows(const struct rc_source *source, size_t begin, size_t end, void *x, size_t ldx,
                                 rowcast_error *err);

#endif
