/* SPDX-License-Identifier: BSD-3-Clause */
/* Drawing pictures with characters. */
#include "terminal/picture.h"

#include <math.h>

#include "terminal/report.h"

/* How much ink a pixel has, 0 to 1; below the picture, and for NaN, none. */
static float ink(const struct picture *picture, size_t y, size_t x) {
  if (y >= picture->height || !(picture->high > picture->low)) return 0.0f;
  const size_t at = y * picture->width + x;
  const float value = picture->dtype == ROWCAST_U8 ? (float)((const unsigned char *)picture->pixels)[at]
                                                   : ((const float *)picture->pixels)[at];
  const float share = (value - picture->low) / (picture->high - picture->low);
  return share > 0.0f ? fminf(share, 1.0f) : 0.0f;
}

size_t picture_lines(const struct picture *picture) { return picture->height / 2 + picture->height % 2; }

/* Of the 256 colours, 232 to 255 are greys from nearly black to nearly white. */
static int grey(float share) { return 232 + (int)lrintf(share * 23.0f); }

void picture_line(const struct picture *picture, size_t line) {
  static const char ramp[] = " .:-=+*#%@";
  int upper_before = -1, lower_before = -1;
  for (size_t x = 0; x < picture->width; x++) {
    const float upper = ink(picture, 2 * line, x), lower = ink(picture, 2 * line + 1, x);
    const float mean = 0.5f * (upper + lower);
    if (picture->style == PICTURE_RAMP) {
      /* A thin stroke that fills one pixel of the two has half the ink and must still be seen. */
      out("%c", ramp[lrintf(sqrtf(mean) * (float)(sizeof ramp - 2))]);
      continue;
    }
    const int above = grey(picture->style == PICTURE_GREY ? mean : upper);
    const int below = grey(picture->style == PICTURE_GREY ? mean : lower);
    if (above != upper_before || below != lower_before) {
      if (picture->style == PICTURE_GREY) out("\033[48;5;%dm", above);
      else out("\033[38;5;%d;48;5;%dm", above, below);
    }
    upper_before = above;
    lower_before = below;
    out("%s", picture->style == PICTURE_GREY ? " " : "\u2580"); /* the upper half block */
  }
  if (picture->style != PICTURE_RAMP) out("\033[0m");
}
