/* SPDX-License-Identifier: BSD-3-Clause */
#include "html/panel_draw.h"

#include <math.h>
#include <string.h>

#include "html/markup.h"
#include "html/marks.h"
#include "html/panels.h"
#include "html/values.h"
#include "roofline.h"

/* Where the picture's axes stand in its 400 by 300 units. */
static const double LEFT = 50.0, RIGHT = 394.0, TOP = 12.0, BOTTOM = 252.0;

static double x_of(const struct panels *panels, double intensity) {
  return LEFT + (RIGHT - LEFT) * axis_place(&panels->along, intensity);
}

static double y_of(const struct panels *panels, double gflops) {
  return BOTTOM - (BOTTOM - TOP) * axis_place(&panels->up, gflops);
}

static void write_axes(FILE *page, const struct panels *panels) {
  char text[SECONDS_TEXT];
  const struct axis up = panels->up, along = panels->along;
  for (size_t i = 0; i < up.count; i++) {
    snprintf(text, sizeof text, "%g", up.ticks[i]);
    html(page, "<path d=\"M%.1f %.1fH%.1f\" class=\"g\"/><text x=\"%.1f\" y=\"%.1f\" class=\"tx end\">%s</text>", LEFT,
         y_of(panels, up.ticks[i]), RIGHT, LEFT - 5.0, y_of(panels, up.ticks[i]) + 4.0, text);
  }
  for (size_t i = 0; i < along.count; i++) {
    snprintf(text, sizeof text, "%g", along.ticks[i]);
    html(page, "<path d=\"M%.1f %.1fV%.1f\" class=\"g\"/><text x=\"%.1f\" y=\"%.1f\" class=\"tx mid\">%s</text>",
         x_of(panels, along.ticks[i]), TOP, BOTTOM, fmin(x_of(panels, along.ticks[i]), RIGHT - 8.0), BOTTOM + 17.0,
         text);
  }
  html(page,
       "<text x=\"%.1f\" y=\"%.1f\" class=\"tx mid\">operations per byte read (log)</text>"
       "<text transform=\"translate(11 %.1f) rotate(-90)\" class=\"tx mid\">GFLOP/s (log)</text>",
       (LEFT + RIGHT) / 2.0, BOTTOM + 36.0, (TOP + BOTTOM) / 2.0);
}

/* The corners of a roof from left to right, as part of a path; those below the picture are cut off. */
static void write_roof(FILE *page, const struct panels *panels, const struct roof *roof, bool back) {
  const double from = panels->along.low, to = panels->along.high;
  const double ridge = fmin(fmax(roof->flops / roof->bytes, from), to);
  const double corners[3] = {fmax(from, fmin(panels->up.low / roof->bytes, ridge)), ridge, to};
  for (int i = 0; i < 3; i++) {
    const double intensity = corners[back ? 2 - i : i], height = bench_roof(roof->flops, roof->bytes, intensity);
    html(page, "%s%.1f %.1f", i == 0 && !back ? "M" : "L", x_of(panels, intensity), y_of(panels, height));
  }
}

static bool is_exact(const json_t *result) { return strcmp(text_of(result, "order"), "exact") == 0; }

/* What is named: the best of these kinds. */
static bool is_kind(const struct line *line, int kind, bool alone) {
  const json_t *result = line->result;
  const bool f32 = strcmp(text_of(result, "dtype"), "f32") == 0, skips = is_set(result, "effective");
  const bool naive = strcmp(text_of(result, "order"), "naive") == 0;
  /* One of the others, by its own name. */
  if (!alone && strcmp(text_of(result, "kernel"), "auto") == 0) return false;
  switch (kind) {
  case 0: return f32 && !skips && !is_exact(result);
  case 1: return !f32 && !skips && !is_exact(result);
  case 2: return skips && !is_exact(result);
  case 3: return naive && !f32;
  default: return is_exact(result);
  }
}
enum { KINDS = 5 };

/* A name's place beside its point: a line of text, and its share of the roof below it. */
struct name {
  const struct line *line;
  double x, y, at; /* of the point; of the text's middle */
};
static const double APART = 26.0, HALF = 13.0;

static size_t find_names(const struct panels *panels, const struct panel *panel, struct name names[KINDS]) {
  size_t count = 0;
  bool alone = true; /* is there nothing but auto? */
  for (size_t i = 0; i < panel->count; i++) alone = alone && panel->lines[i]->rung == panel->lines[0]->rung;
  for (int kind = 0; kind < KINDS; kind++) {
    const struct line *best = NULL;
    for (size_t i = 0; i < panel->count; i++)
      if (is_kind(panel->lines[i], kind, alone) &&
          (best == NULL || value_of(panel->lines[i]->result, "gflops") > value_of(best->result, "gflops")))
        best = panel->lines[i];
    bool twice = best == NULL;
    for (size_t n = 0; n < count; n++) twice |= names[n].line == best;
    if (twice) continue;
    const double x = x_of(panels, value_of(best->result, "intensity")),
                 y = y_of(panels, value_of(best->result, "gflops"));
    names[count++] = (struct name){best, x, y, y};
  }
  /* From the top down. */
  for (size_t i = 1; i < count; i++)
    for (size_t j = i; j > 0 && names[j].y < names[j - 1].y; j--) {
      const struct name other = names[j];
      names[j] = names[j - 1];
      names[j - 1] = other;
    }
  return count;
}

