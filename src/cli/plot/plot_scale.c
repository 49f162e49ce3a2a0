/* SPDX-License-Identifier: BSD-3-Clause */
#include "plot/plot_scale.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "plot/scale_chart.h"
#include "study/disturbed.h"
#include "terminal/report.h"

/* Lines of the key; that there are more is told. */
enum { KEY_MOST = 200 };

/* Points of a terminal are letters, this shape a K: A, B and so on are documents. */
enum { LETTER_K = 11 };

static const char *const colors[] = {"#08306b", "#d95f02", "#1b9e77", "#7570b3",
                                     "#e7298a", "#252525", "#a6761d", "#66a61e"};
/* Of what belongs to a document and not to a series. */
static const char *const greys[] = {"#000000", "#8c2d04", "#005a32", "#4a1486"};
enum { COLORS = sizeof colors / sizeof colors[0], GREYS = sizeof greys / sizeof greys[0] };

/* The figures after the thread count, as columns 2, 3, ... of the data: medians with the ends of their intervals. */
enum { SPEEDUP = 2, EFFICIENCY = 5, THROUGHPUT = 8, FMA = 11, READING, DISTURBED };

/* A number of a line of data: a missing one is "?", which gnuplot leaves out. */
static void write_number(FILE *data, double value) {
  if (isnan(value)) fprintf(data, " ?");
  else fprintf(data, " %.9g", value);
}

/* A figure and the ends of its interval, which are as many times it; both are it where none is known. */
static void write_interval(FILE *data, double value, double low, double high) {
  write_number(data, value);
  write_number(data, value * (isnan(low) ? 1.0 : low));
  write_number(data, value * (isnan(high) ? 1.0 : high));
}

static void write_result(FILE *data, const json_t *document, const json_t *result) {
  const double speedup = plot_number(result, "speedup"), median = plot_number(result, "median_s");
  const double low = plot_number(result, "speedup_low") / speedup, high = plot_number(result, "speedup_high") / speedup;
  fprintf(data, "%.0f", plot_number(result, "threads"));
  write_interval(data, speedup, low, high);
  write_interval(data, plot_number(result, "efficiency"), low, high);
  write_interval(data, plot_number(result, "mrows_per_s"), median / plot_number(result, "high_s"),
                 median / plot_number(result, "low_s"));
  write_number(data, plot_number(result, "probe_fma_speedup"));
  write_number(data, plot_number(result, "probe_read_speedup"));
  fprintf(data, " %d\n", disturbed_result(document, result));
}

static void write_data(FILE *data, const struct chart *chart) {
  for (size_t s = 0; s < chart->series_count; s++) {
    const struct series *series = &chart->series[s];
    const json_t *document = chart->documents[series->document];
    size_t i;
    json_t *result;
    json_array_foreach(json_object_get(document, "results"), i,
                       result) if (scale_find(chart, series->document, result) == s)
      write_result(data, document, result);
    fprintf(data, "\n\n");
  }
}

/* Ends a plot's element with its line of the key, of which there may be too many. */
static void write_title(FILE *script, struct chart *chart, const char *title) {
  if (chart->keys == KEY_MOST) chart->left_out++;
  if (chart->keys == KEY_MOST || title[0] == '\0') {
    fprintf(script, " notitle");
    return;
  }
  chart->keys++;
  if (strlen(title) > chart->longest) chart->longest = strlen(title);
  fprintf(script, " title \"%s\"", title);
}

static void write_series(FILE *script, struct chart *chart, int column, bool titles) {
  for (size_t i = 0; i < chart->series_count; i++) {
    const struct series *series = &chart->series[i];
    char title[PLOT_TEXT];
    snprintf(title, sizeof title, "%s%s", series->name, chart->columns > 0 && series->disturbed ? " !" : "");
    fprintf(script, "%s@DATA index %zu using 1:%d", i > 0 ? ", \\\n  " : "", i, column);
    /* A terminal's lines are as thick as its intervals are long. */
    if (chart->columns > 0) fprintf(script, " with linespoints lt %zu pt %zu", i + 1, LETTER_K + i % 16);
    else
      fprintf(script, ":%d:%d with yerrorlines lw 2 pt %zu ps 1 lc rgb '%s'", column + 1, column + 2,
              4 + (i + i / COLORS) % 8, colors[i % COLORS]);
    write_title(script, chart, titles ? title : "");
  }
  if (!chart->disturbed || chart->columns > 0) return;
  for (size_t i = 0; i < chart->series_count; i++) {
    fprintf(script,
            ", \\\n  @DATA index %zu using 1:($%d == 1 ? $%d : NaN) with points pt 6 ps 2 lw 1.5 lc rgb '#cc0000' "
            "notitle",
            i, DISTURBED, column);
  }
}

