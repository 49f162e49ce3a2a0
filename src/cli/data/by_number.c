/* SPDX-License-Identifier: BSD-3-Clause */
#include "data/by_number.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <omp.h>

#include <rowcast/experimental.h>

#include "args/advice.h"
#include "data/product.h"
#include "terminal/report.h"
#include "terminal/signals.h"
#include "terminal/terminal.h"

enum {
  BLOCK_BYTES = 256 << 10,    /* of rows, and of their results: half of a small second-level cache */
  ROUND_BYTES = 512 << 10,    /* of results, which the cache still has when they are handed on */
  INFLATED_ROUND = 1 << 20,   /* the same of gzipped rows, of which the end of a round costs more than memory does */
  INFLATED_SHARE = 64 << 10,  /* of gzipped rows: fewer pay for no thread more */
  INFLATER_BYTES = 512 << 10, /* at most, of the reader for each thread */
  LEAST_ROWS = 64,            /* of a block, if the bytes do not say less: enough to pay for taking it */
  SHARES = 4,                 /* blocks a thread, at least: who has the last one keeps the others waiting */
  MOST_RUN = 8,               /* blocks taken at once */
  LINE = 64                   /* bytes of a cache line */
};

/* One of the team; each has its cache lines. */
struct by_number_thread {
  _Alignas(2 * LINE) unsigned char *x; /* a block of rows */
  double read, multiply;               /* seconds */
  struct values_seen seen;
  size_t blocks;
  size_t failed;         /* the number of the block that failed */
  rowcast_status status; /* what the plan said of it */
  rowcast_error error;   /* what the reader said; its status is ROWCAST_OK: nothing */
};

/* What the team does in a round. */
struct round {
  const struct by_number *walk;
  float *c;
  int32_t *classes;
  size_t rows;
  atomic_size_t next; /* block to be taken */
  atomic_size_t end;  /* no block from here on is to be taken */
};

static size_t row_bytes(const struct input *input) {
  const rowcast_matrix *images = &input->images;
  return images->cols * (images->dtype == ROWCAST_U8 ? 1 : sizeof(float));
}

static size_t at_least(size_t least, size_t number) { return number > least ? number : least; }
static size_t at_most(size_t most, size_t number) { return number < most ? number : most; }

static bool look_at_file(const char *path, struct stat *info) {
  return (strcmp(path, "-") == 0 ? fstat(STDIN_FILENO, info) : stat(path, info)) == 0;
}

/* One more of the team has memory. */
static int add_buffer(struct by_number *walk) {
  const size_t bytes = walk->block * row_bytes(walk->input), lines = bytes / LINE + 1;
  unsigned char *x = aligned_alloc(LINE, lines * LINE);
  if (x == NULL) return complain_of_memory("the rows");
  walk->team[walk->buffers++].x = x;
  return EXIT_DONE;
}

/* Makes the team one of so many threads, of which one keeps the memory that it had. */
static int make_team(struct by_number *walk, size_t threads) {
  struct by_number_thread *team = aligned_alloc(_Alignof(struct by_number_thread), threads * sizeof *team);
  if (team == NULL) return complain_of_memory("the threads");
  memset(team, 0, threads * sizeof *team);
  if (walk->buffers > 0) team[0].x = walk->team[0].x;
  free(walk->team);
  walk->team = team;
  walk->threads = (unsigned)threads;
  int status = EXIT_DONE;
  while (walk->buffers < threads && status == EXIT_DONE) status = add_buffer(walk);
  return status;
}

/* Memory of a block, of which a team takes half of --max-bytes at most. */
static size_t block_bytes(const struct input *input) {
  const size_t most = input->options->max_bytes;
  return most > 0 ? at_most(BLOCK_BYTES, most / INPUT_BY_NUMBER_SHARE) : BLOCK_BYTES;
}

int by_number_begin(struct by_number *walk, const struct input *input) {
  memset(walk, 0, sizeof *walk);
  walk->input = input;
  walk->inflates = input->images.file->gzipped;
  walk->known = !input->options->images.read.allow_trailing && look_at_file(input->path, &walk->opened) &&
                S_ISREG(walk->opened.st_mode);
  walk->from = walk->next = input->from;
  walk->block = at_most(at_least(1, input->to - input->from), at_least(1, block_bytes(input) / row_bytes(input)));
  return make_team(walk, 1);
}

/* `count` rows of a block as a product takes them. */
static struct rows rows_of(const struct by_number *walk, const unsigned char *x, size_t count) {
  const struct input *input = walk->input;
  const rowcast_matrix *images = &input->images;
  const size_t element = images->dtype == ROWCAST_U8 ? 1 : sizeof(float);
  return (struct rows){.dtype = images->dtype,
                       .m = count,
                       .k = input->columns,
                       .x = x + input->first_column * element,
                       .ldx = images->cols,
                       .scale = 1.0f};
}

