/* SPDX-License-Identifier: BSD-3-Clause */
/* The weights: read from a file, or drawn; and their bias. */
#include "data/weights.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <rowcast/experimental.h>

#include "data/matrix_at.h"
#include "data/ranks.h"
#include "data/read_file.h"
#include "data/rows.h"
#include "terminal/report.h"

enum { DEFAULT_COLUMNS = 10, WHAT_TEXT = 120 };

int fits_memory(double needed, const char *what) {
  const double memory = (double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGE_SIZE);
  if (memory <= 0.0 || needed <= memory) return EXIT_DONE;
  complain("%s take %.1f GB, but this machine has %.1f GB of memory", what, 1e-9 * needed, 1e-9 * memory);
  return EXIT_FAILED;
}

/* Weights, their packed copy and m rows of results. */
static int check_size(size_t m, size_t k, size_t n) {
  char what[WHAT_TEXT];
  snprintf(what, sizeof what, "%zu x %zu weights and the results of %zu rows", k, n, m);
  return fits_memory(sizeof(float) * ((double)m + 2.0 * (double)k) * (double)n, what);
}

static int draw(rowcast_matrix *weights, size_t m, size_t k, const struct options *options, uint64_t seed) {
  const size_t n = options->cols > 0 ? options->cols : DEFAULT_COLUMNS;
  const int status = check_size(m, k, n);
  if (status != EXIT_DONE) return status;
  if (options->transpose) {
    complain("--transpose is for weights from a file, but these are drawn");
    return EXIT_USAGE;
  }
  if (rowcast_matrix_alloc(weights, ROWCAST_F32, k, n) != ROWCAST_OK) return complain_of_memory("the weights");
  if (rowcast_randn(seed, weights->data, k * n) != ROWCAST_OK) {
    complain("the weights cannot be drawn");
    return EXIT_FAILED;
  }
  return EXIT_DONE;
}

/* What stays known of the file when the matrix is replaced: its element type. */
static const rowcast_file_info *element_info(const char *element) {
#define INFO(type)                                                                                                     \
  { .struct_size = sizeof(rowcast_file_info), .element = (type), .format = "", .name = "" }
  static const rowcast_file_info known[] = {INFO("b1"), INFO("i1"), INFO("u1"), INFO("i2"), INFO("u2"), INFO("i4"),
                                            INFO("u4"), INFO("i8"), INFO("u8"), INFO("f2"), INFO("f4"), INFO("f8")};
#undef INFO
  for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
    if (strcmp(known[i].element, element) == 0) return &known[i];
  return NULL;
}

/* Replaces the matrix by the selected columns of it as float32, transposed or not. */
static int take(rowcast_matrix *matrix, size_t first, size_t count, bool transposed) {
  rowcast_matrix taken;
  const size_t rows = transposed ? count : matrix->rows, cols = transposed ? matrix->rows : count;
  if (rowcast_matrix_alloc(&taken, ROWCAST_F32, rows, cols) != ROWCAST_OK) return complain_of_memory("the weights");
  for (size_t i = 0; i < matrix->rows; i++)
    for (size_t j = 0; j < count; j++)
      ((float *)taken.data)[transposed ? j * cols + i : i * cols + j] = matrix_at(matrix, i, first + j);
  taken.file = element_info(element_name(matrix));
  rowcast_matrix_free(matrix);
  *matrix = taken;
  return EXIT_DONE;
}

/* Reads a file of numbers of any type as float32. A number that float32 cannot hold is refused, for nothing good comes
 * of it. */
static int read_floats(rowcast_matrix *matrix, const struct input_file *file, bool transposed) {
  size_t first, count;
  const int status = read_file(file, 0, matrix);
  if (status != EXIT_DONE) return status;
  if (!read_file_columns(file, matrix, &first, &count)) return EXIT_FAILED;
  if (matrix->file->rank > 2) {
    complain("%s: has %zu dimensions, but only one or two are allowed", file->path, matrix->file->rank);
    return EXIT_FAILED;
  }
  size_t infinite = 0;
  for (size_t i = 0; i < matrix->rows; i++)
    for (size_t j = first; j < first + count; j++) {
      if (!isinf(matrix_at(matrix, i, j))) continue;
      if (strcmp(matrix->file->element, "f8") == 0) {
        complain("%s: element (%zu, %zu) is infinite, or beyond float32", file->path, i, j);
        return EXIT_FAILED;
      }
      infinite++;
    }
  if (infinite > 0) note("%s: %zu of its numbers %s infinite", file->path, infinite, infinite > 1 ? "are" : "is");
  const bool ready = matrix->dtype == ROWCAST_F32 && count == matrix->cols && !transposed;
  return ready ? EXIT_DONE : take(matrix, first, count, transposed);
}

static int load(rowcast_matrix *weights, size_t m, size_t k, const struct options *options) {
  uint64_t seed;
  const struct input_file *file = &options->weights;
  const char *text = file->path != NULL ? file->path : "randn:1";
  memset(weights, 0, sizeof *weights);
  if (value_randn(text, &seed)) return draw(weights, m, k, options, seed);
  if (options->cols > 0) {
    complain("--cols is for randn weights; %s has its own columns; try rowcast matmul --help", text);
    return EXIT_USAGE;
  }
  const int status = read_floats(weights, file, options->transpose);
  if (status != EXIT_DONE) return status;
  if (weights->rows == k) return check_size(m, k, weights->cols);
  if (weights->cols == k)
    complain("%s: is %zu x %zu%s, but weights for rows of %zu columns must be %zu x N; %s", text,
             options->transpose ? weights->cols : weights->rows, options->transpose ? weights->rows : weights->cols,
             options->transpose ? " before --transpose" : "", k, k,
             options->transpose ? "leave --transpose out" : "--transpose takes N x K, like PyTorch's Linear.weight");
  else
    complain("%s: has %zu %s, but the images have %zu columns", text, weights->rows,
             options->transpose ? "columns" : "rows", k);
  return EXIT_FAILED;
}

/* Of several ranks the first reads for all. */
int weights_load(rowcast_matrix *weights, size_t m, size_t k, const struct options *options) {
  const int status = ranks_here()->rank == 0 ? load(weights, m, k, options) : EXIT_DONE;
  return ranks_matrix(status, weights);
}

static int load_bias(rowcast_matrix *bias, const struct input_file *file, size_t n) {
  const int status = read_floats(bias, file, false);
  if (status != EXIT_DONE) return status;
  const size_t count = bias->rows * bias->cols;
  if (bias->rows != 1 && bias->cols != 1) {
    complain("%s: is %zu x %zu, but a bias has one number for each of the weights' columns", file->path, bias->rows,
             bias->cols);
    return EXIT_FAILED;
  }
  if (count == n) return EXIT_DONE;
  complain("%s: has %zu elements, but the weights have %zu columns", file->path, count, n);
  return EXIT_FAILED;
}

int bias_load(rowcast_matrix *bias, const struct input_file *file, size_t n) {
  const int status = ranks_here()->rank == 0 ? load_bias(bias, file, n) : EXIT_DONE;
  return ranks_matrix(status, bias);
}

const char *weights_text(const rowcast_matrix *weights, char text[WEIGHTS_TEXT]) {
  if (strcmp(element_name(weights), "f4") == 0) return "";
  char element[ELEMENT_TEXT];
  snprintf(text, WEIGHTS_TEXT, " (%s)", element_text(weights, element));
  return text;
}
