/* SPDX-License-Identifier: BSD-3-Clause */
/* Somebody else's program that multiplies: what it takes, and no more. Prints the version and the product. */
#include <stdio.h>

#include <rowcast/rowcast.h>

int main(void) {
  const float weights[3 * 2] = {1, 2, 3, 4, 5, 6}; /* 3 x 2 */
  const unsigned char rows[2 * 3] = {1, 2, 3, 4, 5, 6};
  float product[2 * 2];
  rowcast_plan *plan;
  rowcast_plan_options options = ROWCAST_PLAN_DEFAULTS;
  rowcast_error error;
  options.dtype = ROWCAST_U8;
  if (rowcast_plan_create(&plan, 3, 2, weights, 2, &options, &error) != ROWCAST_OK) {
    fprintf(stderr, "%s\n", error.text);
    return 1;
  }
  const rowcast_status status = rowcast_matmul(plan, 2, rows, 3, product, 2);
  rowcast_plan_destroy(plan);
  if (status != ROWCAST_OK) return 1;
  printf("rowcast %s: %g %g %g %g\n", rowcast_version(), product[0], product[1], product[2], product[3]);
  return 0;
}
