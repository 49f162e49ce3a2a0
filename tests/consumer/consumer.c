/* SPDX-License-Identifier: BSD-3-Clause */
/* Somebody else's program: what it takes to use the library, and no more. Prints the version and the product. */
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

  /* Files as well, so that an archive is linked with all that it needs. */
  rowcast_matrix matrix;
  if (rowcast_matrix_read_memory(&matrix, "1,2\n", 4, "text", NULL, &error) != ROWCAST_OK || matrix.cols != 2) return 1;
  rowcast_matrix_free(&matrix);
  printf("rowcast %s: %g %g %g %g\n", rowcast_version(), product[0], product[1], product[2], product[3]);
  return 0;
}
