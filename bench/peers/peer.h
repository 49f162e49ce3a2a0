/* SPDX-License-Identifier: BSD-3-Clause */
/* Other libraries that multiply matrices, found at run time: nothing of them is needed to build or run rowcast. */
#ifndef BENCH_PEER_H
#define BENCH_PEER_H

#include <stdbool.h>
#include <stddef.h>

enum { PEER_MAX = 16, PEER_NAME = 32 };

/* C[m x n] = X[m x k] * W[k x n], row-major, dense rows; threads as set before. */
struct peer_product {
  int m, n, k;
  const float *x, *w;
  float *c;
};

struct peer {
  char name[PEER_NAME];
  void (*multiply)(const struct peer *peer, const struct peer_product *product);
  void (*set_threads)(int threads); /* NULL: it follows OpenMP's */
  void *entry;                      /* the library's function */
};

/* Fills peers[] with the libraries that are found (Debian 12's names), and with those named in extra: "NAME=FILE" of a
 * library with cblas_sgemm, such as libmkl_rt.so, or scipy-openblas64's. Returns how many. */
size_t peer_find(struct peer peers[PEER_MAX], char *const *extra, size_t extra_count);

#endif
