/* SPDX-License-Identifier: BSD-3-Clause */
#include "args/input_file.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "args/csv_options.h"

const struct input_file_key input_file_keys[] = {
  {"array", "NAME|N", "which array of an .npz or of safetensors, or of several in one .npy"},
  {"member", "PATH", "which array or list of a pickle"},
  {"skip-lines", "N", "lines of a CSV before its numbers"},
  {"headings", "auto|none", "none: a CSV's first line is a row, even if it is 0,1,2 and so on"},
  {"delimiter", "C|tab|space", "what separates a CSV's numbers"},
  {"decimal", "C", "a CSV's decimal separator: a point or a comma"},
  {"comment", "C|none", "what begins a comment in a CSV"},
  {"columns", "A:B", "columns A to B-1 only"},
  {"shape", "AxB[x...]", "the file holds raw elements; needs dtype"},
  {"dtype", "TYPE", "their type: u8, f32, or NumPy's <f4, >i2, ..."},
  {"layout", "C|F", "row by row, or column by column"},
  {"offset", "BYTES", "bytes before them"},
  {"allow-trailing", "yes|no", "ignore bytes after the data"},
  {NULL, NULL, NULL},
};

const char input_file_keys_about[] =
  "The name of any file to read may be followed by keys that say how to read it: FILE:KEY=VALUE[:KEY=VALUE...]";

struct input_file input_file_none(void) {
  return (struct input_file){.read = ROWCAST_READ_DEFAULTS};
}

void input_file_free(struct input_file *file) {
  free(file->owned);
  *file = input_file_none();
}

static bool among(const char *value, const char *const *names) {
  while (*names != NULL && strcmp(value, *names) != 0) names++;
  return *names != NULL;
}

