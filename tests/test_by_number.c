/* SPDX-License-Identifier: BSD-3-Clause */
/* Rows by their numbers, and the calls that move one place through the rows: whatever the file, the stride and the
 * sequence of calls, they are the rows of the whole matrix. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rowcast/io.h>

#include "bgzf_builder.h"
#include "file_builder.h"
#include "process.h"
#include "scene.h"

#define PLAY(name) cr_expect_eq(scene_play(#name, NULL), 0)

enum { ROWS = 3000, COLS = 29, ROW_MAX = 40, SMALL = 1 << 14 };

static char *folder, *path;

static void set_up(void) { folder = folder_make(), path = path_in(folder, "file"); }
static void tear_down(void) { free(path), folder_remove(folder); }

TestSuite(by_number, .init = set_up, .fini = tear_down);

/* ---- Files ---- */

static const char *const types[] = {"|u1", "<f4", ">f4", "<f8", ">f8", "<f2", "|i1", "|b1", "<i2", ">u2", "<i4", ">i8"};
enum { TYPES = sizeof types / sizeof types[0] };
enum container { IDX, NPY, RAW, CONTAINERS };

static uint64_t element(const char *type, size_t i) {
  const double value = (double)(i * 7u % 1000u) / 8.0;
  uint64_t bits = i * UINT64_C(0x9e3779b97f4a7c15) >> 20;
  if (type[1] == 'f' && type[2] == '8') memcpy(&bits, &value, sizeof bits);
  else if (type[1] == 'f' && type[2] == '4') {
    const float single = (float)value;
    uint32_t word;
    memcpy(&word, &single, sizeof word);
    bits = word;
  } else if (type[1] == 'f') bits &= 0x7bff; /* no NaN: which one may differ */
  return bits;
}

static struct bytes build(enum container container, const char *type) {
  struct bytes bytes = {0};
  char dictionary[100];
  snprintf(dictionary, sizeof dictionary, "{'descr': '%s', 'fortran_order': False, 'shape': (%d, %d), }", type, ROWS,
           COLS);
  if (container == IDX) add_idx_header(&bytes, 0x08, 2, (const size_t[]){ROWS, COLS});
  else if (container == NPY) add_npy_header(&bytes, 1, dictionary);
  else bytes_add_text(&bytes, "before");
  for (size_t i = 0; i < ROWS * COLS; i++)
    bytes_add_number(&bytes, element(type, i), (size_t)(type[2] - '0'), type[0] == '>');
  return bytes;
}

static rowcast_read_options options_of(enum container container, const char *type, size_t max_bytes) {
  rowcast_read_options options = ROWCAST_READ_DEFAULTS;
  options.max_bytes = max_bytes;
  if (container != RAW) return options;
  options.raw_type = type;
  options.raw_rank = 2;
  options.raw_dims[0] = ROWS, options.raw_dims[1] = COLS;
  options.raw_offset = strlen("before");
  return options;
}

static rowcast_reader *open_reader(const rowcast_read_options *options) {
  rowcast_reader *reader;
  rowcast_error error;
  cr_assert(rowcast_reader_open(&reader, path, options, &error) == ROWCAST_OK, "%s", error.text);
  return reader;
}

static size_t size_of(const rowcast_matrix *matrix) { return matrix->dtype == ROWCAST_U8 ? 1 : sizeof(float); }

/* Memory for rows, with a mark in every byte. */
static unsigned char place[ROWS * ROW_MAX * sizeof(float)];
static void mark(void) { memset(place, 0xa5, sizeof place); }

/* Are there the rows [begin, end) of the whole, ldx elements apart, and marks between and after them? */
static bool are_rows(const rowcast_matrix *whole, size_t begin, size_t end, size_t ldx) {
  const size_t size = size_of(whole), row = whole->cols * size;
  const unsigned char *at = place;
  for (size_t i = begin; i < end; i++, at += ldx * size) {
    if (memcmp(at, (const unsigned char *)whole->data + i * row, row) != 0) return false;
    for (size_t j = row; j < ldx * size; j++)
      if (at[j] != 0xa5) return false;
  }
  for (size_t j = 0; j < 64 && at + j < place + sizeof place; j++)
    if (at[j] != 0xa5) return false;
  return true;
}

