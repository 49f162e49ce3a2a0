/* SPDX-License-Identifier: BSD-3-Clause */
/* A side's mark, a colour and a shape everywhere the same, and the axes that marks stand on. */
#ifndef ROWCAST_CLI_MARKS_H
#define ROWCAST_CLI_MARKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "html/material.h"

/* Which of the style's colours and shapes (classes m0..m7, symbols g0..g7) a side has; beyond eight sides colours are
 * put with other shapes, and then letters tell them apart. */
enum { MARKS = 8 };
unsigned mark_color(size_t side);
unsigned mark_shape(size_t side);

/* The shapes, once, before any mark. */
void marks_define(FILE *page);

/* A mark in a line of text; hollow: of more threads than one. */
void mark(FILE *page, size_t side, bool hollow);

/* A mark and the letter, "o A"; and with the name. */
void mark_letter(FILE *page, const struct material *material, size_t side);
void mark_name(FILE *page, const struct material *material, size_t side);

/* The sides' marks with their names, and what else the marks mean (markup of ours is not put in it). */
void marks_legend(FILE *page, const struct material *material, bool hollow, const char *rest);

/* A logarithmic axis: where its lines stand, and a place in parts of it, from 0 to 1 whatever the value. */
struct axis {
  double low, high;
  size_t count;
  double ticks[24];
};
struct axis axis_make(double low, double high);
double axis_place(const struct axis *axis, double value);

/* Lines at these places, in parts of the axis, as the value of a style's background; the first one is darker where
 * `first` says so. */
void lines_style(FILE *page, const double *places, size_t count, bool first);

#endif
