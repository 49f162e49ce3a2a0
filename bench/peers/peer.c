/* SPDX-License-Identifier: BSD-3-Clause */
#include "peer.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
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
extern const char peer_xsmm_version[];
#endif
#if PEER_EIGEN
void peer_eigen_multiply(const struct peer *peer, const struct peer_product *product);
void peer_eigen_set_threads(int threads);
extern const char peer_eigen_version[];
#endif

/* What a library calls its product and its settings. A row without a name is a set of names that any library may
 * use. */
struct dialect {
  const char *name, *files[3];
  const char *function;
  void (*multiply)(const struct peer *, const struct peer_product *);
  const char *set_threads; /* NULL: it follows OpenMP's */
  const char *version;     /* a function without arguments that returns a text; NULL: none */
};

static const struct dialect known[] = {
  {"OpenBLAS", {"libopenblas.so.0"}, "cblas_sgemm", multiply_cblas, "openblas_set_num_threads", "openblas_get_config"},
  {"BLIS", {"libblis.so.4"}, "cblas_sgemm", multiply_cblas, "bli_thread_set_num_threads", "bli_info_get_version_str"},
  {"oneDNN", {"libdnnl.so.3", "libdnnl.so.2"}, "dnnl_sgemm", multiply_dnnl, NULL, NULL},
};

/* For libraries that the user names: the first row whose function and thread setter the library has. */
static const struct dialect spoken[] = {
  {NULL,
   {NULL},
   "scipy_cblas_sgemm64_",
   multiply_cblas64,
   "scipy_openblas_set_num_threads64_",
   "scipy_openblas_get_config64_"},
  {NULL, {NULL}, "cblas_sgemm", multiply_cblas, "MKL_Set_Num_Threads", NULL},
  {NULL, {NULL}, "cblas_sgemm", multiply_cblas, "openblas_set_num_threads", "openblas_get_config"},
  {NULL, {NULL}, "cblas_sgemm", multiply_cblas, NULL, NULL},
};
enum { KNOWN = sizeof known / sizeof known[0], SPOKEN = sizeof spoken / sizeof spoken[0] };

/* oneDNN's version begins like this (dnnl_version_t); MKL writes its own into a buffer. */
static void other_version(void *library, char text[PEER_TEXT]) {
  const int *(*dnnl)(void) = NULL;
  void (*mkl)(char *, int) = NULL;
  void *symbol = dlsym(library, "dnnl_version");
  memcpy(&dnnl, &symbol, sizeof dnnl);
  symbol = dlsym(library, "mkl_get_version_string");
  memcpy(&mkl, &symbol, sizeof mkl);
  if (dnnl != NULL) {
    const int *version = dnnl();
    snprintf(text, PEER_TEXT, "%d.%d.%d", version[0], version[1], version[2]);
  } else if (mkl != NULL) {
    mkl(text, PEER_TEXT - 1);
    text[PEER_TEXT - 1] = '\0';
  }
}

/* The first number with dots in how a library describes itself: "OpenBLAS 0.3.21 DYNAMIC_ARCH ..." is 0.3.21. */
static void keep_number(char text[PEER_TEXT]) {
  const char *at = text;
  for (; *at != '\0'; at++) {
    const size_t length = strspn(at, "0123456789.");
    if (length >= 3 && memchr(at, '.', length) != NULL) {
      memmove(text, at, length);
      text[length] = '\0';
      return;
    }
    at += length > 0 ? length - 1 : 0;
  }
}

static void ask_version(struct peer *peer, void *library, const char *function) {
  const char *(*version)(void) = NULL;
  void *symbol = function != NULL ? dlsym(library, function) : NULL;
  memcpy(&version, &symbol, sizeof version);
  if (version != NULL) snprintf(peer->version, PEER_TEXT, "%s", version());
  else other_version(library, peer->version);
  keep_number(peer->version);
}

