/* SPDX-License-Identifier: BSD-3-Clause */
#include "classifier.h"

#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "find_data.h"
#include "product.h"
#include "report.h"

/* Without --weights those that are shipped, with their bias. */
static int choose_files(struct classifier *classifier, const struct options *options) {
  classifier->weights_name = options->weights;
  classifier->bias_name = options->bias;
  if (options->weights != NULL) return EXIT_DONE;
  int status = find_file("softmax-weights.npy", "--weights", &classifier->weights_path);
  classifier->weights_name = classifier->weights_path;
  if (status != EXIT_DONE || options->bias != NULL) return status;
  status = find_file("softmax-bias.npy", "--bias", &classifier->bias_path);
  classifier->bias_name = classifier->bias_path;
  return status;
}

static int load(struct classifier *classifier, const struct options *options, const struct input *input) {
  struct options named = *options;
  named.weights = classifier->weights_name;
  classifier->scale = input_scale(input, options);
  int status = rows_prepare(&classifier->rows, input, DTYPE_AUTO, classifier->scale);
  if (status == EXIT_DONE) status = weights_load(&classifier->weights, classifier->rows.m, classifier->rows.k, &named);
  if (status == EXIT_DONE && classifier->bias_name != NULL)
    status = bias_load(&classifier->bias, classifier->bias_name, classifier->weights.cols);
  if (status == EXIT_DONE && classifier->weights.cols > ROWCAST_MAX_CLASSES) {
    complain("%s: has %zu columns, and classes are at most %d", classifier->weights_name, classifier->weights.cols,
             ROWCAST_MAX_CLASSES);
    status = EXIT_FAILED;
  }
  return status;
}

static int make_room(struct classifier *classifier) {
  free(classifier->classes);
  classifier->classes = calloc(classifier->rows.m + 1, sizeof *classifier->classes);
  return classifier->classes != NULL ? EXIT_DONE : complain_of_memory("the classes");
}

int classifier_make(struct classifier *classifier, const struct options *options, const struct input *input) {
  memset(classifier, 0, sizeof *classifier);
  int status = choose_files(classifier, options);
  if (status == EXIT_DONE) status = load(classifier, options, input);
  const struct plan_wish wish = {
    .kernel = options->kernel,
    .threads = input_threads(input, options),
    .bias = classifier->bias.data,
  };
  if (status == EXIT_DONE) status = make_plan(&classifier->plan, &classifier->rows, &classifier->weights, &wish);
  return status == EXIT_DONE ? make_room(classifier) : status;
}

int classifier_next(struct classifier *classifier, const struct input *input) {
  rows_free(&classifier->rows);
  const int status = rows_prepare(&classifier->rows, input, DTYPE_AUTO, classifier->scale);
  return status == EXIT_DONE ? make_room(classifier) : status;
}

int classifier_run(struct classifier *classifier) {
  const struct rows *rows = &classifier->rows;
  const rowcast_status status = rowcast_predict(classifier->plan, rows->m, rows->x, rows->ldx, classifier->classes);
  if (status == ROWCAST_OK) return EXIT_DONE;
  complain("the classes: %s", rowcast_status_text(status));
  return EXIT_FAILED;
}

void classifier_free(struct classifier *classifier) {
  free(classifier->classes);
  rowcast_plan_destroy(classifier->plan);
  rowcast_matrix_free(&classifier->bias);
  rowcast_matrix_free(&classifier->weights);
  rows_free(&classifier->rows);
  free(classifier->weights_path);
  free(classifier->bias_path);
}
