/* SPDX-License-Identifier: BSD-3-Clause */
/* libxsmm makes a kernel for one small shape; blocks of rows go through it, shared out by OpenMP, each told where the
 * next one is, as its documentation advises. It is column-major: C^T = W^T X^T. */
#include <stddef.h>

#include <libxsmm.h>

#include "peer.h"

enum { ROWS = 64 };

extern const char peer_xsmm_version[];
const char peer_xsmm_version[] = LIBXSMM_VERSION;

static libxsmm_smmfunction kernel(int n, int k, int rows) {
  const float one = 1.0f, zero = 0.0f;
  const int prefetch = LIBXSMM_PREFETCH_AUTO;
  return libxsmm_smmdispatch(n, rows, k, &n, &k, &n, &one, &zero, NULL, &prefetch);
}

void peer_xsmm_multiply(const struct peer *peer, const struct peer_product *p) {
  (void)peer;
  const int whole = p->m / ROWS * ROWS;
  libxsmm_smmfunction block = whole > 0 ? kernel(p->n, p->k, ROWS) : NULL;
  /* Without a kernel for the shape, C stays unchanged, which the check of the results notices. */
  if (whole > 0 && block == NULL) return;
#pragma omp parallel for schedule(static) if (p->m > 4 * ROWS)
  for (int i = 0; i < whole; i += ROWS) {
    const float *x = p->x + (size_t)i * (size_t)p->k;
    float *c = p->c + (size_t)i * (size_t)p->n;
    const int next = i + ROWS < whole;
    block(p->w, x, c, p->w, next ? x + (size_t)ROWS * (size_t)p->k : x, next ? c + (size_t)ROWS * (size_t)p->n : c);
  }
  if (whole == p->m) return;
  libxsmm_smmfunction rest = kernel(p->n, p->k, p->m - whole);
  const float *x = p->x + (size_t)whole * (size_t)p->k;
  float *c = p->c + (size_t)whole * (size_t)p->n;
  if (rest != NULL) rest(p->w, x, c, p->w, x, c);
}
