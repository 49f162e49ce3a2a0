/* SPDX-License-Identifier: BSD-3-Clause */
/* Whether to give up reading or writing: another thread says so by a flag, or the caller's cancelled() does, which is
 * called about ten times a second. */
#ifndef RC_IO_ASK_H
#define RC_IO_ASK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum { RC_ASK_MS = 100 };

/* All zero: nobody is asked. */
struct rc_ask {
  const atomic_bool *stop;
  bool (*cancelled)(void *user);
  void *user;
  int64_t due;   /* when the caller is asked next, in ms of the monotonic clock; 0: the first wait has not begun */
  bool given_up; /* the answer was yes, and stays so */
};

/* Of options' cancelled(), which may be NULL, for the thread that made the call. */
struct rc_ask rc_ask_of(bool (*cancelled)(void *user), void *user);

/* Is anybody to be asked? */
bool rc_ask_needed(const struct rc_ask *ask);

/* True: give up. Costs next to nothing until the caller is to be asked. */
bool rc_ask_stop(struct rc_ask *ask);

#endif
