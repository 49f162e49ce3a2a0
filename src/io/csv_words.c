/* SPDX-License-Identifier: BSD-3-Clause */
#include "csv_words.h"

#include <stdint.h>
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
static const char *describe_arff(const char *at, const char *end, size_t line, struct rc_csv_said *said) {
  bool arff = false;
  for (; at < end; line++) {
    while (at < end && rc_is_blank(*at)) at++;
    if (begins(at, end, "@relation")) arff = true;
    if (arff && begins(at, end, "@data")) {
      snprintf(said->words, sizeof said->words, "is ARFF; its rows follow line %zu", line);
      snprintf(said->advice, sizeof said->advice, "skip_lines=%zu", line);
      return said->words;
    }
    at = line_end(at, end);
    if (at < end) at++;
  }
  if (arff) snprintf(said->advice, sizeof said->advice, "skip_lines");
  return arff ? "is ARFF; its rows follow the line @data" : NULL;
}

const char *rc_text_described(const char *at, const char *end, size_t line, struct rc_csv_said *said) {
  *said = (struct rc_csv_said){"", ""};
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
  return at < end && (*at == '%' || *at == '@') ? describe_arff(at, end, line, said) : NULL;
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

/* The next line that is not empty; false: there is none. */
static bool next_line(const struct rc_csv_place *place, const struct rc_dialect *dialect, const char **begin,
                      const char **end) {
  for (const char *at = place->next; at < place->rest;) {
    const char *last = line_end(at, place->rest), *stop = rc_comment_begin(dialect, at, last);
    while (dialect->separator == ' ' && at < stop && rc_is_blank(*at)) at++;
    while (stop > at && rc_is_blank(stop[-1]) && (stop[-1] != dialect->separator || dialect->separator == ' ')) stop--;
    *begin = at, *end = stop;
    if (at < stop) return true;
    at = last < place->rest ? last + 1 : last;
  }
  return false;
}

/* Does the line have exactly that many numbers, and nothing else? */
static bool has_numbers(const struct rc_dialect *dialect, const char *at, const char *end, size_t wanted) {
  size_t fields, numbers;
  return count_numbers(dialect, at, end, &fields, &numbers, NULL) && fields == wanted && numbers == fields;
}

/* And the line after this one, where there is one? */
static bool goes_on(const struct rc_csv_place *place, const struct rc_dialect *dialect, size_t wanted) {
  const char *at, *end;
  return !next_line(place, dialect, &at, &end) || has_numbers(dialect, at, end, wanted);
}

/* Are all commas between digits? */
static bool commas_in_numbers(const char *at, const char *end) {
  const char *comma = at;
  while ((comma = memchr(comma, ',', (size_t)(end - comma))) != NULL) {
    if (comma == at || comma + 1 == end || !rc_ascii_digit(comma[-1]) || !rc_ascii_digit(comma[1])) return false;
    comma++;
  }
  return true;
}

/* Are all fields numbers if commas are decimal? No if a number is missing beside a comma, if the comma is the
 * separator, given or in earlier lines, or if a blank could separate thousands: "1 000,2". */
static bool has_decimal_commas(const struct rc_csv_place *place) {
  struct rc_dialect other = {.separator = place->dialect->separator, .point = ',', .comment = place->dialect->comment};
  size_t fields, numbers, commas = 0;
  if (place->dialect->point == ',' || !commas_in_numbers(place->begin, place->end)) return false;
  for (const char *at = place->begin; at < place->end; at++) commas += *at == ',';
  if (other.separator == ',') {
    if (place->given || !place->first) return false;
    other.separator = rc_separator_of(&other, place->begin, place->end);
  }
  if (commas == 0 || !count_numbers(&other, place->begin, place->end, &fields, &numbers, NULL)) return false;
  if (numbers < fields || (other.separator == ' ' && commas < fields) || (place->first && fields == 1)) return false;
  return goes_on(place, &other, fields);
}

/* A separator that is not among those looked for, where all else is numbers; '\0': none. */
static char other_delimiter(const struct rc_csv_place *place) {
  static const char signs[] = "|:&~";
  if (place->given) return '\0';
  for (const char *sign = signs; *sign != '\0'; sign++) {
    const struct rc_dialect other = {*sign, place->dialect->point, place->dialect->comment};
    size_t fields, numbers;
    if (*sign != other.comment && count_numbers(&other, place->begin, place->end, &fields, &numbers, NULL) &&
        fields > 1 && numbers == fields && goes_on(place, &other, fields))
      return *sign;
  }
  return '\0';
}

/* Columns without numbers, in this line and the next, beside columns with numbers: [from, to) is the longest run of
 * columns with numbers, and `without` the first column that has none. */
struct columns {
  size_t without, from, to, fields;
};

static bool find_columns(const struct rc_csv_place *place, struct columns *columns) {
  const char *at = place->begin, *next, *next_end;
  struct rc_field field = {.last = false}, below = {.last = false};
  size_t run = 0;
  *columns = (struct columns){.without = SIZE_MAX};
  if (!next_line(place, place->dialect, &next, &next_end)) return false;
  for (; !field.last; columns->fields++) {
    if (below.last || !rc_field_next(place->dialect, &at, place->end, &field) ||
        !rc_field_next(place->dialect, &next, next_end, &below))
      return false;
    const bool number = rc_number_end(field.begin, field.end, place->dialect->point) == field.end;
    if (number != (rc_number_end(below.begin, below.end, place->dialect->point) == below.end)) return false;
    if (columns->fields < place->from || columns->fields >= place->to) continue;
    if (!number && columns->without == SIZE_MAX) columns->without = columns->fields;
    run = number ? run + 1 : 0;
    if (run > columns->to - columns->from) columns->to = columns->fields + 1, columns->from = columns->to - run;
  }
  return below.last && columns->to > 0 && columns->without != SIZE_MAX;
}

/* Names of columns: no field is a number, except numbers that count up after some text; and the next line has numbers
 * in as many columns, or one more where R wrote row names without a heading. */
static bool has_headings(const struct rc_csv_place *place, const struct rc_dialect *dialect, bool *index) {
  size_t fields, numbers, next_fields, next_numbers;
  const char *at, *end;
  if (!count_numbers(dialect, place->begin, place->end, &fields, &numbers, index)) return false;
  const struct rc_counting counting = rc_count_fields(dialect, place->begin, place->end);
  if (numbers > 0 && (counting.count != numbers || counting.before == 0)) return false;
  if (!next_line(place, dialect, &at, &end) || !count_numbers(dialect, at, end, &next_fields, &next_numbers, NULL))
    return false;
  if (next_numbers == 0 || (dialect->point == ',' && (next_numbers < next_fields || !commas_in_numbers(at, end))))
    return false;
  *index |= next_fields == fields + 1;
  return next_fields == fields || next_fields == fields + 1;
}

void rc_csv_hint(const struct rc_csv_place *place, struct rc_csv_said *said) {
  enum { WORDS = sizeof said->words, ADVICE = sizeof said->advice };
  bool index = false;
  const size_t skipped = place->skipped;
  const char *lines = skipped == 1 ? "line was" : "lines were";
  const struct rc_dialect commas = {place->dialect->separator, ',', place->dialect->comment};
  char so_far[64] = "", sign;
  struct columns columns;
  *said = (struct rc_csv_said){"", ""};
  if (has_decimal_commas(place)) {
    *said = (struct rc_csv_said){.words = ": decimal commas", .advice = "decimal=,"};
    return;
  }
  if (!place->first) return;
  if (skipped > 0) snprintf(so_far, sizeof so_far, "%zu %s skipped", skipped, lines);
  const char *then = skipped > 0 ? "; " : "";
  if (find_columns(place, &columns)) {
    char from[44] = "", to[44] = "";
    if (columns.from > 0) snprintf(from, sizeof from, "columns_from=%zu", columns.from);
    if (columns.to < columns.fields) snprintf(to, sizeof to, "columns_to=%zu", columns.to);
    snprintf(said->words, WORDS, ": %s%sno numbers in column %zu", so_far, then, columns.without + 1);
    snprintf(said->advice, ADVICE, "%s%s%s", from, from[0] != '\0' && to[0] != '\0' ? " " : "", to);
    return;
  }
  if ((sign = other_delimiter(place)) != '\0') {
    snprintf(said->words, WORDS, ": %s%s'%c' between numbers", so_far, then, sign);
    snprintf(said->advice, ADVICE, "delimiter=%c", sign);
    return;
  }
  const bool headings = has_headings(place, place->dialect, &index);
  const bool both = !headings && commas.separator != ',' && has_headings(place, &commas, &index);
  if (headings || both) {
    const char *more = both    ? " decimal=,"
                       : index ? " columns_from=1"
                               : "",
               *what = both    ? "headings, and decimal commas"
                       : index ? "headings, and an index before the columns"
                               : "headings";
    snprintf(said->words, WORDS, ": %s%s%s%s", so_far, then, skipped > 0 ? "more " : "", what);
    snprintf(said->advice, ADVICE, "skip_lines=%zu%s", place->line, more);
  } else if (skipped > 0) snprintf(said->words, WORDS, ": %s", so_far);
}
