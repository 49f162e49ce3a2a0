/* SPDX-License-Identifier: BSD-3-Clause */
#include "check_data.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* Signalling: any operation would return it quieted (0x7fe5a5a5), so an output that still has it was never
 * written, even where NaN is expected. */
static const uint32_t unwritten = 0x7fa5a5a5u;
static const uint32_t padding = 0x5a5a5a5au;

static const float special_values[] = {
  0.0f,       -0.0f,       1.0f,    -1.0f,    INFINITY, -INFINITY, NAN,      0x1p-149f,
  -0x1p-149f, 0x1.8p-130f, FLT_MIN, -FLT_MIN, FLT_MAX,  -FLT_MAX,  0x1p-75f, 0x1p100f,
};

static float special_value(struct random *random) {
  return special_values[random_below(random, sizeof special_values / sizeof special_values[0])];
}

size_t check_data_extent(size_t rows, size_t width, size_t stride) {
  return rows == 0 || width == 0 ? 0 : (rows - 1) * stride + width;
}

/* How a row's non-zero pixels lie: kernels that skip zeros walk such rows differently. */
enum row_style { ROW_EMPTY, ROW_DENSE, ROW_SPARSE, ROW_SINGLE, ROW_RUNS, ROW_STYLES };

/* One row of bytes. */
static void pixel_row(struct random *random, unsigned char *row, size_t k) {
  const enum row_style style = (enum row_style)random_below(random, ROW_STYLES);
  const size_t single = k > 0 ? random_below(random, k) : 0;
  bool on = random_below(random, 2) != 0;
  for (size_t i = 0, left = 0; i < k; i++) {
    if (left == 0) {
      left = 1 + random_below(random, 100);
      on = !on;
    }
    left--;
    const bool inked = style == ROW_DENSE || (style == ROW_SPARSE && random_below(random, 5) == 0) ||
                       (style == ROW_SINGLE && i == single) || (style == ROW_RUNS && on);
    row[i] = inked ? (unsigned char)(1 + random_below(random, 255)) : 0;
  }
}

static float x_value(struct random *random, enum check_values values) {
  switch (values) {
  case CHECK_ZEROS: return random_below(random, 2) ? -0.0f : 0.0f;
  case CHECK_TINY: return random_float(random, -76, -60);
  case CHECK_VANISHING: return fabsf(random_float(random, -90, -80));
  case CHECK_HUGE: return random_float(random, 40, 64);
  case CHECK_TIES: return (float)random_below(random, 256);
  case CHECK_WIDE: return random_float(random, -70, 50);
  default:
    if (random_below(random, 8) == 0) return random_below(random, 2) ? -0.0f : 0.0f;
    return random_float(random, -6, 7);
  }
}

static float w_value(struct random *random, enum check_values values, size_t column) {
  switch (values) {
  case CHECK_TINY: return random_float(random, -80, -64);
  case CHECK_VANISHING: return copysignf(random_float(random, -90, -80), column % 2 == 0 ? -1.0f : 1.0f);
  case CHECK_HUGE: return random_float(random, 40, 64);
  case CHECK_FAR_APART: return random_float(random, -40, 30);
  case CHECK_TIES: return (float)random_below(random, 1 << 19) - (float)(1 << 18);
  case CHECK_WIDE: return random_float(random, -70, 50);
  default: return random_float(random, -6, 3);
  }
}

static bool special_in_x(enum check_values values) { return values == CHECK_SPECIAL_X || values == CHECK_SPECIAL; }
static bool cancels(enum check_values values) { return values == CHECK_CANCELLING || values == CHECK_FAR_APART; }
static bool special_in_w(enum check_values values) { return values == CHECK_SPECIAL_W || values == CHECK_SPECIAL; }

/* Makes two products in three pairs cancel, or differ by a last bit. */
static void pair_up(struct random *random, float *first, float *second, float sign) {
  if (random_below(random, 3) == 0) return;
  *second = sign * *first;
  if (random_below(random, 8) == 0) *second = nextafterf(*second, 0.0f);
}

static void fill_x_u8(const struct check_case *check, struct random *random, const struct check_data *data) {
  memset(data->x.data, 0xff, data->x.bytes);
  for (size_t i = 0; i < check->m; i++) {
    unsigned char *row = data->x.data + i * data->ldx;
    if (check->values == CHECK_ZEROS) memset(row, 0, check->k);
    else pixel_row(random, row, check->k);
    for (size_t k = 1; cancels(check->values) && k < check->k; k += 2) row[k] = row[k - 1];
  }
}

