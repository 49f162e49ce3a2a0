/* SPDX-License-Identifier: BSD-3-Clause */
/* The opcodes: a stack machine without recursion that knows 51 of them. */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "pickle_values.h"

enum {
  STACK_MAX = 1024,
  MARKS_MAX = 64,
  MEMO_MAX = 1 << 16 /* largest index; cPickle leaves gaps */
};

struct machine {
  struct rc_values *values;
  const unsigned char *data;
  size_t size, at, opcode_at, frame_end;
  uint32_t stack[STACK_MAX];
  size_t depth, fence;                 /* nothing below the fence may be taken: a MARK lies between */
  size_t marks[MARKS_MAX], mark_count; /* the fences that were */
  uint32_t *memo;                      /* UINT32_MAX: unused */
  size_t memo_room, memo_count;
  char *refused; /* text of an error with a name in it */
  bool stopped;
};

/* A read that begins in a frame must not reach beyond it. */
static size_t end_of_reach(const struct machine *m) { return m->at < m->frame_end ? m->frame_end : m->size; }

/* `count` bytes of the stream; NULL: it ends before. */
static const unsigned char *take(struct machine *m, uint64_t count) {
  if (count > end_of_reach(m) - m->at) return NULL;
  const unsigned char *bytes = m->data + m->at;
  m->at += (size_t)count;
  return bytes;
}

static bool take_number(struct machine *m, size_t bytes, uint64_t *number) {
  const unsigned char *p = take(m, bytes);
  if (p == NULL) return false;
  *number = 0;
  for (size_t i = bytes; i-- > 0;) *number = *number << 8 | p[i];
  return true;
}

static const char truncated[] = "truncated";

/* A line without its end. */
static rc_wrong take_line(struct machine *m, size_t *offset, size_t *length) {
  const unsigned char *end = m->at < m->size ? memchr(m->data + m->at, '\n', end_of_reach(m) - m->at) : NULL;
  if (end == NULL) return truncated;
  *offset = m->at;
  *length = (size_t)(end - (m->data + m->at));
  m->at += *length + 1;
  return NULL;
}

static const char too_many[] = "more values than any pickle of arrays needs";

static rc_wrong push(struct machine *m, uint32_t value) {
  if (value == UINT32_MAX) return too_many;
  if (m->depth == STACK_MAX) return "a stack of more than 1024 values";
  m->stack[m->depth++] = value;
  return NULL;
}

static rc_wrong push_new(struct machine *m, struct rc_value value) { return push(m, rc_value_new(m->values, value)); }

static rc_wrong push_int(struct machine *m, int64_t integer) {
  return push_new(m, (struct rc_value){.kind = RC_INT, .as.integer = integer});
}

static bool pop(struct machine *m, uint32_t *value) {
  if (m->depth == m->fence) return false;
  *value = m->stack[--m->depth];
  return true;
}

static const char empty_stack[] = "an opcode that takes more values than there are";

static rc_wrong put_mark(struct machine *m) {
  if (m->mark_count == MARKS_MAX) return "more than 64 levels of nesting";
  m->marks[m->mark_count++] = m->fence;
  m->fence = m->depth;
  return NULL;
}

/* The values after the last MARK are stack[*first..depth); the caller sets the depth. */
static bool take_mark(struct machine *m, size_t *first) {
  if (m->mark_count == 0) return false;
  *first = m->fence;
  m->fence = m->marks[--m->mark_count];
  return true;
}

/* Makes stack[first..depth) the items of an existing container, or of a new one. */
static rc_wrong fill(struct machine *m, uint32_t container, size_t first) {
  for (size_t i = first; i < m->depth; i++)
    if (!rc_value_append(m->values, container, m->stack[i])) return too_many;
  m->depth = first;
  return NULL;
}

static rc_wrong collect(struct machine *m, enum rc_value_kind kind, size_t first) {
  const uint32_t container = rc_value_new(m->values, (struct rc_value){.kind = kind});
  if (container == UINT32_MAX) return too_many;
  const rc_wrong wrong = fill(m, container, first);
  return wrong != NULL ? wrong : push(m, container);
}

static rc_wrong collect_marked(struct machine *m, enum rc_value_kind kind) {
  size_t first;
  if (!take_mark(m, &first)) return "an opcode that needs a MARK";
  if (kind == RC_DICT && (m->depth - first) % 2 != 0) return "a dictionary with a key without a value";
  return collect(m, kind, first);
}

static rc_wrong collect_last(struct machine *m, size_t count) {
  if (m->depth - m->fence < count) return empty_stack;
  return collect(m, RC_TUPLE, m->depth - count);
}

