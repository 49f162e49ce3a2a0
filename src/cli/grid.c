/* SPDX-License-Identifier: BSD-3-Clause */
#include "grid.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"

enum { CELL_TEXT = 80, COLUMNS_MAX = 32 };

/* The results of one table. */
struct group {
  const struct grid *grid;
  const json_t *results;
  size_t begin, end;
  double time_scale;
  const char *time_unit;
  bool fewer, effective; /* were there marks? */
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
  const int decimals = magnitude >= 1000.0 ? 0 : magnitude >= 100.0 ? 1 : magnitude >= 10.0 ? 2 : magnitude >= 1.0 ? 3 : 4;
  return snprintf(text, size, "%.*f", decimals, value);
}

/* 0,1,2,5 as "0-2,5". */
static void list_text(char *text, size_t size, const json_t *list) {
  size_t used = 0;
  text[0] = '\0';
  for (size_t i = 0; i < json_array_size(list) && used < size;) {
    size_t j = i;
    const json_int_t first = json_integer_value(json_array_get(list, i));
    while (j + 1 < json_array_size(list) &&
           json_integer_value(json_array_get(list, j + 1)) == first + (json_int_t)(j + 1 - i))
      j++;
    int length = snprintf(text + used, size - used, "%s%" JSON_INTEGER_FORMAT, i > 0 ? "," : "", first);
    if (j > i && length > 0 && used + (size_t)length < size)
      length += snprintf(text + used + length, size - used - (size_t)length, "-%" JSON_INTEGER_FORMAT,
                         first + (json_int_t)(j - i));
    used += length > 0 ? (size_t)length : 0;
    i = j + 1;
  }
}

