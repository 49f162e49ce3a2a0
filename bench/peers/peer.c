/* SPDX-License-Identifier: BSD-3-Clause */
#include "peer.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

/* cblas_sgemm as the BLAS Technical Forum's C interface has it: 101 row-major, 111 not transposed. */
typedef void sgemm_fn(int layout, int transa, int transb, int m, int n, int k, float alpha, const float *a, int lda,
                      const float *b, int ldb, float beta, float *c, int ldc);

static void multiply_cblas(const struct peer *peer, const struct peer_product *p) {
  sgemm_fn *sgemm;
  memcpy(&sgemm, &peer->entry, sizeof sgemm);
  sgemm(101, 111, 111, p->m, p->n, p->k, 1.0f, p->x, p->k, p->w, p->n, 0.0f, p->c, p->n);
}

/* The same with 64-bit sizes. */
typedef void sgemm64_fn(int layout, int transa, int transb, long m, long n, long k, float alpha, const float *a,
                        long lda, const float *b, long ldb, float beta, float *c, long ldc);

static void multiply_cblas64(const struct peer *peer, const struct peer_product *p) {
  sgemm64_fn *sgemm;
  memcpy(&sgemm, &peer->entry, sizeof sgemm);
  sgemm(101, 111, 111, p->m, p->n, p->k, 1.0f, p->x, p->k, p->w, p->n, 0.0f, p->c, p->n);
}

/* oneDNN's BLAS-like call: row-major, 64-bit sizes. */
typedef int dnnl_sgemm_fn(char transa, char transb, long m, long n, long k, float alpha, const float *a, long lda,
                          const float *b, long ldb, float beta, float *c, long ldc);

static void multiply_dnnl(const struct peer *peer, const struct peer_product *p) {
  dnnl_sgemm_fn *sgemm;
  memcpy(&sgemm, &peer->entry, sizeof sgemm);
  sgemm('N', 'N', p->m, p->n, p->k, 1.0f, p->x, p->k, p->w, p->n, 0.0f, p->c, p->n);
}

#if PEER_XSMM
void peer_xsmm_multiply(const struct peer *peer, const struct peer_product *product);
#endif
#if PEER_EIGEN
void peer_eigen_multiply(const struct peer *peer, const struct peer_product *product);
void peer_eigen_set_threads(int threads);
#endif

/* The first of the files that has the function; NULL: none. */
static void *find(const char *const *files, const char *function, void **library) {
  for (; *files != NULL; files++) {
    *library = dlopen(*files, RTLD_LAZY | RTLD_LOCAL);
    if (*library == NULL) continue;
    void *entry = dlsym(*library, function);
    if (entry != NULL) return entry;
    dlclose(*library);
  }
  return NULL;
}

static void add(struct peer *peers, size_t *count, const char *name, const char *const *files, const char *function,
                void (*multiply)(const struct peer *, const struct peer_product *), const char *threads) {
  void *library, *entry = find(files, function, &library);
  if (entry == NULL || *count == PEER_MAX) return;
  struct peer *peer = &peers[(*count)++];
  memset(peer, 0, sizeof *peer);
  snprintf(peer->name, sizeof peer->name, "%s", name);
  peer->entry = entry;
  peer->multiply = multiply;
  if (threads != NULL) {
    void *setter = dlsym(library, threads);
    memcpy(&peer->set_threads, &setter, sizeof setter);
  }
}

/* What libraries with the C interface of BLAS call it, and the function that sets their threads. */
static const struct {
  const char *function, *threads;
  void (*multiply)(const struct peer *, const struct peer_product *);
} dialects[] = {
  {"scipy_cblas_sgemm64_", "scipy_openblas_set_num_threads64_", multiply_cblas64},
  {"cblas_sgemm", "MKL_Set_Num_Threads", multiply_cblas},
  {"cblas_sgemm", "openblas_set_num_threads", multiply_cblas},
};

size_t peer_find(struct peer peers[PEER_MAX], char *const *extra, size_t extra_count) {
  static const char *const openblas[] = {"libopenblas.so.0", NULL}, *const blis[] = {"libblis.so.4", NULL},
                     *const dnnl[] = {"libdnnl.so.3", "libdnnl.so.2", NULL};
  size_t count = 0;
  add(peers, &count, "OpenBLAS", openblas, "cblas_sgemm", multiply_cblas, "openblas_set_num_threads");
  add(peers, &count, "BLIS", blis, "cblas_sgemm", multiply_cblas, "bli_thread_set_num_threads");
  add(peers, &count, "oneDNN", dnnl, "dnnl_sgemm", multiply_dnnl, NULL);
#if PEER_XSMM
  if (count < PEER_MAX) peers[count++] = (struct peer){.name = "libxsmm", .multiply = peer_xsmm_multiply};
#endif
#if PEER_EIGEN
  if (count < PEER_MAX) {
    peers[count] = (struct peer){.name = "Eigen", .multiply = peer_eigen_multiply, .set_threads = peer_eigen_set_threads};
    count++;
  }
#endif
  for (size_t i = 0; i < extra_count; i++) {
    char name[PEER_NAME];
    const char *equals = strchr(extra[i], '=');
    if (equals == NULL) continue;
    snprintf(name, sizeof name, "%.*s", (int)(equals - extra[i]), extra[i]);
    const char *const files[] = {equals + 1, NULL};
    for (size_t d = 0; d < sizeof dialects / sizeof dialects[0]; d++) {
      const size_t before = count;
      add(peers, &count, name, files, dialects[d].function, dialects[d].multiply, dialects[d].threads);
      if (count == before) continue;
      if (peers[before].set_threads != NULL || d + 1 == sizeof dialects / sizeof dialects[0]) break;
      count = before; /* another dialect may know its setter */
    }
  }
  return count;
}
