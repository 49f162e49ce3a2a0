/* SPDX-License-Identifier: BSD-3-Clause */
/* The ladder: the times of every kernel on one logarithmic axis, in HTML with percentages, so that text never scales.
 */
#include <math.h>
#include <stdlib.h>

#include "html/ladder_table.h"
#include "html/markup.h"
#include "html/marks.h"
#include "html/sections.h"
#include "html/tabs.h"
#include "html/values.h"

bool section_ladder_has(const struct material *material) {
  for (size_t p = 0; p < material->product_count; p++)
    if (material->products[p].laddered) return true;
  return false;
}

static bool is_laddered(const struct material *material, size_t product) {
  return material->products[product].laddered;
}

/* The two lines that a rung has of a side: of one thread, and of the most that the product has. */
static const struct line *line_at(const struct material *material, size_t product, size_t rung, size_t side,
                                  bool most) {
  const size_t threads = most ? material->products[product].most_threads : 1;
  return most && threads == 1 ? NULL : material_find(material, product, rung, side, threads);
}

static bool is_shown(const struct material *material, const struct line *line) {
  return line->on_ladder && (line->threads == 1 || line->threads == material->products[line->product].most_threads);
}

static struct axis axis_of(const struct material *material, size_t product) {
  double low = INFINITY, high = 0.0;
  const struct product *of = &material->products[product];
  for (size_t l = of->begin; l < of->end; l++) {
    if (!is_shown(material, material->ordered[l])) continue;
    low = fmin(low, value_of(material->ordered[l]->result, "low_s"));
    high = fmax(high, value_of(material->ordered[l]->result, "high_s"));
  }
  return axis_make(low / 1.15, high * 1.15);
}

static void write_axis(FILE *page, const struct axis *axis) {
  char text[SECONDS_TEXT];
  fputs("<div class=\"lr lh\" aria-hidden=\"true\"><div class=\"lk\"></div><div class=\"tr ax\">", page);
  for (size_t i = 0; i < axis->count; i++)
    html(page, "<span class=\"%s\" style=\"left:%.2f%%\">%s</span>", i % 2 == 1 ? "hs" : "ev",
         100.0 * axis_place(axis, axis->ticks[i]), seconds_text(axis->ticks[i], 1, text));
  fputs("</div></div>\n", page);
}

/* A panel: its product, its axis, and each side's fastest line that is shown. */
struct ladder {
  size_t product;
  struct axis axis;
  const struct line **fastest; /* owned */
};

static bool find_fastest(struct ladder *ladder, const struct material *material) {
  const struct product *of = &material->products[ladder->product];
  ladder->fastest = calloc(material->side_count + 1, sizeof *ladder->fastest);
  for (size_t l = of->begin; l < of->end && ladder->fastest != NULL; l++) {
    const struct line *line = material->ordered[l], **best = &ladder->fastest[line->side];
    if (!is_shown(material, line)) continue;
    if (*best == NULL || value_of(line->result, "median_s") < value_of((*best)->result, "median_s")) *best = line;
  }
  return ladder->fastest != NULL;
}

static void write_mark(FILE *page, const struct material *material, const struct axis *axis, const struct line *line,
                       double top) {
  const json_t *result = line->result;
  char median[SECONDS_TEXT], low[SECONDS_TEXT], high[SECONDS_TEXT];
  const double from = 100.0 * axis_place(axis, value_of(result, "low_s")),
               to = 100.0 * axis_place(axis, value_of(result, "high_s"));
  const unsigned color = mark_color(line->side);
  html(page, "<i class=\"ci m%u\" style=\"left:%.2f%%;width:%.2f%%;top:%.0f%%\"></i>", color, from, to - from, top);
  html(page,
       "<svg class=\"mk m%u %s\" style=\"left:%.2f%%;top:%.0f%%\"><title>%.60s, %s, "
       "%zu thread%s: %s (%s &ndash; %s), %.1f GFLOP/s%s</title><use href=\"#g%u\"/></svg>",
       color, line->threads == 1 ? "fi" : "ho", 100.0 * axis_place(axis, value_of(result, "median_s")), top,
       text_of(result, "kernel"), material->sides[line->side].letters, line->threads, plural(line->threads),
       seconds_text(value_of(result, "median_s"), 4, median), seconds_text(value_of(result, "low_s"), 4, low),
       seconds_text(value_of(result, "high_s"), 4, high), value_of(result, "gflops"),
       is_set(result, "effective") ? " effective" : "", mark_shape(line->side));
}

