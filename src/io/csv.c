/* SPDX-License-Identifier: BSD-3-Clause */
#include "csv.h"

#include <stdint.h>
#include <string.h>

#include "../../kernels/mode.h"
#include "ascii.h"
#include "ask.h"
#include "csv_number.h"
#include "csv_words.h"
#include "report.h"

/* With fewer numbers, 0,1,...,K-1 is just as likely a row (two classes, an edge of a graph), unless it follows a name
 * or an empty field. */
enum { FEWEST_HEADINGS = 3 };

enum { ASKED_PART = 1 << 20 /* most bytes that are parsed without asking whether to give up */ };

static const char byte_order_mark[] = "\xef\xbb\xbf";

bool rc_is_text(const unsigned char *data, size_t size) {
  if (size > 0 && (data[0] & 0xc0) == 0x80) return false; /* no character of UTF-8 begins like this */
  if (size > RC_HEADER_MAX) size = RC_HEADER_MAX;
  for (size_t i = 0; i < size; i++)
    if (data[i] < 0x20 ? data[i] != '\n' && data[i] != '\r' && data[i] != '\t' : data[i] == 0x7f) return false;
  return size > 0;
}

/* ASCII that can separate numbers or begin a comment: not part of a number, a quote or a control character. */
static bool is_sign(int c) {
  if (c < ' ' || c > '~' || strchr("+-.\"", c) != NULL || rc_ascii_digit((char)c)) return false;
  const char letter = rc_ascii_lower((char)c);
  return letter < 'a' || letter > 'z';
}

const char rc_csv_comment_separates[] = "# begins comments, so it cannot be the delimiter";

const char *rc_csv_check(const rowcast_read_options *options) {
  const int delimiter = options->delimiter, comment = options->comment != 0 ? options->comment : '#';
  if (delimiter != 0 && delimiter != '\t' && !is_sign(delimiter))
    return "the delimiter must be a tab, a space or an ASCII punctuation mark other than + - . and \"";
  if (options->decimal != 0 && options->decimal != '.' && options->decimal != ',')
    return "the decimal separator must be . or ,";
  if (comment != ROWCAST_NO_COMMENTS && (!is_sign(comment) || comment == ' '))
    return "what begins a comment must be an ASCII punctuation mark other than + - . and \"";
  if (options->decimal == ',' && (delimiter == ',' || comment == ','))
    return "with decimal commas, a comma can neither separate numbers nor begin a comment";
  if (delimiter == comment)
    return options->comment != 0 ? "what begins a comment cannot be the delimiter" : rc_csv_comment_separates;
  if ((unsigned)options->headings > ROWCAST_HEADINGS_KEPT || options->headings == ROWCAST_HEADINGS_LEFT_OUT)
    return "headings must be ROWCAST_HEADINGS_NONE or ROWCAST_HEADINGS_KEPT";
  if (options->columns_to != 0 && options->columns_from >= options->columns_to) return "the range of columns is empty";
  return NULL;
}

const char *rc_csv_asked(const rowcast_read_options *options) {
  if (options->skip_lines > 0) return "skipped lines";
  if (options->delimiter != 0) return "delimiters";
  if (options->decimal == ',') return "decimal commas";
  if (options->comment != 0) return "comments";
  return options->headings != ROWCAST_HEADINGS_NONE ? "headings" : NULL;
}

bool rc_csv_begin(struct rc_csv *csv, const rowcast_read_options *options) {
  *csv = (struct rc_csv){
    .dialect = {.separator = (char)options->delimiter, .point = options->decimal == ',' ? ',' : '.'},
    .from = options->columns_from,
    .to = options->columns_to > 0 ? options->columns_to : SIZE_MAX,
    .skip = options->skip_lines,
    .given = options->delimiter != 0,
    .keep = options->headings == ROWCAST_HEADINGS_KEPT,
    .locale = newlocale(LC_ALL_MASK, "C", (locale_t)0),
  };
  const int comment = options->comment != 0 ? options->comment : '#';
  csv->dialect.comment = comment != ROWCAST_NO_COMMENTS ? (char)comment : '\0';
  return csv->locale != (locale_t)0;
}

