/* SPDX-License-Identifier: BSD-3-Clause */
/* Every sample: a strip for each line, in the order of the rounds; opened, it shows the numbers. */
#include <math.h>
#include <stdlib.h>

#include "html/markup.h"
#include "html/marks.h"
#include "html/sections.h"
#include "html/tabs.h"
#include "html/values.h"
#include "stats.h"

static size_t samples_of(const struct line *line) {
  return json_array_size(json_object_get(line->result, "samples_s"));
}

bool section_samples_has(const struct material *material) {
  for (size_t l = 0; l < material->line_count; l++)
    if (samples_of(&material->lines[l]) > 0) return true;
  return false;
}

static bool is_sampled(const struct material *material, size_t product) {
  const struct product *of = &material->products[product];
  for (size_t l = of->begin; l < of->end; l++)
    if (samples_of(material->ordered[l]) > 0) return true;
  return false;
}

/* A line's samples as they were taken, and what is drawn of them. */
struct strip {
  double *samples; /* owned */
  size_t count;
  double least, most, fence; /* beyond which one was held up */
};

static bool strip_make(struct strip *strip, const struct line *line) {
  const json_t *samples = json_object_get(line->result, "samples_s");
  strip->count = json_array_size(samples);
  strip->samples = calloc(2 * strip->count + 1, sizeof *strip->samples);
  if (strip->samples == NULL) return false;
  double *sorted = strip->samples + strip->count;
  for (size_t i = 0; i < strip->count; i++)
    sorted[i] = strip->samples[i] = json_number_value(json_array_get(samples, i));
  bench_summarise(sorted, strip->count);
  strip->least = sorted[0], strip->most = sorted[strip->count - 1];
  strip->fence = bench_outlier_fence(sorted, strip->count);
  return true;
}

/* The higher the slower. One that something held up does not press the others together: the strip ends at three times
 * the fence's distance. */
static double y_of(const struct strip *strip, double seconds) {
  const double top = fmin(strip->most, strip->least + 2.0 * (strip->fence - strip->least)), height = top - strip->least;
  return height > 0.0 ? 21.0 - 18.0 * fmin(fmax((seconds - strip->least) / height, 0.0), 1.0) : 12.0;
}

static void write_dots(FILE *page, const struct strip *strip, unsigned color) {
  for (int apart = 0; apart < 2; apart++) {
    bool any = false;
    for (size_t i = 0; i < strip->count; i++) {
      if ((strip->samples[i] > strip->fence) != (apart == 1)) continue;
      if (!any) html(page, "<path class=\"ds %s m%u\" d=\"", apart == 1 ? "ol" : "in", color);
      html(page, "M%.1f %.1fh0", 2.0 + 96.0 * ((double)i + 0.5) / (double)strip->count, y_of(strip, strip->samples[i]));
      any = true;
    }
    if (any) fputs("\"/>", page);
  }
}

static void write_numbers(FILE *page, const struct strip *strip, const struct line *line) {
  const double unit = strip->least >= 1.0 ? 1.0 : strip->least >= 1e-3 ? 1e-3 : 1e-6;
  html(page, "<p class=\"raw\"><b>%s, %'zu sample%s in %s:</b>", text_of(line->result, "kernel"), strip->count,
       plural(strip->count),
       unit == 1.0    ? "s"
       : unit == 1e-3 ? "ms"
                      : "\xc2\xb5s");
  for (size_t i = 0; i < strip->count; i++) html(page, " %g", strip->samples[i] / unit);
  fputs("</p>", page);
}

static bool write_strip(FILE *page, const struct material *material, const struct line *line) {
  struct strip strip;
  char text[2][SECONDS_TEXT];
  if (!strip_make(&strip, line)) return false;
  const json_t *result = line->result;
  const unsigned color = mark_color(line->side);
  const double p90 = value_of(result, "p90_s"), median = value_of(result, "median_s"),
               high = y_of(&strip, value_of(result, "high_s")), low = y_of(&strip, value_of(result, "low_s"));
  html(page, "<details class=\"srd\" data-k=\"%zu\"><summary><span class=\"sr\"><span class=\"lk\">", line->rung);
  mark(page, line->side, line->threads > 1);
  html(page, "<span class=\"vh\">%s</span><span class=\"kn\">%.28s</span><small>%s</small></span>",
       material->sides[line->side].letters, text_of(result, "kernel"),
       text_of(material->sources[line->source].document, "command"));
  html(page,
       "<svg viewBox=\"0 0 100 24\" preserveAspectRatio=\"none\" aria-hidden=\"true\"><rect width=\"100\" y=\"%.1f\" "
       "height=\"%.1f\" class=\"cib m%u\"/>",
       high, fmax(low - high, 0.4), color);
  write_dots(page, &strip, color);
  html(page, "</svg><span class=\"rg\">%s &ndash; %s", seconds_text(strip.least, 4, text[0]),
       seconds_text(strip.most, 4, text[1]));
  if (!isnan(p90)) html(page, "<br><small>p90 %.0f %% above median</small>", 100.0 * (p90 / median - 1.0));
  fputs("</span></span></summary>", page);
  write_numbers(page, &strip, line);
  fputs("</details>\n", page);
  free(strip.samples);
  return true;
}

static bool write_panel(FILE *page, const struct material *material, size_t product) {
  const struct product *of = &material->products[product];
  bool made = true;
  for (size_t threads = 0; made && (threads = material_next_threads(material, product, threads)) > 0;) {
    bool headed = false;
    for (size_t l = of->begin; l < of->end && made; l++) {
      const struct line *line = material->ordered[l];
      if (line->threads != threads || samples_of(line) == 0) continue;
      if (!headed) html(page, "<h4>%zu thread%s</h4>\n<div class=\"srs\">\n", threads, plural(threads));
      headed = true;
      made = write_strip(page, material, line);
    }
    if (headed) fputs("</div>\n", page);
  }
  return made;
}

bool section_samples(FILE *page, const struct material *material) {
  fputs(
    "<p>In the order in which they were taken, left to right; the higher the slower, each line on its own scale. Red: "
    "beyond the third quartile by three times the quartiles&rsquo; distance, and 5&nbsp;% above the median at least. "
    "Band: 95&nbsp;% interval of the median. Drift is a slope, a disturbed spell a cluster, two modes are two rows of "
    "dots.</p>\n",
    page);
  marks_legend(page, material, false, "hollow: of more threads than one");
  return tabs(page, material, "sm", is_sampled, write_panel, NULL);
}
