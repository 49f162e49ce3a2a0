/* SPDX-License-Identifier: BSD-3-Clause */
/* Multiplies only the steps of eight elements of X that are not all zero; skip.h says why that changes no bit. One row
 * times two neighbouring panels are ten independent chains. Order: lanes8. Weights: panels4, the tile kernel's. */
#include "avx2.h"
#include "nonzero_avx2.h"
#include "pack.h"

enum { UNROLLED_ROWS = RC_SKIP_ROWS };

#include "skip_panels.h"

RC_KERNEL_ENTRIES(avx2_skip, skip)
