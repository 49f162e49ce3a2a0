/* SPDX-License-Identifier: BSD-3-Clause */
/* Signal handlers. */
#include "signals.h"

#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

static volatile sig_atomic_t held, pending;

static void on_signal(int number) {
  if (!held) _exit(128 + number);
  pending = number;
}

void signals_install(void) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  sigemptyset(&action.sa_mask);
  action.sa_handler = SIG_IGN;
  sigaction(SIGPIPE, &action, NULL);
  sigaction(SIGXFSZ, &action, NULL);

  static const int endings[] = {SIGINT, SIGTERM, SIGHUP};
  for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
    struct sigaction inherited;
    /* What nohup or a shell's background job told us to ignore stays ignored. */
    if (sigaction(endings[i], NULL, &inherited) == 0 && inherited.sa_handler == SIG_IGN) continue;
    action.sa_handler = on_signal;
    action.sa_flags = SA_RESTART;
    sigaction(endings[i], &action, NULL);
  }
}

void signals_hold(void) { held = 1; }

bool signals_pending(void *unused) {
  (void)unused;
  return pending != 0;
}

void signals_release(void) {
  held = 0;
  if (pending) _exit(128 + pending);
}
