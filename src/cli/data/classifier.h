/* SPDX-License-Identifier: BSD-3-Clause */
/* Weights, a bias and a plan that tell the classes of images: those the options name, or the shipped ones. */
#ifndef ROWCAST_CLI_CLASSIFIER_H
#define ROWCAST_CLI_CLASSIFIER_H

#include <stdint.h>

#include <rowcast/plan.h>

#include "args/options.h"
#include "data/input.h"
#include "data/rows.h"
#include "data/sources.h"
#include "data/units.h"
#include "data/walk.h"

struct classifier {
  struct options options;         /* with the weights and the bias that are taken; bias.path NULL: none */
  char *weights_path, *bias_path; /* owned; of shipped files */
  bool shipped;                   /* the weights are */
  struct walk walk;               /* over the input's rows */
  struct values_seen seen;        /* in all rows so far */
  float scale;
  rowcast_matrix weights, bias;
  rowcast_plan *plan;
  int32_t *classes; /* of the rows classified last (walk.first, walk.count); -1: all columns are NaN */
  size_t room;      /* for so many */
};

/* Loads what --weights and --bias name, or the shipped ones, and makes a plan for the input's selected rows. input must
 * outlive it; of one that is by_number the first rows must settle what a unit is worth, or it goes back to blocks.
 * Returns an exit status; classifier_free() in any case. */
int classifier_make(struct classifier *classifier, const struct options *options, struct input *input);

/* Classifies the next rows. Returns an exit status. */
int classifier_run(struct classifier *classifier);

/* Goes on to the next rows, for `do classifier_run() while (classifier_advance(classifier, &status))`. False: *status
 * was not EXIT_DONE, or it is that of the end. */
bool classifier_advance(struct classifier *classifier, int *status);

/* What its classes come from. */
struct sources classifier_sources(const struct classifier *classifier, const struct input *input);

void classifier_free(struct classifier *classifier);

#endif
