/* SPDX-License-Identifier: BSD-3-Clause */
/* What a product was made from, and what was assumed of it: told in a summary, in JSON, or line by line where there is
 * neither. */
#ifndef ROWCAST_CLI_SOURCES_H
#define ROWCAST_CLI_SOURCES_H

#include <stdbool.h>

#include <jansson.h>

#include "data/input.h"

struct sources {
  const struct input *input; /* with its labels, if they were read */
  float scale;
  const char *note;                     /* units_note() */
  const char *weights_name, *bias_name; /* bias_name NULL: none */
  const rowcast_matrix *weights, *bias;
};

/* Lines of a summary: images, labels, weights, bias. */
void sources_print(const struct sources *sources);

/* Sets "images", "first_row", "all_rows", "element", "scale", "note", "headings_left_out", "labels", "weights",
 * "weights_element", "bias" and "bias_element"; false: no memory. */
bool sources_json(const struct sources *sources, json_t *object);

/* What was rounded and assumed alone, on stderr. */
void sources_remark(const struct sources *sources);

#endif
