/* SPDX-License-Identifier: BSD-3-Clause */
/* Which array of a pickle is meant: a path of keys and numbers, "train.x", "0.1", "weights.w0". */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pickle.h"
#include "pickle_values.h"

enum { DEEPEST = 8, MOST_STEPS = 10000, SHOWN_NAME = 200, LONGEST_NAME = 1 << 20 };

/* The usual names of MNIST's three pairs of images and labels. */
static const struct {
  const char *name;
  int index;
} aliases[] = {{"train", 0}, {"valid", 1}, {"test", 2}, {"x", 0}, {"y", 1}};

static bool same(const char *text, size_t length, const char *name) {
  return strlen(name) == length && memcmp(text, name, length) == 0;
}

/* The number that a part of the path is; -1: it is not a number. */
static long number_of(const char *part, size_t length) {
  for (size_t i = 0; i < sizeof aliases / sizeof aliases[0]; i++)
    if (same(part, length, aliases[i].name)) return aliases[i].index;
  long number = 0;
  if (length == 0 || length > 6) return -1;
  for (size_t i = 0; i < length; i++) {
    if (part[i] < '0' || part[i] > '9') return -1;
    number = number * 10 + (part[i] - '0');
  }
  return number;
}

static bool key_is(const struct rc_values *values, uint32_t key, const char *part, size_t length) {
  const struct rc_value *value = rc_value_at(values, key);
  if (value->kind == RC_INT) return value->as.integer >= 0 && number_of(part, length) == value->as.integer;
  return (value->kind == RC_BYTES || value->kind == RC_UTF8 || value->kind == RC_LATIN1) &&
         value->as.slice.size == length && memcmp(values->content + value->as.slice.offset, part, length) == 0;
}

/* One step of the path; UINT32_MAX: it leads nowhere. The last of equal keys counts, as in Python. */
static uint32_t step(const struct rc_values *values, uint32_t at, const char *part, size_t length) {
  const struct rc_value *value = rc_value_at(values, at);
  const uint32_t count = value->as.items.count;
  if (value->kind == RC_TUPLE || value->kind == RC_LIST) {
    const long index = number_of(part, length);
    return index >= 0 && index < (long)count ? rc_value_item(values, at, (size_t)index) : UINT32_MAX;
  }
  uint32_t found = UINT32_MAX;
  if (value->kind != RC_DICT) return found;
  for (uint32_t i = 0, item = value->as.items.first; i < count; i += 2) {
    const struct rc_item *key = &values->items[item], *held = &values->items[key->next];
    if (key_is(values, key->value, part, length)) found = held->value;
    item = held->next;
  }
  return found;
}

static bool same_key(const struct rc_values *values, uint32_t a, uint32_t b) {
  const struct rc_value *one = rc_value_at(values, a), *other = rc_value_at(values, b);
  if (one->kind == RC_INT) return other->kind == RC_INT && one->as.integer == other->as.integer;
  return key_is(values, b, (const char *)values->content + one->as.slice.offset, one->as.slice.size);
}

bool rc_value_is_numbers(const struct rc_values *values, uint32_t at) {
  const struct rc_value *value = rc_value_at(values, at);
  if ((value->kind != RC_LIST && value->kind != RC_TUPLE) || value->as.items.count == 0) return false;
  for (uint32_t i = 0, item = value->as.items.first; i < value->as.items.count; i++, item = values->items[item].next)
    if (rc_value_at(values, values->items[item].value)->kind != RC_INT) return false;
  return true;
}

/* Does the key of item i occur again later in the dictionary? */
static bool comes_again(const struct rc_values *values, uint32_t dictionary, uint32_t key, uint32_t i) {
  const struct rc_value *value = rc_value_at(values, dictionary);
  uint32_t item = value->as.items.first;
  for (uint32_t j = 0; j < value->as.items.count; j += 2) {
    const struct rc_item *here = &values->items[item];
    if (j > i && rc_value_at(values, here->value)->kind == rc_value_at(values, key)->kind &&
        same_key(values, key, here->value))
      return true;
    item = values->items[here->next].next;
  }
  return false;
}

/* The way from the pickle's value to a value in it: a key, or a number, after the way to its container. */
struct way {
  const struct way *before; /* NULL: the container is the pickle's value */
  uint32_t key;             /* a value; UINT32_MAX: the number counts */
  uint32_t number;
};

/* Copies what fits, and counts all. */
static size_t append(char *to, size_t room, size_t length, const void *text, size_t size) {
  if (length < room) memcpy(to + length, text, size < room - length ? size : room - length);
  return length + size;
}

/* Does its last part have a name that leads there? */
static bool has_name(const struct rc_values *values, const struct way *way) {
  if (way->key == UINT32_MAX) return true;
  const struct rc_value *key = rc_value_at(values, way->key);
  const bool text = key->kind == RC_BYTES || key->kind == RC_UTF8 || key->kind == RC_LATIN1;
  return key->kind == RC_INT || (text && (way->before != NULL || key->as.slice.size > 0));
}

