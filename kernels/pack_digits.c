/* SPDX-License-Identifier: BSD-3-Clause */
/* Writes weights in the layouts digits8, udigits8 and digits16 (digits.h). */
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "digits.h"
#include "exact.h"
#include "weight.h"
#include "whole.h"

/* Of columns: the longest whose sums of digits are surely below 2^53 of the largest, 2^23. */
#define MOST_K ((size_t)1 << 29)

static struct rc_digits_panels divide(size_t digits, size_t k, size_t n, unsigned bits) {
  const size_t most = rc_digits_vectors(bits) * (128 / bits) / digits, steps = rc_round_up(k, 4) / 4;
  struct rc_digits_panels panels = {.count = n / most + (n % most != 0)};
  if (panels.count > 0) panels.wider = n % panels.count, panels.width = n / panels.count;
  for (size_t more = 0; more < 2; more++) {
    const size_t vector = 128 / bits, lanes = (panels.width + more) * digits;
    const size_t halves = lanes / (vector / 2) + (lanes % (vector / 2) != 0);
    *(more ? &panels.wider_size : &panels.size) = rc_round_up(32 * halves * steps, RC_ALIGNMENT);
  }
  return panels;
}

/* Offsets in bytes from the end of doubles5 on. */
struct room {
  size_t units, lows, highs, columns, rests, panels;
};

static struct room room_of(size_t k, size_t n) {
  struct room room = {.units = sizeof(struct rc_digits_head)};
  room.lows = room.units + n * sizeof(double), room.highs = room.lows + n * sizeof(double);
  room.columns = room.highs + n * sizeof(double);
  room.rests = room.columns + n * sizeof(struct rc_digits_column);
  room.panels = rc_round_up(room.rests + n * rc_digits_most_rests(k) * sizeof(struct rc_digits_rest), RC_ALIGNMENT);
  return room;
}

static size_t bytes_of(const struct rc_digits_panels *panels) {
  return panels->wider * panels->wider_size + (panels->count - panels->wider) * panels->size;
}

/* The same of what there is with all digits, from where that begins: units, then these. */
struct all_room {
  size_t biases, panels;
};

static struct all_room all_room_of(size_t n, size_t digits) {
  const size_t biases = (n + RC_DIGITS_AT_ONCE) * sizeof(double);
  const size_t panels = biases + (n * digits + RC_DIGITS_AT_ONCE) * sizeof(int32_t);
  return (struct all_room){biases, rc_round_up(panels, RC_ALIGNMENT)};
}

static size_t all_bytes(size_t k, size_t n, size_t digits, unsigned bits) {
  const struct rc_digits_panels panels = divide(digits, k, n, bits);
  return all_room_of(n, digits).panels + bytes_of(&panels) + RC_DIGITS_BEYOND;
}

/* Floats of doubles5, rounded up to what the rest is aligned to; SIZE_MAX: too many. */
static size_t before(size_t k, size_t n) {
  const size_t count = rc_pack_doubles5.count(k, n);
  return count > SIZE_MAX - RC_ALIGNMENT ? SIZE_MAX : rc_round_up(count, RC_ALIGNMENT / sizeof(float));
}

static size_t count_digits(size_t k, size_t n, unsigned bits) {
  const size_t floats = before(k, n), weights = floats == SIZE_MAX ? 0 : (rc_round_up(k, 8) + 8) * n;
  /* A weight takes 8 bytes in doubles5, and what follows less than eight times as much; 128 a column. */
  if (floats == SIZE_MAX || weights > (SIZE_MAX / 2 - 4096) / 128) return SIZE_MAX;
  size_t most = 0, most_all = 0;
  for (size_t digits = 1; digits * bits <= 8 * RC_DIGITS_MOST_BYTES; digits++) {
    const struct rc_digits_panels panels = divide(digits, k, n, bits);
    const size_t bytes = bytes_of(&panels);
    most = bytes > most ? bytes : most;
  }
  for (size_t digits = 1; digits * bits <= 8 * RC_DIGITS_ALL_BYTES; digits++) {
    const size_t bytes = all_bytes(k, n, digits, bits);
    most_all = bytes > most_all ? bytes : most_all;
  }
  return floats +
         (rc_round_up(room_of(k, n).panels + most + RC_DIGITS_BEYOND, RC_ALIGNMENT) + most_all) / sizeof(float);
}

