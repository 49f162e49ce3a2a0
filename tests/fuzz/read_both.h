/* SPDX-License-Identifier: BSD-3-Clause */
/* Reads an input whole and block by block: what is accepted must be consistent, readable to its last element, and the
 * same both ways. */
#ifndef FUZZ_READ_BOTH_H
#define FUZZ_READ_BOTH_H

#include <rowcast/matrix.h>

#include "fuzz.h"

void read_both(const uint8_t *data, size_t size, const rowcast_read_options *options);

#endif
