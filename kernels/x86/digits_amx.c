/* SPDX-License-Identifier: BSD-3-Clause */
/* Bytes times digits of 8 bits by AMX: 16 rows times up to four tiles of sums. While they are multiplied, the sums of
 * the panel before, or of the 16 rows before, are rounded, if K is 192 or more. The first and the last 64 elements of
 * rows are left out where they are all zero, as the edges of pictures are. Rows of float32 go to avx512-exact; a few
 * rows, and those too long for sums of 32 bits, to avx512vnni-digits. Order: exact. Weights: digits8. */
#include "digits_all.h"
#include "digits_avx512vnni.h"
#include "tiles_amx.h"

enum {
  ROWS = 16,      /* of a tile */
  BYTES = 64,     /* of a tile's row */
  /* A batch is worth setting up tiles if it has FEWEST rows or more, and SET_UP elements, BESIDE more counted for each
   * row. */
  FEWEST = 4,
  SET_UP = 1300,
  BESIDE = 48,
  MOST_K = 65536  /* 255 * 128 * MOST_K < 2^31 */
};

/* A row of a tile of digits is those of four elements, which is how digits8 has them; where panels have half a vector,
 * the other half of the tile is what follows, and its sums are not used. */
struct digits {
  const char *at[RC_DIGITS_VECTORS];
  size_t apart[RC_DIGITS_VECTORS]; /* bytes from four elements to the next */
};

static struct digits digits_of(const struct rc_digits_panel *panel) {
  struct digits digits;
  for (size_t v = 0; v < panel->whole; v++) digits.at[v] = panel->wide + 64 * v, digits.apart[v] = 64 * panel->whole;
  for (size_t v = panel->whole; v < RC_DIGITS_VECTORS; v++) digits.at[v] = panel->narrow, digits.apart[v] = 32;
  return digits;
}

/* Up to 16 rows of a panel whose sums wait to be rounded. After a row's lanes some may be read. */
struct waiting {
  const struct rc_digits *d;
  struct rc_digits_panel panel;
  const unsigned char *x;
  size_t apart, rows, done;
  float *c;
  size_t ldc;
  uint64_t doubts[ROWS];
  int32_t lanes[ROWS * RC_DIGITS_LANES + 16] __attribute__((aligned(64)));
};

/* Columns j to j + 7, of which there are `some`, of rows r to end - 1, to C, and which of them are in doubt: round8(),
 * but what belongs to a column is loaded once for all rows. Units are powers of two, so that one rounding less in
 * multiplying by them and adding the bias is none. */
RC_INLINE void round_block(struct waiting *w, size_t r, size_t end, size_t digits, size_t j, __mmask8 some) {
  const struct rc_digits *d = w->d;
  const size_t width = w->panel.width, column = w->panel.column + j;
  const float *bias = d->w->bias;
  const __m512d base = _mm512_set1_pd(0x1p8), units = _mm512_maskz_loadu_pd(some, d->units + column);
  const __m512d lows = _mm512_maskz_loadu_pd(some, d->lows + column);
  const __m512d highs = _mm512_maskz_loadu_pd(some, d->highs + column);
  const __m512d more = bias != NULL ? _mm512_cvtps_pd(_mm256_maskz_loadu_ps(some, bias + column)) : _mm512_setzero_pd();
  const int32_t *lanes = w->lanes + r * RC_DIGITS_LANES + (digits - 1) * width + j;
  float *c = w->c + r * w->ldc + j;
  for (; r < end; r++, lanes += RC_DIGITS_LANES, c += w->ldc) {
    const int32_t *digit = lanes;
    __m512d sum = digits8(digit);
    for (size_t i = 1; i < digits; i++) digit -= width, sum = _mm512_fmadd_pd(sum, base, digits8(digit));
    sum = _mm512_fmadd_pd(sum, units, more);
    const __m256 low = _mm512_cvtpd_ps(_mm512_add_pd(sum, lows)), high = _mm512_cvtpd_ps(_mm512_add_pd(sum, highs));
    _mm256_mask_storeu_ps(c, some, _mm256_add_ps(low, _mm256_setzero_ps()));
    const uint64_t doubts = (uint64_t)(some & _mm256_cmp_ps_mask(low, high, _CMP_NEQ_UQ)) << j;
    w->doubts[r] = j == 0 ? doubts : w->doubts[r] | doubts;
  }
}

