/* SPDX-License-Identifier: BSD-3-Clause */
/* One image as lines of text. A character is about twice as high as wide, so a line holds two rows of pixels
 * and a column one. */
#ifndef ROWCAST_CLI_PICTURE_H
#define ROWCAST_CLI_PICTURE_H

#include <stddef.h>

#include <rowcast/types.h>

enum picture_style {
  PICTURE_RAMP,       /* " .:-=+*#%@", the mean of two pixels a character */
  PICTURE_GREY,       /* blanks on 256-colour greys, the mean of two pixels a blank */
  PICTURE_HALF_BLOCKS /* half blocks in 256-colour greys: every pixel; needs UTF-8 */
};

struct picture {
  enum picture_style style;
  rowcast_dtype dtype;
  const void *pixels;
  size_t height, width;
  float low, high; /* drawn as no ink and as full ink */
};

size_t picture_lines(const struct picture *picture);

/* Prints line number `line`, as wide as the picture, without a newline. */
void picture_line(const struct picture *picture, size_t line);

#endif