static unsigned random_state;
static size_t some(size_t below) {
  random_state = random_state * 1664525u + 1013904223u;
  return (size_t)(random_state >> 8) % below;
}

/* ---- By number ---- */

Test(by_number, rows_of_any_type_and_stride) {
  for (enum container container = 0; container < CONTAINERS; container++)
    for (size_t t = 0; t < (container == IDX ? 2 : 2 * TYPES); t++) {
      const bool in_blocks = t % 2 == 1;
      const char *type = types[t / 2];
      struct bytes bytes = build(container, type), packed = bgzf_of(&bytes, 10007);
      bytes_write(in_blocks ? &packed : &bytes, path);
      bytes_free(&bytes), bytes_free(&packed);
      rowcast_matrix whole;
      rowcast_read_options options = options_of(container, type, 0);
      cr_assert_eq(rowcast_matrix_read(&whole, path, &options, NULL), ROWCAST_OK);
      for (int blocks = 0; blocks < (in_blocks ? 1 : 2); blocks++) {
        options.max_bytes = blocks ? SMALL : 0;
        rowcast_reader *reader = open_reader(&options);
        const rowcast_matrix *shape = rowcast_reader_shape(reader);
        cr_assert(rowcast_reader_seekable(reader));
        cr_assert(shape->rows == ROWS && shape->cols == COLS && shape->dtype == whole.dtype);
        static const size_t ends[][2] = {{0, 0},       {0, 1},       {ROWS - 1, ROWS}, {0, ROWS},
                                         {ROWS, ROWS}, {7, 7 + 300}, {100, 102}};
        for (size_t i = 0; i < 60; i++) {
          const bool given = i < sizeof ends / sizeof ends[0];
          const size_t begin = given ? ends[i][0] : some(ROWS), end = given ? ends[i][1] : begin + some(ROWS - begin);
          const size_t ldx = i % 2 ? COLS : COLS + some(ROW_MAX - COLS);
          rowcast_error error;
          mark();
          cr_assert(rowcast_reader_rows(reader, begin, end, place, ldx, &error) == ROWCAST_OK, "%s", error.text);
          cr_assert(are_rows(&whole, begin, end, ldx), "%d, %s: rows %zu:%zu, %zu apart", container, type, begin, end,
                    ldx);
        }
        rowcast_reader_close(reader);
      }
      rowcast_matrix_free(&whole);
    }
}

/* What is in memory, once it is. */
Test(by_number, rows_that_the_reader_holds) {
  struct bytes bytes = build(NPY, "<i2"), packed = gzip_of(&bytes);
  bytes_write(&packed, path);
  rowcast_matrix whole, block, taken;
  cr_assert_eq(rowcast_matrix_read(&whole, path, NULL, NULL), ROWCAST_OK);
  rowcast_reader *reader = open_reader(NULL);
  rowcast_error error;
  cr_assert(!rowcast_reader_seekable(reader));
  cr_assert_eq(rowcast_reader_rows(reader, 0, 1, place, COLS, &error), ROWCAST_ERR_UNSUPPORTED);
  cr_assert_not_null(strstr(error.text, "in order only"), "%s", error.text);
  cr_assert_eq(rowcast_reader_next(reader, &block, NULL), ROWCAST_OK);
  cr_assert(rowcast_reader_seekable(reader));
  mark();
  cr_assert_eq(rowcast_reader_rows(reader, 5, 900, place, COLS + 2, NULL), ROWCAST_OK);
  cr_assert(are_rows(&whole, 5, 900, COLS + 2));
  cr_assert(rowcast_reader_take(reader, &taken));
  cr_assert(!rowcast_reader_seekable(reader));
  rowcast_reader_close(reader);
  rowcast_matrix_free(&taken);
  /* Blocks are not all of it. */
  const rowcast_read_options options = options_of(NPY, NULL, SMALL);
  reader = open_reader(&options);
  cr_assert_eq(rowcast_reader_next(reader, &block, NULL), ROWCAST_OK);
  cr_assert(!rowcast_reader_seekable(reader));
  rowcast_reader_close(reader);
  rowcast_matrix_free(&whole);
  bytes_free(&packed);
  bytes_free(&bytes);
}

