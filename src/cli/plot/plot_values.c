/* SPDX-License-Identifier: BSD-3-Clause */
#include "plot/plot_values.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "terminal/report.h"

double plot_number(const json_t *result, const char *key) {
  const json_t *value = json_object_get(result, key);
  return json_is_number(value) ? json_number_value(value) : NAN;
}

const char *plot_string(const json_t *result, const char *key) {
  const char *text = json_string_value(json_object_get(result, key));
  return text != NULL ? text : "";
}

double plot_rows(const json_t *result) {
  return plot_number(result, json_is_true(json_object_get(result, "weak")) ? "full_rows" : "rows");
}

struct plot_sizes plot_sizes_that_differ(json_t *const *documents, size_t count) {
  const json_t *first = json_array_get(json_object_get(documents[0], "results"), 0), *result;
  struct plot_sizes differ = {false, false, false};
  size_t i;
  for (size_t d = 0; d < count; d++) json_array_foreach(json_object_get(documents[d], "results"), i, result) {
      differ.rows |= plot_number(result, "rows") != plot_number(first, "rows");
      differ.k |= plot_number(result, "k") != plot_number(first, "k");
      differ.n |= plot_number(result, "n") != plot_number(first, "n");
    }
  return differ;
}

char *plot_name_of_size(const json_t *result, const struct plot_sizes *sizes) {
  enum { MOST = 64, SIZE = 24 };
  char *whole, *name = NULL, rows[SIZE] = "", k[SIZE] = "", n[SIZE] = "";
  if (sizes->rows) snprintf(rows, sizeof rows, " M %.0f", plot_number(result, "rows"));
  if (sizes->k) snprintf(k, sizeof k, " K %.0f", plot_number(result, "k"));
  if (sizes->n) snprintf(n, sizeof n, " N %.0f", plot_number(result, "n"));
  if (asprintf(&whole, "%s%s%s%s %s", plot_string(result, "kernel"), rows, k, n, plot_string(result, "dtype")) < 0)
    return NULL;
  if ((name = malloc(MOST)) != NULL) gnuplot_text(name, MOST, whole);
  free(whole);
  return name;
}

char *plot_name(const json_t *result) { return plot_name_of_size(result, &(struct plot_sizes){false, false, false}); }

void plot_letter(size_t document, size_t count, char text[PLOT_LETTER]) {
  char letters[LETTERS_TEXT];
  text[0] = '\0';
  if (count > 1) snprintf(text, PLOT_LETTER, "%s: ", document_letters(document, letters));
}

void plot_title(json_t *const *documents, size_t count, const json_t *result, char text[PLOT_TEXT]) {
  char model[64] = "";
  if (count == 1) gnuplot_text(model, sizeof model, plot_string(json_object_get(documents[0], "machine"), "model"));
  const char *comma = model[0] != '\0' ? ", " : "";
  if (result == NULL) snprintf(text, PLOT_TEXT, "several shapes%s%s", comma, model);
  else
    snprintf(text, PLOT_TEXT, "%.0f x %.0f times %.0f x %.0f%s%s", plot_rows(result), plot_number(result, "k"),
             plot_number(result, "k"), plot_number(result, "n"), comma, model);
}

void plot_panel_title(const char *about, const char *what, size_t columns, char text[PLOT_TITLE]) {
  enum { AROUND = 28 }; /* the most that a picture has left and right of a panel, above whose middle the title is */
  const bool whole = columns == 0 || strlen(about) + strlen(what) + 2 + AROUND <= columns;
  snprintf(text, PLOT_TITLE, "%s%s%s", whole ? about : "", whole ? ": " : "", what);
}

int plot_nothing(void) {
  complain("--plot: there is nothing to draw");
  return EXIT_FAILED;
}
