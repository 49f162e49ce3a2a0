/* SPDX-License-Identifier: BSD-3-Clause */
/* Somebody else's program that only reads files. Prints the version and the elements. */
#include <stdio.h>

#include <rowcast/io.h>

int main(void) {
  rowcast_matrix matrix;
  rowcast_error error;
  if (rowcast_matrix_read_memory(&matrix, "22,28\n49,64\n", 12, "text", NULL, &error) != ROWCAST_OK) {
    fprintf(stderr, "%s\n", error.text);
    return 1;
  }
  const float *data = (const float *)matrix.data;
  if (matrix.rows != 2 || matrix.cols != 2 || matrix.stride != 2) return 1;
  printf("rowcast %s: %g %g %g %g\n", rowcast_io_version(), data[0], data[1], data[2], data[3]);
  rowcast_matrix_free(&matrix);
  return 0;
}
