/* SPDX-License-Identifier: BSD-3-Clause */
#include "html/values.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

double value_of(const json_t *object, const char *key) {
  const json_t *value = json_object_get(object, key);
  return json_is_number(value) ? json_number_value(value) : NAN;
}

size_t count_of(const json_t *object, const char *key) {
  const json_int_t value = json_integer_value(json_object_get(object, key));
  return value > 0 ? (size_t)value : 0;
}

const char *text_of(const json_t *object, const char *key) {
  const char *text = json_string_value(json_object_get(object, key));
  return text != NULL ? text : "";
}

bool is_set(const json_t *object, const char *key) { return json_is_true(json_object_get(object, key)); }

const char *digits_text(double value, int digits, char text[SECONDS_TEXT]) {
  const int before = fabs(value) >= 1.0 && isfinite(value) ? (int)floor(log10(fabs(value))) + 1 : 1;
  const int decimals = before < digits ? digits - before : 0;
  if (!isfinite(value)) snprintf(text, SECONDS_TEXT, "\xe2\x80\x93");
  else snprintf(text, SECONDS_TEXT, fabs(value) < 1e12 ? "%.*f" : "%.*e", decimals, value);
  return text;
}

const char *seconds_text(double seconds, int digits, char text[SECONDS_TEXT]) {
  static const char *const units[] = {"s", "ms", "\xc2\xb5s", "ns"};
  char number[SECONDS_TEXT];
  int unit = 0;
  if (!isfinite(seconds)) return digits_text(seconds, digits, text); /* a dash has no unit */
  for (; unit < 3 && seconds < 0.9995; unit++) seconds *= 1e3;
  snprintf(text, SECONDS_TEXT, "%.20s %s", digits_text(seconds, digits, number), units[unit]);
  return text;
}

const char *dtype_text(const char *dtype) {
  return strcmp(dtype, "u8") == 0 ? "bytes" : strcmp(dtype, "f32") == 0 ? "float32" : dtype;
}

const char *plural(size_t count) { return count == 1 ? "" : "s"; }
