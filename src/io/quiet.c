/* SPDX-License-Identifier: BSD-3-Clause */
#include "quiet.h"

#include <errno.h>
#include <pthread.h>
#include <time.h>

static void both(sigset_t *set) {
  sigemptyset(set);
  sigaddset(set, SIGPIPE);
  sigaddset(set, SIGXFSZ);
}

void rc_quiet_begin(struct rc_quiet *quiet) {
  sigset_t signals;
  both(&signals);
  sigemptyset(&quiet->pending);
  pthread_sigmask(SIG_BLOCK, &signals, &quiet->before);
  /* What was not blocked cannot have been pending. */
  if (sigismember(&quiet->before, SIGPIPE) == 1 || sigismember(&quiet->before, SIGXFSZ) == 1)
    sigpending(&quiet->pending);
}

/* Takes the signal that the write has raised: the thread's own come before those of the process. */
static void take(int number) {
  static const struct timespec now = {0, 0};
  sigset_t raised;
  sigemptyset(&raised);
  sigaddset(&raised, number);
  while (sigtimedwait(&raised, NULL, &now) < 0 && errno == EINTR) continue;
}

void rc_quiet_end(const struct rc_quiet *quiet, int error) {
  const int number = error == EPIPE ? SIGPIPE : error == EFBIG ? SIGXFSZ : 0;
  const int kept = errno;
  if (number != 0) {
    sigset_t left;
    take(number);
    /* One that the thread had before was the same to the system. */
    if (sigismember(&quiet->pending, number) == 1 && sigpending(&left) == 0 && sigismember(&left, number) == 0)
      pthread_kill(pthread_self(), number);
  }
  pthread_sigmask(SIG_SETMASK, &quiet->before, NULL);
  errno = kept;
}
