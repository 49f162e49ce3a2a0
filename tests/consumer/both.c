/* SPDX-License-Identifier: BSD-3-Clause */
/* Somebody else's program that multiplies what it reads, with both libraries. Prints the version and the product. */
#include <stdio.h>

#include <rowcast/io.h>
#include <rowcast/rowcast.h>

int main(void) {
  const float weights[3 * 2] = {1, 2, 3, 4, 5, 6}; /* 3 x 2 */
  float product[2 * 2];
  rowcast_plan *plan;
  rowcast_matrix rows;
  rowcast_error error;
  if (rowcast_matrix_read_memory(&rows, "1,2,3\n4,5,6\n", 12, "text", NULL, &error) != ROWCAST_OK ||
      rowcast_plan_create(&plan, 3, 2, weights, 2, NULL, &error) != ROWCAST_OK) {
    fprintf(stderr, "%s\n", error.text);
    return 1;
  }
  const rowcast_status status = rowcast_matmul(plan, rows.rows, rows.data, rows.stride, product, 2);
  rowcast_plan_destroy(plan);
  rowcast_matrix_free(&rows);
  if (status != ROWCAST_OK) return 1;
  printf("rowcast %s: %g %g %g %g\n", rowcast_version(), product[0], product[1], product[2], product[3]);
  return 0;
}
