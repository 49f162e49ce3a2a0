/* SPDX-License-Identifier: BSD-3-Clause */
/* Weights and a bias: read, or drawn. Every call that fails has said why on stderr and returns the exit status. */
#ifndef ROWCAST_CLI_WEIGHTS_H
#define ROWCAST_CLI_WEIGHTS_H

#include <stddef.h>

#include <rowcast/matrix.h>

#include "args/options.h"

/* K x N float32 weights for m rows at a time: read as --weights says (NULL path: randn:1), transposed where --transpose
 * says so, or drawn by randn:SEED. Refused before they are drawn where a product with them would not fit into the
 * machine's memory. `element` tells the type that the file had. Release with rowcast_matrix_free(). */
int weights_load(rowcast_matrix *weights, size_t m, size_t k, const struct options *options);

/* Do so many bytes fit into the machine's memory? If not, it is said of `what`, in the plural. An allocation alone does
 * not say so: Linux grants more than there is, and ends the program when it is used. */
int fits_memory(double needed, const char *what);

/* A bias for n columns: n elements, as float32. Release with rowcast_matrix_free(). */
int bias_load(rowcast_matrix *bias, const struct input_file *file, size_t n);

/* What became of numbers of another type, for a line about them: " (f8 rounded to float32)"; "" for float32. */
enum { WEIGHTS_TEXT = 48 };
const char *weights_text(const rowcast_matrix *weights, char text[WEIGHTS_TEXT]);

#endif
