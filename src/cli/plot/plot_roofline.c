/* SPDX-License-Identifier: BSD-3-Clause */
#include "plot/plot_roofline.h"

#include <math.h>
#include <stdlib.h>

#include "plot/plot_names.h"
#include "terminal/report.h"

/* One below the other; that there are more is told, as it is of names that there is no room for. */
enum { PANELS_MOST = 4, NAMES_MOST = 450 };

struct roof {
  double threads, flops, bytes; /* GFLOP/s, GB/s */
};

struct panel {
  const struct roof *roof;
  struct point *points; /* owned, with their names */
  size_t count;
};

/* Of pixels, and of a terminal's characters: a line of text, a character, what stands around a panel, and the room
 * within which the points lie. */
struct measures {
  unsigned line, character, title, above, below, left, right, wide, lines_least;
};
static const struct measures pixels = {16, 8, 24, 84, 64, 70, 20, 420, 27}, characters = {1, 1, 2, 5, 3, 9, 2, 24, 20};

/* Where everything of a picture stands, in units of its measures, and what its axes show. */
struct layout {
  const struct measures *unit;
  unsigned left, right, width, height; /* the columns of names; the whole */
  size_t lines;                        /* of each panel */
  double low, high, from, to;          /* GFLOP/s; the intensities that lines are drawn for */
};

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

/* Fills a panel with the points of its thread count; *left_out grows by those that have no place. False: no memory. */
static bool fill(struct panel *panel, const json_t *results, const struct roof *roof, size_t *left_out) {
  size_t i;
  json_t *result;
  *panel = (struct panel){roof, calloc(json_array_size(results) + 1, sizeof *panel->points), 0};
  if (panel->points == NULL) return false;
  json_array_foreach(results, i, result) {
    const double intensity = plot_number(result, "intensity"), gflops = plot_number(result, "gflops");
    if (plot_number(result, "threads") != roof->threads) continue;
    if (!(intensity > 0.0 && gflops > 0.0)) {
      ++*left_out;
      continue;
    }
    const struct point point = {.x = intensity,
                                .y = gflops,
                                .effective = json_is_true(json_object_get(result, "effective")),
                                .kernel = plot_string(result, "kernel"),
                                .dtype = plot_string(result, "dtype"),
                                .name = plot_name(result)};
    if (point.name == NULL) return false;
    panel->points[panel->count++] = point;
  }
  return true;
}

static void free_panel(struct panel *panel) {
  for (size_t p = 0; p < panel->count; p++) free(panel->points[p].name);
  free(panel->points);
}

/* Names all points, and finds what the picture needs room for. columns: a terminal's, or 0. */
static struct layout lay_out(struct panel *panels, size_t count, const struct roof *roofs, size_t roof_count,
                             unsigned columns) {
  double least = INFINITY, most = 0.0, narrow = INFINITY, wide = 0.0;
  for (size_t r = 0; r < roof_count; r++) most = fmax(most, roofs[r].flops);
  for (size_t p = 0; p < count; p++)
    for (size_t i = 0; i < panels[p].count; i++) {
      const struct point *point = &panels[p].points[i];
      least = fmin(least, point->y), most = fmax(most, point->y);
      narrow = fmin(narrow, point->x), wide = fmax(wide, point->x);
    }
  const struct measures *unit = columns > 0 ? &characters : &pixels;
  struct layout layout = {unit, 0, 0, columns, 0, unit->lines_least, 0.6 * least, 1.6 * most, 0.4 * narrow, 2.5 * wide};
  const unsigned around = unit->left + unit->right + unit->wide, room = columns > around ? (columns - around) / 2 : 0;
  /* A character of the room is between a name and the line that leads to it. */
  const size_t length = columns == 0 || room > NAME_MOST ? NAME_MOST - 1 : room > 8 ? room - 1 : 8;
  size_t left_out = 0, left = 0, right = 0;
  for (size_t p = 0; p < count; p++) {
    const struct names_size size =
      names_make(panels[p].points, panels[p].count, sqrt(narrow * wide), length, NAMES_MOST);
    if (size.lines > layout.lines) layout.lines = size.lines;
    if (size.left > left) left = size.left;
    if (size.right > right) right = size.right;
    left_out += size.left_out;
  }
  layout.left = left > 0 ? (unsigned)(left + 1) * unit->character : 0;
  layout.right = right > 0 ? (unsigned)(right + 1) * unit->character : 0;
  if (columns == 0) layout.width = around + layout.left + layout.right;
  layout.height = unit->title + (unsigned)count * (unit->above + (unsigned)layout.lines * unit->line + unit->below);
  if (left_out > 0)
    complain("--plot: %zu point%s no name: there is room for %d on each side of a panel", left_out,
             left_out > 1 ? "s have" : " has", NAMES_MOST);
  return layout;
}

