/* SPDX-License-Identifier: BSD-3-Clause */
/* Normally distributed weights as PyTorch draws them. */
#ifndef ROWCAST_RANDN_H
#define ROWCAST_RANDN_H

#include <stddef.h>
#include <stdint.h>

#include <rowcast/export.h>
#include <rowcast/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Fills out[0..count) with the values of `torch.manual_seed(seed); torch.randn(count)` on a CPU, to within
 * 2e-6 each (PyTorch's vectorised logarithm and cosine differ from the C library's in the last digits).
 * The sequence: MT19937 seeded with the low 32 bits of seed, then Box-Muller, in groups of 16 values for
 * count >= 16, or one by one in double precision for smaller counts (PyTorch, aten/src/ATen/native/cpu/
 * DistributionTemplates.h, normal_fill, and aten/src/ATen/core/DistributionsHelper.h).
 * The bits are the same on every machine. No allocation. Thread-safe. ROWCAST_ERR_ARGUMENT: out is NULL and
 * count is not 0. */
ROWCAST_API rowcast_status rowcast_randn(uint64_t seed, float *out, size_t count);

#ifdef __cplusplus
}
#endif
#endif