/* APPEND(S), SETITEM(S): `count` values, or those after a MARK (0), go into the container below. */
static rc_wrong extend(struct machine *m, enum rc_value_kind kind, size_t count) {
  size_t first = 0;
  if (count == 0) {
    if (!take_mark(m, &first)) return "an opcode that needs a MARK";
  } else {
    if (m->depth - m->fence < count) return empty_stack;
    first = m->depth - count;
  }
  if (first == m->fence) return empty_stack;
  const uint32_t container = m->stack[first - 1];
  if (rc_value_at(m->values, container)->kind != kind) return "items for something that is not a list or dictionary";
  if (kind == RC_DICT && (m->depth - first) % 2 != 0) return "a dictionary with a key without a value";
  return fill(m, container, first);
}

static rc_wrong push_slice(struct machine *m, enum rc_value_kind kind, size_t length_bytes, bool is_signed) {
  uint64_t length;
  if (!take_number(m, length_bytes, &length)) return truncated;
  if (is_signed && length > INT32_MAX) return "a string of negative length";
  struct rc_value value = {.kind = kind};
  value.as.slice.offset = m->at;
  value.as.slice.size = (size_t)length;
  if (take(m, length) == NULL) return truncated;
  return push_new(m, value);
}

/* A whole decimal number; a suffix is skipped. */
static rc_wrong push_decimal(struct machine *m, bool is_long) {
  size_t offset, length;
  rc_wrong wrong = take_line(m, &offset, &length);
  if (wrong != NULL) return wrong;
  const char *text = (const char *)m->data + offset;
  if (!is_long && length == 2 && text[0] == '0' && (text[1] == '0' || text[1] == '1'))
    return push_new(m, (struct rc_value){.kind = RC_BOOL, .as.integer = text[1] == '1'});
  if (is_long && length > 0 && text[length - 1] == 'L') length--;
  int64_t number;
  wrong = rc_pickle_decimal((const unsigned char *)text, length, &number);
  if (wrong != NULL) return wrong;
  return push_int(m, number);
}

static rc_wrong push_float_line(struct machine *m) {
  size_t offset, length;
  const rc_wrong wrong = take_line(m, &offset, &length);
  if (wrong != NULL) return wrong;
  if (length == 0 || length > 400) return "a malformed number";
  /* An array does not need the value: only its characters are checked. */
  for (size_t i = 0; i < length; i++)
    if (strchr("0123456789+-.eEinfa", (char)m->data[offset + i]) == NULL || m->data[offset + i] == 0)
      return "a malformed number";
  return push_new(m, (struct rc_value){.kind = RC_FLOAT});
}

/* LONG1, LONG4: two's complement, little-endian. */
static rc_wrong push_long(struct machine *m, size_t length_bytes) {
  uint64_t length, bits = 0;
  if (!take_number(m, length_bytes, &length)) return truncated;
  if (length > 8) return "a number of more than 64 bits";
  if (!take_number(m, (size_t)length, &bits)) return truncated;
  const unsigned unused = 64 - 8 * (unsigned)length;
  return push_int(m, length == 0 ? 0 : (int64_t)(bits << unused) >> unused);
}

/* A quoted string with Python's escapes, decoded where it lies. */
static rc_wrong push_quoted(struct machine *m) {
  struct rc_value value = {.kind = RC_BYTES};
  size_t length;
  rc_wrong wrong = take_line(m, &value.as.slice.offset, &length);
  if (wrong == NULL)
    wrong = rc_pickle_unquote(m->values->content + value.as.slice.offset, length, &value.as.slice.size);
  return wrong != NULL ? wrong : push_new(m, value);
}

/* A line of text. Text that is not Latin-1 cannot be an array's elements. */
static rc_wrong push_unicode_line(struct machine *m) {
  struct rc_value value = {.kind = RC_LATIN1};
  size_t length;
  bool wide;
  rc_wrong wrong = take_line(m, &value.as.slice.offset, &length);
  if (wrong == NULL)
    wrong = rc_pickle_unescape(m->values->content + value.as.slice.offset, length, &value.as.slice.size, &wide);
  if (wrong != NULL) return wrong;
  if (wide) value = (struct rc_value){.kind = RC_OTHER};
  return push_new(m, value);
}

static rc_wrong push_global(struct machine *m, size_t module, size_t module_size, size_t name, size_t name_size) {
  struct rc_value value = {.kind = RC_TOKEN};
  const struct rc_name full = {m->data + module, m->data + name, module_size, name_size};
  const rc_wrong wrong = rc_pickle_global(&full, &value.as.token, m->refused);
  return wrong != NULL ? wrong : push_new(m, value);
}

