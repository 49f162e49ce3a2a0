/* SPDX-License-Identifier: BSD-3-Clause */
/* Models and bounds over blocks of rows in parallel: an output depends on its own row only. */
#include "verify_reference.h"

#include <rowcast/cpu.h>
#include <rowcast/experimental.h>

enum { BLOCK_ROWS = 64 };

/* The product of rows [from, from + BLOCK_ROWS), or what is left of them. */
static struct check_product block_of(const struct check_product *product, size_t from) {
  struct check_product block = *product;
  const size_t left = product->m - from, element = product->dtype == ROWCAST_U8 ? 1 : sizeof(float);
  block.m = left < BLOCK_ROWS ? left : BLOCK_ROWS;
  if (product->k > 0) block.x = (const unsigned char *)product->x + from * product->ldx * element;
  return block;
}

/* The worse of two bounds of different rows; any element over the limit is worse than none. */
static void merge(struct check_bound *all, const struct check_bound *block, size_t from) {
  const bool worse = (block->over > 0) != (all->over > 0) ? block->over > 0 : block->worst > all->worst;
  const size_t over = all->over + block->over;
  if (worse) {
    *all = *block;
    all->row += from;
  }
  all->over = over;
  all->limit = block->limit;
}

/* As many as can be started: OpenMP ends the process over others. */
static __attribute__((unused)) int threads(void) { return (int)rowcast_startable_threads(rowcast_default_threads()); }

struct check_bound bound_of(const struct check_product *product, const float *c, size_t ldc) {
  struct check_bound all = {0};
#pragma omp parallel for schedule(dynamic) num_threads(threads())
  for (size_t from = 0; from < product->m; from += BLOCK_ROWS) {
    const struct check_product block = block_of(product, from);
    const struct check_bound bound = check_float64(&block, c + from * ldc, ldc);
#pragma omp critical(merge_bounds)
    merge(&all, &bound, from);
  }
  return all;
}

bool reference_make(struct reference *reference, const struct check_product *product, rowcast_order order) {
  if (rowcast_matrix_alloc(&reference->c, ROWCAST_F32, product->m, product->n) != ROWCAST_OK) return false;
  float *c = reference->c.data;
  const size_t ldc = reference->c.stride;
#pragma omp parallel for schedule(dynamic) num_threads(threads())
  for (size_t from = 0; from < product->m; from += BLOCK_ROWS) {
    const struct check_product block = block_of(product, from);
    check_model(&block, order, c + from * ldc, ldc);
  }
  reference->bound = bound_of(product, c, ldc);
  reference->made = true;
  return true;
}
