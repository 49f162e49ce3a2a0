/* SPDX-License-Identifier: BSD-3-Clause */
#include "html/marks.h"

#include <math.h>

#include "html/markup.h"

unsigned mark_color(size_t side) { return (unsigned)(side % MARKS); }

unsigned mark_shape(size_t side) { return (unsigned)((side + side / MARKS) % MARKS); }

void marks_define(FILE *page) {
  static const char *const shapes[MARKS] = {"M-4.5 0a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0-9 0z",
                                            "M0-5.5L5.5 0L0 5.5L-5.5 0z",
                                            "M-4-4h8v8h-8z",
                                            "M0-5L5 4H-5z",
                                            "M0 5L5-4H-5z",
                                            "M-1.7-5h3.4v3.3h3.3v3.4h-3.3V5h-3.4V1.7H-5v-3.4h3.3z",
                                            "M-2.5-4.6h5L5.2 0L2.5 4.6h-5L-5.2 0z",
                                            "M0-5.5L1.6-1.6L5.5 0L1.6 1.6L0 5.5L-1.6 1.6L-5.5 0L-1.6-1.6z"};
  fputs("<svg class=\"defs\" width=\"0\" height=\"0\" aria-hidden=\"true\"><defs>", page);
  for (int i = 0; i < MARKS; i++) html(page, "<path id=\"g%d\" d=\"%s\"/>", i, shapes[i]);
  fputs("</defs></svg>\n", page);
}

void mark(FILE *page, size_t side, bool hollow) {
  html(page, "<svg class=\"gl m%u %s\" aria-hidden=\"true\"><use href=\"#g%u\"/></svg>", mark_color(side),
       hollow ? "ho" : "fi", mark_shape(side));
}

void mark_letter(FILE *page, const struct material *material, size_t side) {
  mark(page, side, false);
  html(page, " %s", material->sides[side].letters);
}

void mark_name(FILE *page, const struct material *material, size_t side) {
  mark_letter(page, material, side);
  html(page, " &middot; %.80s", material->sides[side].name);
}

void marks_legend(FILE *page, const struct material *material, bool hollow, const char *rest) {
  fputs("<p class=\"lg\">", page);
  for (size_t s = 0; s < material->side_count; s++) {
    fputs("<span>", page);
    if (hollow) mark(page, s, true);
    mark_name(page, material, s);
    fputs("</span> ", page);
  }
  html(page, "<span class=\"mu\">%s</span></p>\n", rest);
}

/* What axes reach; a document may say anything. */
static const double SMALLEST = 1e-99, GREATEST = 1e99;

/* Decades where there are two or more, else also twice and five times those. */
struct axis axis_make(double low, double high) {
  static const double digits[] = {1.0, 2.0, 5.0};
  struct axis axis = {.low = fmin(fmax(low, SMALLEST), GREATEST)};
  axis.high = fmin(fmax(high, 1.5 * axis.low), 2.0 * GREATEST);
  const size_t most = sizeof axis.ticks / sizeof axis.ticks[0];
  const double decades = log10(axis.high / axis.low);
  const int step = decades < 7.0 ? 1 : (int)ceil(decades / 7.0), last = (int)floor(log10(axis.high));
  for (int power = (int)floor(log10(axis.low)); power <= last; power += step)
    for (int d = 0; d < (decades < 2.0 ? 3 : 1); d++) {
      const double tick = digits[d] * pow(10.0, power);
      if (tick >= 0.999 * axis.low && tick <= 1.001 * axis.high && axis.count < most) axis.ticks[axis.count++] = tick;
    }
  return axis;
}

double axis_place(const struct axis *axis, double value) {
  return fmin(fmax(log(value / axis->low) / log(axis->high / axis->low), 0.0), 1.0);
}

void lines_style(FILE *page, const double *places, size_t count, bool first) {
  if (count == 0) fputs("none", page);
  for (size_t i = 0; i < count; i++)
    html(page, "%slinear-gradient(var(--%s) 0 0) %.2f%% 0/1px 100%% no-repeat", i > 0 ? "," : "",
         first && i == 0 ? "mu" : "ln", 100.0 * places[i]);
}