/* The way's name, "weights.w0": its length, and as much of it as fits, without a zero at its end. */
static size_t name_of(const struct rc_values *values, const struct way *way, char *to, size_t room) {
  char number[24];
  if (way == NULL) return 0;
  size_t length = name_of(values, way->before, to, room);
  if (way->before != NULL) length = append(to, room, length, ".", 1);
  const struct rc_value *key = way->key != UINT32_MAX ? rc_value_at(values, way->key) : NULL;
  if (key == NULL) snprintf(number, sizeof number, "%u", way->number);
  else if (key->kind == RC_INT) snprintf(number, sizeof number, "%lld", (long long)key->as.integer);
  else return append(to, room, length, values->content + key->as.slice.offset, key->as.slice.size);
  return append(to, room, length, number, strlen(number));
}

/* The names of all arrays and lists of numbers, as far as they fit; and the first array. Containers may contain
 * themselves, so depth and number are limited. */
struct listing {
  const struct rc_values *values;
  char text[360];
  size_t length, visits, items, arrays;
  bool full; /* not all arrays are in the text */
  uint32_t first;
  bool named;       /* its name is wanted */
  char *first_name; /* NULL: no memory, or it is too long */
  bool too_long;
};

/* The first array, with its whole name. What a C string cannot hold is shown as a question mark. */
static void take_first(struct listing *listing, uint32_t at, const struct way *way) {
  const size_t length = listing->named ? name_of(listing->values, way, NULL, 0) : 0;
  listing->first = at;
  if (!listing->named) return;
  listing->too_long = length > LONGEST_NAME;
  if (listing->too_long || (listing->first_name = malloc(length + 1)) == NULL) return;
  name_of(listing->values, way, listing->first_name, length);
  listing->first_name[length] = '\0';
  for (char *c = listing->first_name; c < listing->first_name + length; c++)
    if (*c == '\0') *c = '?';
}

static void add(struct listing *listing, uint32_t at, const struct way *way) {
  const struct rc_value *value = rc_value_at(listing->values, at);
  if (value->kind == RC_ARRAY && !listing->values->arrays[value->as.array].built) return;
  if (value->kind == RC_ARRAY && listing->arrays++ == 0) take_first(listing, at, way);
  /* As many as fit whole, then "..." once. */
  static const char rest[] = ", ...";
  char name[SHOWN_NAME];
  const size_t whole = name_of(listing->values, way, name, sizeof name - 1);
  const size_t length = whole < sizeof name ? whole : sizeof name - 1;
  name[length] = '\0';
  for (size_t c = 0; c < length; c++)
    if ((unsigned char)name[c] < 0x20 || (unsigned char)name[c] >= 0x7f) name[c] = '?';
  if (whole >= sizeof name) memcpy(name + sizeof name - 4, "...", 4);
  const size_t room = sizeof listing->text - listing->length;
  const bool fits = length + 2 + sizeof rest <= room;
  if (listing->full) return;
  listing->full = !fits;
  listing->length += (size_t)snprintf(listing->text + listing->length, room, "%s%s",
                                      fits && listing->length == 0 ? "" : ", ", fits ? name : "...");
}

/* Looks at a limited number of containers, arrays and items. Numbers and texts do not count as visits: CIFAR's batches
 * have thousands of them before their array. */
static void walk(struct listing *listing, uint32_t at, const struct way *way, int depth) {
  enum { MOST_VISITS = 2000, MOST_ITEMS = 1 << 20 };
  const struct rc_value *value = rc_value_at(listing->values, at);
  const bool container = value->kind == RC_TUPLE || value->kind == RC_LIST || value->kind == RC_DICT;
  if (value->kind != RC_ARRAY && !container) return;
  if (container) listing->items += value->as.items.count;
  if (listing->visits++ > MOST_VISITS || listing->items > MOST_ITEMS || depth > DEEPEST) return;
  const bool numbers = way != NULL && rc_value_is_numbers(listing->values, at);
  if (value->kind == RC_ARRAY || numbers) add(listing, at, way);
  if (value->kind == RC_ARRAY || numbers) return;
  const size_t stride = value->kind == RC_DICT ? 2 : 1;
  uint32_t item = value->as.items.first;
  for (uint32_t i = 0; i < value->as.items.count && listing->visits <= MOST_VISITS; i += (uint32_t)stride) {
    const struct rc_item *here = &listing->values->items[item];
    const struct way longer = {way, stride == 1 ? UINT32_MAX : here->value, i};
    const uint32_t held = stride == 1 ? here->value : listing->values->items[here->next].value;
    /* Of equal keys only the last counts. */
    if (has_name(listing->values, &longer) && (stride == 1 || !comes_again(listing->values, at, here->value, i)))
      walk(listing, held, &longer, depth + 1);
    item = stride == 2 ? listing->values->items[here->next].next : here->next;
  }
}

