/* SPDX-License-Identifier: BSD-3-Clause */
#include "csv_words.h"

#include <stdio.h>
#include <string.h>

#include "ascii.h"
#include "csv_number.h"

static bool begins(const char *at, const char *end, const char *word) {
  return rc_ascii_begins(at, (size_t)(end - at), word);
}

static const char *line_end(const char *at, const char *end) {
  const char *stop = memchr(at, '\n', (size_t)(end - at));
  return stop != NULL ? stop : end;
}

/* "404: Not Found", which a server sends in place of a file. */
static bool is_http_status(const char *at, const char *end) {
  if (end - at < 6 || (at[0] != '4' && at[0] != '5') || !rc_ascii_digit(at[1]) || !rc_ascii_digit(at[2])) return false;
  at += at[3] == ':' ? 4 : 3;
  return at[0] == ' ' && at[1] >= 'A' && at[1] <= 'Z';
}

/* "5 153:3 154:18": a number, then numbers with their columns before them. */
static bool is_libsvm(const char *at, const char *end) {
  const char *stop = rc_number_end(at, end, '.');
  if (stop == NULL || stop == end || !rc_is_blank(*stop)) return false;
  while (stop < end) {
    while (stop < end && rc_is_blank(*stop)) stop++;
    if (stop == end) break;
    const char *digits = stop;
    while (stop < end && rc_ascii_digit(*stop)) stop++;
    if (stop == digits || stop == end || *stop != ':') return false;
    stop = rc_number_end(stop + 1, end, '.');
    if (stop == NULL || (stop < end && !rc_is_blank(*stop))) return false;
  }
  return memchr(at, ':', (size_t)(end - at)) != NULL;
}

/* ARFF: comments and names, each on its line; numbers follow @data. */
static const char *describe_arff(const char *at, const char *end, size_t line, char words[RC_CSV_WORDS]) {
  bool arff = false;
  for (; at < end; line++) {
    while (at < end && rc_is_blank(*at)) at++;
    if (begins(at, end, "@relation")) arff = true;
    if (arff && begins(at, end, "@data")) {
      snprintf(words, RC_CSV_WORDS, "is ARFF; its rows follow line %zu: --skip-lines %zu", line, line);
      return words;
    }
    at = line_end(at, end);
    if (at < end) at++;
  }
  return arff ? "is ARFF; its rows follow the line @data: --skip-lines" : NULL;
}

const char *rc_text_described(const char *at, const char *end, size_t line, char words[RC_CSV_WORDS]) {
  while (at < end && rc_is_blank(*at)) at++;
  if (begins(at, end, "<!doc") || begins(at, end, "<html")) return "is an HTML page, not data: the download failed";
  if (at < end && *at == '<') return "is XML, not data: an error message of a server?";
  if (begins(at, end, "version https://git-lfs")) return "is a Git LFS pointer, not the data: run `git lfs pull`";
  if (at < end && *at == '{') return "is JSON, not rows of numbers: an error message of a server?";
  if (at < end && *at == '[')
    return "is JSON or a printed array, not rows of numbers: "
           "python3 -c 'import json, numpy; numpy.save(\"x.npy\", json.load(open(\"FILE\")))' converts JSON";
  const char *stop = line_end(at, end);
  if (is_http_status(at, stop)) return "is an error message of a server, not data: the download failed";
  if (is_libsvm(at, stop))
    return "is libsvm (column:value), not CSV: python3 -c 'import numpy, sklearn.datasets as d; "
           "x, y = d.load_svmlight_file(\"FILE\"); numpy.save(\"x.npy\", x.toarray()); numpy.save(\"y.npy\", y)'";
  return at < end && (*at == '%' || *at == '@') ? describe_arff(at, end, line, words) : NULL;
}

/* How many fields a line has, and how many of them are numbers. False: it cannot be told. */
static bool count_numbers(const struct rc_dialect *dialect, const char *at, const char *end, size_t *fields,
                          size_t *numbers, bool *nameless) {
  struct rc_field field = {.last = false};
  for (*fields = *numbers = 0; !field.last; ++*fields) {
    if (!rc_field_next(dialect, &at, end, &field)) return false;
    *numbers += rc_number_end(field.begin, field.end, dialect->point) == field.end;
    if (*fields == 0 && nameless != NULL) *nameless = field.begin == field.end;
  }
  return true;
}

/* Are there numbers throughout once commas are decimal? */
static bool has_decimal_commas(const struct rc_csv_place *place) {
  struct rc_dialect other = {.point = ',', .comment = place->dialect->comment};
  size_t fields, numbers;
  if (place->dialect->point == ',' || memchr(place->begin, ',', (size_t)(place->end - place->begin)) == NULL)
    return false;
  other.separator =
      place->dialect->separator == ',' ? rc_separator_of(&other, place->begin, place->end) : place->dialect->separator;
  return count_numbers(&other, place->begin, place->end, &fields, &numbers, NULL) && numbers == fields;
}

/* Names of columns: no field is a number, unless they are counted after some text; and the next line has numbers in as
 * many columns, or in one more where R wrote names of rows without a heading. */
static bool has_headings(const struct rc_csv_place *place, bool *index) {
  const struct rc_dialect *dialect = place->dialect;
  size_t fields, numbers, next_fields, next_numbers;
  if (!count_numbers(dialect, place->begin, place->end, &fields, &numbers, index)) return false;
  const struct rc_counting counting = rc_count_fields(dialect, place->begin, place->end);
  if (numbers > 0 && (counting.count != numbers || counting.before == 0)) return false;
  for (const char *at = place->next; at < place->rest;) {
    const char *end = line_end(at, place->rest), *stop = rc_comment_begin(dialect, at, end);
    while (dialect->separator == ' ' && at < stop && rc_is_blank(*at)) at++;
    while (stop > at && rc_is_blank(stop[-1]) && (stop[-1] != dialect->separator || dialect->separator == ' ')) stop--;
    if (at < stop) {
      if (!count_numbers(dialect, at, stop, &next_fields, &next_numbers, NULL) || next_numbers == 0) return false;
      *index |= next_fields == fields + 1;
      return next_fields == fields || next_fields == fields + 1;
    }
    at = end < place->rest ? end + 1 : end;
  }
  return false;
}

const char *rc_csv_hint(const struct rc_csv_place *place, char words[RC_CSV_WORDS]) {
  bool index = false;
  const size_t skipped = place->skipped;
  const char *lines = skipped == 1 ? "line was" : "lines were";
  words[0] = '\0';
  if (has_decimal_commas(place)) return " (decimal commas: --decimal ,)";
  if (!place->first) return words;
  if (has_headings(place, &index)) {
    const char *columns = index ? " --columns 1:" : "",
               *what = index ? "headings, and an index before the columns" : "headings";
    if (skipped > 0)
      snprintf(words, RC_CSV_WORDS, " (%zu %s skipped; more %s: --skip-lines %zu%s)", skipped, lines, what, place->line,
               columns);
    else
      snprintf(words, RC_CSV_WORDS, " (%s: --skip-lines %zu%s)", what, place->line, columns);
  } else if (skipped > 0)
    snprintf(words, RC_CSV_WORDS, " (%zu %s skipped)", skipped, lines);
  return words;
}
