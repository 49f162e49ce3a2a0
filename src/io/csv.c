/* SPDX-License-Identifier: BSD-3-Clause */
#include "csv.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "report.h"

static const char byte_order_mark[] = "\xef\xbb\xbf";

static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool rc_is_text(const unsigned char *data, size_t size) {
  if (size > 0 && (data[0] & 0xc0) == 0x80) return false; /* no character begins so in UTF-8 */
  for (size_t i = 0; i < size; i++)
    if (data[i] < 0x20 ? data[i] != '\n' && data[i] != '\r' && data[i] != '\t' : data[i] == 0x7f) return false;
  return size > 0;
}

/* Does a number begin here? */
static bool begins_number(const char *at, const char *end) {
  if (at < end && (*at == '+' || *at == '-')) at++;
  if (at < end && *at == '.') at++;
  if (at < end && is_digit(*at)) return true;
  return end - at >= 3 && (strncasecmp(at, "nan", 3) == 0 || strncasecmp(at, "inf", 3) == 0);
}

bool rc_is_csv(const unsigned char *data, size_t size) {
  const char *at = (const char *)data, *end = at + size;
  if (!rc_is_text(data, size)) return false;
  if (size >= 3 && memcmp(at, byte_order_mark, 3) == 0) at += 3;
  while (at < end && (is_blank(*at) || *at == '\n')) at++;
  return begins_number(at, end);
}

bool rc_csv_begin(struct rc_csv *csv, size_t skip_lines) {
  *csv = (struct rc_csv){.skip = skip_lines, .locale = newlocale(LC_ALL_MASK, "C", (locale_t)0)};
  return csv->locale != (locale_t)0;
}

void rc_csv_end(struct rc_csv *csv) {
  if (csv->locale != (locale_t)0) freelocale(csv->locale);
  csv->locale = (locale_t)0;
}

static char separator_of(const char *line, const char *end) {
  static const char candidates[] = {',', ';', '\t'};
  for (size_t i = 0; i < sizeof candidates; i++)
    if (memchr(line, candidates[i], (size_t)(end - line)) != NULL) return candidates[i];
  return ' ';
}

/* The characters of a decimal number, "inf", "infinity" or "nan"; NULL: they are none. Everything strtof() takes besides
 * (hexadecimal, nan(...)) is left out: NumPy does not take it. */
static const char *number_end(const char *at, const char *end) {
  if (at < end && (*at == '+' || *at == '-')) at++;
  static const char *const words[] = {"infinity", "inf", "nan"};
  for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
    const size_t length = strlen(words[i]);
    if ((size_t)(end - at) >= length && strncasecmp(at, words[i], length) == 0) return at + length;
  }
  const char *first = at;
  while (at < end && is_digit(*at)) at++;
  size_t digits = (size_t)(at - first);
  if (at < end && *at == '.') {
    const char *behind = ++at;
    while (at < end && is_digit(*at)) at++;
    digits += (size_t)(at - behind);
  }
  if (digits == 0) return NULL;
  if (at < end && (*at == 'e' || *at == 'E')) {
    at++;
    if (at < end && (*at == '+' || *at == '-')) at++;
    if (at == end || !is_digit(*at)) return NULL;
    while (at < end && is_digit(*at)) at++;
  }
  return at;
}

/* Up to seven digits, perhaps with a point: digits / 10^n, both exact in float32, rounded once by the division (Clinger,
 * "How to Read Floating Point Numbers Accurately", 1990). False: strtof() must do it. */
static bool short_number(const char *at, const char *end, float *value) {
  static const float powers[] = {1e0f, 1e1f, 1e2f, 1e3f, 1e4f, 1e5f, 1e6f, 1e7f};
  if (end - at > 9) return false;
  const bool negative = *at == '-';
  if (*at == '-' || *at == '+') at++;
  uint32_t digits = 0;
  size_t count = 0, behind = 0;
  bool point = false;
  for (; at < end; at++) {
    if (*at == '.') {
      point = true;
      continue;
    }
    if (!is_digit(*at)) return false;
    digits = digits * 10 + (uint32_t)(*at - '0');
    count++;
    behind += point;
  }
  if (count > 7) return false;
  *value = (float)digits / powers[behind];
  if (negative) *value = -*value;
  return true;
}

static bool long_number(const struct rc_csv *csv, const char *at, const char *end, float *value) {
  /* strtof() wants a terminated text; the longest that matters has all digits of a midpoint between two float32. */
  char text[256], *copy = text, *stop;
  const size_t length = (size_t)(end - at);
  if (length >= sizeof text && (copy = malloc(length + 1)) == NULL) return false;
  memcpy(copy, at, length);
  copy[length] = '\0';
  *value = strtof_l(copy, &stop, csv->locale);
  const bool whole = *stop == '\0';
  if (copy != text) free(copy);
  return whole;
}

static rowcast_status refuse(const struct rc_csv *csv, const char *at, const char *end, size_t column, const char *path,
                             rowcast_error *err) {
  char shown[32];
  size_t length = 0;
  for (; at + length < end && length < sizeof shown - 1 && at[length] != csv->separator; length++)
    shown[length] = at[length] >= 0x20 && at[length] < 0x7f ? at[length] : '?';
  shown[length] = '\0';
  return rc_report(err, ROWCAST_ERR_FORMAT, path, "CSV: line %zu, column %zu: '%s' is no number%s", csv->line, column + 1, shown,
                   csv->cols == 0 ? " (headings: --skip-lines 1)" : "");
}

