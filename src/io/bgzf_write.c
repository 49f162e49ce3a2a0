/* SPDX-License-Identifier: BSD-3-Clause */
#include "bgzf_write.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "bgzf.h"
#include "process.h"
#include "report.h"

/* SLOTS: blocks in flight for a thread: one that it compresses, one for it to go on with, one that is done. */
enum { SLOTS = 3, MOST_THREADS = 1024 };

struct slot {
  unsigned char content[RC_BGZF_DIVIDED], block[RC_BGZF_BLOCK_MAX];
  size_t size, block_size;
  bool done;
};

/* Slots go round: the caller fills them, any thread compresses them, the caller writes them in order. The counts only
 * grow; slot number i is slots[i % count]. */
struct rc_bgzf_writer {
  struct rc_bgzf_write options;
  uint64_t process;
  struct slot *slots;
  size_t count;
  uint64_t filled, taken, written; /* written <= taken <= filled; `filled` is being filled */
  bool stop;
  bool failed;
  pthread_mutex_t lock;
  pthread_cond_t more, done; /* slots to take; slots compressed */
  struct rc_deflater *deflater;
  size_t threads;
  struct helper {
    struct rc_bgzf_writer *writer;
    struct rc_deflater *deflater;
    pthread_t thread;
  } * helpers;
};

static struct slot *slot_of(const struct rc_bgzf_writer *writer, uint64_t number) {
  return &writer->slots[number % writer->count];
}

/* Compresses the next slot, if there is one. With the lock, which it lets go meanwhile. */
static bool compress_next(struct rc_bgzf_writer *writer, struct rc_deflater *deflater) {
  if (writer->taken == writer->filled) return false;
  struct slot *slot = slot_of(writer, writer->taken++);
  pthread_mutex_unlock(&writer->lock);
  slot->block_size = rc_deflater_block(deflater, slot->content, slot->size, slot->block);
  pthread_mutex_lock(&writer->lock);
  slot->done = true;
  return true;
}

static void *help(void *argument) {
  struct helper *helper = argument;
  struct rc_bgzf_writer *writer = helper->writer;
  pthread_mutex_lock(&writer->lock);
  while (!writer->stop) {
    if (compress_next(writer, helper->deflater)) pthread_cond_signal(&writer->done);
    else pthread_cond_wait(&writer->more, &writer->lock);
  }
  pthread_mutex_unlock(&writer->lock);
  return NULL;
}

/* As many helpers as can be had; signals are the caller's. */
static void start_helpers(struct rc_bgzf_writer *writer, size_t wanted) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, &before);
  while (writer->threads < wanted) {
    struct helper *helper = &writer->helpers[writer->threads];
    helper->writer = writer;
    helper->deflater = rc_deflater_create(writer->options.level, writer->options.kind);
    if (helper->deflater == NULL) break;
    if (pthread_create(&helper->thread, NULL, help, helper) != 0) {
      rc_deflater_destroy(helper->deflater);
      break;
    }
    writer->threads++;
  }
  pthread_sigmask(SIG_SETMASK, &before, NULL);
}

rowcast_status rc_bgzf_writer_create(struct rc_bgzf_writer **made, const struct rc_bgzf_write *options,
                                     rowcast_error *err) {
  const size_t threads = options->threads < 1 ? 1 : options->threads > MOST_THREADS ? MOST_THREADS : options->threads;
  struct rc_bgzf_writer *writer = calloc(1, sizeof *writer);
  *made = NULL;
  if (writer != NULL) {
    writer->options = *options;
    writer->process = rc_process();
    writer->count = threads > 1 ? SLOTS * threads : 1;
    writer->slots = malloc(writer->count * sizeof *writer->slots);
    writer->helpers = calloc(threads, sizeof *writer->helpers);
    writer->deflater = rc_deflater_create(options->level, options->kind);
    pthread_mutex_init(&writer->lock, NULL);
    pthread_cond_init(&writer->more, NULL);
    pthread_cond_init(&writer->done, NULL);
  }
  if (writer == NULL || writer->slots == NULL || writer->helpers == NULL || writer->deflater == NULL) {
    rc_bgzf_writer_destroy(writer);
    return rc_report(err, ROWCAST_ERR_MEMORY, options->path, "BGZF: out of memory compressing");
  }
  writer->slots[0].size = 0;
  start_helpers(writer, threads - 1);
  *made = writer;
  return ROWCAST_OK;
}

