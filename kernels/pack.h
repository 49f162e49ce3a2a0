/* SPDX-License-Identifier: BSD-3-Clause */
/* The layouts of packed weights. All fold the scale in once: packed value = fl(w * scale), w rounded to float32. */
#ifndef RC_PACK_H
#define RC_PACK_H

#include "kernel.h"

/* packed[k][j] = w[k][j], rows of n. */
extern const struct rc_packing rc_pack_rows;

/* packed[j][k] = w[k][j], each column contiguous and zero-padded to a multiple of 8 in k:
 * column j begins at j * rc_round_up(k, 8). */
extern const struct rc_packing rc_pack_columns8;

/* Panels of 16 columns, zero-padded: packed[j / 16][k][j % 16], panel p begins at p * k * 16. */
extern const struct rc_packing rc_pack_panels16;

/* Panels for tiles of 512-bit registers, each register two columns x 8 lanes. A panel of width w at column j is, for
 * every 8 steps of k (the last zero-padded), w / 2 pairs of columns, 16 floats each; after them, when w is odd, the
 * last column alone, 8 floats a step. Each of the two parts begins on a multiple of 16 floats. Orders: lanes8.
 *   pairs10  panels of at most 10 columns, as equal in width as can be
 *   pairs    up to 10 columns in one panel, up to 20 in two, more in panels of at most 8; all of them whole pairs,
 *            except that the last panel may end with a column alone */
extern const struct rc_packing rc_pack_pairs10, rc_pack_pairs;
enum { RC_PAIRS10_COLUMNS = 10, RC_PAIRS_COLUMNS = 10 };

/* Panels of at most 5 columns, none of them padded. A panel of width w at column j begins at j * rc_round_up(k, 8):
 * for every 8 steps of k (the last zero-padded) its w columns, 8 floats each. Orders: lanes8. panels4: of more than 10
 * columns, panels of at most 4. */
extern const struct rc_packing rc_pack_panels5, rc_pack_panels4;
enum { RC_PANELS5_COLUMNS = 5 };

/* The panels of panels5, in doubles; after them what exact.h has for every column. Orders:
 * exact. */
extern const struct rc_packing rc_pack_doubles5;

/* doubles5, and after it what digits.h has for rows of bytes: weights as whole numbers of digits of 8 or 16 bits.
 * udigits8 has 128 more in each digit than digits8. Orders: exact. */
extern const struct rc_packing rc_pack_digits8, rc_pack_udigits8, rc_pack_digits16;

/* A panel of a layout: columns [column, column + width), its first float at packed + offset. */
struct rc_panel {
  size_t column, width, offset;
};

struct rc_panels rc_panels5(size_t k, size_t n);
struct rc_panels rc_panels4(size_t k, size_t n);
struct rc_panels rc_doubles5(size_t k, size_t n);
struct rc_panels rc_pairs10(size_t k, size_t n);
struct rc_panels rc_pairs(size_t k, size_t n);

/* Panel i, without a division: kernels ask for every few rows. */
static inline struct rc_panel rc_panel_at(const struct rc_panels *panels, size_t i) {
  const size_t wider = i < panels->wider ? i : panels->wider, rest = i - wider;
  return (struct rc_panel){
    i * panels->width + wider * panels->unit,
    panels->width + (i < panels->wider ? panels->unit : 0) - (i + 1 == panels->count ? panels->missing : 0),
    wider * panels->wider_size + rest * panels->size};
}

/* The panel that has a column. */
static inline size_t rc_panel_of(const struct rc_panels *panels, size_t column) {
  const size_t wide = panels->width + panels->unit, before = panels->wider * wide;
  return column < before ? column / wide : panels->wider + (column - before) / panels->width;
}

static inline size_t rc_round_up(size_t value, size_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

#endif