/* The library's name of an element type; NULL: it is none. */
static const char *element_of(const char *value) {
  static const char *const kinds[] = {"b1", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f2", "f4", "f8", NULL};
  if (strcmp(value, "u8") == 0) return "|u1"; /* the tool's own name of bytes, not NumPy's of 8-byte integers */
  if (strcmp(value, "f32") == 0) return "<f4";
  const bool ordered = value[0] != '\0' && strchr("<>|=", value[0]) != NULL;
  return among(ordered ? value + 1 : value, kinds) ? value : NULL;
}

/* "AxBxC". */
static bool set_shape(rowcast_read_options *read, const char *value) {
  read->raw_rank = 0;
  for (const char *at = value; read->raw_rank < ROWCAST_MAX_RANK; at++) {
    char text[24]; /* of more digits no number is small enough */
    uint64_t number;
    const size_t length = strcspn(at, "x");
    if (length >= sizeof text) return false;
    memcpy(text, at, length);
    text[length] = '\0';
    if (!value_number(text, 0, SIZE_MAX / 2, &number)) return false;
    read->raw_dims[read->raw_rank++] = (size_t)number;
    at += length;
    if (*at == '\0') return true;
  }
  return false;
}

/* The place of a key in the table. */
static unsigned place_of(const char *key) {
  unsigned place = 0;
  while (strcmp(input_file_keys[place].name, key) != 0) place++;
  return place;
}

const char *input_file_set(struct input_file *file, const char *key, const char *value) {
  rowcast_read_options *read = &file->read;
  uint64_t number = 0;
  file->said |= 1u << place_of(key);
  if (strcmp(key, "array") == 0) {
    read->array = value;
    return value[0] != '\0' ? NULL : "an array's name";
  }
  if (strcmp(key, "member") == 0) {
    read->member = value;
    return value[0] != '\0' ? NULL : "a member's name";
  }
  if (strcmp(key, "skip-lines") == 0) {
    if (!value_number(value, 0, 1 << 24, &number)) return "a number from 0 to 16777216";
    read->skip_lines = (size_t)number;
  } else if (strcmp(key, "columns") == 0) {
    if (!value_rows(value, &file->columns)) return "a range A:B of columns, A not above B, such as 1:785, 1: or :784";
  } else if (strcmp(key, "shape") == 0) {
    if (!set_shape(read, value)) return "a shape such as 50000x784 or 60000x28x28";
  } else if (strcmp(key, "dtype") == 0) {
    read->raw_type = element_of(value);
    if (read->raw_type == NULL) return "u8, f32, or a type such as <f4, >i2 or |u1";
  } else if (strcmp(key, "layout") == 0) {
    if (strcmp(value, "C") != 0 && strcmp(value, "F") != 0) return "C or F";
    read->raw_fortran = value[0] == 'F';
  } else if (strcmp(key, "offset") == 0) {
    if (!value_number(value, 0, SIZE_MAX / 2, &number)) return "a number of bytes";
    read->raw_offset = (size_t)number;
  } else if (strcmp(key, "allow-trailing") == 0) {
    if (strcmp(value, "yes") != 0 && strcmp(value, "no") != 0) return "yes or no";
    read->allow_trailing = value[0] == 'y';
  } else return csv_option_set(read, key, value);
  return NULL;
}

/* The key that begins at ":KEY=" in `text`; NULL: none does. */
static const char *key_at(const char *text) {
  if (*text != ':') return NULL;
  for (const struct input_file_key *key = input_file_keys; key->name != NULL; key++) {
    const size_t length = strlen(key->name);
    if (strncmp(text + 1, key->name, length) == 0 && text[1 + length] == '=') return key->name;
  }
  return NULL;
}

static char *next_key(char *text) {
  while (*text != '\0' && key_at(text) == NULL) text++;
  return text;
}

/* In the name of a file that is not there, a word that may have been meant as a key; NULL: none. Cut out of `text`. */
static char *word_like_a_key(char *text) {
  for (char *at = strchr(text, ':'); at != NULL; at = strchr(at + 1, ':')) {
    const size_t length = strspn(at + 1, "abcdefghijklmnopqrstuvwxyz-_");
    if (length == 0 || at[1 + length] != '=') continue;
    at[1 + length] = '\0';
    return at + 1;
  }
  return NULL;
}

/* "model.safetensors:NAME" for "model.safetensors:array=NAME", where the file is there. As input_file_set(). */
static const char *name_tensor(struct input_file *file, const char **wrong) {
  static const char ending[] = ".safetensors:";
  char *colon = strstr(file->owned, ending);
  if (colon == NULL || (file->said & 1u << place_of("array")) != 0) return NULL;
  colon += strlen(ending) - 1;
  *colon = '\0';
  if (access(file->owned, F_OK) != 0) {
    *colon = ':';
    return NULL;
  }
  file->path = file->owned;
  *wrong = colon + 1;
  return input_file_set(file, "array", colon + 1);
}

const char *input_file_parse(struct input_file *file, const char **wrong) {
  static const char
    file_name[] = "a file's name",
    a_key[] =
      "a key of a file: array, member, skip-lines, headings, delimiter, decimal, comment, columns, shape, dtype, "
      "layout, offset, allow-trailing";
  *wrong = file->path = file->given;
  if (file->given[0] == '\0') return file_name;
  char *at = file->owned = strdup(file->given);
  if (at == NULL) return "a name that fits in memory";
  if (access(file->given, F_OK) == 0) return NULL;
  at = next_key(at);
  if (*at == '\0') {
    const char *wanted = name_tensor(file, wrong);
    if (wanted != NULL || file->path == file->owned) return wanted;
    const char *word = word_like_a_key(file->owned);
    if (word != NULL) *wrong = word;
    return word != NULL ? a_key : NULL;
  }
  file->path = file->owned;
  while (*at != '\0') {
    const char *key = key_at(at);
    char *text = at + 1 + strlen(key) + 1, *end = next_key(text);
    const char last = *end;
    const bool again = (file->said & 1u << place_of(key)) != 0;
    *at = *end = '\0'; /* ends the name before, and this value */
    *wrong = again ? key : text;
    if (again) return "allowed twice";
    const char *wanted = input_file_set(file, key, text);
    if (wanted != NULL) return wanted;
    if (last == '\0') break;
    *end = ':';
    at = end;
  }
  *wrong = file->given;
  return file->path[0] != '\0' ? name_tensor(file, wrong) : file_name;
}

const char *input_file_missing(const struct input_file *file, const char **needed_by) {
  const rowcast_read_options *read = &file->read;
  *needed_by = "shape";
  if (read->raw_rank > 0) return read->raw_type == NULL ? "dtype" : NULL;
  *needed_by = read->raw_type != NULL ? "dtype" : read->raw_fortran ? "layout" : "offset";
  return read->raw_type != NULL || read->raw_fortran || read->raw_offset > 0 ? "shape" : NULL;
}