struct rc_digits rc_digits_of(const struct rc_weights *w, unsigned bits, rc_exact_settle_fn *settle) {
  const char *at = (const char *)(w->packed + before(w->k, w->n));
  const struct rc_digits_head *head = (const void *)at;
  const struct room room = room_of(w->k, w->n);
  struct rc_digits d = {.w = w,
                        .settle = settle,
                        .digits = head->digits,
                        .part = head->part,
                        .rest_count = head->rests,
                        .all = head->all,
                        .may_be_hard = head->all > 0 && head->open,
                        .base = bits == 8 ? 0x1p8 : 0x1p16,
                        .units = (const void *)(at + room.units),
                        .lows = (const void *)(at + room.lows),
                        .highs = (const void *)(at + room.highs),
                        .columns = (const void *)(at + room.columns),
                        .rests = (const void *)(at + room.rests),
                        .most_rests = rc_digits_most_rests(w->k),
                        .panels = at + room.panels,
                        .of = head->panels};
  return d;
}

struct rc_digits rc_digits_all_of(const struct rc_digits *digits) {
  const struct rc_weights *w = digits->w;
  const char *begin = (const char *)(w->packed + before(w->k, w->n));
  const struct rc_digits_head *head = (const void *)begin;
  const char *at = begin + head->all_at;
  const struct all_room room = all_room_of(w->n, head->all);
  struct rc_digits d = {.w = w,
                        .digits = head->all,
                        .part = head->all_part,
                        .base = digits->base,
                        .units = (const void *)at,
                        .biases = (const void *)(at + room.biases),
                        .panels = at + room.panels,
                        .of = head->all_panels};
  return d;
}

/* A column, of which `lowest` is the value of its lowest bit. */
struct column {
  const struct rc_source *source;
  size_t k, j;
  double largest, lowest;
  int finite;
};

static double weight_at(const struct column *c, size_t i) {
  const float value = rc_weight(*c->source, i, c->j);
  return isfinite(value) ? (double)value : 0.0;
}

static struct column look_at(const struct rc_source *w, size_t k, size_t j, double lowest) {
  struct column c = {w, k, j, 0.0, lowest, 1};
  for (size_t i = 0; i < k; i++) {
    const float value = rc_weight(*w, i, j);
    if (isfinite(value)) c.largest = fmax(c.largest, fabs((double)value));
    else c.finite = 0;
  }
  return c;
}

/* The unit with so many digits: the lowest bit, if they reach it. */
static double unit_with(const struct column *c, size_t digits, unsigned bits) {
  const double largest = rc_largest_whole(digits, bits);
  int exponent;
  frexp(c->largest / largest, &exponent);
  while (ldexp(largest, exponent) < c->largest) exponent++;
  const double unit = ldexp(1.0, exponent);
  return c->largest == 0.0 || unit <= c->lowest ? c->lowest : unit;
}

/* What so many digits leave out: how many rests, and not less than the sums of those above zero, and of the magnitudes
 * of those below. */
struct left {
  size_t rests;
  double above, below;
  int much; /* more than can be listed, or so much that many outputs would be in doubt */
};

static struct left left_out(const struct column *c, double unit) {
  struct left left = {0, 0.0, 0.0, 0};
  double squares = 0.0;
  if (unit == c->lowest) return left;
  for (size_t i = 0; i < c->k; i++) {
    const double value = weight_at(c, i), rest = value - (double)rc_to_whole(value / unit) * unit;
    squares += value / unit * (value / unit);
    left.rests += rest != 0.0;
    *(rest > 0.0 ? &left.above : &left.below) += fabs(rest);
  }
  left.above *= 1.0 + (double)c->k * 0x1p-52, left.below *= 1.0 + (double)c->k * 0x1p-52;
  /* An output is about 64 times the weights' norm (bytes of pictures are 90 or so, root mean square). It is in doubt
   * where a tie of two float32 is within what is left out: in one of 11 outputs, for 2^-3.5 * 2^-23.5 of it. */
  left.much = left.rests > rc_digits_most_rests(c->k) || (left.above + left.below) / unit > 0x1p-29 * sqrt(squares);
  return left;
}