static rc_wrong global_lines(struct machine *m) {
  size_t module, module_size, name, name_size;
  rc_wrong wrong = take_line(m, &module, &module_size);
  if (wrong == NULL) wrong = take_line(m, &name, &name_size);
  return wrong != NULL ? wrong : push_global(m, module, module_size, name, name_size);
}

static rc_wrong stack_global(struct machine *m) {
  uint32_t name, module;
  if (!pop(m, &name) || !pop(m, &module)) return empty_stack;
  const struct rc_value *n = rc_value_at(m->values, name), *o = rc_value_at(m->values, module);
  if ((n->kind != RC_UTF8 && n->kind != RC_LATIN1) || (o->kind != RC_UTF8 && o->kind != RC_LATIN1))
    return "a global whose name is not text";
  return push_global(m, o->as.slice.offset, o->as.slice.size, n->as.slice.offset, n->as.slice.size);
}

/* A re-used place would let two readers see two different things. */
static rc_wrong memo_put(struct machine *m, uint64_t index) {
  if (m->depth == m->fence) return empty_stack;
  if (index >= MEMO_MAX) return "a memo of more than 65536 entries";
  if (index >= m->memo_room) {
    const size_t room = index < 128 ? 256 : 2 * (size_t)index;
    uint32_t *grown = realloc(m->memo, room * sizeof *grown);
    m->values->no_memory = grown == NULL;
    if (grown == NULL) return too_many;
    memset(grown + m->memo_room, 0xff, (room - m->memo_room) * sizeof *grown);
    m->memo = grown;
    m->memo_room = room;
  }
  if (m->memo[index] != UINT32_MAX) return "a memo entry that is used twice";
  m->memo[index] = m->stack[m->depth - 1];
  m->memo_count++;
  return NULL;
}

static rc_wrong memo_get(struct machine *m, uint64_t index) {
  if (index >= m->memo_room || m->memo[index] == UINT32_MAX) return "a memo entry that is empty";
  return push(m, m->memo[index]);
}

static rc_wrong memo_line(struct machine *m, bool put) {
  size_t offset, length;
  const rc_wrong wrong = take_line(m, &offset, &length);
  if (wrong != NULL) return wrong;
  uint64_t index = 0;
  if (length == 0 || length > 9) return "a malformed memo number";
  for (size_t i = 0; i < length; i++) {
    if (m->data[offset + i] < '0' || m->data[offset + i] > '9') return "a malformed memo number";
    index = index * 10 + (uint64_t)(m->data[offset + i] - '0');
  }
  return put ? memo_put(m, index) : memo_get(m, index);
}

static rc_wrong memo_binary(struct machine *m, size_t bytes, bool put) {
  uint64_t index;
  if (!take_number(m, bytes, &index)) return truncated;
  return put ? memo_put(m, index) : memo_get(m, index);
}

static rc_wrong reduce(struct machine *m) {
  uint32_t arguments, function, result;
  if (!pop(m, &arguments) || !pop(m, &function)) return empty_stack;
  const rc_wrong wrong = rc_pickle_reduce(m->values, function, arguments, &result);
  return wrong != NULL ? wrong : push(m, result);
}

static rc_wrong build(struct machine *m) {
  uint32_t state;
  if (!pop(m, &state) || m->depth == m->fence) return empty_stack;
  return rc_pickle_build(m->values, m->stack[m->depth - 1], state);
}

/* INST names what it would make. */
static rc_wrong refuse_inst(struct machine *m) {
  size_t module, module_size, name, name_size;
  if (take_line(m, &module, &module_size) != NULL || take_line(m, &name, &name_size) != NULL) return truncated;
  return rc_pickle_refuse_inst(&(struct rc_name){m->data + module, m->data + name, module_size, name_size}, m->refused);
}

static rc_wrong push_binary(struct machine *m, size_t bytes, bool is_signed) {
  uint64_t number;
  if (!take_number(m, bytes, &number)) return truncated;
  return push_int(m, is_signed ? (int32_t)(uint32_t)number : (int64_t)number);
}

static rc_wrong skip(struct machine *m, size_t bytes) { return take(m, bytes) != NULL ? NULL : truncated; }

/* FRAME is only a hint, but it can be false. Frames do not overlap. */
static rc_wrong frame(struct machine *m) {
  uint64_t length;
  if (!take_number(m, 8, &length)) return truncated;
  if (m->at < m->frame_end) return "a frame within a frame";
  if (length > m->size - m->at) return "a frame that is longer than the file";
  m->frame_end = m->at + (size_t)length;
  return NULL;
}

