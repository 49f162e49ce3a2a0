/* SPDX-License-Identifier: BSD-3-Clause */
#include "safetensors.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json_text.h"
#include "report.h"

enum { LENGTH_BYTES = 8, HEADER_MOST = 100000000, TENSORS_MOST = 65536, NAMES_TEXT = 512 };

/* A tensor as the header has it. */
struct tensor {
  struct rc_text name; /* in the header */
  char kind;           /* '\0': a type that is not read, which `type` names */
  unsigned char element;
  struct rc_text type;
  size_t rank, dims[ROWCAST_MAX_RANK];
  size_t begin, end; /* of the elements, from the end of the header on */
  size_t at;         /* of the name, for messages */
};

struct tensors {
  struct tensor *all;
  size_t count, capacity;
};

static uint64_t length_of(const unsigned char *data) {
  uint64_t length = 0;
  for (int i = LENGTH_BYTES; i-- > 0;) length = length << 8 | data[i];
  return length;
}

bool rc_is_safetensors(const unsigned char *data, size_t size) {
  return size >= LENGTH_BYTES + 2 && data[LENGTH_BYTES] == '{' && length_of(data) >= 2 &&
         length_of(data) <= HEADER_MOST;
}

static void set_type(struct tensor *tensor) {
  static const struct {
    const char *name;
    char kind;
    unsigned char element;
  } types[] = {{"F32", 'f', 4}, {"F16", 'f', 2}, {"BF16", RC_BFLOAT, 2}, {"F64", 'f', 8}, {"U8", 'u', 1},
               {"I8", 'i', 1},  {"I16", 'i', 2}, {"U16", 'u', 2},        {"I32", 'i', 4}, {"U32", 'u', 4},
               {"I64", 'i', 8}, {"U64", 'u', 8}, {"BOOL", 'b', 1}};
  for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
    if (rc_text_is(tensor->type, types[i].name)) tensor->kind = types[i].kind, tensor->element = types[i].element;
}

/* "[1, 2, 3]" to at most `most` numbers. */
static const char *numbers(struct rc_json *json, size_t *values, size_t most, size_t *count) {
  const char *wrong = rc_json_mark(json, '[');
  *count = 0;
  if (wrong != NULL || rc_json_if(json, ']')) return wrong;
  do {
    if (*count == most) return "too many numbers in a list";
    wrong = rc_json_size(json, &values[(*count)++]);
  } while (wrong == NULL && rc_json_if(json, ','));
  return wrong != NULL ? wrong : rc_json_mark(json, ']');
}

/* What follows a tensor's name: its three members, each once, in any order. */
static const char *describe(struct rc_json *json, struct tensor *tensor) {
  enum { DTYPE = 1, SHAPE = 2, OFFSETS = 4 };
  unsigned seen = 0, member;
  const char *wrong = rc_json_mark(json, '{');
  if (wrong != NULL) return wrong;
  do {
    struct rc_text key;
    wrong = rc_json_key(json, &key);
    if (wrong != NULL) return wrong;
    size_t places[2], count;
    if (rc_text_is(key, "dtype")) {
      member = DTYPE;
      wrong = rc_json_string(json, &tensor->type);
    } else if (rc_text_is(key, "shape")) {
      member = SHAPE;
      wrong = numbers(json, tensor->dims, ROWCAST_MAX_RANK, &tensor->rank);
    } else if (rc_text_is(key, "data_offsets")) {
      member = OFFSETS;
      wrong = numbers(json, places, 2, &count);
      if (wrong == NULL && count != 2) return "data_offsets are not two numbers";
      if (wrong == NULL) tensor->begin = places[0], tensor->end = places[1];
    } else return "a tensor has a member other than dtype, shape and data_offsets";
    if (wrong != NULL) return wrong;
    if (seen & member) return "a member of a tensor is there twice";
    seen |= member;
  } while (rc_json_if(json, ','));
  wrong = rc_json_mark(json, '}');
  if (wrong == NULL && seen != (DTYPE | SHAPE | OFFSETS)) wrong = "a tensor lacks its dtype, shape or data_offsets";
  if (wrong == NULL && tensor->end < tensor->begin) wrong = "data_offsets end before they begin";
  set_type(tensor);
  return wrong;
}

