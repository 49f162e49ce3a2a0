/* SPDX-License-Identifier: BSD-3-Clause */
/* The layouts of packed weights: sizes, places, padding. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pack.h"

/* Where each layout of pack.h keeps w[k][j], computed from the header's words alone. */
static size_t place_in_rows(size_t k, size_t n, size_t i, size_t j) {
  (void)k;
  return i * n + j;
}

static size_t place_in_columns8(size_t k, size_t n, size_t i, size_t j) {
  (void)n;
  return j * ((k + 7) / 8 * 8) + i;
}

static size_t place_in_panels16(size_t k, size_t n, size_t i, size_t j) {
  (void)n;
  return j / 16 * k * 16 + i * 16 + j % 16;
}

static struct rc_panel panel_of(struct rc_panels panels, size_t column) {
  size_t p = 0;
  struct rc_panel panel = rc_panel_at(&panels, p);
  while (column >= panel.column + panel.width) panel = rc_panel_at(&panels, ++p);
  return panel;
}

static size_t place_in_steps_of(struct rc_panels panels, size_t i, size_t j) {
  const struct rc_panel panel = panel_of(panels, j);
  return panel.offset + (i / 8 * panel.width + (j - panel.column)) * 8 + i % 8;
}

static size_t place_in_panels5(size_t k, size_t n, size_t i, size_t j) {
  return place_in_steps_of(rc_panels5(k, n), i, j);
}

static size_t place_in_panels4(size_t k, size_t n, size_t i, size_t j) {
  return place_in_steps_of(rc_panels4(k, n), i, j);
}

static size_t place_in_pairs_of(struct rc_panels panels, size_t k, size_t i, size_t j) {
  const struct rc_panel panel = panel_of(panels, j);
  const size_t column = j - panel.column, pairs = panel.width / 2;
  if (column < 2 * pairs) return panel.offset + (i / 8 * pairs + column / 2) * 16 + column % 2 * 8 + i % 8;
  return panel.offset + 2 * pairs * ((k + 7) / 8 * 8) + i / 8 * 8 + i % 8;
}

static size_t place_in_pairs10(size_t k, size_t n, size_t i, size_t j) {
  return place_in_pairs_of(rc_pairs10(k, n), k, i, j);
}

static size_t place_in_pairs(size_t k, size_t n, size_t i, size_t j) {
  return place_in_pairs_of(rc_pairs(k, n), k, i, j);
}

static const struct layout {
  const struct rc_packing *packing;
  size_t (*place)(size_t k, size_t n, size_t i, size_t j);
} layouts[] = {
  {&rc_pack_rows, place_in_rows},       {&rc_pack_columns8, place_in_columns8}, {&rc_pack_panels16, place_in_panels16},
  {&rc_pack_panels5, place_in_panels5}, {&rc_pack_panels4, place_in_panels4},   {&rc_pack_pairs10, place_in_pairs10},
  {&rc_pack_pairs, place_in_pairs},
};
enum { LAYOUTS = sizeof layouts / sizeof layouts[0] };

static const size_t ks[] = {0, 1, 2, 7, 8, 9, 15, 16, 17, 23, 24, 25, 100};
static const size_t ns[] = {0, 1, 2, 3, 4, 5, 6, 9, 10, 11, 15, 16, 17, 20, 21, 31, 32, 33, 64};
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const uint32_t canary = 0x7fc0beef; /* a NaN no arithmetic makes */

static uint32_t bits_of(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}

/* Different everywhere, never 0, of either sign, with digits that rounding of the scale shows. */
static float weight(size_t i, size_t j) {
  const float size = 1.0f + (float)(i * 131 + j) / 16777.0f;
  return (i + j) % 3 == 0 ? -size : size;
}

