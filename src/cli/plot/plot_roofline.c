/* SPDX-License-Identifier: BSD-3-Clause */
#include "plot/plot_roofline.h"

#include <math.h>
#include <stdlib.h>

#include "plot/roofline_chart.h"
#include "study/disturbed.h"
#include "terminal/report.h"

static const struct measures pixels = {16, 18, 8, 32, 32, 64, 70, 20, 420, 27},
                             characters = {1, 1, 1, 0, 3, 3, 7, 2, 16, 20};

/* The roofs, one a document and thread count, of which there are no more than results; by float32's reading where there
 * is any: the larger share of memory traffic. False: no memory. */
static bool find_roofs(struct chart *chart) {
  size_t results = 0, i;
  json_t *result;
  for (size_t d = 0; d < chart->count; d++) results += json_array_size(json_object_get(chart->documents[d], "results"));
  if ((chart->roofs = calloc(results + 1, sizeof *chart->roofs)) == NULL) return false;
  for (size_t d = 0; d < chart->count; d++)
    json_array_foreach(json_object_get(chart->documents[d], "results"), i, result) {
      const struct roof roof = {d, plot_number(result, "threads"), plot_number(result, "fma_gflops"),
                                plot_number(result, "read_gbytes_per_s")};
      size_t known = 0;
      while (known < chart->roof_count &&
             (chart->roofs[known].document != d || chart->roofs[known].threads != roof.threads))
        known++;
      if (known == chart->roof_count && !isnan(roof.flops) && !isnan(roof.bytes))
        chart->roofs[chart->roof_count++] = roof;
    }
  return true;
}

/* The thread counts that have a panel: of more than there are panels the first, the last, and some evenly between.
 * Returns how many there are; 0: none, or no memory, which the caller tells apart by the roofs. */
static size_t choose_panels(struct chart *chart) {
  double *counts = calloc(chart->roof_count + 1, sizeof *counts);
  size_t found = 0;
  for (size_t r = 0; counts != NULL && r < chart->roof_count; r++) {
    size_t known = 0;
    while (known < found && counts[known] != chart->roofs[r].threads) known++;
    if (known == found) counts[found++] = chart->roofs[r].threads;
  }
  chart->panel_count = found < PANELS_MOST ? found : PANELS_MOST;
  for (size_t p = 0; p < chart->panel_count; p++)
    chart->panels[p].threads = counts[chart->panel_count > 1 ? p * (found - 1) / (chart->panel_count - 1) : 0];
  free(counts);
  return found;
}

/* Fills a panel with the points of its thread count; *left_out grows by those that have no place. False: no memory. */
static bool fill(struct panel *panel, const struct chart *chart, size_t *left_out) {
  size_t results = 0, i;
  json_t *result;
  for (size_t d = 0; d < chart->count; d++) results += json_array_size(json_object_get(chart->documents[d], "results"));
  if ((panel->points = calloc(results + 1, sizeof *panel->points)) == NULL) return false;
  for (size_t d = 0; d < chart->count; d++)
    json_array_foreach(json_object_get(chart->documents[d], "results"), i, result) {
      const double intensity = plot_number(result, "intensity"), gflops = plot_number(result, "gflops");
      const double median = plot_number(result, "median_s");
      if (plot_number(result, "threads") != panel->threads) continue;
      if (!(intensity > 0.0 && gflops > 0.0)) {
        ++*left_out;
        continue;
      }
      const struct point point = {.x = intensity,
                                  .y = gflops,
                                  .low = fmin(gflops, gflops * median / plot_number(result, "high_s")),
                                  .high = fmax(gflops, gflops * median / plot_number(result, "low_s")),
                                  .document = d,
                                  .letter = chart->letters[d],
                                  .effective = json_is_true(json_object_get(result, "effective")),
                                  .disturbed = disturbed_result(chart->documents[d], result),
                                  .kernel = plot_string(result, "kernel"),
                                  .dtype = plot_string(result, "dtype"),
                                  .name = plot_name_of_size(result, &chart->differ)};
      if (point.name == NULL) return false;
      panel->points[panel->count++] = point;
    }
  return true;
}

const struct roof *roofline_roof(const struct chart *chart, size_t document, double threads) {
  for (size_t r = 0; r < chart->roof_count; r++)
    if (chart->roofs[r].document == document && chart->roofs[r].threads == threads) return &chart->roofs[r];
  return NULL;
}

bool roofline_has_points(const struct panel *panel, size_t document, bool effective) {
  for (size_t i = 0; i < panel->count; i++)
    if (panel->points[i].document == document && panel->points[i].effective == effective) return true;
  return false;
}

bool roofline_has_disturbed(const struct panel *panel) {
  for (size_t i = 0; i < panel->count; i++)
    if (panel->points[i].disturbed) return true;
  return false;
}

/* How many lines a panel's key has: a document's roof and its two kinds of points, and what marks are. */
static size_t keys_of(const struct chart *chart, const struct panel *panel) {
  size_t keys = roofline_has_disturbed(panel);
  for (size_t d = 0; d < chart->count; d++)
    keys += (roofline_roof(chart, d, panel->threads) != NULL) + (size_t)roofline_has_points(panel, d, false) +
            (size_t)roofline_has_points(panel, d, true);
  return keys;
}