/* The probes are the same for every series of a document and element type; the first series of each has them. */
static void write_probes(FILE *script, struct chart *chart, const char *const *divisors) {
  for (size_t i = 0; i < chart->series_count; i++) {
    const struct series *series = &chart->series[i];
    const char *color = greys[series->document % GREYS], *divisor = divisors[series->document];
    char letter[PLOT_LETTER], dtype[9], title[PLOT_TEXT];
    bool of_document = true, of_type = true;
    plot_letter(series->document, chart->count, letter);
    gnuplot_text(dtype, sizeof dtype, plot_string(series->first, "dtype"));
    for (size_t j = 0; j < i; j++) {
      const bool same = chart->series[j].document == series->document;
      of_document &= !same;
      of_type &=
        !same || strcmp(plot_string(chart->series[j].first, "dtype"), plot_string(series->first, "dtype")) != 0;
    }
    if (of_document) {
      fprintf(script, ", \\\n  @DATA index %zu using 1:($%d%s) with lines lw 1.5 dt 3 lc rgb '%s'", i, FMA, divisor,
              color);
      snprintf(title, sizeof title, "%smultiply-adds (probe)", letter);
      write_title(script, chart, title);
    }
    if (of_type) {
      fprintf(script, ", \\\n  @DATA index %zu using 1:($%d%s) with lines lw 1.5 dt %d lc rgb '%s'", i, READING,
              divisor, strcmp(dtype, "u8") == 0 ? 5 : 4, color);
      snprintf(title, sizeof title, "%sreading %s (probe)", letter, dtype);
      write_title(script, chart, title);
    }
  }
}

/* The number of threads as gnuplot's x or $1, no more than the ideal speed-up is anywhere: beyond the CPUs, or a quota
 * of them, more threads do not make more. */
enum { IDEAL_TEXT = 96 };
static void ideal_text(const json_t *document, const char *threads, char text[IDEAL_TEXT]) {
  double most = 0.0;
  bool flat = false;
  size_t i;
  json_t *result;
  json_array_foreach(json_object_get(document, "results"), i, result) {
    const double ideal = plot_number(result, "ideal_speedup");
    if (isnan(ideal)) continue; /* an older document */
    most = fmax(most, ideal);
    flat |= ideal < plot_number(result, "threads");
  }
  if (flat) snprintf(text, IDEAL_TEXT, "(%s < %.9g ? %s : %.9g)", threads, most, threads, most);
  else snprintf(text, IDEAL_TEXT, "%s", threads);
}

/* The ideal lines: 1 of weak scaling; of strong the number of threads that can run, one line where all agree. */
static void write_ideals(FILE *script, struct chart *chart) {
  char first[IDEAL_TEXT], ideal[IDEAL_TEXT], letter[PLOT_LETTER], title[PLOT_TEXT];
  bool alike = true;
  ideal_text(chart->documents[0], "x", first);
  for (size_t d = 1; d < chart->count; d++) {
    ideal_text(chart->documents[d], "x", ideal);
    alike = alike && strcmp(ideal, first) == 0;
  }
  for (size_t d = 0; d < (chart->weak || alike ? 1 : chart->count); d++) {
    ideal_text(chart->documents[d], "x", ideal);
    plot_letter(d, chart->weak || alike ? 1 : chart->count, letter);
    snprintf(title, sizeof title, "%sideal", letter);
    fprintf(script, ", \\\n  %s with lines lw 1 dt 2 lc rgb '%s'", chart->weak ? "1" : ideal,
            alike || chart->weak ? "#999999" : greys[d % GREYS]);
    write_title(script, chart, title);
  }
}

/* What each series would have if one thread's rate were kept. */
static void write_ideal_rates(FILE *script, const struct chart *chart) {
  for (size_t s = 0; s < chart->series_count; s++) {
    const struct series *series = &chart->series[s];
    char ideal[IDEAL_TEXT];
    const double rate = plot_number(series->first, "mrows_per_s");
    if (plot_number(series->first, "threads") != 1 || isnan(rate)) continue;
    ideal_text(chart->documents[series->document], "x", ideal);
    fprintf(script, ", \\\n  %.9g*%s with lines lw 1 dt 2 lc rgb '%s' notitle", rate, ideal, colors[s % COLORS]);
  }
}

