/* SPDX-License-Identifier: BSD-3-Clause */
#include "html/material.h"

#include <stdlib.h>
#include <string.h>

#include "html/values.h"
#include "study/compare_lines.h"
#include "terminal/report.h"

bool same_shape(const struct product *a, const struct product *b) {
  return a->rows == b->rows && a->k == b->k && a->n == b->n && strcmp(a->data, b->data) == 0;
}

/* In which order sources are asked for the lines of a ladder. */
static const char *const preferred[] = {"article", "bench", "roofline", "cpu", "peers", "scale"};
enum { PREFERRED = sizeof preferred / sizeof preferred[0] };

static size_t preference(const struct source *source) {
  size_t place = 0;
  while (place < PREFERRED && !source_is(source, preferred[place])) place++;
  return place;
}

static struct product product_of(const json_t *result) {
  return (struct product){.rows = count_of(result, "rows"),
                          .k = count_of(result, "k"),
                          .n = count_of(result, "n"),
                          .dtype = text_of(result, "dtype"),
                          .data = text_of(result, "data")};
}

static enum rung_kind kind_of(const struct source *source, const json_t *result) {
  if (source_is_article(source)) return RUNG_ARTICLE;
  if (is_set(result, "peer")) return RUNG_PEER;
  return strcmp(text_of(result, "kernel"), "auto") == 0 ? RUNG_AUTO : RUNG_KERNEL;
}

/* Names met before, and their places. */
struct index {
  json_t *places;
  size_t count;
};

static bool place_of(struct index *index, const char *text, size_t *place, bool *is_new) {
  const json_t *known = text != NULL ? json_object_get(index->places, text) : NULL;
  *is_new = known == NULL;
  *place = known != NULL ? (size_t)json_integer_value(known) : index->count;
  if (known != NULL) return true;
  return text != NULL && json_object_set_new(index->places, text, json_integer((json_int_t)index->count++)) == 0;
}

static int main_first(const void *left, const void *right) {
  const struct product *a = *(const struct product *const *)left, *b = *(const struct product *const *)right;
  if (a->results != b->results) return (a->results < b->results) - (a->results > b->results);
  const double x = (double)a->rows * (double)a->k * (double)a->n, y = (double)b->rows * (double)b->k * (double)b->n;
  if (x != y) return (x < y) - (x > y);
  if (a->rows != b->rows) return (a->rows < b->rows) - (a->rows > b->rows);
  if (a->k != b->k) return (a->k < b->k) - (a->k > b->k);
  const int data = -strcmp(a->data, b->data); /* MNIST's before those that are made up */
  return data != 0 ? data : strcmp(b->dtype, a->dtype);
}

/* How many results each product's shape has. */
static bool count_results(struct material *material) {
  static const char *const shape_keys[] = {"rows", "k", "n", "data", NULL};
  struct index shapes = {json_object(), 0};
  size_t *of = calloc(material->product_count + 1, sizeof *of),
         *counts = calloc(material->product_count + 1, sizeof *of);
  bool made = shapes.places != NULL && of != NULL && counts != NULL, is_new;
  bool *placed = calloc(material->product_count + 1, sizeof *placed);
  made = made && placed != NULL;
  for (size_t l = 0; l < material->line_count && made; l++) {
    const struct line *line = &material->lines[l];
    if (!placed[line->product]) {
      char *text = compare_text(line->result, shape_keys);
      made = place_of(&shapes, text, &of[line->product], &is_new);
      free(text);
    }
    placed[line->product] = true;
    if (made) counts[of[line->product]]++;
  }
  for (size_t p = 0; p < material->product_count && made; p++) material->products[p].results = counts[of[p]];
  json_decref(shapes.places);
  free(of);
  free(counts);
  free(placed);
  return made;
}

