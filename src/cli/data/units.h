/* SPDX-License-Identifier: BSD-3-Clause */
/* What one unit of the rows is worth: what --scale says, else what their type and values suggest. Pixels come as bytes
 * 0..255, as the same whole numbers in every other type, and as fractions 0..1. */
#ifndef ROWCAST_CLI_UNITS_H
#define ROWCAST_CLI_UNITS_H

#include <stdbool.h>

#include "args/options.h"
#include "data/input.h"
#include "data/rows.h"

/* What the values of some rows are. */
enum value_range {
  VALUES_ZERO,   /* zeros alone, or none */
  VALUES_UNIT,   /* from 0 to 1 */
  VALUES_PIXELS, /* whole numbers from 0 to 255, some above 1 */
  VALUES_OTHER
};

/* What was seen of values so far; zeroed: none but zeros. */
struct values_seen {
  bool some;     /* above 0 */
  bool above;    /* above 1 */
  bool fraction; /* not whole */
  bool outside;  /* below 0, above 255, or NaN */
};
enum value_range units_range(const struct values_seen *seen);

/* Looks at rows more, as far as they can change the range. pixels_alone: only whether it is VALUES_PIXELS matters, and
 * the first number that is not whole settles that it is not. */
void units_look(struct values_seen *seen, const struct rows *rows, bool pixels_alone);

/* Adds what was seen elsewhere. */
void units_join(struct values_seen *seen, const struct values_seen *other);

/* The scale of rows for weights that say nothing of pixels: the option's, else 1/256 for bytes, else 1. */
float units_scale(const struct input *input, const struct options *options);

/* The same for the shipped weights, which were trained on pixels / 256: the option's; else 1/256 for whole numbers up
 * to 255, of any type, and 1 for everything else. */
float units_scale_of_pixels(enum value_range range, const struct options *options);

/* What must be said of a scale that was not asked for, where it may not be what the values mean; NULL: nothing.
 * `shipped`: it is units_scale_of_pixels(). */
const char *units_note(const struct options *options, rowcast_dtype dtype, enum value_range range, bool shipped);

/* A scale as people write it: 1/256, or its decimals. */
enum { SCALE_TEXT = 32 };
const char *units_text(float scale, char text[SCALE_TEXT]);

#endif
