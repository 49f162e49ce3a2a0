/* SPDX-License-Identifier: BSD-3-Clause */
/* Writes the roofline's picture (roofline_chart.h) as gnuplot's script and data. */
#include "plot/roofline_chart.h"

#include <math.h>
#include <string.h>

/* A document's colour, and its points' shapes: of dense kernels and of those that skip zeros. In a terminal letters
 * stand for shapes: 'A' for 1, and so on. */
static const struct {
  const char *color;
  unsigned dense, hollow;
} looks[] = {{"#08306b", 7, 6}, {"#a63603", 5, 4}, {"#00441b", 9, 8}, {"#3f007d", 13, 12}, {"#252525", 11, 10}};
enum { LOOKS = sizeof looks / sizeof looks[0], LETTERS = 26, LETTER_K = 11 };

static unsigned shape_of(const struct chart *chart, size_t document, bool effective, bool terminal) {
  if (!terminal) return effective ? looks[document % LOOKS].hollow : looks[document % LOOKS].dense;
  if (chart->count == 1) return effective ? LETTERS : LETTER_K;
  const unsigned place = (unsigned)(document % (LETTERS / 2));
  return effective ? LETTERS - place : 1 + place;
}

/* The rate at whose height a name stands. A terminal's lines are whole, and the first and last ones are the ends. */
static double height_of(const struct layout *layout, double place) {
  const double lines = (double)layout->lines;
  const double part = layout->terminal ? floor(place) / (lines - 1.0) : place / lines;
  return layout->low * pow(layout->high / layout->low, part);
}

/* A line for each point: itself, where its name stands, its document with 0.5 added where zeros are skipped, its name's
 * side, its name, what is written, and its interval. */
