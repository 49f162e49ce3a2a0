/* SPDX-License-Identifier: BSD-3-Clause */
/* A ring of blocks between a thread that fills them and the caller. */
#ifndef RC_IO_AHEAD_H
#define RC_IO_AHEAD_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "blocks.h"

enum { RC_AHEAD_BLOCKS = 3 };

struct rc_ahead {
  struct rc_blocks blocks;
  struct rc_slot {
    struct rc_buffer elements;
    size_t rows;
    rowcast_status status;
    rowcast_error error;
  } slots[RC_AHEAD_BLOCKS];
  size_t filled,
    taken; /* blocks so far; filled - taken of them are in the ring; the caller holds the one before `taken` */
  bool begun, held, threaded;
  bool busy; /* the thread is at work on a slot, and may be changing what it owns */
  pthread_t thread;
  pthread_mutex_t lock;
  pthread_cond_t changed;
  atomic_bool stop;
  struct rc_ask callers; /* of the source's stream, while the thread has it */
};

/* Begins to read the source's blocks, from the row `from` on. On failure there is nothing to end. The source's stream
 * is the thread's until the end. */
rowcast_status rc_ahead_begin(struct rc_ahead *ahead, struct rc_source *source, size_t block_bytes, size_t from,
                              rowcast_error *err);

/* The next block, which stays until the next call: *rows of them, 0 at the end. A thread that is to be cancelled ends
 * while it waits here, and leaves the ring as it is, to be ended; cancel_state is its own. */
rowcast_status rc_ahead_next(struct rc_ahead *ahead, const unsigned char **elements, size_t *rows, int cancel_state,
                             rowcast_error *err);

/* Ends the thread and releases the blocks. */
void rc_ahead_end(struct rc_ahead *ahead);

/* The same in a child of fork(), which has no thread. False: it was at work, and what it was changing is left. */
bool rc_ahead_leave(struct rc_ahead *ahead);

#endif