void rc_csv_end(struct rc_csv *csv) {
  if (csv->locale != (locale_t)0) freelocale(csv->locale);
  csv->locale = (locale_t)0;
}

static rowcast_status out_of_memory(const struct rc_csv *csv, const char *path, rowcast_error *err) {
  return rc_report(err, ROWCAST_ERR_MEMORY, path, "CSV: out of memory in line %zu", csv->line);
}

static bool append(struct rc_buffer *numbers, float value) {
  if (numbers->size + sizeof value > numbers->capacity &&
      !rc_buffer_reserve(numbers, numbers->capacity < 4096 ? 4096 : numbers->capacity * 2))
    return false;
  memcpy(numbers->data + numbers->size, &value, sizeof value);
  numbers->size += sizeof value;
  return true;
}

/* What is read at a time: a line without its end and its comment, and where blanks separate, without blanks around
 * it. */
struct text {
  const char *begin, *end;
  const char *next, *rest; /* what follows the line, as far as it is there: [next, rest) */
};

static rowcast_status refuse(const struct rc_csv *csv, const struct text *text, const char *at, size_t column,
                             const char *path, rowcast_error *err) {
  struct rc_csv_said said;
  const char *what = csv->cols == 0 ? rc_text_described(text->begin, text->rest, csv->line, &said) : NULL;
  if (what != NULL) return rc_advise(err, rc_report(err, ROWCAST_ERR_FORMAT, path, "%s", what), "%s", said.advice);
  char shown[32];
  size_t length = 0;
  for (; at + length < text->end && length < sizeof shown - 1 && at[length] != csv->dialect.separator; length++)
    shown[length] = at[length] >= 0x20 && at[length] < 0x7f ? at[length] : '?';
  shown[length] = '\0';
  const struct rc_csv_place place = {
    .dialect = &csv->dialect,
    .line = csv->line,
    .skipped = csv->skip,
    .first = csv->cols == 0,
    .from = csv->from,
    .to = csv->to,
    .given = csv->given,
    .begin = text->begin,
    .end = text->end,
    .next = text->next,
    .rest = text->rest,
  };
  rc_csv_hint(&place, &said);
  return rc_advise(err,
                   rc_report(err, ROWCAST_ERR_FORMAT, path, "CSV: line %zu, column %zu: '%s' is not a number%s",
                             csv->line, column + 1, shown, said.words),
                   "%s", said.advice);
}

/* Moves *at from the beginning of a field past it and the blanks after it, to the separator or the end. */
static rowcast_status read_number(const struct rc_csv *csv, const struct text *text, const char **at, size_t column,
                                  float *value, const char *path, rowcast_error *err) {
  const char separator = csv->dialect.separator, *begin = *at, *end = text->end;
  if (begin < end && *begin == '"') {
    struct rc_field field;
    if (!rc_field_next(&csv->dialect, at, end, &field) || field.begin != begin + 1 ||
        rc_number_end(field.begin, field.end, csv->dialect.point) != field.end)
      return refuse(csv, text, begin, column, path, err);
    /* Back to the separator, as after any other number. */
    if (!field.last && separator != ' ') --*at;
    return rc_number_value(field.begin, field.end, csv->dialect.point, csv->locale, value)
             ? ROWCAST_OK
             : out_of_memory(csv, path, err);
  }
  while (begin < end && rc_is_blank(*begin) && *begin != separator) begin++;
  const char *stop = rc_number_end(begin, end, csv->dialect.point);
  if (stop == NULL || (stop < end && !rc_is_blank(*stop) && *stop != separator))
    return refuse(csv, text, begin, column, path, err);
  *at = stop;
  while (*at < end && rc_is_blank(**at) && (**at != separator || separator == ' ')) ++*at;
  if (separator != ' ' && *at < end && **at != separator) return refuse(csv, text, begin, column, path, err);
  return rc_number_value(begin, stop, csv->dialect.point, csv->locale, value) ? ROWCAST_OK
                                                                              : out_of_memory(csv, path, err);
}

