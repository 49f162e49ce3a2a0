/* SPDX-License-Identifier: BSD-3-Clause */
#include "html/contest.h"

#include <math.h>

#include "html/markup.h"
#include "html/values.h"

/* Beyond this a range is drawn as if it ended there. */
static const double FARTHEST = 1e6;

void balance_grow(struct balance *balance, const struct bench_verdict *verdict) {
  const double ends[] = {verdict->low, verdict->high, verdict->ratio};
  for (size_t i = 0; i < 3; i++)
    if (ends[i] > 0.0 && isfinite(ends[i]))
      balance->reach = fmin(fmax(balance->reach, 1.04 * fmax(ends[i], 1.0 / ends[i])), FARTHEST);
}

/* In parts of the axis, from 0 to 1. */
static double place_of(const struct balance *balance, double ratio) {
  return fmin(fmax(0.5 + 0.5 * log(ratio) / log(balance->reach), 0.0), 1.0);
}

/* Ratios above 1 that have lines, by how far the axis reaches; their inverses have lines as well. */
static size_t ticks_of(const struct balance *balance, double ticks[8]) {
  static const double near[] = {1.1, 1.2}, middle[] = {1.4, 2.0}, far[] = {2.0, 5.0};
  const double *set = balance->reach < 1.45 ? near : balance->reach < 3.0 ? middle : far;
  size_t count = 0;
  if (balance->reach > 20.0) {
    const double step = balance->reach > 2000.0 ? 100.0 : 10.0;
    for (double tick = step; tick <= balance->reach && count < 8; tick *= step) ticks[count++] = tick;
    return count;
  }
  for (size_t i = 0; i < 2; i++)
    if (set[i] <= balance->reach) ticks[count++] = set[i];
  return count;
}

static void write_lines(FILE *page, const struct balance *balance) {
  double ticks[8], places[17] = {0.5};
  const size_t count = ticks_of(balance, ticks);
  for (size_t i = 0; i < count; i++) {
    places[2 * i + 1] = place_of(balance, 1.0 / ticks[i]);
    places[2 * i + 2] = place_of(balance, ticks[i]);
  }
  lines_style(page, places, 2 * count + 1, true);
}

void contest_begin(FILE *page, const struct balance *balance, bool several) {
  double ticks[8];
  const size_t count = ticks_of(balance, ticks);
  char text[2][SECONDS_TEXT];
  fputs("<div class=\"lad fo\" style=\"--g:", page);
  write_lines(page, balance);
  html(page,
       "\">\n<div class=\"lr lh\" aria-hidden=\"true\"><div class=\"lk\"></div><div class=\"tr ax\">"
       "<em class=\"be\">&#9666; A faster</em><em class=\"af\">%s faster &#9656;</em><span style=\"left:50%%\">"
       "1&times;</span>",
       several ? "the other" : "B");
  for (size_t i = 0; i < count; i++) {
    snprintf(text[0], sizeof text[0], "%.2g", 1.0 / ticks[i]);
    snprintf(text[1], sizeof text[1], "%g", ticks[i]);
    html(page, "<span style=\"left:%.2f%%\">%s&times;</span><span style=\"left:%.2f%%\">%s&times;</span>",
         100.0 * place_of(balance, 1.0 / ticks[i]), text[0], 100.0 * place_of(balance, ticks[i]), text[1]);
  }
  fputs("</div></div>\n", page);
}

/* "B faster"; returns text. */
enum { WORD_TEXT = LETTERS_TEXT + 24 };
static const char *word_text(const struct duel *duel, const char *letters, char text[WORD_TEXT]) {
  switch (duel->verdict.word) {
  case BENCH_FASTER: snprintf(text, WORD_TEXT, "%s faster", letters); break;
  case BENCH_SLOWER: snprintf(text, WORD_TEXT, "A faster"); break;
  case BENCH_ALIKE: snprintf(text, WORD_TEXT, "alike"); break;
  default: snprintf(text, WORD_TEXT, "not told apart"); break;
  }
  return text;
}

void contest_line(FILE *page, const struct balance *balance, const struct duel *duel, bool several) {
  const struct bench_verdict *verdict = &duel->verdict;
  char letters[LETTERS_TEXT], text[WORD_TEXT], color[16] = "mu", times[2][SECONDS_TEXT];
  unsigned shape = 0;
  document_letters(duel->side, letters);
  if (verdict->word == BENCH_FASTER || verdict->word == BENCH_SLOWER) {
    const size_t faster = verdict->word == BENCH_FASTER ? duel->side : 0;
    snprintf(color, sizeof color, "m%u", mark_color(faster));
    shape = mark_shape(faster);
  }
  const double from = 100.0 * place_of(balance, verdict->low), to = 100.0 * place_of(balance, verdict->high);
  if (duel->rung == NO_SIDE) fputs("<div class=\"lr\">", page);
  else html(page, "<div class=\"lr\" data-k=\"%zu\">", duel->rung);
  html(page, "<div class=\"lk\"><span class=\"kn\">%.48s</span>", duel->kernel);
  if (several) html(page, "<abbr title=\"which side is compared with A\">%s against A</abbr>", letters);
  fputs("</div><div class=\"tr\" aria-hidden=\"true\">", page);
  html(
    page,
    "<i class=\"ci v %s\" style=\"left:%.2f%%;width:%.2f%%;top:50%%\"></i><svg class=\"mk v %s\" style=\"left:%.2f%%;"
    "top:50%%\"><title>%.60s: A %s, %s %s</title><use href=\"#g%u\"/></svg></div>",
    color, from, to - from, color, 100.0 * place_of(balance, verdict->ratio), duel->kernel,
    seconds_text(duel->first_seconds, 4, times[0]), letters, seconds_text(duel->seconds, 4, times[1]), shape);
  html(
    page,
    "<div class=\"nums\"><span class=\"n\">%.2f&times; <small>%.2f&ndash;%.2f</small></span><span class=\"vd v %s\">%s"
    "</span>",
    verdict->ratio, verdict->low, verdict->high, color,
    duel->says != NULL ? duel->says : word_text(duel, letters, text));
  if (duel->bits != NULL && duel->bits[0] == 's') fputs("<span class=\"bt\">&#10003; bits</span>", page);
  else if (duel->bits != NULL)
    fputs(duel->promised ? "<span class=\"bt bad\">&#10007; bits differ</span>"
                         : "<span class=\"bt mu\">other bits</span>",
          page);
  else fputs("<span class=\"bt\"></span>", page);
  fputs("</div></div>\n", page);
}

void contest_end(FILE *page) { fputs("</div>\n", page); }
