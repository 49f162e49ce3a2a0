/* SPDX-License-Identifier: BSD-3-Clause */
#include "pool.h"

#include <limits.h>
#include <stdatomic.h>

#include "uncancelled.h"

enum { WORD = CHAR_BIT * sizeof(unsigned long long), MOST_TASKS = ROWCAST_MAX_THREADS };

struct job {
  const struct rc_batch *batch;
  size_t tasks, chunk;                                 /* chunk: rows of a task; 0: the rows are divided evenly */
  atomic_size_t done;                                  /* tasks that were finished */
  atomic_bool wrong;                                   /* one was run twice, or there is none of that index */
  _Atomic unsigned long long taken[MOST_TASKS / WORD]; /* a bit for each task that was begun */
};

static void run_task(void *context, size_t index) {
  struct job *job = context;
  const unsigned long long bit = 1ull << index % WORD;
  if (index >= job->tasks || (atomic_fetch_or(&job->taken[index / WORD], bit) & bit) != 0) {
    atomic_store(&job->wrong, true);
    return;
  }
  if (job->chunk > 0) rc_batch_chunk(job->batch, job->chunk, index);
  else rc_batch_part(job->batch, job->tasks, index);
  atomic_fetch_add(&job->done, 1);
}

rowcast_status rc_pool_run(const rowcast_parallel_for *pool, const struct rc_batch *batch, unsigned tasks,
                           bool chunks) {
  struct job job = {.batch = batch, .tasks = tasks};
  if (chunks) {
    /* As many as there are bits for: chunks are larger then. */
    const size_t least = (batch->m - 1) / MOST_TASKS + 1, asked = batch->chunk > 0 ? batch->chunk : RC_CHUNK_ROWS;
    job.chunk = asked > least ? asked : least;
    job.tasks = (batch->m - 1) / job.chunk + 1;
  }
  /* Tasks use what is on this thread's stack. */
  RC_UNCANCELLED(before);
  pool->run(pool->user, job.tasks, run_task, &job);
  return atomic_load(&job.done) == job.tasks && !atomic_load(&job.wrong) ? ROWCAST_OK : ROWCAST_ERR_ARGUMENT;
}
