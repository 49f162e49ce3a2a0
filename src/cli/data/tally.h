/* SPDX-License-Identifier: BSD-3-Clause */
/* Classes compared with labels: how many are right, and which are taken for which. One rule for every command that
 * counts: a label counts when it is one of the classes 0..N-1; the others are counted apart and told. */
#ifndef ROWCAST_CLI_TALLY_H
#define ROWCAST_CLI_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "data/labels.h"

enum { TALLY_FIRST = 20 };

struct tally {
  size_t classes;
  size_t rows;                 /* counted so far */
  size_t labelled;             /* rows whose label is a class */
  size_t no_class;             /* rows whose label is none */
  size_t correct;              /* of the labelled ones */
  size_t all_nan;              /* rows that no class was found for: all their columns are NaN */
  size_t *confusion;           /* classes x classes, rows by label, columns by class; NULL: not counted */
  long predicted[TALLY_FIRST]; /* of the first rows; -1: all columns are NaN */
  long labels[TALLY_FIRST];    /* LABEL_NONE, LABEL_NO_CLASS, or the class */
};

/* For so many classes, with a confusion table or without. Returns an exit status; tally_free() in any case. */
int tally_begin(struct tally *tally, size_t classes, bool confusion);

/* Counts one row more: its class (-1: none) and its label. */
void tally_add(struct tally *tally, long class, long label);

/* Counts the rows of a product: of each the first of its largest columns, -1 where all are NaN, and the label of that
 * row of the images, of which the product's first is row `first`. */
void tally_add_product(struct tally *tally, const rowcast_matrix *product, const struct labels *labels, size_t first);

/* Prints the accuracy, the labels that name no class and the rows without one; nothing where there are no labels. */
void tally_print(const struct tally *tally);

/* Prints the first `most` classes, and the labels beside them. */
void tally_print_first(const struct tally *tally, size_t most);

/* Prints the confusion table, or why there is none. */
void tally_print_confusion(const struct tally *tally, bool colors);

/* Sets "labelled", "labels_no_class", "rows_no_class", "correct" and "accuracy" (null where nothing is labelled);
 * false: no memory. */
bool tally_json(const struct tally *tally, json_t *object);

/* The same, and "predictions", what the first `most` rows were taken for, which are `row` and those after it. */
bool tally_first_json(const struct tally *tally, size_t row, size_t most, json_t *object);

/* The confusion table as an array of arrays; NULL: no memory. */
json_t *tally_confusion_json(const struct tally *tally);

void tally_free(struct tally *tally);

#endif
