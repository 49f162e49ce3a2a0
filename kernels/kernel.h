/* SPDX-License-Identifier: BSD-3-Clause */
/* What a kernel is: code that multiplies a block of rows on one thread, in one named order, on one ISA
 * level, for float32 and for bytes. This folder knows nothing outside itself; src/lib gives it names,
 * checks arguments and chooses.
 *
 * A kernel's results depend on nothing but its row, the packed weights and its order, so a caller may cut
 * a batch into rows as it likes. */
#ifndef RC_KERNEL_H
#define RC_KERNEL_H

#include <stddef.h>

/* Counterparts of the public enums in include/rowcast/types.h (src/lib asserts that they agree). */
enum rc_isa {
  RC_ISA_AUTO,
#define RC_LEVEL(symbol, ...) RC_##symbol,
#include "levels.def"
#undef RC_LEVEL
  RC_ISA_COUNT
};
enum rc_order { RC_ORDER_AUTO, RC_NAIVE, RC_SEQUENTIAL, RC_LANES8, RC_EXACT, RC_ORDER_COUNT };
enum rc_dtype { RC_F32, RC_U8, RC_DTYPE_COUNT };

/* Does a kernel take every element of X, or leave out zeros? The bits are the same. */
enum rc_strategy { RC_DENSE, RC_SKIP };

/* How a layout divides N columns into panels. The first `wider` panels are wider than the others by one unit, a column
 * or a pair of columns; the last panel may lack one column of a pair. pack.h has rc_panel_at(). */
struct rc_panels {
  size_t count, wider, width; /* width: columns of a panel that is not wider */
  size_t unit, missing;       /* columns of a unit; columns that the last panel lacks */
  size_t wider_size, size;    /* floats of a panel */
};

/* Weights laid out for one kernel. */
struct rc_weights {
  size_t k, n;
  const float *packed; /* as the kernel's rc_packing wrote it; aligned to RC_ALIGNMENT */
  struct rc_panels panels; /* as the rc_packing's panels() returned them */
  int finite;          /* no packed weight is Inf or NaN: zeros of X may be skipped */
  const float *bias;   /* of the order exact, whose sums have it within: n floats; NULL: none */
};

enum { RC_ALIGNMENT = 64 };

/* C = X * W for m rows.
 *   x    m rows of w->k elements (float or unsigned char, as the function's suffix says), ldx elements
 *        apart, of any alignment natural to the element; nothing else is read. Rows may share elements: ldx may
 *        be less than k, and 0
 *   c    m rows of w->n floats, ldc apart; nothing else is written, nothing is read
 * Preconditions: ldc >= n, all extents fit in size_t, c overlaps neither x nor w. */
typedef void rc_kernel_fn(const struct rc_weights *w, size_t m, const void *x, size_t ldx, float *c,
                          size_t ldc);

/* Element types of weights that are packed. */
enum rc_weight_type { RC_W_F32, RC_W_F64, RC_W_F16, RC_W_BF16, RC_WEIGHT_TYPES };

/* Weights as they come: w[k][j] is element k * k_step + j * n_step, of the natural alignment of its type. */
struct rc_source {
  const void *data;
  size_t k_step, n_step;
  enum rc_weight_type type;
  float scale;
  const float *bias; /* of the order exact: n floats; NULL: none */
};

/* A layout of weights. */
struct rc_packing {
  const char *name;
  const char *family; /* layouts of one family differ only in the widths of their panels */
  struct rc_panels (*panels)(size_t k, size_t n); /* NULL: it has none */
  /* Floats the layout takes for K x N; SIZE_MAX when that does not fit in size_t. */
  size_t (*count)(size_t k, size_t n);
  /* Writes fl(w[k][j] * scale), w rounded to float32 first, into dst, which is aligned to RC_ALIGNMENT. Padding
   * is +0. Returns whether all of these weights are finite. */
  int (*pack)(float *dst, const struct rc_source *w, size_t k, size_t n);
  int for_bytes; /* made for rows of bytes: of those of float32 its kernels only take over what others do */
};

