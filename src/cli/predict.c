/* SPDX-License-Identifier: BSD-3-Clause */
/* Predictions and their accuracy. */
#include "predict.h"

#include <math.h>

#include "report.h"

static long largest(const float *row, size_t count) {
  long best = -1;
  for (size_t j = 0; j < count; j++)
    if (!isnan(row[j]) && (best < 0 || row[j] > row[best])) best = (long)j;
  return best;
}

void predict(struct prediction *prediction, const rowcast_matrix *result, const struct input *input) {
  size_t from, to;
  input_selected(input, &from, &to);
  if (prediction->rows == 0) prediction->first_row = input->from;
  for (size_t i = 0; i < result->rows; i++) {
    const long class = largest((const float *)result->data + i * result->stride, result->cols);
    const long label = input_label(input, input->first + from + i);
    const size_t at = prediction->rows++;
    if (class >= 0 && class == label) prediction->correct++;
    if (at >= PREDICT_FIRST) continue;
    prediction->predicted[at] = class;
    prediction->labels[at] = label;
    prediction->shown = at + 1;
  }
}

/* The share of rows predicted right; NaN for no rows. */
static double accuracy(const struct prediction *prediction) {
  return prediction->rows > 0 ? (double)prediction->correct / (double)prediction->rows : NAN;
}

void predict_print(const struct prediction *prediction) {
  if (prediction->rows == 0) {
    out("accuracy none: there are no rows\n");
    return;
  }
  out("accuracy %.2f %% (%zu of %zu rows)\n", 100.0 * accuracy(prediction), prediction->correct, prediction->rows);
  out("         predicted");
  for (size_t i = 0; i < prediction->shown; i++) out(" %ld", prediction->predicted[i]);
  out("\n         labels   ");
  for (size_t i = 0; i < prediction->shown; i++) out(" %ld", prediction->labels[i]);
  out("\n");
}

bool predict_json(const struct prediction *prediction, json_t *object) {
  json_t *first = json_array();
  bool done = first != NULL;
  for (size_t i = 0; done && i < prediction->shown; i++)
    done = json_array_append_new(first, json_pack("{s:I, s:I, s:I}", "row", (json_int_t)(prediction->first_row + i),
                                                  "predicted", (json_int_t)prediction->predicted[i], "label",
                                                  (json_int_t)prediction->labels[i])) == 0;
  /* The setters take a NULL value for an error, and take the array over either way. */
  done &= json_object_set_new(object, "accuracy", json_number(accuracy(prediction))) == 0;
  done &= json_object_set_new(object, "correct", json_integer((json_int_t)prediction->correct)) == 0;
  done &= json_object_set_new(object, "predictions", first) == 0;
  return done;
}
