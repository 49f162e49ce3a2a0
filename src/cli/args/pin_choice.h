/* SPDX-License-Identifier: BSD-3-Clause */
/* Where threads are to run, as --pin says it. */
#ifndef ROWCAST_CLI_PIN_CHOICE_H
#define ROWCAST_CLI_PIN_CHOICE_H

#include <stdbool.h>

#include "args/lists.h"

enum { PIN_CPU_MOST = 8191 }; /* no Linux kernel numbers CPUs higher (NR_CPUS) */

enum pin_kind {
  PIN_NONE,    /* the operating system moves them */
  PIN_COMPACT, /* close together: CPUs in the order of packages, cores, and their hardware threads */
  PIN_SPREAD,  /* evenly over that order */
  PIN_LIST     /* thread i on the i-th CPU of a list, from its start again after its end */
};

struct pin_choice {
  enum pin_kind kind;
  struct number_list cpus; /* of PIN_LIST */
};

/* "none", "compact", "spread", or CPUs such as "0,2,4-7": false where it is none of them, or for *fault. Release the
 * list with list_free(). */
bool pin_choice_read(struct pin_choice *pin, const char *text, struct list_fault *fault);

#endif