static void fill_x_f32(const struct check_case *check, struct random *random, const struct check_data *data) {
  float *x = (float *)(void *)data->x.data;
  for (size_t i = 0; i < data->x.bytes / sizeof(float); i++) x[i] = NAN;
  for (size_t i = 0; i < check->m && check->k > 0; i++) {
    float *row = x + i * data->ldx;
    if (check->values == CHECK_PIXELS) {
      /* Nothing past the row's own end is overwritten: its bytes come first. */
      unsigned char *bytes = (unsigned char *)row;
      pixel_row(random, bytes, check->k);
      for (size_t k = check->k; k-- > 0;) row[k] = (float)bytes[k] / 256.0f;
      continue;
    }
    for (size_t k = 0; k < check->k; k++) row[k] = x_value(random, check->values);
    for (size_t k = 1; cancels(check->values) && k < check->k; k += 2) pair_up(random, &row[k - 1], &row[k], 1.0f);
    /* Few enough that other outcomes than NaN remain. */
    for (size_t s = special_in_x(check->values) ? random_below(random, 3) : 0; s > 0; s--)
      row[random_below(random, check->k)] = special_value(random);
  }
}

static void fill_w(const struct check_case *check, struct random *random, const struct check_data *data) {
  float *w = (float *)(void *)data->w.data;
  for (size_t i = 0; i < data->w.bytes / sizeof(float); i++) w[i] = NAN;
  for (size_t k = 0; k < check->k; k++)
    for (size_t j = 0; j < check->n; j++) w[k * data->ldw + j] = w_value(random, check->values, j);
  for (size_t k = 1; cancels(check->values) && k < check->k; k += 2)
    for (size_t j = 0; j < check->n; j++) pair_up(random, &w[(k - 1) * data->ldw + j], &w[k * data->ldw + j], -1.0f);
  for (size_t j = 0; j < check->n && check->k > 0; j++)
    for (size_t s = special_in_w(check->values) ? random_below(random, 3) : 0; s > 0; s--)
      w[random_below(random, check->k) * data->ldw + j] = special_value(random);
}

void check_data_fill_c(const struct guarded *c, size_t m, size_t n, size_t ldc) {
  for (size_t i = 0; i < c->bytes / sizeof padding; i++) memcpy(c->data + i * sizeof padding, &padding, sizeof padding);
  for (size_t i = 0; i < m; i++)
    for (size_t j = 0; j < n; j++) memcpy(c->data + (i * ldc + j) * sizeof unwritten, &unwritten, sizeof unwritten);
}

const char *check_data_inspect_c(const struct guarded *c, size_t m, size_t n, size_t ldc, size_t *row, size_t *column) {
  *row = *column = 0;
  if (!guarded_surroundings_intact(c)) return "wrote outside C";
  const size_t count = c->bytes / sizeof(float);
  for (size_t i = 0; i < count; i++) {
    uint32_t bits;
    memcpy(&bits, c->data + i * sizeof bits, sizeof bits);
    *row = i / ldc, *column = i % ldc;
    const bool output = *row < m && *column < n;
    if (output && bits == unwritten) return "left an output unwritten";
    if (!output && bits != padding) return "wrote into C's padding";
  }
  return NULL;
}

struct check_data check_data_make(const struct check_case *check, rowcast_dtype dtype) {
  struct random random = random_from(check->seed);
  const size_t element = dtype == ROWCAST_U8 ? sizeof(unsigned char) : sizeof(float);
  struct check_data data = {
    .ldx = check->overlap > 0 ? check->k - check->overlap : check->k + check->x_padding,
    .ldw = check->n + check->w_padding,
    .ldc = check->n + check->c_padding,
  };
  data.x = guarded_alloc(check_data_extent(check->m, check->k, data.ldx) * element, check->side, check->gap * element);
  data.w = guarded_alloc(check_data_extent(check->k, check->n, data.ldw) * sizeof(float), check->side, 0);
  data.c = guarded_alloc(check_data_extent(check->m, check->n, data.ldc) * sizeof(float), check->side,
                         check->gap * sizeof(float));
  if (dtype == ROWCAST_U8) fill_x_u8(check, &random, &data);
  else fill_x_f32(check, &random, &data);
  fill_w(check, &random, &data);
  check_data_fill_c(&data.c, check->m, check->n, data.ldc);
  guarded_make_readonly(&data.x);
  guarded_make_readonly(&data.w);
  return data;
}

void check_data_free(struct check_data *data) {
  guarded_free(&data->x);
  guarded_free(&data->w);
  guarded_free(&data->c);
}
