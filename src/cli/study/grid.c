/* SPDX-License-Identifier: BSD-3-Clause */
#include "study/grid.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "terminal/report.h"

/* A number as text: the largest double has 309 digits before its point. */
enum { NUMBER_TEXT = 384 };

/* The results of one table. */
struct group {
  const struct grid *grid;
  const json_t *results;
  size_t begin, end;
  double time_scale;
  const char *time_unit;
  bool fewer, effective; /* were there marks? */
  size_t rows, columns;  /* of the cells: the heads are the first row */
  char **cells;          /* owned, each of them too */
  size_t *best;          /* owned, by column: the result that is best; `end`: none */
  size_t *widths;        /* owned, by column */
  bool *left_out;        /* owned, by column of the grid: in this group or one before */
};

static double number(const json_t *result, const char *key) {
  const json_t *value = json_object_get(result, key);
  return json_is_number(value) ? json_number_value(value) : NAN;
}

bool results_alike(const json_t *a, const json_t *b, const char *const *members) {
  for (; *members != NULL; members++) {
    const json_t *of_a = json_object_get(a, *members), *of_b = json_object_get(b, *members);
    if (of_a != of_b && !json_equal(of_a, of_b)) return false;
  }
  return true;
}

/* The unit in which the least time of the group is a tenth at least. */
static void choose_unit(struct group *group) {
  static const struct {
    double seconds;
    const char *name;
  } units[] = {{1.0, "s"}, {1e-3, "ms"}, {1e-6, "us"}, {1e-9, "ns"}};
  double least = INFINITY;
  for (size_t c = 0; c < group->grid->column_count; c++) {
    const struct grid_column *column = &group->grid->columns[c];
    if (column->kind != GRID_TIME) continue;
    for (size_t i = group->begin; i < group->end; i++) {
      const double value = number(json_array_get(group->results, i), column->key);
      if (value > 0.0 && value < least) least = value;
    }
  }
  size_t unit = 0;
  while (unit < 3 && least < 0.1 * units[unit].seconds) unit++;
  group->time_scale = 1.0 / units[unit].seconds;
  group->time_unit = units[unit].name;
}

/* Four digits that count, without an exponent below a thousand millions. */
static int significant(char *text, size_t size, double value) {
  const double magnitude = fabs(value);
  if (!(magnitude < 1e9)) return snprintf(text, size, "%.3e", value);
  const int decimals = magnitude >= 1000.0  ? 0
                       : magnitude >= 100.0 ? 1
                       : magnitude >= 10.0  ? 2
                       : magnitude >= 1.0   ? 3
                                            : 4;
  return snprintf(text, size, "%.*f", decimals, value);
}

/* 0,1,2,5 as "0-2,5". NULL: no memory. */
static char *list_text(const json_t *list) {
  char *text = NULL;
  size_t size;
  FILE *file = open_memstream(&text, &size);
  if (file == NULL) return NULL;
  for (size_t i = 0; i < json_array_size(list);) {
    size_t j = i;
    const json_int_t first = json_integer_value(json_array_get(list, i));
    while (j + 1 < json_array_size(list) &&
           json_integer_value(json_array_get(list, j + 1)) == first + (json_int_t)(j + 1 - i))
      j++;
    fprintf(file, "%s%" JSON_INTEGER_FORMAT, i > 0 ? "," : "", first);
    if (j > i) fprintf(file, "-%" JSON_INTEGER_FORMAT, first + (json_int_t)(j - i));
    i = j + 1;
  }
  if (fclose(file) == 0) return text;
  free(text);
  return NULL;
}

static char *kernel_text(struct group *group, const json_t *result, const char *name) {
  const bool fewer = number(result, "rows_timed") < number(result, "rows");
  const bool effective = json_is_true(json_object_get(result, "effective"));
  char *text;
  group->fewer |= fewer;
  group->effective |= effective;
  return asprintf(&text, "%s%s%s", printable(name), fewer ? "*" : "", effective ? "+" : "") < 0 ? NULL : text;
}

