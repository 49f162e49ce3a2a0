/* SPDX-License-Identifier: BSD-3-Clause */
#include "plot/plot_roofline.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "terminal/report.h"

enum { PANELS_MOST = 4 }; /* side by side; that there are more is told */

struct roof {
  double threads, flops, bytes; /* GFLOP/s, GB/s */
};

struct point {
  double intensity, gflops, label; /* label: where its name stands, clear of the others */
  bool effective;
  char *name; /* owned */
};

static int upwards(const void *left, const void *right) {
  const struct point *a = left, *b = right;
  if (a->intensity != b->intensity) return a->intensity < b->intensity ? -1 : 1;
  return (a->gflops > b->gflops) - (a->gflops < b->gflops);
}

/* The roofs, one a thread count, of which there are no more than results; by float32's reading where there is any: the
 * larger share of memory traffic. */
static size_t roofs_of(const json_t *results, struct roof *roofs) {
  size_t count = 0, i;
  json_t *result;
  json_array_foreach(results, i, result) {
    const struct roof roof = {plot_number(result, "threads"), plot_number(result, "fma_gflops"),
                              plot_number(result, "read_gbytes_per_s")};
    size_t known = 0;
    while (known < count && roofs[known].threads != roof.threads) known++;
    if (known < count || isnan(roof.flops) || isnan(roof.bytes)) continue;
    roofs[count++] = roof;
  }
  return count;
}

static void free_points(struct point *points, size_t count) {
  for (size_t p = 0; p < count; p++) free(points[p].name);
}

/* Fills points, which has room for every result. Names stand right of their points, and are moved up where they would
 * touch the one below. False: no memory. */
static bool points_of(const json_t *results, double threads, double apart, struct point *points, size_t *count) {
  size_t i;
  json_t *result;
  *count = 0;
  json_array_foreach(results, i, result) {
    if (plot_number(result, "threads") != threads) continue;
    const struct point point = {plot_number(result, "intensity"), plot_number(result, "gflops"), 0.0,
                                json_is_true(json_object_get(result, "effective")), plot_name(result)};
    if (point.name == NULL) return false;
    points[(*count)++] = point;
  }
  qsort(points, *count, sizeof *points, upwards);
  for (size_t p = 0; p < *count; p++) {
    const bool above = p > 0 && points[p - 1].intensity == points[p].intensity;
    points[p].label = above ? fmax(points[p].gflops, apart * points[p - 1].label) : points[p].gflops;
  }
  return true;
}

static void write_points(FILE *data, const struct point *points, size_t count, bool effective) {
  for (size_t p = 0; p < count; p++)
    if (points[p].effective == effective)
      fprintf(data, "%.9g %.9g %.9g \"%s\"\n", points[p].intensity, points[p].gflops, points[p].label, points[p].name);
  fprintf(data, "\n\n");
}

