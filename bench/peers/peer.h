/* SPDX-License-Identifier: BSD-3-Clause */
/* Other libraries that multiply matrices, found at run time: rowcast builds and runs without them. */
#ifndef BENCH_PEER_H
#define BENCH_PEER_H

#include <stdbool.h>
#include <stddef.h>

enum { PEER_TEXT = 256 };

/* C[m x n] = X[m x k] * W[k x n], row-major, dense rows; threads as set before. */
struct peer_product {
  int m, n, k;
  const float *x, *w;
  float *c;
};

struct peer {
  const char *name;
  char *own_name;          /* the name, if it was allocated; NULL: it is static */
  const char *function;    /* what is called */
  char version[PEER_TEXT]; /* empty: it does not tell */
  char missing[PEER_TEXT]; /* why it cannot be measured; empty: it can */
  void (*multiply)(const struct peer *peer, const struct peer_product *product);
  void (*set_threads)(int threads); /* NULL: it follows OpenMP's */
  void *entry;                      /* the library's function */
};

struct peers {
  struct peer *list; /* owned */
  size_t count, found;
};

/* Looks for the known libraries (by Debian 12's names) and for those in extra: "NAME=FILE" names a library with
 * cblas_sgemm, such as libmkl_rt.so or scipy-openblas64's. The list has an entry for each, found or not, the extra ones
 * last. False: no memory. Release with peers_free(). */
bool peers_find(struct peers *peers, const char *const *extra, size_t extra_count);
void peers_free(struct peers *peers);

#endif