static void expect_layout(const struct layout *layout, size_t k, size_t n, size_t more, float scale) {
  const struct rc_packing *packing = layout->packing;
  const size_t ldw = n + more, count = packing->count(k, n), extra = 64;
  const size_t bytes = rc_round_up((count + extra) * sizeof(float), RC_ALIGNMENT);
  float *w = malloc((k * ldw + 1) * sizeof *w), *dst = aligned_alloc(RC_ALIGNMENT, bytes);
  unsigned char *taken = calloc(count + 1, 1);
  cr_assert(w != NULL && dst != NULL && taken != NULL);
  for (size_t i = 0; i < k * ldw; i++) w[i] = NAN; /* what stands between the rows must not be taken */
  for (size_t i = 0; i < k; i++)
    for (size_t j = 0; j < n; j++) w[i * ldw + j] = weight(i, j);
  for (size_t i = 0; i < bytes / sizeof *dst; i++) memcpy(dst + i, &canary, sizeof canary);

  const struct rc_source source = {w, ldw, 1, RC_W_F32, scale, NULL};
  packing->pack(dst, &source, k, n);

  for (size_t i = 0; i < k; i++)
    for (size_t j = 0; j < n; j++) {
      const size_t at = layout->place(k, n, i, j);
      const float expected = weight(i, j) * scale;
      cr_assert(at < count && taken[at] == 0, "%s %zu x %zu: w[%zu][%zu] has no place of its own", packing->name, k, n,
                i, j);
      taken[at] = 1;
      cr_assert(bits_of(dst[at]) == bits_of(expected), "%s %zu x %zu: w[%zu][%zu] is %g, expected %g", packing->name, k,
                n, i, j, (double)dst[at], (double)expected);
    }
  /* All count() floats are written: whoever looks at the whole buffer reads weights or +0. */
  for (size_t i = 0; i < count; i++) {
    if (taken[i]) continue;
    cr_assert(bits_of(dst[i]) != canary, "%s %zu x %zu: float %zu of %zu is not written", packing->name, k, n, i,
              count);
    cr_assert(bits_of(dst[i]) == 0, "%s %zu x %zu: padding at %zu is %g, not +0", packing->name, k, n, i,
              (double)dst[i]);
  }
  for (size_t i = count; i < bytes / sizeof *dst; i++)
    cr_assert(bits_of(dst[i]) == canary, "%s %zu x %zu: wrote past its %zu floats", packing->name, k, n, count);
  free(taken);
  free(dst);
  free(w);
}

Test(pack, every_weight_in_its_place) {
  static const float scales[] = {1.0f, 1.0f / 256.0f, 1.0f / 255.0f, -3.0f};
  for (size_t l = 0; l < LAYOUTS; l++)
    for (size_t a = 0; a < COUNT(ks); a++)
      for (size_t b = 0; b < COUNT(ns); b++)
        for (size_t s = 0; s < COUNT(scales); s++) expect_layout(&layouts[l], ks[a], ns[b], s % 2 * 3, scales[s]);
}

/* The one rounding of w * scale, where it overflows and underflows, and zeros with their signs. */
Test(pack, special_values) {
  const float w[] = {NAN, INFINITY, -INFINITY, 0.0f, -0.0f, 3e38f, 0x1p-149f, 0x1.8p-149f};
  for (size_t l = 0; l < LAYOUTS; l++) {
    const struct layout *layout = &layouts[l];
    static const float scales[] = {1.0f, 2.0f, 0.5f};
    for (size_t s = 0; s < COUNT(scales); s++) {
      const size_t count = layout->packing->count(1, 8);
      float *dst = aligned_alloc(RC_ALIGNMENT, rc_round_up(count * sizeof(float), RC_ALIGNMENT));
      cr_assert(dst != NULL);
      const struct rc_source source = {w, 8, 1, RC_W_F32, scales[s], NULL};
      layout->packing->pack(dst, &source, 1, 8);
      for (size_t j = 0; j < 8; j++) {
        const float got = dst[layout->place(1, 8, 0, j)], expected = w[j] * scales[s];
        cr_assert(isnan(expected) ? isnan(got) : bits_of(got) == bits_of(expected), "%s: %g, expected %g",
                  layout->packing->name, (double)got, (double)expected);
      }
      free(dst);
    }
  }
}

/* Panels follow one another without a gap or an overlap, the wider first, widths differ by at most one. */
static void expect_panels(struct rc_panels panels, size_t most, size_t n) {
  cr_assert(panels.count * most >= n && (panels.count == 0 || (panels.count - 1) * most < n));
  size_t column = 0, before = most;
  for (size_t i = 0; i < panels.count; i++) {
    const struct rc_panel at = rc_panel_at(&panels, i);
    cr_assert(at.column == column && at.width >= 1 && at.width <= before, "panel %zu of %zu columns", i, n);
    cr_assert(at.width >= n / panels.count && at.width <= n / panels.count + 1);
    column += at.width;
    before = at.width;
  }
  cr_assert(column == n);
}

Test(pack, panels_are_even) {
  for (size_t n = 0; n < 200; n++) {
    expect_panels(rc_panels5(9, n), RC_PANELS5_COLUMNS, n);
    expect_panels(rc_panels4(9, n), n <= 10 ? 5 : 4, n);
    expect_panels(rc_pairs10(9, n), RC_PAIRS10_COLUMNS, n);
  }
}

