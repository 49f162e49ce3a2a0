/* SPDX-License-Identifier: BSD-3-Clause */
/* Writes weights in the layouts of pack.h. */
#include "pack.h"

#include <math.h>
#include <stdint.h>

#include "weight.h"

/* Padding is +0, so that all of a layout answers for its weights. */
static int all_finite(const float *values, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (!isfinite(values[i])) return 0;
  return 1;
}

/* pack_<layout>(): a layout's function with the type of the weights a constant in each of its copies, and for the most
 * common weights their step as well. */
#define PACK_AS(layout, constant) \
  case constant: w.type = constant, layout(dst, w, k, n); break;
#define PACK(layout)                                                                          \
  static int pack_##layout(float *dst, const struct rc_source *from, size_t k, size_t n) {    \
    struct rc_source w = *from;                                                               \
    if (w.type == RC_W_F32 && w.n_step == 1) {                                                \
      w.type = RC_W_F32, w.n_step = 1;                                                        \
      layout(dst, w, k, n);                                                                   \
      return all_finite(dst, count_##layout(k, n));                                           \
    }                                                                                         \
    switch (w.type) {                                                                         \
      PACK_AS(layout, RC_W_F32)                                                               \
      PACK_AS(layout, RC_W_F64)                                                               \
      PACK_AS(layout, RC_W_F16)                                                               \
      PACK_AS(layout, RC_W_BF16)                                                              \
    case RC_WEIGHT_TYPES: break;                                                              \
    }                                                                                         \
    return all_finite(dst, count_##layout(k, n));                                             \
  }

/* a * b floats, or SIZE_MAX when their bytes do not fit in size_t. */
static size_t floats(size_t a, size_t b) {
  size_t count, bytes;
  if (__builtin_mul_overflow(a, b, &count) || __builtin_mul_overflow(count, sizeof(float), &bytes))
    return SIZE_MAX;
  return count;
}

/* value rounded up to a multiple, or SIZE_MAX. */
static size_t padded(size_t value, size_t multiple) {
  return value > SIZE_MAX - multiple ? SIZE_MAX : rc_round_up(value, multiple);
}

static size_t count_rows(size_t k, size_t n) { return floats(k, n); }

RC_INLINE void rows(float *dst, struct rc_source w, size_t k, size_t n) {
  for (size_t i = 0; i < k; i++)
    for (size_t j = 0; j < n; j++) dst[i * n + j] = rc_weight(w, i, j);
}

PACK(rows)

const struct rc_packing rc_pack_rows = {"rows", "rows", NULL, count_rows, pack_rows, 0};

static size_t count_columns8(size_t k, size_t n) { return floats(padded(k, 8), n); }

RC_INLINE void columns8(float *dst, struct rc_source w, size_t k, size_t n) {
  const size_t column = rc_round_up(k, 8);
  for (size_t j = 0; j < n; j++) {
    for (size_t i = 0; i < k; i++) dst[j * column + i] = rc_weight(w, i, j);
    for (size_t i = k; i < column; i++) dst[j * column + i] = 0.0f;
  }
}

PACK(columns8)

const struct rc_packing rc_pack_columns8 = {"columns8", "columns8", NULL, count_columns8, pack_columns8, 0};

static size_t count_panels16(size_t k, size_t n) { return floats(k, padded(n, 16)); }

RC_INLINE void panels16(float *dst, struct rc_source w, size_t k, size_t n) {
  for (size_t j0 = 0; j0 < n; j0 += 16) {
    const size_t width = n - j0 < 16 ? n - j0 : 16;
    for (size_t i = 0; i < k; i++, dst += 16) {
      for (size_t j = 0; j < width; j++) dst[j] = rc_weight(w, i, j0 + j);
      for (size_t j = width; j < 16; j++) dst[j] = 0.0f;
    }
  }
}

PACK(panels16)

const struct rc_packing rc_pack_panels16 = {"panels16", "panels16", NULL, count_panels16, pack_panels16, 0};

/* N columns in panels of at most `most`; their sizes are left to the layout. */
static struct rc_panels even_panels(size_t n, size_t most) {
  const size_t count = n / most + (n % most != 0);
  if (count == 0) return (struct rc_panels){0};
  return (struct rc_panels){.count = count, .wider = n % count, .width = n / count, .unit = 1};
}

static struct rc_panels panels_of_steps(size_t k, size_t n, size_t most) {
  struct rc_panels panels = even_panels(n, most);
  panels.size = panels.width * rc_round_up(k, 8);
  panels.wider_size = panels.size + rc_round_up(k, 8);
  return panels;
}

struct rc_panels rc_panels5(size_t k, size_t n) { return panels_of_steps(k, n, RC_PANELS5_COLUMNS); }

struct rc_panels rc_panels4(size_t k, size_t n) {
  return panels_of_steps(k, n, n <= 2 * RC_PANELS5_COLUMNS ? RC_PANELS5_COLUMNS : 4);
}

RC_INLINE void steps_in(float *dst, struct rc_source w, size_t k, struct rc_panels panels) {
  for (size_t p = 0; p < panels.count; p++) {
    const struct rc_panel panel = rc_panel_at(&panels, p);
    float *to = dst + panel.offset;
    for (size_t i = 0; i < rc_round_up(k, 8); i++)
      for (size_t j = 0; j < panel.width; j++)
        to[(i / 8 * panel.width + j) * 8 + i % 8] = i < k ? rc_weight(w, i, panel.column + j) : 0.0f;
  }
}

RC_INLINE void panels5(float *dst, struct rc_source w, size_t k, size_t n) { steps_in(dst, w, k, rc_panels5(k, n)); }

RC_INLINE void panels4(float *dst, struct rc_source w, size_t k, size_t n) { steps_in(dst, w, k, rc_panels4(k, n)); }

static size_t count_panels5(size_t k, size_t n) { return count_columns8(k, n); }

static size_t count_panels4(size_t k, size_t n) { return count_columns8(k, n); }

PACK(panels5)
PACK(panels4)

const struct rc_packing rc_pack_panels5 = {"panels5", "panels5", rc_panels5, count_panels5, pack_panels5, 0};
const struct rc_packing rc_pack_panels4 = {"panels4", "panels5", rc_panels4, count_panels4, pack_panels4, 0};

enum { PAIRS10_ALIGN = 16 };

/* Floats of a panel: its pairs of columns, then an odd column, which begins and ends on a multiple of 16 floats. */
static size_t pairs10_size(size_t k, size_t width) {
  return width / 2 * 2 * rc_round_up(k, 8) + width % 2 * rc_round_up(k, PAIRS10_ALIGN);
}

struct rc_panels rc_pairs10(size_t k, size_t n) {
  struct rc_panels panels = even_panels(n, RC_PAIRS10_COLUMNS);
  panels.size = pairs10_size(k, panels.width);
  panels.wider_size = pairs10_size(k, panels.width + 1);
  return panels;
}

static size_t count_pairs10(size_t k, size_t n) {
  /* Every column takes at most K rounded up to 16: where that fits, the exact sum cannot overflow. */
  if (floats(padded(k, PAIRS10_ALIGN), n) == SIZE_MAX) return SIZE_MAX;
  const struct rc_panels panels = rc_pairs10(k, n);
  return panels.wider * panels.wider_size + (panels.count - panels.wider) * panels.size;
}

RC_INLINE void pairs_in(float *dst, struct rc_source w, size_t k, struct rc_panels panels) {
  for (size_t p = 0; p < panels.count; p++) {
    const struct rc_panel panel = rc_panel_at(&panels, p);
    const size_t paired = panel.width / 2 * 2;
    float *wide = dst + panel.offset, *lone = wide + paired * rc_round_up(k, 8);
    if (panel.width % 2 != 0)
      for (size_t i = rc_round_up(k, 8); i < rc_round_up(k, PAIRS10_ALIGN); i++) lone[i] = 0.0f;
    for (size_t i = 0; i < rc_round_up(k, 8); i++)
      for (size_t j = 0; j < panel.width; j++) {
        float *to = j < paired ? wide + (i / 8 * paired + j) * 8 : lone + i / 8 * 8;
        to[i % 8] = i < k ? rc_weight(w, i, panel.column + j) : 0.0f;
      }
  }
}

RC_INLINE void pairs10(float *dst, struct rc_source w, size_t k, size_t n) {
  pairs_in(dst, w, k, rc_pairs10(k, n));
}

PACK(pairs10)

const struct rc_packing rc_pack_pairs10 = {"pairs10", "pairs", rc_pairs10, count_pairs10, pack_pairs10, 0};

struct rc_panels rc_pairs(size_t k, size_t n) {
  const size_t pairs = n / 2 + n % 2, most = pairs <= 10 ? 5 : 4;
  struct rc_panels panels = even_panels(pairs, most);
  panels.unit = 2, panels.missing = n % 2, panels.width *= 2;
  panels.size = panels.width * rc_round_up(k, 8);
  panels.wider_size = panels.size + 2 * rc_round_up(k, 8);
  return panels;
}

static size_t count_pairs(size_t k, size_t n) {
  /* The same sum as for pairs10, of which only the last panel can have a column alone. */
  if (floats(padded(k, PAIRS10_ALIGN), n) == SIZE_MAX) return SIZE_MAX;
  return n / 2 * 2 * rc_round_up(k, 8) + n % 2 * rc_round_up(k, PAIRS10_ALIGN);
}

RC_INLINE void pairs(float *dst, struct rc_source w, size_t k, size_t n) {
  pairs_in(dst, w, k, rc_pairs(k, n));
}

PACK(pairs)

const struct rc_packing rc_pack_pairs = {"pairs", "pairs", rc_pairs, count_pairs, pack_pairs, 0};
