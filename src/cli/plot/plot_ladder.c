/* SPDX-License-Identifier: BSD-3-Clause */
#include "plot/plot_ladder.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "terminal/report.h"

/* A picture of more is none: six shapes, and bars and lines of keys within the 32,767 pixels that cairo draws at most.
 * What is left out is told. */
enum { PANELS_MOST = 6, BARS_MOST = 1000, KEY_MOST = 40, LABEL_TEXT = 64 };

struct bar {
  char *name; /* owned */
  size_t document;
  double seconds[2]; /* of one thread, of the most; 0: not measured */
};

struct panel {
  const json_t *first;           /* a result of it */
  double rows, k, n, threads;    /* the most threads */
  size_t count, room, first_bar; /* those before the first are not drawn */
  struct bar *bars;              /* owned */
  json_t *places;                /* of the bars there are, by document, kernel and element type */
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
      bar->seconds[threads != 1] = seconds;
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

static double work_of(const json_t *result) {
  return plot_number(result, "rows") * plot_number(result, "k") * plot_number(result, "n");
}

static int most_work_first(const void *left, const void *right) {
  const json_t *const *a = left, *const *b = right;
  const double x = work_of(*a), y = work_of(*b);
  return x != y ? (x < y) - (x > y) : (a > b) - (a < b);
}

/* A result of each shape that there is, the most work first, to be freed; *found: how many. NULL: no memory. */
static const json_t **shapes_of(json_t *const *documents, size_t count, size_t *found) {
  json_t *known = json_object(), *result;
  const json_t **shapes = NULL;
  size_t i, room = 0;
  bool made = known != NULL;
  *found = 0;
  for (size_t d = 0; d < count; d++) json_array_foreach(json_object_get(documents[d], "results"), i, result) {
      char key[128]; /* three numbers of 20 characters at most */
      snprintf(key, sizeof key, "%.0f %.0f %.0f", plot_number(result, "rows"), plot_number(result, "k"),
               plot_number(result, "n"));
      if (!made || json_object_get(known, key) != NULL) continue;
      if (*found == room) {
        room = 2 * room + 16;
        const json_t **grown = reallocarray(shapes, room, sizeof *grown);
        if ((made = grown != NULL)) shapes = grown;
      }
      made = made && json_object_set_new(known, key, json_true()) == 0;
      if (made) shapes[(*found)++] = result;
    }
  json_decref(known);
  if (made && *found > 0) qsort(shapes, *found, sizeof *shapes, most_work_first);
  if (made) return shapes;
  free(shapes);
  return NULL;
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

/* What write_bars() goes on with. */
struct blocks {
  size_t count, columns;         /* the place of the next one in the data; of a terminal, 0: pixels */
  size_t named, lines, left_out; /* lines of the panel's key; of all keys, and those there is no room for */
  const char *before;
};

/* A line of the key: the document's label, where there are several, and the threads. gnuplot leaves out one that a
 * terminal is too narrow for, so a label is cut before that. */
enum { TITLE_TEXT = 64, LABEL_MOST = 43, LABEL_LEAST = 8, KEY_BESIDE = 38 };
static void title_of(const json_t *document, bool labelled, double threads, size_t columns, char title[TITLE_TEXT]) {
  char label[LABEL_MOST + 1], rest[TITLE_TEXT - LABEL_MOST];
  const int length =
    snprintf(rest, sizeof rest, "%s%.0f thread%s", labelled ? ", " : "", threads, threads > 1 ? "s" : "");
  const size_t beside = (size_t)length + KEY_BESIDE,
               room = columns > beside + LABEL_LEAST ? columns - beside : LABEL_LEAST;
  gnuplot_text(label, (columns > 0 && room < LABEL_MOST ? room : LABEL_MOST) + 1, plot_string(document, "label"));
  snprintf(title, TITLE_TEXT, "%s%s", labelled ? label : "", rest);
}

/* The bars of one document and thread count as a block of data, and the plot of it. */
static void write_bars(FILE *script, FILE *data, const struct panel *panel, json_t *const *documents, size_t count,
                       size_t document, int which, struct blocks *blocks) {
  char text[LABEL_TEXT], title[TITLE_TEXT], color[8];
  size_t bars = 0;
  for (size_t i = 0; i < drawn_of(panel); i++) {
    const struct bar *bar = &panel->bars[panel->first_bar + i];
    if (bar->document != document || !(bar->seconds[which] > 0.0)) continue;
    const bool both = bar->seconds[0] > 0.0 && bar->seconds[1] > 0.0;
    const double top = (double)i + (both && which == 1 ? 0.02 : -0.4),
                 bottom = (double)i + (both && which == 0 ? -0.02 : 0.4);
    fprintf(data, "%.9g %.2f %.2f \"%s\" \"%s\"\n", bar->seconds[which], top, bottom,
            label_of(bar->seconds[which], text), bar->name);
    bars++;
  }
  if (bars == 0) return;
  fprintf(data, "\n\n");
  title_of(documents[document], count > 1, which == 0 ? 1 : panel->threads, blocks->columns, title);
  const bool named = blocks->named < KEY_MOST;
  blocks->named += named;
  blocks->left_out += !named;
  blocks->lines++;
  fprintf(script,
          "%s@DATA index %zu using 1:(($2+$3)/2):(LEAST):1:2:3 with boxxyerror fill solid lc rgb '%s' %s%s%s, \\\n"
          "  @DATA index %zu using 1:(($2+$3)/2):4 with labels left offset 0.6,0 font ',8' notitle",
          blocks->before, blocks->count, color_of(document, which, color), named ? "title \"" : "notitle",
          named ? title : "", named ? "\"" : "", blocks->count);
  blocks->before = ", \\\n  ";
  blocks->count++;
}

/* As many bars' room as the key takes: two of its lines each, and one bar more. */
static size_t key_room(size_t count) { return (count < KEY_MOST / 2 ? count : KEY_MOST / 2) + 1; }

static void write_panel(FILE *script, FILE *data, const struct panel *panel, json_t *const *documents, size_t count,
                        struct blocks *blocks) {
  double least = INFINITY, most = 0.0;
  for (size_t i = panel->first_bar; i < panel->count; i++)
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
  fprintf(script, "set yrange [%.2f:-0.7]\nset ytics (", (double)(drawn_of(panel) + key_room(count)) - 0.3);
  for (size_t i = 0; i < drawn_of(panel); i++)
    fprintf(script, "%s\"%s\" %zu", i > 0 ? ", " : "", panel->bars[panel->first_bar + i].name, i);
  fprintf(script, ")\n");
  blocks->before = "plot ";
  blocks->named = 0;
  for (size_t d = 0; d < count; d++)
    for (int which = 0; which < 2; which++) write_bars(script, data, panel, documents, count, d, which, blocks);
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
  const json_t **shapes = shapes_of(documents, count, &found);
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
  *size = (struct picture_size){
    .width = 960, .height = (unsigned)(110 * panel_count + 28 * bars), .lines = (unsigned)(8 * panel_count + 2 * bars)};
  fprintf(script, "set style textbox noborder\nset logscale x\nset grid xtics lc rgb '#cccccc'\nset border 3\n"
                  "set tics nomirror out scale 0.5\nset key bottom right opaque\nset lmargin 24\nset rmargin 3\n"
                  "set tmargin 2.5\nset bmargin 2.5\nset multiplot\n");
  double top = 1.0;
  for (size_t p = 0; p < panel_count; p++) {
    /* A panel is as high as its bars need. */
    const double lines = (double)(drawn_of(&panels[p]) + key_room(count));
    const double height = (110.0 + 28.0 * lines) / (110.0 * (double)panel_count + 28.0 * (double)bars);
    fprintf(script, "set origin 0,%.4f\nset size 1,%.4f\n", top - height > 0.0 ? top - height : 0.0, height);
    top -= height;
    write_panel(script, data, &panels[p], documents, count, &blocks);
  }
  if (blocks.left_out > 0)
    complain("--plot: %zu of %zu lines of the key are left out: there is room for %d in each panel", blocks.left_out,
             blocks.lines, KEY_MOST);
  fprintf(script, "unset multiplot\n");
  free_panels(panels, panel_count);
  return EXIT_DONE;
}
