/* SPDX-License-Identifier: BSD-3-Clause */
/* Writes weights in the layouts of pack.h. */
#include "pack.h"

#include <stdint.h>
#include <string.h>

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

static void pack_rows(float *dst, const float *w, size_t ldw, size_t k, size_t n, float scale) {
  for (size_t i = 0; i < k; i++)
    for (size_t j = 0; j < n; j++) dst[i * n + j] = w[i * ldw + j] * scale;
}

const struct rc_packing rc_pack_rows = {"rows", count_rows, pack_rows};

static size_t count_columns8(size_t k, size_t n) { return floats(padded(k, 8), n); }

static void pack_columns8(float *dst, const float *w, size_t ldw, size_t k, size_t n, float scale) {
  const size_t column = rc_round_up(k, 8);
  for (size_t j = 0; j < n; j++) {
    for (size_t i = 0; i < k; i++) dst[j * column + i] = w[i * ldw + j] * scale;
    for (size_t i = k; i < column; i++) dst[j * column + i] = 0.0f;
  }
}

const struct rc_packing rc_pack_columns8 = {"columns8", count_columns8, pack_columns8};

static size_t count_panels16(size_t k, size_t n) { return floats(k, padded(n, 16)); }

static void pack_panels16(float *dst, const float *w, size_t ldw, size_t k, size_t n, float scale) {
  for (size_t j0 = 0; j0 < n; j0 += 16) {
    const size_t width = n - j0 < 16 ? n - j0 : 16;
    for (size_t i = 0; i < k; i++, dst += 16) {
      for (size_t j = 0; j < width; j++) dst[j] = w[i * ldw + j0 + j] * scale;
      for (size_t j = width; j < 16; j++) dst[j] = 0.0f;
    }
  }
}

const struct rc_packing rc_pack_panels16 = {"panels16", count_panels16, pack_panels16};

/* Panel i of panels as equal in width as can be, the wider ones first; offset is left to the layout. */
static struct rc_panel even_panel(size_t n, size_t most, size_t i) {
  const size_t panels = rc_panel_count(n, most), share = n / panels, more = n % panels;
  return (struct rc_panel){i * share + (i < more ? i : more), share + (i < more), 0};
}

struct rc_panel rc_panels5_panel(size_t k, size_t n, size_t i) {
  struct rc_panel panel = even_panel(n, RC_PANELS5_COLUMNS, i);
  panel.offset = panel.column * rc_round_up(k, 8);
  return panel;
}

static void pack_panels5(float *dst, const float *w, size_t ldw, size_t k, size_t n, float scale) {
  for (size_t p = 0; p < rc_panel_count(n, RC_PANELS5_COLUMNS); p++) {
    const struct rc_panel panel = rc_panels5_panel(k, n, p);
    float *to = dst + panel.offset;
    for (size_t i = 0; i < rc_round_up(k, 8); i++)
      for (size_t j = 0; j < panel.width; j++)
        to[(i / 8 * panel.width + j) * 8 + i % 8] = i < k ? w[i * ldw + panel.column + j] * scale : 0.0f;
  }
}

const struct rc_packing rc_pack_panels5 = {"panels5", count_columns8, pack_panels5};

enum { PAIRS10_ALIGN = 16 };

struct rc_panel rc_pairs10_panel(size_t k, size_t n, size_t i) {
  struct rc_panel panel = even_panel(n, RC_PAIRS10_COLUMNS, i);
  /* Only odd panels have a part that may need padding; the wider panels come first. */
  const size_t padded_k = rc_round_up(k, 8), lone = rc_round_up(padded_k, PAIRS10_ALIGN);
  const size_t more = n % rc_panel_count(n, RC_PAIRS10_COLUMNS), share = n / rc_panel_count(n, RC_PAIRS10_COLUMNS);
  const size_t wide = i < more ? i : more, narrow = i - wide;
  const size_t wide_size = (share + 1) / 2 * 2 * padded_k + (share + 1) % 2 * lone;
  const size_t narrow_size = share / 2 * 2 * padded_k + share % 2 * lone;
  panel.offset = wide * wide_size + narrow * narrow_size;
  return panel;
}
static size_t count_pairs10(size_t k, size_t n) {
  if (n == 0) return 0;
  const struct rc_panel last = rc_pairs10_panel(k, n, rc_panel_count(n, RC_PAIRS10_COLUMNS) - 1);
  const size_t lone = last.width % 2 * rc_round_up(rc_round_up(k, 8), PAIRS10_ALIGN);
  /* Every column takes at most K rounded up to 16: where that fits, the exact sum cannot overflow. */
  if (floats(padded(k, PAIRS10_ALIGN), n) == SIZE_MAX) return SIZE_MAX;
  return last.offset + last.width / 2 * 2 * rc_round_up(k, 8) + lone;
}

static void pack_pairs10(float *dst, const float *w, size_t ldw, size_t k, size_t n, float scale) {
  for (size_t p = 0; p < rc_panel_count(n, RC_PAIRS10_COLUMNS); p++) {
    const struct rc_panel panel = rc_pairs10_panel(k, n, p);
    const size_t paired = panel.width / 2 * 2;
    float *pairs = dst + panel.offset, *lone = pairs + paired * rc_round_up(k, 8);
    if (panel.width % 2 != 0)
      for (size_t i = rc_round_up(k, 8); i < rc_round_up(k, PAIRS10_ALIGN); i++) lone[i] = 0.0f;
    for (size_t i = 0; i < rc_round_up(k, 8); i++)
      for (size_t j = 0; j < panel.width; j++) {
        float *to = j < paired ? pairs + (i / 8 * paired + j) * 8 : lone + i / 8 * 8;
        to[i % 8] = i < k ? w[i * ldw + panel.column + j] * scale : 0.0f;
      }
  }
}

const struct rc_packing rc_pack_pairs10 = {"pairs10", count_pairs10, pack_pairs10};
