/* SPDX-License-Identifier: BSD-3-Clause */
#include "plot/plot_ladder.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "plot/plot_shapes.h"
#include "study/disturbed.h"
#include "terminal/report.h"

/* A picture of more is none: six shapes, and bars and lines of keys within the 32,767 pixels that cairo draws at most.
 * What is left out is told. */
enum { PANELS_MOST = 6, BARS_MOST = 1000, KEY_MOST = 40, LABEL_TEXT = 16, BAR_TEXT = 64 };

/* What stands left and right of the bars in a terminal, and above and below them and the key; the columns from which on
 * there is room for intervals. */
enum { MARGINS = 32, PAGE_AROUND = 6, ROOMY = 72 };

struct bar {
  char *name; /* owned */
  size_t document;
  double seconds[2]; /* of one thread, of the most; 0: not measured */
  double low[2], high[2];
  bool disturbed[2];
};

struct panel {
  const json_t *first;           /* a result of it */
  double rows, k, n, threads;    /* the most threads */
  size_t count, room, first_bar; /* those before the first are not drawn */
  struct bar *bars;              /* owned */
  json_t *places;                /* of the bars there are, by document, kernel and element type */
  bool disturbed;                /* is any of them? */
};

/* Dark for one thread, light for the most; told apart in grey as well. Documents beyond those of the table have hues a
 * golden section apart, so that no two are alike. */
static const char *color_of(size_t document, int which, char text[8]) {
  static const char *const colors[][2] = {{"#08306b", "#6baed6"},
                                          {"#a63603", "#fdae6b"},
                                          {"#00441b", "#74c476"},
                                          {"#3f007d", "#9e9ac8"},
                                          {"#252525", "#969696"}};
  if (document < sizeof colors / sizeof colors[0]) return colors[document][which];
  const double turn = (double)document * 0.6180339887, hue = 6.0 * (turn - floor(turn));
  const double high = which == 0 ? 140.0 : 220.0, low = which == 0 ? 0.0 : 110.0;
  unsigned rgb[3];
  for (int i = 0; i < 3; i++) {
    const double away = fabs(fmod(hue + 6.0 - 2.0 * i + 3.0, 6.0) - 3.0); /* from red, green, blue */
    rgb[i] = (unsigned)(low + (high - low) * fmin(1.0, fmax(0.0, 2.0 - away)));
  }
  snprintf(text, 8, "#%02x%02x%02x", rgb[0] & 0xff, rgb[1] & 0xff, rgb[2] & 0xff);
  return text;
}

static bool belongs(const struct panel *panel, const json_t *result) {
  return plot_number(result, "rows") == panel->rows && plot_number(result, "k") == panel->k &&
         plot_number(result, "n") == panel->n;
}

static int slowest_first(const void *left, const void *right) {
  const struct bar *a = left, *b = right;
  const double x = a->seconds[0] > 0.0 ? a->seconds[0] : a->seconds[1],
               y = b->seconds[0] > 0.0 ? b->seconds[0] : b->seconds[1];
  return (x < y) - (x > y);
}

/* The bar of a result, which is made if there is none yet; NULL: no memory. */
static struct bar *bar_of(struct panel *panel, size_t document, const json_t *result) {
  char *key;
  if (asprintf(&key, "%zu %s %s", document, plot_string(result, "dtype"), plot_string(result, "kernel")) < 0)
    return NULL;
  const json_t *place = json_object_get(panel->places, key);
  struct bar *bar = place != NULL ? &panel->bars[json_integer_value(place)] : NULL;
  if (bar == NULL && panel->count == panel->room) {
    const size_t room = 2 * panel->room + 16;
    struct bar *grown = reallocarray(panel->bars, room, sizeof *grown);
    if (grown != NULL) panel->bars = grown, panel->room = room;
  }
  if (bar == NULL && panel->count < panel->room) {
    bar = &panel->bars[panel->count];
    *bar = (struct bar){.name = plot_name(result), .document = document};
    if (bar->name == NULL || json_object_set_new(panel->places, key, json_integer((json_int_t)panel->count)) != 0) {
      free(bar->name);
      bar = NULL;
    } else panel->count++;
  }
  free(key);
  return bar;
}

