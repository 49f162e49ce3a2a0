/* SPDX-License-Identifier: BSD-3-Clause */
/* rowcast_reader: a ring of blocks between the thread that fills them and the caller. */
#include <rowcast/reader.h>

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "blocks.h"
#include "process.h"
#include "report.h"
#include "source.h"
#include "../lib/uncancelled.h"

enum { SLOTS = 3, LARGEST_BLOCK = 4 << 20, PLAIN_BLOCK = 1 << 20 };
static const size_t WHOLE_MAX = (size_t)1 << 30;

struct slot {
  struct rc_buffer elements;
  size_t rows;
  rowcast_status status;
  rowcast_error error;
};

struct rowcast_reader {
  uint64_t process; /* that opened it */
  struct rc_source source;
  char *path;
  rowcast_matrix shape;
  struct rc_info info;   /* what the shape and all blocks say of the file */
  rowcast_status failed; /* ROWCAST_OK: nothing has */
  bool streamed, finished;
  /* Of one that reads whole: */
  rowcast_matrix whole;
  bool loaded;
  /* Of one that comes in blocks: */
  struct rc_blocks blocks;
  struct slot slots[SLOTS];
  size_t filled,
    taken; /* blocks so far; filled - taken of them are in the ring; the caller holds the one before `taken` */
  bool held, threaded;
  bool busy; /* the thread is at work on a slot, and may be changing what it owns */
  pthread_t thread;
  pthread_mutex_t lock;
  pthread_cond_t changed;
  atomic_bool stop;
};

/* Roughly what reading everything takes. */
static size_t need_of(const struct rc_source *source) {
  const struct rc_header *header = &source->header;
  const size_t file = source->stream.file_size;
  size_t need = file;
  if (source->kind == RC_CSV) {
    if (file == 0 || source->stream.gzipped) return SIZE_MAX; /* its size is unknown */
    return __builtin_mul_overflow(file, (size_t)3, &need) ? SIZE_MAX : need;
  }
  if (source->kind != RC_IDX && source->kind != RC_NPY && source->kind != RC_RAW) return need;
  if (!source->stream.gzipped) need = 0;
  if (__builtin_add_overflow(need, header->offset + header->bytes, &need)) return SIZE_MAX;
  size_t converted = 0;
  if (!rc_is_native_u8(header) && !rc_is_native_f32(header)) converted = header->bytes / header->element;
  return __builtin_mul_overflow(converted, sizeof(float), &converted) || __builtin_add_overflow(need, converted, &need)
           ? SIZE_MAX
           : need;
}

static void fill(struct rowcast_reader *reader, struct slot *slot) {
  slot->status = rc_blocks_next(&reader->blocks, &slot->elements, &slot->rows, &slot->error);
}

/* The thread: fills slots until the end, an error, or the caller closes the reader. */
static void *read_ahead(void *argument) {
  struct rowcast_reader *reader = argument;
  bool last = false;
  while (!last) {
    pthread_mutex_lock(&reader->lock);
    while (reader->filled - reader->taken + reader->held >= SLOTS && !atomic_load(&reader->stop))
      pthread_cond_wait(&reader->changed, &reader->lock);
    reader->busy = true;
    struct slot *slot = &reader->slots[reader->filled % SLOTS];
    pthread_mutex_unlock(&reader->lock);
    if (atomic_load(&reader->stop)) break;
    fill(reader, slot);
    last = slot->status != ROWCAST_OK || slot->rows == 0;
    pthread_mutex_lock(&reader->lock);
    reader->filled++;
    reader->busy = false;
    pthread_cond_broadcast(&reader->changed);
    pthread_mutex_unlock(&reader->lock);
  }
  return NULL;
}

/* A thread of its own, with all signals blocked. If the system has none left, the caller fills its own blocks. */
static void start_thread(struct rowcast_reader *reader) {
  pthread_condattr_t clock;
  sigset_t all, before;
  pthread_mutex_init(&reader->lock, NULL);
  pthread_condattr_init(&clock);
  pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
  pthread_cond_init(&reader->changed, &clock);
  pthread_condattr_destroy(&clock);
  /* The caller is asked by the caller's thread only. */
  const struct rc_ask callers = reader->source.stream.ask;
  reader->source.stream.ask = (struct rc_ask){.stop = &reader->stop};
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, &before);
  reader->threaded = pthread_create(&reader->thread, NULL, read_ahead, reader) == 0;
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (!reader->threaded) reader->source.stream.ask = callers;
}

