/* SPDX-License-Identifier: BSD-3-Clause */
/* Printing of results. */
#include "table.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>

#include "report.h"

enum {
  WHOLE_MAX = 1000, /* elements printed whole: PyTorch's print threshold */
  EDGE = 3,         /* rows and columns kept at each end otherwise */
  CELL_TEXT = 64    /* FLT_MAX has 39 digits before the point */
};

/* Which indices of a dimension are printed: [0, head) and [tail, count). */
struct shown {
  size_t head, tail, count;
};

static struct shown shown_of(size_t count, bool whole) {
  return whole || count <= 2 * EDGE ? (struct shown){count, count, count} : (struct shown){EDGE, count - EDGE, count};
}

/* The index printed after i; jumps from the head to the tail. */
static size_t next_shown(const struct shown *shown, size_t i) { return i + 1 == shown->head ? shown->tail : i + 1; }

static int cell(char text[CELL_TEXT], float value) {
  /* A NaN's sign is not part of any result. */
  return isnan(value) ? snprintf(text, CELL_TEXT, "nan") : snprintf(text, CELL_TEXT, "%.2f", (double)value);
}

void table_print(const float *c, size_t rows, size_t cols, size_t ldc) {
  size_t elements;
  const bool whole = !__builtin_mul_overflow(rows, cols, &elements) && elements <= WHOLE_MAX;
  const struct shown down = shown_of(rows, whole), across = shown_of(cols, whole);
  char text[CELL_TEXT];
  int width = 0;
  for (size_t i = 0; i < rows; i = next_shown(&down, i))
    for (size_t j = 0; j < cols; j = next_shown(&across, j)) {
      const int length = cell(text, c[i * ldc + j]);
      if (length > width) width = length;
    }
  for (size_t i = 0; i < rows; i = next_shown(&down, i)) {
    for (size_t j = 0; j < cols; j = next_shown(&across, j)) {
      cell(text, c[i * ldc + j]);
      out("%s%*s", j > 0 ? "  " : "", width, text);
      if (j + 1 == across.head && across.tail < cols) out("  ...");
    }
    out("\n");
    if (i + 1 == down.head && down.tail < rows) out("...\n");
  }
}

const char *time_text(double seconds, char text[TIME_TEXT]) {
  if (seconds >= 1.0) snprintf(text, TIME_TEXT, "%.3f s", seconds);
  else if (seconds >= 1e-3) snprintf(text, TIME_TEXT, "%.2f ms", seconds * 1e3);
  else snprintf(text, TIME_TEXT, "%.1f us", seconds * 1e6);
  return text;
}