static void write_points(FILE *data, const struct panel *panel, const struct layout *layout) {
  for (size_t i = 0; i < panel->count; i++) {
    const struct point *point = &panel->points[i];
    const bool mark = point->marked && point->text[0] != '\0';
    fprintf(data, "%.9g %.9g %.9g %.9g %g %d \"%s\" \"%s%s\" %.9g %.9g\n", point->x, point->y,
            point->right ? layout->to : layout->from, height_of(layout, point->place),
            (double)point->document + (point->effective ? 0.5 : 0.0), point->right, point->name, point->text,
            mark ? " !" : "", point->low, point->high);
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
  const bool terminal = layout->terminal;
  const double beside = (double)layout->unit->left + layout->unit->right + layout->left + layout->right;
  const double unit = log(layout->to / layout->from) / fmax(layout->width - beside, 8.0);
  fprintf(script,
          "set logscale xy\n%sset border 3\nset tics nomirror out scale %s\nset samples 500\n"
          "set xlabel 'operations a byte read'\n%sset xrange [%.9g:%.9g]\nset yrange [%.9g:%.9g]\n"
          "set key left top Left reverse samplen 2\n",
          terminal ? "" : "set grid xtics lc rgb '#e4e4e4'\n", terminal ? "0" : "0.5",
          terminal ? "" : "set ylabel 'GFLOP/s'\n", layout->from * exp(-unit * layout->left),
          layout->to * exp(unit * layout->right), layout->low, layout->high);
  write_tics(script, 'x', layout->from, layout->to);
  write_tics(script, 'y', layout->low, layout->high);
  /* A terminal's lines are all alike, so that those of a grid are left to pixels. */
  for (double tens = ceil(log10(layout->low)); !terminal && tens < log10(layout->high); tens++)
    fprintf(script, "set arrow from %.9g,%.9g to %.9g,%.9g nohead back lc rgb '#e4e4e4'\n", layout->from,
            pow(10.0, tens), layout->to, pow(10.0, tens));
  fprintf(script, "roof(x, peak, read) = x < %.9g || x > %.9g ? NaN : read*x < peak ? read*x : peak\n", layout->from,
          layout->to);
  if (terminal) fprintf(script, "set lmargin %u\nset rmargin %u\n", layout->unit->left, layout->unit->right);
  else
    fprintf(script, "set lmargin at screen %.6f\nset rmargin at screen %.6f\nset multiplot title \"%s\"\n",
            (double)layout->unit->left / layout->width, 1.0 - (double)layout->unit->right / layout->width, title);
}

/* A panel's frame of pixels, `before` of which are above it, and its heading. */
static void write_frame(FILE *script, const struct panel *panel, unsigned before, const struct layout *layout) {
  const struct measures *unit = layout->unit;
  const double lines = (double)(layout->lines * unit->line), height = layout->height, top = height - before;
  const double above = unit->above + (double)panel->keys * unit->key;
  fprintf(script,
          "set tmargin at screen %.6f\nset bmargin at screen %.6f\nset key at graph 0, screen %.6f\n"
          "set label 1 \"%.0f thread%s\" at graph 0.5, screen %.6f center\n",
          (top - above) / height, (top - above - lines) / height, (top - 1.2 * unit->line) / height, panel->threads,
          panel->threads > 1 ? "s" : "", (top - 0.5 * unit->line) / height);
}

/* The same of a terminal's page, with all that it has above the panel. */
static void write_page(FILE *script, const struct panel *panel, const struct layout *layout, const char *title) {
  const unsigned above = layout->unit->above + (unsigned)panel->keys;
  const unsigned height = above + (unsigned)layout->lines + layout->unit->below;
  char what[64], whole[PLOT_TITLE];
  snprintf(what, sizeof what, "GFLOP/s of %.0f thread%s", panel->threads, panel->threads > 1 ? "s" : "");
  plot_panel_title(title, what, layout->width, whole);
  gnuplot_page(script, layout->width, height);
  fprintf(script, "set tmargin %u\nset bmargin %u\nset key at screen 0, screen 1\nset title \"%s\"\n", above,
          layout->unit->below, whole);
}

/* The end of a plot's element: its line of the key, if there is room for it. */
static void write_key(FILE *script, size_t *keys, const char *letter, const char *text) {
  if (++*keys > KEY_MOST) fprintf(script, " notitle, \\\n  ");
  else fprintf(script, " title \"%s%s\", \\\n  ", letter, text);
}

/* A document's roof, and where there is no other document those of other thread counts, faintly. */
static void write_roofs(FILE *script, const struct chart *chart, const struct panel *panel, size_t document,
                        size_t *keys) {
  const struct roof *roof = roofline_roof(chart, document, panel->threads);
  for (size_t r = 0; r < chart->roof_count && chart->count == 1; r++)
    if (&chart->roofs[r] != roof)
      fprintf(script, "roof(x, %.6g, %.6g) with lines lw 1 lc rgb '#bbbbbb' notitle, \\\n  ", chart->roofs[r].flops,
              chart->roofs[r].bytes);
  if (roof == NULL) return;
  char label[49], text[PLOT_TEXT];
  gnuplot_text(label, sizeof label, plot_string(chart->documents[document], "label"));
  snprintf(text, sizeof text, "%s%s%.0f GFLOP/s, %.1f GB/s", chart->count > 1 ? label : "",
           chart->count > 1 ? ": " : "", roof->flops, roof->bytes);
  fprintf(script, "roof(x, %.6g, %.6g) with lines lw 2.5 dt %zu lc rgb '%s'", roof->flops, roof->bytes,
          1 + document % LOOKS, chart->count > 1 ? looks[document % LOOKS].color : "#000000");
  write_key(script, keys, chart->letters[document], text);
}

/* A document's points with their intervals: of dense kernels, or of those that skip zeros. */
static void write_kernels(FILE *script, const struct chart *chart, const struct panel *panel, size_t place,
                          size_t document, bool effective, const struct layout *layout, size_t *keys) {
  if (!roofline_has_points(panel, document, effective)) return;
  const bool terminal = layout->terminal;
  const char *color = effective && chart->count == 1 ? "#d95f02" : looks[document % LOOKS].color;
  const double which = (double)document + (effective ? 0.5 : 0.0);
  if (!terminal)
    fprintf(
      script,
      "@DATA index %zu using 1:($5 == %g ? $2 : NaN):9:10 with yerrorbars pt 0 lw 1.5 lc rgb '%s' notitle, \\\n  ",
      place, which, color);
  fprintf(script, "@DATA index %zu using 1:($5 == %g ? $2 : NaN) with points pt %u ps %s lw %s lc rgb '%s'", place,
          which, shape_of(chart, document, effective, terminal), effective ? "1" : "0.8", effective ? "2" : "1", color);
  write_key(script, keys, chart->letters[document], effective ? "zeros skipped: effective" : "kernels");
}

static void write_panel(FILE *script, const struct chart *chart, size_t place, const struct layout *layout) {
  const struct panel *panel = &chart->panels[place];
  size_t keys = 0;
  fprintf(script,
          "plot @DATA index %zu using 1:2:($3-$1):($4-$2) with vectors nohead lw 0.5 lc rgb '#999999' notitle, \\\n  ",
          place);
  for (size_t d = 0; d < chart->count; d++) {
    write_roofs(script, chart, panel, d, &keys);
    write_kernels(script, chart, panel, place, d, false, layout, &keys);
    write_kernels(script, chart, panel, place, d, true, layout, &keys);
  }
  if (roofline_has_disturbed(panel)) {
    fprintf(script, "keyentry with labels");
    write_key(script, &keys, "", PLOT_MARK);
  }
  for (int side = 0; side < 2; side++)
    fprintf(script,
            "@DATA index %zu using 3:($6 == %d && strlen(strcol(8)) ? $4 : NaN):8 with labels "
            "%s,0 font 'monospace' notitle%s",
            place, side, side == 0 ? "right offset -0.5" : "left offset 0.5", side == 0 ? ", \\\n  " : "\n");
}

bool roofline_write(FILE *script, FILE *data, const struct chart *chart, const struct layout *layout) {
  char title[PLOT_TEXT];
  bool made = true;
  unsigned before = layout->unit->title;
  const json_t *first = json_array_get(json_object_get(chart->documents[0], "results"), 0);
  const bool several = chart->differ.rows || chart->differ.k || chart->differ.n;
  plot_title(chart->documents, chart->count, several ? NULL : first, title);
  write_axes(script, layout, title);
  for (size_t p = 0; p < chart->panel_count && made; p++) {
    const struct panel *panel = &chart->panels[p];
    made = names_place(panel->points, panel->count, layout->low, layout->high, layout->lines);
    write_points(data, panel, layout);
    if (layout->terminal) write_page(script, panel, layout, title);
    else write_frame(script, panel, before, layout);
    write_panel(script, chart, p, layout);
    before += layout->unit->above + (unsigned)panel->keys * layout->unit->key +
              (unsigned)layout->lines * layout->unit->line + layout->unit->below;
  }
  if (!layout->terminal) fprintf(script, "unset multiplot\n");
  return made;
}