/* What is known before the elements are read. */
static void describe(struct rowcast_reader *reader) {
  static const char *const formats[] = {[RC_UNKNOWN] = "",      [RC_IDX] = "idx", [RC_NPY] = "npy", [RC_NPZ] = "npz",
                                        [RC_PICKLE] = "pickle", [RC_CSV] = "csv", [RC_RAW] = "raw"};
  const struct rc_source *source = &reader->source;
  const enum rc_kind kind = source->kind;
  struct rc_info *info = &reader->info;
  reader->shape = (rowcast_matrix){.rows = SIZE_MAX, .unit = 1.0f, .file = &info->file};
  rc_info_begin(info, formats[kind], SIZE_MAX, 2);
  info->file.gzipped = source->stream.gzipped;
  if (kind == RC_CSV) memcpy(info->element, "f4", sizeof "f4");
  if (kind == RC_IDX || kind == RC_RAW || (kind == RC_NPY && source->options.array == NULL))
    rc_source_shape(&reader->shape, info, &source->header);
}

static rowcast_status begin(struct rowcast_reader *reader, rowcast_error *err) {
  const struct rc_source *source = &reader->source;
  describe(reader);
  const size_t max_bytes = source->options.max_bytes, plain_bytes = source->options.plain_bytes;
  const bool plain = plain_bytes > 0 && source->stream.regular && !source->stream.gzipped && source->kind != RC_CSV;
  size_t limit = max_bytes < WHOLE_MAX ? max_bytes : WHOLE_MAX;
  if (plain && plain_bytes < limit) limit = plain_bytes;
  reader->streamed = rc_blocks_possible(source) && need_of(source) > limit;
  if (!reader->streamed) return ROWCAST_OK;
  const size_t eighth = max_bytes / 8, most = plain ? PLAIN_BLOCK : LARGEST_BLOCK;
  const rowcast_status status = rc_blocks_begin(&reader->blocks, &reader->source, eighth < most ? eighth : most, err);
  if (status != ROWCAST_OK) {
    rc_blocks_end(&reader->blocks);
    reader->streamed = false;
    return status;
  }
  start_thread(reader);
  return ROWCAST_OK;
}

rowcast_status rowcast_reader_open(rowcast_reader **reader, const char *path, const rowcast_read_options *options,
                                   rowcast_error *err) {
  RC_UNCANCELLED(before);
  if (reader != NULL) *reader = NULL;
  if (path == NULL) return rc_report(err, ROWCAST_ERR_ARGUMENT, "rowcast_reader_open", "the path is NULL");
  if (reader == NULL) return rc_report(err, ROWCAST_ERR_ARGUMENT, path, "the reader is NULL");
  rowcast_read_options own;
  rowcast_status status = rc_source_options(&own, options, path, err);
  if (status != ROWCAST_OK) return status;
  rowcast_reader *made = calloc(1, sizeof *made);
  if (made != NULL) made->path = strdup(path);
  if (made == NULL || made->path == NULL) {
    free(made);
    return rc_report(err, ROWCAST_ERR_MEMORY, path, "out of memory");
  }
  made->process = rc_process();
  status = rc_source_open(&made->source, made->path, &own, err);
  if (status == ROWCAST_OK) status = begin(made, err);
  if (status != ROWCAST_OK) rowcast_reader_close(made);
  else *reader = made;
  return status;
}

const rowcast_matrix *rowcast_reader_shape(const rowcast_reader *reader) {
  return reader == NULL ? NULL : &reader->shape;
}

static rowcast_status next_whole(struct rowcast_reader *reader, rowcast_matrix *block, rowcast_error *err) {
  if (reader->loaded) return ROWCAST_OK;
  const rowcast_status status = rc_source_read(&reader->source, &reader->whole, err);
  if (status != ROWCAST_OK) return status;
  const struct rc_owner *owner = reader->whole.owner;
  if (!rc_info_copy(&reader->info, &owner->info))
    return rc_report(err, ROWCAST_ERR_MEMORY, reader->source.stream.path, "out of memory");
  reader->loaded = true;
  *block = reader->whole;
  block->owner = NULL;
  block->file = &reader->info.file; /* outlives the matrix */
  reader->shape = *block;
  reader->shape.data = NULL;
  return ROWCAST_OK;
}

/* Waits for a filled slot; asks now and then whether to stop. Of a thread that is cancelled here the reader remains as
 * it is, to be closed. */