RC_INLINE void round_rows(struct waiting *w, size_t end, size_t digits) {
  const size_t width = w->panel.width;
  size_t j = 0;
  for (; j + 8 <= width; j += 8) round_block(w, w->done, end, digits, j, 0xff);
  if (j < width) round_block(w, w->done, end, digits, j, (__mmask8)((1u << (width - j)) - 1));
  w->done = end;
}

static void round_some(struct waiting *w, size_t count) {
  const size_t left = w->rows - w->done, end = w->done + (count < left ? count : left);
  if (end == w->done) return;
  if (w->d->digits == 4) round_rows(w, end, 4);
  else if (w->d->digits == 2) round_rows(w, end, 2);
  else round_rows(w, end, w->d->digits);
}

/* Of a row whose outputs in those columns are in doubt, their sums of digits, times the units, without the bias. */
static void add_digits(const struct waiting *w, size_t r, double sums[RC_DIGITS_LANES]) {
  const size_t width = w->panel.width, digits = w->d->digits;
  for (uint64_t left = w->doubts[r]; left != 0; left &= left - 1) {
    const size_t j = (size_t)__builtin_ctzll(left);
    const int32_t *digit = w->lanes + r * RC_DIGITS_LANES + (digits - 1) * width + j;
    double sum = *digit;
    for (size_t i = 1; i < digits; i++) digit -= width, sum = sum * 0x1p8 + *digit;
    sums[j] = sum * w->d->units[w->panel.column + j];
  }
}

/* Are 64 bytes of all 16 rows zero? */
RC_INLINE int all_zero(const unsigned char *x, size_t apart) {
  __m512i any = _mm512_loadu_si512(x);
#pragma GCC unroll 15
  for (size_t r = 1; r < ROWS; r++) any = _mm512_or_si512(any, _mm512_loadu_si512(x + r * apart));
  return _mm512_test_epi32_mask(any, any) == 0;
}

/* The digits of `step`, loaded into tile b, times the rows in tile a. */
#define DOT(v, a, b)                                                              \
  if (vectors > v) {                                                              \
    TILE_LOAD(b, digits->at[v] + step * 16 * digits->apart[v], digits->apart[v]); \
    TILE_DOT(v, a, b);                                                            \
  }
#define DOTS(a, b) DOT(0, a, b) DOT(1, a, b) DOT(2, a, b) DOT(3, a, b)

/* The sums of `rows` rows go to lanes; `next` of the rows behind them are prefetched. vectors: a constant. */
RC_INLINE void multiply(const unsigned char *x, size_t apart, size_t rows, size_t k, const struct digits *digits,
                        struct waiting *before, size_t next, int32_t *lanes, int vectors) {
  const size_t steps = k / BYTES, tail = k % BYTES, each = steps < 3 ? 0 : (before->rows + steps / 3 - 1) / (steps / 3);
  size_t step = 0;
  TILE_ZERO(0);
  TILE_ZERO(1);
  TILE_ZERO(2);
  TILE_ZERO(3);
  for (; step < steps; step++) {
    const unsigned char *at = x + step * BYTES;
    if (rows < ROWS || (step > 0 && step + 1 < steps) || !all_zero(at, apart)) {
      TILE_LOAD(4, at, apart);
      DOTS(4, 5)
    }
    for (size_t r = 0; r < next; r++) _mm_prefetch((const char *)at + (rows + r) * apart, _MM_HINT_T1);
    if (step % 3 == 2) round_some(before, each); /* some at once, which share what belongs to a column */
  }
  if (tail % 4 != 0) {
    unsigned char ends[ROWS * BYTES] __attribute__((aligned(64)));
    const __mmask64 some = (UINT64_C(1) << tail) - 1;
    for (size_t r = 0; r < rows; r++)
      _mm512_store_si512(ends + r * BYTES, _mm512_maskz_loadu_epi8(some, x + step * BYTES + r * apart));
    tiles_see_memory();
    TILE_LOAD(6, ends, BYTES);
    DOTS(6, 7)
  } else if (tail > 0) {
    TILE_LOAD(6, x + step * BYTES, apart);
    DOTS(6, 7)
  }
  TILE_STORE(0, lanes, RC_DIGITS_LANES * sizeof *lanes);
  if (vectors > 1) TILE_STORE(1, lanes + 16, RC_DIGITS_LANES * sizeof *lanes);
  if (vectors > 2) TILE_STORE(2, lanes + 32, RC_DIGITS_LANES * sizeof *lanes);
  if (vectors > 3) TILE_STORE(3, lanes + 48, RC_DIGITS_LANES * sizeof *lanes);
}