/* Fills the panel of the shape that `first` has; *left_out grows by the results that it has no bar for. False: no
 * memory. */
static bool fill(struct panel *panel, json_t *const *documents, size_t count, const json_t *first, size_t *left_out) {
  json_t *result;
  size_t i;
  *panel = (struct panel){.first = first,
                          .rows = plot_number(first, "rows"),
                          .k = plot_number(first, "k"),
                          .n = plot_number(first, "n"),
                          .threads = 1,
                          .places = json_object()};
  if (panel->places == NULL) return false;
  for (size_t d = 0; d < count; d++)
    json_array_foreach(json_object_get(documents[d], "results"), i, result) if (belongs(panel, result)) panel->threads =
      fmax(panel->threads, plot_number(result, "threads"));
  for (size_t d = 0; d < count; d++) json_array_foreach(json_object_get(documents[d], "results"), i, result) {
      const double threads = plot_number(result, "threads"), seconds = plot_number(result, "median_s");
      if (!belongs(panel, result) || !(seconds > 0.0)) continue;
      if (threads != 1 && threads != panel->threads) {
        ++*left_out;
        continue;
      }
      struct bar *bar = bar_of(panel, d, result);
      if (bar == NULL) return false;
      const int which = threads != 1;
      bar->seconds[which] = seconds;
      bar->low[which] = fmin(seconds, plot_number(result, "low_s")); /* as both are where it is none */
      bar->high[which] = fmax(seconds, plot_number(result, "high_s"));
      bar->disturbed[which] = disturbed_result(documents[d], result);
      panel->disturbed |= bar->disturbed[which];
    }
  qsort(panel->bars, panel->count, sizeof *panel->bars, slowest_first);
  return true;
}

static void free_panels(struct panel *panels, size_t count) {
  for (size_t p = 0; panels != NULL && p < count; p++) {
    for (size_t i = 0; i < panels[p].count; i++) free(panels[p].bars[i].name);
    free(panels[p].bars);
    json_decref(panels[p].places);
  }
  free(panels);
}

