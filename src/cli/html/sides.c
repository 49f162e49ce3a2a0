/* SPDX-License-Identifier: BSD-3-Clause */
#include "html/sides.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "html/values.h"
#include "study/compare_lines.h"

bool source_is(const struct source *source, const char *command) { return document_is(source->document, command); }

bool source_is_article(const struct source *source) { return source_is(source, "article"); }

static const json_t *machine_of(const struct source *source) { return json_object_get(source->document, "machine"); }

/* Says it enough of its machine to be told from another of the same name? */
static bool is_full(const struct source *source) { return json_object_get(machine_of(source), "caches") != NULL; }

static bool member_differs(const json_t *a, const json_t *b, const char *key) {
  const json_t *x = json_object_get(a, key), *y = json_object_get(b, key);
  return x != NULL && y != NULL && !json_equal(x, y);
}

static bool any_differs(const json_t *a, const json_t *b, const char *const *keys) {
  bool differs = false;
  for (; *keys != NULL; keys++) differs |= member_differs(a, b, *keys);
  return differs;
}

/* What does not change from one run to the next: of a machine, of a build, of what is called one run. */
static const char *const hardware[] = {"model",    "identity",       "cpus",   "cores",
                                       "packages", "full_width_512", "caches", NULL};
static const char *const build[] = {"features", "compiler", "flags", "commit", "rowcast_isa", NULL};
static const char *const run[] = {"version", "label", NULL};

/* Do they say different things of it? */
static bool contradict(const struct source *a, const struct source *b) {
  if (any_differs(machine_of(a), machine_of(b), hardware) || any_differs(machine_of(a), machine_of(b), build))
    return true;
  if (source_is_article(a) || source_is_article(b)) return false; /* its version is Python's */
  return any_differs(a->document, b->document, run);
}

/* Have both a result of the same command on the same product? A second run of a study is a side of its own. */
static bool repeat(const struct source *a, const struct source *b, bool *made) {
  if (!source_is(a, text_of(b->document, "command"))) return false;
  static const char *const also[] = {"kernel",        "rows", "k",    "n",     "dtype", "threads",
                                     "threads_asked", "data", "weak", "ranks", "ldx",   NULL};
  json_t *known = json_object(), *result;
  size_t i;
  bool twice = false;
  *made = known != NULL;
  for (int pass = 0; pass < 2 && *made; pass++)
    json_array_foreach(json_object_get(pass == 0 ? a->document : b->document, "results"), i, result) {
      char *text = compare_text(result, also);
      if (text == NULL || (pass == 0 && json_object_set_new(known, text, json_true()) != 0)) *made = false;
      else twice = twice || (pass == 1 && json_object_get(known, text) != NULL);
      free(text);
    }
  json_decref(known);
  return twice;
}

/* The length of a name's folder; a file that is in none, or was measured just now, is in the same one as others. */
static size_t folder_length(const struct source *source) {
  const char *slash = source->name != NULL ? strrchr(source->name, '/') : NULL;
  return slash != NULL ? (size_t)(slash - source->name) : 0;
}

static bool same_folder(const struct source *a, const struct source *b) {
  const size_t length = folder_length(a);
  return length == folder_length(b) && (length == 0 || strncmp(a->name, b->name, length) == 0);
}

/* May a source be of a side, as far as those say that are of it already? near: one of them is in its folder. */
static bool may_join(const struct source *sources, size_t count, size_t place, size_t side, bool *near, bool *made) {
  *near = false;
  for (size_t i = 0; i < count; i++) {
    if (i == place || sources[i].side != side) continue;
    if (contradict(&sources[i], &sources[place]) || repeat(&sources[i], &sources[place], made) || !*made) return false;
    *near |= same_folder(&sources[i], &sources[place]);
  }
  return true;
}