typedef void multiply_fn(const unsigned char *x, size_t apart, size_t rows, size_t k, const struct digits *digits,
                         struct waiting *before, size_t next, int32_t *lanes);
#define MULTIPLY(V)                                                                                       \
  static void multiply##V(const unsigned char *x, size_t apart, size_t rows, size_t k,                    \
                          const struct digits *digits, struct waiting *before, size_t next, int32_t *lanes) { \
    multiply(x, apart, rows, k, digits, before, next, lanes, V);                                          \
  }
MULTIPLY(1)
MULTIPLY(2)
MULTIPLY(3)
MULTIPLY(4)
static multiply_fn *const multiply_by[RC_DIGITS_VECTORS] = {multiply1, multiply2, multiply3, multiply4};

/* Tiles 0 to 3 are sums, 4 and 5 rows and digits of 64 elements, 6 and 7 those of what is left of K. */
static void shape_tiles(size_t rows, size_t k) {
  const size_t tail = rc_round_up(k % BYTES, 4);
  struct tile_shapes shapes = {.palette = 1};
  for (size_t t = 0; t < 8; t++) shapes.bytes[t] = BYTES, shapes.rows[t] = (uint8_t)(t < 5 || t == 6 ? rows : ROWS);
  if (tail > 0) shapes.bytes[6] = (uint16_t)tail, shapes.rows[7] = (uint8_t)(tail / 4);
  tiles_begin(&shapes);
}

/* What lasts for all rows. */
struct job {
  struct rc_digits d, all; /* all: of no weights before it is needed */
  size_t shaped;           /* rows of the tiles */
  size_t straight;         /* blocks of 16 rows yet to come that begin with all digits */
  int hard;                /* do the rows that wait need all digits? */
  struct waiting waiting[2];
};

static void shape(struct job *job, size_t rows) {
  if (rows != job->shaped) shape_tiles(job->shaped = rows, job->d.w->k);
}

/* Rows times all digits, while nothing waits to be rounded; `next` of those behind are prefetched. */
static void multiply_all(struct job *job, const unsigned char *x, size_t apart, size_t rows, size_t next, float *c,
                         size_t ldc) {
  struct waiting nothing;
  nothing.rows = nothing.done = 0;
  if (job->all.w == NULL) job->all = rc_digits_all_of(&job->d);
  shape(job, rows);
  for (size_t p = 0; p < job->all.of.count; p++) {
    const struct rc_digits_panel panel = rc_digits_panel(&job->all, p, BITS);
    const struct digits digits = digits_of(&panel);
    multiply_by[panel.whole + (size_t)panel.half - 1](x, apart, rows, job->d.w->k, &digits, &nothing,
                                                            p == 0 ? next : 0, nothing.lanes);
    for (size_t r = 0; r < rows; r++)
      rc_digits_round_all(&job->all, &panel, nothing.lanes + r * RC_DIGITS_LANES, job->all.digits,
                          c + r * ldc + panel.column, BITS);
  }
}

static size_t doubts_of(const struct waiting *w) {
  size_t count = 0;
  for (size_t r = 0; r < w->rows; r++) count += (size_t)_mm_popcnt_u64(w->doubts[r]);
  return count;
}

