/* SPDX-License-Identifier: BSD-3-Clause */
#include "exact.h"

#include "fixed.h"

float rc_exact_in_fixed_point(const struct rc_exact *exact, const void *row, const double *weights, size_t step,
                              double bias) {
  struct rc_fixed sum = {{0}, 0};
  for (size_t k = 0; k < exact->w->k; k++)
    rc_fixed_add_product(&sum, rc_element(row, k, exact->dtype), (float)weights[k / 8 * step + k % 8]);
  rc_fixed_add_product(&sum, (float)bias, 1.0f);
  return rc_fixed_round(&sum);
}
