/* SPDX-License-Identifier: BSD-3-Clause */
/* What the roofline's picture is made of: found and laid out by plot_roofline.c, written by roofline_write.c. */
#ifndef ROWCAST_CLI_ROOFLINE_CHART_H
#define ROWCAST_CLI_ROOFLINE_CHART_H

#include "plot/plot_names.h"
#include "plot/plot_values.h"

/* Panels are one below the other; that there are more is told, as it is of names and lines of keys that there is no
 * room for. */
enum { PANELS_MOST = 4, NAMES_MOST = 450, KEY_MOST = 40 };

/* Of a document's thread count. */
struct roof {
  size_t document;
  double threads, flops, bytes; /* GFLOP/s, GB/s */
};

/* All results of a thread count. */
struct panel {
  double threads;
  struct point *points; /* owned, with their names */
  size_t count;
  size_t keys; /* lines of its key */
};

/* What is drawn. */
struct chart {
  json_t *const *documents;
  size_t count;
  struct plot_sizes differ;
  struct roof *roofs; /* owned */
  size_t roof_count;
  struct panel panels[PANELS_MOST];
  size_t panel_count;
  char (*letters)[PLOT_LETTER]; /* owned, by document */
};

/* Of pixels, and of a terminal's characters: a line of text, a line of a key, a character, what stands around a panel,
 * and the room within which the points lie. Of a terminal each panel is a page, whose title is above all. */
struct measures {
  unsigned line, key, character, title, above, below, left, right, wide, lines_least;
};

/* Where everything of a picture stands, in units of its measures, and what its axes show. */
struct layout {
  const struct measures *unit;
  bool terminal;
  unsigned left, right, width, height; /* the columns of names; the whole, of a terminal its width alone */
  size_t lines;                        /* of each panel */
  double low, high, from, to;          /* GFLOP/s; the intensities that lines are drawn for */
};

/* The roof of a document's thread count; NULL: none is known. */
const struct roof *roofline_roof(const struct chart *chart, size_t document, double threads);

/* Has the panel points of a document, of kernels that skip zeros or of the others? And any that are disturbed? */
bool roofline_has_points(const struct panel *panel, size_t document, bool effective);
bool roofline_has_disturbed(const struct panel *panel);

/* Writes the script and its data. False: no memory. */
bool roofline_write(FILE *script, FILE *data, const struct chart *chart, const struct layout *layout);

#endif