/* __metadata__: strings, which mean nothing here. */
static const char *pass_metadata(struct rc_json *json) {
  struct rc_text text;
  const char *wrong = rc_json_mark(json, '{');
  if (wrong != NULL || rc_json_if(json, '}')) return wrong;
  do {
    wrong = rc_json_key(json, &text);
    if (wrong == NULL) wrong = rc_json_string(json, &text);
  } while (wrong == NULL && rc_json_if(json, ','));
  return wrong != NULL ? wrong : rc_json_mark(json, '}');
}

static const char no_memory[] = "out of memory";

static const char *add(struct tensors *tensors, struct rc_json *json, struct rc_text name) {
  if (tensors->count == TENSORS_MOST) return "more than 65536 tensors";
  if (tensors->count == tensors->capacity) {
    const size_t more = tensors->capacity == 0 ? 16 : 2 * tensors->capacity;
    struct tensor *all = reallocarray(tensors->all, more, sizeof *all);
    if (all == NULL) return no_memory;
    tensors->all = all;
    tensors->capacity = more;
  }
  struct tensor *tensor = &tensors->all[tensors->count];
  *tensor = (struct tensor){.name = name, .at = json->at};
  const char *wrong = describe(json, tensor);
  if (wrong == NULL) tensors->count++;
  return wrong;
}

static const char *parse(struct tensors *tensors, struct rc_json *json) {
  bool metadata = false;
  const char *wrong = rc_json_mark(json, '{');
  if (wrong != NULL) return wrong;
  if (!rc_json_if(json, '}')) {
    do {
      struct rc_text name;
      wrong = rc_json_key(json, &name);
      if (wrong != NULL) return wrong;
      if (rc_text_is(name, "__metadata__")) {
        if (metadata) return "__metadata__ is there twice";
        metadata = true;
        wrong = pass_metadata(json);
      } else wrong = add(tensors, json, name);
      if (wrong != NULL) return wrong;
    } while (rc_json_if(json, ','));
    wrong = rc_json_mark(json, '}');
  }
  return wrong != NULL ? wrong : rc_json_end(json);
}

static int by_name(const void *left, const void *right) {
  return rc_text_compare(((const struct tensor *)left)->name, ((const struct tensor *)right)->name);
}

static int by_place(const void *left, const void *right) {
  const struct tensor *a = left, *b = right;
  if (a->begin != b->begin) return a->begin < b->begin ? -1 : 1;
  return (a->end > b->end) - (a->end < b->end);
}

/* Of a tensor: do its places hold what its shape says? Of a type that is not read the size is not known. */
static const char *fill_header(struct rc_header *header, const struct tensor *tensor, size_t first) {
  *header = (struct rc_header){.format = "safetensors",
                               .kind = tensor->kind,
                               .element = tensor->element,
                               .rank = tensor->rank,
                               .offset = first + tensor->begin};
  memcpy(header->dims, tensor->dims, sizeof header->dims);
  if (!rc_header_finish(header)) return "the product of its dimensions overflows";
  return header->bytes == tensor->end - tensor->begin ? NULL
                                                      : "its data_offsets are not as far apart as its shape says";
}

/* Sorts by place, and checks all of them. *wrong is the first tensor that is. */
static const char *check(struct tensors *tensors, const struct tensor **wrong, size_t first) {
  if (tensors->count == 0) return NULL;
  qsort(tensors->all, tensors->count, sizeof *tensors->all, by_name);
  for (size_t i = 1; i < tensors->count; i++) {
    *wrong = &tensors->all[i];
    if (by_name(&tensors->all[i - 1], *wrong) == 0) return "its name is there twice";
  }
  qsort(tensors->all, tensors->count, sizeof *tensors->all, by_place);
  size_t end = 0;
  for (size_t i = 0; i < tensors->count; i++) {
    const struct tensor *tensor = *wrong = &tensors->all[i];
    struct rc_header header;
    const char *what = tensor->kind == '\0' ? NULL : fill_header(&header, tensor, first);
    if (what != NULL) return what;
    if (tensor->begin != end) return tensor->begin < end ? "it overlaps another" : "there is a gap before it";
    end = tensor->end;
  }
  return NULL;
}

static void list_names(const struct tensors *tensors, char *text) {
  size_t length = 0;
  for (size_t i = 0; i < tensors->count; i++) {
    const struct rc_text name = tensors->all[i].name;
    if (length + name.size + 10 > NAMES_TEXT) {
      snprintf(text + length, NAMES_TEXT - length, ", ...");
      return;
    }
    length +=
      (size_t)snprintf(text + length, NAMES_TEXT - length, "%s%.*s", i > 0 ? ", " : "", (int)name.size, name.at);
  }
}

