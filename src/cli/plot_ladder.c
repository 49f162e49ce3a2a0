/* SPDX-License-Identifier: BSD-3-Clause */
/* The ladder as bars on a logarithmic axis, the slowest first: a panel for each shape, a bar for one thread and one for the
 * most threads, a colour for each document. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "grid.h"
#include "plot.h"
#include "report.h"

enum { BARS_MAX = 512, NAME_TEXT = 64, PANELS_MAX = 6 };

struct bar {
  char name[NAME_TEXT];
  size_t document;
  double seconds[2]; /* of one thread, of the most; 0: not measured */
};

struct panel {
  const json_t *first; /* a result of it */
  double rows, k, n, threads; /* the most threads */
  size_t count;
  struct bar bars[BARS_MAX];
};

/* Dark for one thread, light for the most; told apart in grey as well. */
static const char *const colors[][2] = {
  {"#08306b", "#6baed6"}, {"#a63603", "#fdae6b"}, {"#00441b", "#74c476"}, {"#3f007d", "#9e9ac8"}, {"#252525", "#969696"}};
enum { COLORS = sizeof colors / sizeof colors[0] };

static bool belongs(const struct panel *panel, const json_t *result) {
  return plot_number(result, "rows") == panel->rows && plot_number(result, "k") == panel->k &&
         plot_number(result, "n") == panel->n;
}

static int slowest_first(const void *left, const void *right) {
  const struct bar *a = left, *b = right;
  const double x = a->seconds[0] > 0.0 ? a->seconds[0] : a->seconds[1], y = b->seconds[0] > 0.0 ? b->seconds[0] : b->seconds[1];
  return (x < y) - (x > y);
}

static struct bar *bar_of(struct panel *panel, size_t document, const json_t *result) {
  char name[NAME_TEXT], whole[2 * NAME_TEXT];
  snprintf(whole, sizeof whole, "%.60s %s", plot_string(result, "kernel"), plot_string(result, "dtype"));
  gnuplot_text(name, sizeof name, whole);
  for (size_t i = 0; i < panel->count; i++)
    if (panel->bars[i].document == document && strcmp(panel->bars[i].name, name) == 0) return &panel->bars[i];
  if (panel->count == BARS_MAX) return NULL;
  struct bar *bar = &panel->bars[panel->count++];
  *bar = (struct bar){.document = document};
  memcpy(bar->name, name, sizeof name);
  return bar;
}

/* Fills the panel of the shape that `first` has. */
static void fill(struct panel *panel, json_t *const *documents, size_t count, const json_t *first) {
  json_t *result;
  size_t i;
  *panel = (struct panel){.first = first, .rows = plot_number(first, "rows"), .k = plot_number(first, "k"),
                          .n = plot_number(first, "n"), .threads = 1};
  for (size_t d = 0; d < count; d++)
    json_array_foreach(json_object_get(documents[d], "results"), i, result)
      if (belongs(panel, result)) panel->threads = fmax(panel->threads, plot_number(result, "threads"));
  for (size_t d = 0; d < count; d++)
    json_array_foreach(json_object_get(documents[d], "results"), i, result) {
      const double threads = plot_number(result, "threads"), seconds = plot_number(result, "median_s");
      if (!belongs(panel, result) || !(seconds > 0.0) || (threads != 1 && threads != panel->threads)) continue;
      struct bar *bar = bar_of(panel, d, result);
      if (bar != NULL) bar->seconds[threads != 1] = seconds;
    }
  qsort(panel->bars, panel->count, sizeof *panel->bars, slowest_first);
}

static double work_of(const json_t *result) {
  return plot_number(result, "rows") * plot_number(result, "k") * plot_number(result, "n");
}

/* Results of a shape, for each that there is, the most work first; returns how many there are, of which `most` are kept. */
static size_t shapes_of(json_t *const *documents, size_t count, const json_t **shapes, size_t most) {
  static const char *const members[] = {"rows", "k", "n", NULL};
  size_t found = 0, kept = 0, i;
  json_t *result;
  for (size_t d = 0; d < count; d++)
    json_array_foreach(json_object_get(documents[d], "results"), i, result) {
      size_t known = 0;
      while (known < kept && !results_alike(shapes[known], result, members)) known++;
      if (known < kept) continue;
      if (kept < most) shapes[kept++] = result;
      found++;
    }
  for (size_t p = 1; p < kept; p++)
    for (size_t q = p; q > 0 && work_of(shapes[q]) > work_of(shapes[q - 1]); q--) {
      const json_t *swap = shapes[q];
      shapes[q] = shapes[q - 1], shapes[q - 1] = swap;
    }
  return found;
}

/* Powers of ten of a second, with their names. */
static void write_axis(FILE *script, double least, double most) {
  static const char *const names[] = {"1 ns", "10 ns", "100 ns", "1 us", "10 us", "100 us", "1 ms", "10 ms", "100 ms",
                                      "1 s",  "10 s",  "100 s",  "1000 s", "10000 s"};
  const char *comma = "";
  fprintf(script, "set xrange [%g:%g]\nset xtics (", least, most);
  for (int i = 0; i < (int)(sizeof names / sizeof names[0]); i++) {
    const double tic = pow(10.0, i - 9);
    if (tic < 0.99 * least || tic > 1.01 * most) continue;
    fprintf(script, "%s\"%s\" %g", comma, names[i], tic);
    comma = ", ";
  }
  fprintf(script, ")\n");
}

