/* SPDX-License-Identifier: BSD-3-Clause */
#include "pickle.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "pickle_values.h"
#include "report.h"

enum { GLOBAL_MAX = 100 }; /* characters of a name that tells a pickle from other text */

/* An opcode that may follow a name or a container, where text would continue with a word or a number. */
static bool goes_on(const unsigned char *data, size_t size) {
  if (size == 0) return false;
  const unsigned char next = size > 1 ? data[1] : '\0';
  const bool digit = next >= '0' && next <= '9';
  switch (data[0]) {
  case '(':
  case ')':
  case ']':
  case '}': return true;
  case '.': return size == 1;
  case 'p':
  case 'g':
  case 'I':
  case 'L':
  case 'F': return digit || (data[0] != 'p' && next == '-');
  case 'q': return next < ' ' && next != '\n' && next != '\r'; /* one of the first few places in the memo */
  case 'S': return next == '\'' || next == '"';
  case 't': return next == 'p' || next == '.' || next == '(';
  default: return false;
  }
}

/* A line that could be a module's or a function's name; *at moves past it. */
static bool skip_name(const unsigned char *data, size_t size, size_t *at) {
  const size_t begin = *at;
  for (; *at < size && *at - begin < GLOBAL_MAX && data[*at] != '\n'; ++*at)
    if (strchr(" \t\r,;:|", data[*at]) != NULL) return false;
  if (*at == begin || *at == size || data[*at] != '\n') return false;
  const unsigned char first = data[begin];
  ++*at;
  return first == '_' || (first >= 'A' && first <= 'Z') || (first >= 'a' && first <= 'z');
}

bool rc_is_pickle(const unsigned char *data, size_t size) {
  if (size < 2) return false;
  if (data[0] == 0x80) return data[1] >= 2 && data[1] <= 5;
  /* Protocols 0 and 1 have no magic: a container, or NumPy's name. */
  static const char *const beginnings[] = {"cnumpy", "(cnumpy", "((c", "]q", "}q", "](", "}(", "(S'", "(S\""};
  for (size_t i = 0; i < sizeof beginnings / sizeof beginnings[0]; i++) {
    const size_t length = strlen(beginnings[i]);
    if (size >= length && memcmp(data, beginnings[i], length) == 0) return true;
  }
  if (data[0] == '(' && (data[1] == 'l' || data[1] == 'd' || data[1] == 't')) return goes_on(data + 2, size - 2);
  if (data[0] == '(' && data[1] == 'V') {
    const unsigned char *end = memchr(data, '\n', size);
    return end != NULL && goes_on(end + 1, size - (size_t)(end + 1 - data));
  }
  /* A GLOBAL of anything: two lines of names. Refused later, with its name. */
  size_t i = data[0] == '(' ? 1 : 0;
  if (data[i] != 'c') return false;
  i++;
  return skip_name(data, size, &i) && skip_name(data, size, &i) && goes_on(data + i, size - i);
}

static void describe(struct rc_header *header, const struct rc_values *values, uint32_t at) {
  const struct rc_array *array = &values->arrays[rc_value_at(values, at)->as.array];
  const struct rc_value *dtype = rc_value_at(values, array->dtype);
  *header = (struct rc_header){
    .format = "pickle",
    .kind = dtype->as.dtype.kind,
    .element = dtype->as.dtype.size,
    .big_endian = dtype->as.dtype.order == '>',
    .fortran = array->fortran,
    .rank = array->rank,
    .offset = array->offset,
  };
  memcpy(header->dims, array->dims, sizeof header->dims);
}

/* Appends the numbers of a list to the content, as an array; false: no memory. */
static bool append_numbers(struct rc_header *header, struct rc_values *values, struct rc_buffer *content, uint32_t at) {
  const uint16_t one = 1;
  const uint32_t count = rc_value_at(values, at)->as.items.count;
  *header = (struct rc_header){
    .format = "pickle",
    .kind = 'i',
    .element = sizeof(int64_t),
    .big_endian = *(const unsigned char *)&one == 0,
    .rank = 1,
    .dims = {count},
    .offset = content->size,
  };
  if (!rc_buffer_reserve(content, content->size + count * sizeof(int64_t))) return false;
  values->content = content->data;
  uint32_t item = rc_value_at(values, at)->as.items.first;
  for (uint32_t i = 0; i < count; i++, item = values->items[item].next) {
    memcpy(content->data + content->size, &rc_value_at(values, values->items[item].value)->as.integer, sizeof(int64_t));
    content->size += sizeof(int64_t);
  }
  return true;
}

static rowcast_status find(struct rc_values *values, struct rc_buffer *content, struct rc_header *header, char **name,
                           const char *member, const char *path, rowcast_error *err) {
  struct rc_pickle_end end;
  rc_wrong wrong = rc_pickle_run(values, content->size, &end);
  if (values->no_memory) return rc_report(err, ROWCAST_ERR_MEMORY, path, "pickle: out of memory");
  if (wrong != NULL) return rc_report(err, ROWCAST_ERR_FORMAT, path, "pickle: %s, at byte %zu", wrong, end.at);
  uint32_t array;
  char text[RC_CHOICE_TEXT];
  const rowcast_status status = rc_pickle_choose(values, end.value, member, &array, name, text);
  if (status != ROWCAST_OK)
    return rc_advise(err, rc_report(err, status, path, "pickle: %s", text), "%s",
                     status == ROWCAST_ERR_ARGUMENT ? "member" : "");
  if (*name == NULL) return rc_report(err, ROWCAST_ERR_MEMORY, path, "pickle: out of memory");
  if (rc_value_at(values, array)->kind == RC_ARRAY) describe(header, values, array);
  else if (!append_numbers(header, values, content, array))
    return rc_report(err, ROWCAST_ERR_MEMORY, path, "pickle: out of memory");
  if (!rc_header_finish(header))
    return rc_report(err, ROWCAST_ERR_FORMAT, path, "pickle: the product of its dimensions overflows");
  return ROWCAST_OK;
}

rowcast_status rc_pickle_find(struct rc_header *header, char **name, struct rc_buffer *content, const char *member,
                              const char *path, rowcast_error *err) {
  struct rc_values values = {.content = content->data};
  *name = NULL;
  const rowcast_status status = find(&values, content, header, name, member, path, err);
  if (status != ROWCAST_OK) {
    free(*name);
    *name = NULL;
  }
  free(values.values);
  free(values.items);
  free(values.arrays);
  return status;
}
