/* SPDX-License-Identifier: BSD-3-Clause */
#include "study/workload.h"

#include <stdint.h>
#include <string.h>

#include <rowcast/experimental.h>

#include "data/units.h"
#include "data/weights.h"
#include "data/ranks.h"
#include "terminal/report.h"

size_t dtype_bytes(rowcast_dtype dtype) { return dtype == ROWCAST_U8 ? 1 : sizeof(float); }

/* Uniform bytes without zeros, from a linear congruential generator (Knuth, TAOCP vol. 2, 3.3.4, line 26: MMIX). */
static int make_rows(struct input *made, size_t m, size_t k) {
  if (rowcast_matrix_alloc(&made->images, ROWCAST_U8, m, k) != ROWCAST_OK) return complain_of_memory("the rows");
  made->all = m;
  made->columns = k;
  unsigned char *x = made->images.data;
  uint64_t state = 1;
  for (size_t i = 0; i < m * k; i++) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    x[i] = (unsigned char)(1 + (state >> 33) % 255);
  }
  return EXIT_DONE;
}

/* The same rows further apart, with zeros between them. */
static int move_apart(struct rows *rows, size_t ldx) {
  rowcast_matrix apart;
  const size_t element = dtype_bytes(rows->dtype);
  if (ldx <= rows->ldx) return EXIT_DONE;
  if (rowcast_matrix_alloc(&apart, rows->dtype, rows->m, ldx) != ROWCAST_OK) return complain_of_memory("the rows");
  memset(apart.data, 0, rows->m * ldx * element);
  for (size_t i = 0; i < rows->m; i++)
    memcpy((char *)apart.data + i * ldx * element, (const char *)rows->x + i * rows->ldx * element, rows->k * element);
  rows_free(rows);
  rows->storage = apart;
  rows->x = apart.data;
  rows->ldx = ldx;
  return EXIT_DONE;
}

static int draw_weights(struct workload *workload) {
  const struct shape *shape = &workload->shape;
  if (rowcast_matrix_alloc(&workload->weights, ROWCAST_F32, shape->k, shape->n) != ROWCAST_OK ||
      rowcast_randn(1, workload->weights.data, shape->k * shape->n) != ROWCAST_OK)
    return complain_of_memory("the weights");
  return EXIT_DONE;
}

int workload_make(struct workload *workload, const struct input *images, const struct options *options,
                  const struct shape *shape) {
  memset(workload, 0, sizeof *workload);
  workload->shape = *shape;
  struct input source = *images;
  workload->data = images->data_set != NULL ? images->data_set : images->rows_name;
  /* Rows as bytes and as float32, made or as they are, and moved apart; weights, packed ones, and the result. */
  const double m = (double)shape->m, k = (double)shape->k, n = (double)shape->n;
  const double apart = options->ldx > shape->k ? (double)options->ldx : k;
  char what[120];
  snprintf(what, sizeof what, "rows, weights and results of %zu x %zu times %zu x %zu", shape->m, shape->k, shape->k,
           shape->n);
  int status = fits_memory(m * k + 5.0 * m * apart + 4.0 * (2.0 * k * n + m * n), what);
  if (status != EXIT_DONE) return status;
  if (options->made || shape->k != images->images.cols || shape->m > images->images.rows) {
    workload->data = "made";
    status = make_rows(&workload->made, shape->m, shape->k);
    source = workload->made;
  }
  source.from = 0;
  source.to = shape->m;
  /* Of several ranks each has its share of the rows; of weak scaling all of them. */
  if (ranks_several() && !options->weak) ranks_here()->share(shape->m, &source.from, &source.to);
  workload->shape.m = source.to - source.from;
  const float scale = units_scale(&source, options);
  for (int dtype = 0; dtype < ROWCAST_DTYPE_COUNT && status == EXIT_DONE; dtype++) {
    if (dtype == ROWCAST_U8 && source.images.dtype != ROWCAST_U8) continue;
    status = rows_prepare(&workload->rows[dtype], &source, dtype == ROWCAST_U8 ? DTYPE_U8 : DTYPE_F32, scale);
    workload->given[dtype] = status == EXIT_DONE;
    if (status == EXIT_DONE) status = move_apart(&workload->rows[dtype], options->ldx);
  }
  if (status == EXIT_DONE) status = draw_weights(workload);
  if (status == EXIT_DONE && rowcast_matrix_alloc(&workload->result, ROWCAST_F32, shape->m, shape->n) != ROWCAST_OK)
    status = complain_of_memory("the result");
  /* Its pages are made before anything is timed. */
  if (status == EXIT_DONE) memset(workload->result.data, 0, shape->m * workload->result.stride * sizeof(float));
  return status;
}

void workload_free(struct workload *workload) {
  for (int dtype = 0; dtype < ROWCAST_DTYPE_COUNT; dtype++) rows_free(&workload->rows[dtype]);
  rowcast_matrix_free(&workload->result);
  rowcast_matrix_free(&workload->weights);
  input_free(&workload->made);
}