/* Digits that a column needs: all of it, or all but what is settled at little cost. */
static size_t digits_for(const struct column *c, unsigned bits) {
  const size_t most = 8 * RC_DIGITS_MOST_BYTES / bits, least = 32 / bits;
  for (size_t digits = 1; digits < most; digits++) {
    const double unit = unit_with(c, digits, bits);
    if (unit == c->lowest) return digits;
    /* Fewer than 32 bits leave out a part of most weights. */
    if (digits >= least && !left_out(c, unit).much) return digits;
  }
  return most;
}

/* Everything about a column but its digits. bias: NULL, or its own. */
static void describe(const struct column *c, double unit, const float *bias, double weighted, double *low,
                     double *high, struct rc_digits_column *to, struct rc_digits_rest *rests) {
  const struct left left = left_out(c, unit);
  const double k = (double)c->k, more = bias != NULL ? fabs((double)*bias) : 0.0;
  /* No sum of some digits, put together, is above this. */
  const double most = 255.0 * weighted * (1.0 + k * 0x1p-50) * unit;
  const int exact = most < 0x1p53 * unit;
  const int with_bias = more == 0.0 || (fmod(more, unit) == 0.0 && most + more < 0x1p53 * unit);
  const double beyond = 255.0 * (left.above + left.below);
  const double roundings = exact && with_bias && left.rests == 0 ? 0.0 : 0x1p-50 * (most + more + beyond);
  *low = -(255.0 * left.below + roundings) * (1.0 + 0x1p-40);
  *high = (255.0 * left.above + roundings) * (1.0 + 0x1p-40);
  if (!c->finite || c->k >= MOST_K || !isfinite(more)) *low = *high = NAN;
  to->error = exact ? 0.0 : 0x1.8p-51 * most; /* of five roundings at most, each 2^-53 of it */
  to->rest_error = beyond < 0x1p52 * c->lowest ? 0.0 : (double)left.rests * 0x1p-52 * beyond;
  to->rests = 0, to->listed = c->k < MOST_K;
  for (size_t i = 0; i < c->k && to->listed; i++) {
    const float value = rc_weight(*c->source, i, c->j);
    const double finite = weight_at(c, i), rest = finite - (double)rc_to_whole(finite / unit) * unit;
    if (c->finite ? rest == 0.0 : isfinite(value)) continue;
    to->listed = to->rests < rc_digits_most_rests(c->k);
    if (to->listed) rests[to->rests++] = (struct rc_digits_rest){(uint32_t)i, c->finite ? (float)rest : value};
  }
}

/* A weight in units, to the nearest. */
static struct rc_whole nearest(const struct column *c, size_t i, double unit, unsigned bits) {
  (void)bits;
  return (struct rc_whole){rc_to_whole(weight_at(c, i) / unit), 0};
}

static struct rc_whole exact_weight(const struct column *c, size_t i, double unit, unsigned bits) {
  return rc_whole_of((float)weight_at(c, i), unit, bits);
}

/* How a column's weights become whole numbers. */
typedef struct rc_whole whole_fn(const struct column *c, size_t i, double unit, unsigned bits);

/* Do sums of bytes times digits stay within 32 bits in every part? While they are added up they need not: only the sum
 * of what is positive, or of what is negative, is the largest that a whole sum can become. */
static int fit(const struct column *c, whole_fn *of, double unit, size_t digits, unsigned bits, size_t part) {
  int64_t above[RC_DIGITS_ALL_BYTES] = {0}, below[RC_DIGITS_ALL_BYTES] = {0};
  for (size_t i = 0; i < c->k; i++) {
    struct rc_whole rest = of(c, i, unit, bits);
    const int begins = i % part == 0;
    for (size_t d = 0; d < digits; d++) {
      if (begins) above[d] = below[d] = 0;
      const int digit = rc_next_digit(&rest, d, bits);
      const int more = digit > 0 ? digit : 0;
      above[d] += more, below[d] += digit - more;
      if (255 * above[d] > INT32_MAX || 255 * below[d] < INT32_MIN) return 0;
    }
  }
  return 1;
}

