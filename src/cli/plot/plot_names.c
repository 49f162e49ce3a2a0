/* SPDX-License-Identifier: BSD-3-Clause */
#include "plot/plot_names.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plot/gnuplot.h"

/* Points less than a twenty-fifth apart are drawn over one another; a name for several is no longer than this. */
static const double APART = 1.04;
enum { SHARED_MOST = 28 };

static int by_side_upwards(const void *left, const void *right) {
  const struct point *a = left, *b = right;
  if (a->right != b->right) return a->right ? 1 : -1;
  if (a->y != b->y) return a->y < b->y ? -1 : 1;
  if (a->x != b->x) return a->x < b->x ? -1 : 1;
  if (a->document != b->document) return a->document < b->document ? -1 : 1;
  return strcmp(a->name, b->name);
}

/* Adds a point's kernel to another's text, if they nearly coincide and there is room for it. */
static bool share(struct point *owner, const struct point *point, size_t length) {
  const size_t shared = SHARED_MOST + strlen(owner->letter), most = length < shared ? length : shared;
  if (owner->right != point->right || owner->document != point->document || owner->effective != point->effective ||
      owner->x != point->x || point->y > APART * owner->y || strcmp(owner->dtype, point->dtype) != 0)
    return false;
  if (strcmp(owner->kernel, point->kernel) == 0) return true;
  const size_t dtype = strlen(point->dtype) + 1, kernel = strlen(point->name) - dtype;
  const size_t kernels = strlen(owner->text) - dtype;
  if (kernels + 2 + kernel + dtype > most) return false;
  snprintf(owner->text + kernels, NAME_MOST - kernels, ", %s", point->name);
  return true;
}

struct names_size names_make(struct point *points, size_t count, double middle, size_t length, size_t most) {
  struct names_size size = {0};
  size_t names[2] = {0};
  for (size_t i = 0; i < count; i++) points[i].right = !(points[i].x < middle);
  qsort(points, count, sizeof *points, by_side_upwards);
  for (size_t i = 0, owner = 0; i < count; i++) {
    points[i].text[0] = '\0';
    if (i > 0 && share(&points[owner], &points[i], length)) {
      points[owner].marked |= points[i].disturbed;
      continue;
    }
    owner = i;
    points[i].marked = points[i].disturbed;
    const size_t letter = strlen(points[i].letter);
    memcpy(points[i].text, points[i].letter, letter);
    gnuplot_text(points[i].text + letter, length + 1 - letter, points[i].name);
  }
  for (size_t i = count; i-- > 0;) {
    struct point *point = &points[i];
    const size_t written = strlen(point->text);
    size_t *longest = point->right ? &size.right : &size.left;
    if (written == 0) continue;
    if (names[point->right] == most) {
      point->text[0] = '\0';
      size.left_out++;
      continue;
    }
    names[point->right]++;
    if (written > *longest) *longest = written;
  }
  size.lines = names[0] > names[1] ? names[0] : names[1];
  return size;
}

/* Names that touch: one a line, from `first` on, which is where they are nearest to their points together. */
struct block {
  size_t count;
  double sum, first; /* of the lines on which the first would stand for each name to be at its point */
};

static void settle(struct block *block, size_t lines) {
  const double last = (double)lines - 0.5 - (double)(block->count - 1);
  block->first = fmin(fmax(block->sum / (double)block->count, 0.5), last);
}

/* Joins the blocks that touch: of so many, of which the last is new, how many are left? */
static size_t join(struct block *blocks, size_t count, size_t lines) {
  settle(&blocks[count - 1], lines);
  while (count > 1) {
    struct block *before = &blocks[count - 2], *last = &blocks[count - 1];
    if (before->first + (double)before->count <= last->first) break;
    before->sum += last->sum - (double)before->count * (double)last->count;
    before->count += last->count;
    settle(before, lines);
    count--;
  }
  return count;
}

bool names_place(struct point *points, size_t count, double low, double high, size_t lines) {
  struct block *blocks = calloc(count + 1, sizeof *blocks);
  if (blocks == NULL) return false;
  for (size_t begin = 0, end; begin < count; begin = end) {
    size_t block_count = 0;
    for (end = begin; end < count && points[end].right == points[begin].right; end++)
      if (points[end].text[0] != '\0') {
        const double wanted = (double)lines * log(points[end].y / low) / log(high / low);
        blocks[block_count++] = (struct block){1, wanted, 0.0};
        block_count = join(blocks, block_count, lines);
      }
    size_t block = 0, taken = 0;
    double place = NAN; /* the lowest may have none */
    for (size_t i = begin; i < end; i++) {
      if (points[i].text[0] != '\0') {
        place = blocks[block].first + (double)taken;
        if (++taken == blocks[block].count) block++, taken = 0;
      }
      points[i].place = place;
    }
  }
  free(blocks);
  return true;
}
