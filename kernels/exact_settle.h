/* SPDX-License-Identifier: BSD-3-Clause */
/* Outputs of the order exact that a plain sum of doubles leaves in doubt. Four steps, of which each settles nearly all
 * that the one before did not: numbers that are multiples of a common unit, of which the sum was exact; a sum in two
 * doubles, of several columns at once; one in three; a sum of slices in fixed point. docs/numerics.md has the proofs.
 *
 * Gives the file that includes it RC_EXACT_SETTLE(level), and takes from it
 *   vec, LANES                    doubles, 1, 2, 4 or 8 of them, on which + and - work
 *   spread(double)                one in every lane
 *   weights_at(const double *)    LANES of them
 *   kept(vec)                     it, in a register
 *   elements_at(row, i, dtype)    elements i..i+LANES-1 of a row as doubles
 *   multiply_add(x, w, c)         x * w + c of an exact x * w, rounded once
 *   either(a, b)                  the bits that either has */
#ifndef RC_EXACT_SETTLE_H
#define RC_EXACT_SETTLE_H

#include <stdint.h>
#include <string.h>

#include "exact.h"
#include "fixed.h"

/* Columns whose sums fit the registers. */
enum { RC_IN_TWO = 5, RC_IN_THREE = 3 };

/* Rows are looked through for their unit in parts. */
enum { RC_UNIT_PART = 64 };

/* A row of which outputs are in doubt. */
struct rc_doubtful {
  struct rc_exact *exact;
  const void *row;
  double largest;
  size_t seen; /* elements, all of which are whole multiples of the unit */
  float unit;
};

/* One column: where its weights begin, and how far the next eight are. Its sums: `begin` is what the first number
 * begins at, `second` the second. */
struct rc_column {
  const double *w;
  size_t step;
  double magnitude, bias, begin, second;
};

/* What becomes of the products of a column: sums of what the first number took, of what the second one took, and of the
 * rest; and whether there was a rest. */
struct rc_parts {
  double first, second, rest;
  int inexact;
};

/* The least of the lowest bits of finite numbers, as integers order them. Taking away the lowest bit of a fraction
 * leaves a number that differs by the value of that bit. */
RC_INLINE float rc_unit_of(const float *values, size_t count) {
  const float none = HUGE_VALF;
  uint32_t least;
  memcpy(&least, &none, sizeof least);
  for (size_t i = 0; i < count; i++) {
    uint32_t bits;
    memcpy(&bits, &values[i], sizeof bits);
    bits &= 0x7fffffff;
    const uint32_t rest = (bits & 0x7fffff) != 0 ? bits & (bits - 1) : 0;
    float whole, without;
    memcpy(&whole, &bits, sizeof whole);
    memcpy(&without, &rest, sizeof without);
    const float bit = whole - without;
    uint32_t low;
    memcpy(&low, &bit, sizeof low);
    low = low != 0 ? low : 0x7f800000;
    least = low < least ? low : least;
  }
  float unit;
  memcpy(&unit, &least, sizeof unit);
  return unit;
}

/* Were the doubles' sum and all its parts multiples of one unit, and below 2^53 of it? Then none was rounded. */
RC_INLINE int rc_was_exact(struct rc_doubtful *in, const struct rc_column *column, double unit) {
  const size_t k = in->exact->w->k;
  while (column->magnitude < 0x1p52 * (double)in->unit * unit) {
    if (in->seen == k) return fmod(column->bias, (double)in->unit * unit) == 0.0;
    const size_t count = k - in->seen < RC_UNIT_PART ? k - in->seen : RC_UNIT_PART;
    const float part = rc_unit_of((const float *)in->row + in->seen, count);
    in->unit = part < in->unit ? part : in->unit;
    in->seen += count;
  }
  return 0;
}

/* 1.5 * 2^q for the least q with 2^(q - 2) above a magnitude that is not 0. */
RC_INLINE double rc_begin_of(double magnitude) {
  uint64_t bits;
  memcpy(&bits, &magnitude, sizeof bits);
  bits = ((bits >> 52) + 3) << 52 | UINT64_C(1) << 51;
  double begin;
  memcpy(&begin, &bits, sizeof begin);
  return begin;
}