/* The numbers of one line without its end. */
static rowcast_status read_line(struct rc_csv *csv, const char *at, const char *end, struct rc_buffer *numbers, const char *path,
                                rowcast_error *err) {
  size_t count = 0;
  for (;; count++) {
    while (at < end && is_blank(*at) && *at != csv->separator) at++;
    if (csv->separator == ' ')
      while (at < end && is_blank(*at)) at++;
    const char *stop = number_end(at, end);
    float value;
    if (stop == NULL || (stop < end && !is_blank(*stop) && *stop != csv->separator)) return refuse(csv, at, end, count, path, err);
    if (!short_number(at, stop, &value) && !long_number(csv, at, stop, &value)) return refuse(csv, at, end, count, path, err);
    if (numbers->size + sizeof value > numbers->capacity && !rc_buffer_reserve(numbers, numbers->capacity < 4096 ? 4096 : numbers->capacity * 2))
      return rc_report(err, ROWCAST_ERR_MEMORY, path, "CSV: out of memory in line %zu", csv->line);
    memcpy(numbers->data + numbers->size, &value, sizeof value);
    numbers->size += sizeof value;
    at = stop;
    while (at < end && is_blank(*at) && *at != csv->separator) at++;
    if (csv->separator == ' ') {
      while (at < end && is_blank(*at)) at++;
      if (at == end) break;
    } else if (at == end)
      break;
    else if (*at++ != csv->separator)
      return refuse(csv, stop, end, count, path, err);
  }
  count++;
  if (csv->cols == 0) csv->cols = count;
  if (count == csv->cols) return ROWCAST_OK;
  return rc_report(err, ROWCAST_ERR_FORMAT, path, "CSV: line %zu has %zu numbers, and the first has %zu", csv->line, count, csv->cols);
}

rowcast_status rc_csv_line(struct rc_csv *csv, const char **at, const char *end, struct rc_buffer *numbers, bool *taken,
                           const char *path, rowcast_error *err) {
  const char *begin = *at, *stop = memchr(begin, '\n', (size_t)(end - begin));
  *at = stop != NULL ? stop + 1 : end;
  if (stop == NULL) stop = end;
  *taken = false;
  if (csv->line++ == 0 && stop - begin >= 3 && memcmp(begin, byte_order_mark, 3) == 0) begin += 3;
  if (csv->line <= csv->skip) return ROWCAST_OK;
  if (stop > begin && stop[-1] == '\r') stop--;
  if (stop > begin && memchr(begin, '\r', (size_t)(stop - begin)) != NULL)
    return rc_report(err, ROWCAST_ERR_FORMAT, path, "CSV: line %zu: a carriage return that no line feed follows (lines of an old Macintosh?)",
                     csv->line);
  const char *first = begin;
  while (first < stop && is_blank(*first)) first++;
  /* A line of blanks alone is nothing between blanks, and a number that is missing between commas. */
  if (begin == stop || (first == stop && csv->cols > 0 && csv->separator == ' ')) return ROWCAST_OK;
  *taken = true;
  if (csv->cols == 0) csv->separator = separator_of(begin, stop);
  /* A tab at either end of a line of tabs stands beside a number that is missing. */
  while (begin < stop && is_blank(*begin) && *begin != csv->separator) begin++;
  while (stop > begin && is_blank(stop[-1]) && stop[-1] != csv->separator) stop--;
  return read_line(csv, begin, stop, numbers, path, err);
}

rowcast_status rc_csv_read(struct rc_header *header, struct rc_buffer *numbers, const struct rc_buffer *content, size_t skip_lines,
                           size_t max_bytes, const char *path, rowcast_error *err) {
  struct rc_csv csv;
  if (!rc_csv_begin(&csv, skip_lines)) return rc_report(err, ROWCAST_ERR_MEMORY, path, "CSV: out of memory");
  const char *at = (const char *)content->data, *end = at + content->size;
  size_t rows = 0;
  rowcast_status status = ROWCAST_OK;
  while (status == ROWCAST_OK && at < end) {
    bool taken;
    status = rc_csv_line(&csv, &at, end, numbers, &taken, path, err);
    rows += taken;
    if (status == ROWCAST_OK && numbers->size > max_bytes)
      status = rc_report(err, ROWCAST_ERR_MEMORY, path, "its numbers are more than the limit of %zu bytes", max_bytes);
  }
  rc_csv_end(&csv);
  if (status == ROWCAST_OK && rows == 0) status = rc_report(err, ROWCAST_ERR_FORMAT, path, "CSV: no line holds a number");
  if (status == ROWCAST_OK) {
    const uint16_t one = 1;
    *header = (struct rc_header){.format = "csv", .kind = 'f', .element = sizeof(float), .rank = 2, .dims = {rows, csv.cols},
                                 .big_endian = *(const unsigned char *)&one == 0};
    rc_header_finish(header);
  } else
    rc_buffer_free(numbers);
  return status;
}
