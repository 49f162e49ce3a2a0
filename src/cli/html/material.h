/* SPDX-License-Identifier: BSD-3-Clause */
/* What a page is made of: the results of all documents, by product, kernel, side and threads. */
#ifndef ROWCAST_CLI_MATERIAL_H
#define ROWCAST_CLI_MATERIAL_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "args/options.h"
#include "html/sides.h"

/* What is multiplied: a shape, the element type of its rows, and what the rows are. */
struct product {
  size_t rows, k, n;
  const char *dtype, *data;
  size_t begin, end;   /* its lines among material.ordered */
  size_t results;      /* of its shape, in both element types */
  bool laddered;       /* some line of it is on the ladder */
  size_t most_threads; /* of those */
};

/* A method of the article, another library, a kernel, or the library's own choice of one. */
enum rung_kind { RUNG_ARTICLE, RUNG_PEER, RUNG_KERNEL, RUNG_AUTO };
struct rung {
  const char *name;
  enum rung_kind kind;
};

/* A result. Of those of a side that are alike in what a ladder tells them apart by, one alone is on the ladder and in
 * comparisons: that of bench, else of roofline, cpu, peers or scale. Results of several ranks and of weak scaling are
 * on none. */
struct line {
  const json_t *result;
  size_t source, side, product, rung, threads;
  bool on_ladder;
};

/* What a page has room for. Products beyond those that have tabs are further ones. */
struct extent {
  bool documents, samples, tables; /* tables below ladders and rooflines */
  enum { FURTHER_ALL, FURTHER_TABLES, FURTHER_NONE } further;
};

struct material {
  struct extent extent;   /* everything, until a page turns out to be too large */
  struct source *sources; /* the caller's */
  size_t source_count;
  struct side *sides;
  size_t side_count;
  struct product *products; /* the shape of most results first, then of most work; then bytes before float32 */
  size_t product_count;
  bool one_k_n, one_data; /* all products have the same */
  struct rung *rungs;     /* the article's methods, other libraries, kernels */
  size_t rung_count;
  struct line *lines; /* by source and in its order */
  size_t line_count;
  const struct line **ordered;   /* the same, by product, rung, side and threads, those on the ladder first */
  double noise;                  /* parts by which sides must differ to be told apart */
  const struct options *options; /* the caller's: what was asked for */
};

/* Fills *material; the sources stay the caller's and must stay. An exit status, with a line said; release with
 * material_free() in any case. */
int material_make(struct material *material, struct source *sources, size_t count, const struct options *options);
void material_free(struct material *material);

/* The line of a ladder; NULL: there is none. */
const struct line *material_find(const struct material *material, size_t product, size_t rung, size_t side,
                                 size_t threads);

/* The most threads that a side has on the ladder with a product; 0: it has no line there. */
size_t material_most_threads(const struct material *material, size_t product, size_t side);

/* The least thread count above that one which a line of the product has; 0: there is none. */
size_t material_next_threads(const struct material *material, size_t product, size_t threads);

/* Is it rowcast's own, not another library's or the article's? */
bool line_is_ours(const struct material *material, const struct line *line);

/* The fastest line of rowcast's own of a shape, whatever its element type, on a side; NULL: there is none. */
const struct line *material_best(const struct material *material, size_t side, const struct product *shape);

bool same_shape(const struct product *a, const struct product *b);

#endif
