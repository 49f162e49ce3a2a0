/* SPDX-License-Identifier: BSD-3-Clause */
#include "well_formed.h"

#include <stdbool.h>
#include <string.h>

enum { DEEPEST = 64, NAME_TEXT = 16 };

struct state {
  const char *at, *end;
  char open[DEEPEST][NAME_TEXT];
  size_t depth, scripts;
};

static bool starts(const struct state *state, const char *text) {
  const size_t length = strlen(text);
  return (size_t)(state->end - state->at) >= length && memcmp(state->at, text, length) == 0;
}

static bool is_name(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; }

static bool is_void(const char *name) {
  static const char *const names[] = {"meta", "link", "br", "input"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
    if (strcmp(name, names[i]) == 0) return true;
  return false;
}

static bool take_name(struct state *state, char name[NAME_TEXT]) {
  size_t length = 0;
  while (state->at < state->end && is_name(*state->at) && length + 1 < NAME_TEXT) name[length++] = *state->at++;
  name[length] = '\0';
  return length > 0;
}

/* What an attribute may not be called or begin with. */
static const char *attribute_fault(const char *name, size_t length, const char *value) {
  if (length >= 2 && name[0] == 'o' && name[1] == 'n') return "a handler of events";
  if (length == 3 && memcmp(name, "src", 3) == 0) return "a source";
  if (length == 4 && memcmp(name, "href", 4) == 0 && value[0] != '#' && strncmp(value, "data:,", 6) != 0)
    return "a link to elsewhere";
  return NULL;
}

/* Attributes up to the end of the tag; *closed: it is a tag that needs no other. */
static const char *take_attributes(struct state *state, bool *closed) {
  for (*closed = false;;) {
    while (state->at < state->end && (*state->at == ' ' || *state->at == '\n')) state->at++;
    if (starts(state, "/>")) *closed = true, state->at++;
    if (starts(state, ">")) {
      state->at++;
      return NULL;
    }
    const char *name = state->at;
    while (state->at < state->end && (is_name(*state->at) || (*state->at >= 'A' && *state->at <= 'Z'))) state->at++;
    const size_t length = (size_t)(state->at - name);
    if (length == 0) return "a tag that does not end";
    if (!starts(state, "=")) continue;
    if (!starts(state, "=\"")) return "an attribute without quotes";
    state->at += 2;
    const char *value = state->at, *fault = attribute_fault(name, length, value);
    if (fault != NULL) return fault;
    while (state->at < state->end && *state->at != '"') state->at++;
    if (state->at == state->end) return "an attribute that does not end";
    for (const char *c = value; c < state->at; c++)
      if (*c == '<') return "a < within an attribute";
    state->at++;
  }
}

/* What stands in a script or a style goes up to its end. */
static const char *skip_raw(struct state *state, const char *name, bool json) {
  for (; state->at < state->end; state->at++) {
    if (json && (*state->at == '>' || *state->at == '&')) return "a document that could open or close something";
    if (*state->at != '<') continue;
    if (starts(state, "</") && strncmp(state->at + 2, name, strlen(name)) == 0) return NULL;
    if (json || starts(state, "<!--") || starts(state, "<script")) return "a < within a script or style";
  }
  return "a script or style that does not end";
}

static const char *take_tag(struct state *state) {
  char name[NAME_TEXT];
  const bool ends = state->at[0] == '/';
  if (ends) state->at++;
  if (!take_name(state, name)) return "a < that begins no tag";
  if (ends) {
    if (state->depth == 0 || strcmp(state->open[state->depth - 1], name) != 0) return "a tag that closes another";
    state->depth--;
    if (!starts(state, ">")) return "a closing tag with more in it";
    state->at++;
    return NULL;
  }
  bool closed;
  const char *tag = state->at, *fault = take_attributes(state, &closed);
  if (fault != NULL) return fault;
  if (closed || is_void(name)) return NULL;
  if (state->depth == DEEPEST) return "elements too deep";
  strcpy(state->open[state->depth++], name);
  if (strcmp(name, "script") != 0 && strcmp(name, "style") != 0) return NULL;
  const bool json = strncmp(tag, " type=\"application/json\"", 24) == 0;
  state->scripts += strcmp(name, "script") == 0 && !json;
  return skip_raw(state, name, json);
}

const char *markup_fault(const char *text, size_t size) {
  struct state state = {.at = text, .end = text + size};
  for (size_t i = 0; i < size; i++)
    if ((unsigned char)text[i] < ' ' && text[i] != '\n') return "a control character";
  if (!starts(&state, "<!DOCTYPE html>\n")) return "no document type";
  state.at += strlen("<!DOCTYPE html>\n");
  while (state.at < state.end) {
    if (*state.at == '>') return "a > that ends no tag";
    if (*state.at++ != '<') continue;
    if (state.at == state.end) return "a < at the end";
    const char *fault = take_tag(&state);
    if (fault != NULL) return fault;
  }
  if (state.depth > 0) return "an element that is not closed";
  return state.scripts == 1 ? NULL : "another script than the page's own";
}
