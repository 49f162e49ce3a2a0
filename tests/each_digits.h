/* SPDX-License-Identifier: BSD-3-Clause */
/* Criterion tests over layouts of digits, and over kernels for bytes. */
#ifndef TEST_EACH_DIGITS_H
#define TEST_EACH_DIGITS_H

#include <criterion/criterion.h>
#include <stdint.h>
#include <stdlib.h>

#include <rowcast/experimental.h>
#include <rowcast/rowcast.h>

#include "check.h"
#include "check_plan.h"
#include "digits.h"
#include "pack.h"

enum { LAYOUTS = 3 };
static const struct {
  const struct rc_packing *packing;
  unsigned bits;
  int more; /* is added to every digit */
} layouts[LAYOUTS] = {{&rc_pack_digits8, 8, 0}, {&rc_pack_udigits8, 8, RC_UDIGITS_MORE}, {&rc_pack_digits16, 16, 0}};

/* A lane's number for element k, with `more`. */
static inline int stored(const struct rc_digits_panel *panel, size_t k, size_t lane, size_t layout) {
  const char *at = rc_digit_at(panel, k, lane, layouts[layout].bits);
  if (layouts[layout].bits == 16) return *(const int16_t *)(const void *)at;
  return layouts[layout].more != 0 ? *(const unsigned char *)at : *(const int8_t *)at;
}

/* Every usable kernel for bytes gives the model's bits. */
static inline void expect_model(const struct check_product *product) {
  float *got = malloc(product->m * product->n * sizeof *got), *expected = malloc(product->m * product->n * sizeof *got);
  cr_assert(got != NULL && expected != NULL);
  check_model(product, ROWCAST_EXACT, expected, product->n);
  for (size_t i = 0; i < rowcast_kernel_count(); i++) {
    const rowcast_kernel_info kernel = check_kernel_info(i);
    if (!kernel.usable || !rc_kernel_at(i)->packing->for_bytes) continue;
    rowcast_plan_options options = ROWCAST_PLAN_DEFAULTS;
    rowcast_plan *plan;
    options.kernel = kernel.name, options.dtype = ROWCAST_U8, options.bias = product->bias, options.threads = 1;
    cr_assert_eq(rowcast_plan_create(&plan, product->k, product->n, product->w, product->n, &options, NULL),
                 ROWCAST_OK);
    cr_assert_eq(rowcast_matmul(plan, product->m, product->x, product->k, got, product->n), ROWCAST_OK);
    rowcast_plan_destroy(plan);
    const struct check_difference difference =
      check_bits(got, product->n, expected, product->n, product->m, product->n);
    cr_assert_eq(difference.count, 0, "%s, %zu x %zu x %zu, row %zu column %zu: %a, expected %a", kernel.name,
                 product->m, product->k, product->n, difference.row, difference.column, (double)difference.got,
                 (double)difference.expected);
  }
  free(got);
  free(expected);
}

#endif