/* Are so many of these outputs in doubt that all digits are the shorter way? One takes as long to settle as some to
 * multiply. */
static int is_hard(struct waiting *w) {
  if (w->d->all == 0) return 0;
  if (rc_digits_hard(w->d, &w->panel, w->doubts, w->rows, w->x, w->apart, w->c, w->ldc)) return 1;
  if (4 * doubts_of(w) <= w->rows * w->panel.width) return 0;
  rc_digits_settle_zeros(w->d, &w->panel, w->doubts, w->rows, w->x, w->apart, w->c, w->ldc);
  return 4 * doubts_of(w) > w->rows * w->panel.width;
}

static void settle(const struct waiting *w) {
  for (size_t r = 0; r < w->rows; r++) {
    if (w->doubts[r] == 0) continue;
    double sums[RC_DIGITS_LANES];
    add_digits(w, r, sums);
    rc_digits_settle(w->d, &w->panel, &w->doubts[r], sums, 1, w->x + r * w->apart, w->apart, w->c + r * w->ldc,
                     w->ldc);
  }
}

/* Rounds what waits. Where a panel of some rows is hard, all of their outputs are made again after the last one. */
static void finish(struct job *job, struct waiting *w) {
  if (w->rows == 0) return;
  round_some(w, w->rows);
  uint64_t doubts = 0;
  for (size_t r = 0; r < w->rows; r++) doubts |= w->doubts[r];
  if (doubts != 0) {
    if (is_hard(w)) job->hard = 1;
    if (!job->hard) settle(w);
  }
  if (job->hard && w->panel.column + w->panel.width == w->d->w->n) {
    const size_t shaped = job->shaped;
    multiply_all(job, w->x, w->apart, w->rows, 0, w->c - w->panel.column, w->ldc);
    shape(job, shaped);
    job->straight = RC_DIGITS_STRAIGHT, job->hard = 0;
  }
  w->rows = w->done = 0;
}

void rc_amx_digits_f32(const struct rc_weights *w, size_t m, const void *x, size_t ldx, float *c, size_t ldc) {
  rc_avx512_exact_f32(w, m, x, ldx, c, ldc);
}

void rc_amx_digits_u8(const struct rc_weights *w, size_t m, const void *x, size_t ldx, float *c, size_t ldc) {
  if (m < FEWEST || m * (w->k + BESIDE) < SET_UP || w->k == 0 || w->k > MOST_K) {
    rc_avx512vnni_digits_u8(w, m, x, ldx, c, ldc);
    return;
  }
  struct job job;
  job.d = rc_digits_of(w, BITS, SETTLE), job.all.w = NULL;
  job.shaped = job.straight = 0, job.hard = 0;
  job.waiting[0].rows = job.waiting[1].rows = job.waiting[0].done = job.waiting[1].done = 0;
  size_t now = 0;
  const unsigned char *at = x;
  for (size_t i = 0, rows; i < m; i += rows, at += rows * ldx, c += rows * ldc) {
    rows = m - i < ROWS ? m - i : ROWS;
    if (job.straight > 0) {
      finish(&job, &job.waiting[now ^ 1]);
      multiply_all(&job, at, ldx, rows, i + rows < m ? rows : 0, c, ldc);
      job.straight--;
      continue;
    }
    shape(&job, rows);
    for (size_t p = 0; p < job.d.of.count; p++, now ^= 1) {
      struct waiting *to = &job.waiting[now], *before = &job.waiting[now ^ 1];
      const struct rc_digits_panel panel = rc_digits_panel(&job.d, p, BITS);
      const struct digits digits = digits_of(&panel);
      multiply_by[panel.whole + (size_t)panel.half - 1](at, ldx, rows, w->k, &digits, before,
                                                              p == 0 && i + rows < m ? rows : 0, to->lanes);
      finish(&job, before);
      to->d = &job.d, to->panel = panel, to->x = at, to->apart = ldx, to->rows = rows, to->done = 0;
      to->c = c + panel.column, to->ldc = ldc;
    }
  }
  finish(&job, &job.waiting[now ^ 1]);
  tiles_end();
}
