/* SPDX-License-Identifier: BSD-3-Clause */
#include "data/classifier.h"

#include <stdlib.h>
#include <string.h>

#include "data/find_data.h"
#include "data/join.h"
#include "data/product.h"
#include "data/ranks.h"
#include "data/weights.h"
#include "terminal/report.h"

/* Without --weights those that are shipped, with their bias. */
static int choose_files(struct classifier *classifier, const struct options *options) {
  struct options *own = &classifier->options;
  *own = *options;
  classifier->shipped = options->weights.path == NULL;
  if (!classifier->shipped) return EXIT_DONE;
  if (options->transpose) {
    complain("--transpose needs --weights; the shipped ones are not transposed");
    return EXIT_USAGE;
  }
  int status = find_file("softmax-weights.npy", "--weights", &classifier->weights_path);
  own->weights.path = classifier->weights_path;
  if (status != EXIT_DONE || options->bias.path != NULL) return status;
  status = find_file("softmax-bias.npy", "--bias", &classifier->bias_path);
  own->bias.path = classifier->bias_path;
  return status;
}

/* What one unit of the rows is worth, by those so far and the ones at hand. */
static float scale_of(struct classifier *classifier, const struct input *input) {
  units_look(&classifier->seen, &classifier->rows, !classifier->shipped);
  return classifier->shipped ? units_scale_of_pixels(units_range(&classifier->seen), &classifier->options)
                             : units_scale(input, &classifier->options);
}

/* Will no later row change what a unit is worth? Of bytes one above 1 settles it. */
static bool settled(const struct classifier *classifier) {
  return !classifier->shipped || classifier->options.scale != 0.0f ||
         (classifier->rows.dtype == ROWCAST_U8 && units_range(&classifier->seen) == VALUES_PIXELS);
}

/* Rows to begin with, of whichever way they come. */
static int take_rows(struct classifier *classifier, struct input *input) {
  if (!input->by_number) return rows_prepare(&classifier->rows, input, DTYPE_AUTO, 1.0f);
  int status = by_number_begin(&classifier->walk, input);
  if (status == EXIT_DONE) status = by_number_peek(&classifier->walk, &classifier->rows);
  if (status != EXIT_DONE) return status;
  units_look(&classifier->seen, &classifier->rows, !classifier->shipped);
  if (settled(classifier) || ranks_several()) return EXIT_DONE;
  classifier->seen = (struct values_seen){0};
  status = input_in_order(input);
  return status == EXIT_DONE ? take_rows(classifier, input) : status;
}

/* Of several ranks: what one unit of the rows is worth must be the same on all, and none may find out later. */
static int agree_on_unit(struct classifier *classifier, int status) {
  struct values_seen seen = {0};
  if (!ranks_several()) return status;
  if (status == EXIT_DONE) units_look(&seen, &classifier->rows, !classifier->shipped);
  status = join_seen(status, &seen);
  classifier->seen = seen;
  if (status != EXIT_DONE || settled(classifier)) return status;
  complain("what one unit of the values is worth is not clear from each rank's first rows; give --scale 1/256 or "
           "--scale 1");
  return EXIT_FAILED;
}

static int load(struct classifier *classifier, struct input *input) {
  const struct options *options = &classifier->options;
  int status = agree_on_unit(classifier, take_rows(classifier, input));
  if (status == EXIT_DONE) classifier->rows.scale = classifier->scale = scale_of(classifier, input);
  if (status == EXIT_DONE) status = weights_load(&classifier->weights, classifier->rows.m, classifier->rows.k, options);
  if (status == EXIT_DONE && options->bias.path != NULL)
    status = bias_load(&classifier->bias, &options->bias, classifier->weights.cols);
  if (status == EXIT_DONE && classifier->weights.cols > ROWCAST_MAX_CLASSES) {
    complain("%s: has %zu columns, but there can be at most %d classes", options->weights.path,
             classifier->weights.cols, ROWCAST_MAX_CLASSES);
    status = EXIT_FAILED;
  }
  return status;
}