/* Writes a column's digits into its panel, with `more` added to each. Returns the sum of their values' magnitudes, in
 * units. */
static double write_digits(const struct column *c, whole_fn *of, double unit, const struct rc_digits *d, char *panels,
                           unsigned bits, int more) {
  const size_t wide = d->of.width + 1, first = d->of.wider * wide;
  const size_t p = c->j < first ? c->j / wide : d->of.wider + (c->j - first) / d->of.width;
  const struct rc_digits_panel panel = rc_digits_panel(d, p, bits);
  double total = 0.0;
  for (size_t i = 0; i < c->k; i++) {
    struct rc_whole rest = of(c, i, unit, bits);
    double value = 1.0;
    for (size_t digit = 0; digit < d->digits; digit++, value *= d->base) {
      const int taken = rc_next_digit(&rest, digit, bits);
      char *to = panels + (rc_digit_at(&panel, i, digit * panel.width + (c->j - panel.column), bits) - d->panels);
      if (bits == 8) *(uint8_t *)to = (uint8_t)(taken + more);
      else *(int16_t *)(void *)to = (int16_t)taken;
      total += fabs((double)taken) * value;
    }
  }
  return total;
}

/* Of a column and its bias: the value of the lowest bit. */
static double lowest_with(const struct rc_source *w, size_t j, double lowest) {
  const float bias = w->bias != NULL ? w->bias[j] : 0.0f;
  return bias != 0.0f ? fmin(lowest, rc_lowest_bit(bias)) : lowest;
}

/* How many digits hold these weights and biases whole; 0: something is not finite. lowest: of the weights' bits. */
static size_t digits_for_all(const struct rc_source *w, size_t k, size_t n, unsigned bits, const double *lowest) {
  size_t digits = 1;
  for (size_t j = 0; j < n; j++) {
    const struct column c = look_at(w, k, j, lowest[j]);
    const double bias = w->bias != NULL ? fabs((double)w->bias[j]) : 0.0, largest = fmax(c.largest, bias);
    if (!c.finite || !isfinite(bias)) return 0;
    while (rc_largest_whole(digits, bits) * lowest_with(w, j, lowest[j]) < largest) digits++;
  }
  return digits;
}

/* Writes what there is with all digits, if it may be needed: AMX takes it where rests would do as well. */
static void pack_all(struct rc_digits_head *head, const struct rc_digits *d, const struct rc_source *w,
                     const double *lowest, unsigned bits, int more) {
  const size_t k = d->w->k, n = d->w->n;
  int certain = 1;
  for (size_t j = 0; j < n; j++) certain &= d->lows[j] == 0.0 && d->highs[j] == 0.0;
  if (certain || k >= MOST_K || (!head->open && (bits > 8 || more != 0))) return;
  head->all = digits_for_all(w, k, n, bits, lowest);
  if (head->all == 0) return;
  head->all_panels = divide(head->all, k, n, bits);
  head->all_part = k < RC_DIGITS_PART ? k : RC_DIGITS_PART;
  const struct all_room room = all_room_of(n, head->all);
  const struct rc_digits all = rc_digits_all_of(d);
  char *at = (char *)head + head->all_at, *panels = at + room.panels;
  double *units = (double *)(void *)at;
  int32_t *biases = (int32_t *)(void *)(at + room.biases);
  memset(at, 0, room.panels + bytes_of(&head->all_panels) + RC_DIGITS_BEYOND);
  for (size_t j = 0; j < n; j++) {
    const struct column c = {w, k, j, 0.0, lowest[j], 1};
    units[j] = lowest_with(w, j, lowest[j]);
    while (bits > 8 && !fit(&c, exact_weight, units[j], all.digits, bits, head->all_part))
      head->all_part = rc_round_up(head->all_part / 2, 64);
    write_digits(&c, exact_weight, units[j], &all, panels, bits, more);
  }
  if (w->bias == NULL) return;
  for (size_t p = 0; p < all.of.count; p++) {
    const struct rc_digits_panel panel = rc_digits_panel(&all, p, bits);
    for (size_t j = 0; j < panel.width; j++) {
      struct rc_whole rest = rc_whole_of(w->bias[panel.column + j], units[panel.column + j], bits);
      for (size_t digit = 0; digit < all.digits; digit++)
        biases[panel.column * all.digits + digit * panel.width + j] = rc_next_digit(&rest, digit, bits);
    }
  }
}

