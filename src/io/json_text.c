/* SPDX-License-Identifier: BSD-3-Clause */
#include "json_text.h"

#include <string.h>

bool rc_text_is(struct rc_text text, const char *word) {
  return strlen(word) == text.size && memcmp(text.at, word, text.size) == 0;
}

int rc_text_compare(struct rc_text left, struct rc_text right) {
  const size_t both = left.size < right.size ? left.size : right.size;
  const int order = memcmp(left.at, right.at, both);
  return order != 0 ? order : (left.size > right.size) - (left.size < right.size);
}

static void pass_blanks(struct rc_json *json) {
  while (json->at < json->size && strchr(" \t\r\n", json->text[json->at]) != NULL && json->text[json->at] != '\0')
    json->at++;
}

bool rc_json_if(struct rc_json *json, char mark) {
  pass_blanks(json);
  if (json->at == json->size || json->text[json->at] != mark) return false;
  json->at++;
  return true;
}

const char *rc_json_mark(struct rc_json *json, char mark) {
  if (rc_json_if(json, mark)) return NULL;
  switch (mark) {
  case '{': return "JSON: '{' is missing";
  case '}': return "JSON: ',' or '}' is missing";
  case '[': return "JSON: '[' is missing";
  case ']': return "JSON: ',' or ']' is missing";
  case ':': return "JSON: ':' is missing";
  default: return "JSON: '\"' is missing";
  }
}

/* The character that a backslash and this one stand for; NUL: none that is read. */
static char escaped(char letter) {
  static const char letters[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
  const char *place = letter == '\0' ? NULL : strchr(letters, letter);
  return place == NULL ? '\0' : meant[place - letters];
}

const char *rc_json_string(struct rc_json *json, struct rc_text *text) {
  const char *wrong = rc_json_mark(json, '"');
  if (wrong != NULL) return wrong;
  char *out = json->text + json->at;
  *text = (struct rc_text){out, 0};
  while (json->at < json->size) {
    char next = json->text[json->at];
    if (next == '"') {
      json->at++;
      return NULL;
    }
    if ((unsigned char)next < ' ') return "JSON: a control character in a string";
    if (next == '\\') {
      next = json->at + 1 < json->size ? escaped(json->text[json->at + 1]) : '\0';
      if (next == '\0') return "JSON: an escape that is not read";
      json->at++;
    }
    out[text->size++] = next;
    json->at++;
  }
  return "JSON: a string does not end";
}

const char *rc_json_key(struct rc_json *json, struct rc_text *key) {
  const char *wrong = rc_json_string(json, key);
  return wrong != NULL ? wrong : rc_json_mark(json, ':');
}

const char *rc_json_size(struct rc_json *json, size_t *value) {
  pass_blanks(json);
  const size_t begin = json->at;
  *value = 0;
  for (; json->at < json->size && json->text[json->at] >= '0' && json->text[json->at] <= '9'; json->at++)
    if (__builtin_mul_overflow(*value, (size_t)10, value) ||
        __builtin_add_overflow(*value, (size_t)(json->text[json->at] - '0'), value))
      return "JSON: a number is too large";
  if (json->at == begin) return "JSON: a whole number is missing";
  return json->text[begin] == '0' && json->at > begin + 1 ? "JSON: a number begins with 0" : NULL;
}

const char *rc_json_end(struct rc_json *json) {
  pass_blanks(json);
  return json->at == json->size ? NULL : "JSON: something after the end";
}