static void cell(struct group *group, const struct grid_column *column, const json_t *result, char text[CELL_TEXT]) {
  const json_t *value = json_object_get(result, column->key);
  snprintf(text, CELL_TEXT, "-");
  switch (column->kind) {
  case GRID_TEXT:
    if (json_is_string(value)) snprintf(text, CELL_TEXT, "%s", json_string_value(value));
    if (json_is_boolean(value)) snprintf(text, CELL_TEXT, "%s", json_is_true(value) ? "yes" : "no");
    break;
  case GRID_KERNEL: {
    const bool fewer = number(result, "rows_timed") < number(result, "rows");
    const bool effective = json_is_true(json_object_get(result, "effective"));
    if (json_is_string(value))
      snprintf(text, CELL_TEXT, "%s%s%s", json_string_value(value), fewer ? "*" : "", effective ? "+" : "");
    group->fewer |= fewer;
    group->effective |= effective;
    break;
  }
  case GRID_COUNT:
    if (json_is_integer(value)) snprintf(text, CELL_TEXT, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    break;
  case GRID_NUMBER:
    if (json_is_number(value)) snprintf(text, CELL_TEXT, "%.*f", column->decimals, json_number_value(value));
    break;
  case GRID_TIME:
    if (json_is_number(value)) significant(text, CELL_TEXT, json_number_value(value) * group->time_scale);
    break;
  case GRID_INTERVAL: {
    const double low = number(result, "low_s") * group->time_scale, high = number(result, "high_s") * group->time_scale;
    if (isnan(low) || isnan(high)) break;
    const int length = significant(text, CELL_TEXT, low);
    snprintf(text + length, CELL_TEXT - (size_t)length, "-");
    significant(text + length + 1, CELL_TEXT - (size_t)length - 1, high);
    break;
  }
  case GRID_LIST:
    if (json_is_array(value) && json_array_size(value) > 0) list_text(text, CELL_TEXT, value);
    break;
  }
}

static void head(const struct group *group, const struct grid_column *column, char text[CELL_TEXT]) {
  const char *unit = column->kind == GRID_TIME || column->kind == GRID_INTERVAL ? group->time_unit : column->unit;
  snprintf(text, CELL_TEXT, "%s%s%s", column->head, unit != NULL ? " " : "", unit != NULL ? unit : "");
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

/* All cells of a group, the heads first; to be freed. NULL: no memory. */
static char (*cells_of(struct group *group))[CELL_TEXT] {
  const struct grid *grid = group->grid;
  const size_t rows = group->end - group->begin + 1, columns = grid->column_count;
  char(*cells)[CELL_TEXT] = calloc(rows * columns, sizeof *cells);
  if (cells == NULL) return NULL;
  choose_unit(group);
  for (size_t c = 0; c < columns; c++) {
    head(group, &grid->columns[c], cells[c]);
    for (size_t r = 1; r < rows; r++)
      cell(group, &grid->columns[c], json_array_get(group->results, group->begin + r - 1), cells[r * columns + c]);
  }
  return cells;
}

/* The next group behind *group; false: there is none. */
static bool next_group(struct group *group) {
  const size_t count = json_array_size(group->results);
  group->begin = group->end;
  if (group->begin == count) return false;
  const json_t *first = json_array_get(group->results, group->begin);
  do group->end++;
  while (group->end < count && results_alike(first, json_array_get(group->results, group->end), group->grid->groups));
  return true;
}

static void print_heading(const struct group *group, const char *before, const char *after) {
  char text[256] = "";
  if (group->grid->heading == NULL) return;
  group->grid->heading(json_array_get(group->results, group->begin), text, sizeof text);
  out("%s%s%s", before, text, after);
}

static void print_notes(const struct group *group, const char *before) {
  if (group->fewer) out("%s* timed on fewer rows; the times are scaled to all of them\n", before);
  if (group->effective) out("%s+ zeros are skipped: the rates count the products left out, too\n", before);
}

bool grid_print_table(const struct grid *grid, const json_t *results, bool bold) {
  struct group group = {.grid = grid, .results = results};
  while (next_group(&group)) {
    char(*cells)[CELL_TEXT] = cells_of(&group);
    if (cells == NULL) return false;
    const size_t rows = group.end - group.begin + 1, columns = grid->column_count;
    print_heading(&group, group.begin > 0 ? "\n" : "", "\n");
    int widths[COLUMNS_MAX] = {0};
    size_t best[COLUMNS_MAX];
    for (size_t c = 0; c < columns; c++) {
      best[c] = best_of(&group, &grid->columns[c]);
      for (size_t r = 0; r < rows; r++) {
        const int length = (int)strlen(cells[r * columns + c]);
        if (length > widths[c]) widths[c] = length;
      }
    }
    for (size_t r = 0; r < rows; r++)
      for (size_t c = 0; c < columns; c++) {
        const bool last = c + 1 == columns, left = is_text(&grid->columns[c]);
        const bool mark = bold && r > 0 && group.begin + r - 1 == best[c];
        out("%s%s%*s%s%s", c > 0 ? "  " : "", mark ? "\033[1m" : "", left && last ? 0 : left ? -widths[c] : widths[c],
            cells[r * columns + c], mark ? "\033[0m" : "", last ? "\n" : "");
      }
    free(cells);
  }
  if (group.fewer || group.effective) out("\n");
  print_notes(&group, "");
  return true;
}

bool grid_print_markdown(const struct grid *grid, const json_t *results) {
  struct group group = {.grid = grid, .results = results};
  while (next_group(&group)) {
    char(*cells)[CELL_TEXT] = cells_of(&group);
    if (cells == NULL) return false;
    const size_t rows = group.end - group.begin + 1, columns = grid->column_count;
    print_heading(&group, group.begin > 0 ? "\n" : "", "\n\n");
    for (size_t r = 0; r < rows; r++) {
      for (size_t c = 0; c < columns; c++) {
        out("%s", c == 0 ? "| " : " | ");
        for (const char *at = cells[r * columns + c]; *at != '\0'; at++) out("%s%c", strchr("|*_`\\", *at) ? "\\" : "", *at);
      }
      out(" |\n");
      for (size_t c = 0; r == 0 && c < columns; c++)
        out("%s%s%s", c == 0 ? "|" : "", is_text(&grid->columns[c]) ? "---|" : "---:|", c + 1 == columns ? "\n" : "");
    }
    free(cells);
  }
  if (group.fewer || group.effective) out("\n");
  print_notes(&group, "");
  return true;
}

static void print_csv_text(const char *text) {
  if (strpbrk(text, ",\"\r\n") == NULL) {
    out("%s", text);
    return;
  }
  out("\"");
  for (; *text != '\0'; text++) out("%s%c", *text == '"' ? "\"" : "", *text);
  out("\"");
}

static void print_csv_value(const json_t *value) {
  if (json_is_string(value)) print_csv_text(json_string_value(value));
  else if (json_is_boolean(value)) out("%s", json_is_true(value) ? "true" : "false");
  else if (json_is_integer(value)) out("%" JSON_INTEGER_FORMAT, json_integer_value(value));
  else if (json_is_real(value)) out("%.17g", json_real_value(value));
}

void grid_print_csv(const json_t *results) {
  json_t *first = json_array_get(results, 0), *result, *value;
  const char *key;
  size_t i;
  if (first == NULL) return;
  const char *comma = "";
  json_object_foreach(first, key, value) {
    if (json_is_array(value) || json_is_object(value)) continue;
    out("%s", comma);
    print_csv_text(key);
    comma = ",";
  }
  out("\n");
  json_array_foreach(results, i, result) {
    comma = "";
    json_object_foreach(first, key, value) {
      if (json_is_array(value) || json_is_object(value)) continue;
      out("%s", comma);
      print_csv_value(json_object_get(result, key));
      comma = ",";
    }
    out("\n");
  }
}
