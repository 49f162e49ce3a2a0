/* SPDX-License-Identifier: BSD-3-Clause */
#include "check_rows.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rowcast/reader.h>

enum { ROWS = 4000, COLS = 30, THREADS = 4, TRIES = 50, SMALL = 1 << 14 };

/* Of a file of raw elements, element i of which is i mod 251 whatever its type. */
struct job {
  const rowcast_reader *reader;
  unsigned seed;
  bool right;
};

static bool is_right(const rowcast_reader *reader, size_t begin, size_t end, void *x) {
  const bool bytes = rowcast_reader_shape(reader)->dtype == ROWCAST_U8;
  if (rowcast_reader_rows(reader, begin, end, x, COLS, NULL) != ROWCAST_OK) return false;
  for (size_t i = 0; i < (end - begin) * COLS; i++) {
    const unsigned wanted = (unsigned)((begin * COLS + i) % 251);
    if (bytes ? ((unsigned char *)x)[i] != wanted : ((float *)x)[i] != (float)wanted) return false;
  }
  return true;
}

static void *read_rows(void *argument) {
  struct job *job = argument;
  float *x = malloc(ROWS * COLS * sizeof *x);
  job->right = x != NULL;
  for (int i = 0; i < TRIES && job->right; i++) {
    job->seed = job->seed * 1664525u + 1013904223u;
    const size_t begin = (job->seed >> 8) % ROWS;
    job->right = is_right(job->reader, begin, begin + (job->seed >> 4) % (ROWS - begin), x);
  }
  free(x);
  return NULL;
}

static bool on_threads(const rowcast_reader *reader) {
  pthread_t threads[THREADS];
  struct job jobs[THREADS];
  bool right = true;
  for (unsigned i = 0; i < THREADS; i++) {
    jobs[i] = (struct job){reader, i, false};
    if (pthread_create(&threads[i], NULL, read_rows, &jobs[i]) != 0) abort();
  }
  for (unsigned i = 0; i < THREADS; i++) {
    pthread_join(threads[i], NULL);
    right &= jobs[i].right;
  }
  return right;
}

bool check_rows_by_number(struct check_tally *tally) {
  static const char *const types[] = {"|u1", ">i2"};
  for (size_t t = 0; t < sizeof types / sizeof types[0]; t++) {
    FILE *file = tmpfile();
    if (file == NULL) abort();
    for (size_t i = 0; i < ROWS * COLS; i++) {
      if (t == 1) putc(0, file);
      putc((int)(i % 251), file);
    }
    fflush(file);
    lseek(fileno(file), 0, SEEK_SET);
    rowcast_read_options options = ROWCAST_READ_DEFAULTS;
    options.max_bytes = SMALL;
    options.raw_type = types[t];
    options.raw_rank = 2;
    options.raw_dims[0] = ROWS, options.raw_dims[1] = COLS;
    rowcast_reader *reader;
    rowcast_error error;
    rowcast_matrix block;
    char text[CHECK_TEXT] = "rows by number";
    bool right = rowcast_reader_open_fd(&reader, fileno(file), "file", &options, &error) == ROWCAST_OK;
    /* Before the reader has its thread, while that fills its blocks, and after a jump. */
    for (int round = 0; round < 3 && right; round++) {
      size_t skipped;
      right = on_threads(reader) && rowcast_reader_next(reader, &block, NULL) == ROWCAST_OK && block.rows > 0 &&
              rowcast_reader_skip(reader, round == 1 ? ROWS / 2 : 1, &skipped, NULL) == ROWCAST_OK;
    }
    rowcast_reader_close(reader);
    fclose(file);
    if (!check_count(tally, right, text)) return false;
  }
  return true;
}
