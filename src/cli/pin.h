/* SPDX-License-Identifier: BSD-3-Clause */
/* Where the threads of OpenMP's teams run: placing them, and seeing where they were. */
#ifndef ROWCAST_CLI_PIN_H
#define ROWCAST_CLI_PIN_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

enum { PIN_CPUS = 1024 };

enum pin_kind {
  PIN_NONE,    /* the operating system moves them */
  PIN_COMPACT, /* close together: CPUs in the order of packages, cores, and their hardware threads */
  PIN_SPREAD,  /* evenly over that order */
  PIN_LIST     /* thread i on the i-th CPU of a list, from its start again behind its end */
};

/* CPUs to place threads on. */
struct pin {
  enum pin_kind kind;
  size_t count;
  unsigned short cpus[PIN_CPUS];
};

/* "none", "compact", "spread", or CPUs such as "0,2,4-7": false where it is none of them. */
bool pin_parse(const char *text, struct pin *pin);

/* Fills in the CPUs this process may run on, in their order, for compact and spread; for a list checks that it may run on
 * them. False, with a line said: it may not. */
bool pin_prepare(struct pin *pin);

/* The CPU of thread i of n; -1: any. */
int pin_cpu(const struct pin *pin, unsigned thread, unsigned threads);

/* A team's place, and the CPUs its threads were seen on. */
struct team {
  const struct pin *pin; /* NULL: none */
  unsigned threads;
  unsigned started;             /* threads OpenMP really gave at the last look */
  bool shared;                  /* two threads were once seen on one CPU */
  unsigned char seen[PIN_CPUS]; /* by CPU */
};

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
