/* SPDX-License-Identifier: BSD-3-Clause */
#include "data/units.h"

#include <math.h>
#include <stdio.h>

static const float PIXEL = 1.0f / 256.0f;

enum value_range units_range(const struct values_seen *seen) {
  if (seen->outside || (seen->above && seen->fraction)) return VALUES_OTHER;
  return seen->above ? VALUES_PIXELS : seen->some ? VALUES_UNIT : VALUES_ZERO;
}

static void look_at_bytes(struct values_seen *seen, const struct rows *rows) {
  for (size_t i = 0; i < rows->m && !seen->above; i++) {
    const unsigned char *x = (const unsigned char *)rows->x + i * rows->ldx;
    for (size_t k = 0; k < rows->k && !seen->above; k++) {
      seen->some |= x[k] > 0;
      seen->above |= x[k] > 1;
    }
  }
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

static void look_at_floats(struct values_seen *seen, const struct rows *rows, bool pixels_alone) {
  for (size_t i = 0; i < rows->m; i++) {
    if (units_range(seen) == VALUES_OTHER || (pixels_alone && seen->fraction)) return;
    const float *x = (const float *)rows->x + i * rows->ldx;
    seen->outside = !all_within(x, rows->k, 255.0f);
    if (seen->outside) return;
    seen->above = seen->above || !all_within(x, rows->k, 1.0f);
    seen->some = seen->some || !all_within(x, rows->k, 0.0f);
    seen->fraction = seen->fraction || !all_whole(x, rows->k);
  }
}

void units_look(struct values_seen *seen, const struct rows *rows, bool pixels_alone) {
  if (rows->dtype == ROWCAST_U8) look_at_bytes(seen, rows);
  else look_at_floats(seen, rows, pixels_alone);
}

void units_join(struct values_seen *seen, const struct values_seen *other) {
  seen->some = seen->some || other->some;
  seen->above = seen->above || other->above;
  seen->fraction = seen->fraction || other->fraction;
  seen->outside = seen->outside || other->outside;
}

float units_scale(const struct input *input, const struct options *options) {
  if (options->scale != 0.0f) return options->scale;
  return input->images.dtype == ROWCAST_U8 ? PIXEL : 1.0f;
}

float units_scale_of_pixels(enum value_range range, const struct options *options) {
  if (options->scale != 0.0f) return options->scale;
  return range == VALUES_PIXELS || range == VALUES_ZERO ? PIXEL : 1.0f;
}

const char *units_note(const struct options *options, rowcast_dtype dtype, enum value_range range, bool shipped) {
  if (options->scale != 0.0f) return NULL;
  if (range == VALUES_PIXELS && dtype != ROWCAST_U8)
    return shipped ? "whole numbers 0..255, taken as pixels; --scale 1 takes them as they are"
                   : "whole numbers 0..255, taken as they are; --scale 1/256 takes them as bytes are";
  if (range == VALUES_UNIT && dtype == ROWCAST_U8)
    return shipped ? "bytes 0 and 1, taken as they are; --scale 1/256 takes them as pixels of 0..255"
                   : "bytes 0 and 1, taken as pixels of 0..255; --scale 1 takes them as they are";
  if (range == VALUES_OTHER && shipped)
    return "neither whole numbers 0..255 nor 0..1, which the shipped weights are for; "
           "taken as they are (--scale S multiplies)";
  return NULL;
}

const char *units_text(float scale, char text[SCALE_TEXT]) {
  const float inverse = 1.0f / scale;
  if (inverse > 1.0f && inverse <= 65536.0f && inverse == truncf(inverse) && 1.0f / inverse == scale)
    snprintf(text, SCALE_TEXT, "1/%.0f", (double)inverse);
  else snprintf(text, SCALE_TEXT, "%.9g", (double)scale);
  return text;
}
