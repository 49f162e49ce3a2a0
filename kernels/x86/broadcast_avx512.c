/* SPDX-License-Identifier: BSD-3-Clause */
/* Broadcasting, eight rows a tile. Order: sequential. Weights: panels16. */
#define TILE_ROWS 8
#define AHEAD_BYTES 0
#define MASKED_STORES 0
#include "broadcast_avx512.h"

RC_KERNEL_ENTRIES(avx512_broadcast, broadcast)
