/* SPDX-License-Identifier: BSD-3-Clause */
/* The order exact: weights, bias and two rows out of the input's bits, times each usable kernel, against big integers.
 * An input is a byte for the columns, one of flags (1: rows of bytes, 2: a bias), the bias, then for every k a weight
 * for each column and an element of either row. */
#include <string.h>

#include <rowcast/kernels.h>
#include <rowcast/plan.h>

#include "check.h"
#include "fuzz.h"

enum { ROWS = 2, MOST_N = 7, MOST_K = 1024 };

static float w[MOST_K * MOST_N], bias[MOST_N], floats[ROWS * MOST_K], got[ROWS * MOST_N], expected[ROWS * MOST_N];
static unsigned char bytes[ROWS * MOST_K];

/* Takes `size` bytes of the input; what is missing is zeros. */
static void take(const uint8_t **data, size_t *left, void *to, size_t size) {
  const size_t there = *left < size ? *left : size;
  memset(to, 0, size);
  if (there > 0) memcpy(to, *data, there);
  *data += there, *left -= there;
}

static void check(const struct check_product *product, const char *kernel) {
  rowcast_plan_options options = ROWCAST_PLAN_DEFAULTS;
  rowcast_plan *plan;
  options.kernel = kernel, options.dtype = product->dtype, options.bias = product->bias, options.threads = 1;
  MUST(rowcast_plan_create(&plan, product->k, product->n, w, product->n, &options, NULL) == ROWCAST_OK);
  MUST(rowcast_matmul(plan, ROWS, product->x, product->ldx, got, product->n) == ROWCAST_OK);
  rowcast_plan_destroy(plan);
  MUST(check_bits(got, product->n, expected, product->n, ROWS, product->n).count == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static rowcast_cpu cpu;
  unsigned char head[2];
  take(&data, &size, head, sizeof head);
  const size_t n = 1 + head[0] % MOST_N;
  const rowcast_dtype dtype = head[1] & 1 ? ROWCAST_U8 : ROWCAST_F32;
  if (head[1] & 2) take(&data, &size, bias, n * sizeof *bias);
  size_t k = 0;
  for (; k < MOST_K && size > 0; k++) {
    take(&data, &size, w + k * n, n * sizeof *w);
    for (size_t r = 0; r < ROWS; r++)
      if (dtype == ROWCAST_U8) take(&data, &size, &bytes[r * MOST_K + k], 1);
      else take(&data, &size, &floats[r * MOST_K + k], sizeof *floats);
  }
  const struct check_product product = {
    dtype,  ROWS, k, n,    dtype == ROWCAST_U8 ? (const void *)bytes : (const void *)floats,
    MOST_K, w,    n, 1.0f, head[1] & 2 ? bias : NULL};
  check_model(&product, ROWCAST_EXACT, expected, n);
  if (cpu.struct_size == 0) MUST(rowcast_cpu_detect(&cpu, sizeof cpu, NULL) == ROWCAST_OK);
  for (size_t i = 0; i < rowcast_kernel_count(); i++) {
    rowcast_kernel_info kernel;
    MUST(rowcast_kernel_at(i, &cpu, &kernel, sizeof kernel) == ROWCAST_OK);
    if (kernel.usable && kernel.order == ROWCAST_EXACT) check(&product, kernel.name);
  }
  return 0;
}