/* The numbers of one line in the columns that are taken. */
static rowcast_status read_line(struct rc_csv *csv, const struct text *text, struct rc_buffer *numbers,
                                const char *path, rowcast_error *err) {
  const char *at = text->begin, *end = text->end;
  size_t count = 0;
  for (bool last = false; !last; count++) {
    if (count >= csv->from && count < csv->to) {
      float value;
      const rowcast_status status = read_number(csv, text, &at, count, &value, path, err);
      if (status != ROWCAST_OK) return status;
      if (!append(numbers, value)) return out_of_memory(csv, path, err);
      last = at == end;
      if (!last && csv->dialect.separator != ' ') at++;
    } else {
      struct rc_field field;
      if (!rc_field_next(&csv->dialect, &at, end, &field))
        return rc_report(err, ROWCAST_ERR_FORMAT, path,
                         "CSV: line %zu, column %zu: a quoted field does not end on its line", csv->line, count + 1);
      last = field.last;
    }
  }
  if (csv->cols == 0) {
    const size_t wanted = csv->to != SIZE_MAX ? csv->to : csv->from + 1;
    if (count < wanted) {
      struct rc_csv_said said;
      const char *what = rc_text_described(text->begin, text->rest, csv->line, &said);
      if (what != NULL) return rc_advise(err, rc_report(err, ROWCAST_ERR_FORMAT, path, "%s", what), "%s", said.advice);
      return rc_report(err, ROWCAST_ERR_NOT_FOUND, path,
                       "CSV: line %zu has %zu column%s, but columns up to %zu are asked for", csv->line, count,
                       RC_S(count), wanted);
    }
    if (csv->to == SIZE_MAX) csv->to = count;
    csv->cols = csv->to - csv->from;
    csv->fields = count;
  }
  if (count == csv->fields) return ROWCAST_OK;
  return rc_report(err, ROWCAST_ERR_FORMAT, path, "CSV: line %zu has %zu number%s, but the first has %zu", csv->line,
                   count, RC_S(count), csv->fields);
}

/* The row 0,1,...,K-1, before `size` bytes of a row that follows it. */
static bool append_counts(struct rc_csv *csv, struct rc_buffer *numbers, size_t size) {
  for (size_t i = 0; i < csv->cols; i++)
    if (!append(numbers, 0.0f)) return false;
  unsigned char *row = numbers->data + numbers->size - csv->cols * sizeof(float) - size;
  memmove(row + csv->cols * sizeof(float), row, size);
  for (size_t i = 0; i < csv->cols; i++) {
    const float value = (float)(csv->from - csv->before + i);
    memcpy(row + i * sizeof value, &value, sizeof value);
  }
  return true;
}

/* Are the first `before` fields of the line not numbers? *empty: one of them is empty. */
static bool begins_with_text(const struct rc_csv *csv, const struct text *text, size_t before, bool *empty) {
  const char *at = text->begin;
  struct rc_field field = {.last = false};
  *empty = false;
  for (size_t i = 0; i < before; i++) {
    if (field.last || !rc_field_next(&csv->dialect, &at, text->end, &field)) return false;
    if (rc_number_end(field.begin, field.end, csv->dialect.point) == field.end) return false;
    *empty |= field.begin == field.end;
  }
  return true;
}