/* Puts the products in order, and tells the lines. */
static bool sort_products(struct material *material) {
  const size_t count = material->product_count;
  const struct product **order = calloc(count + 1, sizeof *order);
  struct product *sorted = calloc(count + 1, sizeof *sorted);
  size_t *places = calloc(count + 1, sizeof *places);
  const bool made = order != NULL && sorted != NULL && places != NULL;
  for (size_t i = 0; made && i < count; i++) order[i] = &material->products[i];
  if (made && count > 0) qsort(order, count, sizeof *order, main_first);
  for (size_t i = 0; made && i < count; i++) {
    sorted[i] = *order[i];
    places[order[i] - material->products] = i;
  }
  for (size_t i = 0; made && i < material->line_count; i++)
    material->lines[i].product = places[material->lines[i].product];
  free(order);
  free(places);
  if (!made) {
    free(sorted);
    return false;
  }
  free(material->products);
  material->products = sorted;
  material->one_k_n = material->one_data = true;
  for (size_t i = 1; i < count; i++) {
    material->one_k_n = material->one_k_n && sorted[i].k == sorted[0].k && sorted[i].n == sorted[0].n;
    material->one_data = material->one_data && strcmp(sorted[i].data, sorted[0].data) == 0;
  }
  return true;
}

/* Places of all lines, their products and rungs; rungs are numbered by kind, in the order of the sources preferred. */
static bool fill_lines(struct material *material, struct index *products, struct index *rungs) {
  static const char *const product_keys[] = {"rows", "k", "n", "dtype", "data", NULL};
  bool made = true, is_new;
  const json_t *result;
  size_t i;
  for (size_t s = 0; s < material->source_count; s++) {
    const struct source *source = &material->sources[s];
    if (source->side == NO_SIDE) continue;
    json_array_foreach(json_object_get(source->document, "results"), i, result) {
      struct line *line = &material->lines[material->line_count++];
      *line =
        (struct line){.result = result, .source = s, .side = source->side, .threads = count_of(result, "threads")};
      char *text = compare_text(result, product_keys);
      made = made && place_of(products, text, &line->product, &is_new);
      free(text);
      if (made && is_new) material->products[line->product] = product_of(result);
    }
  }
  for (int kind = RUNG_ARTICLE; kind <= RUNG_AUTO; kind++)
    for (size_t p = 0; p <= PREFERRED; p++)
      for (size_t l = 0; l < material->line_count && made; l++) {
        struct line *line = &material->lines[l];
        const struct source *source = &material->sources[line->source];
        if (preference(source) != p || kind_of(source, line->result) != (enum rung_kind)kind) continue;
        const char *name = text_of(line->result, "kernel");
        made = place_of(rungs, name, &line->rung, &is_new);
        if (made && is_new) material->rungs[line->rung] = (struct rung){name, (enum rung_kind)kind};
      }
  material->product_count = products->count;
  material->rung_count = rungs->count;
  return made;
}

/* Which lines the ladder shows. */
static bool choose_lines(struct material *material) {
  static const char *const keys[] = {"kernel", "rows", "k", "n", "dtype", "threads", "data", NULL};
  bool made = true;
  for (size_t side = 0; side < material->side_count && made; side++) {
    struct index known = {json_object(), 0};
    made = known.places != NULL;
    for (size_t p = 0; p <= PREFERRED; p++)
      for (size_t l = 0; l < material->line_count && made; l++) {
        struct line *line = &material->lines[l];
        size_t place;
        if (line->side != side || preference(&material->sources[line->source]) != p || is_set(line->result, "weak") ||
            count_of(line->result, "ranks") > 1)
          continue;
        char *text = compare_text(line->result, keys);
        made = place_of(&known, text, &place, &line->on_ladder);
        free(text);
        if (line->on_ladder) material->products[line->product].laddered = true;
      }
    json_decref(known.places);
  }
  return made;
}

static int in_order(const void *left, const void *right) {
  const struct line *a = *(const struct line *const *)left, *b = *(const struct line *const *)right;
  const size_t keys[][2] = {{a->product, b->product},
                            {a->rung, b->rung},
                            {a->side, b->side},
                            {a->threads, b->threads},
                            {!a->on_ladder, !b->on_ladder},
                            {(size_t)(a - b > 0), (size_t)(b - a > 0)}};
  for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
    if (keys[i][0] != keys[i][1]) return keys[i][0] < keys[i][1] ? -1 : 1;
  return 0;
}