static int make_room(struct classifier *classifier, size_t rows) {
  free(classifier->classes);
  classifier->classes = calloc(rows + 1, sizeof *classifier->classes);
  return classifier->classes != NULL ? EXIT_DONE : complain_of_memory("the classes");
}

static int plan(struct classifier *classifier, const struct input *input) {
  const rowcast_plan_options asked = {
    .kernel = classifier->options.kernel,
    .order = classifier->options.order,
    .threads = input_threads(input, &classifier->options),
    .bias = classifier->bias.data,
  };
  return make_plan(&classifier->plan, &classifier->rows, &classifier->weights, &asked);
}

/* The team that rows by number are for, and room for what it makes in a round. */
static int begin_rounds(struct classifier *classifier) {
  struct by_number *walk = &classifier->walk;
  const int status = by_number_team(walk, classifier->plan, classifier->weights.cols, sizeof *classifier->classes);
  by_number_look(walk, !classifier->shipped);
  return status == EXIT_DONE ? make_room(classifier, walk->round) : status;
}

int classifier_make(struct classifier *classifier, const struct options *options, struct input *input) {
  memset(classifier, 0, sizeof *classifier);
  int status = choose_files(classifier, options);
  if (status == EXIT_DONE) status = load(classifier, input);
  if (status == EXIT_DONE) status = plan(classifier, input);
  if (status != EXIT_DONE) return status;
  return input->by_number ? begin_rounds(classifier) : make_room(classifier, classifier->rows.m);
}

int classifier_next(struct classifier *classifier, const struct input *input) {
  const bool only_zeros = units_range(&classifier->seen) == VALUES_ZERO;
  rows_free(&classifier->rows);
  int status = rows_prepare(&classifier->rows, input, DTYPE_AUTO, classifier->scale);
  if (status != EXIT_DONE) return status;
  const float scale = scale_of(classifier, input);
  if (scale != classifier->scale && !only_zeros) {
    complain("%s: the values from row %zu on have another range than those before, "
             "so their unit is not clear; give --scale 1/256 or --scale 1",
             input->path, input->first);
    return EXIT_FAILED;
  }
  if (scale != classifier->scale) {
    /* Zeros have the same classes whatever their unit. */
    classifier->rows.scale = classifier->scale = scale;
    rowcast_plan_destroy(classifier->plan);
    classifier->plan = NULL;
    status = plan(classifier, input);
  }
  return status == EXIT_DONE ? make_room(classifier, classifier->rows.m) : status;
}

int classifier_round(struct classifier *classifier) {
  struct by_number *walk = &classifier->walk;
  const int status = by_number_next(walk, NULL, classifier->classes, &classifier->count);
  classifier->first = walk->from;
  units_join(&classifier->seen, &walk->seen);
  return status;
}

int classifier_run(struct classifier *classifier, const struct input *input) {
  const struct rows *rows = &classifier->rows;
  size_t from, to;
  input_selected(input, &from, &to);
  classifier->first = input->first + from;
  classifier->count = rows->m;
  const rowcast_status status = rowcast_predict(classifier->plan, rows->m, rows->x, rows->ldx, classifier->classes);
  if (status == ROWCAST_OK) return EXIT_DONE;
  complain("the classes: %s", rowcast_status_text(status));
  return EXIT_FAILED;
}

struct sources classifier_sources(const struct classifier *classifier, const struct input *input) {
  const struct options *options = &classifier->options;
  return (struct sources){
    .input = input,
    .scale = classifier->scale,
    .note = units_note(options, input->images.dtype, units_range(&classifier->seen), classifier->shipped),
    .weights_name = options->weights.path,
    .weights = &classifier->weights,
    .bias_name = options->bias.path,
    .bias = &classifier->bias,
  };
}

void classifier_free(struct classifier *classifier) {
  free(classifier->classes);
  by_number_free(&classifier->walk);
  rowcast_plan_destroy(classifier->plan);
  rowcast_matrix_free(&classifier->bias);
  rowcast_matrix_free(&classifier->weights);
  rows_free(&classifier->rows);
  free(classifier->weights_path);
  free(classifier->bias_path);
}
