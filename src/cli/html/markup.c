/* SPDX-License-Identifier: BSD-3-Clause */
#include "html/markup.h"

#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "terminal/printable.h"

/* One character of a text. Code points that are none (U+FFFE, U+FFFF and their like of other planes) have no place in a
 * page either. */
static void put_character(FILE *page, const char *character) {
  switch (character[0]) {
  case '&': fputs("&amp;", page); return;
  case '<': fputs("&lt;", page); return;
  case '>': fputs("&gt;", page); return;
  case '"': fputs("&quot;", page); return;
  case '\'': fputs("&#39;", page); return;
  default: break;
  }
  const unsigned long code = utf8_code(character);
  const bool none = (code & 0xfffe) == 0xfffe || (code >= 0xfdd0 && code <= 0xfdef);
  fputs(none ? "\xef\xbf\xbd" : character, page);
}

static void put_text(FILE *page, const char *text, int most) {
  char character[PRINTABLE_CHARACTER];
  for (int count = 1; *text != '\0'; count++) {
    text += printable_character(text, character);
    if (count == most && *text != '\0') {
      fputs("\xe2\x80\xa6", page);
      return;
    }
    put_character(page, character);
  }
}

/* A dash. */
#define NO_NUMBER "\xe2\x80\x93"

/* Beyond this a number is written with an exponent. */
static const double LARGEST = 1e12;

static void put_number(FILE *page, double value, int decimals) {
  if (!isfinite(value)) fputs(NO_NUMBER, page);
  else fprintf(page, fabs(value) < LARGEST ? "%.*f" : "%.*e", decimals, value == 0.0 ? 0.0 : value);
}

static void put_general(FILE *page, double value) {
  if (!isfinite(value)) fputs(NO_NUMBER, page);
  else fprintf(page, "%g", value);
}

static void put_apart(FILE *page, unsigned long long value) {
  if (value >= 1000) {
    put_apart(page, value / 1000);
    fprintf(page, ",%03llu", value % 1000);
  } else fprintf(page, "%llu", value);
}

static void put_whole(FILE *page, long long value, bool apart) {
  if (!apart) fprintf(page, "%lld", value);
  else {
    if (value < 0) fputc('-', page);
    put_apart(page, value < 0 ? 0ull - (unsigned long long)value : (unsigned long long)value);
  }
}

/* What stands between a % and its letter. */
struct directive {
  bool apart, starred;
  int precision; /* -1: none */
};

static const char *read_directive(const char *at, struct directive *directive) {
  *directive = (struct directive){.precision = -1};
  if (*at == '\'') directive->apart = true, at++;
  if (*at != '.') return at;
  char *end;
  at++;
  if (*at == '*') directive->starred = true, at++;
  else directive->precision = (int)strtol(at, &end, 10), at = end;
  return at;
}

void html(FILE *page, const char *format, ...) {
  va_list values;
  va_start(values, format);
  for (const char *at = format; *at != '\0';) {
    const size_t plain = strcspn(at, "%");
    fwrite(at, 1, plain, page);
    at += plain;
    if (*at == '\0') break;
    struct directive directive;
    at = read_directive(at + 1, &directive);
    if (directive.starred) directive.precision = va_arg(values, int);
    char character[2] = "";
    if (*at == '%') fputc('%', page);
    else if (*at == 's') {
      const char *text = va_arg(values, const char *);
      if (text != NULL) put_text(page, text, directive.precision);
    } else if (*at == 'c') {
      character[0] = (char)va_arg(values, int);
      put_text(page, character, -1);
    } else if (*at == 'd') put_whole(page, va_arg(values, int), directive.apart);
    else if (*at == 'u') put_whole(page, va_arg(values, unsigned), directive.apart);
    else if (*at == 'f') put_number(page, va_arg(values, double), directive.precision >= 0 ? directive.precision : 6);
    else if (*at == 'g') put_general(page, va_arg(values, double));
    else if (strncmp(at, "zu", 2) == 0) put_whole(page, (long long)va_arg(values, size_t), directive.apart), at++;
    else if (strncmp(at, "lld", 3) == 0) put_whole(page, va_arg(values, long long), directive.apart), at += 2;
    else assert(!"a directive that html() does not know");
    at++;
  }
  va_end(values);
}

bool html_json(FILE *page, const json_t *value) {
  char *text = json_dumps(value, JSON_COMPACT | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(6));
  if (text == NULL) return false;
  for (const char *at = text; *at != '\0'; at++)
    if (*at == '<' || *at == '>' || *at == '&') fprintf(page, "\\u%04x", (unsigned)(unsigned char)*at);
    else fputc(*at, page);
  free(text);
  return true;
}
