/* SPDX-License-Identifier: BSD-3-Clause */
/* Roofline: a picture for each machine and thread count, on the same axes, and the numbers in a table. */
#include "html/markup.h"
#include "html/marks.h"
#include "html/panel_draw.h"
#include "html/panels.h"
#include "html/sections.h"
#include "html/values.h"

enum { PANELS_MOST = 16 };

bool section_roofline_has(const struct material *material) {
  struct panels panels;
  const bool has = panels_make(&panels, material) && panels.count > 0;
  panels_free(&panels);
  return has;
}

static void write_row(FILE *page, const struct material *material, const struct line *line) {
  const json_t *result = line->result;
  char text[SECONDS_TEXT];
  html(page, "<tr data-k=\"%zu\"><th scope=\"row\">%.120s%s</th><td>%s</td><td>", line->rung, text_of(result, "kernel"),
       is_set(result, "effective") ? "+" : "", dtype_text(text_of(result, "dtype")));
  mark_letter(page, material, line->side);
  html(page, "</td><td class=\"r\">%zu</td><td class=\"r\">%.2f</td>", line->threads, value_of(result, "intensity"));
  html(page, "<td class=\"r\">%s</td>", digits_text(value_of(result, "gflops"), 4, text));
  html(page, "<td class=\"r\">%s</td>", digits_text(value_of(result, "roof_gflops"), 4, text));
  html(page, "<td class=\"r\">%.2f</td><td class=\"r\">%.2f</td><td>%s</td></tr>\n", value_of(result, "roofline_share"),
       value_of(result, "level_share"), text_of(result, "bound"));
}

static void write_table(FILE *page, const struct material *material, const struct panels *panels) {
  static const char *const heads[] = {"kernel",  "rows are",     "machine", "threads",  "operations a byte",
                                      "GFLOP/s", "roof GFLOP/s", "of roof", "of level", "bound by"};
  size_t lines = 0;
  for (size_t p = 0; p < panels->count; p++) lines += panels->panels[p].count;
  html(page,
       "<details><summary>%'zu point%s as a table</summary>\n<div class=\"sc\" tabindex=\"0\" role=\"group\" "
       "aria-label=\"Points of the roofline\"><table class=\"so\"><thead><tr>",
       lines, plural(lines));
  for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++)
    html(page, "<th scope=\"col\" class=\"%s\">%s</th>", i < 3 || i > 8 ? "l" : "r", heads[i]);
  fputs("</tr></thead><tbody>\n", page);
  for (size_t p = 0; p < panels->count; p++)
    for (size_t i = 0; i < panels->panels[p].count; i++) write_row(page, material, panels->panels[p].lines[i]);
  fputs("</tbody></table></div></details>\n", page);
}

bool section_roofline(FILE *page, const struct material *material) {
  struct panels panels;
  const bool made = panels_make(&panels, material);
  fputs(
    "<p>Line: the roof, min(multiply-adds, intensity &times; reading), at the rate of the probes&rsquo; fastest tenth. "
    "Band: from where their slowest tenth begins to their best sample, so that a doubtful roof looks doubtful. Filled "
    "marks multiply everything; hollow ones (&#8314;) skip zeros, count what they skip, and may lie above.</p>\n"
    "<div class=\"pn\">\n",
    page);
  for (size_t p = 0; p < panels.count && p < PANELS_MOST && made; p++) panel_draw(page, material, &panels, p);
  fputs("</div>\n", page);
  if (panels.count > PANELS_MOST)
    html(page, "<p class=\"fn\">%zu of %zu panels are drawn; the table has all points.</p>\n", (size_t)PANELS_MOST,
         panels.count);
  if (made && material->extent.tables) write_table(page, material, &panels);
  panels_free(&panels);
  return made;
}