/* Three digits that count, in the unit that fits. */
static const char *label_of(double seconds, char text[NAME_TEXT]) {
  static const char *const units[] = {"s", "ms", "us", "ns"};
  int unit = 0;
  for (; unit < 3 && seconds < 1.0; unit++) seconds *= 1e3;
  snprintf(text, NAME_TEXT, "%.*f %s", seconds >= 100.0 ? 0 : seconds >= 10.0 ? 1 : 2, seconds, units[unit]);
  return text;
}

/* The bars of one document and thread count as a block of data, and the plot of it. */
static void write_bars(FILE *script, FILE *data, const struct panel *panel, json_t *const *documents, size_t count,
                       size_t document, int which, size_t *block, const char **before) {
  char text[NAME_TEXT], label[44];
  size_t bars = 0;
  for (size_t i = 0; i < panel->count; i++) {
    const struct bar *bar = &panel->bars[i];
    if (bar->document != document || !(bar->seconds[which] > 0.0)) continue;
    const bool both = bar->seconds[0] > 0.0 && bar->seconds[1] > 0.0;
    const double top = (double)i + (both && which == 1 ? 0.02 : -0.4), bottom = (double)i + (both && which == 0 ? -0.02 : 0.4);
    fprintf(data, "%.9g %.2f %.2f \"%s\" \"%s\"\n", bar->seconds[which], top, bottom, label_of(bar->seconds[which], text),
            bar->name);
    bars++;
  }
  if (bars == 0) return;
  fprintf(data, "\n\n");
  gnuplot_text(label, sizeof label, plot_string(documents[document], "label"));
  const double threads = which == 0 ? 1 : panel->threads;
  fprintf(script,
          "%s@DATA index %zu using 1:(($2+$3)/2):(LEAST):1:2:3 with boxxyerror fill solid lc rgb '%s' title \"%s%s%.0f thread%s\", \\\n"
          "  @DATA index %zu using 1:(($2+$3)/2):4 with labels left offset 0.6,0 font ',8' notitle",
          *before, *block, colors[document % COLORS][which], count > 1 ? label : "", count > 1 ? ", " : "", threads,
          threads > 1 ? "s" : "", *block);
  *before = ", \\\n  ";
  ++*block;
}

static void write_panel(FILE *script, FILE *data, const struct panel *panel, json_t *const *documents, size_t count,
                        size_t *block) {
  double least = INFINITY, most = 0.0;
  for (size_t i = 0; i < panel->count; i++)
    for (int which = 0; which < 2; which++) {
      const double seconds = panel->bars[i].seconds[which];
      if (seconds > 0.0) least = fmin(least, seconds), most = fmax(most, seconds);
    }
  char title[PLOT_TEXT];
  plot_title(documents[0], panel->first, title);
  least = pow(10.0, floor(log10(least) - 0.3));
  fprintf(script, "set title \"%s: time of one product\"\nLEAST = %g\n", title, least);
  write_axis(script, least, 6.0 * most);
  /* Room below the bars for a line of the key for each kind of them. */
  fprintf(script, "set yrange [%.2f:-0.7]\nset ytics (", (double)(panel->count + count + 1) - 0.3);
  for (size_t i = 0; i < panel->count; i++)
    fprintf(script, "%s\"%s\" %zu", i > 0 ? ", " : "", panel->bars[i].name, i);
  fprintf(script, ")\n");
  const char *before = "plot ";
  for (size_t d = 0; d < count; d++)
    for (int which = 0; which < 2; which++) write_bars(script, data, panel, documents, count, d, which, block, &before);
  fprintf(script, "\n");
}

bool plot_ladder(FILE *script, FILE *data, json_t *const *documents, size_t count, struct picture_size *size) {
  const json_t *shapes[PANELS_MAX];
  const size_t found = shapes_of(documents, count, shapes, PANELS_MAX);
  const size_t panel_count = found < PANELS_MAX ? found : PANELS_MAX;
  struct panel *panels = calloc(panel_count + 1, sizeof *panels);
  if (panels == NULL || panel_count == 0) {
    free(panels);
    return false;
  }
  if (found > PANELS_MAX) complain("--plot: %d of the shapes are drawn", PANELS_MAX);
  size_t bars = (count + 1) * panel_count, block = 0;
  for (size_t p = 0; p < panel_count; p++) {
    fill(&panels[p], documents, count, shapes[p]);
    bars += panels[p].count;
  }
  *size = (struct picture_size){.width = 960, .height = (unsigned)(110 * panel_count + 28 * bars),
                                .lines = (unsigned)(8 * panel_count + 2 * bars)};
  fprintf(script, "set style textbox noborder\nset logscale x\nset grid xtics lc rgb '#cccccc'\nset border 3\n"
                  "set tics nomirror out scale 0.5\nset key bottom right opaque\nset lmargin 24\nset rmargin 3\n"
                  "set tmargin 2.5\nset bmargin 2.5\nset multiplot\n");
  double top = 1.0;
  for (size_t p = 0; p < panel_count; p++) {
    /* A panel is as high as its bars need. */
    const double lines = (double)(panels[p].count + count + 1);
    const double height = (110.0 + 28.0 * lines) / (110.0 * (double)panel_count + 28.0 * (double)bars);
    fprintf(script, "set origin 0,%.4f\nset size 1,%.4f\n", top - height > 0.0 ? top - height : 0.0, height);
    top -= height;
    write_panel(script, data, &panels[p], documents, count, &block);
  }
  fprintf(script, "unset multiplot\n");
  free(panels);
  return true;
}
