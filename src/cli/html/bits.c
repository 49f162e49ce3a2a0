/* SPDX-License-Identifier: BSD-3-Clause */
#include "html/bits.h"

#include <stdlib.h>
#include <string.h>

#include "html/values.h"
#include "study/compare_lines.h"

/* The row of a result, a new one where there is none. NULL: no memory. */
static struct bits_row *row_of(struct bits *bits, const struct material *material, json_t *places,
                               const struct line *line) {
  static const char *const keys[] = {"order", "rows", "k", "n", "data", "dtype", NULL};
  char *text = compare_text(line->result, keys);
  if (text == NULL) return NULL;
  const json_t *place = json_object_get(places, text);
  struct bits_row *row = NULL;
  if (place != NULL) row = &bits->rows[json_integer_value(place)];
  else if (json_object_set_new(places, text, json_integer((json_int_t)bits->count)) == 0) {
    row = &bits->rows[bits->count];
    *row = (struct bits_row){.order = text_of(line->result, "order"),
                             .product = line->product,
                             .crc32s = bits->crc32s + bits->count * material->side_count};
    bits->count++;
  }
  free(text);
  return row;
}

static const char *first_crc32(const struct bits_row *row, size_t sides) {
  for (size_t s = 0; s < sides; s++)
    if (row->crc32s[s] != NULL) return row->crc32s[s];
  return NULL;
}

/* Puts a row of the other element type with one of the same order, shape and bits. */
static bool merge(struct bits_row *row, const struct bits_row *other, const struct material *material) {
  const size_t sides = material->side_count;
  if (row->differs || other->differs || strcmp(row->order, other->order) != 0 ||
      !same_shape(&material->products[row->product], &material->products[other->product]) ||
      strcmp(first_crc32(row, sides), first_crc32(other, sides)) != 0)
    return false;
  for (size_t s = 0; s < sides; s++)
    if (row->crc32s[s] == NULL) row->crc32s[s] = other->crc32s[s];
  for (int i = 0; i < 2; i++) row->types[i] |= other->types[i];
  row->results += other->results;
  return true;
}

static int differing_first(const void *left, const void *right) {
  const struct bits_row *a = left, *b = right;
  if (a->differs != b->differs) return a->differs ? -1 : 1;
  if (a->product != b->product) return a->product < b->product ? -1 : 1;
  return strcmp(a->order, b->order);
}

bool bits_make(struct bits *bits, const struct material *material) {
  json_t *places = json_object();
  *bits = (struct bits){.rows = calloc(material->line_count + 1, sizeof *bits->rows)};
  bits->crc32s = calloc(material->line_count * material->side_count + 1, sizeof *bits->crc32s);
  bool made = places != NULL && bits->rows != NULL && bits->crc32s != NULL;
  for (size_t l = 0; l < material->line_count && made; l++) {
    const struct line *line = &material->lines[l];
    const char *crc32 = json_string_value(json_object_get(line->result, "crc32"));
    if (crc32 == NULL || text_of(line->result, "order")[0] == '\0') continue;
    struct bits_row *row = row_of(bits, material, places, line);
    if (row == NULL) made = false;
    else {
      const char *first = first_crc32(row, material->side_count);
      row->differs |= first != NULL && strcmp(first, crc32) != 0;
      const char **own = &row->crc32s[line->side];
      /* Of a side that disagrees with itself the one that differs is shown. */
      if (*own == NULL || strcmp(*own, first) == 0) *own = crc32;
      row->types[strcmp(material->products[line->product].dtype, "f32") == 0] = true;
      row->results++;
      bits->results++;
    }
  }
  json_decref(places);
  if (made && bits->count > 0) qsort(bits->rows, bits->count, sizeof *bits->rows, differing_first);
  /* Products of both types stand next to each other. */
  size_t kept = 0;
  for (size_t r = 0; r < bits->count && made; r++) {
    bool merged = false;
    for (size_t k = kept > 12 ? kept - 12 : 0; k < kept && !merged; k++)
      merged = merge(&bits->rows[k], &bits->rows[r], material);
    if (!merged) bits->rows[kept++] = bits->rows[r];
  }
  if (made) bits->count = kept;
  for (size_t r = 0; r < bits->count; r++) bits->differing += bits->rows[r].differs;
  return made;
}

void bits_free(struct bits *bits) {
  free(bits->rows);
  free(bits->crc32s);
}
