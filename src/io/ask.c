/* SPDX-License-Identifier: BSD-3-Clause */
#include "ask.h"

#include <stddef.h>
#include <time.h>

struct rc_ask rc_ask_of(bool (*cancelled)(void *user), void *user) {
  return (struct rc_ask){.cancelled = cancelled, .user = user};
}

bool rc_ask_needed(const struct rc_ask *ask) { return ask->stop != NULL || ask->cancelled != NULL; }

bool rc_ask_stop(struct rc_ask *ask) {
  if (ask->stop != NULL && atomic_load(ask->stop)) return true;
  if (ask->given_up || ask->cancelled == NULL) return ask->given_up;
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  const int64_t now = (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
  if (ask->due == 0) ask->due = now + RC_ASK_MS;
  if (now < ask->due) return false;
  ask->due = now + RC_ASK_MS;
  return ask->given_up = ask->cancelled(ask->user);
}
