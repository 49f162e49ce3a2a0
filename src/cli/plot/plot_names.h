/* SPDX-License-Identifier: BSD-3-Clause */
/* Names of points: a column of them left of all points and one right of them, so that no name touches another, a point
 * or a line that leads to a name. */
#ifndef ROWCAST_CLI_PLOT_NAMES_H
#define ROWCAST_CLI_PLOT_NAMES_H

#include <stdbool.h>
#include <stddef.h>

enum { NAME_MOST = 64 };

/* A point on two logarithmic axes, and its name. Points that nearly coincide share one. */
struct point {
  double x, y;
  double low, high;     /* the ends of y's interval */
  size_t document;      /* those of others share no name with it */
  const char *letter;   /* what the name begins with: "A: "; "" where there is one document */
  bool effective;       /* drawn unlike the others, with which it shares no name */
  bool disturbed;       /* marked, and the name where it stands for itself or shares one */
  bool right;           /* its name's side */
  const char *kernel;   /* in full */
  const char *dtype;    /* the name's last word, unless it is cut */
  char *name;           /* "avx2-tile f32"; owned */
  char text[NAME_MOST]; /* what is written: "A: avx2-tile, auto f32"; "": nothing, for the point before has it */
  bool marked;          /* is one of those that share the text disturbed? */
  double place;         /* where that stands, in lines from the lowest up; NaN: there is no room for it */
};

/* What the names of a panel need. */
struct names_size {
  size_t lines;       /* the most on one side */
  size_t left, right; /* the longest of each side, in characters */
  size_t left_out;    /* names there is no room for */
};

/* Sorts the points by side, those with x < middle on the left, then upwards, and gives each its text, of `length`
 * characters at most (less than NAME_MOST). A side has room for `most` names: those of its highest points. */
struct names_size names_make(struct point *points, size_t count, double middle, size_t length, size_t most);

/* Sets the places of the names of sorted points, each as near to its point as the others let it, within so many lines
 * that stand for low to high. lines >= names_size's. False: no memory. */
bool names_place(struct point *points, size_t count, double low, double high, size_t lines);

#endif