/* With room for a roof and a point of each result. */
static int draw(FILE *script, FILE *data, const json_t *document, struct roof *roofs, struct point *points,
                struct picture_size *size) {
  const json_t *results = json_object_get(document, "results");
  const size_t roof_count = roofs_of(results, roofs), panels = roof_count < PANELS_MOST ? roof_count : PANELS_MOST;
  double least = INFINITY, most = 0.0, narrow = INFINITY, wide = 0.0;
  if (panels == 0) return plot_nothing();
  if (roof_count > panels) complain("--plot: %zu of %zu thread counts have a panel", panels, roof_count);
  size_t i;
  json_t *result;
  json_array_foreach(results, i, result) {
    const double gflops = plot_number(result, "gflops"), intensity = plot_number(result, "intensity");
    least = fmin(least, gflops), most = fmax(most, gflops);
    narrow = fmin(narrow, intensity), wide = fmax(wide, intensity);
  }
  for (size_t r = 0; r < roof_count; r++) most = fmax(most, roofs[r].flops);
  const unsigned height = 640;
  /* The labels' height on the axis: some 15 of the picture's pixels. */
  const double low = 0.6 * least, high = 2.5 * most, apart = pow(high / low, 15.0 / (0.8 * height));
  char title[PLOT_TEXT];
  plot_title(document, json_array_get(results, 0), title);
  *size = (struct picture_size){.width = (unsigned)(panels > 1 ? 560 * panels : 720), .height = height, .lines = 40};
  fprintf(script,
          "set logscale xy\nset grid lc rgb '#e4e4e4'\nset border 3\nset tics nomirror out scale 0.5\n"
          "set xlabel 'operations a byte read'\nset ylabel 'GFLOP/s'\nset xrange [%g:%g]\nset yrange [%g:%g]\n"
          "set key top left opaque samplen 2\nset xtics (0.25,0.5,1,2,5,10,20,50,100,200,500,1000)\n"
          "set multiplot layout 1,%zu title \"%s\"\n",
          0.4 * narrow, 5.0 * wide, low, high, panels, title);
  for (size_t p = 0; p < panels; p++) {
    /* Of more thread counts than there are panels the first, the last, and some evenly between. */
    const struct roof *roof = &roofs[panels > 1 ? p * (roof_count - 1) / (panels - 1) : 0];
    size_t point_count;
    if (!points_of(results, roof->threads, apart, points, &point_count)) {
      free_points(points, point_count);
      return complain_of_memory("the picture");
    }
    write_points(data, points, point_count, false);
    write_points(data, points, point_count, true);
    bool any = false;
    for (size_t q = 0; q < point_count; q++) any |= points[q].effective;
    fprintf(script, "set title '%.0f thread%s'\nroof(x, peak, read) = read*x < peak ? read*x : peak\nplot ",
            roof->threads, roof->threads > 1 ? "s" : "");
    for (size_t r = 0; r < roof_count; r++)
      if (&roofs[r] != roof)
        fprintf(script, "roof(x, %.6g, %.6g) with lines lw 1 lc rgb '#bbbbbb' notitle, \\\n  ", roofs[r].flops,
                roofs[r].bytes);
    fprintf(script,
            "roof(x, %.6g, %.6g) with lines lw 2.5 lc rgb '#000000' title '%.0f GFLOP/s, %.1f GB/s', \\\n  "
            "@DATA index %zu using 1:2:($1*0.15):($3-$2) with vectors "
            "nohead lw 0.5 lc rgb '#999999' notitle, \\\n  "
            "@DATA index %zu using 1:2 with points pt 7 ps 0.8 lc rgb '#08306b' title 'kernels', \\\n  "
            "@DATA index %zu using ($1*1.18):3:4 with labels left font ',9' notitle",
            roof->flops, roof->bytes, roof->flops, roof->bytes, 2 * p, 2 * p, 2 * p);
    if (any)
      fprintf(
        script,
        ", \\\n  @DATA index %zu using 1:2:($1*0.15):($3-$2) with vectors "
        "nohead lw 0.5 lc rgb '#999999' notitle, \\\n  "
        "@DATA index %zu using 1:2 with points pt 6 ps 1 lw 2 lc rgb '#d95f02' title 'zeros skipped: effective', \\\n  "
        "@DATA index %zu using ($1*1.18):3:4 with labels left font ',9' notitle",
        2 * p + 1, 2 * p + 1, 2 * p + 1);
    fprintf(script, "\n");
    free_points(points, point_count);
  }
  fprintf(script, "unset multiplot\n");
  return EXIT_DONE;
}

int plot_roofline(FILE *script, FILE *data, json_t *const *documents, size_t count, struct picture_size *size) {
  const size_t results = json_array_size(json_object_get(documents[0], "results"));
  struct roof *roofs = calloc(results + 1, sizeof *roofs);
  struct point *points = calloc(results + 1, sizeof *points);
  (void)count;
  const int status = roofs != NULL && points != NULL ? draw(script, data, documents[0], roofs, points, size)
                                                     : complain_of_memory("the picture");
  free(points);
  free(roofs);
  return status;
}
