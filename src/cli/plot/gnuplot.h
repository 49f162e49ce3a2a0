/* SPDX-License-Identifier: BSD-3-Clause */
/* Running gnuplot: a script goes in, a picture comes out, whole or not at all. */
#ifndef ROWCAST_CLI_GNUPLOT_H
#define ROWCAST_CLI_GNUPLOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Is there a gnuplot in PATH? If not, says what to install; an exit status. */
int gnuplot_check(void);

/* A picture's size: in pixels at 96 an inch; of a terminal, how many columns it has. */
struct picture_size {
  unsigned width, height, columns;
};

/* Where a picture goes. */
struct picture_target {
  const char *path; /* a file whose suffix (.svg, .png, .pdf) is its format, or "-": characters on stdout */
  bool keep;        /* also write script and data beside it, named after it with .gp and .dat added */
  bool force;       /* replace existing files */
};

/* Draws with the script, which reads its figures as @DATA, blocks of lines with two empty ones between. Returns an exit
 * status. */
int gnuplot_draw(const char *script, const char *data, const struct picture_target *target,
                 const struct picture_size *size);

/* Begins a terminal's page of so many columns and lines, on which the next plot goes. */
void gnuplot_page(FILE *script, unsigned columns, unsigned lines);

/* Can a picture be drawn there, by the suffix? */
bool gnuplot_format(const char *target);

/* Copies text so that it can stand in a script or in data between double quotes: what could end or escape it becomes
 * '?'. One that is too long ends in "...". */
void gnuplot_text(char *to, size_t size, const char *text);

#endif
