/* SPDX-License-Identifier: BSD-3-Clause */
/* Summary: a card for each side, and three sentences: are the bits the same, who is faster, what casts doubt. */
#include <math.h>
#include <string.h>

#include "html/bits.h"
#include "html/doubt.h"
#include "html/markup.h"
#include "html/marks.h"
#include "html/sections.h"
#include "html/tabs.h"
#include "html/values.h"
#include "study/compare_lines.h"
#include "verdict.h"

/* The first shape, which has most results, of which all sides have a line of rowcast's own; of none, where one has
 * nothing in common with the others, the first one of the side. */
static const struct product *shape_of(const struct material *material, size_t side) {
  for (int common = 1; common >= 0; common--)
    for (size_t p = 0; p < material->product_count; p++) {
      const struct product *product = &material->products[p];
      bool all = product->laddered;
      for (size_t s = 0; s < material->side_count && all; s++)
        all = (common == 0 && s != side) || material_best(material, s, product) != NULL;
      if (all) return product;
    }
  return NULL;
}

static const struct line *best_of(const struct material *material, size_t side) {
  const struct product *shape = shape_of(material, side);
  return shape != NULL ? material_best(material, side, shape) : NULL;
}

/* The first rung with one thread, of the same product. */
static const struct line *first_rung(const struct material *material, const struct line *line) {
  const struct product *product = &material->products[line->product];
  for (size_t l = product->begin; l < product->end; l++) {
    const struct line *other = material->ordered[l];
    if (other->on_ladder && other->side == line->side && other->threads == 1 &&
        strcmp(text_of(other->result, "order"), "naive") == 0)
      return other;
  }
  return NULL;
}

/* The study of the most threads of a product on a side. */
static const struct line *most_threads(const struct material *material, const struct line *line) {
  const struct product *product = &material->products[line->product];
  const struct line *found = NULL;
  for (size_t l = product->begin; l < product->end; l++) {
    const struct line *other = material->ordered[l];
    if (other->side == line->side && !isnan(value_of(other->result, "speedup")) && !is_set(other->result, "weak") &&
        other->threads > 1 && (found == NULL || other->threads > found->threads))
      found = other;
  }
  return found;
}

static void write_card(FILE *page, const struct material *material, size_t side) {
  const struct line *best = best_of(material, side);
  char text[3][SECONDS_TEXT];
  html(page, "<div class=\"card m%u\"><h3>", mark_color(side));
  mark_name(page, material, side);
  fputs("</h3>\n", page);
  if (best == NULL) {
    fputs("<p>No time of rowcast&rsquo;s own is among its documents.</p></div>\n", page);
    return;
  }
  const json_t *result = best->result;
  const struct product *product = &material->products[best->product];
  html(page, "<p class=\"big\">%s <small>for %'zu &times; %'zu times %'zu &times; %'zu</small></p>\n",
       seconds_text(value_of(result, "median_s"), 3, text[0]), product->rows, product->k, product->k, product->n);
  html(page, "<p>%.48s, %s, %zu thread%s; 95&nbsp;%% interval %s &ndash; %s</p>\n<ul>", text_of(result, "kernel"),
       dtype_text(product->dtype), best->threads, plural(best->threads),
       seconds_text(value_of(result, "low_s"), 3, text[1]), seconds_text(value_of(result, "high_s"), 3, text[2]));
  const double rows = (double)product->rows / value_of(result, "median_s");
  html(page, "<li><span>rows a second</span> <b>%s%s</b></li>",
       digits_text(rows < 1e6 ? rows / 1e3 : rows / 1e6, 3, text[0]), rows < 1e6 ? " k" : " M");
  const struct line *naive = first_rung(material, best), *scaled = most_threads(material, best);
  if (naive != NULL)
    html(page, "<li><span>against %.24s, 1 thread</span> <b>%.0f&times;</b></li>", text_of(naive->result, "kernel"),
         value_of(naive->result, "median_s") / value_of(result, "median_s"));
  if (scaled != NULL)
    html(page, "<li><span>speed-up of %zu threads</span> <b>%.2f <small>%.2f&ndash;%.2f</small></b></li>",
         scaled->threads, value_of(scaled->result, "speedup"), value_of(scaled->result, "speedup_low"),
         value_of(scaled->result, "speedup_high"));
  fputs("</ul></div>\n", page);
}

