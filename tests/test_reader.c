/* SPDX-License-Identifier: BSD-3-Clause */
/* Rows in blocks: the same rows as in one piece, from files, pipes and gzip; anything that ends early is an error; and
 * what the system may do to a read meanwhile. */
#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <rowcast/io.h>

#include "file_builder.h"
#include "process.h"

static char *folder, *path;

static void set_up(void) { folder = folder_make(), path = path_in(folder, "file"); }
static void tear_down(void) { free(path), folder_remove(folder); }

TestSuite(reader, .init = set_up, .fini = tear_down);

enum { ROWS = 2500, COLS = 30, SMALL = 1 << 14 };

/* Files of ROWS x COLS elements, larger than SMALL. */
enum kind { IDX_U8, IDX_I16, NPY_F32, NPY_F64, RAW_F32, CSV, KINDS };

static struct bytes build(enum kind kind) {
  struct bytes bytes = {0};
  if (kind == IDX_U8 || kind == IDX_I16)
    add_idx_header(&bytes, kind == IDX_U8 ? 0x08 : 0x0b, 3, (const size_t[]){ROWS, 5, COLS / 5});
  if (kind == NPY_F32) add_npy_header(&bytes, 1, "{'descr': '<f4', 'fortran_order': False, 'shape': (2500, 30), }");
  if (kind == NPY_F64) add_npy_header(&bytes, 1, "{'descr': '>f8', 'fortran_order': False, 'shape': (2500, 30), }");
  for (unsigned i = 0; i < ROWS * COLS; i++) {
    char text[16];
    const float single = (float)(i * 7u % 1000u) / 8.0f;
    const double wide = single;
    uint64_t bits;
    uint32_t word;
    memcpy(&bits, &wide, sizeof bits);
    memcpy(&word, &single, sizeof word);
    switch (kind) {
    case IDX_U8: bytes_add_number(&bytes, i * 13 % 251, 1, true); break;
    case IDX_I16: bytes_add_number(&bytes, i * 17, 2, true); break;
    case NPY_F64: bytes_add_number(&bytes, bits, 8, true); break;
    case CSV:
      snprintf(text, sizeof text, "%g%c", wide, (i + 1) % COLS == 0 ? '\n' : ',');
      bytes_add_text(&bytes, text);
      break;
    default: bytes_add_number(&bytes, word, 4, false); break;
    }
  }
  return bytes;
}

static rowcast_read_options options_of(enum kind kind, size_t max_bytes) {
  rowcast_read_options options = {sizeof(rowcast_read_options), .max_bytes = max_bytes};
  if (kind == RAW_F32)
    options.raw_type = "<f4", options.raw_rank = 2, options.raw_dims[0] = ROWS, options.raw_dims[1] = COLS;
  return options;
}

/* Reads all blocks of the file, and compares what comes with the whole matrix, where there is one. */
static rowcast_status read_blocks(const char *from, const rowcast_read_options *options, const rowcast_matrix *whole,
                                  size_t *blocks, rowcast_error *error) {
  rowcast_reader *reader;
  rowcast_matrix block;
  size_t at = 0;
  *blocks = 0;
  rowcast_status status = rowcast_reader_open(&reader, from, options, error);
  if (status != ROWCAST_OK) return status;
  for (;;) {
    status = rowcast_reader_next(reader, &block, error);
    if (status != ROWCAST_OK || block.rows == 0) break;
    ++*blocks;
    if (whole != NULL) {
      cr_assert_eq(block.cols, whole->cols);
      cr_assert_eq(block.dtype, whole->dtype);
      cr_assert_leq(at + block.rows, whole->rows);
      const size_t row = block.cols * (block.dtype == ROWCAST_U8 ? 1 : 4);
      cr_assert(memcmp(block.data, (const char *)whole->data + at * row, block.rows * row) == 0,
                "rows from %zu on differ", at);
    }
    at += block.rows;
  }
  if (status == ROWCAST_OK && whole != NULL) {
    cr_assert_eq(at, whole->rows);
    cr_assert_eq(rowcast_reader_shape(reader)->rows, whole->rows);
    cr_assert_eq(rowcast_reader_shape(reader)->file->rank, whole->file->rank);
    cr_assert(rowcast_reader_next(reader, &block, error) == ROWCAST_OK && block.rows == 0);
  }
  rowcast_reader_close(reader);
  return status;
}

