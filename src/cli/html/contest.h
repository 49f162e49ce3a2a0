/* SPDX-License-Identifier: BSD-3-Clause */
/* A comparison of two sides drawn line by line: a ratio and its range on a logarithmic axis around 1. */
#ifndef ROWCAST_CLI_CONTEST_H
#define ROWCAST_CLI_CONTEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <jansson.h>

#include "html/marks.h"
#include "study/document.h"
#include "verdict.h"

struct duel {
  const char *kernel;
  size_t rung;                  /* for what is highlighted together; NO_SIDE: nothing */
  size_t side;                  /* against the first */
  struct bench_verdict verdict; /* how many times as fast as the first it is */
  const char *says;             /* in words; NULL: by the range, of the word */
  const char *bits;             /* "same", "differ"; NULL: not known */
  bool promised;                /* that they are the same, as rowcast promises of its own */
  double first_seconds, seconds;
};

/* An axis around 1 that has room for a range, which it grows by; begin with {1.05}. */
struct balance {
  double reach;
};
void balance_grow(struct balance *balance, const struct bench_verdict *verdict);

/* The axis above lines; several: there are more than two sides. */
void contest_begin(FILE *page, const struct balance *balance, bool several);
void contest_line(FILE *page, const struct balance *balance, const struct duel *duel, bool several);
void contest_end(FILE *page);

#endif
