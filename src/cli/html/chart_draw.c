/* SPDX-License-Identifier: BSD-3-Clause */
#include "html/chart_draw.h"

#include <math.h>

#include "html/markup.h"
#include "html/marks.h"
#include "html/charts.h"
#include "html/values.h"

/* Where the picture's axes stand in its 400 by 300 units. */
static const double LEFT = 44.0, RIGHT = 388.0, TOP = 16.0, BOTTOM = 256.0;

struct frame {
  double least, most, high; /* threads; the greatest speed-up */
};

static double x_of(const struct frame *frame, double threads) {
  const double margin = 26.0, width = RIGHT - LEFT - 2.0 * margin;
  if (frame->most <= frame->least) return LEFT + margin + width / 2.0;
  return LEFT + margin + width * (threads - frame->least) / (frame->most - frame->least);
}

static double y_of(const struct frame *frame, double speedup) {
  return BOTTOM - (BOTTOM - TOP) * fmin(fmax(speedup, 0.0), frame->high) / frame->high;
}

static struct frame frame_of(const struct material *material, const struct chart *chart) {
  static const char *const members[] = {"speedup_high", "speedup", "probe_fma_speedup", "probe_read_speedup"};
  struct frame frame = {INFINITY, 0.0, 1.0};
  for (size_t i = 0; i < chart->count; i++) {
    const struct line *line = chart->lines[i];
    frame.least = fmin(frame.least, (double)line->threads);
    frame.most = fmax(frame.most, (double)line->threads);
    frame.high = fmax(frame.high, fmin(ideal_of(material, line), 4096.0));
    /* No machine does more. */
    for (size_t m = 0; m < 4; m++) frame.high = fmax(frame.high, fmin(value_of(line->result, members[m]), 4096.0));
  }
  frame.high *= 1.08;
  return frame;
}

/* The next of 1, 2, 5, 10, ... that makes no more than six steps. */
static double step_of(double high) {
  static const double factors[] = {0.25, 0.5, 1.0, 2.0, 2.5, 5.0};
  for (double power = 1.0;; power *= 10.0)
    for (size_t i = 0; i < sizeof factors / sizeof factors[0]; i++)
      if (high / (factors[i] * power) <= 6.0) return factors[i] * power;
}

static void write_axes(FILE *page, const struct frame *frame, const struct chart *chart) {
  const double step = step_of(frame->high);
  char text[SECONDS_TEXT];
  for (int i = 0; step * i <= frame->high; i++) {
    const double y = y_of(frame, step * i);
    snprintf(text, sizeof text, "%g", step * i);
    html(page, "<path d=\"M%.1f %.1fH%.1f\" class=\"g\"/><text x=\"%.1f\" y=\"%.1f\" class=\"tx end\">%s</text>", LEFT,
         y, RIGHT, LEFT - 6.0, y + 4.0, text);
  }
  double written = -INFINITY;
  for (size_t i = 0; i < chart->count; i++) {
    /* Each count once, and only where there is room for it. */
    double next = INFINITY;
    for (size_t j = 0; j < chart->count; j++)
      if (x_of(frame, (double)chart->lines[j]->threads) > written + 26.0)
        next = fmin(next, (double)chart->lines[j]->threads);
    if (!isfinite(next)) break;
    written = x_of(frame, next);
    html(page, "<text x=\"%.1f\" y=\"%.1f\" class=\"tx mid\">%.0f</text>", written, BOTTOM + 18.0, next);
  }
  html(page,
       "<text x=\"%.1f\" y=\"%.1f\" class=\"tx mid\">threads</text>"
       "<text transform=\"translate(11 %.1f) rotate(-90)\" class=\"tx mid\">speed-up</text>",
       (LEFT + RIGHT) / 2.0, BOTTOM + 36.0, (TOP + BOTTOM) / 2.0);
}

/* Where more threads than CPUs share them, on the machine that has the fewest. */
static void write_beyond(FILE *page, const struct material *material, const struct frame *frame,
                         const struct chart *chart) {
  size_t cpus = (size_t)-1;
  for (size_t i = 0; i < chart->count; i++)
    if (cpus_of(material, chart->lines[i]) < cpus) cpus = cpus_of(material, chart->lines[i]);
  if ((double)cpus >= frame->most) return;
  const double x = fmax(x_of(frame, (double)cpus + 0.5), LEFT);
  html(page, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" class=\"over\"/>", x, TOP, RIGHT - x,
       BOTTOM - TOP);
  if (RIGHT - x > 140.0)
    html(page, "<text x=\"%.1f\" y=\"%.1f\" class=\"tx mid mu\">more threads than CPUs</text>", (x + RIGHT) / 2.0,
         BOTTOM - 8.0);
}

