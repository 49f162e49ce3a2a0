/* SPDX-License-Identifier: BSD-3-Clause */
#include "pickle_values.h"

#include <stdlib.h>
#include <string.h>

/* Far more than arrays in tuples, lists and dictionaries need. */
enum { MOST_VALUES = 1 << 18 };

/* One more element in an array that doubles. */
static bool grow(struct rc_values *values, void **data, size_t *room, size_t count, size_t element) {
  if (count < *room) return true;
  if (count >= MOST_VALUES) return false;
  const size_t wider = *room > 0 ? *room * 2 : 64;
  void *grown = realloc(*data, wider * element);
  values->no_memory = grown == NULL;
  if (grown == NULL) return false;
  *data = grown;
  *room = wider;
  return true;
}

uint32_t rc_value_new(struct rc_values *values, struct rc_value value) {
  if (value.kind == RC_ARRAY) {
    void *arrays = values->arrays;
    const bool room = grow(values, &arrays, &values->array_room, values->array_count, sizeof *values->arrays);
    values->arrays = arrays;
    if (!room) return UINT32_MAX;
    memset(&values->arrays[values->array_count], 0, sizeof *values->arrays);
    value.as.array = (uint32_t)values->array_count++;
  }
  void *all = values->values;
  const bool room = grow(values, &all, &values->value_room, values->value_count, sizeof *values->values);
  values->values = all;
  if (!room) return UINT32_MAX;
  values->values[values->value_count] = value;
  return (uint32_t)values->value_count++;
}

bool rc_value_append(struct rc_values *values, uint32_t container, uint32_t item) {
  void *all = values->items;
  const bool room = grow(values, &all, &values->item_room, values->item_count, sizeof *values->items);
  values->items = all;
  if (!room) return false;
  const uint32_t at = (uint32_t)values->item_count++;
  values->items[at] = (struct rc_item){item, 0};
  struct rc_value *into = rc_value_at(values, container);
  if (into->as.items.count++ == 0) into->as.items.first = at;
  else values->items[into->as.items.last].next = at;
  into->as.items.last = at;
  return true;
}

uint32_t rc_value_item(const struct rc_values *values, uint32_t container, size_t index) {
  uint32_t at = rc_value_at(values, container)->as.items.first;
  while (index-- > 0) at = values->items[at].next;
  return values->items[at].value;
}

bool rc_value_is_text(const struct rc_values *values, uint32_t at, const char *text) {
  const struct rc_value *value = rc_value_at(values, at);
  return (value->kind == RC_BYTES || value->kind == RC_UTF8 || value->kind == RC_LATIN1) &&
         value->as.slice.size == strlen(text) &&
         memcmp(values->content + value->as.slice.offset, text, value->as.slice.size) == 0;
}
