/* SPDX-License-Identifier: BSD-3-Clause */
#include "plot/plot_scale.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "study/grid.h"
#include "terminal/report.h"

/* Results of one kernel and element type; the first of them. */
struct series {
  const json_t *first;
  char *name; /* owned */
};

static const char *const colors[] = {"#08306b", "#d95f02", "#1b9e77", "#7570b3",
                                     "#e7298a", "#252525", "#a6761d", "#66a61e"};
enum { COLORS = sizeof colors / sizeof colors[0] };

static const char *const series_members[] = {"kernel", "dtype", "k", "n", "full_rows", NULL};

static bool same(const json_t *a, const json_t *b) { return results_alike(a, b, series_members); }

/* Where a series has been met before; `count`: it is new. */
static size_t find(const struct series *series, size_t count, const json_t *result) {
  size_t i = 0;
  while (i < count && !same(series[i].first, result)) i++;
  return i;
}

/* A line of data: a missing number is "?", which gnuplot leaves out. */
static void write_number(FILE *data, double value) {
  if (isnan(value)) fprintf(data, " ?");
  else fprintf(data, " %.9g", value);
}

/* The figures after the thread count, as columns 2, 3, ... of the data. */
static const char *const members[] = {"speedup", "efficiency", "mrows_per_s", "probe_fma_speedup",
                                      "probe_read_speedup"};
enum { SPEEDUP = 2, EFFICIENCY, THROUGHPUT, FMA, READING, MEMBERS = sizeof members / sizeof members[0] };

static void write_series(FILE *script, const struct series *series, size_t count, int column, const char *divisor) {
  for (size_t i = 0; i < count; i++)
    fprintf(script, "%s@DATA index %zu using 1:($%d%s) with linespoints lw 2 pt %zu ps 1 lc rgb '%s' title \"%s\"",
            i > 0 ? ", \\\n  " : "plot ", i, column, divisor, 4 + (i + i / COLORS) % 8, colors[i % COLORS],
            series[i].name);
}

/* The probes are the same for every series of one element type; the first series of each has them. */
static void write_probes(FILE *script, const struct series *series, size_t count, const char *divisor) {
  fprintf(
    script,
    ", \\\n  @DATA index 0 using 1:($%d%s) with lines lw 1.5 dt 3 lc rgb '#000000' title \"multiply-adds (probe)\"",
    FMA, divisor);
  for (size_t i = 0; i < count; i++) {
    char dtype[16];
    gnuplot_text(dtype, sizeof dtype, plot_string(series[i].first, "dtype"));
    size_t j = 0;
    while (j < i && strcmp(plot_string(series[j].first, "dtype"), plot_string(series[i].first, "dtype")) != 0) j++;
    if (j < i) continue;
    fprintf(
      script,
      ", \\\n  @DATA index %zu using 1:($%d%s) with lines lw 1.5 dt %d lc rgb '#777777' title \"reading %.8s (probe)\"",
      i, READING, divisor, strcmp(dtype, "u8") == 0 ? 5 : 4, dtype);
  }
}

/* The number of threads as gnuplot's x or $1, no more than the ideal speed-up is anywhere: beyond the CPUs, or a quota
 * of them, more threads do not make more. */
enum { IDEAL_TEXT = 96 };
static void ideal_text(const json_t *results, const char *threads, char text[IDEAL_TEXT]) {
  double most = 0.0;
  bool flat = false;
  size_t i;
  json_t *result;
  json_array_foreach(results, i, result) {
    const double ideal = plot_number(result, "ideal_speedup");
    if (isnan(ideal)) continue; /* an older document */
    most = fmax(most, ideal);
    flat |= ideal < plot_number(result, "threads");
  }
  if (flat) snprintf(text, IDEAL_TEXT, "(%s < %.9g ? %s : %.9g)", threads, most, threads, most);
  else snprintf(text, IDEAL_TEXT, "%s", threads);
}

static void free_series(struct series *series, size_t count) {
  for (size_t i = 0; i < count; i++) free(series[i].name);
  free(series);
}