/* Writes the file into a FIFO at `to`, in a process of its own, a few bytes at a time. */
static pid_t feed(const char *from, const char *to) {
  fflush(NULL);
  const pid_t child = fork();
  if (child != 0) return child;
  struct bytes bytes = bytes_read(from);
  FILE *fifo = fopen(to, "wb");
  for (size_t at = 0, part = 1; fifo != NULL && at < bytes.size; at += part, part = part * 3 % 5003 + 1) {
    if (part > bytes.size - at) part = bytes.size - at;
    fwrite(bytes.data + at, 1, part, fifo);
    fflush(fifo);
  }
  _exit(0);
}

Test(reader, blocks_are_the_whole) {
  for (enum kind kind = 0; kind < KINDS; kind++) {
    struct bytes plain = build(kind), packed = {0};
    const size_t half = plain.size / 2;
    /* Two members, cut in the middle of an element. */
    add_gzip(&packed, &(struct gzip_member){.content = plain.data, .size = half + 1, .name = "x"});
    add_gzip(&packed, &(struct gzip_member){.content = plain.data + half + 1, .size = plain.size - half - 1});
    for (int gzipped = 0; gzipped < 2; gzipped++) {
      bytes_write(gzipped ? &packed : &plain, path);
      rowcast_matrix whole;
      rowcast_error error;
      rowcast_read_options options = options_of(kind, 0);
      cr_assert(rowcast_matrix_read(&whole, path, &options, &error) == ROWCAST_OK, "%s", error.text);
      cr_assert_eq(whole.rows, ROWS);
      static const size_t limits[] = {SMALL, SMALL * 3, 1000};
      for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        size_t blocks;
        options = options_of(kind, limits[i]);
        cr_assert(read_blocks(path, &options, &whole, &blocks, &error) == ROWCAST_OK, "%d: %s", kind, error.text);
        cr_assert_gt(blocks, 5, "%zu blocks", blocks);
        char *fifo = path_in(folder, "fifo");
        cr_assert_eq(mkfifo(fifo, 0600), 0);
        const pid_t feeder = feed(path, fifo);
        cr_assert(read_blocks(fifo, &options, &whole, &blocks, &error) == ROWCAST_OK, "%d: %s", kind, error.text);
        waitpid(feeder, NULL, 0);
        unlink(fifo);
        free(fifo);
      }
      size_t blocks;
      options = options_of(kind, 1 << 30);
      cr_assert(read_blocks(path, &options, &whole, &blocks, &error) == ROWCAST_OK, "%s", error.text);
      if (kind != CSV || !gzipped) cr_assert_eq(blocks, 1);
      rowcast_matrix_free(&whole);
    }
    bytes_free(&plain);
    bytes_free(&packed);
  }
}

/* Blocks or not, a file that ends early, or late, is refused. */
Test(reader, lengths) {
  for (enum kind kind = 0; kind < CSV; kind++) {
    struct bytes plain = build(kind);
    const size_t size = plain.size;
    const size_t cuts[] = {size - 1, size - COLS * 8, size / 2, size / 2 + 1, 70000 % size, size + 1};
    bytes_add(&plain, "x", 1);
    for (int gzipped = 0; gzipped < 2; gzipped++)
      for (size_t i = 0; i < sizeof cuts / sizeof cuts[0]; i++) {
        struct bytes cut = {plain.data, cuts[i], 0}, packed = gzip_of(&cut);
        rowcast_error error;
        size_t blocks;
        rowcast_read_options options = options_of(kind, SMALL);
        bytes_write(gzipped ? &packed : &cut, path);
        cr_assert(read_blocks(path, &options, NULL, &blocks, &error) == ROWCAST_ERR_FORMAT, "%d: %zu of %zu", kind,
                  cuts[i], size);
        cr_assert_not_null(strstr(error.text, cuts[i] < size ? "truncated" : "after the last element"), "%s",
                           error.text);
        options.allow_trailing = true;
        cr_assert_eq(read_blocks(path, &options, NULL, &blocks, &error),
                     cuts[i] < size ? ROWCAST_ERR_FORMAT : ROWCAST_OK);
        /* The compressed bytes themselves cut short. */
        packed.size -= 5;
        bytes_write(&packed, path);
        options.allow_trailing = false;
        if (cuts[i] == size - 1) cr_assert_eq(read_blocks(path, &options, NULL, &blocks, &error), ROWCAST_ERR_FORMAT);
        packed.size += 5;
        bytes_free(&packed);
      }
    bytes_free(&plain);
  }
}