static bool write_bits(FILE *page, const struct material *material) {
  struct bits bits;
  const bool made = bits_make(&bits, material);
  if (bits.results < 2)
    fputs("<li><b>Bits:</b> no two results with a checksum are of one order of summation.</li>\n", page);
  else if (bits.differing > 0)
    html(
      page,
      "<li class=\"bad\"><b>&#10007; Other bits.</b> Of %'zu products and orders of summation, %'zu %s more than one "
      "checksum: <a href=\"#bits\">bits</a>.</li>\n",
      bits.count, bits.differing, bits.differing == 1 ? "has" : "have");
  else
    html(page,
         "<li class=\"ok\"><b>&#10003; Same bits.</b> %'zu results of %'zu product%s and order%s of summation have one "
         "checksum each, whatever machine, kernel and thread count.</li>\n",
         bits.results, bits.count, plural(bits.count), plural(bits.count));
  bits_free(&bits);
  return made;
}

/* The two fastest sides at their best. */
static void write_race(FILE *page, const struct material *material) {
  const struct line *first = NULL, *second = NULL;
  for (size_t s = 0; s < material->side_count; s++) {
    const struct line *best = best_of(material, s);
    if (best == NULL || shape_of(material, s) != shape_of(material, 0)) return;
    const double seconds = value_of(best->result, "median_s");
    if (first == NULL || seconds < value_of(first->result, "median_s")) second = first, first = best;
    else if (second == NULL || seconds < value_of(second->result, "median_s")) second = best;
  }
  if (second == NULL) return;
  const struct bench_verdict verdict = compare_one_run(second->result, first->result);
  const enum bench_word word = bench_word_of(verdict.low, verdict.high, material->noise);
  const char *fast = material->sides[first->side].letters, *slow = material->sides[second->side].letters;
  fputs("<li><b>Across sides:</b> ", page);
  if (word == BENCH_FASTER) html(page, "%s is faster than %s at their best", fast, slow);
  else html(page, "%s and %s are %s at their best", fast, slow, word == BENCH_ALIKE ? "alike" : "not told apart");
  html(
    page,
    " (%s/%s %.2f&times;, %.2f&ndash;%.2f), in these runs. Kernel by kernel: <a href=\"#compare\">compare</a>.</li>\n",
    slow, fast, verdict.ratio, verdict.low, verdict.high);
}

static void write_doubt(FILE *page, const struct material *material) {
  const struct doubts doubts = doubts_of(material);
  if (doubts.notes + doubts.above == 0) {
    fputs("<li><b>Undisturbed:</b> no document notes anything that casts doubt on its figures.</li>\n", page);
    return;
  }
  fputs("<li class=\"warn\"><b>&#9888; Read with care:</b> ", page);
  if (doubts.notes > 0) html(page, "%'zu note%s of disturbance", doubts.notes, plural(doubts.notes));
  if (doubts.notes > 0 && doubts.above > 0) fputs("; ", page);
  if (doubts.above > 0)
    html(page, "%'zu line%s above %s roof though nothing is left out", doubts.above,
         doubts.above == 1 ? " is" : "s are", doubts.above == 1 ? "its" : "their");
  fputs(". <a href=\"#doubt\">Doubt</a> says what each touches.</li>\n", page);
}

bool section_summary(FILE *page, const struct material *material) {
  fputs(
    "<section aria-labelledby=\"summary-h\"><h2 class=\"vh\" id=\"summary-h\">Summary</h2>\n<div class=\"cards\">\n",
    page);
  for (size_t s = 0; s < material->side_count; s++) write_card(page, material, s);
  fputs("</div>\n<ul class=\"find\">\n", page);
  const bool made = material->side_count == 0 || write_bits(page, material);
  if (material->side_count > 1) write_race(page, material);
  write_doubt(page, material);
  fputs("</ul></section>\n", page);
  return made;
}
