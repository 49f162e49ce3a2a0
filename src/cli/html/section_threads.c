/* SPDX-License-Identifier: BSD-3-Clause */
/* Threads: speed-ups as pictures, and every number in a table. */
#include <math.h>

#include "html/markup.h"
#include "html/marks.h"
#include "html/chart_draw.h"
#include "html/charts.h"
#include "html/sections.h"
#include "html/values.h"
#include "scaling.h"

enum { CHARTS_MOST = 24, ROWS_MOST = 1000 };

bool section_threads_has(const struct material *material) {
  for (size_t l = 0; l < material->line_count; l++)
    if (source_is(&material->sources[material->lines[l].source], "scale") &&
        !isnan(value_of(material->lines[l].result, "speedup")))
      return true;
  return false;
}

static void write_cpus(FILE *page, const json_t *result) {
  const json_t *cpus = json_object_get(result, "cpus_seen"), *cpu;
  size_t i;
  json_int_t before = -2;
  bool ranges = false;
  json_array_foreach(cpus, i, cpu) {
    const json_int_t now = json_integer_value(cpu), next = json_integer_value(json_array_get(cpus, i + 1));
    /* Of those that follow one another the first and the last. */
    const bool within = now == before + 1 && next == now + 1 && i + 1 < json_array_size(cpus);
    if (!within) html(page, "%s%lld", i == 0 ? "" : ranges ? "-" : ",", (long long)now);
    ranges = within;
    before = now;
  }
}

/* ranked: there are columns of rowcast-mpi's ranks, and of how rows a second grow with them. */
static void write_line(FILE *page, const struct material *material, const struct line *line, bool ranked) {
  const json_t *result = line->result;
  const double ideal = ideal_of(material, line), speedup = value_of(result, "speedup");
  const double median = value_of(result, "median_s"), low = value_of(result, "low_s");
  char text[3][SECONDS_TEXT];
  html(page, "<tr><th scope=\"row\">%.40s</th><td>%s</td><td>", text_of(result, "kernel"),
       dtype_text(text_of(result, "dtype")));
  mark_letter(page, material, line->side);
  html(page, "</td><td class=\"r\">%zu%s</td>", line->threads, (double)line->threads > ideal ? "\xe2\x80\xa0" : "");
  if (ranked)
    html(page, "<td class=\"r\">%zu</td><td class=\"r\"><b>%.2f</b></td>",
         count_of(result, "ranks") > 0 ? count_of(result, "ranks") : 1, value_of(result, "rank_speedup"));
  html(page, "<td class=\"r\" data-v=\"%g\">%s</td><td class=\"r\" data-v=\"%g\">%s &ndash; %s</td>", median,
       seconds_text(median, 4, text[0]), low, seconds_text(low, 4, text[1]),
       seconds_text(value_of(result, "high_s"), 4, text[2]));
  html(page,
       "<td class=\"r\">%s</td><td class=\"r\" data-v=\"%g\"><b>%.2f</b> <small>%.2f&ndash;%.2f</small></td>"
       "<td class=\"r\">%.0f&nbsp;%%</td><td class=\"r\">%.2f</td><td class=\"r\">%.2f</td><td>",
       digits_text(1e-6 * value_of(result, "rows_per_s"), 4, text[0]), speedup, speedup,
       value_of(result, "speedup_low"), value_of(result, "speedup_high"), 100.0 * bench_efficiency(speedup, ideal),
       value_of(result, "probe_fma_speedup"), value_of(result, "probe_read_speedup"));
  write_cpus(page, result);
  fputs("</td></tr>\n", page);
}

/* Charts of ranks that were measured with one thread count alone have no line to draw. */
static bool is_drawn(const struct chart *chart) {
  if (count_of(chart->lines[0]->result, "ranks") == 0) return true;
  for (size_t i = 1; i < chart->count; i++)
    if (chart->lines[i]->threads != chart->lines[0]->threads) return true;
  return false;
}

static bool has_ranks(const struct charts *charts) {
  for (size_t c = 0; c < charts->count; c++)
    if (count_of(charts->charts[c].lines[0]->result, "ranks") > 0) return true;
  return false;
}

static void write_table(FILE *page, const struct material *material, const struct charts *charts) {
  const bool ranked = has_ranks(charts);
  size_t lines = 0;
  bool beyond = false;
  fputs("<div class=\"sc\" tabindex=\"0\" role=\"group\" aria-label=\"Speed-ups\"><table class=\"so\"><thead><tr>",
        page);
  static const char *const heads[] = {"kernel",   "rows are", "machine",       "threads", "ranks",
                                      "x ranks",  "median",   "95 % interval", "Mrows/s", "speed-up",
                                      "of ideal", "FMA's",    "reading's",     "CPUs"};
  for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++)
    if (ranked || (i != 4 && i != 5))
      html(page, "<th scope=\"col\" class=\"%s\">%s</th>", i < 3 || i + 1 == sizeof heads / sizeof heads[0] ? "l" : "r",
           heads[i]);
  fputs("</tr></thead><tbody>\n", page);
  for (size_t c = 0; c < charts->count; c++)
    for (size_t i = 0; i < charts->charts[c].count; i++) {
      const struct line *line = charts->charts[c].lines[i];
      if (lines++ >= ROWS_MOST) continue;
      write_line(page, material, line, ranked);
      beyond |= (double)line->threads > ideal_of(material, line);
    }
  fputs(
    "</tbody></table></div>\n<p class=\"fn\">Of ideal: the speed-up over the most that so many threads can have, the "
    "least of their number, the CPUs they may run on and the quota. FMA&rsquo;s, reading&rsquo;s: the speed-ups of the "
    "machine&rsquo;s own probes.",
    page);
  if (ranked)
    fputs(" x ranks: the rows a second beside those of the fewest ranks measured, with as many threads each.", page);
  if (beyond) fputs(" &dagger; more threads than can run at a time.", page);
  if (lines > ROWS_MOST) html(page, " %'zu lines more are not shown.", lines - ROWS_MOST);
  fputs("</p>\n", page);
}

bool section_threads(FILE *page, const struct material *material) {
  struct charts charts;
  size_t drawn = 0;
  const bool made = charts_make(&charts, material);
  fputs(
    "<p>How many times as fast as with one thread, in the same rounds. Dotted: how the machine&rsquo;s own "
    "multiply-adds scale; dash-dotted: how its reading does; dashed: the ideal, flat where no more threads can run. A "
    "kernel that follows its probe is limited by the machine, not by serial code.</p>\n",
    page);
  marks_legend(page, material, false, "bar: 95 % interval of the speed-up");
  fputs("<div class=\"pn\">\n", page);
  for (size_t c = 0; c < charts.count && drawn < CHARTS_MOST; c++)
    if (is_drawn(&charts.charts[c])) chart_draw(page, material, &charts.charts[c], drawn++);
  fputs("</div>\n", page);
  if (drawn < charts.count)
    html(page, "<p class=\"fn\">%zu of %zu studies have a picture; the table has all lines.</p>\n", drawn,
         charts.count);
  if (made) write_table(page, material, &charts);
  charts_free(&charts);
  return made;
}
