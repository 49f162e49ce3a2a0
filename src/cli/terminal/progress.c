/* SPDX-License-Identifier: BSD-3-Clause */
/* Progress: a thread that sleeps, and after a second begins to rewrite one line of stderr. The work itself
 * stays one undisturbed call. */
#include "terminal/progress.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "terminal/terminal.h"

static struct {
  pthread_t thread;
  pthread_mutex_t lock;
  pthread_cond_t wake;
  const char *what;
  bool running, stop;
  atomic_size_t done, total;
} progress = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void show(double seconds) {
  const size_t done = atomic_load(&progress.done), total = atomic_load(&progress.total);
  if (total > 0 && done > 0)
    fprintf(stderr, "\r\033[K%s: %.0f %%, %.0f s, about %.0f s left", progress.what,
            100.0 * (double)done / (double)total, seconds, seconds * (double)(total - done) / (double)done);
  else fprintf(stderr, "\r\033[K%s: %.0f s", progress.what, seconds);
  fflush(stderr);
}

static void *show_each_second(void *unused) {
  (void)unused;
  const double start = clock_seconds();
  struct timespec next;
  bool shown = false;
  clock_gettime(CLOCK_MONOTONIC, &next);
  pthread_mutex_lock(&progress.lock);
  while (!progress.stop) {
    next.tv_sec++;
    while (!progress.stop && pthread_cond_timedwait(&progress.wake, &progress.lock, &next) == 0) continue;
    if (progress.stop) break;
    show(clock_seconds() - start);
    shown = true;
  }
  pthread_mutex_unlock(&progress.lock);
  if (shown) fputs("\r\033[K", stderr);
  return NULL;
}

void progress_begin(const char *what, bool quiet) {
  if (quiet || !isatty(STDERR_FILENO)) return;
  pthread_condattr_t attributes;
  pthread_condattr_init(&attributes);
  pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
  pthread_cond_init(&progress.wake, &attributes);
  pthread_condattr_destroy(&attributes);
  progress.what = what;
  progress.stop = false;
  progress_set(0, 0);
  /* Without a thread there is no progress to see, and nothing else is lost. */
  progress.running = pthread_create(&progress.thread, NULL, show_each_second, NULL) == 0;
}

void progress_end(void) {
  if (!progress.running) return;
  pthread_mutex_lock(&progress.lock);
  progress.stop = true;
  pthread_cond_signal(&progress.wake);
  pthread_mutex_unlock(&progress.lock);
  pthread_join(progress.thread, NULL);
  pthread_cond_destroy(&progress.wake);
  progress.running = false;
}

void progress_set(size_t done, size_t total) {
  atomic_store(&progress.done, done);
  atomic_store(&progress.total, total);
}
