/* SPDX-License-Identifier: BSD-3-Clause */
/* Weights, a bias and a plan that tell the classes of images: those the options name, or the shipped ones. */
#ifndef ROWCAST_CLI_CLASSIFIER_H
#define ROWCAST_CLI_CLASSIFIER_H

#include <stdint.h>

#include <rowcast/plan.h>

#include "args/options.h"
#include "data/by_number.h"
#include "data/input.h"
#include "data/rows.h"
#include "data/sources.h"
#include "data/units.h"

struct classifier {
  struct options options;         /* with the weights and the bias that are taken; bias.path NULL: none */
  char *weights_path, *bias_path; /* owned; of shipped files */
  bool shipped;                   /* the weights are */
  struct by_number walk;          /* of rows by number */
  struct rows rows;               /* the selected rows of the input's block; of rows by number, the first of them */
  struct values_seen seen;        /* in all rows so far */
  float scale;
  rowcast_matrix weights, bias;
  rowcast_plan *plan;
  int32_t *classes; /* one for each row; -1: all columns are NaN */
  size_t count;     /* of them, since classifier_run() or classifier_round() */
  size_t first;     /* the first one's row in the file */
};

/* Loads what --weights and --bias name, or the shipped ones, and makes a plan for the input's selected rows. input must
 * outlive it; of one that is by_number the first rows must settle what a unit is worth, or it goes back to blocks.
 * Returns an exit status; classifier_free() in any case. */
int classifier_make(struct classifier *classifier, const struct options *options, struct input *input);

/* The same for the input's next block. */
int classifier_next(struct classifier *classifier, const struct input *input);

/* Classifies the rows at hand. Returns an exit status. */
int classifier_run(struct classifier *classifier, const struct input *input);

/* Of rows by number: classifies the next ones; at the end there are none. Returns an exit status. */
int classifier_round(struct classifier *classifier);

/* What its classes come from. */
struct sources classifier_sources(const struct classifier *classifier, const struct input *input);

void classifier_free(struct classifier *classifier);

#endif
