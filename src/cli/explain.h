/* SPDX-License-Identifier: BSD-3-Clause */
/* `--explain`: why a product is made as it is, and whether it takes the time expected. */
#ifndef ROWCAST_CLI_EXPLAIN_H
#define ROWCAST_CLI_EXPLAIN_H

#include <stdbool.h>

#include <jansson.h>

#include <rowcast/experimental.h>
#include <rowcast/plan.h>

#include "data/input.h"
#include "data/rows.h"

struct explanation {
  rowcast_choice choice;
  rowcast_plan_info plan;
  size_t rows;
  double first;          /* seconds: the product as it was made */
  double measured, best; /* seconds: median and least of `runs` products after it; first where runs is 0 */
  unsigned runs;
  double flops_per_s; /* probes of the same threads, in the same rounds; 0: there is none for this machine */
  double bytes_per_s;
  double arithmetic, memory, expected; /* seconds; expected is the greater of the two, 0 without probes */
  struct share *shares;                /* on the first of several ranks: what each multiplies; else NULL */
};

/* Of one rank. */
struct share {
  size_t rows, bytes; /* multiplied */
  unsigned threads;
  char kernel[32];
};

/* Together, by all ranks; nothing where there is one: what each of them does, before the first of them explains. */
int explain_ranks(struct explanation *explanation, int status, const struct rows *rows, const rowcast_choice *first);

/* Measures: the product of the plan and the rows again, into c, interleaved with probes of the machine's limits. A
 * product that took `first` > 0.1 s is not made again, and of a large batch a part is read. EXIT_DONE, or EXIT_FAILED
 * and a line has said why. */
int explain(struct explanation *explanation, const rowcast_plan *plan, const struct rows *rows, float *c, size_t ldc,
            double first);

void explain_free(struct explanation *explanation);

void explain_print(const struct explanation *explanation);

/* Adds an object "explain". False: out of memory. */
bool explain_json(const struct explanation *explanation, json_t *object);

#endif
