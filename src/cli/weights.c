/* SPDX-License-Identifier: BSD-3-Clause */
/* The weights: read from a file, or drawn; and their bias. */
#include <string.h>
#include <unistd.h>

#include <rowcast/matrix.h>
#include <rowcast/randn.h>

#include "csv_options.h"
#include "input.h"
#include "report.h"

enum { DEFAULT_COLUMNS = 10 };

int fits_memory(double needed, size_t m, size_t k, size_t n) {
  const double memory = (double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGE_SIZE);
  if (memory <= 0.0 || needed <= memory) return EXIT_DONE;
  complain("%zu x %zu times %zu x %zu takes %.1f GB, and this machine has %.1f GB of memory", m, k, k, n, 1e-9 * needed,
           1e-9 * memory);
  return EXIT_FAILED;
}

/* Weights, their packed copy and m rows of results. */
static int check_size(size_t m, size_t k, size_t n) {
  return fits_memory(sizeof(float) * ((double)m + 2.0 * (double)k) * (double)n, m, k, n);
}

static int draw(rowcast_matrix *weights, size_t m, size_t k, const struct options *options, uint64_t seed) {
  const size_t n = options->cols > 0 ? options->cols : DEFAULT_COLUMNS;
  const int status = check_size(m, k, n);
  if (status != EXIT_DONE) return status;
  if (rowcast_matrix_alloc(weights, ROWCAST_F32, k, n) != ROWCAST_OK) return complain_of_memory("the weights");
  if (rowcast_randn(seed, weights->data, k * n) != ROWCAST_OK) {
    complain("the weights cannot be drawn");
    return EXIT_FAILED;
  }
  return EXIT_DONE;
}

int weights_load(rowcast_matrix *weights, size_t m, size_t k, const struct options *options) {
  uint64_t seed;
  const char *text = options->weights != NULL ? options->weights : "randn:1";
  memset(weights, 0, sizeof *weights);
  if (value_randn(text, &seed)) return draw(weights, m, k, options, seed);
  if (options->cols > 0) {
    complain("--cols is for randn weights, and %s has its own columns; try rowcast matmul --help", text);
    return EXIT_USAGE;
  }
  rowcast_error error;
  const rowcast_read_options read = ROWCAST_READ_DEFAULTS;
  if (rowcast_matrix_read(weights, text, &read, &error) != ROWCAST_OK) return complain_of(&error);
  csv_tell_headings(text, weights, &read, false);
  /* Of another type they would be rounded without a word. */
  if (strcmp(weights->element, "f4") != 0 || weights->rank != 2) {
    complain("%s: weights must be float32 and of two dimensions, and this is %s of %s with %zu", text, weights->format,
             weights->element, weights->rank);
    return EXIT_FAILED;
  }
  if (weights->rows != k) {
    complain("%s: has %zu rows, and the images have %zu columns", text, weights->rows, k);
    return EXIT_FAILED;
  }
  return check_size(m, k, weights->cols);
}

int bias_load(rowcast_matrix *bias, const char *path, size_t n) {
  rowcast_error error;
  const rowcast_read_options read = ROWCAST_READ_DEFAULTS;
  if (rowcast_matrix_read(bias, path, &read, &error) != ROWCAST_OK) return complain_of(&error);
  csv_tell_headings(path, bias, &read, false);
  const size_t count = bias->rows * bias->cols;
  if (strcmp(bias->element, "f4") != 0 || (bias->rows != 1 && bias->cols != 1)) {
    complain("%s: a bias must be float32 with one element for each of the weights' columns", path);
    return EXIT_FAILED;
  }
  if (count == n) return EXIT_DONE;
  complain("%s: has %zu elements, and the weights have %zu columns", path, count, n);
  return EXIT_FAILED;
}
