/* SPDX-License-Identifier: BSD-3-Clause */
#include "csv_fields.h"

#include <string.h>

#include "ascii.h"
#include "csv_number.h"

/* The end of the quoted field that begins at `at`, which is its closing quote; NULL: it has none. Two quotes stand for
 * one. */
static const char *closing_quote(const char *at, const char *end) {
  for (at++; (at = memchr(at, '"', (size_t)(end - at))) != NULL; at += 2)
    if (at + 1 == end || at[1] != '"') return at;
  return NULL;
}

static bool separates(const struct rc_dialect *dialect, char c) {
  if (dialect->separator == ' ') return rc_is_blank(c);
  if (dialect->separator != '\0') return c == dialect->separator;
  return c == ';' || c == '\t' || c == ' ' || (c == ',' && dialect->point != ',');
}

/* The first `wanted` of the line outside of quotes; NULL: there is none. */
static const char *find(const struct rc_dialect *dialect, const char *line, const char *end, char wanted) {
  const char *found = memchr(line, wanted, (size_t)(end - line));
  if (found == NULL || memchr(line, '"', (size_t)(found - line)) == NULL) return found;
  bool begins = true; /* only there is a quote one */
  for (const char *at = line; at < end; at++) {
    if (begins && *at == '"') {
      at = closing_quote(at, end);
      if (at == NULL) return NULL;
      begins = false;
      continue;
    }
    if (*at == wanted) return at;
    begins = separates(dialect, *at);
  }
  return NULL;
}

char rc_separator_of(const struct rc_dialect *dialect, const char *line, const char *end) {
  static const char candidates[] = {',', ';', '\t'};
  for (size_t i = dialect->point == ','; i < sizeof candidates; i++)
    if (find(dialect, line, end, candidates[i]) != NULL) return candidates[i];
  return ' ';
}

const char *rc_comment_begin(const struct rc_dialect *dialect, const char *line, const char *end) {
  const char *found = dialect->comment != '\0' ? find(dialect, line, end, dialect->comment) : NULL;
  return found != NULL ? found : end;
}

bool rc_field_next(const struct rc_dialect *dialect, const char **at, const char *end, struct rc_field *field) {
  const char separator = dialect->separator, *begin = *at, *quote = NULL;
  if (begin < end && *begin == '"' && (quote = closing_quote(begin, end)) == NULL) return false;
  const char *stop = quote != NULL ? quote + 1 : begin;
  if (separator == ' ')
    while (stop < end && !rc_is_blank(*stop)) stop++;
  else if ((stop = memchr(stop, separator, (size_t)(end - stop))) == NULL) stop = end;
  const char *next = stop;
  if (separator == ' ')
    while (next < end && rc_is_blank(*next)) next++;
  field->last = next == end;
  *at = field->last || separator == ' ' ? next : next + 1;
  while (begin < stop && rc_is_blank(*begin) && *begin != separator) begin++;
  while (stop > begin && rc_is_blank(stop[-1]) && stop[-1] != separator) stop--;
  /* If something follows the closing quote, all of the field is text. */
  const bool quoted = quote != NULL && quote + 1 == stop;
  field->begin = quoted ? begin + 1 : begin;
  field->end = quoted ? quote : stop;
  return true;
}

/* Is the field this number as a program writes it: without a sign, a point or leading zeros? */
static bool is_count(const struct rc_field *field, size_t number) {
  char digits[24];
  size_t length = 0;
  do digits[sizeof digits - ++length] = (char)('0' + number % 10);
  while ((number /= 10) > 0);
  return (size_t)(field->end - field->begin) == length &&
         memcmp(field->begin, digits + sizeof digits - length, length) == 0;
}

static bool is_number(const struct rc_dialect *dialect, const struct rc_field *field) {
  return rc_number_end(field->begin, field->end, dialect->point) == field->end;
}

struct rc_counting rc_count_fields(const struct rc_dialect *dialect, const char *line, const char *end) {
  struct rc_counting counting = {0};
  struct rc_field field = {.last = false};
  bool after = false, other = false;
  while (!field.last) {
    if (!rc_field_next(dialect, &line, end, &field)) return (struct rc_counting){0};
    counting.fields++;
    if (!after && is_count(&field, counting.count)) counting.count++;
    else if (is_number(dialect, &field)) other = true;
    else if (counting.count > 0) after = true;
    else counting.before++;
  }
  if (other) counting.count = 0;
  return counting;
}
