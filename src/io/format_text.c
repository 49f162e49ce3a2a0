/* SPDX-License-Identifier: BSD-3-Clause */
/* CSV and JSON. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "../../kernels/mode.h"
#include "format.h"

enum { NUMBER = 20 /* "%.9g" and a separator: sign, 9 digits, point, "e-45" */ };

/* Makes the locale's decimal point, which may be a comma or of several bytes, a point; returns the new length. */
static size_t plain_point(char *text, int length) {
  size_t kept = 0;
  for (int i = 0; i < length; i++) {
    const unsigned char c = (unsigned char)text[i];
    const bool digit = (c >= '0' && c <= '9') || c == '-' || c == '+' || (c >= 'a' && c <= 'z');
    if (digit) text[kept++] = (char)c;
    else if (kept == 0 || text[kept - 1] != '.') text[kept++] = '.';
  }
  return kept;
}

/* Element j of a row. NaNs are written without a sign, which differs from CPU to CPU. */
static size_t number(char *to, const void *row, size_t j, rowcast_dtype dtype, bool json) {
  if (dtype == ROWCAST_U8) return (size_t)snprintf(to, NUMBER, "%u", ((const unsigned char *)row)[j]);
  if (dtype == ROWCAST_I32) return (size_t)snprintf(to, NUMBER, "%ld", (long)((const int32_t *)row)[j]);
  const float value = ((const float *)row)[j];
  if (json && !isfinite(value)) return (size_t)snprintf(to, NUMBER, "null");
  return plain_point(to, snprintf(to, NUMBER, "%.9g", isnan(value) ? (double)NAN : (double)value));
}

static size_t numbers(char *to, const void *row, size_t cols, rowcast_dtype dtype, bool json) {
  char *at = to;
  const struct rc_mode caller = rc_mode_enter();
  for (size_t j = 0; j < cols; j++) {
    if (j > 0) *at++ = ',';
    at += number(at, row, j, dtype, json);
  }
  rc_mode_leave(caller);
  return (size_t)(at - to);
}

static size_t csv_row(char *to, const void *row, size_t cols, const rowcast_layout *layout, size_t index) {
  (void)index;
  const size_t length = numbers(to, row, cols, layout->dtype, false);
  to[length] = '\n';
  return length + 1;
}

static size_t csv_nothing(char *to, const rowcast_layout *layout) {
  (void)to, (void)layout;
  return 0;
}

static size_t json_begin(char *to, const rowcast_layout *layout) {
  (void)layout;
  to[0] = '[';
  return 1;
}

static size_t json_row(char *to, const void *row, size_t cols, const rowcast_layout *layout, size_t index) {
  char *at = to;
  const bool nested = layout->rank > 1;
  if (index > 0) *at++ = ',';
  *at++ = '\n';
  if (nested) *at++ = '[';
  at += numbers(at, row, cols, layout->dtype, true);
  if (nested) *at++ = ']';
  return (size_t)(at - to);
}

static size_t json_end(char *to, const rowcast_layout *layout) {
  (void)layout;
  memcpy(to, "\n]\n", 3);
  return 3;
}

const struct rc_format rc_format_csv = {
  .number_max = NUMBER, .row_max = 1, .begin = csv_nothing, .row = csv_row, .end = csv_nothing};
const struct rc_format rc_format_json = {
  .number_max = NUMBER, .row_max = 4, .begin = json_begin, .row = json_row, .end = json_end};