/* A cell's text, to be freed. NULL: no memory. */
static char *cell(struct group *group, const struct grid_column *column, const json_t *result) {
  const json_t *value = json_object_get(result, column->key);
  char text[NUMBER_TEXT] = "-";
  switch (column->kind) {
  case GRID_TEXT:
    if (json_is_string(value)) return strdup(printable(json_string_value(value)));
    if (json_is_boolean(value)) return strdup(json_is_true(value) ? "yes" : "no");
    break;
  case GRID_KERNEL:
    if (json_is_string(value)) return kernel_text(group, result, json_string_value(value));
    break;
  case GRID_COUNT:
    if (json_is_integer(value)) snprintf(text, sizeof text, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    break;
  case GRID_NUMBER:
    if (json_is_number(value)) snprintf(text, sizeof text, "%.*f", column->decimals, json_number_value(value));
    break;
  case GRID_TIME:
    if (json_is_number(value)) significant(text, sizeof text, json_number_value(value) * group->time_scale);
    break;
  case GRID_INTERVAL: {
    const double low = number(result, "low_s") * group->time_scale, high = number(result, "high_s") * group->time_scale;
    if (isnan(low) || isnan(high)) break;
    const int length = significant(text, sizeof text, low);
    snprintf(text + length, sizeof text - (size_t)length, "-");
    significant(text + length + 1, sizeof text - (size_t)length - 1, high);
    break;
  }
  case GRID_LIST:
    if (json_is_array(value) && json_array_size(value) > 0) return list_text(value);
    break;
  }
  return strdup(text);
}

static char *head(const struct group *group, const struct grid_column *column) {
  const char *unit = column->kind == GRID_TIME || column->kind == GRID_INTERVAL ? group->time_unit : column->unit;
  char *text;
  return asprintf(&text, "%s%s%s", column->head, unit != NULL ? " " : "", unit != NULL ? unit : "") < 0 ? NULL : text;
}

static bool is_text(const struct grid_column *column) {
  return column->kind == GRID_TEXT || column->kind == GRID_KERNEL || column->kind == GRID_LIST;
}

/* The result of the group that is best in a column; `end`: none, or no choice. */
static size_t best_of(const struct group *group, const struct grid_column *column) {
  size_t best = group->end;
  double found = NAN;
  for (size_t i = group->begin; column->best != 0 && i < group->end; i++) {
    const double value = number(json_array_get(group->results, i), column->key) * column->best;
    if (!isnan(value) && !(value <= found)) best = i, found = value;
  }
  return group->end - group->begin > 1 ? best : group->end;
}

static void free_cells(struct group *group) {
  for (size_t i = 0; group->cells != NULL && i < group->rows * group->columns; i++) free(group->cells[i]);
  free(group->cells);
  free(group->best);
  free(group->widths);
  group->cells = NULL;
  group->best = group->widths = NULL;
}

/* All cells of a group, the heads first, and the best of each column; false: no memory. free_cells() in any case. */
static bool make_cells(struct group *group) {
  const struct grid *grid = group->grid;
  size_t count;
  group->rows = group->end - group->begin + 1;
  group->columns = grid->column_count;
  if (__builtin_mul_overflow(group->rows, group->columns, &count)) return false;
  group->cells = calloc(count + 1, sizeof *group->cells);
  group->best = calloc(group->columns + 1, sizeof *group->best);
  group->widths = calloc(group->columns + 1, sizeof *group->widths);
  if (group->cells == NULL || group->best == NULL || group->widths == NULL) return false;
  choose_unit(group);
  for (size_t c = 0; c < group->columns; c++) {
    group->best[c] = best_of(group, &grid->columns[c]);
    for (size_t r = 0; r < group->rows; r++) {
      const json_t *result = r > 0 ? json_array_get(group->results, group->begin + r - 1) : NULL;
      char *text = r > 0 ? cell(group, &grid->columns[c], result) : head(group, &grid->columns[c]);
      if (text == NULL) return false;
      group->cells[r * group->columns + c] = text;
    }
  }
  return true;
}

/* The next group after *group; false: there is none. */
static bool next_group(struct group *group) {
  const size_t count = json_array_size(group->results);
  group->begin = group->end;
  if (group->begin == count) return false;
  const json_t *first = json_array_get(group->results, group->begin);
  do group->end++;
  while (group->end < count && results_alike(first, json_array_get(group->results, group->end), group->grid->groups));
  return true;
}

/* False: no memory. */
static bool print_heading(const struct group *group, const char *before, const char *after) {
  if (group->grid->heading == NULL) return true;
  char *text = group->grid->heading(json_array_get(group->results, group->begin));
  if (text != NULL) out("%s%s%s", before, text, after);
  free(text);
  return text != NULL;
}

static void print_notes(const struct group *group, const char *before) {
  if (group->fewer) out("%s* timed on fewer rows; the times are scaled to all of them\n", before);
  if (group->effective) out("%s+ zeros are skipped: the rates count the products left out, too\n", before);
}

/* As wide as the column's widest. */
static size_t width_of(const struct group *group, size_t column) {
  size_t width = 0;
  for (size_t r = 0; r < group->rows; r++) {
    const size_t length = printable_width(group->cells[r * group->columns + column]);
    if (length > width) width = length;
  }
  return width;
}

/* Is this a spare column of that name? */
static bool is_spare(const struct grid_column *column, const char *name) {
  const size_t length = strlen(name);
  const char *after = column->key + length;
  if (strncmp(column->key, name, length) != 0) return false;
  return *after == '\0' || (*after == '_' && strspn(after + 1, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == strlen(after + 1));
}

static size_t table_width(const struct group *group) {
  size_t width = 0;
  for (size_t c = 0; c < group->columns; c++)
    if (!group->left_out[c]) width += group->widths[c] + (width > 0 ? 2 : 0);
  return width;
}

/* Leaves out spare columns until the table is as narrow as that, or none is left. */
static void fit(struct group *group, size_t most) {
  const char *const *spare = group->grid->spare;
  for (; spare != NULL && *spare != NULL && table_width(group) > most; spare++)
    for (size_t c = 0; c < group->columns; c++) group->left_out[c] |= is_spare(&group->grid->columns[c], *spare);
}

static void print_cells(const struct group *group, bool bold) {
  const size_t columns = group->columns;
  size_t last_shown = columns;
  for (size_t c = 0; c < columns; c++)
    if (!group->left_out[c]) last_shown = c;
  for (size_t r = 0; r < group->rows; r++)
    for (size_t c = 0; c < columns; c++) {
      if (group->left_out[c]) continue;
      const char *text = group->cells[r * columns + c];
      const bool last = c == last_shown, left = is_text(&group->grid->columns[c]);
      const bool mark = bold && r > 0 && group->begin + r - 1 == group->best[c];
      const int pad = (int)(group->widths[c] - printable_width(text));
      out("%s%*s%s%*s%s%s", mark ? "\033[1m" : "", left ? 0 : pad, "", text, left && !last ? pad : 0, "",
          mark ? "\033[0m" : "", last ? "\n" : "  ");
    }
}

/* What a terminal had no room for. */
static void print_left_out(const struct grid *grid, const bool *left_out) {
  bool any = false;
  for (size_t c = 0; c < grid->column_count; c++) {
    if (!left_out[c]) continue;
    out("%s%s", any ? ", " : "\nleft out for want of room (--wide shows all): ", grid->columns[c].head);
    any = true;
  }
  if (any) out("\n");
}

bool grid_print_table(const struct grid *grid, const json_t *results, bool bold, size_t width) {
  struct group group = {
    .grid = grid, .results = results, .left_out = calloc(grid->column_count + 1, sizeof *group.left_out)};
  bool printed = group.left_out != NULL;
  while (printed && next_group(&group)) {
    printed = make_cells(&group) && print_heading(&group, group.begin > 0 ? "\n" : "", "\n");
    for (size_t c = 0; printed && c < group.columns; c++) group.widths[c] = width_of(&group, c);
    if (printed && width > 0) fit(&group, width);
    if (printed) print_cells(&group, bold);
    free_cells(&group);
  }
  if (printed) {
    if (group.fewer || group.effective) out("\n");
    print_notes(&group, "");
    print_left_out(grid, group.left_out);
  }
  free(group.left_out);
  return printed;
}

static void print_cells_markdown(const struct group *group) {
  const size_t columns = group->columns;
  for (size_t r = 0; r < group->rows; r++) {
    for (size_t c = 0; c < columns; c++) {
      out("%s", c == 0 ? "| " : " | ");
      for (const char *at = group->cells[r * columns + c]; *at != '\0'; at++)
        out("%s%c", strchr("|*_`\\<", *at) ? "\\" : "", *at);
    }
    out(" |\n");
    for (size_t c = 0; r == 0 && c < columns; c++)
      out("%s%s%s", c == 0 ? "|" : "", is_text(&group->grid->columns[c]) ? "---|" : "---:|",
          c + 1 == columns ? "\n" : "");
  }
}

bool grid_print_markdown(const struct grid *grid, const json_t *results) {
  struct group group = {.grid = grid, .results = results};
  while (next_group(&group)) {
    const bool made = make_cells(&group) && print_heading(&group, group.begin > 0 ? "\n" : "", "\n\n");
    if (made) print_cells_markdown(&group);
    free_cells(&group);
    if (!made) return false;
  }
  if (group.fewer || group.effective) out("\n");
  print_notes(&group, "");
  return true;
}