static bool speaks(struct peer *peer, void *library, const struct dialect *dialect) {
  peer->entry = dlsym(library, dialect->function);
  if (peer->entry == NULL) return false;
  peer->function = dialect->function;
  peer->multiply = dialect->multiply;
  if (dialect->set_threads != NULL) {
    void *setter = dlsym(library, dialect->set_threads);
    memcpy(&peer->set_threads, &setter, sizeof setter);
  }
  return dialect->set_threads == NULL || peer->set_threads != NULL;
}

static void *open_library(struct peer *peer, const char *file) {
  void *library = dlopen(file, RTLD_LAZY | RTLD_LOCAL);
  if (library == NULL) snprintf(peer->missing, PEER_TEXT, "%s", dlerror());
  return library;
}

static void find_known(struct peer *peer, const struct dialect *dialect) {
  char tried[4 * PEER_TEXT] = ""; /* why none of the files can be loaded */
  size_t length = 0;
  peer->name = dialect->name;
  for (size_t i = 0; i < 3 && dialect->files[i] != NULL; i++) {
    void *library = open_library(peer, dialect->files[i]);
    if (library == NULL) {
      memcpy(tried + length, peer->missing, sizeof peer->missing);
      length += strlen(peer->missing);
      if (i + 1 < 3 && dialect->files[i + 1] != NULL) length += (size_t)sprintf(tried + length, "; ");
      snprintf(peer->missing, PEER_TEXT, "%.*s", PEER_TEXT - 1, tried);
      continue;
    }
    peer->missing[0] = '\0';
    speaks(peer, library, dialect);
    if (peer->entry != NULL) ask_version(peer, library, dialect->version);
    else snprintf(peer->missing, PEER_TEXT, "%s has no %s", dialect->files[i], dialect->function);
    return;
  }
}

/* "NAME=FILE"; the library stays open. */
static void find_extra(struct peer *peer, const char *extra) {
  const char *file = strchr(extra, '=') + 1;
  peer->name = peer->own_name = strndup(extra, (size_t)(file - 1 - extra));
  if (peer->name == NULL) return;
  void *library = open_library(peer, file);
  if (library == NULL) return;
  for (size_t i = 0; i < SPOKEN; i++)
    if (speaks(peer, library, &spoken[i])) {
      ask_version(peer, library, spoken[i].version);
      return;
    }
  snprintf(peer->missing, PEER_TEXT, "%.200s has no cblas_sgemm", file);
}

static void find_built_in(struct peer *xsmm, struct peer *eigen) {
  *xsmm = (struct peer){.name = "libxsmm", .missing = "its static library was not found when this program was built"};
  *eigen = (struct peer){.name = "Eigen", .missing = "its headers were not found when this program was built"};
#if PEER_XSMM
  *xsmm = (struct peer){.name = "libxsmm", .function = "libxsmm_smmdispatch", .multiply = peer_xsmm_multiply};
  snprintf(xsmm->version, PEER_TEXT, "%s", peer_xsmm_version);
#endif
#if PEER_EIGEN
  *eigen = (struct peer){
    .name = "Eigen", .function = "Eigen::Map", .multiply = peer_eigen_multiply, .set_threads = peer_eigen_set_threads};
  snprintf(eigen->version, PEER_TEXT, "%s", peer_eigen_version);
#endif
}

bool peers_find(struct peers *peers, const char *const *extra, size_t extra_count) {
  const size_t count = KNOWN + 2 + extra_count;
  *peers = (struct peers){.list = calloc(count, sizeof *peers->list), .count = count};
  if (peers->list == NULL) return false;
  for (size_t i = 0; i < KNOWN; i++) find_known(&peers->list[i], &known[i]);
  find_built_in(&peers->list[KNOWN], &peers->list[KNOWN + 1]);
  for (size_t i = 0; i < extra_count; i++) {
    struct peer *peer = &peers->list[KNOWN + 2 + i];
    find_extra(peer, extra[i]);
    if (peer->name == NULL) return false;
  }
  for (size_t i = 0; i < count; i++) peers->found += peers->list[i].missing[0] == '\0';
  return true;
}

void peers_free(struct peers *peers) {
  for (size_t i = 0; i < peers->count && peers->list != NULL; i++) free(peers->list[i].own_name);
  free(peers->list);
}
