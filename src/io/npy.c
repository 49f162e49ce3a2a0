/* SPDX-License-Identifier: BSD-3-Clause */
/* NPY headers: magic, version, length, and one Python dictionary, read as data by a tokenizer of its own and never
 * evaluated. Source: NumPy, lib/format.py. Stricter than NumPy: no duplicate keys, no hexadecimal numbers. */
#include <stdint.h>
#include <string.h>

#include "header.h"

static const char magic[] = "\x93NUMPY";

bool rc_is_npy(const unsigned char *data, size_t size) {
  return size >= sizeof magic - 1 && memcmp(data, magic, sizeof magic - 1) == 0;
}

/* The header's text and how far it is read. */
struct text {
  const char *at, *end;
};

static void skip_blanks(struct text *text) {
  while (text->at < text->end && (*text->at == ' ' || *text->at == '\t')) text->at++;
}

/* Within brackets lines may end anywhere. */
static void skip_space(struct text *text) {
  while (text->at < text->end && (*text->at == ' ' || *text->at == '\t' || *text->at == '\n' || *text->at == '\r'))
    text->at++;
}

/* Takes the character if it is next. */
static bool take(struct text *text, char c) {
  skip_space(text);
  if (text->at == text->end || *text->at != c) return false;
  text->at++;
  return true;
}

static bool take_word(struct text *text, const char *word) {
  skip_space(text);
  const size_t length = strlen(word);
  if ((size_t)(text->end - text->at) < length || memcmp(text->at, word, length) != 0) return false;
  text->at += length;
  return true;
}

/* A quoted string without escapes, as it stands in the text. */
static bool take_string(struct text *text, const char **string, size_t *length) {
  skip_space(text);
  if (text->at == text->end || (*text->at != '\'' && *text->at != '"')) return false;
  const char quote = *text->at++;
  *string = text->at;
  while (text->at < text->end && *text->at != quote && *text->at != '\\' && *text->at != '\n') text->at++;
  if (text->at == text->end || *text->at != quote) return false;
  *length = (size_t)(text->at++ - *string);
  return true;
}

/* A decimal number, perhaps with the suffix that Python 2 wrote, if the version allows it. */
static const char *take_number(struct text *text, bool suffix, size_t *value) {
  skip_space(text);
  const char *begin = text->at;
  *value = 0;
  for (; text->at < text->end && *text->at >= '0' && *text->at <= '9'; text->at++)
    if (__builtin_mul_overflow(*value, 10, value) || __builtin_add_overflow(*value, (size_t)(*text->at - '0'), value))
      return "a dimension overflows";
  if (text->at == begin) return "a dimension is not a number";
  if (*begin == '0' && text->at - begin > 1) return "a dimension is not a number";
  if (suffix && text->at < text->end && *text->at == 'L') text->at++;
  return NULL;
}

static const char *parse_shape(struct rc_header *header, struct text *text, bool suffix) {
  if (!take(text, '(')) return "the shape is not a tuple";
  bool comma = true;
  while (!take(text, ')')) {
    if (!comma) return "the shape is not a tuple";
    if (header->rank == ROWCAST_MAX_RANK) return "more than 32 dimensions";
    const char *wrong = take_number(text, suffix, &header->dims[header->rank]);
    if (wrong != NULL) return wrong;
    header->rank++;
    comma = take(text, ',');
  }
  return header->rank == 1 && !comma ? "the shape is not a tuple" : NULL;
}

const char *rc_npy_element(struct rc_header *header, const char *string, size_t length) {
  static const char unsupported[] =
    "its element type is not supported (supported: b1 i1 u1 i2 u2 i4 u4 i8 u8 f2 f4 f8)";
  char order = '<';
  if (length > 0 && (*string == '<' || *string == '>' || *string == '|' || *string == '=')) order = *string++, length--;
  if (length == 0) return "unknown element type";
  if (*string == 'O') return "holds Python objects, which are never read";
  static const char *const known[] = {"b1", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f2", "f4", "f8"};
  for (size_t i = 0; length == 2 && i < sizeof known / sizeof known[0]; i++)
    if (memcmp(string, known[i], 2) == 0) {
      header->kind = string[0];
      header->element = (size_t)(string[1] - '0');
      header->big_endian = order == '>';
      return order == '|' && header->element > 1 ? "its element type has no byte order" : NULL;
    }
  return unsupported;
}

static const char *parse_type(struct rc_header *header, struct text *text) {
  const char *string;
  size_t length;
  skip_space(text);
  if (text->at < text->end && *text->at == '[') return "structured elements are not supported";
  if (!take_string(text, &string, &length) || length == 0) return "the element type is not a string";
  return rc_npy_element(header, string, length);
}

static const char *parse_dictionary(struct rc_header *header, struct text *text, bool suffix) {
  static const char *const keys[] = {"descr", "fortran_order", "shape"};
  bool seen[3] = {false, false, false};
  skip_blanks(text);
  if (text->at == text->end || *text->at++ != '{') return "the header is not a dictionary";
  bool comma = true;
  while (!take(text, '}')) {
    const char *string;
    size_t length, key = 0;
    if (!comma || !take_string(text, &string, &length)) return "the header is not a dictionary";
    while (key < 3 && (strlen(keys[key]) != length || memcmp(keys[key], string, length) != 0)) key++;
    if (key == 3) return "the header has an unknown key";
    if (seen[key]) return "the header has a key twice";
    seen[key] = true;
    if (!take(text, ':')) return "the header is not a dictionary";
    const char *wrong = NULL;
    if (key == 0) wrong = parse_type(header, text);
    else if (key == 2) wrong = parse_shape(header, text, suffix);
    else if (take_word(text, "True")) header->fortran = true;
    else if (!take_word(text, "False")) wrong = "fortran_order is neither True nor False";
    if (wrong != NULL) return wrong;
    comma = take(text, ',');
  }
  skip_blanks(text);
  if (text->at + 1 == text->end && *text->at == '\n') text->at++;
  if (text->at != text->end) return "the header has more than a dictionary";
  return seen[0] && seen[1] && seen[2] ? NULL : "the header lacks a key";
}

const char *rc_npy_parse(struct rc_header *header, const unsigned char *data, size_t size) {
  *header = (struct rc_header){.format = "npy"};
  const size_t version_at = sizeof magic - 1;
  if (size < version_at + 4) return "truncated in the header";
  const unsigned major = data[version_at], minor = data[version_at + 1];
  if (major < 1 || major > 3 || minor != 0) return "unknown NPY version";
  const size_t begin = version_at + (major == 1 ? 4 : 6);
  if (size < begin) return "truncated in the header";
  const unsigned char *p = data + version_at + 2;
  size_t length = (size_t)p[0] | (size_t)p[1] << 8;
  if (major > 1) length |= (size_t)p[2] << 16 | (size_t)p[3] << 24;
  if (length > RC_HEADER_MAX - 12) return "the header is longer than 10000 bytes";
  if (size - begin < length) return "truncated in the header";
  struct text text = {(const char *)data + begin, (const char *)data + begin + length};
  const char *wrong = parse_dictionary(header, &text, major < 3);
  if (wrong != NULL) return wrong;
  header->offset = begin + length;
  return rc_header_finish(header) ? NULL : "the product of its dimensions overflows";
}