/* A line for each point: itself, where its name stands, whether zeros are skipped, its name's side, its name, and what
 * is written. */
static void write_points(FILE *data, const struct panel *panel, const struct layout *layout) {
  for (size_t i = 0; i < panel->count; i++) {
    const struct point *point = &panel->points[i];
    fprintf(data, "%.9g %.9g %.9g %.9g %d %d \"%s\" \"%s\"\n", point->x, point->y,
            point->right ? layout->to : layout->from,
            layout->low * pow(layout->high / layout->low, point->place / (double)layout->lines), point->effective,
            point->right, point->name, point->text);
  }
  fprintf(data, "\n\n");
}

/* Numbers at an axis: powers of ten, and where there are few of them also twice and five times those. */
static void write_tics(FILE *script, char axis, double from, double to) {
  static const double digits[] = {1.0, 2.0, 5.0};
  const char *comma = "";
  fprintf(script, "set %ctics (", axis);
  for (double power = floor(log10(from)); power <= log10(to); power++)
    for (int d = 0; d < (to < 100.0 * from ? 3 : 1); d++) {
      const double tic = digits[d] * pow(10.0, power);
      if (tic < from || tic > to) continue;
      fprintf(script, "%s%g", comma, tic);
      comma = ",";
    }
  fprintf(script, ")\n");
}

/* What all panels have in common. Lines end where the columns of names begin. */
static void write_axes(FILE *script, const struct layout *layout, const char *title) {
  const double beside = (double)layout->unit->left + layout->unit->right + layout->left + layout->right;
  const double unit = log(layout->to / layout->from) / fmax(layout->width - beside, 8.0);
  fprintf(script,
          "set logscale xy\nset grid xtics lc rgb '#e4e4e4'\nset border 3\nset tics nomirror out scale 0.5\n"
          "set samples 500\nset xlabel 'operations a byte read'\nset ylabel 'GFLOP/s'\n"
          "set xrange [%.9g:%.9g]\nset yrange [%.9g:%.9g]\nset key left top Left reverse samplen 2\n",
          layout->from * exp(-unit * layout->left), layout->to * exp(unit * layout->right), layout->low, layout->high);
  write_tics(script, 'x', layout->from, layout->to);
  write_tics(script, 'y', layout->low, layout->high);
  /* A terminal's lines are all alike, so that those of a grid are left to pixels. */
  for (double tens = ceil(log10(layout->low)); layout->unit == &pixels && tens < log10(layout->high); tens++)
    fprintf(script, "set arrow from %.9g,%.9g to %.9g,%.9g nohead back lc rgb '#e4e4e4'\n", layout->from,
            pow(10.0, tens), layout->to, pow(10.0, tens));
  fprintf(script,
          "set lmargin at screen %.6f\nset rmargin at screen %.6f\n"
          "roof(x, peak, read) = x < %.9g || x > %.9g ? NaN : read*x < peak ? read*x : peak\n"
          "set multiplot title \"%s\"\n",
          (double)layout->unit->left / layout->width, 1.0 - (double)layout->unit->right / layout->width, layout->from,
          layout->to, title);
}