Test(by_number, arguments) {
  struct bytes bytes = build(IDX, "|u1");
  bytes_write(&bytes, path);
  bytes_free(&bytes);
  rowcast_reader *reader = open_reader(NULL);
  static const struct {
    size_t begin, end, ldx;
    rowcast_status status;
  } cases[] = {{1, 0, COLS, ROWCAST_ERR_ARGUMENT},
               {0, ROWS + 1, COLS, ROWCAST_ERR_ARGUMENT},
               {ROWS + 1, ROWS + 1, COLS, ROWCAST_ERR_ARGUMENT},
               {0, SIZE_MAX, COLS, ROWCAST_ERR_ARGUMENT},
               {0, 2, COLS - 1, ROWCAST_ERR_ARGUMENT},
               {0, 2, 0, ROWCAST_ERR_ARGUMENT},
               {0, 2, SIZE_MAX / 2 + 1, ROWCAST_ERR_OVERFLOW},
               {0, 3, SIZE_MAX / 2, ROWCAST_ERR_OVERFLOW},
               {0, 1, 0, ROWCAST_OK},
               {ROWS, ROWS, 0, ROWCAST_OK}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    rowcast_error error;
    cr_expect_eq(rowcast_reader_rows(reader, cases[i].begin, cases[i].end, place, cases[i].ldx, &error),
                 cases[i].status, "case %zu", i);
    if (i < 3) continue;
    size_t rows = 7;
    const size_t most = cases[i].end == SIZE_MAX ? SIZE_MAX / 8 : cases[i].end - cases[i].begin;
    if (cases[i].end == SIZE_MAX) {
      cr_expect_eq(rowcast_reader_read(reader, SIZE_MAX, place, COLS, &rows, &error), ROWCAST_ERR_OVERFLOW);
      continue;
    }
    cr_expect_eq(rowcast_reader_read(reader, most, place, cases[i].ldx, &rows, &error), cases[i].status, "case %zu", i);
    cr_expect_eq(rows, cases[i].status == ROWCAST_OK ? most : 0);
  }
  /* A wrong argument changes nothing: one row was read. */
  rowcast_matrix block;
  cr_assert_eq(rowcast_reader_next(reader, &block, NULL), ROWCAST_OK);
  cr_assert_eq(block.rows, ROWS - 1);
  cr_expect_eq(rowcast_reader_rows(reader, 0, 1, NULL, COLS, NULL), ROWCAST_ERR_ARGUMENT);
  cr_expect_eq(rowcast_reader_rows(reader, 1, 1, NULL, COLS, NULL), ROWCAST_OK);
  rowcast_reader_close(reader);
  cr_expect(!rowcast_reader_seekable(NULL));
}

/* ---- The file's length ---- */

Test(by_number, length_is_checked_at_open) {
  struct bytes bytes = build(NPY, ">f8");
  const size_t size = bytes.size;
  for (int blocks = 0; blocks < 2; blocks++) {
    rowcast_read_options options = options_of(NPY, NULL, blocks ? SMALL : 0);
    rowcast_reader *reader;
    rowcast_error error;
    bytes.size = size - 1;
    bytes_write(&bytes, path);
    cr_assert_eq(rowcast_reader_open(&reader, path, &options, &error), ROWCAST_ERR_FORMAT);
    cr_assert_not_null(strstr(error.text, "truncated"), "%s", error.text);
    bytes.size = size;
    bytes_add(&bytes, "xyz", 3);
    bytes_write(&bytes, path);
    cr_assert_eq(rowcast_reader_open(&reader, path, &options, &error), ROWCAST_ERR_FORMAT);
    cr_assert_not_null(strstr(error.text, "3 bytes after the last element"), "%s", error.text);
    options.allow_trailing = true;
    cr_assert_eq(rowcast_reader_open(&reader, path, &options, &error), ROWCAST_OK);
    mark();
    cr_assert_eq(rowcast_reader_rows(reader, ROWS - 1, ROWS, place, COLS, NULL), ROWCAST_OK);
    rowcast_reader_close(reader);
  }
  bytes_free(&bytes);
}