/* Looks at the first line: is it 0,1,...,K-1? True: it is, nothing suggests that it is a row, and it is left out. */
static bool find_headings(struct rc_csv *csv, const struct text *text) {
  const struct rc_counting counting = rc_count_fields(&csv->dialect, text->begin, text->end);
  const size_t to = csv->to < counting.fields ? csv->to : counting.fields;
  /* If a selected field is not a number, reading it says what is wrong. */
  const size_t least = counting.before > 0 ? 1 : 2;
  if (counting.count < least || csv->from < counting.before || to > counting.before + counting.count || csv->from >= to)
    return false;
  if (csv->to != SIZE_MAX && csv->to > counting.fields) return false;
  csv->headings = ROWCAST_HEADINGS_KEPT;
  csv->few = counting.count < FEWEST_HEADINGS;
  if (csv->keep || csv->skip > 0 || (counting.before == 0 && csv->few)) return false;
  csv->headings = ROWCAST_HEADINGS_LEFT_OUT;
  csv->waits = true;
  csv->before = counting.before;
  begins_with_text(csv, text, counting.before, &csv->empty);
  csv->to = to;
  csv->cols = to - csv->from;
  csv->fields = counting.fields;
  return true;
}

/* A row that goes on counting where the first line ended: both are rows of ascending numbers. Or, where few numbers
 * follow some text, a row that has text in the same place: "cat,0" before "dog,1", as against "label,0" before
 * "7,1". */
static bool goes_on(const struct rc_csv *csv, const struct rc_buffer *numbers, const struct text *text) {
  bool empty;
  if (csv->before > 0) return csv->few && begins_with_text(csv, text, csv->before, &empty) && empty == csv->empty;
  const unsigned char *row = numbers->data + numbers->size - csv->cols * sizeof(float);
  for (size_t i = 0; i < csv->cols; i++) {
    float value;
    memcpy(&value, row + i * sizeof value, sizeof value);
    if (value != (float)(csv->fields + csv->from + i)) return false;
  }
  return true;
}

static rowcast_status take_line(struct rc_csv *csv, const char **at, const char *end, struct rc_buffer *numbers,
                                size_t *rows, const char *path, rowcast_error *err) {
  const char *begin = *at, *stop = memchr(begin, '\n', (size_t)(end - begin));
  *at = stop != NULL ? stop + 1 : end;
  if (stop == NULL) stop = end;
  if (csv->line++ == 0 && stop - begin >= 3 && memcmp(begin, byte_order_mark, 3) == 0) begin += 3;
  if (csv->line <= csv->skip) return ROWCAST_OK;
  if (stop > begin && stop[-1] == '\r') stop--;
  if (stop > begin && memchr(begin, '\r', (size_t)(stop - begin)) != NULL)
    return rc_report(err, ROWCAST_ERR_FORMAT, path,
                     "CSV: line %zu: a carriage return without a line feed (line ends of an old Macintosh?)",
                     csv->line);
  const char *line_end = stop;
  stop = rc_comment_begin(&csv->dialect, begin, stop);
  if (begin == stop) return ROWCAST_OK;
  char *separator = &csv->dialect.separator;
  const char *first = begin;
  while (first < stop && rc_is_blank(*first)) first++;
  /* A line of blanks is empty if blanks separate, and a missing number if commas do. */
  if (first == stop && (*separator == '\0' || *separator == ' ')) {
    if (*separator == '\0' && csv->blank == 0) csv->blank = csv->line, csv->indented = stop < line_end;
    return ROWCAST_OK;
  }
  if (*separator == '\0') *separator = rc_separator_of(&csv->dialect, begin, stop);
  if (csv->blank > 0 && *separator != ' ')
    return rc_report(err, ROWCAST_ERR_FORMAT, path, "CSV: line %zu has %s, but '%s' separates numbers", csv->blank,
                     csv->indented ? "only blanks before a comment" : "only blanks",
                     *separator == '\t' ? "\\t" : (const char[]){*separator, '\0'});
  csv->blank = 0;
  if (*separator == ' ') {
    begin = first;
    while (stop > begin && rc_is_blank(stop[-1])) stop--;
  }
  const struct text text = {begin, stop, *at, end};
  if (csv->cols == 0 && find_headings(csv, &text)) return ROWCAST_OK;
  const size_t before = numbers->size;
  rowcast_status status = read_line(csv, &text, numbers, path, err);
  if (status != ROWCAST_OK) return status;
  ++*rows;
  if (!csv->waits) return ROWCAST_OK;
  csv->waits = false;
  if (!goes_on(csv, numbers, &text)) return ROWCAST_OK;
  csv->headings = csv->before > 0 ? ROWCAST_HEADINGS_KEPT : ROWCAST_HEADINGS_NONE;
  ++*rows;
  return append_counts(csv, numbers, numbers->size - before) ? ROWCAST_OK : out_of_memory(csv, path, err);
}

