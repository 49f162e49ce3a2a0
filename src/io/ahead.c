/* SPDX-License-Identifier: BSD-3-Clause */
#include "ahead.h"

#include <signal.h>
#include <time.h>

#include "report.h"
#include "../lib/uncancelled.h"

static void fill(struct rc_ahead *ahead, struct rc_slot *slot) {
  slot->status = rc_blocks_next(&ahead->blocks, &slot->elements, &slot->rows, &slot->error);
}

/* The thread: fills slots until the end, an error, or the caller closes the reader. */
static void *read_ahead(void *argument) {
  struct rc_ahead *ahead = argument;
  bool last = false;
  while (!last) {
    pthread_mutex_lock(&ahead->lock);
    while (ahead->filled - ahead->taken + ahead->held >= RC_AHEAD_BLOCKS && !atomic_load(&ahead->stop))
      pthread_cond_wait(&ahead->changed, &ahead->lock);
    ahead->busy = true;
    struct rc_slot *slot = &ahead->slots[ahead->filled % RC_AHEAD_BLOCKS];
    pthread_mutex_unlock(&ahead->lock);
    if (atomic_load(&ahead->stop)) break;
    fill(ahead, slot);
    last = slot->status != ROWCAST_OK || slot->rows == 0;
    pthread_mutex_lock(&ahead->lock);
    ahead->filled++;
    ahead->busy = false;
    pthread_cond_broadcast(&ahead->changed);
    pthread_mutex_unlock(&ahead->lock);
  }
  return NULL;
}

/* A thread of its own, with all signals blocked. If the system has none left, the caller fills its own blocks. */
static void start_thread(struct rc_ahead *ahead) {
  pthread_condattr_t clock;
  sigset_t all, before;
  pthread_mutex_init(&ahead->lock, NULL);
  pthread_condattr_init(&clock);
  pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
  pthread_cond_init(&ahead->changed, &clock);
  pthread_condattr_destroy(&clock);
  /* The caller is asked by the caller's thread only. */
  ahead->callers = ahead->blocks.source->stream.ask;
  ahead->blocks.source->stream.ask = (struct rc_ask){.stop = &ahead->stop};
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, &before);
  ahead->threaded = pthread_create(&ahead->thread, NULL, read_ahead, ahead) == 0;
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (!ahead->threaded) ahead->blocks.source->stream.ask = ahead->callers;
}

rowcast_status rc_ahead_begin(struct rc_ahead *ahead, struct rc_source *source, size_t block_bytes, size_t from,
                              rowcast_error *err) {
  const rowcast_status status = rc_blocks_begin(&ahead->blocks, source, block_bytes, from, err);
  if (status != ROWCAST_OK) {
    rc_blocks_end(&ahead->blocks);
    return status;
  }
  ahead->begun = true;
  ahead->filled = ahead->taken = 0;
  ahead->held = ahead->busy = false;
  atomic_store(&ahead->stop, false);
  start_thread(ahead);
  return ROWCAST_OK;
}

/* Waits for a filled slot; asks now and then whether to stop. Of a thread that is cancelled here the reader remains as
 * it is, to be closed. */
static rowcast_status wait_for_block(struct rc_ahead *ahead, int cancel_state, rowcast_error *err) {
  const rowcast_read_options *options = &ahead->blocks.source->options;
  rowcast_status status = ROWCAST_OK;
  pthread_mutex_lock(&ahead->lock);
  ahead->held = false;
  pthread_cond_broadcast(&ahead->changed);
  while (ahead->filled == ahead->taken && status == ROWCAST_OK) {
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += RC_ASK_MS * 1000000L;
    if (until.tv_nsec >= 1000000000) until.tv_nsec -= 1000000000, until.tv_sec++;
    pthread_cond_timedwait(&ahead->changed, &ahead->lock, &until);
    pthread_mutex_unlock(&ahead->lock);
    rc_cancellation_point(cancel_state);
    if (options->cancelled != NULL && options->cancelled(options->user))
      status = rc_report(err, ROWCAST_ERR_CANCELLED, ahead->blocks.source->stream.path, "interrupted");
    pthread_mutex_lock(&ahead->lock);
  }
  ahead->held = status == ROWCAST_OK;
  pthread_mutex_unlock(&ahead->lock);
  return status;
}

rowcast_status rc_ahead_next(struct rc_ahead *ahead, const unsigned char **elements, size_t *rows, int cancel_state,
                             rowcast_error *err) {
  if (ahead->threaded) {
    const rowcast_status status = wait_for_block(ahead, cancel_state, err);
    if (status != ROWCAST_OK) return status;
  } else fill(ahead, &ahead->slots[ahead->taken % RC_AHEAD_BLOCKS]);
  struct rc_slot *slot = &ahead->slots[ahead->taken % RC_AHEAD_BLOCKS];
  if (ahead->threaded) pthread_mutex_lock(&ahead->lock);
  ahead->taken++;
  if (ahead->threaded) pthread_mutex_unlock(&ahead->lock);
  if (slot->status != ROWCAST_OK) {
    if (err != NULL) *err = slot->error;
    return slot->status;
  }
  *elements = slot->elements.data;
  *rows = slot->rows;
  return ROWCAST_OK;
}

static void release(struct rc_ahead *ahead) {
  for (size_t i = 0; i < RC_AHEAD_BLOCKS; i++) rc_buffer_free(&ahead->slots[i].elements);
  rc_blocks_end(&ahead->blocks);
  ahead->begun = false;
}

void rc_ahead_end(struct rc_ahead *ahead) {
  if (!ahead->begun) return;
  atomic_store(&ahead->stop, true);
  if (ahead->threaded) {
    pthread_mutex_lock(&ahead->lock);
    pthread_cond_broadcast(&ahead->changed);
    pthread_mutex_unlock(&ahead->lock);
    pthread_join(ahead->thread, NULL);
  }
  pthread_mutex_destroy(&ahead->lock);
  pthread_cond_destroy(&ahead->changed);
  ahead->blocks.source->stream.ask = ahead->callers;
  release(ahead);
}

bool rc_ahead_leave(struct rc_ahead *ahead) {
  /* The lock may be held for ever. What the thread was changing at the fork is left: pointers may be those of memory
   * that it had released. */
  if (ahead->begun && ahead->busy) return false;
  if (ahead->begun) release(ahead);
  return true;
}
