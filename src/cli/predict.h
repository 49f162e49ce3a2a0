/* SPDX-License-Identifier: BSD-3-Clause */
/* Each row's largest column as its class, compared with the row's label. */
#ifndef ROWCAST_CLI_PREDICT_H
#define ROWCAST_CLI_PREDICT_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "input.h"

enum { PREDICT_FIRST = 10 };

struct prediction {
  size_t rows, correct;
  size_t first_row;
  size_t shown;                 /* filled entries of the two arrays */
  long predicted[PREDICT_FIRST]; /* -1: no column is a number */
  long labels[PREDICT_FIRST];    /* -1: no label */
};

/* Takes the results of the rows selected of the block there, after those before; the first of equal columns counts, NaN never does. */
void predict(struct prediction *prediction, const rowcast_matrix *result, const struct input *input);

void predict_print(const struct prediction *prediction);

/* Sets "accuracy" (null for no rows), "correct" and "predictions"; false: out of memory. */
bool predict_json(const struct prediction *prediction, json_t *object);

#endif
