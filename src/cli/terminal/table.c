/* SPDX-License-Identifier: BSD-3-Clause */
/* Printing of results. */
#include "terminal/table.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "terminal/report.h"

enum { CELL_TEXT = 64 /* FLT_MAX has 39 digits before the point */ };

/* Which indices of a dimension are printed: [0, head) and [tail, count). */
struct shown {
  size_t head, tail, count;
};

static struct shown shown_of(size_t count, bool whole) {
  return whole || count <= 2 * TABLE_EDGE ? (struct shown){count, count, count}
                                          : (struct shown){TABLE_EDGE, count - TABLE_EDGE, count};
}

/* The index printed after i; jumps from the head to the tail. */
static size_t next_shown(const struct shown *shown, size_t i) { return i + 1 == shown->head ? shown->tail : i + 1; }

static int cell(char text[CELL_TEXT], float value) {
  /* A NaN's sign is not part of any result. */
  return isnan(value) ? snprintf(text, CELL_TEXT, "nan") : snprintf(text, CELL_TEXT, "%.2f", (double)value);
}

/* Rows that may be printed from the first on. */
static size_t room_of(size_t cols) {
  const size_t most = TABLE_WHOLE / (cols > 0 ? cols : 1);
  return most > 2 * TABLE_EDGE ? most : 2 * TABLE_EDGE;
}

size_t table_head_rows(const struct table *table) {
  const size_t room = room_of(table->cols);
  return table->head == NULL ? 0 : table->rows < room ? table->rows : room;
}

bool table_keep(struct table *table, const float *c, size_t rows, size_t cols, size_t ldc) {
  table->cols = cols;
  const size_t room = room_of(cols), bytes = cols * sizeof(float);
  if (bytes > 0 && table->head == NULL) {
    table->head = calloc(room, bytes);
    table->tail = calloc(TABLE_EDGE, bytes);
  }
  if (bytes > 0 && (table->head == NULL || table->tail == NULL)) return false;
  for (size_t i = 0; bytes > 0 && i < rows && table->rows + i < room; i++)
    memcpy(table->head + (table->rows + i) * cols, c + i * ldc, bytes);
  for (size_t i = rows > TABLE_EDGE ? rows - TABLE_EDGE : 0; bytes > 0 && i < rows; i++)
    memcpy(table->tail + (table->rows + i) % TABLE_EDGE * cols, c + i * ldc, bytes);
  table->rows += rows;
  return true;
}

void table_free(struct table *table) {
  free(table->head);
  free(table->tail);
}

void table_print(const struct table *table) {
  const size_t rows = table->rows, cols = table->cols;
  size_t elements;
  const bool whole = !__builtin_mul_overflow(rows, cols, &elements) && elements <= TABLE_WHOLE;
  const struct shown down = shown_of(rows, whole), across = shown_of(cols, whole);
  char text[CELL_TEXT];
  int width = 0;
  for (int pass = 0; pass < 2; pass++)
    for (size_t i = 0; i < rows; i = next_shown(&down, i)) {
      const float *row = i < down.head ? table->head + i * cols : table->tail + i % TABLE_EDGE * cols;
      for (size_t j = 0; j < cols; j = next_shown(&across, j)) {
        const int length = cell(text, row[j]);
        if (length > width) width = length;
        if (pass == 0) continue;
        out("%s%*s", j > 0 ? "  " : "", width, text);
        if (j + 1 == across.head && across.tail < cols) out("  ...");
      }
      if (pass == 0) continue;
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