/* What a kernel keeps in registers but for the ends of batches, and the blocks that it cuts K into. */
struct rc_tile {
  size_t rows, columns;
  size_t most_k; /* elements; 0: K is not cut */
};

/* The length of a block of K: all are equally long, so that the last one is not short; a multiple of 8. */
static inline size_t rc_k_block(size_t k, size_t most_k) {
  const size_t blocks = most_k > 0 ? k / most_k + (k % most_k != 0) : 1;
  return ((blocks <= 1 ? k : (k + blocks - 1) / blocks) + 7) / 8 * 8;
}

/* Cores that differ in more than their ISA level: costs hold for one kind. */
enum rc_core {
  RC_ANY_CORE,
  RC_FULL_WIDTH_CORE, /* its 512-bit multiply-adds are as many a cycle as its 256-bit ones */
  RC_AMX_CORE,        /* of full width, with AMX: Intel's servers, where what widens bytes shares a port with them */
  RC_CORE_COUNT
};

/* What a kernel costs, in cycles of a core that does 32 operations (16 multiply-adds) a cycle at most:
 *   row + columns * (output + step * steps) + panels * panel * steps
 * columns: N rounded up to a multiple of pad; panels: how many its packing makes; steps: K / 8 rounded up, or for a
 * SKIP kernel those that are not all zero. A cycle of a core that does 64 operations a cycle counts as two. */
struct rc_cost {
  double step, output, row;
  size_t pad;
  double panel;
};

struct rc_kernel {
  const char *name; /* "avx2-broadcast" */
  enum rc_isa isa;
  enum rc_order order;
  enum rc_strategy strategy;
  const struct rc_packing *packing;
  struct rc_tile tile;
  struct rc_cost cost[RC_CORE_COUNT]; /* zeros: as of the core before */
  rc_kernel_fn *run[RC_DTYPE_COUNT]; /* NULL when the ISA level was not built */
};

/* Every kernel of the source, in the order of kernels.def. Read-only. */
size_t rc_kernel_count(void);
const struct rc_kernel *rc_kernel_at(size_t i);

/* Was this level compiled in? */
int rc_isa_built(enum rc_isa isa);

/* The prototypes of every kernel. */
#define RC_KERNEL(name, symbol, isa, order, packing, strategy, tile, ...) \
  rc_kernel_fn rc_##symbol##_f32, rc_##symbol##_u8;
#include "kernels.def"
#undef RC_KERNEL

/* Defines a kernel's two functions from one body, which takes the element type as a constant:
 *   static inline void body(const struct rc_weights *w, size_t m, const void *x, size_t ldx, float *c,
 *                           size_t ldc, enum rc_dtype dtype) */
#define RC_KERNEL_ENTRIES(symbol, body)                                                               \
  void rc_##symbol##_f32(const struct rc_weights *w, size_t m, const void *x, size_t ldx, float *c,   \
                         size_t ldc) {                                                                \
    body(w, m, x, ldx, c, ldc, RC_F32);                                                               \
  }                                                                                                   \
  void rc_##symbol##_u8(const struct rc_weights *w, size_t m, const void *x, size_t ldx, float *c,    \
                        size_t ldc) {                                                                 \
    body(w, m, x, ldx, c, ldc, RC_U8);                                                                \
  }

/* For the bodies and their helpers: with the element type a constant, each entry keeps only its half. */
#define RC_INLINE static inline __attribute__((always_inline))

/* Element i of a row, as a value. */
RC_INLINE float rc_element(const void *row, size_t i, enum rc_dtype dtype) {
  return dtype == RC_U8 ? (float)((const unsigned char *)row)[i] : ((const float *)row)[i];
}

/* Row i of a batch. */
RC_INLINE const void *rc_row(const void *x, size_t i, size_t ldx, enum rc_dtype dtype) {
  return (const char *)x + i * ldx * (dtype == RC_U8 ? sizeof(unsigned char) : sizeof(float));
}

#endif
