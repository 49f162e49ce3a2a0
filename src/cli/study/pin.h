/* SPDX-License-Identifier: BSD-3-Clause */
/* Where the threads of OpenMP's teams run: placing them, and seeing where they were. */
#ifndef ROWCAST_CLI_PIN_H
#define ROWCAST_CLI_PIN_H

#include <sched.h>
#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "args/pin_choice.h"

/* CPUs to place threads on. */
struct pin {
  enum pin_kind kind;
  struct number_list cpus;
  cpu_set_t *allowed; /* where the process might run before anything was placed; of `size` bytes */
  size_t size;
};

/* Makes a pin as was asked for: with the CPUs this process may run on, in their order, for compact and spread; of a
 * list checks that it may run on them. False, with a line said: it may not. Release with pin_free() in any case. */
bool pin_prepare(struct pin *pin, const struct pin_choice *asked);
void pin_free(struct pin *pin);

/* The CPU of thread i of n; -1: any. */
int pin_cpu(const struct pin *pin, unsigned thread, unsigned threads);

/* How many CPUs so many threads have: those of the pin that any of them is on, or without one (NULL too) those this
 * process may run on. */
unsigned pin_cpus_of(const struct pin *pin, unsigned threads);

/* A team's place, and the CPUs its threads were seen on. Release with team_free(). */
struct team {
  const struct pin *pin; /* NULL: none */
  unsigned threads;
  unsigned started; /* threads OpenMP really gave at the last look */
  unsigned looks;
  unsigned *seen; /* by CPU: the last look at which a thread was there; 0: never */
  size_t seen_count;
  bool shared; /* two threads were once seen on one CPU */
  bool failed; /* there was no memory to note one */
};
void team_free(struct team *team);

/* Moves the threads of an OpenMP team of that size to their places; the next team of the calling thread has the same
 * ones. Nothing to do without a pin. */
void team_place(const struct team *team);

/* Notes where such a team's threads are. */
void team_see(struct team *team);

/* Lets the calling thread and its teams run anywhere again they were allowed to at pin_prepare(). */
void team_release(const struct pin *pin, unsigned threads);

/* The CPUs seen, as an array. NULL: no memory. */
json_t *team_json(const struct team *team);

#endif