/* The side of a source, a new one where there is none that it may be of. */
static bool assign(struct source *sources, size_t count, size_t place, size_t *sides) {
  size_t best = *sides;
  bool made = true, found = false;
  for (size_t side = 0; side < *sides && made; side++) {
    bool near;
    if (!may_join(sources, count, place, side, &near, &made) || (found && !near)) continue;
    best = side;
    found = true;
    if (near) break;
  }
  sources[place].side = best;
  if (best == *sides) ++*sides;
  return made;
}

/* Numbers the sides in the order of their first sources. */
static bool number_sides(struct source *sources, size_t count, size_t sides) {
  size_t *places = malloc((sides + 1) * sizeof *places), next = 0;
  if (places == NULL) return false;
  for (size_t i = 0; i < sides; i++) places[i] = NO_SIDE;
  for (size_t i = 0; i < count; i++) {
    if (sources[i].side == NO_SIDE) continue;
    size_t *place = &places[sources[i].side];
    if (*place == NO_SIDE) *place = next++;
    sources[i].side = *place;
  }
  free(places);
  return true;
}

/* The folder that all sources of a side are in and no others; NULL: there is none. */
static const struct source *own_folder(const struct source *sources, size_t count, size_t side) {
  const struct source *first = NULL;
  for (size_t i = 0; i < count; i++) {
    if (sources[i].side != side) continue;
    if (first == NULL) first = &sources[i];
    else if (!same_folder(first, &sources[i])) return NULL;
  }
  for (size_t i = 0; i < count && first != NULL; i++)
    if (sources[i].side != side && sources[i].side != NO_SIDE && same_folder(first, &sources[i])) return NULL;
  return first != NULL && folder_length(first) > 0 ? first : NULL;
}

static char *name_of(const struct source *sources, size_t count, const struct side *side, size_t place, bool several) {
  const struct source *folder = several ? own_folder(sources, count, place) : NULL;
  const char *label = text_of(side->document, "label"),
             *model = text_of(json_object_get(side->document, "machine"), "model");
  const char *called = label[0] != '\0' ? label : model[0] != '\0' ? model : "unknown";
  char *name = NULL;
  if (folder == NULL) return strdup(called);
  size_t begin = folder_length(folder);
  const int end = (int)begin;
  while (begin > 0 && folder->name[begin - 1] != '/') begin--;
  return asprintf(&name, "%.*s: %s", end - (int)begin, folder->name + begin, called) < 0 ? NULL : name;
}

/* Of a side's sources, the one that says most of its machine: a study's before the article's, then the first. */
static int worth(const struct source *source) { return 2 * is_full(source) + !source_is_article(source); }

struct side *sides_make(struct source *sources, size_t count, size_t *side_count) {
  bool made = true;
  size_t sides = 0;
  for (size_t i = 0; i < count; i++) sources[i].side = NO_SIDE;
  for (int full = 1; full >= 0; full--)
    for (size_t i = 0; i < count && made; i++)
      if (!source_is(&sources[i], "compare") && is_full(&sources[i]) == full) made = assign(sources, count, i, &sides);
  struct side *all = calloc(sides + 1, sizeof *all);
  *side_count = sides;
  made = made && all != NULL && number_sides(sources, count, sides);
  for (size_t s = 0; s < sides && made; s++) {
    int most = -1;
    document_letters(s, all[s].letters);
    for (size_t i = 0; i < count; i++) {
      if (sources[i].side != s) continue;
      all[s].sources++;
      if (worth(&sources[i]) > most) most = worth(&sources[i]), all[s].document = sources[i].document;
    }
    all[s].name = name_of(sources, count, &all[s], s, sides > 1);
    made = all[s].name != NULL;
  }
  if (made) return all;
  sides_free(all, sides);
  return NULL;
}

bool sides_are_machines(const struct side *sides, size_t count) {
  for (size_t i = 0; i < count; i++)
    for (size_t j = 0; j < i; j++)
      if (!any_differs(json_object_get(sides[i].document, "machine"), json_object_get(sides[j].document, "machine"),
                       hardware))
        return false;
  return true;
}

void sides_free(struct side *sides, size_t count) {
  for (size_t i = 0; sides != NULL && i < count; i++) free(sides[i].name);
  free(sides);
}
