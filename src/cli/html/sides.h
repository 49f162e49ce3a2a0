/* SPDX-License-Identifier: BSD-3-Clause */
/* Documents, and whose they are: a side is one build of rowcast on one machine. */
#ifndef ROWCAST_CLI_SIDES_H
#define ROWCAST_CLI_SIDES_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "study/document.h"
#include "study/sha256.h"

/* A document; whoever makes one owns what it points to. */
struct source {
  json_t *document;
  const char *name;      /* its file as it was given; NULL: it was measured for the page */
  char sum[SHA256_TEXT]; /* of the file; "": there is none */
  size_t side;           /* filled by sides_make(); NO_SIDE: a comparison, which has sides of its own */
};
#define NO_SIDE ((size_t)-1)

struct side {
  char letters[LETTERS_TEXT]; /* A, B, ... */
  char *name;                 /* owned: its folder where that tells it apart, and what the run is called */
  const json_t *document;     /* the one that says most of its machine */
  size_t sources;             /* how many it has */
};

/* Is it a document of another command than rowcast's studies: the article's methods? */
bool source_is_article(const struct source *source);
bool source_is(const struct source *source, const char *command);

/* Finds the sides, in the order in which they are named, and whose each source is. Documents are of one side unless
 * they say different things of CPU, caches, features, build or label, or both have the same results, as two runs do.
 * One that says nothing of caches and features belongs, of those it may, to the side in its folder. An array to be
 * released with sides_free(); NULL: no memory. */
struct side *sides_make(struct source *sources, size_t count, size_t *side_count);
/* Do any two differ in more than build and label: are they as many machines? */
bool sides_are_machines(const struct side *sides, size_t count);
void sides_free(struct side *sides, size_t count);

#endif
