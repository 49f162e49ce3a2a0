/* SPDX-License-Identifier: BSD-3-Clause */
#include "broken_kernels.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <rowcast/experimental.h>

static const char *const names[DEFECT_COUNT] = {
  [NO_DEFECT] = "no defect",
  [WRITES_RIGHT] = "writes right",
  [WRITES_BELOW] = "writes below",
  [WRITES_PADDING] = "writes padding",
  [WRITES_BEFORE] = "writes before",
  [WRITES_X] = "writes x",
  [READS_RIGHT] = "reads right",
  [READS_BELOW] = "reads below",
  [READS_BEFORE] = "reads before",
  [READS_PADDING] = "reads padding",
  [READS_OLD_OUTPUT] = "reads old output",
  [KEEPS_WEIGHTS] = "keeps weights",
  [DROPS_LAST_ROW] = "drops last row",
  [DROPS_LAST_COLUMN] = "drops last column",
  [DROPS_TAIL] = "drops tail",
  [DROPS_ODD_ROWS] = "drops odd rows",
  [DROPS_LATER_BLOCKS] = "drops later blocks",
  [WRONG_TAIL] = "wrong tail",
  [IGNORES_STRIDE] = "ignores stride",
  [IGNORES_SCALE] = "ignores scale",
  [SIGNED_BYTES] = "signed bytes",
  [WRONG_TREE] = "wrong tree",
  [REDUCES_BLOCKS] = "reduces blocks",
  [UNFUSED] = "unfused",
  [SEQUENTIAL_SUM] = "sequential sum",
  [DEPENDS_ON_ROW] = "depends on row",
  [DEPENDS_ON_BATCH] = "depends on batch",
  [DEPENDS_ON_ADDRESS] = "depends on address",
  [SKIPS_ALWAYS] = "skips always",
  [NEGATIVE_ZERO] = "negative zero",
  [FLUSHES_SUBNORMALS] = "flushes subnormals",
};

/* One of each, so that a subject's context can point at its defect. */
struct kind {
  enum defect defect;
  rowcast_dtype dtype;
};
static struct kind kinds[DEFECT_COUNT][ROWCAST_DTYPE_COUNT];

struct instance {
  struct kind kind;
  size_t k, n, ldw;
  float scale;
  const float *callers; /* W as it was given */
  float w[];            /* k x n, scaled */
};

static void *create(const struct check_subject *subject, size_t k, size_t n, const float *w, size_t ldw, float scale) {
  struct instance *instance = malloc(sizeof *instance + k * n * sizeof(float));
  if (instance == NULL) return NULL;
  instance->kind = *(const struct kind *)subject->context;
  instance->k = k, instance->n = n, instance->ldw = ldw;
  instance->scale = scale == 0.0f || instance->kind.defect == IGNORES_SCALE ? 1.0f : scale;
  instance->callers = w;
  for (size_t i = 0; i < k; i++)
    for (size_t j = 0; j < n; j++) instance->w[i * n + j] = w[i * ldw + j] * instance->scale;
  return instance;
}

static void destroy(void *instance) { free(instance); }

/* A load that the compiler must make. */
static float load(const struct instance *kernel, const void *row, ptrdiff_t k) {
  if (kernel->kind.dtype == ROWCAST_F32) return ((const volatile float *)row)[k];
  const unsigned char byte = ((const volatile unsigned char *)row)[k];
  return kernel->kind.defect == SIGNED_BYTES ? (float)(signed char)byte : (float)byte;
}

static float weight(const struct instance *kernel, size_t k, size_t j) {
  if (kernel->kind.defect == KEEPS_WEIGHTS)
    return ((const volatile float *)kernel->callers)[k * kernel->ldw + j] * kernel->scale;
  return kernel->w[k * kernel->n + j];
}

static float tree(const float *lane) {
  return ((lane[0] + lane[4]) + (lane[2] + lane[6])) + ((lane[1] + lane[5]) + (lane[3] + lane[7]));
}

/* Is this row summed in another order? */
static bool is_odd_one(const struct instance *kernel, size_t m, size_t i, const void *row) {
  switch (kernel->kind.defect) {
  case SEQUENTIAL_SUM: return true;
  case DEPENDS_ON_ROW: return i % 4 == 3;
  case DEPENDS_ON_BATCH: return m == 1;
  case DEPENDS_ON_ADDRESS: return (uintptr_t)row % 16 != 0;
  default: return false;
  }
}

static float sequential(const struct instance *kernel, const void *row, size_t j) {
  float sum = 0.0f;
  for (size_t k = 0; k < kernel->k; k++) sum = fmaf(load(kernel, row, (ptrdiff_t)k), weight(kernel, k, j), sum);
  return sum;
}

