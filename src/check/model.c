/* SPDX-License-Identifier: BSD-3-Clause */
/* The orders as docs/numerics.md defines them, one output at a time. */
#include <math.h>

#include "check.h"
#include "big_sum.h"

/* Element k of row i of X, as a value; elements after the row are +0. */
static float element(const struct check_product *product, size_t i, size_t k) {
  if (k >= product->k) return 0.0f;
  const size_t at = i * product->ldx + k;
  return product->dtype == ROWCAST_U8 ? (float)((const unsigned char *)product->x)[at]
                                      : ((const float *)product->x)[at];
}

/* Weight k of column j, scaled; weights after the last are +0. */
static float weight(const struct check_product *product, size_t k, size_t j) {
  return k < product->k ? product->w[k * product->ldw + j] * product->scale : 0.0f;
}

static float naive(const struct check_product *product, size_t i, size_t j) {
  float sum = 0.0f;
  for (size_t k = 0; k < product->k; k++) {
    const float term = element(product, i, k) * weight(product, k, j);
    sum = sum + term;
  }
  return sum;
}

static float sequential(const struct check_product *product, size_t i, size_t j) {
  float sum = 0.0f;
  for (size_t k = 0; k < product->k; k++) sum = fmaf(element(product, i, k), weight(product, k, j), sum);
  return sum;
}

static float lanes8(const struct check_product *product, size_t i, size_t j) {
  float lane[8] = {0.0f};
  for (size_t k = 0; k < product->k; k += 8)
    for (size_t l = 0; l < 8; l++) lane[l] = fmaf(element(product, i, k + l), weight(product, k + l, j), lane[l]);
  const float even = (lane[0] + lane[4]) + (lane[2] + lane[6]);
  const float odd = (lane[1] + lane[5]) + (lane[3] + lane[7]);
  return (even + odd) + 0.0f; /* a zero is +0, whatever steps over zeros were skipped */
}

static float exact(const struct check_product *product, size_t i, size_t j) {
  struct big_sum sum = {.special = 0.0};
  for (size_t k = 0; k < product->k; k++) big_add(&sum, element(product, i, k), weight(product, k, j));
  if (product->bias != NULL) big_add(&sum, product->bias[j], 1.0f);
  return big_round(&sum);
}

static float output(const struct check_product *product, rowcast_order order, size_t i, size_t j) {
  switch (order) {
  case ROWCAST_ORDER_AUTO: break; /* a choice, not an order */
  case ROWCAST_NAIVE: return naive(product, i, j);
  case ROWCAST_SEQUENTIAL: return sequential(product, i, j);
  case ROWCAST_LANES8: return lanes8(product, i, j);
  case ROWCAST_EXACT: return exact(product, i, j);
  }
  return NAN;
}

void check_model(const struct check_product *product, rowcast_order order, float *c, size_t ldc) {
  for (size_t i = 0; i < product->m; i++)
    for (size_t j = 0; j < product->n; j++) {
      c[i * ldc + j] = output(product, order, i, j);
      if (product->bias != NULL && order != ROWCAST_EXACT) c[i * ldc + j] += product->bias[j];
    }
}
