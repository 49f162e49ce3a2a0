/* SPDX-License-Identifier: BSD-3-Clause */
#include "html/charts.h"

#include <math.h>
#include <stdlib.h>

#include "html/markup.h"
#include "html/values.h"
#include "study/compare_lines.h"
#include "scaling.h"

static bool is_scaling(const struct material *material, const struct line *line) {
  return source_is(&material->sources[line->source], "scale") && !isnan(value_of(line->result, "speedup"));
}

/* A line with the place of its chart. */
struct placed {
  const struct line *line;
  size_t chart;
};

static int in_order(const void *left, const void *right) {
  const struct placed *a = left, *b = right;
  if (a->chart != b->chart) return a->chart < b->chart ? -1 : 1;
  if (a->line->side != b->line->side) return a->line->side < b->line->side ? -1 : 1;
  if (a->line->threads != b->line->threads) return a->line->threads < b->line->threads ? -1 : 1;
  return (a->line > b->line) - (a->line < b->line);
}

/* The lines that are of studies of threads, and their charts, by products' order. False: no memory. */
static bool place_lines(const struct material *material, struct placed *placed, size_t *count, size_t *chart_count) {
  static const char *const keys[] = {"kernel", "dtype", "k", "n", "data", "weak", "full_rows", "ranks", NULL};
  json_t *places = json_object();
  bool made = places != NULL;
  for (size_t l = 0; l < material->line_count && made; l++) {
    const struct line *line = material->ordered[l];
    if (!is_scaling(material, line)) continue;
    char *text = compare_text(line->result, keys);
    const json_t *place = text != NULL ? json_object_get(places, text) : NULL;
    const size_t chart = place != NULL ? (size_t)json_integer_value(place) : *chart_count;
    made = text != NULL && (place != NULL || json_object_set_new(places, text, json_integer((json_int_t)chart)) == 0);
    if (place == NULL) ++*chart_count;
    placed[(*count)++] = (struct placed){line, chart};
    free(text);
  }
  json_decref(places);
  return made;
}

bool charts_make(struct charts *charts, const struct material *material) {
  struct placed *placed = calloc(material->line_count + 1, sizeof *placed);
  size_t count = 0;
  *charts = (struct charts){.lines = calloc(material->line_count + 1, sizeof *charts->lines)};
  bool made = placed != NULL && charts->lines != NULL && place_lines(material, placed, &count, &charts->count);
  charts->charts = made ? calloc(charts->count + 1, sizeof *charts->charts) : NULL;
  made = charts->charts != NULL;
  if (made && count > 0) qsort(placed, count, sizeof *placed, in_order);
  for (size_t i = 0; i < count && made; i++) {
    struct chart *chart = &charts->charts[placed[i].chart];
    charts->lines[i] = placed[i].line;
    if (chart->count++ == 0) chart->lines = &charts->lines[i];
  }
  if (!made) charts->count = 0;
  free(placed);
  return made;
}

void charts_free(struct charts *charts) {
  free(charts->charts);
  free(charts->lines);
}

size_t cpus_of(const struct material *material, const struct line *line) {
  const json_t *machine = json_object_get(material->sources[line->source].document, "machine");
  const size_t cpus = count_of(machine, "available_cpus"), ranks = count_of(line->result, "ranks");
  return ranks > 1 || cpus == 0 ? 4096 : cpus; /* of several ranks the CPUs are not those of this machine alone */
}

double ideal_of(const struct material *material, const struct line *line) {
  const json_t *machine = json_object_get(material->sources[line->source].document, "machine");
  const double recorded = value_of(line->result, "ideal_speedup"), quota = value_of(machine, "quota_cpus");
  if (recorded > 0.0) return recorded;
  return bench_ideal_speedup((unsigned)line->threads, (unsigned)cpus_of(material, line), quota > 0.0 ? quota : 0.0);
}

void chart_name(FILE *page, const struct chart *chart) {
  const json_t *first = chart->lines[0]->result;
  const size_t ranks = count_of(first, "ranks"), rows = count_of(first, "full_rows");
  html(page, "%.40s, %.20s, %'zu &times; %'zu &middot; %'zu &times; %'zu%s", text_of(first, "kernel"),
       dtype_text(text_of(first, "dtype")), rows > 0 ? rows : count_of(first, "rows"), count_of(first, "k"),
       count_of(first, "k"), count_of(first, "n"), is_set(first, "weak") ? ", rows in proportion to threads" : "");
  if (ranks > 1) html(page, ", %zu ranks", ranks);
}
