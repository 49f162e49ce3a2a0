/* SPDX-License-Identifier: BSD-3-Clause */
/* Signal handlers.
 *
 * Every signal whose default ends a process is taken, not a list of those that people are known to send: batch systems
 * warn with SIGUSR1, SIGUSR2 or SIGXCPU, shells with SIGQUIT, timers with SIGALRM, and real-time signals have no names
 * to list.
 *
 * Faults (SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS) are taken as well when another process sent them,
 * as `kill -ABRT` and watchdogs do. One that this process made itself ends it by the default, with a core where they
 * are wanted, and may leave a temporary file: what names that file is memory that is wrong by then, and to unlink by a
 * name from there could remove another one. */
#include "terminal/signals.h"

#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

/* Any thread may run a handler; without a lock, so handlers may use them. */
static atomic_int held, pending, child;
_Static_assert(ATOMIC_INT_LOCK_FREE == 2, "a handler may not wait for a lock");

/* Ends the process, or leaves that to signals_release(). The first signal that came is the one that is told. */
static void end(int number) {
  int none = 0;
  if (!atomic_load(&held)) {
    if (atomic_load(&child) > 0) kill(atomic_load(&child), number);
    _exit(128 + number);
  }
  atomic_compare_exchange_strong(&pending, &none, number);
}

static void on_signal(int number) { end(number); }

static void on_fault(int number, siginfo_t *info, void *context) {
  (void)context;
  /* Above 0 are codes of the kernel's own; abort() and raise() come from this process. */
  if (info->si_code <= 0 && info->si_pid != getpid()) {
    end(number);
    return;
  }
  /* It is blocked until the handler returns, and comes again then. */
  signal(number, SIG_DFL);
  raise(number);
}

enum kind { ENDS, FAULT, OTHER };

/* What a signal is by default; one that is not known here ends a process. */
static enum kind kind_of(int number) {
  static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS};
  /* Not to be had, or stopping and going on, or nothing at all by default. */
  static const int others[] = {SIGKILL, SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU, SIGCONT, SIGCHLD, SIGURG, SIGWINCH};
  for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++)
    if (number == faults[i]) return FAULT;
  for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
    if (number == others[i]) return OTHER;
  return ENDS;
}

void signals_install(void) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  sigemptyset(&action.sa_mask);
  action.sa_handler = SIG_IGN;
  sigaction(SIGPIPE, &action, NULL);
  sigaction(SIGXFSZ, &action, NULL);
  /* Where it is ignored, how a child ended is told to nobody. */
  action.sa_handler = SIG_DFL;
  sigaction(SIGCHLD, &action, NULL);

  for (int number = 1; number <= SIGRTMAX; number++) {
    struct sigaction inherited;
    const enum kind kind = kind_of(number);
    /* What nohup or a shell's background job told us to ignore stays ignored, and what a profiler or a sanitizer took
     * before main() stays theirs. The C library keeps some real-time signals to itself, and refuses. */
    if (kind == OTHER || sigaction(number, NULL, &inherited) != 0) continue;
    if ((inherited.sa_flags & SA_SIGINFO) != 0 || inherited.sa_handler != SIG_DFL) continue;
    action.sa_flags = SA_RESTART;
    if (kind == FAULT) {
      action.sa_flags |= SA_SIGINFO;
      action.sa_sigaction = on_fault;
    } else {
      action.sa_handler = on_signal;
    }
    sigaction(number, &action, NULL);
  }
}

void signals_child(int pid) { atomic_store(&child, pid); }

void signals_hold(void) { atomic_store(&held, 1); }

bool signals_pending(void *unused) {
  (void)unused;
  return atomic_load(&pending) != 0;
}

void signals_release(void) {
  atomic_store(&held, 0);
  if (atomic_load(&pending) != 0) _exit(128 + atomic_load(&pending));
}
