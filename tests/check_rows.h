/* SPDX-License-Identifier: BSD-3-Clause */
/* Rows of a file by their numbers, on several threads at once, beside a reader's own thread: for ThreadSanitizer. */
#ifndef TEST_CHECK_ROWS_H
#define TEST_CHECK_ROWS_H

#include "check_suite.h"

/* Of bytes, which go straight to their place, and of integers, which are converted. */
bool check_rows_by_number(struct check_tally *tally);

#endif
