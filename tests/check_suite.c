/* SPDX-License-Identifier: BSD-3-Clause */
#include "check_suite.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Around steps of 8, the article's 784 pixels, and blocks of powers of two. */
static const size_t all_k[] = {0, 1, 7, 8, 9, 15, 16, 17, 783, 784, 785, 1024};
static const size_t all_n[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 20, 21, 31, 32, 33, 64};
enum { MOST_ROWS = 70 };

bool check_count(struct check_tally *tally, bool right, const char *text) {
  if (right) {
    tally->passed++;
  } else if (tally->failed++ == 0) {
    strncpy(tally->text, text, sizeof tally->text - 1);
    tally->text[sizeof tally->text - 1] = '\0';
  }
  return right;
}

static bool one_kernel_check(const struct check_subject *subject, const struct check_case *check,
                             struct check_tally *tally) {
  char text[CHECK_TEXT] = "";
  return check_count(tally, check_kernel(subject, check, text), text);
}

/* A case of this size with everything else drawn. Half of the buffers end exactly at a guard page. */
static struct check_case draw_case(struct random *random, size_t m, size_t k, size_t n) {
  static const size_t paddings[] = {0, 0, 0, 1, 3, 7, 16};
  static const float scales[] = {0.0f, 1.0f, 1.0f / 256.0f, 1.0f / 255.0f};
  struct check_case check = {.m = m, .k = k, .n = n};
  check.x_padding = paddings[random_below(random, COUNT(paddings))];
  check.w_padding = paddings[random_below(random, COUNT(paddings))];
  check.c_padding = paddings[random_below(random, COUNT(paddings))];
  /* Rows so far apart that a kernel may treat them differently. */
  if (random_below(random, 16) == 0) check.x_padding = 2 * k + 65;
  if (random_below(random, 2) == 0) {
    check.side = random_below(random, 2) == 0 ? GUARD_AFTER : GUARD_BEFORE;
    check.gap = random_below(random, 16);
  } else {
    check.side = GUARD_AFTER;
  }
  check.scale = scales[random_below(random, COUNT(scales))];
  check.values = random_below(random, 2) == 0 ? CHECK_PIXELS : CHECK_MIXED;
  check.seed = random_below(random, 1u << 30);
  return check;
}

/* Every number of rows. */
static bool check_rows(const struct check_subject *subject, enum check_amount amount, struct random *random,
                       struct check_tally *tally) {
  static const struct { size_t k, n; } pairs[] = {{17, 10}, {8, 33}, {1, 1}, {100, 5}, {785, 10}};
  const size_t count = amount == CHECK_FULL ? COUNT(pairs) : 1;
  for (size_t i = 0; i < count; i++)
    for (size_t m = 0; m <= MOST_ROWS; m++) {
      const struct check_case check = draw_case(random, m, pairs[i].k, pairs[i].n);
      if (!one_kernel_check(subject, &check, tally)) return false;
    }
  return true;
}

/* Every pair of K and N. Thirteen rows: more than a block of a kernel and no multiple of one. And a row alone, for
 * which kernels have functions of their own for every number of columns. */
static bool check_columns(const struct check_subject *subject, enum check_amount amount, struct random *random,
                          struct check_tally *tally) {
  const size_t m = amount == CHECK_FULL ? 13 : 5;
  for (size_t i = 0; i < COUNT(all_k); i++)
    for (size_t j = 0; j < COUNT(all_n); j++) {
      if (amount == CHECK_REDUCED && (2 * i + j) % 7 != 0) continue;
      const struct check_case check = draw_case(random, m, all_k[i], all_n[j]);
      if (!one_kernel_check(subject, &check, tally)) return false;
    }
  for (size_t j = 0; j < COUNT(all_n); j++) {
    const struct check_case check = draw_case(random, 1, j % 2 == 0 ? 20 : 785, all_n[j]);
    if (!one_kernel_check(subject, &check, tally)) return false;
  }
  return true;
}

/* Every offset of 0..15 elements from an aligned address, and of the end from the guard page. */
static bool check_alignments(const struct check_subject *subject, struct random *random, struct check_tally *tally) {
  for (size_t gap = 0; gap < 16; gap++)
    for (int side = 0; side < 2; side++)
      for (size_t padding = 0; padding < 2; padding++) {
        struct check_case check = draw_case(random, 5, 23 + gap, 10);
        check.side = side == 0 ? GUARD_AFTER : GUARD_BEFORE;
        check.gap = gap;
        check.x_padding = check.c_padding = padding;
        if (!one_kernel_check(subject, &check, tally)) return false;
      }
  return true;
}

