/* SPDX-License-Identifier: BSD-3-Clause */
/* One line of a study: a kernel on a workload with so many threads, checked, timed, and told about in JSON. */
#ifndef ROWCAST_CLI_TRIAL_H
#define ROWCAST_CLI_TRIAL_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include <rowcast/plan.h>

#include "stats.h"
#include "study/pin.h"
#include "study/roofs.h"
#include "study/workload.h"

struct trial {
  const struct workload *work;
  struct rows x;
  rowcast_plan *plan;
  rowcast_plan_info info;
  const char *name;            /* the kernel as asked for, of the caller's: its name, or "auto" */
  const char *kernel, *driver; /* what runs */
  unsigned threads;
  size_t rows_timed; /* <= x.m */
  size_t all_rows;   /* of x on all ranks: x.m where there is one, as in what follows */
  double imbalance;  /* of several ranks: the slowest one's time over their mean; 0: there is one */
  unsigned long crc32;
  bool right, effective;
  /* What multiplies instead of the plan: another library (bench/peers). NULL: the plan does. */
  void (*instead)(void *context);
  void *instead_context;
  struct team team; /* where its threads are to run, and where they were seen */

  const struct roofs *roofs; /* taken in the same rounds; NULL: none */
  double *samples;           /* owned: seconds for all of x.m rows, in the order they were taken */
  size_t sample_count, repeats;
  struct bench_summary time;
  size_t outliers;        /* among the samples */
  size_t quick;           /* of samples of two kinds, how many are of the quicker one; 0: they are of one */
  double quick_s, slow_s; /* and the kinds' medians */
};

/* Makes a plan as `asked` says (as make_plan() takes it, and its dtype says which of the workload's rows), multiplies
 * the first `rows` rows once, and checks up to 1,000 of them, spread evenly, against the model of the kernel's order,
 * bit by bit: `right` tells, and what is wrong must not be timed. Where a call on all of them would take longer than
 * `longest` seconds, rows_timed becomes less. Returns an exit status; release with trial_free() in any case. */
int trial_make(struct trial *trial, const struct workload *work, size_t rows, const rowcast_plan_options *asked,
               double longest);
void trial_free(struct trial *trial);

/* bench_candidate's run, before and after: the context is the trial. */
void trial_run(void *trial);
void trial_place(void *trial);
void trial_see(void *trial);

/* Summarises the samples, once they are taken, and scales them to all rows. False: no memory. */
bool trial_finish(struct trial *trial);

double trial_flops(const struct trial *trial); /* of all rows, whatever is skipped */
double trial_bytes(const struct trial *trial); /* of X */
double trial_roof(const struct trial *trial);  /* operations a second; 0: not known */
/* The same with the multiply-adds of the kernel's own ISA level. */
double trial_level_roof(const struct trial *trial);

/* What every result tells (docs/results.schema.json). NULL: no memory. */
json_t *trial_json(const struct trial *trial);

#endif