/* Names all points, and finds what the picture needs room for. columns: a terminal's, or 0. */
static struct layout lay_out(struct chart *chart, unsigned columns) {
  double least = INFINITY, most = 0.0, narrow = INFINITY, wide = 0.0;
  for (size_t r = 0; r < chart->roof_count; r++) most = fmax(most, chart->roofs[r].flops);
  for (size_t p = 0; p < chart->panel_count; p++)
    for (size_t i = 0; i < chart->panels[p].count; i++) {
      const struct point *point = &chart->panels[p].points[i];
      least = fmin(least, point->y), most = fmax(most, point->y);
      narrow = fmin(narrow, point->x), wide = fmax(wide, point->x);
    }
  const struct measures *unit = columns > 0 ? &characters : &pixels;
  struct layout layout = {.unit = unit,
                          .terminal = columns > 0,
                          .width = columns,
                          .lines = unit->lines_least,
                          .low = 0.6 * least,
                          .high = 1.6 * most,
                          .from = 0.4 * narrow,
                          .to = 2.5 * wide};
  const unsigned around = unit->left + unit->right + unit->wide, room = columns > around ? (columns - around) / 2 : 0;
  /* Of the room three characters are for the mark and for what is between a name and the line that leads to it. */
  const size_t length = columns == 0 || room > NAME_MOST ? NAME_MOST - 1 : room > 11 ? room - 3 : 8;
  size_t left_out = 0, keys_left_out = 0, left = 0, right = 0;
  for (size_t p = 0; p < chart->panel_count; p++) {
    struct panel *panel = &chart->panels[p];
    const struct names_size size = names_make(panel->points, panel->count, sqrt(narrow * wide), length, NAMES_MOST);
    if (size.lines > layout.lines) layout.lines = size.lines;
    if (size.left > left) left = size.left;
    if (size.right > right) right = size.right;
    left_out += size.left_out;
    panel->keys = keys_of(chart, panel);
    keys_left_out += panel->keys > KEY_MOST ? panel->keys - KEY_MOST : 0;
    if (panel->keys > KEY_MOST) panel->keys = KEY_MOST;
  }
  const unsigned beside = 3;
  layout.left = left > 0 ? (unsigned)(left + beside) * unit->character : 0;
  layout.right = right > 0 ? (unsigned)(right + beside) * unit->character : 0;
  if (columns == 0) layout.width = around + layout.left + layout.right;
  layout.height = unit->title;
  for (size_t p = 0; p < chart->panel_count; p++)
    layout.height +=
      unit->above + (unsigned)chart->panels[p].keys * unit->key + (unsigned)layout.lines * unit->line + unit->below;
  if (left_out > 0)
    complain("--plot: %zu point%s no name: there is room for %d on each side of a panel", left_out,
             left_out > 1 ? "s have" : " has", NAMES_MOST);
  if (keys_left_out > 0)
    complain("--plot: %zu lines of the key are left out: there is room for %d in each panel", keys_left_out, KEY_MOST);
  return layout;
}

static int draw(FILE *script, FILE *data, struct chart *chart, struct picture_size *size) {
  size_t points = 0, left_out = 0;
  for (size_t d = 0; d < chart->count; d++) plot_letter(d, chart->count, chart->letters[d]);
  bool made = find_roofs(chart);
  const size_t found = made ? choose_panels(chart) : 0;
  if (made && chart->roof_count == 0) return plot_nothing();
  made = made && found > 0;
  for (size_t p = 0; p < chart->panel_count && made; p++) {
    made = fill(&chart->panels[p], chart, &left_out);
    points += chart->panels[p].count;
  }
  if (left_out > 0)
    complain("--plot: %zu result%s not drawn: no intensity or no rate is known", left_out,
             left_out > 1 ? "s are" : " is");
  if (made && points == 0) return plot_nothing();
  if (made && found > chart->panel_count)
    complain("--plot: %zu of %zu thread counts have a panel", chart->panel_count, found);
  if (!made) return complain_of_memory("the picture");
  const struct layout layout = lay_out(chart, size->columns);
  size->width = layout.width, size->height = layout.height;
  return roofline_write(script, data, chart, &layout) ? EXIT_DONE : complain_of_memory("the picture");
}

int plot_roofline(FILE *script, FILE *data, json_t *const *documents, size_t count, struct picture_size *size) {
  struct chart chart = {.documents = documents,
                        .count = count,
                        .differ = plot_sizes_that_differ(documents, count),
                        .letters = calloc(count, sizeof *chart.letters)};
  const int status = chart.letters != NULL ? draw(script, data, &chart, size) : complain_of_memory("the picture");
  for (size_t p = 0; p < chart.panel_count; p++) {
    for (size_t i = 0; i < chart.panels[p].count; i++) free(chart.panels[p].points[i].name);
    free(chart.panels[p].points);
  }
  free(chart.roofs);
  free(chart.letters);
  return status;
}
