/* SPDX-License-Identifier: BSD-3-Clause */
/* Broadcasting, sixteen rows a tile, for Intel's servers: eight chains of multiply-adds are no more than two of them in
 * flight need, and what a tile costs beside its steps is shared by more rows. Order: sequential. Weights: panels16. */
#define TILE_ROWS 16
#define AHEAD_BYTES 2048
#define MASKED_STORES 1
#include "broadcast_avx512.h"

RC_KERNEL_ENTRIES(avx512_broadcast16, broadcast)