static bool is_taken(const struct rc_values *values, uint32_t at) {
  const struct rc_value *value = rc_value_at(values, at);
  return value->kind == RC_ARRAY ? values->arrays[value->as.array].built : rc_value_is_numbers(values, at);
}

/* What a path leads to. Keys may contain dots, like "fc.weight" in a state dict: in a dictionary the whole rest of the
 * path is tried as a key first, then less and less of it. */
struct search {
  const struct rc_values *values;
  unsigned steps;          /* steps left: such keys, nested, could be tried in very many ways */
  uint32_t found, reached; /* what can be taken; else the first value that the path leads to; UINT32_MAX: none */
};

static bool follow(struct search *search, uint32_t at, const char *path) {
  const bool keys = rc_value_at(search->values, at)->kind == RC_DICT;
  for (size_t length = keys ? strlen(path) : strcspn(path, ".");;) {
    if (search->steps == 0) return false;
    search->steps--;
    const uint32_t next = step(search->values, at, path, length);
    if (next != UINT32_MAX && path[length] != '\0' && follow(search, next, path + length + 1)) return true;
    if (next != UINT32_MAX && path[length] == '\0') {
      if (search->reached == UINT32_MAX) search->reached = next;
      if (is_taken(search->values, next)) {
        search->found = next;
        return true;
      }
    }
    if (!keys || length == 0) return false;
    do length--;
    while (length > 0 && path[length] != '.');
    if (path[length] != '.') return false;
  }
}

/* Describes a value that cannot be taken. */
static const char *describe(const struct rc_values *values, uint32_t at) {
  const struct rc_value *value = rc_value_at(values, at);
  const uint32_t count = value->as.items.count;
  uint32_t truths = 0, floats = 0, wholes = 0, texts = 0;
  switch (value->kind) {
  case RC_NONE: return "None";
  case RC_BOOL:
  case RC_INT:
  case RC_FLOAT: return "a single number";
  case RC_BYTES:
  case RC_UTF8:
  case RC_LATIN1: return "a text";
  case RC_DICT: return "a dictionary";
  case RC_TUPLE:
  case RC_LIST: break;
  default: return "an object";
  }
  for (uint32_t i = 0, item = value->as.items.first; i < count; i++, item = values->items[item].next) {
    const enum rc_value_kind kind = rc_value_at(values, values->items[item].value)->kind;
    truths += kind == RC_BOOL, floats += kind == RC_FLOAT, wholes += kind == RC_INT;
    texts += kind == RC_BYTES || kind == RC_UTF8 || kind == RC_LATIN1;
  }
  if (count == 0) return "an empty list";
  if (texts == count) return "a list of texts";
  if (truths == count) return "a list of True and False (numpy.array() makes an array of it)";
  if (floats > 0 && floats + wholes == count) return "a list of floats (numpy.array() makes an array of it)";
  return "a list of things other than whole numbers";
}

rowcast_status rc_pickle_choose(const struct rc_values *values, uint32_t root, const char *member, uint32_t *array,
                                char **name, char text[RC_CHOICE_TEXT]) {
  struct listing listing = {.values = values, .named = member == NULL};
  *name = NULL;
  walk(&listing, root, NULL, 0);
  struct search search = {values, MOST_STEPS, UINT32_MAX, UINT32_MAX};
  if (member == NULL) {
    if (listing.arrays > 0) search.found = listing.first;
    else if (rc_value_is_numbers(values, root)) search.found = root;
  } else follow(&search, root, member);
  if (search.found != UINT32_MAX) {
    *array = search.found;
    *name = member != NULL ? strdup(member) : listing.arrays > 0 ? listing.first_name : strdup("");
    if (!listing.too_long) return ROWCAST_OK;
    snprintf(text, RC_CHOICE_TEXT, "its first array has a name of more than %d bytes", LONGEST_NAME);
    return ROWCAST_ERR_FORMAT;
  }
  free(listing.first_name);
  if (member == NULL && listing.length > 0)
    snprintf(text, RC_CHOICE_TEXT, "holds no array, only lists of whole numbers, of which one can be taken: %s",
             listing.text);
  else if (member == NULL || (search.reached == UINT32_MAX && listing.length == 0))
    snprintf(text, RC_CHOICE_TEXT, "holds no array; it is %s", describe(values, root));
  else if (search.reached == UINT32_MAX)
    snprintf(text, RC_CHOICE_TEXT, "has no array '%.80s'; it has %s", member, listing.text);
  else
    snprintf(text, RC_CHOICE_TEXT, "'%.80s' is %s%s%s", member, describe(values, search.reached),
             listing.length > 0 ? "; it has " : ", and there is no array", listing.text);
  for (char *c = text; *c != '\0'; c++)
    if ((unsigned char)*c < 0x20) *c = '?';
  return member != NULL ? ROWCAST_ERR_NOT_FOUND : listing.length > 0 ? ROWCAST_ERR_ARGUMENT : ROWCAST_ERR_FORMAT;
}
