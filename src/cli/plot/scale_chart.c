/* SPDX-License-Identifier: BSD-3-Clause */
#include "plot/scale_chart.h"

#include <math.h>
#include <stdlib.h>

#include "study/disturbed.h"
#include "study/grid.h"

static const char *const series_members[] = {"kernel", "dtype", "k", "n", "full_rows", "ranks", NULL};

size_t scale_find(const struct chart *chart, size_t document, const json_t *result) {
  size_t i = 0;
  while (i < chart->series_count &&
         (chart->series[i].document != document || !results_alike(chart->series[i].first, result, series_members)))
    i++;
  return i;
}

/* A series' name: the document's letter, kernel and type, ranks where it has them, and the shape where there are
 * several. */
static char *name_of(const struct chart *chart, size_t document, const json_t *result, bool shaped) {
  char letter[PLOT_LETTER], ranks[32] = "", shape[72] = "", *name = plot_name(result), *text;
  plot_letter(document, chart->count, letter);
  if (!isnan(plot_number(result, "ranks")))
    snprintf(ranks, sizeof ranks, ", %.0f rank%s", plot_number(result, "ranks"),
             plot_number(result, "ranks") == 1.0 ? "" : "s");
  if (shaped)
    snprintf(shape, sizeof shape, ", %.0f x %.0f x %.0f", plot_rows(result), plot_number(result, "k"),
             plot_number(result, "n"));
  if (name == NULL || asprintf(&text, "%s%s%s%s", letter, name, ranks, shape) < 0) text = NULL;
  free(name);
  return text;
}

bool scale_find_all(struct chart *chart) {
  size_t i;
  json_t *result;
  for (size_t d = 0; d < chart->count; d++)
    json_array_foreach(json_object_get(chart->documents[d], "results"), i, result) {
      size_t at = scale_find(chart, d, result);
      if (at == chart->series_count) {
        struct series *grown = reallocarray(chart->series, at + 1, sizeof *grown);
        if (grown == NULL) return false;
        chart->series = grown;
        chart->series[chart->series_count++] = (struct series){.document = d, .first = result};
      }
      const bool disturbed = disturbed_result(chart->documents[d], result);
      chart->series[at].disturbed |= disturbed;
      chart->disturbed |= disturbed;
      chart->most = fmax(chart->most, plot_number(result, "threads"));
      chart->weak |= json_is_true(json_object_get(result, "weak"));
      const json_t *first = chart->series[0].first;
      chart->shaped |= plot_rows(first) != plot_rows(result) || plot_number(first, "k") != plot_number(result, "k") ||
                       plot_number(first, "n") != plot_number(result, "n");
    }
  for (size_t s = 0; s < chart->series_count; s++) {
    struct series *series = &chart->series[s];
    if ((series->name = name_of(chart, series->document, series->first, chart->shaped)) == NULL) return false;
  }
  return true;
}