/* Powers of ten of a second, with their names. */
static void write_axis(FILE *script, double least, double most) {
  static const char *const names[] = {"1 ns",  "10 ns",  "100 ns", "1 us", "10 us", "100 us", "1 ms",
                                      "10 ms", "100 ms", "1 s",    "10 s", "100 s", "1000 s", "10000 s"};
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

static size_t drawn_of(const struct panel *panel) { return panel->count - panel->first_bar; }

/* Three digits that count, in the unit that fits. */
static const char *label_of(double seconds, char text[LABEL_TEXT]) {
  static const char *const units[] = {"s", "ms", "us", "ns"};
  int unit = 0;
  for (; unit < 3 && seconds < 1.0; unit++) seconds *= 1e3;
  snprintf(text, LABEL_TEXT, "%.*f %s", seconds >= 100.0 ? 0 : seconds >= 10.0 ? 1 : 2, seconds, units[unit]);
  return text;
}

/* "4.51 ms", marked where it is disturbed; characters, which have no bars of intervals, name its ends if the terminal
 * has room for them. */
static void bar_text(const struct bar *bar, int which, size_t columns, char text[BAR_TEXT]) {
  char median[LABEL_TEXT], low[LABEL_TEXT], high[LABEL_TEXT];
  const char *mark = bar->disturbed[which] ? " !" : "";
  label_of(bar->seconds[which], median);
  label_of(bar->low[which], low);
  label_of(bar->high[which], high);
  if (columns >= ROOMY && strcmp(low, high) != 0) snprintf(text, BAR_TEXT, "%s (%s - %s)%s", median, low, high, mark);
  else snprintf(text, BAR_TEXT, "%s%s", median, mark);
}

/* What write_bars() goes on with. */
struct blocks {
  size_t count, columns;         /* the place of the next one in the data; of a terminal, 0: pixels */
  size_t named, lines, left_out; /* lines of the panel's key; of all keys, and those there is no room for */
  const char *before;
};

/* A line of the key: the document's letter and label, where there are several, and the threads. gnuplot leaves out one
 * that a terminal is too narrow for, so a label is cut before that. */
enum { TITLE_TEXT = 160, LABEL_MOST = 70, LABEL_LEAST = 8, KEY_BESIDE = 42 };
static void title_of(json_t *const *documents, size_t count, size_t document, double threads, size_t columns,
                     char title[TITLE_TEXT]) {
  char label[LABEL_MOST + 1], rest[48], letter[PLOT_LETTER];
  const bool labelled = count > 1;
  plot_letter(document, count, letter);
  const int length =
    snprintf(rest, sizeof rest, "%s%.0f thread%s", labelled ? ", " : "", threads, threads > 1 ? "s" : "");
  const size_t beside = (size_t)length + strlen(letter) + KEY_BESIDE,
               room = columns > beside + LABEL_LEAST ? columns - beside : LABEL_LEAST;
  gnuplot_text(label, (columns > 0 && room < LABEL_MOST ? room : LABEL_MOST) + 1,
               plot_string(documents[document], "label"));
  snprintf(title, TITLE_TEXT, "%s%s%s", letter, labelled ? label : "", rest);
}

/* The lines that a bar takes in a terminal: one for each of its times. */
static size_t lines_of(const struct bar *bar) { return bar->seconds[0] > 0.0 && bar->seconds[1] > 0.0 ? 2 : 1; }

/* Where a bar lies, from its upper edge to its lower one: of pixels in places of bars, of characters in lines. */
static void edges_of(const struct bar *bar, int which, double place, bool characters, double edges[2]) {
  const bool both = lines_of(bar) > 1;
  edges[0] = place + (both && which == 1 ? 0.02 : -0.4);
  edges[1] = place + (both && which == 0 ? -0.02 : 0.4);
  if (characters) edges[0] = edges[1] = place + (both && which == 1);
}

/* The bars of one document and thread count as a block of data, and the plot of it. */
static void write_bars(FILE *script, FILE *data, const struct panel *panel, json_t *const *documents, size_t count,
                       size_t document, int which, struct blocks *blocks) {
  char text[BAR_TEXT], title[TITLE_TEXT], color[8];
  const bool characters = blocks->columns > 0;
  size_t bars = 0, line = 1; /* the axis' end is line 0 */
  for (size_t i = panel->first_bar; i < panel->count; i++) {
    const struct bar *bar = &panel->bars[i];
    double edges[2];
    edges_of(bar, which, (double)(characters ? line : i - panel->first_bar), characters, edges);
    line += lines_of(bar);
    if (bar->document != document || !(bar->seconds[which] > 0.0)) continue;
    bar_text(bar, which, blocks->columns, text);
    fprintf(data, "%.9g %.2f %.2f \"%s\" \"%s\" %.9g %.9g\n", bar->seconds[which], edges[0], edges[1], text, bar->name,
            bar->low[which], bar->high[which]);
    bars++;
  }
  if (bars == 0) return;
  fprintf(data, "\n\n");
  title_of(documents, count, document, which == 0 ? 1 : panel->threads, blocks->columns, title);
  const bool named = blocks->named < KEY_MOST;
  blocks->named += named;
  blocks->left_out += !named;
  blocks->lines++;
  fprintf(script, "%s@DATA index %zu using ", blocks->before, blocks->count);
  if (characters) fprintf(script, "1:2:(LEAST):1:2:2 with boxxyerror lt %zu ", blocks->named);
  else
    fprintf(script, "1:(($2+$3)/2):(LEAST):1:2:3 with boxxyerror fill solid lc rgb '%s' ",
            color_of(document, which, color));
  if (named) fprintf(script, "title \"%s\"", title);
  else fprintf(script, "notitle");
  if (!characters)
    fprintf(script,
            ", \\\n  @DATA index %zu using 1:(($2+$3)/2):6:7 with xerrorbars pt 0 lw 1.2 lc rgb '#999999' "
            "notitle",
            blocks->count);
  fprintf(script, ", \\\n  @DATA index %zu using %d:(($2+$3)/2):4 with labels left offset %s font ',8' notitle",
          blocks->count, characters ? 1 : 7, characters ? "2,0" : "0.8,0");
  blocks->before = ", \\\n  ";
  blocks->count++;
}

/* As many bars' room as the key takes: two of its lines for each document, one for the mark, and one bar more. */
static size_t key_room(size_t count) { return (count < KEY_MOST / 2 ? count : KEY_MOST / 2) + 1; }

/* Where the axis ends: the longest bar's text has room right of it. */
static double axis_end(const struct panel *panel, double least, double most, size_t columns) {
  size_t longest = 0;
  for (size_t i = panel->first_bar; i < panel->count; i++)
    for (int which = 0; which < 2; which++) {
      char text[BAR_TEXT];
      bar_text(&panel->bars[i], which, columns, text);
      if (strlen(text) > longest) longest = strlen(text);
    }
  /* Characters of the axis: it is 720 pixels wide, and those of the bars' texts 5.5. */
  const double wide = columns > 0 ? fmax((double)columns - MARGINS, 2.0 * (double)longest) : 720.0 / 5.5;
  const double room = (double)longest + 3.0;
  return most * pow(most / least, room / (wide - room));
}

/* A panel's own page of a terminal: a line for each time, and the key below them. */
static void write_page(FILE *script, const struct panel *panel, size_t count, size_t columns) {
  size_t lines = 0, keys = 2 * key_room(count) - 1;
  for (size_t i = panel->first_bar; i < panel->count; i++) lines += lines_of(&panel->bars[i]);
  gnuplot_page(script, (unsigned)columns, (unsigned)(lines + keys + PAGE_AROUND));
  fprintf(script, "set yrange [%zu:0]\nset ytics (", lines + keys + 1);
  lines = 1;
  for (size_t i = panel->first_bar; i < panel->count; i++) {
    fprintf(script, "%s\"%s\" %zu", lines > 1 ? ", " : "", panel->bars[i].name, lines);
    lines += lines_of(&panel->bars[i]);
  }
  fprintf(script, ")\n");
}

static void write_panel(FILE *script, FILE *data, const struct panel *panel, json_t *const *documents, size_t count,
                        struct blocks *blocks) {
  double least = INFINITY, most = 0.0;
  for (size_t i = panel->first_bar; i < panel->count; i++)
    for (int which = 0; which < 2; which++) {
      const struct bar *bar = &panel->bars[i];
      if (bar->seconds[which] > 0.0) least = fmin(least, bar->low[which]), most = fmax(most, bar->high[which]);
    }
  char about[PLOT_TEXT], title[PLOT_TITLE];
  plot_title(documents, count, panel->first, about);
  plot_panel_title(about, "time of one product", blocks->columns, title);
  least = pow(10.0, floor(log10(least) - 0.3));
  fprintf(script, "set title \"%s\"\nLEAST = %g\n", title, least);
  write_axis(script, least, axis_end(panel, least, most, blocks->columns));
  if (blocks->columns > 0) write_page(script, panel, count, blocks->columns);
  else {
    /* Room below the bars for a line of the key for each kind of them. */
    fprintf(script, "set yrange [%.2f:-0.7]\nset ytics (", (double)(drawn_of(panel) + key_room(count)) - 0.3);
    for (size_t i = 0; i < drawn_of(panel); i++)
      fprintf(script, "%s\"%s\" %zu", i > 0 ? ", " : "", panel->bars[panel->first_bar + i].name, i);
    fprintf(script, ")\n");
  }
  blocks->before = "plot ";
  blocks->named = 0;
  for (size_t d = 0; d < count; d++)
    for (int which = 0; which < 2; which++) write_bars(script, data, panel, documents, count, d, which, blocks);
  const bool narrow = blocks->columns > 0 && blocks->columns < ROOMY;
  if (panel->disturbed) fprintf(script, ", \\\n  keyentry with labels title '%s'", narrow ? "! disturbed" : PLOT_MARK);
  fprintf(script, "\n");
}

/* Fills all panels, and says what the picture leaves out. False: no memory. */
static bool fill_all(struct panel *panels, size_t panel_count, json_t *const *documents, size_t count,
                     const json_t **shapes) {
  size_t left_out = 0, bars = 0, drawn = 0;
  for (size_t p = 0; p < panel_count; p++) {
    if (!fill(&panels[p], documents, count, shapes[p], &left_out)) return false;
    const size_t most = BARS_MOST / panel_count;
    panels[p].first_bar = panels[p].count > most ? panels[p].count - most : 0;
    bars += panels[p].count;
    drawn += drawn_of(&panels[p]);
  }
  if (left_out > 0)
    complain("--plot: %zu result%s not drawn: a ladder shows those of one thread and of the most threads", left_out,
             left_out > 1 ? "s are" : " is");
  if (drawn < bars) complain("--plot: %zu bars are too many; only the fastest %zu are drawn", bars, drawn);
  return true;
}

int plot_ladder(FILE *script, FILE *data, json_t *const *documents, size_t count, struct picture_size *size) {
  size_t found;
  const json_t **shapes = plot_shapes(documents, count, &found);
  const size_t panel_count = found < PANELS_MOST ? found : PANELS_MOST;
  struct panel *panels = calloc(panel_count + 1, sizeof *panels);
  const bool filled = shapes != NULL && panels != NULL && fill_all(panels, panel_count, documents, count, shapes);
  if (filled && found > panel_count)
    complain("--plot: %zu of %zu shapes are drawn: those with the most work", panel_count, found);
  free(shapes);
  if (!filled || panel_count == 0) {
    free_panels(panels, panel_count);
    return filled ? plot_nothing() : complain_of_memory("the picture");
  }
  size_t bars = key_room(count) * panel_count;
  struct blocks blocks = {.columns = size->columns};
  for (size_t p = 0; p < panel_count; p++) bars += drawn_of(&panels[p]);
  size->width = 960;
  size->height = (unsigned)(110 * panel_count + 28 * bars);
  const bool characters = blocks.columns > 0;
  fprintf(script,
          "set logscale x\nset border 3\nset tics nomirror out scale %s\nset key bottom right\nset lmargin 28\n"
          "set rmargin 3\nset tmargin %s\nset bmargin %s\n%s",
          characters ? "0" : "0.5", characters ? "2" : "2.5", characters ? "2" : "2.5",
          characters ? "" : "set multiplot\n");
  double top = 1.0;
  for (size_t p = 0; p < panel_count; p++) {
    /* A panel is as high as its bars need. */
    const double lines = (double)(drawn_of(&panels[p]) + key_room(count));
    const double height = (110.0 + 28.0 * lines) / (110.0 * (double)panel_count + 28.0 * (double)bars);
    if (!characters)
      fprintf(script, "set origin 0,%.4f\nset size 1,%.4f\n", top - height > 0.0 ? top - height : 0.0, height);
    top -= height;
    write_panel(script, data, &panels[p], documents, count, &blocks);
  }
  if (blocks.left_out > 0)
    complain("--plot: %zu of %zu lines of the key are left out: there is room for %d in each panel", blocks.left_out,
             blocks.lines, KEY_MOST);
  if (!characters) fprintf(script, "unset multiplot\n");
  free_panels(panels, panel_count);
  return EXIT_DONE;
}
