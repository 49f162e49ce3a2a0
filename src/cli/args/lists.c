/* SPDX-License-Identifier: BSD-3-Clause */
/* Reading and keeping lists of numbers and of shapes. */
#include "args/lists.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool refuse(struct list_fault *fault, const char *format, ...) __attribute__((format(printf, 2, 3)));
static bool refuse(struct list_fault *fault, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(fault->text, sizeof fault->text, format, arguments);
  va_end(arguments);
  return false;
}

static bool refuse_for_memory(struct list_fault *fault) {
  return refuse(fault, "not enough memory for so many values");
}

/* Moves *text past its digits; false: it begins with none. */
static bool skip_digits(const char **text) {
  const size_t digits = strspn(*text, "0123456789");
  *text += digits;
  return digits > 0;
}

/* Is it a list at all? What is none is refused as such, and not for the value that it begins with. */
static bool is_list(const char *text) {
  for (;; text++) {
    if (!skip_digits(&text)) return false;
    if (*text == '-') {
      text++;
      if (!skip_digits(&text)) return false;
      if ((*text == '+' || *text == '*') && (text++, !skip_digits(&text))) return false;
    }
    if (*text == '\0') return true;
    if (*text != ',') return false;
  }
}

static bool is_shape_list(const char *text) {
  for (;; text++) {
    for (int i = 0; i < 3; i++)
      if ((i > 0 && *text++ != 'x') || !skip_digits(&text)) return false;
    if (*text == '\0') return true;
    if (*text != ',') return false;
  }
}

/* A number of a list as it was written, and its value; one that is too large for a size_t is SIZE_MAX. */
struct written {
  const char *text;
  int length; /* of what a message shows of it */
  size_t value;
};

enum { DIGITS_SHOWN = 24 };

/* Reads digits at *text and moves it after them; false without a digit. */
static bool read_number(const char **text, struct written *number) {
  const char *at = *text;
  size_t value = 0;
  bool overflows = false;
  if (*at < '0' || *at > '9') return false;
  for (; *at >= '0' && *at <= '9'; at++)
    overflows = overflows || __builtin_mul_overflow(value, (size_t)10, &value) ||
                __builtin_add_overflow(value, (size_t)(*at - '0'), &value);
  const ptrdiff_t length = at - *text;
  *number = (struct written){*text, (int)(length < DIGITS_SHOWN ? length : DIGITS_SHOWN), overflows ? SIZE_MAX : value};
  *text = at;
  return true;
}

/* Is the number from least to most? */
static bool in_range(const struct written *number, size_t least, size_t most, struct list_fault *fault) {
  if (number->value >= least && number->value <= most) return true;
  const char *rest = number->text[number->length] >= '0' && number->text[number->length] <= '9' ? "..." : "";
  return refuse(fault, "%.*s%s is %s %zu", number->length, number->text, rest, number->value > most ? "above" : "below",
                number->value > most ? most : least);
}

/* -B, -B+S or -B*F at *text after an A: what to add and to multiply with for the next number. */
static bool read_range(const char **text, struct written *last, size_t *add, size_t *multiply,
                       struct list_fault *fault) {
  struct written step;
  ++*text;
  if (!read_number(text, last)) return false;
  const char sign = **text;
  if (sign != '+' && sign != '*') return true;
  ++*text;
  if (!read_number(text, &step)) return false;
  if (sign == '+' && step.value == 0) return refuse(fault, "a range in steps of 0 never ends");
  if (sign == '*' && step.value < 2) return refuse(fault, "a range that multiplies by %zu never ends", step.value);
  *add = sign == '+' ? step.value : 0;
  *multiply = sign == '*' ? step.value : 1;
  return true;
}

/* One part of a list, at *text. */
static bool read_part(struct number_list *list, const char **text, size_t least, size_t most,
                      struct list_fault *fault) {
  struct written first, last;
  size_t add = 1, multiply = 1;
  if (!read_number(text, &first)) return false;
  last = first;
  if (**text == '-' && !read_range(text, &last, &add, &multiply, fault)) return false;
  if (!in_range(&first, least, most, fault) || !in_range(&last, least, most, fault)) return false;
  if (first.value > last.value) return refuse(fault, "%zu-%zu goes down", first.value, last.value);
  if (multiply > 1 && first.value == 0) return refuse(fault, "a range that multiplies 0 never ends");
  for (size_t number = first.value;;) {
    if (!list_add(list, number)) return refuse_for_memory(fault);
    if (__builtin_mul_overflow(number, multiply, &number) || __builtin_add_overflow(number, add, &number) ||
        number > last.value)
      return true;
  }
}