/* A line through one side's points of a member; NULL: of the ideal. */
static void write_path(FILE *page, const struct material *material, const struct frame *frame,
                       const struct line *const *lines, size_t count, const char *member, const char *kind) {
  bool begun = false;
  for (size_t i = 0; i < count; i++) {
    const double value = member != NULL ? value_of(lines[i]->result, member) : ideal_of(material, lines[i]);
    if (isnan(value)) continue;
    if (begun) html(page, "L%.1f %.1f", x_of(frame, (double)lines[i]->threads), y_of(frame, value));
    else
      html(page, "<path class=\"%s m%u\" d=\"M%.1f %.1f", kind, mark_color(lines[i]->side),
           x_of(frame, (double)lines[i]->threads), y_of(frame, value));
    begun = true;
  }
  if (begun) fputs("\"/>", page);
}

static void write_points(FILE *page, const struct material *material, const struct frame *frame,
                         const struct line *const *lines, size_t count) {
  for (size_t i = 0; i < count; i++) {
    const json_t *result = lines[i]->result;
    const double x = x_of(frame, (double)lines[i]->threads), speedup = value_of(result, "speedup"),
                 low = value_of(result, "speedup_low"), high = value_of(result, "speedup_high");
    html(page, "<g><title>%s, %zu thread%s: %.2f (%.2f &ndash; %.2f); multiply-adds %.2f, reading %.2f</title>",
         material->sides[lines[i]->side].letters, lines[i]->threads, plural(lines[i]->threads), speedup, low, high,
         value_of(result, "probe_fma_speedup"), value_of(result, "probe_read_speedup"));
    if (!isnan(low) && !isnan(high))
      html(page, "<path class=\"eb m%u\" d=\"M%.1f %.1fV%.1f\"/>", mark_color(lines[i]->side), x, y_of(frame, low),
           y_of(frame, high));
    html(page, "<use href=\"#g%u\" x=\"%.1f\" y=\"%.1f\" class=\"m%u fi\"/></g>", mark_shape(lines[i]->side), x,
         y_of(frame, speedup), mark_color(lines[i]->side));
  }
}

/* Where figures stand already; sides beyond so many have theirs in the table alone. */
enum { FIGURES_MOST = 6 };
struct figures {
  size_t count;
  double x[FIGURES_MOST], y[FIGURES_MOST];
};

/* The figure of a side's best thread count, above its point or, at the edge, left of it; lower where another stands. */
static void write_figure(FILE *page, const struct frame *frame, const struct line *const *lines, size_t count,
                         struct figures *figures) {
  const struct line *best = lines[0];
  for (size_t i = 1; i < count; i++)
    if (value_of(lines[i]->result, "speedup") > value_of(best->result, "speedup")) best = lines[i];
  if (best->threads == 1 || figures->count == FIGURES_MOST) return;
  const double x = x_of(frame, (double)best->threads);
  const bool left = x > RIGHT - 46.0;
  double y = y_of(frame, value_of(best->result, "speedup")) + (left ? 5.0 : -11.0);
  for (size_t i = 0; i < figures->count; i++)
    if (fabs(y - figures->y[i]) < 14.0 && fabs(x - figures->x[i]) < 40.0) {
      y = figures->y[i] + 15.0;
      i = (size_t)-1; /* there may be others */
    }
  figures->x[figures->count] = x;
  figures->y[figures->count++] = y;
  html(page, "<text x=\"%.1f\" y=\"%.1f\" class=\"tx lb t halo m%u %s\">%.2f</text>", left ? x - 9.0 : x, y,
       mark_color(best->side), left ? "end" : "mid", value_of(best->result, "speedup"));
}

void chart_draw(FILE *page, const struct material *material, const struct chart *chart, size_t number) {
  const struct frame frame = frame_of(material, chart);
  html(page, "<figure><figcaption id=\"sc%zu\">", number);
  chart_name(page, chart);
  html(page,
       "</figcaption><svg viewBox=\"0 0 400 300\" role=\"img\" aria-labelledby=\"sc%zu\"><desc>Speed-up over "
       "threads; the table below has every number.</desc>",
       number);
  write_beyond(page, material, &frame, chart);
  write_axes(page, &frame, chart);
  struct figures figures = {0};
  for (int pass = 0; pass < 3; pass++)
    for (size_t begin = 0, end; begin < chart->count; begin = end) {
      for (end = begin; end < chart->count && chart->lines[end]->side == chart->lines[begin]->side;) end++;
      const struct line *const *lines = (const struct line *const *)chart->lines + begin;
      if (pass == 0) {
        write_path(page, material, &frame, lines, end - begin, NULL, "ideal");
        write_path(page, material, &frame, lines, end - begin, "probe_fma_speedup", "ln pf");
        write_path(page, material, &frame, lines, end - begin, "probe_read_speedup", "ln pr");
        write_path(page, material, &frame, lines, end - begin, "speedup", "ln");
      } else if (pass == 1) write_points(page, material, &frame, lines, end - begin);
      else write_figure(page, &frame, lines, end - begin, &figures);
    }
  fputs("</svg></figure>\n", page);
}
