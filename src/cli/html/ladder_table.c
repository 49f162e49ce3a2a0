/* SPDX-License-Identifier: BSD-3-Clause */
#include "html/ladder_table.h"

#include "html/markup.h"
#include "html/marks.h"
#include "html/values.h"

static const char *const heads[] = {"median", "95 % interval",       "minimum", "p90", "GFLOP/s",
                                    "GB/s",   "\xc3\x97 first rung", "of roof"};

static void write_seconds(FILE *page, double seconds) {
  char text[SECONDS_TEXT];
  html(page, "<td class=\"r\" data-v=\"%g\">%s</td>", seconds, seconds_text(seconds, 4, text));
}

/* A product that leaves nothing out is not faster than its roof: then the probe was held up. */
static bool is_doubtful(const json_t *result) {
  return value_of(result, "roofline_share") > 1.0 && !is_set(result, "effective");
}

static void write_line(FILE *page, const struct material *material, const struct line *line) {
  const json_t *result = line->result;
  char text[2][SECONDS_TEXT];
  const size_t timed = count_of(result, "rows_timed");
  html(page, "<tr data-k=\"%zu\"><th scope=\"row\">%.120s%s%s</th><td>", line->rung, text_of(result, "kernel"),
       timed > 0 && timed < count_of(result, "rows") ? "*" : "", is_set(result, "effective") ? "+" : "");
  mark_letter(page, material, line->side);
  html(page, "</td><td class=\"r\">%zu</td>", line->threads);
  write_seconds(page, value_of(result, "median_s"));
  html(page, "<td class=\"r\" data-v=\"%g\">%s &ndash; %s</td>", value_of(result, "low_s"),
       seconds_text(value_of(result, "low_s"), 4, text[0]), seconds_text(value_of(result, "high_s"), 4, text[1]));
  write_seconds(page, value_of(result, "minimum_s"));
  write_seconds(page, value_of(result, "p90_s"));
  html(page, "<td class=\"r\">%s</td><td class=\"r\">%s</td>", digits_text(value_of(result, "gflops"), 4, text[0]),
       digits_text(value_of(result, "gbytes_per_s"), 3, text[1]));
  html(page, "<td class=\"r\">%s</td>", digits_text(value_of(result, "ratio_to_naive"), 3, text[0]));
  const double share = value_of(result, "roofline_share");
  if (is_doubtful(result)) html(page, "<td class=\"r wn\" data-v=\"%g\">&#9888; %.2f</td>", share, share);
  else html(page, "<td class=\"r\">%.2f</td>", share);
  html(page, "<td><code>%s</code></td></tr>\n", text_of(result, "crc32"));
}

void ladder_table(FILE *page, const struct material *material, size_t product) {
  const struct product *of = &material->products[product];
  bool doubtful = false, scaled = false, skips = false;
  fputs("<div class=\"sc\" tabindex=\"0\" role=\"group\" aria-label=\"Table of the ladder\"><table class=\"so\"><thead>"
        "<tr><th scope=\"col\">kernel</th><th scope=\"col\">machine</th><th scope=\"col\" class=\"r\">threads</th>",
        page);
  for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++)
    html(page, "<th scope=\"col\" class=\"r\">%s</th>", heads[i]);
  fputs("<th scope=\"col\">CRC-32</th></tr></thead><tbody>\n", page);
  for (size_t l = of->begin; l < of->end; l++) {
    const struct line *line = material->ordered[l];
    const size_t timed = count_of(line->result, "rows_timed");
    if (!line->on_ladder) continue;
    write_line(page, material, line);
    doubtful |= is_doubtful(line->result);
    scaled |= timed > 0 && timed < count_of(line->result, "rows");
    skips |= is_set(line->result, "effective");
  }
  fputs("</tbody></table></div>\n", page);
  if (scaled || skips || doubtful)
    html(page, "<p class=\"fn\">%s%s%s</p>\n", scaled ? "* timed on fewer rows, scaled up. " : "",
         skips ? "+ zeros are skipped: rates count what is skipped. " : "",
         doubtful ? "\xe2\x9a\xa0 above its roof: the probe of the machine was held up." : "");
}