/* Are two names in one column, so that one could cover the other? */
static bool beside(const struct name *a, const struct name *b) { return fabs(a->x - b->x) < 40.0; }

/* Names apart from one another and from the roof's line: those of points above it stay above, the others below. */
static void spread_names(const struct panels *panels, const struct panel *panel, struct name *names, size_t count) {
  const double roof = panel->roof.flops > 0.0 ? y_of(panels, panel->roof.flops) : TOP - 2.0 * APART;
  size_t above = 0;
  while (above < count && names[above].y < roof) above++;
  for (size_t i = above; i-- > 0;) {
    double low = roof - HALF - 3.0;
    for (size_t j = i + 1; j < above; j++)
      if (beside(&names[i], &names[j])) low = fmin(low, names[j].at - APART);
    names[i].at = fmax(fmin(names[i].at, low), TOP + HALF - 8.0);
  }
  for (size_t i = above; i < count; i++) {
    double high = roof + HALF + 3.0;
    for (size_t j = above; j < i; j++)
      if (beside(&names[i], &names[j])) high = fmax(high, names[j].at + APART);
    names[i].at = fmax(names[i].at, high);
  }
  for (size_t i = count; i-- > above;) {
    double low = BOTTOM - HALF;
    for (size_t j = i + 1; j < count; j++)
      if (beside(&names[i], &names[j])) low = fmin(low, names[j].at - APART);
    names[i].at = fmin(names[i].at, low);
  }
}

static void write_name(FILE *page, const struct name *name) {
  const json_t *result = name->line->result;
  const double share = 100.0 * value_of(result, "roofline_share");
  const bool left = name->x > RIGHT - 126.0;
  const double x = left ? name->x - 12.0 : name->x + 12.0;
  if (fabs(name->at - name->y) > 4.0)
    html(page, "<path class=\"ld\" d=\"M%.1f %.1fL%.1f %.1f\"/>", name->x, name->y, left ? x + 2.0 : x - 2.0, name->at);
  html(page, "<text class=\"halo%s\" x=\"%.1f\" y=\"%.1f\">%.24s %s</text>", left ? " end" : "", x, name->at - 1.5,
       text_of(result, "kernel"), text_of(result, "dtype"));
  if (!isnan(share))
    html(page, "<text class=\"halo mu%s\" x=\"%.1f\" y=\"%.1f\">%.0f %% of roof%s</text>", left ? " end" : "", x,
         name->at + 10.5, share, is_set(result, "effective") ? "\xe2\x81\xba" : "");
}

static void write_points(FILE *page, const struct panels *panels, const struct panel *panel) {
  for (size_t i = 0; i < panel->count; i++) {
    const struct line *line = panel->lines[i];
    const json_t *result = line->result;
    const bool skips = is_set(result, "effective");
    html(
      page,
      "<use data-k=\"%zu\" href=\"#g%u\" x=\"%.1f\" y=\"%.1f\" class=\"pt m%u %s\"><title>%.60s, %s: %.1f GFLOP/s%s, "
      "%.2f of the roof</title></use>",
      line->rung, mark_shape(panel->side), x_of(panels, value_of(result, "intensity")),
      y_of(panels, value_of(result, "gflops")), mark_color(panel->side), skips ? "ho" : "fi", text_of(result, "kernel"),
      dtype_text(text_of(result, "dtype")), value_of(result, "gflops"), skips ? " effective" : "",
      value_of(result, "roofline_share"));
  }
}

void panel_draw(FILE *page, const struct material *material, const struct panels *panels, size_t number) {
  const struct panel *panel = &panels->panels[number];
  struct name names[KINDS] = {{0}};
  const size_t count = find_names(panels, panel, names);
  const bool roofed = panel->roof.flops > 0.0;
  html(page, "<figure><figcaption id=\"rf%zu\">", number);
  mark_letter(page, material, panel->side);
  html(page, ", %zu thread%s ", panel->threads, plural(panel->threads));
  if (roofed)
    html(page, "<small>%.1f GFLOP/s &middot; %.1f GB/s</small></figcaption>", panel->roof.flops, panel->roof.bytes);
  else fputs("<small>no roof: a probe was held up</small></figcaption>", page);
  html(page,
       "<svg viewBox=\"0 0 400 300\" role=\"img\" aria-labelledby=\"rf%zu\"><desc>Kernels under the machine&#39;s "
       "roof; the table below and the ladder&#39;s have every number.</desc>",
       number);
  write_axes(page, panels);
  if (roofed) {
    html(page, "<path class=\"band m%u\" d=\"", mark_color(panel->side));
    write_roof(page, panels, &panel->low, false);
    write_roof(page, panels, &panel->high, true);
    fputs("z\"/><path class=\"roof\" d=\"", page);
    write_roof(page, panels, &panel->roof, false);
    fputs("\"/>", page);
  }
  write_points(page, panels, panel);
  spread_names(panels, panel, names, count);
  for (size_t i = 0; i < count; i++) write_name(page, &names[i]);
  fputs("</svg></figure>\n", page);
}