/* A damaged member is noticed at its end, when its rows were handed out: the error still comes. */
Test(reader, wrong_checksums) {
  struct bytes plain = build(IDX_U8);
  for (int which = 0; which < 2; which++) {
    struct bytes packed = {0};
    add_gzip(&packed, &(struct gzip_member){.content = plain.data,
                                            .size = plain.size,
                                            .crc_difference = which == 0,
                                            .length_difference = which == 1});
    bytes_write(&packed, path);
    rowcast_error error;
    size_t blocks;
    const rowcast_read_options options = options_of(IDX_U8, SMALL);
    cr_assert_eq(read_blocks(path, &options, NULL, &blocks, &error), ROWCAST_ERR_FORMAT);
    cr_assert_not_null(strstr(error.text, which == 0 ? "wrong CRC" : "wrong length"), "%s", error.text);
    bytes_free(&packed);
  }
  bytes_free(&plain);
}

Test(reader, formats_without_blocks) {
  struct bytes bytes = {0};
  add_npy_header(&bytes, 1, "{'descr': '<f4', 'fortran_order': True, 'shape': (2500, 30), }");
  bytes_add_fill(&bytes, 0, ROWS * COLS * 4);
  bytes_write(&bytes, path);
  bytes_free(&bytes);
  rowcast_error error;
  size_t blocks;
  rowcast_read_options options = options_of(NPY_F32, SMALL);
  cr_assert_eq(read_blocks(path, &options, NULL, &blocks, &error), ROWCAST_ERR_LIMIT);
  cr_assert_not_null(strstr(error.text, "limit"), "%s", error.text);
  options.max_bytes = 1 << 22;
  cr_assert_eq(read_blocks(path, &options, NULL, &blocks, &error), ROWCAST_OK);
  cr_assert_eq(blocks, 1);
}

static bool after_a_while(void *user) { return --*(int *)user < 0; }

/* A pipe that falls silent does not hold its reader for ever. */
Test(reader, cancelled_and_closed, .timeout = 20) {
  cr_assert_eq(mkfifo(path, 0600), 0);
  fflush(NULL);
  const pid_t feeder = fork();
  if (feeder == 0) {
    struct bytes bytes = build(IDX_U8);
    FILE *fifo = fopen(path, "wb");
    fwrite(bytes.data, 1, 70000, fifo);
    fflush(fifo);
    pause();
    _exit(0);
  }
  int looks = 3;
  rowcast_read_options options = options_of(IDX_U8, SMALL);
  options.cancelled = after_a_while;
  options.user = &looks;
  rowcast_error error;
  size_t blocks;
  cr_assert_eq(read_blocks(path, &options, NULL, &blocks, &error), ROWCAST_ERR_CANCELLED);
  cr_assert_not_null(strstr(error.text, "interrupted"), "%s", error.text);
  kill(feeder, SIGKILL);
  waitpid(feeder, NULL, 0);
}

Test(reader, closed_early) {
  struct bytes bytes = build(NPY_F64);
  bytes_write(&bytes, path);
  bytes_free(&bytes);
  for (int i = 0; i < 200; i++) {
    rowcast_reader *reader;
    rowcast_matrix block;
    const rowcast_read_options options = options_of(NPY_F64, SMALL);
    cr_assert_eq(rowcast_reader_open(&reader, path, &options, NULL), ROWCAST_OK);
    for (int j = 0; j < i % 4; j++) cr_assert_eq(rowcast_reader_next(reader, &block, NULL), ROWCAST_OK);
    rowcast_reader_close(reader);
  }
  rowcast_reader_close(NULL);
}