/* How many products of an output are summed. */
static size_t products(const struct instance *kernel, size_t i, size_t j) {
  const size_t block = 32768;
  if (kernel->kind.defect == DROPS_TAIL) return kernel->k / 8 * 8;
  const bool later = kernel->kind.defect == DROPS_LATER_BLOCKS && i >= 4 && j >= 16;
  return later && kernel->k > block ? block : kernel->k;
}

static float one_output(const struct instance *kernel, const void *row, size_t i, size_t j) {
  const enum defect defect = kernel->kind.defect;
  const size_t k_end = products(kernel, i, j);
  float lane[8] = {0.0f}, reduced = 0.0f;
  for (size_t k = 0; k < k_end; k++) {
    const float x = load(kernel, row, (ptrdiff_t)k), w = weight(kernel, k, j);
    float *sum = &lane[k % 8];
    if (defect == SKIPS_ALWAYS && x == 0.0f) continue;
    *sum = defect == UNFUSED ? *sum + x * w : fmaf(x, w, *sum);
    if (defect == FLUSHES_SUBNORMALS && fabsf(*sum) < FLT_MIN) *sum = 0.0f;
    if (defect == REDUCES_BLOCKS && k % 64 == 63) {
      reduced += tree(lane);
      memset(lane, 0, sizeof lane);
    }
  }
  if (defect == WRONG_TAIL && kernel->k % 8 != 0)
    lane[7] = fmaf(load(kernel, row, (ptrdiff_t)kernel->k - 1), weight(kernel, kernel->k - 1, j), lane[7]);
  /* Whole steps: READS_RIGHT uses no more than it should, READS_PADDING multiplies the excess by 0. */
  for (size_t k = kernel->k; (defect == READS_RIGHT || defect == READS_PADDING) && k % 8 != 0; k++) {
    const float x = load(kernel, row, (ptrdiff_t)k);
    if (defect == READS_PADDING) lane[k % 8] = fmaf(x, 0.0f, lane[k % 8]);
  }
  if (defect == WRONG_TREE) {
    float sum = 0.0f;
    for (size_t l = 0; l < 8; l++) sum += lane[l];
    return sum;
  }
  const float sum = defect == REDUCES_BLOCKS ? reduced + tree(lane) : tree(lane);
  return defect == NEGATIVE_ZERO ? sum : sum + 0.0f;
}

/* The stray accesses of a batch, apart from its outputs. */
static void stray(const struct instance *kernel, size_t m, const char *x, size_t row_bytes, float *c, size_t ldc) {
  if (m == 0 || kernel->n == 0 || kernel->k == 0) return;
  switch (kernel->kind.defect) {
  case WRITES_BELOW: c[m * ldc] = 0.0f; break;
  case WRITES_BEFORE: c[-1] = 0.0f; break;
  case WRITES_PADDING:
    for (size_t i = 0; i + 1 < m; i++)
      for (size_t j = kernel->n; j < ldc; j++) c[i * ldc + j] = 0.0f;
    break;
  case WRITES_X: {
    volatile unsigned char *first = (volatile unsigned char *)(uintptr_t)x;
    const unsigned char old = *first;
    *first = 0;
    *first = old;
    break;
  }
  case READS_BELOW: load(kernel, x + m * row_bytes, 0); break;
  case READS_BEFORE: load(kernel, x, -1); break;
  default: break;
  }
}

static bool run(void *instance, size_t m, const void *x, size_t ldx, float *c, size_t ldc) {
  const struct instance *kernel = instance;
  const enum defect defect = kernel->kind.defect;
  const size_t element = kernel->kind.dtype == ROWCAST_U8 ? sizeof(unsigned char) : sizeof(float);
  const size_t row_bytes = (defect == IGNORES_STRIDE ? kernel->k : ldx) * element;
  size_t rows = m, columns = kernel->n;
  if (defect == DROPS_LAST_ROW && rows > 0) rows--;
  if (defect == DROPS_ODD_ROWS) rows = rows / 4 * 4;
  if (defect == DROPS_LAST_COLUMN && columns > 0) columns--;
  for (size_t i = 0; i < rows; i++) {
    const void *row = (const char *)x + i * row_bytes;
    for (size_t j = 0; j < columns; j++) {
      const float sum = is_odd_one(kernel, m, i, row) ? sequential(kernel, row, j) : one_output(kernel, row, i, j);
      c[i * ldc + j] = defect == READS_OLD_OUTPUT ? c[i * ldc + j] + sum : sum;
    }
    if (defect == WRITES_RIGHT && columns > 0) c[i * ldc + columns] = 0.0f;
  }
  stray(kernel, m, x, row_bytes, c, ldc);
  return true;
}

struct check_subject broken_kernel(enum defect defect, rowcast_dtype dtype) {
  struct kind *kind = &kinds[defect][dtype];
  *kind = (struct kind){defect, dtype};
  return (struct check_subject){
    .name = names[defect],
    .order = ROWCAST_LANES8,
    .dtype = dtype,
    .context = kind,
    .create = create,
    .run = run,
    .destroy = destroy,
  };
}
