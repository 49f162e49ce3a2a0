/* SPDX-License-Identifier: BSD-3-Clause */
/* The few calls that pickles of arrays make, carried out on our own values. */
#include <string.h>

#include "pickle_values.h"

static size_t count_of(const struct rc_values *values, uint32_t at) { return rc_value_at(values, at)->as.items.count; }

static bool is_kind(const struct rc_values *values, uint32_t at, enum rc_value_kind kind) {
  return rc_value_at(values, at)->kind == kind;
}

static bool is_int(const struct rc_values *values, uint32_t at, int64_t wanted) {
  return is_kind(values, at, RC_INT) && rc_value_at(values, at)->as.integer == wanted;
}

static bool is_number(const struct rc_values *values, uint32_t at) {
  return is_kind(values, at, RC_INT) || is_kind(values, at, RC_BOOL);
}

/* Turns text into the bytes that its code points are, in place: no character takes more room than before. */
static rc_wrong to_bytes(struct rc_values *values, uint32_t at, size_t *offset, size_t *size) {
  struct rc_value *value = rc_value_at(values, at);
  if (value->kind != RC_BYTES && value->kind != RC_UTF8 && value->kind != RC_LATIN1)
    return "elements that are not bytes";
  *offset = value->as.slice.offset;
  if (value->kind == RC_UTF8) {
    unsigned char *text = values->content + value->as.slice.offset;
    const size_t length = value->as.slice.size;
    size_t to = 0;
    for (size_t from = 0; from < length; from++) {
      unsigned c = text[from];
      if (c >= 0x80) {
        /* Two bytes reach to 0x7ff; Latin-1 ends at 0xff: c2 or c3, and one of 80..bf. */
        if ((c != 0xc2 && c != 0xc3) || from + 1 == length || (text[from + 1] & 0xc0) != 0x80)
          return "text that is not Latin-1 where elements should be";
        c = (c & 3) << 6 | (text[++from] & 0x3f);
      }
      text[to++] = (unsigned char)c;
    }
    value->kind = RC_LATIN1;
    value->as.slice.size = to;
  }
  *size = value->as.slice.size;
  return NULL;
}

static rc_wrong new_value(struct rc_values *values, struct rc_value value, uint32_t *result) {
  *result = rc_value_new(values, value);
  return *result == UINT32_MAX ? "more values than any pickle of arrays needs" : NULL;
}