rowcast_status rc_csv_line(struct rc_csv *csv, const char **at, const char *end, struct rc_buffer *numbers,
                           size_t *rows, const char *path, rowcast_error *err) {
  const struct rc_mode caller = rc_mode_enter();
  const rowcast_status status = take_line(csv, at, end, numbers, rows, path, err);
  rc_mode_leave(caller);
  return status;
}

rowcast_status rc_csv_finish(struct rc_csv *csv, struct rc_buffer *numbers, size_t *rows, const char *path,
                             rowcast_error *err) {
  if (csv->waits && (csv->before == 0 || (csv->few && !csv->empty))) {
    csv->waits = false;
    csv->headings = csv->before > 0 ? ROWCAST_HEADINGS_KEPT : ROWCAST_HEADINGS_NONE;
    ++*rows;
    return append_counts(csv, numbers, 0) ? ROWCAST_OK : out_of_memory(csv, path, err);
  }
  if (csv->waits) return rc_report(err, ROWCAST_ERR_FORMAT, path, "CSV: no line follows the headings");
  return ROWCAST_OK;
}

rowcast_status rc_csv_read(struct rc_header *header, struct rc_buffer *numbers, const struct rc_buffer *content,
                           const rowcast_read_options *options, rowcast_headings *headings, const char *path,
                           rowcast_error *err) {
  struct rc_csv csv;
  if (!rc_csv_begin(&csv, options)) return rc_report(err, ROWCAST_ERR_MEMORY, path, "CSV: out of memory");
  const char *at = (const char *)content->data, *end = at + content->size;
  const size_t max_bytes = options->max_bytes;
  size_t rows = 0;
  rowcast_status status = ROWCAST_OK;
  struct rc_ask ask = rc_ask_of(options->cancelled, options->user);
  const char *asked = at;
  while (status == ROWCAST_OK && at < end) {
    if (at - asked > ASKED_PART) {
      asked = at;
      if (rc_ask_stop(&ask)) status = rc_report(err, ROWCAST_ERR_CANCELLED, path, "interrupted");
    }
    if (status == ROWCAST_OK) status = rc_csv_line(&csv, &at, end, numbers, &rows, path, err);
    if (status == ROWCAST_OK && numbers->size > max_bytes)
      status = rc_report(err, ROWCAST_ERR_LIMIT, path, "its numbers exceed the limit of %zu bytes", max_bytes);
  }
  if (status == ROWCAST_OK) status = rc_csv_finish(&csv, numbers, &rows, path, err);
  rc_csv_end(&csv);
  if (status == ROWCAST_OK && rows == 0)
    status = rc_report(err, ROWCAST_ERR_FORMAT, path, "CSV: no line holds a number");
  if (status == ROWCAST_OK) {
    const uint16_t one = 1;
    *headings = csv.headings;
    *header = (struct rc_header){.format = "csv",
                                 .kind = 'f',
                                 .element = sizeof(float),
                                 .rank = 2,
                                 .dims = {rows, csv.cols},
                                 .big_endian = *(const unsigned char *)&one == 0};
    rc_header_finish(header);
  } else rc_buffer_free(numbers);
  return status;
}