/* A file that has become shorter is an error that names the byte; what is still there can be read. */
Test(by_number, file_that_shrinks) {
  for (size_t t = 0; t < 4; t++) {
    struct bytes bytes = build(RAW, types[t]);
    const size_t element_bytes = (size_t)(types[t][2] - '0'), end = 6 + (100 * COLS + 3) * element_bytes;
    bytes_write(&bytes, path);
    const rowcast_read_options options = options_of(RAW, types[t], 0);
    rowcast_matrix whole;
    cr_assert_eq(rowcast_matrix_read(&whole, path, &options, NULL), ROWCAST_OK);
    rowcast_reader *reader = open_reader(&options);
    cr_assert_eq(truncate(path, (off_t)end), 0);
    rowcast_error error;
    char wanted[64];
    snprintf(wanted, sizeof wanted, "ends at byte %zu now, in row 100 of %d", end, ROWS);
    cr_expect_eq(rowcast_reader_rows(reader, 50, 101, place, COLS + (t % 2), &error), ROWCAST_ERR_FORMAT);
    cr_expect_not_null(strstr(error.text, wanted), "%s", error.text);
    mark();
    cr_expect_eq(rowcast_reader_rows(reader, 0, 100, place, COLS, &error), ROWCAST_OK);
    cr_expect(are_rows(&whole, 0, 100, COLS));
    bytes_write(&bytes, path);
    mark();
    cr_expect_eq(rowcast_reader_rows(reader, 50, 1000, place, COLS, &error), ROWCAST_OK);
    cr_expect(are_rows(&whole, 50, 1000, COLS));
    size_t rows;
    cr_assert_eq(truncate(path, (off_t)end), 0);
    cr_expect_eq(rowcast_reader_read(reader, ROWS, place, COLS, &rows, &error), ROWCAST_ERR_FORMAT);
    cr_expect_eq(rows, 0);
    cr_expect_eq(rowcast_reader_read(reader, 1, place, COLS, &rows, &error), ROWCAST_ERR_FORMAT);
    cr_expect_not_null(strstr(error.text, "has failed before"), "%s", error.text);
    rowcast_reader_close(reader);
    rowcast_matrix_free(&whole);
    bytes_free(&bytes);
  }
}

/* ---- One place ---- */

