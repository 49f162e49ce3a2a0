/* SPDX-License-Identifier: BSD-3-Clause */
/* What a pickle's opcodes build: values in one array, named by their place in it, so that sharing and cycles cost
 * nothing and nothing has to be walked to be freed. */
#ifndef RC_IO_PICKLE_VALUES_H
#define RC_IO_PICKLE_VALUES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <rowcast/status.h>

#include "header.h"

enum rc_value_kind {
  RC_NONE,
  RC_BOOL,
  RC_INT,
  RC_FLOAT, /* an array does not need its value */
  RC_OTHER, /* an object of which no array is made */
  RC_BYTES, /* a slice of the content */
  RC_UTF8,  /* text, a slice of the content */
  RC_LATIN1,
  RC_TUPLE,
  RC_LIST,
  RC_DICT, /* items: key, value, key, value, ... */
  RC_TOKEN,
  RC_DTYPE,
  RC_ARRAY
};

/* The names a pickle of arrays may use. */
enum rc_token { RC_RECONSTRUCT, RC_NDARRAY, RC_DTYPE_TYPE, RC_FROMBUFFER, RC_ENCODE, RC_BYTES_TYPE, RC_SCALAR };

struct rc_array {
  bool built;
  size_t rank, dims[ROWCAST_MAX_RANK];
  uint32_t dtype;
  bool fortran;
  size_t offset, size; /* of the elements in the content */
};

struct rc_value {
  enum rc_value_kind kind;
  union {
    int64_t integer; /* of RC_BOOL and RC_INT */
    struct {
      size_t offset, size;
    } slice;
    struct {
      uint32_t first, last, count;
    } items; /* places in the items' array; first and last only when count > 0 */
    enum rc_token token;
    struct {
      char kind, order;
      unsigned char size;
    } dtype;        /* order 0: not built yet */
    uint32_t array; /* place in the arrays' */
  } as;
};

struct rc_item {
  uint32_t value, next;
};

struct rc_values {
  unsigned char *content;
  struct rc_value *values;
  struct rc_item *items;
  struct rc_array *arrays;
  bool no_memory; /* the reason why something could not be made */
  size_t value_count, value_room, item_count, item_room, array_count, array_room;
};

/* What came out of an operation on values. */
typedef const char *rc_wrong; /* NULL: nothing is wrong */

static inline struct rc_value *rc_value_at(const struct rc_values *values, uint32_t at) { return &values->values[at]; }

/* The value of an item of a tuple or list, from 0; the caller knows that it is there. */
uint32_t rc_value_item(const struct rc_values *values, uint32_t container, size_t index);

/* Bytes or text equal to that ASCII text? */
bool rc_value_is_text(const struct rc_values *values, uint32_t at, const char *text);

/* A global's name, as a slice of the content. */
struct rc_name {
  const unsigned char *module, *attribute;
  size_t module_size, attribute_size;
};
enum { RC_REFUSED_TEXT = 300 };

/* The token of a name, or what is wrong with it; text is where that may be written. */
rc_wrong rc_pickle_global(const struct rc_name *name, enum rc_token *token, char text[RC_REFUSED_TEXT]);

/* The messages about INST, and about an opcode that is not supported. */
rc_wrong rc_pickle_refuse_inst(const struct rc_name *name, char text[RC_REFUSED_TEXT]);
rc_wrong rc_pickle_refuse(unsigned char opcode, char text[RC_REFUSED_TEXT]);

/* Pickle's texts, decoded where they lie; *size: of what they become. rc_pickle_unescape() knows \uXXXX; *wide: a
 * character was above Latin-1, and what is left is of no use. */
rc_wrong rc_pickle_decimal(const unsigned char *text, size_t length, int64_t *number);
rc_wrong rc_pickle_unquote(unsigned char *text, size_t length, size_t *size);
rc_wrong rc_pickle_unescape(unsigned char *text, size_t length, size_t *size, bool *wide);

/* What NumPy's own functions do with their arguments: *result is the value they return. */
rc_wrong rc_pickle_reduce(struct rc_values *values, uint32_t function, uint32_t arguments, uint32_t *result);
rc_wrong rc_pickle_build(struct rc_values *values, uint32_t object, uint32_t state);

/* Follows the opcodes of the size bytes at values->content up to STOP, which leaves one value; or what is wrong, and
 * where. values begins as {.content}; the caller frees its arrays. */
struct rc_pickle_end {
  uint32_t value;             /* what is left, when nothing is wrong */
  size_t at;                  /* the last opcode */
  char text[RC_REFUSED_TEXT]; /* where what is wrong may be written */
};
rc_wrong rc_pickle_run(struct rc_values *values, size_t size, struct rc_pickle_end *end);

/* A new value; UINT32_MAX: too many, or out of memory. */
uint32_t rc_value_new(struct rc_values *values, struct rc_value value);
bool rc_value_append(struct rc_values *values, uint32_t container, uint32_t item);

/* A list or tuple of whole numbers alone, and at least one? */
bool rc_value_is_numbers(const struct rc_values *values, uint32_t at);

/* The array, or list of numbers, that a member's name leads to from the pickle's value. Without one: the first array,
 * or the list that the value is. *name becomes its name, to be freed; NULL although it is ROWCAST_OK: no memory. text:
 * what is wrong if it is not ROWCAST_OK. */
enum { RC_CHOICE_TEXT = 640 };
rowcast_status rc_pickle_choose(const struct rc_values *values, uint32_t root, const char *member, uint32_t *array,
                                char **name, char text[RC_CHOICE_TEXT]);

#endif