int by_number_peek(struct by_number *walk, struct rows *rows) {
  const struct input *input = walk->input;
  const size_t end = input->from + at_most(walk->block, input->to - input->from);
  rowcast_error error;
  if (rowcast_reader_rows(input->reader, input->from, end, walk->team[0].x, input->images.cols, &error) != ROWCAST_OK)
    return complain_of_file(&input->options->images, &error);
  *rows = rows_of(walk, walk->team[0].x, end - input->from);
  return EXIT_DONE;
}

void by_number_look(struct by_number *walk, bool pixels_alone) {
  walk->look = true;
  walk->pixels_alone = pixels_alone;
}

/* How many threads the rows are worth, though not all may be there to be had. */
static unsigned worth(const struct input *input, const rowcast_plan *plan) {
  const size_t rows = input->to - input->from, shares = rows * row_bytes(input) / INFLATED_SHARE + 1;
  const unsigned threads = rowcast_plan_threads_for(plan, rows);
  rowcast_plan_info info;
  rowcast_plan_describe(plan, &info, sizeof info);
  return input->images.file->gzipped ? (unsigned)at_least(threads, at_most(info.threads, shares)) : threads;
}

unsigned by_number_threads(const struct input *input, const rowcast_plan *plan) {
  return rowcast_startable_threads(worth(input, plan));
}

/* Rows of a block and of a round for so many threads: a block of `most` rows at most. */
static void divide(struct by_number *walk, size_t threads, size_t most, size_t result_bytes) {
  const size_t rows = walk->input->to - walk->input->from, result = at_least(1, result_bytes);
  const size_t share = at_least(at_most(LEAST_ROWS, rows / threads + 1), rows / threads / SHARES);
  const size_t bytes = walk->inflates ? INFLATED_ROUND : ROUND_BYTES;
  walk->block = at_most(at_most(at_least(1, block_bytes(walk->input) / result), share), most);
  walk->round = at_most(at_least(SHARES * threads, bytes / result / walk->block) * walk->block, rows);
}

/* Starts threads before their buffers are made: libgomp ends a process that has no room for a thread left. What the
 * buffers and a round's results will take is held meanwhile, as threads take all the address space that there is. */
static size_t start(struct by_number *walk, size_t threads, size_t own, size_t result_bytes) {
  const size_t most = walk->block;
  void *held;
  size_t bytes;
  for (;; threads = (threads + 1) / 2) {
    divide(walk, threads, most, result_bytes);
    bytes = threads * own + walk->round * result_bytes;
    held = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (held != MAP_FAILED || threads == 1) break;
  }
  const size_t started = rowcast_startable_threads((unsigned)threads);
  if (held != MAP_FAILED) munmap(held, bytes);
  if (started < threads) divide(walk, started, most, result_bytes);
  return started;
}

int by_number_team(struct by_number *walk, const rowcast_plan *plan, size_t n, size_t result_bytes) {
  const size_t own = walk->block * row_bytes(walk->input) + (walk->inflates ? INFLATER_BYTES : 0);
  const size_t max_bytes = walk->input->options->max_bytes;
  size_t threads = worth(walk->input, plan);
  if (max_bytes > 0) threads = at_most(at_least(1, max_bytes / 2 / own), threads);
  walk->plan = plan;
  walk->n = n;
  return make_team(walk, start(walk, threads, own, result_bytes));
}

/* Reads and multiplies a block; false: it has failed. */
static bool take_block(const struct round *round, struct by_number_thread *own, size_t block) {
  const struct by_number *walk = round->walk;
  const struct input *input = walk->input;
  const size_t at = block * walk->block, count = at_most(walk->block, round->rows - at), from = walk->from + at;
  const double start = clock_seconds();
  if (signals_pending(NULL)) return false;
  own->error.status = rowcast_reader_rows(input->reader, from, from + count, own->x, input->images.cols, &own->error);
  const double read = clock_seconds();
  own->read += read - start;
  if (own->error.status != ROWCAST_OK) return false;
  const struct rows rows = rows_of(walk, own->x, count);
  if (walk->look) units_look(&own->seen, &rows, walk->pixels_alone);
  const double looked = walk->look ? clock_seconds() : read;
  if (round->c != NULL)
    own->status = rowcast_matmul_rows(walk->plan, 0, count, rows.x, rows.ldx, round->c + at * walk->n, walk->n);
  else own->status = rowcast_predict_rows(walk->plan, 0, count, rows.x, rows.ldx, round->classes + at);
  own->multiply += clock_seconds() - looked;
  own->blocks++;
  return own->status == ROWCAST_OK;
}

