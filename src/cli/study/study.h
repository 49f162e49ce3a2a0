/* SPDX-License-Identifier: BSD-3-Clause */
/* What bench, scale and roofline share: the images, the shapes, kernels and thread counts asked for, and taking one
 * measurement of many trials with the machine's limits beside them. Calls that fail have said why. */
#ifndef ROWCAST_CLI_STUDY_H
#define ROWCAST_CLI_STUDY_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "args/options.h"
#include "data/input.h"
#include "study/trial.h"

struct study {
  const struct options *options;
  json_t *document;
  struct input images;
  size_t kernel_count;
  char **kernels; /* names, and "auto"; all owned */
  struct number_list threads;
  struct pin pin; /* see study_pin() */
  struct shape_list shapes;
  struct known_result {
    struct shape shape;
    const char *data;
    rowcast_order order;
    rowcast_dtype dtype;
    unsigned long crc32;
  } * known; /* owned: checksums of results that were right */
  size_t known_count, known_room;
  long long throttled;  /* periods in which the control group had no time left, before the measurement; -1: not told */
  struct roofs one;     /* the roofs that one thread had last: only their rates */
  size_t groups, group; /* measurements there will be, and that are done: for the progress */
};

/* Thread counts: 1; 1 and T; 1 to T. T: the default. */
enum study_counts { COUNTS_ONE, COUNTS_ENDS, COUNTS_EACH };

/* What a command takes when nothing is said; an option given replaces it. */
struct study_defaults {
  bool every_kernel; /* every usable one and auto; else auto alone */
  enum study_counts counts;
  size_t row_counts[2]; /* 0: all; the second counts where `two` says so */
  bool two;
};

/* Checks the names, loads the images, begins the document. Returns an exit status; study_end() in any case. */
int study_begin(struct study *study, const char *command, const struct options *options,
                const struct study_defaults *defaults);
void study_end(struct study *study);

/* Where --pin places threads; NULL: nowhere. */
const struct pin *study_pin(const struct study *study);

/* May rows of this type be measured, by the options and by what there is? */
bool study_wants(const struct study *study, const struct workload *work, rowcast_dtype dtype);

/* The order to ask for with kernel i: what was asked for, of auto; the kernel's own, of others. */
rowcast_order study_order(const struct study *study, size_t i);

/* Is the trial's result right: by the model, and with the checksum of the others of its order on the same rows? If not,
 * it must not be timed (*right is false), and that is said. Returns an exit status. */
int study_accepts(struct study *study, const struct trial *trial, bool *right);

/* Takes the options' rounds of all trials and roofs, interleaved, and finishes them; watch: the trials' teams are
 * looked at, and placed where they have a pin. Notes disturbances and adds the probes to the document. Shows progress.
 */
int study_measure(struct study *study, struct trial *trials, size_t trial_count, struct roofs *roofs,
                  size_t roofs_count, bool watch);

/* For each shape and thread count one measurement of every kernel in every element type, and a result for each. *wrong
 * tells that a kernel's result was, which was said; the others are measured all the same. Returns an exit status. */
int study_every_kernel(struct study *study, bool *wrong);

#endif