static rc_wrong make_dtype(struct rc_values *values, uint32_t arguments, uint32_t *result) {
  static const char *const known[] = {"b1", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f2", "f4", "f8"};
  if (count_of(values, arguments) != 3 || !is_number(values, rc_value_item(values, arguments, 1)) ||
      !is_number(values, rc_value_item(values, arguments, 2)))
    return "a dtype of an unknown form";
  const uint32_t name = rc_value_item(values, arguments, 0);
  for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
    if (rc_value_is_text(values, name, known[i]))
      return new_value(
        values, (struct rc_value){.kind = RC_DTYPE, .as.dtype = {known[i][0], 0, (unsigned char)(known[i][1] - '0')}},
        result);
  if (rc_value_is_text(values, name, "O8") || rc_value_is_text(values, name, "O"))
    return "an array of Python objects, which are never read";
  return "an element type that is not supported (supported: b1 i1 u1 i2 u2 i4 u4 i8 u8 f2 f4 f8)";
}

/* The array made of a shape, a dtype, an order and bytes. */
static rc_wrong fill_array(struct rc_values *values, uint32_t object, uint32_t shape, uint32_t dtype, bool fortran,
                           uint32_t data) {
  if (!is_kind(values, shape, RC_TUPLE)) return "an array whose shape is not a tuple";
  if (!is_kind(values, dtype, RC_DTYPE) || rc_value_at(values, dtype)->as.dtype.order == 0)
    return "an array without an element type";
  struct rc_array array = {.built = true, .dtype = dtype, .fortran = fortran, .rank = count_of(values, shape)};
  if (array.rank > ROWCAST_MAX_RANK) return "an array of more than 32 dimensions";
  size_t bytes = rc_value_at(values, dtype)->as.dtype.size;
  bool empty = false;
  for (size_t d = 0; d < array.rank; d++) {
    const uint32_t at = rc_value_item(values, shape, d);
    if (!is_kind(values, at, RC_INT) || rc_value_at(values, at)->as.integer < 0)
      return "an array whose dimensions are not numbers";
    array.dims[d] = (size_t)rc_value_at(values, at)->as.integer;
    if (array.dims[d] == 0) empty = true;
    else if (__builtin_mul_overflow(bytes, array.dims[d], &bytes)) return "an array whose dimensions overflow";
  }
  const rc_wrong wrong = to_bytes(values, data, &array.offset, &array.size);
  if (wrong != NULL) return wrong;
  if (array.size != (empty ? 0 : bytes)) return "an array with more or fewer elements than its shape says";
  values->arrays[rc_value_at(values, object)->as.array] = array;
  return NULL;
}

/* numpy.core.numeric._frombuffer(bytes, dtype, shape, order[, axes]). */
static rc_wrong from_buffer(struct rc_values *values, uint32_t arguments, uint32_t *result) {
  const size_t count = count_of(values, arguments);
  if (count != 4 && count != 5) return "an array buffer of an unknown form";
  const uint32_t order = rc_value_item(values, arguments, 3);
  const bool c = rc_value_is_text(values, order, "C"), f = rc_value_is_text(values, order, "F");
  if (!(c || f) || (count == 5 && !is_kind(values, rc_value_item(values, arguments, 4), RC_NONE)))
    return "an array buffer in an order other than C or F";
  const rc_wrong wrong = new_value(values, (struct rc_value){.kind = RC_ARRAY}, result);
  if (wrong != NULL) return wrong;
  return fill_array(values, *result, rc_value_item(values, arguments, 2), rc_value_item(values, arguments, 1), f,
                    rc_value_item(values, arguments, 0));
}

static rc_wrong encode(struct rc_values *values, uint32_t arguments, uint32_t *result) {
  if (count_of(values, arguments) != 2) return "an encoding of an unknown form";
  const uint32_t text = rc_value_item(values, arguments, 0), name = rc_value_item(values, arguments, 1);
  if (is_kind(values, text, RC_BYTES) || !rc_value_is_text(values, name, "latin1"))
    return "an encoding other than Latin-1 of text";
  struct rc_value bytes = {.kind = RC_BYTES};
  const rc_wrong wrong = to_bytes(values, text, &bytes.as.slice.offset, &bytes.as.slice.size);
  return wrong != NULL ? wrong : new_value(values, bytes, result);
}

static rc_wrong reconstruct(struct rc_values *values, uint32_t arguments, uint32_t *result) {
  if (count_of(values, arguments) != 3) return "an array of an unknown form";
  const uint32_t type = rc_value_item(values, arguments, 0), shape = rc_value_item(values, arguments, 1);
  if (!is_kind(values, type, RC_TOKEN) || rc_value_at(values, type)->as.token != RC_NDARRAY ||
      !is_kind(values, shape, RC_TUPLE) || count_of(values, shape) != 1 ||
      !is_int(values, rc_value_item(values, shape, 0), 0) ||
      !rc_value_is_text(values, rc_value_item(values, arguments, 2), "b"))
    return "an array of an unknown form";
  return new_value(values, (struct rc_value){.kind = RC_ARRAY}, result);
}

rc_wrong rc_pickle_reduce(struct rc_values *values, uint32_t function, uint32_t arguments, uint32_t *result) {
  if (!is_kind(values, function, RC_TOKEN)) return "a call of something that is not a function";
  if (!is_kind(values, arguments, RC_TUPLE)) return "a call whose arguments are not a tuple";
  switch (rc_value_at(values, function)->as.token) {
  case RC_DTYPE_TYPE: return make_dtype(values, arguments, result);
  case RC_RECONSTRUCT: return reconstruct(values, arguments, result);
  case RC_ENCODE: return encode(values, arguments, result);
  case RC_FROMBUFFER: return from_buffer(values, arguments, result);
  case RC_BYTES_TYPE:
    if (count_of(values, arguments) != 0) return "a call of bytes with arguments";
    return new_value(values, (struct rc_value){.kind = RC_BYTES}, result);
  case RC_SCALAR:
    if (count_of(values, arguments) != 2 || !is_kind(values, rc_value_item(values, arguments, 0), RC_DTYPE))
      return "a scalar of an unknown form";
    return new_value(values, (struct rc_value){.kind = RC_OTHER}, result);
  case RC_NDARRAY: break;
  }
  return "a call of numpy.ndarray";
}

/* dtype.__setstate__: (3, order, None, None, None, -1, -1, 0); older NumPy wrote no flags. */
static rc_wrong build_dtype(struct rc_values *values, uint32_t object, uint32_t state) {
  const size_t count = count_of(values, state);
  if (rc_value_at(values, object)->as.dtype.order != 0) return "a dtype that is built twice";
  if ((count != 7 && count != 8) || !is_int(values, rc_value_item(values, state, 0), 3))
    return "a dtype with metadata or of an unknown form";
  for (size_t i = 2; i < 5; i++)
    if (!is_kind(values, rc_value_item(values, state, i), RC_NONE)) return "a dtype with fields";
  for (size_t i = 5; i < count; i++)
    if (!is_int(values, rc_value_item(values, state, i), i < 7 ? -1 : 0)) return "a dtype of an unknown form";
  const uint32_t order = rc_value_item(values, state, 1);
  struct rc_value *dtype = rc_value_at(values, object);
  if (rc_value_is_text(values, order, "<")) dtype->as.dtype.order = '<';
  else if (rc_value_is_text(values, order, ">")) dtype->as.dtype.order = '>';
  else if (rc_value_is_text(values, order, "|") && dtype->as.dtype.size == 1) dtype->as.dtype.order = '|';
  else return "a dtype of an unknown byte order";
  return NULL;
}

/* ndarray.__setstate__: (1, shape, dtype, is_fortran, data), or without the version. */
static rc_wrong build_array(struct rc_values *values, uint32_t object, uint32_t state) {
  const size_t count = count_of(values, state);
  if (values->arrays[rc_value_at(values, object)->as.array].built) return "an array that is built twice";
  if (count != 4 && count != 5) return "an array of an unknown form";
  const size_t at = count - 4;
  const uint32_t fortran = rc_value_item(values, state, at + 2);
  if ((count == 5 && !is_int(values, rc_value_item(values, state, 0), 1)) || !is_number(values, fortran))
    return "an array of an unknown form";
  return fill_array(values, object, rc_value_item(values, state, at), rc_value_item(values, state, at + 1),
                    rc_value_at(values, fortran)->as.integer != 0, rc_value_item(values, state, at + 3));
}

rc_wrong rc_pickle_build(struct rc_values *values, uint32_t object, uint32_t state) {
  const enum rc_value_kind kind = rc_value_at(values, object)->kind;
  if (kind != RC_DTYPE && kind != RC_ARRAY) return "a state for something that is neither array nor dtype";
  if (!is_kind(values, state, RC_TUPLE)) return "a state that is not a tuple";
  return kind == RC_DTYPE ? build_dtype(values, object, state) : build_array(values, object, state);
}
