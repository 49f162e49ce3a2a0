/* SPDX-License-Identifier: BSD-3-Clause */
#include "data/tally.h"

#include <math.h>
#include <stdlib.h>

#include "terminal/report.h"

/* A table of more classes is wider than a terminal. */
enum { MOST_SHOWN = 20 };

int tally_begin(struct tally *tally, size_t classes, bool confusion) {
  *tally = (struct tally){.classes = classes};
  if (!confusion) return EXIT_DONE;
  size_t cells;
  if (!__builtin_mul_overflow(classes, classes, &cells)) tally->confusion = calloc(cells + 1, sizeof *tally->confusion);
  return tally->confusion != NULL ? EXIT_DONE : complain_of_memory("the classes");
}

void tally_free(struct tally *tally) {
  free(tally->confusion);
  tally->confusion = NULL;
}

void tally_add(struct tally *tally, long class, long label) {
  if (tally->rows < TALLY_FIRST) {
    tally->predicted[tally->rows] = class;
    tally->labels[tally->rows] = label;
  }
  tally->rows++;
  if (class < 0) tally->all_nan++;
  if (label == LABEL_NO_CLASS) tally->no_class++;
  if (label < 0) return;
  tally->labelled++;
  if (class == label) tally->correct++;
  if (tally->confusion != NULL && class >= 0) tally->confusion[(size_t)label * tally->classes + (size_t) class]++;
}

/* The first of a row's largest numbers; -1: all are NaN. */
static long largest(const float *row, size_t count) {
  long best = -1;
  for (size_t j = 0; j < count; j++)
    if (!isnan(row[j]) && (best < 0 || row[j] > row[best])) best = (long)j;
  return best;
}

void tally_add_product(struct tally *tally, const rowcast_matrix *product, const struct labels *labels, size_t first) {
  for (size_t i = 0; i < product->rows; i++)
    tally_add(tally, largest((const float *)product->data + i * product->stride, product->cols),
              labels_class(labels, first + i, product->cols));
}

void tally_print(const struct tally *tally) {
  const size_t labels = tally->labelled + tally->no_class;
  if (labels > 0 && tally->labelled == 0) out("accuracy none: no label is a class\n");
  if (tally->labelled > 0)
    out("accuracy %.2f %% (%zu of %zu%s)\n", 100.0 * (double)tally->correct / (double)tally->labelled, tally->correct,
        tally->labelled, tally->no_class > 0 ? " labels that are classes" : "");
  if (tally->no_class > 0) {
    if (tally->classes > 0)
      out("labels   %zu of %zu labels name no class 0..%zu\n", tally->no_class, labels, tally->classes - 1);
    else out("labels   %zu of %zu labels name no class: there are none\n", tally->no_class, labels);
  }
  if (tally->all_nan > 0)
    out("classes  %zu of %zu rows have none: all their columns are NaN\n", tally->all_nan, tally->rows);
}

static void print_label(long label) {
  if (label >= 0) out(" %ld", label);
  else out(" %s", label == LABEL_NO_CLASS ? "?" : "-");
}

void tally_print_first(const struct tally *tally, size_t most) {
  const size_t known = tally->rows < TALLY_FIRST ? tally->rows : TALLY_FIRST, shown = known < most ? known : most;
  if (shown == 0) return;
  out("         predicted");
  for (size_t i = 0; i < shown; i++) out(" %ld", tally->predicted[i]);
  out("\n         labels   ");
  for (size_t i = 0; i < shown; i++) print_label(tally->labels[i]);
  out("\n");
}

void tally_print_confusion(const struct tally *tally, bool colors) {
  const size_t n = tally->classes;
  if (tally->labelled == 0 || tally->confusion == NULL) return;
  if (n > MOST_SHOWN) {
    out("\n%zu classes are too many for a table of which is taken for which; --json has it\n", n);
    return;
  }
  out("\nlabels down, classes across\n      ");
  for (size_t j = 0; j < n; j++) out(" %6zu", j);
  out("\n");
  for (size_t i = 0; i < n; i++) {
    out("%6zu", i);
    for (size_t j = 0; j < n; j++) {
      const bool bold = i == j && colors;
      out(" %s%6zu%s", bold ? "\033[1m" : "", tally->confusion[i * n + j], bold ? "\033[0m" : "");
    }
    out("\n");
  }
}

bool tally_json(const struct tally *tally, json_t *object) {
  static const char *const names[] = {"labelled", "labels_no_class", "rows_no_class", "correct"};
  const size_t counts[] = {tally->labelled, tally->no_class, tally->all_nan, tally->correct};
  bool done = true;
  for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
    done &= json_object_set_new(object, names[i], json_integer((json_int_t)counts[i])) == 0;
  json_t *accuracy = tally->labelled > 0 ? json_real((double)tally->correct / (double)tally->labelled) : json_null();
  return json_object_set_new(object, "accuracy", accuracy) == 0 && done;
}

bool tally_first_json(const struct tally *tally, size_t row, size_t most, json_t *object) {
  const size_t known = tally->rows < TALLY_FIRST ? tally->rows : TALLY_FIRST, shown = known < most ? known : most;
  json_t *first = json_array();
  bool done = first != NULL;
  for (size_t i = 0; done && i < shown; i++)
    done = json_array_append_new(first, json_pack("{s:I, s:I, s:I}", "row", (json_int_t)(row + i), "predicted",
                                                  (json_int_t)tally->predicted[i], "label",
                                                  (json_int_t)(tally->labels[i] >= 0 ? tally->labels[i] : -1))) == 0;
  /* The setters take a NULL value for an error, and take the array over either way. */
  done &= json_object_set_new(object, "predictions", first) == 0;
  return tally_json(tally, object) && done;
}

json_t *tally_confusion_json(const struct tally *tally) {
  const size_t n = tally->classes;
  json_t *confusion = json_array();
  bool made = confusion != NULL;
  for (size_t i = 0; i < n && made; i++) {
    json_t *line = json_array();
    for (size_t j = 0; j < n && made; j++)
      made = json_array_append_new(line, json_integer((json_int_t)tally->confusion[i * n + j])) == 0;
    made = json_array_append_new(confusion, line) == 0 && made;
  }
  if (made) return confusion;
  json_decref(confusion);
  return NULL;
}