/* Rows that share elements with their neighbours: from windows that move on by one, to the same row each time. */
static bool check_overlaps(const struct check_subject *subject, enum check_amount amount, struct random *random,
                           struct check_tally *tally) {
  static const size_t lengths[] = {1, 7, 8, 24, 43, 150, 785}, widths[] = {1, 3, 10, 17};
  for (size_t i = 0; i < COUNT(lengths); i++)
    for (size_t j = 0; j < COUNT(widths); j++) {
      if (amount == CHECK_REDUCED && (i + j) % 3 != 0) continue;
      const size_t k = lengths[i], overlaps[] = {1, k / 2, k - 1, k};
      for (size_t o = 0; o < COUNT(overlaps); o++) {
        struct check_case check = draw_case(random, 2 + random_below(random, 60), k, widths[j]);
        check.overlap = overlaps[o];
        if (!one_kernel_check(subject, &check, tally)) return false;
      }
    }
  return true;
}

/* Lengths around every block that a kernel may divide K into, up to the largest known, of 32,768 elements. Beyond it
 * rows and columns are of several tiles and panels, with tails: each takes up every block of K again. */
static bool check_long_rows(const struct check_subject *subject, enum check_amount amount, struct random *random,
                            struct check_tally *tally) {
  static const struct {
    size_t m, k, n;
    bool reduced; /* checked in any case */
  } shapes[] = {
    {3, 111, 21, false},    {3, 112, 21, true},  {3, 113, 21, false},  {3, 120, 21, false},  {3, 456, 21, true},
    {3, 461, 21, false},    {3, 512, 21, false}, {3, 513, 21, true},   {3, 520, 21, false},  {3, 2303, 3, false},
    {3, 2305, 3, true},     {3, 4097, 3, false}, {3, 32760, 3, false}, {3, 32768, 3, false}, {11, 32777, 19, true},
    {11, 66000, 19, false}, {39, 825, 10, true}, {5, 1633, 9, false},  {3, 817, 5, false},
  };
  for (size_t i = 0; i < COUNT(shapes); i++) {
    if (amount == CHECK_REDUCED && !shapes[i].reduced) continue;
    const struct check_case check = draw_case(random, shapes[i].m, shapes[i].k, shapes[i].n);
    if (!one_kernel_check(subject, &check, tally)) return false;
  }
  return true;
}

bool check_shapes(const struct check_subject *subject, enum check_amount amount, uint64_t seed,
                  struct check_tally *tally) {
  struct random random = random_from(seed);
  return check_rows(subject, amount, &random, tally) && check_columns(subject, amount, &random, tally) &&
         check_alignments(subject, &random, tally) && check_overlaps(subject, amount, &random, tally) &&
         check_long_rows(subject, amount, &random, tally);
}

bool check_special_values(const struct check_subject *subject, enum check_amount amount, uint64_t seed,
                          struct check_tally *tally) {
  static const struct {
    size_t m, k, n;
  } shapes[] = {{7, 9, 10}, {13, 33, 17}, {5, 1, 3}, {4, 3, 11}, {14, 40, 5}, {6, 784, 10}, {3, 130, 64}};
  struct random random = random_from(seed);
  const size_t rounds = amount == CHECK_FULL ? 12 : 2;
  for (size_t round = 0; round < rounds; round++)
    for (size_t i = 0; i < COUNT(shapes); i++)
      for (int values = CHECK_SPECIAL_X; values < CHECK_VALUES_COUNT; values++) {
        struct check_case check = draw_case(&random, shapes[i].m, shapes[i].k, shapes[i].n);
        check.values = (enum check_values)values;
        if (!one_kernel_check(subject, &check, tally)) return false;
      }
  return true;
}

bool check_all_batches(const struct check_subject *subject, enum check_amount amount, uint64_t seed,
                       struct check_tally *tally) {
  static const struct { size_t m, k, n; } shapes[] = {{27, 20, 10}, {41, 785, 10}, {70, 9, 33}, {15, 1, 5}};
  struct random random = random_from(seed);
  const size_t count = amount == CHECK_FULL ? COUNT(shapes) : 1;
  for (size_t i = 0; i < count; i++) {
    char text[CHECK_TEXT] = "";
    const struct check_case check = draw_case(&random, shapes[i].m, shapes[i].k, shapes[i].n);
    if (!check_count(tally, check_batches(subject, &check, text), text)) return false;
  }
  return true;
}

bool check_all_bytes_as_floats(const struct check_subject *bytes, const struct check_subject *floats,
                               enum check_amount amount, uint64_t seed, struct check_tally *tally) {
  static const float scales[] = {1.0f, 1.0f / 256.0f, 4.0f, 0x1p-20f};
  struct random random = random_from(seed);
  const size_t step = amount == CHECK_FULL ? 1 : 4;
  for (size_t i = 0; i < COUNT(all_k); i += step)
    for (size_t s = 0; s < COUNT(scales); s++) {
      char text[CHECK_TEXT] = "";
      struct check_case check = draw_case(&random, 13, all_k[i], 10);
      check.scale = scales[s];
      if (!check_count(tally, check_bytes_as_floats(bytes, floats, &check, text), text)) return false;
    }
  return true;
}