static rc_wrong protocol(struct machine *m) {
  uint64_t version;
  if (!take_number(m, 1, &version)) return truncated;
  return version <= 5 ? NULL : "a protocol above 5";
}

static rc_wrong step(struct machine *m, unsigned char opcode) {
  switch (opcode) {
  case 0x80: return protocol(m);
  case 0x95: return frame(m);
  case '(': return put_mark(m);
  case '.': m->stopped = true; return NULL;
  case 'N': return push_new(m, (struct rc_value){.kind = RC_NONE});
  case 0x88: return push_new(m, (struct rc_value){.kind = RC_BOOL, .as.integer = 1});
  case 0x89: return push_new(m, (struct rc_value){.kind = RC_BOOL});
  case 'I': return push_decimal(m, false);
  case 'L': return push_decimal(m, true);
  case 'F': return push_float_line(m);
  case 'G': {
    const rc_wrong wrong = skip(m, 8);
    return wrong != NULL ? wrong : push_new(m, (struct rc_value){.kind = RC_FLOAT});
  }
  case 'J': return push_binary(m, 4, true);
  case 'K': return push_binary(m, 1, false);
  case 'M': return push_binary(m, 2, false);
  case 0x8a: return push_long(m, 1);
  case 0x8b: return push_long(m, 4);
  case 'S': return push_quoted(m);
  case 'V': return push_unicode_line(m);
  case 'T': return push_slice(m, RC_BYTES, 4, true);
  case 'U':
  case 'C': return push_slice(m, RC_BYTES, 1, false);
  case 'B': return push_slice(m, RC_BYTES, 4, false);
  case 0x8e:
  case 0x96: return push_slice(m, RC_BYTES, 8, false);
  case 'X': return push_slice(m, RC_UTF8, 4, false);
  case 0x8c: return push_slice(m, RC_UTF8, 1, false);
  case 0x8d: return push_slice(m, RC_UTF8, 8, false);
  case ')': return push_new(m, (struct rc_value){.kind = RC_TUPLE});
  case ']': return push_new(m, (struct rc_value){.kind = RC_LIST});
  case '}': return push_new(m, (struct rc_value){.kind = RC_DICT});
  case 't': return collect_marked(m, RC_TUPLE);
  case 'l': return collect_marked(m, RC_LIST);
  case 'd': return collect_marked(m, RC_DICT);
  case 0x85:
  case 0x86:
  case 0x87: return collect_last(m, (size_t)(opcode - 0x84));
  case 'a': return extend(m, RC_LIST, 1);
  case 'e': return extend(m, RC_LIST, 0);
  case 's': return extend(m, RC_DICT, 2);
  case 'u': return extend(m, RC_DICT, 0);
  case 'g': return memo_line(m, false);
  case 'p': return memo_line(m, true);
  case 'h': return memo_binary(m, 1, false);
  case 'j': return memo_binary(m, 4, false);
  case 'q': return memo_binary(m, 1, true);
  case 'r': return memo_binary(m, 4, true);
  case 0x94: return memo_put(m, m->memo_count);
  case 'c': return global_lines(m);
  case 0x93: return stack_global(m);
  case 'R': return reduce(m);
  case 'b': return build(m);
  case 0x69: return refuse_inst(m);
  default: return rc_pickle_refuse(opcode, m->refused);
  }
}

/* Runs to STOP, which leaves one value. */
static rc_wrong run_to_stop(struct machine *m) {
  rc_wrong wrong = NULL;
  while (wrong == NULL && !m->stopped) {
    m->opcode_at = m->at;
    const unsigned char *opcode = take(m, 1);
    wrong = opcode == NULL ? truncated : step(m, *opcode);
  }
  if (wrong != NULL) return wrong;
  if (m->mark_count > 0 || m->depth != 1) return "a STOP without exactly one value";
  return m->at == m->size ? NULL : "bytes after the STOP";
}

rc_wrong rc_pickle_run(struct rc_values *values, size_t size, struct rc_pickle_end *end) {
  struct machine *m = calloc(1, sizeof *m);
  if (m == NULL) {
    values->no_memory = true;
    return "out of memory";
  }
  m->values = values;
  m->data = values->content;
  m->size = size;
  m->refused = end->text;
  const rc_wrong wrong = run_to_stop(m);
  end->at = m->opcode_at;
  if (wrong == NULL) end->value = m->stack[0];
  free(m->memo);
  free(m);
  return wrong;
}