/* The documents' labels as lines of the key without a sign, before all others. */
static void write_labels(FILE *script, struct chart *chart) {
  for (size_t d = 0; d < chart->count && chart->count > 1; d++) {
    char letter[PLOT_LETTER], label[49], title[PLOT_TEXT];
    plot_letter(d, chart->count, letter);
    gnuplot_text(label, sizeof label, plot_string(chart->documents[d], "label"));
    snprintf(title, sizeof title, "%s%s", letter, label);
    fprintf(script, "keyentry with labels");
    write_title(script, chart, title);
    fprintf(script, ", \\\n  ");
  }
}

/* What the marks are: rings of pixels, and in a terminal signs after the names. */
static void write_mark(FILE *script, struct chart *chart) {
  if (!chart->disturbed) return;
  if (chart->columns > 0) fprintf(script, ", \\\n  keyentry with labels");
  else fprintf(script, ", \\\n  keyentry with points pt 6 ps 2 lw 1.5 lc rgb '#cc0000'");
  write_title(script, chart, chart->columns > 0 ? PLOT_MARK : &PLOT_MARK[2]);
}

/* In a terminal the other lines would hide the points. */
static void write_again(FILE *script, struct chart *chart, int column) {
  if (chart->columns == 0) return;
  fprintf(script, ", \\\n  ");
  write_series(script, chart, column, false);
}

/* Both panels' contents; titles: with lines of the key. */
static void write_speedups(FILE *script, struct chart *chart, const char *const *divisors) {
  fprintf(script, "plot ");
  write_labels(script, chart);
  write_series(script, chart, chart->weak ? EFFICIENCY : SPEEDUP, true);
  write_probes(script, chart, divisors);
  write_ideals(script, chart);
  write_again(script, chart, chart->weak ? EFFICIENCY : SPEEDUP);
  write_mark(script, chart);
  fprintf(script, "\n");
}

static void write_rates(FILE *script, struct chart *chart, bool titles) {
  fprintf(script, "plot ");
  if (titles) write_labels(script, chart);
  write_series(script, chart, THROUGHPUT, titles);
  write_ideal_rates(script, chart);
  write_again(script, chart, THROUGHPUT);
  if (titles) write_mark(script, chart);
  fprintf(script, "\n");
}

static void write_axes(FILE *script, const struct chart *chart) {
  fprintf(script,
          "set datafile missing '?'\n%sset border 3\nset tics nomirror out scale %s\n"
          "set xlabel 'threads'\nset xrange [0.5:%.1f]\nset xtics %s\n",
          chart->columns > 0 ? "" : "set grid lc rgb '#dddddd'\n", chart->columns > 0 ? "0" : "0.5", chart->most + 0.5,
          chart->most <= 16 ? "1" : "autofreq");
}

/* A terminal's page with its key above the panel; the key's lines are known when its contents have been written. */
enum { PAGE_LINES = 26, KEY_BESIDE = 3 };
static void write_page(FILE *script, const struct chart *chart, const char *title, size_t keys) {
  const unsigned lines = PAGE_LINES + (unsigned)keys;
  gnuplot_page(script, (unsigned)chart->columns, lines);
  fprintf(script,
          "set title \"%s\"\nset tmargin %zu\nset bmargin 3\nset lmargin 8\nset rmargin 3\n"
          "set key at screen 0, screen 1 left top Left reverse samplen 4\n",
          title, keys + KEY_BESIDE);
}

/* Pages: what a panel holds is written aside, for its key decides how high the page is. */
static bool write_pages(FILE *script, struct chart *chart, const char *about, const char *const *divisors) {
  static const char *const what[][2] = {{"speed-up against one thread", "efficiency"}, {"million rows a second", NULL}};
  for (int panel = 0; panel < 2; panel++) {
    char *contents = NULL, title[PLOT_TITLE];
    size_t size;
    FILE *file = open_memstream(&contents, &size);
    if (file == NULL) return false;
    chart->keys = 0;
    if (panel == 0) write_speedups(file, chart, divisors);
    else write_rates(file, chart, true);
    if (fclose(file) != 0) {
      free(contents);
      return false;
    }
    plot_panel_title(about, what[panel][panel == 0 && chart->weak], chart->columns, title);
    write_page(script, chart, title, chart->keys);
    if (panel == 0) fprintf(script, "set yrange [0:%g]\n", chart->weak ? 1.5 : chart->most + 0.5);
    else fprintf(script, "set yrange [0:*]\n");
    fprintf(script, "%s", contents);
    free(contents);
  }
  return true;
}