/* 10 columns in a panel, 20 in two, then at most 8: whole pairs, the wider first, and a column alone only at the end.
 */
Test(pack, panels_of_pairs) {
  for (size_t n = 1; n < 300; n++) {
    const struct rc_panels panels = rc_pairs(9, n);
    const size_t most = n <= 20 ? 10 : 8;
    size_t column = 0, before = most;
    cr_assert(panels.count == (n + most - 1) / most, "%zu columns in %zu panels", n, panels.count);
    for (size_t i = 0; i < panels.count; i++) {
      const struct rc_panel at = rc_panel_at(&panels, i);
      cr_assert(at.column == column && at.width >= 1 && at.width <= before, "panel %zu of %zu columns", i, n);
      cr_assert(at.width % 2 == 0 || (i + 1 == panels.count && n % 2 == 1), "panel %zu of %zu columns", i, n);
      column += at.width;
      before = at.width;
    }
    cr_assert(column == n);
  }
  cr_assert(rc_pairs(9, 0).count == 0);
}

/* Both parts of a panel of pairs begin on 16 floats: one register of 512 bits. */
Test(pack, pairs_are_aligned) {
  for (size_t a = 0; a < COUNT(ks); a++)
    for (size_t n = 2; n < 128; n++) {
      const struct rc_panels panels = n % 2 == 0 ? rc_pairs10(ks[a], n / 2) : rc_pairs(ks[a], n / 2);
      for (size_t i = 0; i < panels.count; i++) {
        const struct rc_panel panel = rc_panel_at(&panels, i);
        cr_assert(panel.offset % 16 == 0, "%zu x %zu, panel %zu begins at %zu", ks[a], n, i, panel.offset);
        cr_assert((panel.offset + panel.width / 2 * 2 * rc_round_up(ks[a], 8)) % 16 == 0);
      }
    }
}

/* A size in bytes that does not fit in size_t is SIZE_MAX, never a small number. */
Test(pack, count_overflow) {
  static const size_t huge[][2] = {
    {SIZE_MAX, SIZE_MAX},
    {SIZE_MAX, 1},
    {1, SIZE_MAX},
    {SIZE_MAX - 6, 1},
    {1, SIZE_MAX - 14},
    {SIZE_MAX / 4 + 1, 1},
    {1, SIZE_MAX / 4 + 1},
    {SIZE_MAX / 2 + 1, 2},
    {2, SIZE_MAX / 2 + 1},
    {SIZE_MAX / 2, 8},
    {(size_t)1 << 32, (size_t)1 << 32},
    {(size_t)1 << 31, (size_t)1 << 31},
    {((size_t)1 << 31) + 1, (size_t)1 << 31},
  };
  for (size_t l = 0; l < LAYOUTS; l++)
    for (size_t i = 0; i < COUNT(huge); i++)
      cr_assert(layouts[l].packing->count(huge[i][0], huge[i][1]) == SIZE_MAX, "%s %zu x %zu: %zu",
                layouts[l].packing->name, huge[i][0], huge[i][1], layouts[l].packing->count(huge[i][0], huge[i][1]));
}

/* Sizes that fit are never smaller than the weights they hold, however large. */
Test(pack, count_of_large_sizes) {
  static const size_t sizes[] = {1, 5, 784, 1000003, ((size_t)1 << 29) - 1, ((size_t)1 << 29) + 1};
  for (size_t l = 0; l < LAYOUTS; l++)
    for (size_t a = 0; a < COUNT(sizes); a++)
      for (size_t b = 0; b < COUNT(sizes); b++) {
        const size_t count = layouts[l].packing->count(sizes[a], sizes[b]);
        cr_assert(count >= sizes[a] * sizes[b]);
        cr_assert(count == SIZE_MAX || count <= (sizes[a] + 7) * (sizes[b] + 15) * 2, "%s %zu x %zu: %zu",
                  layouts[l].packing->name, sizes[a], sizes[b], count);
      }
}

/* A kernel's layout that is missing above would go untested. */
Test(pack, every_layout_of_the_registry_is_tested) {
  for (size_t i = 0; i < rc_kernel_count(); i++) {
    size_t l = 0;
    if (rc_kernel_at(i)->packing == &rc_pack_doubles5) continue; /* test_exact.c */
    if (rc_kernel_at(i)->packing->for_bytes) continue;           /* test_digits.c */
    while (l < LAYOUTS && layouts[l].packing != rc_kernel_at(i)->packing) l++;
    cr_assert(l < LAYOUTS, "layout %s of %s", rc_kernel_at(i)->packing->name, rc_kernel_at(i)->name);
  }
}
