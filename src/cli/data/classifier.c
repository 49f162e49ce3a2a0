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
  units_look(&classifier->seen, &classifier->walk.rows, !classifier->shipped);
  return classifier->shipped ? units_scale_of_pixels(units_range(&classifier->seen), &classifier->options)
                             : units_scale(input, &classifier->options);
}

/* Will no later row change what a unit is worth? Of bytes one above 1 settles it. */
static bool settled(const struct classifier *classifier) {
  return !classifier->shipped || classifier->options.scale != 0.0f ||
         (classifier->walk.rows.dtype == ROWCAST_U8 && units_range(&classifier->seen) == VALUES_PIXELS);
}

/* Rows to begin with. By number they come only if the first of them settle the unit of all. */
static int take_rows(struct classifier *classifier, struct input *input) {
  struct walk *walk = &classifier->walk;
  const int status = walk_begin(walk, input, DTYPE_AUTO, 1.0f);
  if (status != EXIT_DONE || !input->by_number) return status;
  units_look(&classifier->seen, &walk->rows, !classifier->shipped);
  if (settled(classifier) || ranks_several()) return EXIT_DONE;
  classifier->seen = (struct values_seen){0};
  return walk_in_order(walk);
}

/* Of several ranks: what one unit of the rows is worth must be the same on all, and none may find out later. */
static int agree_on_unit(struct classifier *classifier, const struct input *input, int status) {
  struct values_seen seen = {0};
  if (!ranks_several()) return status;
  if (status == EXIT_DONE) units_look(&seen, &classifier->walk.rows, !classifier->shipped);
  status = join_seen(status, &seen);
  classifier->seen = seen;
  if (status != EXIT_DONE || settled(classifier) || input->all_from == input->all_to) return status;
  complain("what one unit of the values is worth is not clear from each rank's first rows; give --scale 1/256 or "
           "--scale 1");
  return EXIT_FAILED;
}

static int load(struct classifier *classifier, struct input *input) {
  const struct options *options = &classifier->options;
  int status = agree_on_unit(classifier, input, take_rows(classifier, input));
  struct walk *walk = &classifier->walk;
  if (status == EXIT_DONE) walk->scale = walk->rows.scale = classifier->scale = scale_of(classifier, input);
  if (status == EXIT_DONE)
    status = weights_load(&classifier->weights, classifier->walk.rows.m, classifier->walk.rows.k, options);
  if (status == EXIT_DONE && options->bias.path != NULL)
    status = bias_load(&classifier->bias, &options->bias, classifier->weights.cols);
  if (status == EXIT_DONE && classifier->weights.cols > ROWCAST_MAX_CLASSES) {
    complain("%s: has %zu columns, but there can be at most %d classes", options->weights.path,
             classifier->weights.cols, ROWCAST_MAX_CLASSES);
    status = EXIT_FAILED;
  }
  return status;
}

static int plan(struct classifier *classifier, const struct input *input) {
  const rowcast_plan_options asked = {
    .kernel = classifier->options.kernel,
    .order = classifier->options.order,
    .threads = input_threads(input, &classifier->options),
    .bias = classifier->bias.data,
  };
  return make_plan(&classifier->plan, &classifier->walk.rows, &classifier->weights, &asked);
}

int classifier_make(struct classifier *classifier, const struct options *options, struct input *input) {
  memset(classifier, 0, sizeof *classifier);
  int status = choose_files(classifier, options);
  if (status == EXIT_DONE) status = load(classifier, input);
  if (status == EXIT_DONE) status = plan(classifier, input);
  if (input->by_number) walk_look(&classifier->walk, !classifier->shipped); /* of others all is seen before */
  return status == EXIT_DONE ? walk_plan(&classifier->walk, classifier->plan, classifier->weights.cols, true) : status;
}

/* Room for the classes of the next rows. */
static int make_room(struct classifier *classifier) {
  const size_t rows = classifier->walk.next;
  if (classifier->classes != NULL && rows <= classifier->room) return EXIT_DONE;
  free(classifier->classes);
  classifier->room = rows;
  classifier->classes = calloc(rows + 1, sizeof *classifier->classes);
  return classifier->classes != NULL ? EXIT_DONE : complain_of_memory("the classes");
}

int classifier_run(struct classifier *classifier) {
  struct walk *walk = &classifier->walk;
  int status = make_room(classifier);
  if (status == EXIT_DONE) status = walk_multiply(walk, NULL, classifier->classes);
  units_join(&classifier->seen, &walk->seen);
  return status;
}

/* Have the rows of the block at hand the unit of those before? */
static int check_unit(struct classifier *classifier) {
  struct walk *walk = &classifier->walk;
  const struct input *input = walk->input;
  const bool only_zeros = units_range(&classifier->seen) == VALUES_ZERO;
  const float scale = scale_of(classifier, input);
  if (scale == classifier->scale) return EXIT_DONE;
  if (!only_zeros) {
    complain("%s: the values from row %zu on have another range than those before, "
             "so their unit is not clear; give --scale 1/256 or --scale 1",
             input->path, input->first);
    return EXIT_FAILED;
  }
  /* Zeros have the same classes whatever their unit. */
  walk->scale = walk->rows.scale = classifier->scale = scale;
  rowcast_plan_destroy(classifier->plan);
  classifier->plan = NULL;
  const int status = plan(classifier, input);
  return status == EXIT_DONE ? walk_plan(walk, classifier->plan, classifier->weights.cols, true) : status;
}

bool classifier_advance(struct classifier *classifier, int *status) {
  if (!walk_advance(&classifier->walk, status)) return false;
  if (!classifier->walk.input->by_number) *status = check_unit(classifier);
  return *status == EXIT_DONE;
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
  walk_free(&classifier->walk);
  rowcast_plan_destroy(classifier->plan);
  rowcast_matrix_free(&classifier->bias);
  rowcast_matrix_free(&classifier->weights);
  free(classifier->weights_path);
  free(classifier->bias_path);
}