/* Two panels of pixels, and right of them the key of both. */
enum { PANEL_WIDTH = 500, TOP = 44, KEY_LINE = 18, LEAST_HEIGHT = 480, KEY_SIGN = 70, CHARACTER = 7 };
static bool write_panels(FILE *script, struct chart *chart, const char *about, const char *const *divisors,
                         struct picture_size *size) {
  char *contents = NULL;
  size_t length;
  FILE *file = open_memstream(&contents, &length);
  if (file == NULL) return false;
  write_speedups(file, chart, divisors);
  if (fclose(file) != 0) {
    free(contents);
    return false;
  }
  const unsigned keys = TOP + 24 + KEY_LINE * (unsigned)chart->keys;
  size->width = 2 * PANEL_WIDTH + KEY_SIGN + CHARACTER * (unsigned)chart->longest + 20;
  size->height = keys > LEAST_HEIGHT ? keys : LEAST_HEIGHT;
  const double width = size->width, height = size->height, panel = PANEL_WIDTH / width;
  fprintf(script,
          "set multiplot title \"%s\"\nset tmargin at screen %.6f\nset bmargin at screen %.6f\n"
          "set key at screen %.6f, screen %.6f left top Left reverse samplen 3 spacing 1.1\n",
          about, 1.0 - TOP / height, 60.0 / height, 2.0 * panel + 20.0 / width, 1.0 - TOP / height);
  fprintf(script, "set lmargin at screen %.6f\nset rmargin at screen %.6f\nset ylabel '%s'\nset yrange [0:%g]\n%s",
          70.0 / width, panel - 15.0 / width, chart->weak ? "efficiency" : "speed-up against one thread",
          chart->weak ? 1.5 : chart->most + 0.5, contents);
  free(contents);
  fprintf(script,
          "unset key\nset lmargin at screen %.6f\nset rmargin at screen %.6f\n"
          "set ylabel 'million rows a second'\nset yrange [0:*]\n",
          panel + 70.0 / width, 2.0 * panel - 15.0 / width);
  write_rates(script, chart, false);
  fprintf(script, "unset multiplot\n");
  return true;
}

/* Weak scaling has its ideal at 1, strong at the number of threads that can run: what the probes are divided by. */
static bool draw(FILE *script, struct chart *chart, struct picture_size *size) {
  char(*each)[IDEAL_TEXT + 1] = calloc(chart->count, sizeof *each), title[PLOT_TEXT];
  const char **divisors = calloc(chart->count, sizeof *divisors);
  bool drawn = each != NULL && divisors != NULL;
  for (size_t d = 0; d < chart->count && drawn; d++) {
    each[d][0] = '/';
    ideal_text(chart->documents[d], "$1", each[d] + 1);
    divisors[d] = chart->weak ? each[d] : "";
  }
  plot_title(chart->documents, chart->count, chart->shaped ? NULL : chart->series[0].first, title);
  if (chart->weak) strncat(title, " (most threads), rows in proportion to threads", PLOT_TEXT - 1 - strlen(title));
  write_axes(script, chart);
  if (drawn && chart->columns > 0) drawn = write_pages(script, chart, title, divisors);
  else if (drawn) drawn = write_panels(script, chart, title, divisors, size);
  free(each);
  free(divisors);
  return drawn;
}

int plot_scale(FILE *script, FILE *data, json_t *const *documents, size_t count, struct picture_size *size) {
  struct chart chart = {.documents = documents, .count = count, .columns = size->columns, .most = 1.0};
  int status = scale_find_all(&chart) ? EXIT_DONE : complain_of_memory("the picture");
  if (status == EXIT_DONE && chart.series_count == 0) status = plot_nothing();
  if (status == EXIT_DONE) {
    write_data(data, &chart);
    if (!draw(script, &chart, size)) status = complain_of_memory("the picture");
    if (chart.left_out > 0)
      complain("--plot: %zu lines of the key are left out: there is room for %d", chart.left_out, KEY_MOST);
  }
  for (size_t i = 0; i < chart.series_count; i++) free(chart.series[i].name);
  free(chart.series);
  return status;
}