/* Any sequence of the three calls gives the rows in order, and rows by number in between are where they were. */
static void walk(const rowcast_matrix *whole, rowcast_reader *reader, unsigned calls) {
  size_t at = 0;
  for (;;) {
    const size_t most = some(ROWS / (1 + some(50)) + 1);
    size_t count = 0;
    switch (some(calls)) {
    case 0: {
      rowcast_matrix block;
      cr_assert_eq(rowcast_reader_next(reader, &block, NULL), ROWCAST_OK);
      cr_assert(block.rows == 0 || (block.cols == whole->cols && block.stride == whole->cols));
      memset(place, 0xa5, (block.rows + 2) * ROW_MAX);
      memcpy(place, block.data != NULL ? block.data : "", block.rows * whole->cols * size_of(whole));
      cr_assert_leq(at + block.rows, whole->rows);
      cr_assert(memcmp(place, (const unsigned char *)whole->data + at * whole->cols * size_of(whole),
                       block.rows * whole->cols * size_of(whole)) == 0);
      if (block.rows == 0) cr_assert_eq(at, whole->rows);
      at += block.rows;
      break;
    }
    case 1: {
      const size_t ldx = COLS + some(3);
      mark();
      cr_assert_eq(rowcast_reader_read(reader, most, place, ldx, &count, NULL), ROWCAST_OK);
      cr_assert(are_rows(whole, at, at + count, ldx));
      cr_assert(count == most || at + count == whole->rows, "%zu of %zu", count, most);
      at += count;
      break;
    }
    case 2:
      cr_assert_eq(rowcast_reader_skip(reader, most, &count, NULL), ROWCAST_OK);
      cr_assert(count == most || at + count == whole->rows);
      at += count;
      break;
    default: {
      const size_t begin = some(whole->rows), end = begin + some(whole->rows - begin);
      if (!rowcast_reader_seekable(reader)) break;
      mark();
      cr_assert_eq(rowcast_reader_rows(reader, begin, end, place, COLS, NULL), ROWCAST_OK);
      cr_assert(are_rows(whole, begin, end, COLS));
    }
    }
    cr_assert_leq(at, whole->rows);
    if (at == whole->rows && some(4) == 0) break;
  }
  size_t rows = 1;
  rowcast_matrix block;
  cr_assert(rowcast_reader_read(reader, 5, place, COLS, &rows, NULL) == ROWCAST_OK && rows == 0);
  cr_assert(rowcast_reader_skip(reader, 5, &rows, NULL) == ROWCAST_OK && rows == 0);
  cr_assert(rowcast_reader_next(reader, &block, NULL) == ROWCAST_OK && block.rows == 0);
}

Test(by_number, calls_in_any_sequence, .timeout = 120) {
  static const size_t limits[] = {0, SMALL, 3000, SMALL * 8};
  for (int kind = 0; kind < 5; kind++) {
    struct bytes bytes = {0};
    rowcast_read_options options = options_of(kind == 3 ? RAW : NPY, ">f8", 0);
    if (kind < 4) bytes = build(kind == 3 ? RAW : NPY, kind == 0 ? "|u1" : kind == 1 ? "<f4" : ">f8");
    else
      for (size_t i = 0; i < ROWS * COLS; i++) {
        char number[16];
        snprintf(number, sizeof number, "%zu%c", i % 977, (i + 1) % COLS == 0 ? '\n' : ',');
        bytes_add_text(&bytes, number);
      }
    for (int gzipped = 0; gzipped < 3; gzipped++) {
      struct bytes packed = gzipped == 2 ? bgzf_of(&bytes, 10007) : gzip_of(&bytes);
      bytes_write(gzipped ? &packed : &bytes, path);
      bytes_free(&packed);
      rowcast_matrix whole;
      options.max_bytes = 0;
      cr_assert_eq(rowcast_matrix_read(&whole, path, &options, NULL), ROWCAST_OK);
      for (unsigned i = 0; i < 24; i++) {
        random_state = i * 7919u + (unsigned)kind;
        /* Of BGZF of float64 the blocks by number, and a thread for rows in order. */
        options.max_bytes = gzipped == 2 && i % 4 == 1 ? 1 << 20 : limits[i % 4];
        rowcast_reader *reader = open_reader(&options);
        walk(&whole, reader, i % 2 ? 3 : 4);
        rowcast_matrix taken;
        if (rowcast_reader_take(reader, &taken)) {
          cr_assert_eq(taken.rows, ROWS);
          rowcast_matrix_free(&taken);
        }
        rowcast_reader_close(reader);
      }
      rowcast_matrix_free(&whole);
    }
    bytes_free(&bytes);
  }
}

/* ---- The shape ---- */