Test(reader, arguments) {
  rowcast_reader *reader;
  cr_assert_eq(rowcast_reader_open(&reader, NULL, NULL, NULL), ROWCAST_ERR_ARGUMENT);
  cr_assert_eq(rowcast_reader_open(NULL, path, NULL, NULL), ROWCAST_ERR_ARGUMENT);
  cr_assert_eq(rowcast_reader_open(&reader, path, NULL, NULL), ROWCAST_ERR_NOT_FOUND);
  cr_assert_null(reader);
  const rowcast_read_options options = {sizeof(rowcast_read_options), .raw_type = "<f3", .raw_rank = 1};
  cr_assert_eq(rowcast_reader_open(&reader, path, &options, NULL), ROWCAST_ERR_ARGUMENT);
}

/* A file that is cut and made whole again all the time while it is read: rows or an error, never a signal. */
static atomic_bool done;

static void *cut_and_restore(void *argument) {
  const struct bytes *bytes = argument;
  for (unsigned i = 0; !atomic_load(&done); i++) {
    if (truncate(path, (off_t)(i * 7919u % bytes->size)) != 0) abort();
    bytes_write(bytes, path);
  }
  return NULL;
}

Test(reader, file_cut_while_read) {
  enum { TRIES = 1000 };
  struct bytes bytes = build(IDX_U8);
  bytes_write(&bytes, path);
  pthread_t thread;
  cr_assert_eq(pthread_create(&thread, NULL, cut_and_restore, &bytes), 0);
  size_t read = 0, refused = 0;
  for (int i = 0; i < TRIES; i++) {
    rowcast_error error;
    size_t blocks;
    const rowcast_read_options options = options_of(IDX_U8, i % 2 == 0 ? SMALL : 0);
    const rowcast_status status = read_blocks(path, &options, NULL, &blocks, &error);
    /* Cut to less than a header it could be anything, and nothing of unknown size is read beyond the limit. */
    cr_assert(status == ROWCAST_OK || status == ROWCAST_ERR_FORMAT || (status == ROWCAST_ERR_LIMIT && i % 2 == 0), "%s",
              error.text);
    status == ROWCAST_OK ? read++ : refused++;
  }
  atomic_store(&done, true);
  pthread_join(thread, NULL);
  bytes_free(&bytes);
  cr_assert_gt(refused, 0, "%zu read, %zu refused", read, refused);
}

static void nothing(int number) { (void)number; }

/* Signals that interrupt every read there is. */
Test(reader, interrupted_reads) {
  struct bytes bytes = build(NPY_F32);
  bytes_write(&bytes, path);
  rowcast_matrix whole;
  rowcast_read_options options = options_of(NPY_F32, 0);
  cr_assert_eq(rowcast_matrix_read(&whole, path, &options, NULL), ROWCAST_OK);
  struct sigaction action = {.sa_handler = nothing};
  cr_assert_eq(sigaction(SIGALRM, &action, NULL), 0); /* without SA_RESTART */
  const struct itimerval often = {{0, 200}, {0, 200}}, never = {{0, 0}, {0, 0}};
  char *fifo = path_in(folder, "fifo");
  cr_assert_eq(mkfifo(fifo, 0600), 0);
  for (int i = 0; i < 10; i++) {
    const pid_t feeder = feed(path, fifo);
    setitimer(ITIMER_REAL, &often, NULL);
    rowcast_error error;
    size_t blocks;
    options = options_of(NPY_F32, i % 2 == 0 ? SMALL : 1 << 24);
    const rowcast_status status = read_blocks(fifo, &options, &whole, &blocks, &error);
    setitimer(ITIMER_REAL, &never, NULL);
    cr_assert(status == ROWCAST_OK, "%s", error.text);
    while (waitpid(feeder, NULL, 0) < 0 && errno == EINTR) continue;
  }
  free(fifo);
  rowcast_matrix_free(&whole);
  bytes_free(&bytes);
}
