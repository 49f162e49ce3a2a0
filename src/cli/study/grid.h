/* SPDX-License-Identifier: BSD-3-Clause */
/* Results, which are JSON objects, as tables: for people on a terminal, as Markdown, and as CSV. */
#ifndef ROWCAST_CLI_GRID_H
#define ROWCAST_CLI_GRID_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

enum grid_kind {
  GRID_TEXT,
  GRID_KERNEL,   /* a kernel's name; marked when fewer rows were timed, or zeros skipped: see grid_notes() */
  GRID_COUNT,    /* whole number */
  GRID_NUMBER,   /* with so many decimals */
  GRID_TIME,     /* seconds, shown in the unit that fits the group's least */
  GRID_INTERVAL, /* the members low_s and high_s, in the unit of a GRID_TIME */
  GRID_LIST      /* an array of whole numbers, such as CPUs, with ranges */
};

/* A column: shows the member `key` of every result; absent or null is "-". */
struct grid_column {
  const char *key, *head, *unit; /* unit: NULL for none; a GRID_TIME has its own */
  enum grid_kind kind;
  int decimals;
  int best; /* -1: the least is best, 1: the greatest; 0: neither */
};

struct grid {
  const struct grid_column *columns;
  size_t column_count;
  const char *const
    *groups; /* members that are alike within a table, ended by NULL; a new table begins with each change */
  /* A line about a group, of which this is the first result, to be freed; NULL: no memory. May itself be NULL. */
  char *(*heading)(const json_t *first);
  /* Members whose columns a terminal that is too narrow goes without, the first one first, ended by NULL; one stands
   * for those of all sides of a comparison, NAME_A, NAME_B, ... NULL: none. */
  const char *const *spare;
};

/* Are two results alike in these members, the last of which is followed by NULL? Both may lack one. */
bool results_alike(const json_t *a, const json_t *b, const char *const *members);

/* Print the array to stdout, best figures in bold where escape sequences may be. A table that is wider than `width`
 * goes without spare columns, which is told; 0: it may be as wide as it is. False: no memory. */
bool grid_print_table(const struct grid *grid, const json_t *results, bool bold, size_t width);
bool grid_print_markdown(const struct grid *grid, const json_t *results);

/* Every member of the document's results that is neither array nor object, under its JSON name, and label, date and
 * model of the run, or of each side of a comparison (label_A, ...): one line of names, one a result, RFC 4180. Numbers
 * have six digits, more than any measurement has. Control characters but tabs and line ends, for which it has no place,
 * become C's escapes. False: no memory. */
bool grid_print_csv(const json_t *document);

#endif