Test(by_number, shape_is_known_at_open) {
  struct bytes bytes = build(NPY, ">i8");
  for (int gzipped = 0; gzipped < 2; gzipped++)
    for (int blocks = 0; blocks < 2; blocks++) {
      struct bytes packed = gzip_of(&bytes);
      bytes_write(gzipped ? &packed : &bytes, path);
      bytes_free(&packed);
      const rowcast_read_options options = options_of(NPY, NULL, blocks ? SMALL : 0);
      rowcast_reader *reader = open_reader(&options);
      const rowcast_matrix *shape = rowcast_reader_shape(reader);
      cr_expect(shape->rows == ROWS && shape->cols == COLS && shape->stride == COLS && shape->data == NULL);
      cr_expect(shape->dtype == ROWCAST_F32 && shape->unit == 1.0f);
      cr_expect(shape->file->rank == 2 && shape->file->dims[0] == ROWS && shape->file->dims[1] == COLS);
      cr_expect_eq(shape->file->gzipped, gzipped == 1);
      cr_expect_str_eq(shape->file->element, "i8");
      cr_expect_str_eq(shape->file->format, "npy");
      rowcast_reader_close(reader);
    }
  bytes_free(&bytes);
  /* Of CSV the format, then the columns. */
  bytes_add_text(&bytes, "1,2,3\n4,5,6\n");
  bytes_write(&bytes, path);
  rowcast_reader *reader = open_reader(NULL);
  const rowcast_matrix *shape = rowcast_reader_shape(reader);
  cr_expect(shape->rows == SIZE_MAX && shape->cols == 0 && shape->file->dims[0] == SIZE_MAX);
  cr_expect_str_eq(shape->file->format, "csv");
  size_t rows;
  float x[3];
  cr_assert(rowcast_reader_read(reader, 1, x, 3, &rows, NULL) == ROWCAST_OK && rows == 1);
  cr_expect(x[0] == 1.0f && x[2] == 3.0f);
  cr_expect(shape->rows == 2 && shape->cols == 3 && shape->file->dims[0] == 2 && shape->file->dims[1] == 3);
  rowcast_reader_close(reader);
  bytes_free(&bytes);
}

/* ---- Threads ---- */

static rowcast_reader *shared;
static rowcast_matrix all;

static void *read_some(void *argument) {
  unsigned state = *(unsigned *)argument, wrong = 0;
  float *x = malloc(ROWS * COLS * sizeof *x);
  for (int i = 0; i < 300 && x != NULL; i++) {
    state = state * 1664525u + 1013904223u;
    const size_t begin = (state >> 8) % ROWS, count = (state >> 4) % (ROWS - begin);
    wrong += rowcast_reader_rows(shared, begin, begin + count, x, COLS, NULL) != ROWCAST_OK ||
             memcmp(x, (const float *)all.data + begin * COLS, count * COLS * sizeof *x) != 0;
  }
  free(x);
  *(unsigned *)argument = wrong + (x == NULL);
  return NULL;
}