/* The next blocks, of gzipped rows several that follow one another, as long as there are many: what ends and begins in
 * the same block of the file is inflated once then. *count 0: there are none. */
static size_t take_run(struct round *round, size_t *count) {
  const struct by_number *walk = round->walk;
  size_t block = atomic_load_explicit(&round->next, memory_order_relaxed);
  do {
    const size_t end = atomic_load_explicit(&round->end, memory_order_relaxed), left = end - at_most(end, block);
    const size_t part = walk->inflates ? at_most(MOST_RUN, left / (2 * walk->threads)) : 1;
    *count = at_most(left, at_least(1, part));
  } while (*count > 0 && !atomic_compare_exchange_weak(&round->next, &block, block + *count));
  return block;
}

/* Takes blocks until there is none. After a failure none that follows is taken; those before it have been, so that the
 * first failure of all is known. */
static void take_blocks(struct round *round, struct by_number_thread *own) {
  size_t count;
  for (size_t block = take_run(round, &count); count > 0; block = take_run(round, &count))
    for (const size_t run_end = block + count; block < run_end; block++) {
      size_t end = atomic_load_explicit(&round->end, memory_order_relaxed);
      if (block >= end) return;
      if (take_block(round, own, block)) continue;
      own->failed = block;
      while (block < end && !atomic_compare_exchange_weak(&round->end, &end, block)) continue;
      return;
    }
}

/* What a round has come to: of all failures the one of the first block. */
static int end_round(struct by_number *walk, const struct round *round) {
  const struct by_number_thread *first = NULL;
  for (size_t i = 0; i < walk->threads; i++) {
    const struct by_number_thread *own = &walk->team[i];
    walk->read += own->read;
    walk->multiply += own->multiply;
    walk->blocks += own->blocks;
    units_join(&walk->seen, &own->seen);
    if (own->failed < SIZE_MAX && (first == NULL || own->failed < first->failed)) first = own;
  }
  if (signals_pending(NULL)) return EXIT_FAILED; /* sink_free() ends us */
  if (first == NULL) return EXIT_DONE;
  if (first->error.status != ROWCAST_OK) return complain_of_file(&walk->input->options->images, &first->error);
  return complain_of_product(first->status, round->c == NULL);
}

int by_number_end(const struct by_number *walk) {
  const struct stat *before = &walk->opened;
  const char *path = walk->input->path;
  struct stat now;
  if (!walk->known || !look_at_file(path, &now)) return EXIT_DONE;
  if (now.st_dev != before->st_dev || now.st_ino != before->st_ino) return EXIT_DONE;
  if (now.st_size == before->st_size) {
    const struct timespec *a = &before->st_mtim, *b = &now.st_mtim;
    if (a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec) return EXIT_DONE;
    complain("%s: was written to while it was read: its rows may be wrong", path);
    return EXIT_FAILED;
  }
  complain("%s: had %lld bytes, and has %lld since it was read: its rows may be wrong", path,
           (long long)before->st_size, (long long)now.st_size);
  return EXIT_FAILED;
}

int by_number_next(struct by_number *walk, float *c, int32_t *classes, size_t *rows) {
  *rows = at_most(walk->round, walk->input->to - walk->next);
  if (*rows == 0) return EXIT_DONE;
  struct round round = {.walk = walk, .c = c, .classes = classes, .rows = *rows};
  const size_t blocks = (*rows - 1) / walk->block + 1;
  atomic_init(&round.next, 0);
  atomic_init(&round.end, blocks);
  walk->from = walk->next;
  walk->next += *rows;
  for (size_t i = 0; i < walk->threads; i++) {
    struct by_number_thread *own = &walk->team[i];
    own->read = own->multiply = 0.0;
    own->blocks = 0;
    own->failed = SIZE_MAX;
    own->status = own->error.status = ROWCAST_OK;
    own->seen = walk->seen;
  }
  if (walk->threads == 1) take_blocks(&round, walk->team);
  else {
    struct by_number_thread *team = walk->team;
#pragma omp parallel num_threads((int)walk->threads) default(none) shared(round, team)
    take_blocks(&round, &team[omp_get_thread_num()]);
  }
  return end_round(walk, &round);
}

void by_number_free(struct by_number *walk) {
  for (size_t i = 0; i < walk->buffers; i++) free(walk->team[i].x);
  free(walk->team);
  walk->team = NULL;
  walk->buffers = 0;
}