static rowcast_status wait_for_block(struct rowcast_reader *reader, int cancel_state, rowcast_error *err) {
  const rowcast_read_options *options = &reader->source.options;
  rowcast_status status = ROWCAST_OK;
  pthread_mutex_lock(&reader->lock);
  reader->held = false;
  pthread_cond_broadcast(&reader->changed);
  while (reader->filled == reader->taken && status == ROWCAST_OK) {
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += RC_ASK_MS * 1000000L;
    if (until.tv_nsec >= 1000000000) until.tv_nsec -= 1000000000, until.tv_sec++;
    pthread_cond_timedwait(&reader->changed, &reader->lock, &until);
    pthread_mutex_unlock(&reader->lock);
    rc_cancellation_point(cancel_state);
    if (options->cancelled != NULL && options->cancelled(options->user))
      status = rc_report(err, ROWCAST_ERR_IO, reader->source.stream.path, "interrupted");
    pthread_mutex_lock(&reader->lock);
  }
  reader->held = status == ROWCAST_OK;
  pthread_mutex_unlock(&reader->lock);
  return status;
}

static rowcast_status next_block(struct rowcast_reader *reader, rowcast_matrix *block, int cancel_state,
                                 rowcast_error *err) {
  if (reader->finished) return ROWCAST_OK;
  if (reader->threaded) {
    const rowcast_status status = wait_for_block(reader, cancel_state, err);
    if (status != ROWCAST_OK) return status;
  } else fill(reader, &reader->slots[reader->taken % SLOTS]);
  struct slot *slot = &reader->slots[reader->taken % SLOTS];
  if (reader->threaded) pthread_mutex_lock(&reader->lock);
  reader->taken++;
  if (reader->threaded) pthread_mutex_unlock(&reader->lock);
  if (slot->status != ROWCAST_OK) {
    if (err != NULL) *err = slot->error;
    return slot->status;
  }
  rowcast_matrix *shape = &reader->shape;
  rowcast_file_info *file = &reader->info.file;
  if (reader->source.kind == RC_CSV) {
    shape->cols = shape->stride = file->dims[1] = reader->blocks.csv.cols;
    file->headings = (unsigned char)reader->blocks.csv.headings;
  }
  if (slot->rows == 0) {
    reader->finished = true;
    if (reader->source.kind == RC_CSV) shape->rows = file->dims[0] = reader->blocks.done;
    return ROWCAST_OK;
  }
  *block = *shape;
  block->rows = slot->rows;
  block->data = slot->elements.data;
  return ROWCAST_OK;
}

rowcast_status rowcast_reader_next(rowcast_reader *reader, rowcast_matrix *block, rowcast_error *err) {
  RC_UNCANCELLED(before);
  if (block != NULL) memset(block, 0, sizeof *block);
  if (reader == NULL || block == NULL)
    return rc_report(err, ROWCAST_ERR_ARGUMENT, reader == NULL ? "rowcast_reader_next" : reader->path, "the %s is NULL",
                     reader == NULL ? "reader" : "block");
  if (reader->process != rc_process())
    return rc_report(err, ROWCAST_ERR_ARGUMENT, reader->path,
                     "only the process that opened it may read it, not a child of fork()");
  if (reader->failed != ROWCAST_OK) return rc_report(err, reader->failed, reader->path, "reading has failed before");
  reader->failed = reader->streamed ? next_block(reader, block, before, err) : next_whole(reader, block, err);
  return reader->failed;
}

bool rowcast_reader_take(rowcast_reader *reader, rowcast_matrix *matrix) {
  if (reader == NULL || matrix == NULL || !reader->loaded || reader->whole.owner == NULL) return false;
  *matrix = reader->whole;
  reader->whole.owner = NULL;
  return true;
}

static void end_thread(struct rowcast_reader *reader) {
  atomic_store(&reader->stop, true);
  if (reader->threaded) {
    pthread_mutex_lock(&reader->lock);
    pthread_cond_broadcast(&reader->changed);
    pthread_mutex_unlock(&reader->lock);
    pthread_join(reader->thread, NULL);
  }
  pthread_mutex_destroy(&reader->lock);
  pthread_cond_destroy(&reader->changed);
}

void rowcast_reader_close(rowcast_reader *reader) {
  RC_UNCANCELLED(before);
  if (reader == NULL) return;
  const bool own = reader->process == rc_process();
  if (own && reader->streamed) end_thread(reader);
  /* A child has no thread to end, and the lock may be held for ever. What the thread was changing at the fork is left:
   * pointers may be those of memory that it had released. */
  const bool intact = own || !reader->busy;
  if (intact && reader->streamed) {
    for (size_t i = 0; i < SLOTS; i++) rc_buffer_free(&reader->slots[i].elements);
    rc_blocks_end(&reader->blocks);
  }
  if (reader->whole.owner != NULL) rowcast_matrix_free(&reader->whole);
  rc_info_free(&reader->info);
  if (intact) rc_source_close(&reader->source);
  else rc_stream_leave(&reader->source.stream);
  free(reader->path);
  free(reader);
}