bool list_read(struct number_list *list, const char *text, size_t least, size_t most, struct list_fault *fault) {
  list->count = 0;
  fault->text[0] = '\0';
  if (!is_list(text)) return false;
  for (;; text++) {
    if (!read_part(list, &text, least, most, fault)) return false;
    if (*text == '\0') return true;
    if (*text != ',') return false;
  }
}

/* Room for one value more. False: no memory. */
static bool make_room(void **values, size_t count, size_t *capacity, size_t size) {
  if (count < *capacity) return true;
  size_t more;
  if (__builtin_mul_overflow(*capacity > 0 ? *capacity : 8, (size_t)2, &more)) return false;
  void *grown = reallocarray(*values, more, size);
  if (grown == NULL) return false;
  *values = grown;
  *capacity = more;
  return true;
}

bool list_add(struct number_list *list, size_t value) {
  void *values = list->values;
  if (!make_room(&values, list->count, &list->capacity, sizeof *list->values)) return false;
  list->values = values;
  list->values[list->count++] = value;
  return true;
}

bool list_copy(struct number_list *to, const struct number_list *from) {
  for (size_t i = 0; i < from->count; i++)
    if (!list_add(to, from->values[i])) return false;
  return true;
}

void list_free(struct number_list *list) {
  free(list->values);
  *list = (struct number_list){0};
}

bool shapes_add(struct shape_list *list, const struct shape *shape) {
  void *values = list->values;
  if (!make_room(&values, list->count, &list->capacity, sizeof *list->values)) return false;
  list->values = values;
  list->values[list->count++] = *shape;
  return true;
}

bool shapes_read(struct shape_list *list, const char *text, size_t most, struct list_fault *fault) {
  list->count = 0;
  fault->text[0] = '\0';
  if (!is_shape_list(text)) return false;
  for (;;) {
    struct shape shape = {0, 0, 0};
    size_t *const sizes[] = {&shape.m, &shape.k, &shape.n};
    struct written number;
    for (size_t i = 0; i < 3; i++) {
      if (!read_number(&text, &number) || (i < 2 && *text++ != 'x')) return false;
      if (!in_range(&number, 1, most, fault)) return false;
      *sizes[i] = number.value;
    }
    if (!shapes_add(list, &shape)) return refuse_for_memory(fault);
    if (*text == '\0') return true;
    if (*text++ != ',') return false;
  }
}

void shapes_free(struct shape_list *list) {
  free(list->values);
  *list = (struct shape_list){0};
}

/* A shape and where it stood. */
struct placed {
  struct shape shape;
  size_t place;
};

static int compare(size_t a, size_t b) { return (a > b) - (a < b); }

static int by_shape(const void *left, const void *right) {
  const struct placed *a = left, *b = right;
  const int m = compare(a->shape.m, b->shape.m), k = compare(a->shape.k, b->shape.k),
            n = compare(a->shape.n, b->shape.n);
  return m != 0 ? m : k != 0 ? k : n != 0 ? n : compare(a->place, b->place);
}

bool shapes_make_unique(struct shape_list *list) {
  struct placed *sorted = reallocarray(NULL, list->count + 1, sizeof *sorted);
  bool *again = calloc(list->count + 1, sizeof *again);
  size_t kept = 0;
  const bool made = sorted != NULL && again != NULL;
  if (made) {
    for (size_t i = 0; i < list->count; i++) sorted[i] = (struct placed){list->values[i], i};
    qsort(sorted, list->count, sizeof *sorted, by_shape);
    for (size_t i = 1; i < list->count; i++)
      again[sorted[i].place] = memcmp(&sorted[i].shape, &sorted[i - 1].shape, sizeof sorted->shape) == 0;
    for (size_t i = 0; i < list->count; i++)
      if (!again[i]) list->values[kept++] = list->values[i];
    list->count = kept;
  }
  free(again);
  free(sorted);
  return made;
}