/* Not less than what can be left when all products of a column and its bias are added to `begin`, which is 1.5 * 2^q:
 * of each half a unit, 2^(q - 53). */
RC_INLINE double rc_left(double begin, size_t k) { return (double)(k + 1) * begin * 0x1p-53; }

/* Products of LANES elements. A column's first number stays a multiple of a unit and takes of a product what is one
 * too, without rounding; the second number does so with what is left, if it is asked for. */
#define RC_PRODUCT(j)                                                 \
  if (count > j) {                                                    \
    const vec w = kept(weights_at(w##j + half)); \
    const vec next = multiply_add(x, w, first##j);                    \
    vec left = multiply_add(x, w, first##j - next);                   \
    first##j = next;                                                  \
    if (three) {                                                      \
      const vec then = second##j + left;                              \
      left = left - (then - second##j);                               \
      second##j = then;                                               \
      any##j = either(any##j, left);                                  \
    }                                                                 \
    rest##j = rest##j + left;                                         \
  }
#define RC_PRODUCTS                                                    \
  do {                                                                 \
    RC_PRODUCT(0) RC_PRODUCT(1) RC_PRODUCT(2) RC_PRODUCT(3) RC_PRODUCT(4) \
  } while (0)
#define RC_NEXT_WEIGHTS(j) \
  if (count > j) w##j += columns[j].step;
#define RC_DECLARE(j)                                                                                   \
  const double *w##j = columns[j < count ? j : 0].w;                                                    \
  vec first##j = spread(columns[j < count ? j : 0].begin), second##j = spread(columns[j < count ? j : 0].second); \
  vec rest##j = spread(0.0), any##j = rest##j;
#define RC_ADD_UP(j) \
  if (count > j) rc_add_up(&parts[j], &columns[j], first##j, second##j, rest##j, any##j, three);

/* The lanes of a column's sums, and its bias. */
RC_INLINE void rc_add_up(struct rc_parts *parts, const struct rc_column *column, vec first, vec second, vec rest,
                         vec any, int three) {
  double firsts[LANES], seconds[LANES], rests[LANES];
  uint64_t bits[LANES], inexact = 0;
  memcpy(firsts, &first, sizeof firsts);
  memcpy(seconds, &second, sizeof seconds);
  memcpy(rests, &rest, sizeof rests);
  memcpy(bits, &any, sizeof bits);
  *parts = (struct rc_parts){.first = (column->begin + column->bias) - column->begin};
  double left = column->bias - parts->first;
  if (three) parts->second = (column->second + left) - column->second, left = left - parts->second;
  parts->rest = left;
  for (size_t l = 0; l < LANES; l++) {
    parts->first += firsts[l] - column->begin;
    if (three) parts->second += seconds[l] - column->second;
    parts->rest += rests[l];
    inexact |= bits[l];
  }
  /* The sign of a zero is none. */
  parts->inexact = !three || inexact << 1 != 0 || left != 0.0;
}

/* A row times `count` columns, at most five; count, three (second numbers are used) and dtype are constants. */
RC_INLINE void rc_in_parts(const struct rc_doubtful *in, const struct rc_column *columns, struct rc_parts *parts,
                           int count, int three, enum rc_dtype dtype) {
  const size_t k = in->exact->w->k;
  RC_DECLARE(0) RC_DECLARE(1) RC_DECLARE(2) RC_DECLARE(3) RC_DECLARE(4)
  size_t i = 0;
  for (; i + 8 <= k; i += 8) {
    for (size_t half = 0; half < 8; half += LANES) {
      const vec x = elements_at(in->row, i + half, dtype);
      RC_PRODUCTS;
    }
    RC_NEXT_WEIGHTS(0) RC_NEXT_WEIGHTS(1) RC_NEXT_WEIGHTS(2) RC_NEXT_WEIGHTS(3) RC_NEXT_WEIGHTS(4)
  }
  if (i < k) {
    float last[8] = {0.0f};
    for (size_t l = 0; i + l < k; l++) last[l] = rc_element(in->row, i + l, dtype);
    for (size_t half = 0; half < 8; half += LANES) {
      const vec x = elements_at(last, half, RC_F32);
      RC_PRODUCTS;
    }
  }
  RC_ADD_UP(0) RC_ADD_UP(1) RC_ADD_UP(2) RC_ADD_UP(3) RC_ADD_UP(4)
}

/* The sum of a column's parts, rounded, if it is certain; NaN otherwise. `rest` may be off by `within`. */
RC_INLINE float rc_round_parts(const struct rc_parts *parts, double within) {
  const struct rc_two two = rc_two_of(parts->first, parts->second);
  if (!parts->inexact) return rc_two_round(two);
  const double more = two.low + parts->rest, total = two.high + more;
  const double error = within + 0x1p-51 * (fabs(total) + fabs(more));
  const float lowest = (float)(total - error), highest = (float)(total + error);
  return lowest == highest ? lowest + 0.0f : NAN;
}

/* Each a function of its own: inlined into one they would share registers. */
#define RC_IN_PARTS(name, count, three, dtype)                                                                         \
  static void name##dtype(const struct rc_doubtful *in, const struct rc_column *columns, struct rc_parts *parts) { \
    rc_in_parts(in, columns, parts, count, three, RC_##dtype);                                                         \
  }
RC_IN_PARTS(one_in_two_, 1, 0, F32)
RC_IN_PARTS(one_in_two_, 1, 0, U8)
RC_IN_PARTS(in_two_, RC_IN_TWO, 0, F32)
RC_IN_PARTS(in_two_, RC_IN_TWO, 0, U8)
RC_IN_PARTS(in_three_, RC_IN_THREE, 1, F32)
RC_IN_PARTS(in_three_, RC_IN_THREE, 1, U8)

typedef void rc_in_parts_fn(const struct rc_doubtful *in, const struct rc_column *columns, struct rc_parts *parts);

/* Sums up `count` columns, `width` at a time; those that are certain go to c[at[i]], and the others stay in columns and
 * in at. Returns how many. Behind the columns there is room for copies of one, with which the last are summed up. */
RC_INLINE size_t rc_try(rc_in_parts_fn *run, size_t width, const struct rc_doubtful *in, struct rc_column *columns,
                        size_t *at, size_t count, float *c) {
  const size_t k = in->exact->w->k;
  const double roundings = (double)k + 16.0, share = roundings * 0x1p-53 / (1.0 - roundings * 0x1p-52);
  size_t left = 0;
  for (size_t i = count; i % width != 0; i++) columns[i] = columns[count - 1];
  for (size_t i = 0; i < count; i += width) {
    struct rc_parts parts[RC_IN_TWO];
    run(in, columns + i, parts);
    for (size_t j = i; j < i + width && j < count; j++) {
      const double begin = columns[j].second != 0.0 ? columns[j].second : columns[j].begin;
      const float rounded = rc_round_parts(&parts[j - i], share * rc_left(begin, k));
      if (!isnan(rounded)) c[at[j]] = rounded;
      else if (left < j) columns[left] = columns[j], at[left++] = at[j];
      else left++;
    }
  }
  return left;
}

/* Products at a time, a multiple of eight. */
enum { RC_SLICED = 1024 };

/* Four slices of products: each number takes what is a multiple of its unit, without rounding, of what the one before
 * has left, which is less than the unit of that one. `any`: is something left? */
struct rc_slices {
  double begin[4];
  vec s0, s1, s2, s3, any;
};

RC_INLINE struct rc_slices rc_slices_from(double begin) {
  const double b = rc_begin_of(rc_left(begin, RC_SLICED)), c = rc_begin_of(rc_left(b, RC_SLICED));
  const double d = rc_begin_of(rc_left(c, RC_SLICED));
  return (struct rc_slices){{begin, b, c, d}, spread(begin), spread(b), spread(c), spread(d), spread(0.0)};
}

#define RC_CUT(sum)                      \
  {                                      \
    const vec next = slices->sum + left; \
    left = left - (next - slices->sum);  \
    slices->sum = next;                  \
  }
RC_INLINE vec rc_slice(struct rc_slices *slices, vec left) {
  RC_CUT(s0) RC_CUT(s1) RC_CUT(s2) RC_CUT(s3)
  slices->any = either(slices->any, left);
  return left;
}
#undef RC_CUT

/* Adds the slices up; returns what the next ones begin at, or 0 if nothing is left. */
RC_INLINE double rc_add_slices(struct rc_fixed *sum, const struct rc_slices *slices) {
  double lanes[4][LANES];
  uint64_t bits[LANES], left = 0;
  memcpy(lanes[0], &slices->s0, sizeof lanes[0]);
  memcpy(lanes[1], &slices->s1, sizeof lanes[1]);
  memcpy(lanes[2], &slices->s2, sizeof lanes[2]);
  memcpy(lanes[3], &slices->s3, sizeof lanes[3]);
  memcpy(bits, &slices->any, sizeof bits);
  for (size_t i = 0; i < 4; i++) {
    double slice = 0.0;
    for (size_t l = 0; l < LANES; l++) slice += lanes[i][l] - slices->begin[i];
    rc_fixed_add_number(sum, slice);
  }
  for (size_t l = 0; l < LANES; l++) left |= bits[l];
  /* The sign of a zero is none. */
  return left << 1 != 0 ? rc_begin_of(rc_left(slices->begin[3], RC_SLICED)) : 0.0;
}

/* The first four slices of eight products; to: what is left of them. */
RC_INLINE void rc_slice_eight(struct rc_slices *slices, vec *to, const void *row, size_t i, const double *w,
                              enum rc_dtype dtype) {
  for (size_t half = 0; half < 8; half += LANES)
    to[half / LANES] =
      rc_slice(slices, multiply_add(elements_at(row, i + half, dtype), weights_at(w + half), spread(0.0)));
}

/* A row times one column; dtype is a constant. */
RC_INLINE float rc_in_slices(const struct rc_doubtful *in, const struct rc_column *column, enum rc_dtype dtype) {
  vec left[RC_SLICED / LANES];
  struct rc_fixed sum = {{0}, 0};
  const size_t k = in->exact->w->k;
  const double *w = column->w;
  for (size_t i = 0; i < k;) {
    struct rc_slices slices = rc_slices_from(column->begin);
    size_t count = 0;
    for (; i + 8 <= k && count < RC_SLICED / LANES; i += 8, w += column->step, count += 8 / LANES)
      rc_slice_eight(&slices, left + count, in->row, i, w, dtype);
    if (i + 8 > k && i < k && count < RC_SLICED / LANES) {
      float last[8] = {0.0f};
      for (size_t l = 0; i + l < k; l++) last[l] = rc_element(in->row, i + l, dtype);
      rc_slice_eight(&slices, left + count, last, 0, w, RC_F32);
      i = k, count += 8 / LANES;
    }
    for (double begin; (begin = rc_add_slices(&sum, &slices)) != 0.0;) {
      slices = rc_slices_from(begin);
      for (size_t j = 0; j < count; j++) left[j] = rc_slice(&slices, left[j]);
    }
  }
  rc_fixed_add_number(&sum, column->bias);
  return rc_fixed_round(&sum);
}

static float in_slices_F32(const struct rc_doubtful *in, const struct rc_column *column) {
  return rc_in_slices(in, column, RC_F32);
}

static float in_slices_U8(const struct rc_doubtful *in, const struct rc_column *column) {
  return rc_in_slices(in, column, RC_U8);
}

RC_INLINE void rc_find_column(const struct rc_doubtful *in, size_t j, struct rc_column *column) {
  const struct rc_weights *w = in->exact->w;
  const struct rc_panel panel = rc_panel_at(&w->panels, rc_panel_of(&w->panels, j));
  column->w = (const double *)(const void *)(w->packed + panel.offset) + 8 * (j - panel.column);
  column->step = 8 * panel.width;
  column->bias = w->bias != NULL ? (double)w->bias[j] : 0.0;
  column->magnitude = in->largest * rc_exact_columns(w).sums[RC_F32][j] + fabs(column->bias);
  column->begin = rc_begin_of(column->magnitude);
  column->second = 0.0;
}

/* From two doubles on, from three, or in slices at once. */
RC_INLINE void rc_settle_columns(struct rc_doubtful *in, enum rc_exact_step from, struct rc_column *columns, size_t *at,
                                 size_t left, float *c) {
  struct rc_exact *exact = in->exact;
  const int bytes = exact->dtype == RC_U8;
  size_t before = left;
  if (left == 1) left = rc_try(bytes ? one_in_two_U8 : one_in_two_F32, 1, in, columns, at, left, c);
  else if (from == RC_STEP_TWO) left = rc_try(bytes ? in_two_U8 : in_two_F32, RC_IN_TWO, in, columns, at, left, c);
  exact->settled[RC_STEP_TWO] += before - left, before = left;
  for (size_t i = 0; i < left; i++) columns[i].second = rc_begin_of(rc_left(columns[i].begin, exact->w->k));
  if (from != RC_STEP_SLICES) left = rc_try(bytes ? in_three_U8 : in_three_F32, RC_IN_THREE, in, columns, at, left, c);
  exact->settled[RC_STEP_THREE] += before - left;
  exact->settled[RC_STEP_SLICES] += left;
  for (size_t i = 0; i < left; i++)
    c[at[i]] = bytes ? in_slices_U8(in, &columns[i]) : in_slices_F32(in, &columns[i]);
}

/* sums: NULL where all products are finite, and their sum in one double is not known. */
RC_INLINE void rc_settle(struct rc_exact *exact, const void *row, float largest, const double *sums,
                         enum rc_exact_step from, size_t column, size_t count, float *c) {
  struct rc_doubtful in = {exact, row, (double)largest, 0, HUGE_VALF};
  if (exact->dtype == RC_U8) in.seen = exact->w->k, in.unit = 1.0f;
  struct rc_column columns[RC_EXACT_COLUMNS + RC_IN_TWO];
  size_t at[RC_EXACT_COLUMNS], left = 0;
  for (size_t i = 0; i < count; i++) {
    if (!isnan(c[i])) continue;
    rc_find_column(&in, column + i, &columns[left]);
    const double sum = sums != NULL ? sums[i] : columns[left].bias;
    /* Finite numbers have a finite sum: what is none has the class of IEEE's. */
    if (!isfinite(sum) ||
        (sums != NULL && rc_was_exact(&in, &columns[left], rc_exact_columns(exact->w).units[column + i])))
      c[i] = (float)sum + 0.0f;
    else at[left++] = i;
  }
  if (left > 0) rc_settle_columns(&in, from, columns, at, left, c);
}

/* A longer row is not prefetched: its own elements come first. */
enum { RC_STRAIGHT_AHEAD = 1 << 14 };

RC_INLINE int rc_straight(struct rc_exact *exact, const void *row, enum rc_exact_step from, const char *ahead,
                          float *c) {
  const size_t n = exact->w->n, bytes = exact->w->k * (exact->dtype == RC_U8 ? 1 : sizeof(float));
  const float largest = rc_exact_largest(row, exact->w->k, exact->dtype);
  if (!isfinite(largest)) return 0;
  for (size_t i = 0; i < bytes && bytes <= RC_STRAIGHT_AHEAD; i += 64) __builtin_prefetch(ahead + i, 0, 2);
  for (size_t j = 0, count; j < n; j += count) {
    count = n - j < RC_EXACT_COLUMNS ? n - j : RC_EXACT_COLUMNS;
    for (size_t i = 0; i < count; i++) c[j + i] = NAN;
    rc_settle(exact, row, largest, NULL, from, j, count, c + j);
  }
  return 1;
}

/* Defines an rc_exact_settle_fn and an rc_exact_straight_fn. */
#define RC_EXACT_SETTLE(level)                                                                                    \
  void rc_exact_settle_##level(struct rc_exact *exact, const void *row, float largest, const double *sums,        \
                               size_t column, size_t count, float *c) {                                           \
    rc_settle(exact, row, largest, sums, exact->from, column, count, c);                                          \
  }                                                                                                               \
  int rc_exact_straight_##level(struct rc_exact *exact, const void *row, enum rc_exact_step from,                 \
                                const char *ahead, float *c) {                                                    \
    return rc_straight(exact, row, from, ahead, c);                                                               \
  }

#endif