static void write_panel(FILE *script, const struct panel *panel, size_t place, const struct layout *layout,
                        const struct roof *roofs, size_t roof_count) {
  const struct roof *roof = panel->roof;
  const struct measures *unit = layout->unit;
  const double lines = (double)(layout->lines * unit->line), height = layout->height;
  const double top = height - unit->title - (double)place * (unit->above + lines + unit->below);
  bool any = false;
  for (size_t i = 0; i < panel->count; i++) any |= panel->points[i].effective;
  fprintf(script,
          "set tmargin at screen %.6f\nset bmargin at screen %.6f\nset key at graph 0, screen %.6f\n"
          "set label 1 \"%.0f thread%s\" at graph 0.5, screen %.6f center\nplot ",
          (top - unit->above) / height, (top - unit->above - lines) / height, (top - unit->line) / height,
          roof->threads, roof->threads > 1 ? "s" : "", (top - 0.5 * unit->line) / height);
  for (size_t r = 0; r < roof_count; r++)
    if (&roofs[r] != roof)
      fprintf(script, "roof(x, %.6g, %.6g) with lines lw 1 lc rgb '#bbbbbb' notitle, \\\n  ", roofs[r].flops,
              roofs[r].bytes);
  fprintf(script,
          "roof(x, %.6g, %.6g) with lines lw 2.5 lc rgb '#000000' title '%.0f GFLOP/s, %.1f GB/s', \\\n  "
          "@DATA index %zu using 1:2:($3-$1):($4-$2) with vectors nohead lw 0.5 lc rgb '#999999' notitle, \\\n  "
          "@DATA index %zu using 1:($5 == 0 ? $2 : NaN) with points pt 7 ps 0.8 lc rgb '#08306b' "
          "title 'kernels', \\\n  ",
          roof->flops, roof->bytes, roof->flops, roof->bytes, place, place);
  if (any)
    fprintf(script,
            "@DATA index %zu using 1:($5 == 1 ? $2 : NaN) with points pt 6 ps 1 lw 2 lc rgb '#d95f02' "
            "title 'zeros skipped: effective', \\\n  ",
            place);
  fprintf(script,
          "@DATA index %zu using 3:($6 == 0 && strlen(strcol(8)) ? $4 : NaN):8 with labels "
          "right offset -0.5,0 font 'monospace' notitle, \\\n  "
          "@DATA index %zu using 3:($6 == 1 && strlen(strcol(8)) ? $4 : NaN):8 with labels "
          "left offset 0.5,0 font 'monospace' notitle\n",
          place, place);
}

static int draw(FILE *script, FILE *data, const json_t *document, struct roof *roofs, struct picture_size *size) {
  const json_t *results = json_object_get(document, "results");
  const size_t roof_count = roofs_of(results, roofs), panel_count = roof_count < PANELS_MOST ? roof_count : PANELS_MOST;
  struct panel panels[PANELS_MOST] = {{0}};
  char title[PLOT_TEXT];
  if (panel_count == 0) return plot_nothing();
  bool made = true;
  size_t points = 0, left_out = 0;
  for (size_t p = 0; p < panel_count && made; p++) {
    /* Of more thread counts than there are panels the first, the last, and some evenly between. */
    const struct roof *roof = &roofs[panel_count > 1 ? p * (roof_count - 1) / (panel_count - 1) : 0];
    made = fill(&panels[p], results, roof, &left_out);
    points += panels[p].count;
  }
  if (left_out > 0)
    complain("--plot: %zu result%s not drawn: no intensity or no rate is known", left_out,
             left_out > 1 ? "s are" : " is");
  if (made && points > 0) {
    if (roof_count > panel_count) complain("--plot: %zu of %zu thread counts have a panel", panel_count, roof_count);
    const struct layout layout = lay_out(panels, panel_count, roofs, roof_count, size->columns);
    *size = (struct picture_size){.width = layout.width, .height = layout.height, .lines = layout.height};
    plot_title(document, json_array_get(results, 0), title);
    write_axes(script, &layout, title);
    for (size_t p = 0; p < panel_count && made; p++) {
      made = names_place(panels[p].points, panels[p].count, layout.low, layout.high, layout.lines);
      write_points(data, &panels[p], &layout);
      write_panel(script, &panels[p], p, &layout, roofs, roof_count);
    }
    fprintf(script, "unset multiplot\n");
  }
  for (size_t p = 0; p < panel_count; p++) free_panel(&panels[p]);
  if (!made) return complain_of_memory("the picture");
  return points > 0 ? EXIT_DONE : plot_nothing();
}

int plot_roofline(FILE *script, FILE *data, json_t *const *documents, size_t count, struct picture_size *size) {
  struct roof *roofs = calloc(json_array_size(json_object_get(documents[0], "results")) + 1, sizeof *roofs);
  (void)count;
  const int status = roofs != NULL ? draw(script, data, documents[0], roofs, size) : complain_of_memory("the picture");
  free(roofs);
  return status;
}