static int pack_digits(float *dst, const struct rc_source *w, size_t k, size_t n, unsigned bits, int more) {
  const int finite = rc_pack_doubles5.pack(dst, w, k, n);
  const double *lowest = rc_exact_columns(&(struct rc_weights){.k = k, .n = n, .packed = dst}).units;
  const struct room room = room_of(k, n);
  char *at = (char *)(dst + before(k, n));
  struct rc_digits_head *head = (void *)at;
  *head = (struct rc_digits_head){1, k < RC_DIGITS_PART ? k : RC_DIGITS_PART, 0, 0, 0, 0, 0, {0}, {0}};
  for (size_t j = 0; j < n; j++) {
    const struct column c = look_at(w, k, j, lowest[j]);
    const size_t digits = digits_for(&c, bits);
    head->digits = digits > head->digits ? digits : head->digits;
  }
  head->panels = divide(head->digits, k, n, bits);
  const struct rc_digits d = rc_digits_of(&(struct rc_weights){.k = k, .n = n, .packed = dst}, bits, NULL);
  memset(at + room.panels, 0, bytes_of(&head->panels) + RC_DIGITS_BEYOND);
  head->all_at = rc_round_up(room.panels + bytes_of(&head->panels) + RC_DIGITS_BEYOND, RC_ALIGNMENT);
  memset(at + room.rests, 0, n * rc_digits_most_rests(k) * sizeof(struct rc_digits_rest));
  for (size_t j = 0; j < n; j++) {
    const struct column c = look_at(w, k, j, lowest[j]);
    double *units = (double *)(void *)(at + room.units), *lows = (double *)(void *)(at + room.lows);
    double *highs = (double *)(void *)(at + room.highs);
    struct rc_digits_column *columns = (void *)(at + room.columns);
    struct rc_digits_rest *rests = (struct rc_digits_rest *)(void *)(at + room.rests) + j * rc_digits_most_rests(k);
    units[j] = unit_with(&c, d.digits, bits);
    while (bits > 8 && !fit(&c, nearest, units[j], d.digits, bits, head->part))
      head->part = rc_round_up(head->part / 2, 64);
    const double weighted = write_digits(&c, nearest, units[j], &d, at + room.panels, bits, more);
    describe(&c, units[j], w->bias != NULL ? &w->bias[j] : NULL, weighted, &lows[j], &highs[j], &columns[j], rests);
    const size_t listed = rc_round_up(columns[j].rests, RC_DIGITS_RESTS);
    head->rests = listed > head->rests ? listed : head->rests;
    head->open |= rc_digits_open(&columns[j]);
  }
  pack_all(head, &d, w, lowest, bits, more);
  return finite;
}

static size_t count_digits8(size_t k, size_t n) { return count_digits(k, n, 8); }
static size_t count_digits16(size_t k, size_t n) { return count_digits(k, n, 16); }

static int pack_digits8(float *dst, const struct rc_source *w, size_t k, size_t n) {
  return pack_digits(dst, w, k, n, 8, 0);
}

static int pack_udigits8(float *dst, const struct rc_source *w, size_t k, size_t n) {
  return pack_digits(dst, w, k, n, 8, RC_UDIGITS_MORE);
}

static int pack_digits16(float *dst, const struct rc_source *w, size_t k, size_t n) {
  return pack_digits(dst, w, k, n, 16, 0);
}

const struct rc_packing rc_pack_digits8 = {"digits8", "digits8", rc_doubles5, count_digits8, pack_digits8, 1};
const struct rc_packing rc_pack_udigits8 = {"udigits8", "udigits8", rc_doubles5, count_digits8, pack_udigits8, 1};
const struct rc_packing rc_pack_digits16 = {"digits16", "digits16", rc_doubles5, count_digits16, pack_digits16, 1};