Test(by_number, threads) {
  enum { THREADS = 4 };
  struct bytes bytes = build(NPY, "<f4"), wide = build(NPY, ">f8"), packed = gzip_of(&bytes),
               blocks = bgzf_of(&wide, 10007);
  const struct bytes *const files[] = {&bytes, &wide, &packed, &blocks};
  for (int f = 0; f < 4; f++) {
    rowcast_matrix block;
    bytes_write(files[f], path);
    cr_assert_eq(rowcast_matrix_read(&all, path, NULL, NULL), ROWCAST_OK);
    shared = open_reader(NULL);
    if (f == 2) cr_assert_eq(rowcast_reader_next(shared, &block, NULL), ROWCAST_OK);
    pthread_t threads[THREADS];
    unsigned states[THREADS];
    for (unsigned i = 0; i < THREADS; i++) {
      states[i] = i;
      cr_assert_eq(pthread_create(&threads[i], NULL, read_some, &states[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++) {
      pthread_join(threads[i], NULL);
      cr_expect_eq(states[i], 0, "file %d: %u wrong", f, states[i]);
    }
    rowcast_reader_close(shared);
    rowcast_matrix_free(&all);
  }
  bytes_free(&blocks);
  bytes_free(&packed);
  bytes_free(&wide);
  bytes_free(&bytes);
}

/* ---- Threads of its own, and children ---- */

SCENE(no_thread) {
  set_up();
  struct bytes bytes = build(NPY, "<f4");
  bytes_write(&bytes, path);
  bytes_free(&bytes);
  const rowcast_read_options options = options_of(NPY, NULL, SMALL);
  rowcast_reader *reader;
  rowcast_matrix block;
  size_t rows;
  SCENE_EXPECT(rowcast_reader_open(&reader, path, &options, NULL) == ROWCAST_OK);
  SCENE_EXPECT(rowcast_reader_rows(reader, 1, 9, place, COLS, NULL) == ROWCAST_OK);
  SCENE_EXPECT(rowcast_reader_read(reader, 10, place, COLS, &rows, NULL) == ROWCAST_OK && rows == 10);
  SCENE_EXPECT(rowcast_reader_skip(reader, 10, &rows, NULL) == ROWCAST_OK && rows == 10);
  SCENE_EXPECT(scene_tasks() == 1);
  SCENE_EXPECT(rowcast_reader_next(reader, &block, NULL) == ROWCAST_OK && block.rows > 0);
  SCENE_EXPECT(scene_tasks() == 2);
  rowcast_reader_close(reader);
  SCENE_EXPECT(scene_is_alone());
  tear_down();
  return scene_failures;
}
Test(by_number_alone, needs_no_thread, .timeout = 60) { PLAY(no_thread); }

static rowcast_reader *inherited;

static int reads_by_number(void) {
  size_t rows;
  rowcast_error error;
  mark();
  SCENE_EXPECT(rowcast_reader_seekable(inherited));
  SCENE_EXPECT(rowcast_reader_rows(inherited, 5, 2000, place, COLS + 1, NULL) == ROWCAST_OK);
  SCENE_EXPECT(are_rows(&all, 5, 2000, COLS + 1));
  SCENE_EXPECT(rowcast_reader_read(inherited, 1, place, COLS, &rows, &error) == ROWCAST_ERR_ARGUMENT);
  SCENE_EXPECT(strstr(error.text, "fork") != NULL);
  SCENE_EXPECT(rowcast_reader_skip(inherited, 1, &rows, &error) == ROWCAST_ERR_ARGUMENT);
  rowcast_reader_close(inherited);
  return scene_failures;
}

/* Before and after the reader has its thread, and when it holds all rows; of BGZF too. */
SCENE(children) {
  set_up();
  struct bytes bytes = build(NPY, ">f8"), packed = bgzf_of(&bytes, 10007);
  bytes_write(&bytes, path);
  SCENE_EXPECT(rowcast_matrix_read(&all, path, NULL, NULL) == ROWCAST_OK);
  for (int moment = 0; moment < 6; moment++) {
    const bool in_blocks = moment > 3;
    const rowcast_read_options options = options_of(NPY, NULL, in_blocks ? 1 << 20 : moment == 3 ? 0 : SMALL);
    if (in_blocks) bytes_write(&packed, path);
    rowcast_matrix block = {.rows = 0};
    size_t rows;
    SCENE_EXPECT(rowcast_reader_open(&inherited, path, &options, NULL) == ROWCAST_OK);
    if (moment % 4 > 0) SCENE_EXPECT(rowcast_reader_next(inherited, &block, NULL) == ROWCAST_OK && block.rows > 0);
    if (moment == 2) usleep(50000);
    SCENE_EXPECT(scene_child(reads_by_number) == 0);
    mark();
    SCENE_EXPECT(rowcast_reader_read(inherited, ROWS, place, COLS, &rows, NULL) == ROWCAST_OK);
    SCENE_EXPECT(rows == ROWS - block.rows && are_rows(&all, block.rows, ROWS, COLS));
    rowcast_reader_close(inherited);
  }
  rowcast_matrix_free(&all);
  bytes_free(&bytes), bytes_free(&packed);
  tear_down();
  return scene_failures;
}
Test(by_number_alone, children_read_by_number, .timeout = 60) { PLAY(children); }
