/* SPDX-License-Identifier: BSD-3-Clause */
/* pthread_cancel() ends a thread at the first system call that may wait, wherever that is: in the middle of a public
 * call with a lock held, a file open, or a temporary file on the disk. So calls with such in them begin with
 *
 *     RC_UNCANCELLED(before);
 *
 * which puts the request off until the function returns. `before` is the caller's own state. */
#ifndef RC_UNCANCELLED_H
#define RC_UNCANCELLED_H

#include <pthread.h>

static inline int rc_disable_cancel(void) {
  int before;
  pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before);
  return before;
}

static inline void rc_restore_cancel(const int *before) { pthread_setcancelstate(*before, NULL); }

#define RC_UNCANCELLED(before)                                                                                         \
  const int before __attribute__((cleanup(rc_restore_cancel), unused)) = rc_disable_cancel()

/* Within such a call, where nothing would be left behind: ends the thread if it is to end. */
static inline void rc_cancellation_point(int before) {
  rc_restore_cancel(&before);
  pthread_testcancel();
  rc_disable_cancel();
}

#endif