/* Writes slots in order, until at most `left` of those filled are not written; waits for no others. While there is
 * nothing to write, the caller compresses as the helpers do. */
static rowcast_status write_slots(struct rc_bgzf_writer *writer, uint64_t left, rowcast_error *err) {
  const struct rc_bgzf_write *options = &writer->options;
  rowcast_status status = ROWCAST_OK;
  pthread_mutex_lock(&writer->lock);
  while (status == ROWCAST_OK && writer->written < writer->filled) {
    struct slot *slot = slot_of(writer, writer->written);
    if (writer->written < writer->taken && slot->done) {
      writer->written++; /* the caller alone fills it again */
      pthread_mutex_unlock(&writer->lock);
      status = options->ask != NULL && rc_ask_stop(options->ask)
                 ? rc_report(err, ROWCAST_ERR_CANCELLED, options->path, "interrupted")
                 : options->sink(options->to, slot->block, slot->block_size, err);
      pthread_mutex_lock(&writer->lock);
    } else if (writer->filled - writer->written <= left) break;
    else if (!compress_next(writer, writer->deflater)) pthread_cond_wait(&writer->done, &writer->lock);
  }
  pthread_mutex_unlock(&writer->lock);
  return status;
}

/* Hands the slot that is being filled to the threads, and makes room for another. */
static rowcast_status next_slot(struct rc_bgzf_writer *writer, rowcast_error *err) {
  pthread_mutex_lock(&writer->lock);
  slot_of(writer, writer->filled++)->done = false;
  pthread_cond_signal(&writer->more);
  pthread_mutex_unlock(&writer->lock);
  const rowcast_status status = write_slots(writer, writer->count - 1, err);
  if (status == ROWCAST_OK) slot_of(writer, writer->filled)->size = 0;
  return status;
}

static rowcast_status refuse(const struct rc_bgzf_writer *writer, rowcast_error *err) {
  return rc_report(err, ROWCAST_ERR_ARGUMENT, writer->options.path,
                   writer->process != rc_process()
                     ? "only the process that opened it may write it, not a child of fork()"
                     : "writing has failed before");
}

rowcast_status rc_bgzf_writer_add(struct rc_bgzf_writer *writer, const void *data, size_t size, rowcast_error *err) {
  if (writer->failed || writer->process != rc_process()) return refuse(writer, err);
  const unsigned char *bytes = data;
  while (size > 0) {
    struct slot *slot = slot_of(writer, writer->filled);
    const size_t room = RC_BGZF_DIVIDED - slot->size, part = size < room ? size : room;
    memcpy(slot->content + slot->size, bytes, part);
    slot->size += part;
    bytes += part;
    size -= part;
    if (slot->size < RC_BGZF_DIVIDED) break;
    const rowcast_status status = next_slot(writer, err);
    writer->failed = status != ROWCAST_OK;
    if (writer->failed) return status;
  }
  return ROWCAST_OK;
}

rowcast_status rc_bgzf_writer_end(struct rc_bgzf_writer *writer, rowcast_error *err) {
  if (writer->failed || writer->process != rc_process()) return refuse(writer, err);
  rowcast_status status = ROWCAST_OK;
  if (slot_of(writer, writer->filled)->size > 0) status = next_slot(writer, err);
  if (status == ROWCAST_OK) status = write_slots(writer, 0, err);
  if (status == ROWCAST_OK) status = writer->options.sink(writer->options.to, rc_bgzf_end, RC_BGZF_END, err);
  writer->failed = true;
  return status;
}

void rc_bgzf_writer_destroy(struct rc_bgzf_writer *writer) {
  if (writer == NULL) return;
  const bool own = writer->process == rc_process();
  if (own) {
    pthread_mutex_lock(&writer->lock);
    writer->stop = true;
    pthread_cond_broadcast(&writer->more);
    pthread_mutex_unlock(&writer->lock);
  }
  for (size_t i = 0; i < writer->threads; i++) {
    if (own) pthread_join(writer->helpers[i].thread, NULL);
    rc_deflater_destroy(writer->helpers[i].deflater);
  }
  if (own) {
    pthread_mutex_destroy(&writer->lock);
    pthread_cond_destroy(&writer->more);
    pthread_cond_destroy(&writer->done);
  }
  rc_deflater_destroy(writer->deflater);
  free(writer->helpers);
  free(writer->slots);
  free(writer);
}
