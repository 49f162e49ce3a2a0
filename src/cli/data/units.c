/* SPDX-License-Identifier: BSD-3-Clause */
#include "data/units.h"

#include <math.h>
#include <stdio.h>

static const float PIXEL = 1.0f / 256.0f;

static enum value_range range_of_bytes(const struct rows *rows) {
  enum value_range range = VALUES_ZERO;
  for (size_t i = 0; i < rows->m; i++) {
    const unsigned char *x = (const unsigned char *)rows->x + i * rows->ldx;
    for (size_t k = 0; k < rows->k; k++) {
      if (x[k] > 1) return VALUES_PIXELS;
      if (x[k] == 1) range = VALUES_UNIT;
    }
  }
  return range;
}

/* Loops without branches: float32 of a whole data set are looked at here. */
static bool all_within(const float *x, size_t count, float most) {
  int outside = 0;
  for (size_t i = 0; i < count; i++) outside |= !(x[i] >= 0.0f && x[i] <= most);
  return !outside;
}

static bool all_whole(const float *x, size_t count) {
  int fractions = 0;
  for (size_t i = 0; i < count; i++) fractions |= x[i] != (float)(int)x[i];
  return !fractions;
}

static enum value_range range_of_floats(const struct rows *rows, bool pixels_alone) {
  bool some = false, above = false, whole = true;
  for (size_t i = 0; i < rows->m; i++) {
    const float *x = (const float *)rows->x + i * rows->ldx;
    if (!all_within(x, rows->k, 255.0f)) return VALUES_OTHER;
    above = above || !all_within(x, rows->k, 1.0f);
    some = some || !all_within(x, rows->k, 0.0f);
    whole = whole && all_whole(x, rows->k);
    if (!whole && (above || pixels_alone)) return VALUES_OTHER;
  }
  return above ? VALUES_PIXELS : some ? VALUES_UNIT : VALUES_ZERO;
}

enum value_range units_range(const struct rows *rows, bool pixels_alone) {
  return rows->dtype == ROWCAST_U8 ? range_of_bytes(rows) : range_of_floats(rows, pixels_alone);
}

float units_scale(const struct input *input, const struct options *options) {
  if (options->scale != 0.0f) return options->scale;
  return input->images.dtype == ROWCAST_U8 ? PIXEL : 1.0f;
}

float units_scale_of_pixels(enum value_range range, const struct options *options) {
  if (options->scale != 0.0f) return options->scale;
  return range == VALUES_PIXELS || range == VALUES_ZERO ? PIXEL : 1.0f;
}

bool units_contradict(enum value_range first, enum value_range second) {
  if (first == VALUES_UNIT) return second == VALUES_PIXELS;
  return first == VALUES_ZERO && (second == VALUES_UNIT || second == VALUES_OTHER);
}

const char *units_note(const struct options *options, rowcast_dtype dtype, enum value_range range, bool shipped) {
  if (options->scale != 0.0f) return NULL;
  if (range == VALUES_PIXELS && dtype != ROWCAST_U8)
    return shipped ? "whole numbers 0..255, taken as pixels; --scale 1 takes them as they are"
                   : "whole numbers 0..255, taken as they are; --scale 1/256 takes them as bytes are taken";
  if (range == VALUES_UNIT && dtype == ROWCAST_U8)
    return shipped ? "bytes 0 and 1, taken as they are; --scale 1/256 takes them as pixels of 0..255"
                   : "bytes 0 and 1, taken as pixels of 0..255; --scale 1 takes them as they are";
  if (range == VALUES_OTHER && shipped)
    return "neither whole numbers 0..255 nor 0..1, which the shipped weights are for; taken as they are (--scale S multiplies)";
  return NULL;
}

const char *units_text(float scale, char text[SCALE_TEXT]) {
  const float inverse = 1.0f / scale;
  if (inverse > 1.0f && inverse <= 65536.0f && inverse == truncf(inverse) && 1.0f / inverse == scale)
    snprintf(text, SCALE_TEXT, "1/%.0f", (double)inverse);
  else
    snprintf(text, SCALE_TEXT, "%.9g", (double)scale);
  return text;
}