static bool order_lines(struct material *material) {
  material->ordered = calloc(material->line_count + 1, sizeof *material->ordered);
  if (material->ordered == NULL) return false;
  for (size_t l = 0; l < material->line_count; l++) material->ordered[l] = &material->lines[l];
  if (material->line_count > 0) qsort(material->ordered, material->line_count, sizeof *material->ordered, in_order);
  for (size_t l = 0; l < material->line_count; l++) {
    const struct line *line = material->ordered[l];
    struct product *product = &material->products[line->product];
    if (product->end == 0) product->begin = l;
    product->end = l + 1;
    if (line->on_ladder && line->threads > product->most_threads) product->most_threads = line->threads;
  }
  return true;
}

int material_make(struct material *material, struct source *sources, size_t count, const struct options *options) {
  size_t lines = 0;
  *material = (struct material){.sources = sources,
                                .source_count = count,
                                .noise = options->noise,
                                .options = options,
                                .extent = {true, true, true, FURTHER_ALL}};
  for (size_t i = 0; i < count; i++) lines += json_array_size(json_object_get(sources[i].document, "results"));
  material->sides = sides_make(sources, count, &material->side_count);
  material->lines = calloc(lines + 1, sizeof *material->lines);
  material->products = calloc(lines + 1, sizeof *material->products);
  material->rungs = calloc(lines + 1, sizeof *material->rungs);
  struct index products = {json_object(), 0}, rungs = {json_object(), 0};
  bool made = material->sides != NULL && material->lines != NULL && material->products != NULL &&
              material->rungs != NULL && products.places != NULL && rungs.places != NULL;
  made = made && fill_lines(material, &products, &rungs) && count_results(material) && sort_products(material) &&
         choose_lines(material) && order_lines(material);
  json_decref(products.places);
  json_decref(rungs.places);
  return made ? EXIT_DONE : complain_of_memory("the page");
}

void material_free(struct material *material) {
  sides_free(material->sides, material->side_count);
  free(material->lines);
  free(material->ordered);
  free(material->products);
  free(material->rungs);
}

const struct line *material_find(const struct material *material, size_t product, size_t rung, size_t side,
                                 size_t threads) {
  size_t low = material->products[product].begin, high = material->products[product].end;
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    const struct line *line = material->ordered[middle];
    const size_t keys[][2] = {{line->rung, rung}, {line->side, side}, {line->threads, threads}, {!line->on_ladder, 0}};
    int order = 0;
    for (size_t i = 0; i < sizeof keys / sizeof keys[0] && order == 0; i++)
      order = (keys[i][0] > keys[i][1]) - (keys[i][0] < keys[i][1]);
    if (order == 0) return line;
    if (order < 0) low = middle + 1;
    else high = middle;
  }
  return NULL;
}

size_t material_most_threads(const struct material *material, size_t product, size_t side) {
  size_t most = 0;
  for (size_t l = material->products[product].begin; l < material->products[product].end; l++) {
    const struct line *line = material->ordered[l];
    if (line->on_ladder && line->side == side && line->threads > most) most = line->threads;
  }
  return most;
}

size_t material_next_threads(const struct material *material, size_t product, size_t threads) {
  size_t next = 0;
  for (size_t l = material->products[product].begin; l < material->products[product].end; l++) {
    const size_t own = material->ordered[l]->threads;
    if (own > threads && (next == 0 || own < next)) next = own;
  }
  return next;
}

bool line_is_ours(const struct material *material, const struct line *line) {
  return material->rungs[line->rung].kind >= RUNG_KERNEL;
}

const struct line *material_best(const struct material *material, size_t side, const struct product *shape) {
  const struct line *best = NULL;
  for (size_t l = 0; l < material->line_count; l++) {
    const struct line *line = &material->lines[l];
    if (!line->on_ladder || line->side != side || !line_is_ours(material, line) ||
        !same_shape(&material->products[line->product], shape))
      continue;
    if (best == NULL || value_of(line->result, "median_s") < value_of(best->result, "median_s")) best = line;
  }
  return best;
}
