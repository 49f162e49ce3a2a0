/* SPDX-License-Identifier: BSD-3-Clause */
#include "check_rows.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rowcast/reader.h>

#include "bgzf_builder.h"

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

/* Elements of that type, plain or in BGZF. */
static FILE *file_of(const char *type, bool in_blocks) {
  struct bytes bytes = {0};
  for (size_t i = 0; i < ROWS * COLS; i++) bytes_add_number(&bytes, i % 251, (size_t)(type[2] - '0'), true);
  struct bytes packed = bgzf_of(&bytes, 7001);
  const struct bytes *content = in_blocks ? &packed : &bytes;
  FILE *file = tmpfile();
  if (file == NULL || fwrite(content->data, 1, content->size, file) != content->size) abort();
  fflush(file);
  lseek(fileno(file), 0, SEEK_SET);
  bytes_free(&bytes), bytes_free(&packed);
  return file;
}

bool check_rows_by_number(struct check_tally *tally) {
  static const char *const types[] = {"|u1", ">i2"};
  for (size_t t = 0; t < 4; t++) {
    const bool in_blocks = t >= 2;
    FILE *file = file_of(types[t % 2], in_blocks);
    rowcast_read_options options = ROWCAST_READ_DEFAULTS;
    options.max_bytes = in_blocks ? 1 << 20 : SMALL;
    options.raw_type = types[t % 2];
    options.raw_rank = 2;
    options.raw_dims[0] = ROWS, options.raw_dims[1] = COLS;
    rowcast_reader *reader;
    rowcast_error error;
    rowcast_matrix block;
    char text[CHECK_TEXT] = "rows by number";
    bool right = rowcast_reader_open_fd(&reader, fileno(file), "file", &options, &error) == ROWCAST_OK;
    /* Before the reader has its thread, while that fills its blocks, and after a jump; of BGZF from all rows then. */
    for (int round = 0; round < 3 && right; round++) {
      size_t skipped;
      right = on_threads(reader) && rowcast_reader_next(reader, &block, NULL) == ROWCAST_OK &&
              (block.rows > 0 || in_blocks) &&
              rowcast_reader_skip(reader, round == 1 ? ROWS / 2 : 1, &skipped, NULL) == ROWCAST_OK;
    }
    rowcast_reader_close(reader);
    fclose(file);
    if (!check_count(tally, right, text)) return false;
  }
  return true;
}
