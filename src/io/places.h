/* SPDX-License-Identifier: BSD-3-Clause */
/* The bytes of BGZF content by their place, from any number of threads: its table of blocks, and inflaters, one for
 * each call that is under way. An inflater that has inflated the beginning of a block is found again by whoever reads
 * on from there. */
#ifndef RC_IO_PLACES_H
#define RC_IO_PLACES_H

#include <stddef.h>
#include <stdint.h>

#include "stream.h"

struct rc_places;

/* NULL is allowed. None of its calls may be under way. */
void rc_places_destroy(struct rc_places *places);

#endif