static rowcast_status choose(const struct tensors *tensors, const char *array, const struct tensor **chosen,
                             const char *path, rowcast_error *err) {
  char names[NAMES_TEXT] = "none";
  *chosen = NULL;
  list_names(tensors, names);
  size_t fitting = 0;
  for (size_t i = 0; i < tensors->count; i++) {
    const struct tensor *tensor = &tensors->all[i];
    const bool fits = array != NULL        ? rc_text_is(tensor->name, array)
                      : tensors->count > 1 ? tensor->rank == 2 || tensor->rank == 3
                                           : true;
    if (fits && fitting++ == 0) *chosen = tensor;
  }
  if (fitting == 1) return ROWCAST_OK;
  if (array != NULL)
    return rc_report(err, ROWCAST_ERR_NOT_FOUND, path, "safetensors: no tensor is named '%.80s'; it has %s", array,
                     names);
  return rc_advise(
    err,
    rc_report(err, ROWCAST_ERR_ARGUMENT, path, "safetensors: %s; name one of %s",
              fitting == 0 ? "no tensor has 2 or 3 dimensions" : "several tensors have 2 or 3 dimensions", names),
    "array");
}

static rowcast_status find(struct tensors *tensors, struct rc_header *header, char **name,
                           const struct rc_buffer *content, const char *array, bool allow_trailing, const char *path,
                           rowcast_error *err) {
  const uint64_t length = length_of(content->data);
  if (length > content->size - LENGTH_BYTES)
    return rc_report(err, ROWCAST_ERR_FORMAT, path, "safetensors: truncated: %zu of %llu bytes of the header",
                     content->size - LENGTH_BYTES, (unsigned long long)length);
  const size_t first = LENGTH_BYTES + (size_t)length, there = content->size - first;
  struct rc_json json = {(char *)content->data, LENGTH_BYTES, first};
  const char *wrong = parse(tensors, &json);
  if (wrong == no_memory) return rc_report(err, ROWCAST_ERR_MEMORY, path, "safetensors: %s", wrong);
  if (wrong != NULL) return rc_report(err, ROWCAST_ERR_FORMAT, path, "safetensors: %s, at byte %zu", wrong, json.at);
  const struct tensor *tensor = NULL;
  wrong = check(tensors, &tensor, first);
  if (wrong != NULL)
    return rc_report(err, ROWCAST_ERR_FORMAT, path, "safetensors: tensor '%.*s': %s, at byte %zu",
                     tensor->name.size < 100 ? (int)tensor->name.size : 100, tensor->name.at, wrong, tensor->at);
  const size_t end = tensors->count > 0 ? tensors->all[tensors->count - 1].end : 0;
  if (end > there)
    return rc_report(err, ROWCAST_ERR_FORMAT, path, "safetensors: truncated: %zu of %zu bytes of elements", there, end);
  if (end < there && !allow_trailing)
    return rc_advise(err,
                     rc_report(err, ROWCAST_ERR_FORMAT, path,
                               "safetensors: %zu byte%s after the last tensor, at byte %zu", there - end,
                               RC_S(there - end), first + end),
                     "allow_trailing=1");
  const rowcast_status status = choose(tensors, array, &tensor, path, err);
  if (status != ROWCAST_OK) return status;
  if (tensor->kind == '\0')
    return rc_report(err, ROWCAST_ERR_FORMAT, path, "safetensors: elements of type %.*s are not read",
                     tensor->type.size < 20 ? (int)tensor->type.size : 20, tensor->type.at);
  fill_header(header, tensor, first);
  *name = strndup(tensor->name.at, tensor->name.size);
  return *name != NULL ? ROWCAST_OK : rc_report(err, ROWCAST_ERR_MEMORY, path, "safetensors: out of memory");
}

rowcast_status rc_safetensors_find(struct rc_header *header, char **name, struct rc_buffer *content, const char *array,
                                   bool allow_trailing, const char *path, rowcast_error *err) {
  struct tensors tensors = {0};
  const rowcast_status status = find(&tensors, header, name, content, array, allow_trailing, path, err);
  free(tensors.all);
  return status;
}