/* The series of the results, to be freed; false: no memory. */
static bool series_of(const json_t *results, struct series **all, size_t *count) {
  struct series *series = NULL;
  size_t i;
  json_t *result;
  *all = NULL;
  *count = 0;
  json_array_foreach(results, i, result) {
    if (find(series, *count, result) < *count) continue;
    struct series *grown = reallocarray(series, *count + 1, sizeof *grown);
    char *name = plot_name(result);
    if (grown != NULL) series = grown;
    if (grown == NULL || name == NULL) {
      free(name);
      free_series(series, *count);
      return false;
    }
    series[(*count)++] = (struct series){result, name};
  }
  *all = series;
  return true;
}

int plot_scale(FILE *script, FILE *data, json_t *const *documents, size_t count, struct picture_size *size) {
  size_t series_count, i;
  double most = 1.0, weak = 0.0;
  json_t *results = json_object_get(documents[0], "results"), *result;
  struct series *series;
  (void)count;
  if (!series_of(results, &series, &series_count)) return complain_of_memory("the picture");
  if (series_count == 0) return plot_nothing();
  json_array_foreach(results, i, result) {
    most = fmax(most, plot_number(result, "threads"));
    weak += json_is_true(json_object_get(result, "weak"));
  }
  for (size_t s = 0; s < series_count; s++) {
    json_array_foreach(results, i, result) {
      if (!same(series[s].first, result)) continue;
      fprintf(data, "%.0f", plot_number(result, "threads"));
      for (size_t m = 0; m < MEMBERS; m++) write_number(data, plot_number(result, members[m]));
      fprintf(data, "\n");
    }
    fprintf(data, "\n\n");
  }
  char title[PLOT_TEXT], ideal[IDEAL_TEXT], each[IDEAL_TEXT + 1] = "/";
  ideal_text(results, "x", ideal);
  ideal_text(results, "$1", each + 1);
  plot_title(documents[0], series[0].first, title);
  const bool is_weak = weak > 0.0;
  *size = (struct picture_size){.width = 1080, .height = 480, .lines = 26};
  fprintf(script,
          "set datafile missing '?'\nset grid lc rgb '#dddddd'\nset border 3\nset tics nomirror out scale 0.5\n"
          "set xlabel 'threads'\nset xrange [0.5:%.1f]\nset xtics %s\nset key top left opaque samplen 3 spacing 1.1\n"
          "set multiplot layout 1,2 title \"%s%s\"\n",
          most + 0.5, most <= 16 ? "1" : "autofreq", title,
          is_weak ? " (most threads), rows in proportion to threads" : "");
  /* Weak scaling has its ideal at 1, strong at the number of threads that can run. */
  fprintf(script, "set ylabel '%s'\nset yrange [0:%g]\n", is_weak ? "efficiency" : "speed-up against one thread",
          is_weak ? 1.5 : 1.35 * most);
  write_series(script, series, series_count, is_weak ? EFFICIENCY : SPEEDUP, "");
  write_probes(script, series, series_count, is_weak ? each : "");
  fprintf(script, ", \\\n  %s with lines lw 1 dt 2 lc rgb '#999999' title 'ideal'\n", is_weak ? "1" : ideal);
  fprintf(script, "set ylabel 'million rows a second'\nset yrange [0:*]\n");
  write_series(script, series, series_count, THROUGHPUT, "");
  for (size_t s = 0; s < series_count; s++) {
    const double single =
      plot_number(series[s].first, "threads") == 1 ? plot_number(series[s].first, "mrows_per_s") : NAN;
    if (!isnan(single))
      fprintf(script, ", \\\n  %.9g*%s with lines lw 1 dt 2 lc rgb '%s' %s", single, ideal, colors[s % COLORS],
              s == 0 ? "title 'ideal'" : "notitle");
  }
  fprintf(script, "\nunset multiplot\n");
  free_series(series, series_count);
  return EXIT_DONE;
}
