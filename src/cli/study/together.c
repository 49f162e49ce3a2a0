/* SPDX-License-Identifier: BSD-3-Clause */
#include "study/together.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "data/ranks.h"
#include "terminal/report.h"

/* A candidate's call, made by all. */
struct call {
  void (*run)(void *context);
  void *context;
  uint64_t number; /* among the candidates; their count says that there are no more */
  double seconds;  /* of this rank, so far */
  int *status;     /* of all calls together */
};

static void make_call(struct call *call) {
  const double start = bench_now();
  call->run(call->context);
  call->seconds += bench_now() - start;
  *call->status = ranks_here()->agree(*call->status);
}

static void lead(void *context) {
  struct call *call = context;
  *call->status = ranks_here()->broadcast(*call->status, &call->number, sizeof call->number);
  if (*call->status == EXIT_DONE) make_call(call);
}

static int follow(struct call *calls, size_t count) {
  int status = EXIT_DONE;
  uint64_t number = 0;
  while (status == EXIT_DONE) {
    status = ranks_here()->broadcast(status, &number, sizeof number);
    if (status != EXIT_DONE || number >= count) break;
    calls[number].status = &status;
    make_call(&calls[number]);
  }
  return status;
}

static int lead_all(struct call *calls, struct bench_candidate *candidates, size_t count,
                    const struct bench_settings *settings) {
  int status = EXIT_DONE;
  for (size_t i = 0; i < count; i++) {
    calls[i].status = &status;
    candidates[i].run = lead;
    candidates[i].context = &calls[i];
    candidates[i].before = candidates[i].after = NULL; /* their context is a trial */
  }
  if (!bench_measure(candidates, count, settings)) status = complain_of_memory("the measurement");
  uint64_t end = count;
  return ranks_here()->broadcast(status, &end, sizeof end);
}

int together_same(int status, uint64_t number, const char *what, const char *help) {
  if (!ranks_several()) return status;
  uint64_t first = number;
  status = ranks_here()->broadcast(status, &first, sizeof first);
  if (status != EXIT_DONE || first == number) return status;
  complain("rank %u has other %s than rank 0: %s", ranks_here()->rank, what, help);
  return EXIT_FAILED;
}

static int compare_ranks(int status, const struct call *calls, size_t count, double *imbalance) {
  double *own = calloc(count + 1, sizeof *own);
  unsigned char *all;
  size_t *sizes;
  if (own == NULL) status = complain_of_memory("the measurement");
  for (size_t i = 0; own != NULL && i < count; i++) own[i] = calls[i].seconds;
  status = ranks_here()->gather(status, own, count * sizeof *own, &all, &sizes);
  for (size_t i = 0; all != NULL && i < count; i++) {
    double sum = 0.0, most = 0.0;
    for (unsigned rank = 0; rank < ranks_here()->size; rank++) {
      double seconds;
      memcpy(&seconds, all + (rank * count + i) * sizeof seconds, sizeof seconds);
      sum += seconds;
      if (seconds > most) most = seconds;
    }
    imbalance[i] = sum > 0.0 ? most * ranks_here()->size / sum : 1.0;
  }
  free(all);
  free(sizes);
  free(own);
  return status;
}

int together_measure(struct bench_candidate *candidates, size_t count, const struct bench_settings *settings,
                     double *imbalance) {
  if (!ranks_several())
    return bench_measure(candidates, count, settings) ? EXIT_DONE : complain_of_memory("the measurement");
  struct call *calls = calloc(count + 1, sizeof *calls);
  int status = calls != NULL ? EXIT_DONE : complain_of_memory("the measurement");
  for (size_t i = 0; calls != NULL && i < count; i++)
    calls[i] = (struct call){.run = candidates[i].run, .context = candidates[i].context, .number = i};
  status = ranks_here()->agree(together_same(status, count, "probes and products to measure",
                                             "its share has too few rows, or its CPU or ROWCAST_ISA is another"));
  if (status == EXIT_DONE)
    status = ranks_here()->rank == 0 ? lead_all(calls, candidates, count, settings) : follow(calls, count);
  status = compare_ranks(status, calls, count, imbalance);
  free(calls);
  return status;
}