static void write_times(FILE *page, const struct material *material, const struct ladder *ladder, size_t rung,
                        size_t side) {
  char text[SECONDS_TEXT];
  bool any = false;
  html(page, "<span class=\"n t m%u\"><span class=\"vh\">%s: </span>", mark_color(side), material->sides[side].letters);
  for (int most = 0; most < 2; most++) {
    const struct line *line = line_at(material, ladder->product, rung, side, most == 1);
    if (line == NULL) continue;
    if (any) fputs(" &middot; ", page);
    else if (most == 1) html(page, "<span class=\"vh\">%zu threads </span>", line->threads);
    html(page, line == ladder->fastest[side] ? "<b>%s</b>" : "%s",
         seconds_text(value_of(line->result, "median_s"), 3, text));
    any = true;
  }
  fputs(any ? "</span>" : "&ndash;</span>", page);
}

static void write_tags(FILE *page, const struct material *material, size_t product, size_t rung) {
  bool skips = false, scaled = false;
  for (size_t s = 0; s < material->side_count; s++)
    for (int most = 0; most < 2; most++) {
      const struct line *line = line_at(material, product, rung, s, most == 1);
      if (line == NULL) continue;
      skips |= is_set(line->result, "effective");
      scaled |= count_of(line->result, "rows_timed") < count_of(line->result, "rows") &&
                count_of(line->result, "rows_timed") > 0;
    }
  const enum rung_kind kind = material->rungs[rung].kind;
  if (kind == RUNG_ARTICLE) fputs("<abbr title=\"a method of the article, in Python\">Python</abbr>", page);
  if (kind == RUNG_PEER) fputs("<abbr title=\"another library\">library</abbr>", page);
  if (skips) fputs("<abbr title=\"zeros are skipped\">skips</abbr>", page);
  if (scaled) fputs("<abbr title=\"timed on fewer rows, scaled up\">scaled</abbr>", page);
}

static void write_rung(FILE *page, const struct material *material, const struct ladder *ladder, size_t rung) {
  const size_t sides = material->side_count;
  html(page, "<div class=\"lr\" data-k=\"%zu\"><div class=\"lk\"><span class=\"kn\">%.48s</span>", rung,
       material->rungs[rung].name);
  write_tags(page, material, ladder->product, rung);
  fputs("</div><div class=\"tr\" aria-hidden=\"true\">", page);
  for (size_t s = 0; s < sides; s++)
    for (int most = 0; most < 2; most++) {
      const struct line *line = line_at(material, ladder->product, rung, s, most == 1);
      if (line != NULL)
        write_mark(page, material, &ladder->axis, line, 100.0 * ((double)s + 1.0) / ((double)sides + 1.0));
    }
  fputs("</div><div class=\"nums\">", page);
  for (size_t s = 0; s < sides; s++) write_times(page, material, ladder, rung, s);
  fputs("</div></div>\n", page);
}

static bool write_panel(FILE *page, const struct material *material, size_t product) {
  struct ladder ladder = {.product = product, .axis = axis_of(material, product)};
  const struct product *of = &material->products[product];
  const struct axis *axis = &ladder.axis;
  double places[sizeof axis->ticks / sizeof axis->ticks[0]];
  if (!find_fastest(&ladder, material)) return false;
  for (size_t i = 0; i < axis->count; i++) places[i] = axis_place(axis, axis->ticks[i]);
  html(page, "<div class=\"lad\" style=\"--rows:%zu;--g:", material->side_count);
  lines_style(page, places, axis->count, false);
  fputs("\">\n", page);
  write_axis(page, axis);
  size_t last = (size_t)-1, lines = 0;
  for (size_t l = of->begin; l < of->end; l++) {
    const struct line *line = material->ordered[l];
    lines += line->on_ladder;
    if (!is_shown(material, line) || line->rung == last) continue;
    write_rung(page, material, &ladder, line->rung);
    last = line->rung;
  }
  fputs("</div>\n", page);
  if (material->extent.tables) {
    html(page, "<details><summary>%'zu line%s as a table</summary>\n", lines, plural(lines));
    ladder_table(page, material, product);
    fputs("</details>\n", page);
  }
  free(ladder.fastest);
  return true;
}

static bool write_table(FILE *page, const struct material *material, size_t product) {
  ladder_table(page, material, product);
  return true;
}

bool section_ladder(FILE *page, const struct material *material) {
  bool article = false, peers = false;
  for (size_t r = 0; r < material->rung_count; r++) {
    article |= material->rungs[r].kind == RUNG_ARTICLE;
    peers |= material->rungs[r].kind == RUNG_PEER;
  }
  html(page, "<p>Time of one product on a logarithmic axis: left is faster.%s%s</p>\n",
       article ? " The article\xe2\x80\x99s methods in Python come first." : "",
       peers ? " Other libraries, which take float32 alone, stand above the kernels." : "");
  marks_legend(page, material, true,
               "filled: 1 thread, hollow: the most threads; bar: 95 % interval of the median; bold: the fastest");
  return tabs(page, material, "ld", is_laddered, write_panel, write_table);
}
