/* SPDX-License-Identifier: BSD-3-Clause */
/* Readers of descriptors and of a program's own functions: the same as of files, whatever the functions do. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <rowcast/io.h>

#include "file_builder.h"
#include "process.h"

enum { ROWS = 2000, COLS = 20, SMALL = 1 << 14 };

static char *folder, *path;

static void set_up(void) { folder = folder_make(), path = path_in(folder, "file"); }
static void tear_down(void) { free(path), folder_remove(folder); }

TestSuite(streams, .init = set_up, .fini = tear_down);

/* An NPY of bytes, of float64, CSV. */
enum { KINDS = 3 };
static struct bytes build(int kind) {
  struct bytes bytes = {0};
  if (kind == 0) add_npy_header(&bytes, 1, "{'descr': '|u1', 'fortran_order': False, 'shape': (2000, 20), }");
  if (kind == 1) add_npy_header(&bytes, 1, "{'descr': '>f8', 'fortran_order': False, 'shape': (2000, 20), }");
  for (size_t i = 0; i < ROWS * COLS; i++) {
    const double value = (double)(i % 977);
    uint64_t bits;
    char number[16];
    memcpy(&bits, &value, sizeof bits);
    snprintf(number, sizeof number, "%zu%c", i % 977, (i + 1) % COLS == 0 ? '\n' : ',');
    if (kind == 2) bytes_add_text(&bytes, number);
    else bytes_add_number(&bytes, kind == 0 ? i % 251 : bits, kind == 0 ? 1 : 8, true);
  }
  return bytes;
}

/* ---- Streams ---- */

/* Bytes, and how they are given. */
struct giver {
  struct bytes bytes;
  size_t at;
  size_t most;                    /* at once; 0: as many as are wanted */
  size_t fails_from;              /* the byte from which on reading fails; 0: never */
  int number;                     /* errno of that */
  bool interrupted, greedy, slow; /* every other call; one byte more than asked for; takes a while */
  atomic_uint streams;
};

static ptrdiff_t give(struct giver *giver, void *buffer, size_t bytes, size_t at) {
  const unsigned call = atomic_fetch_add(&giver->streams, 1);
  const struct timespec while_ = {0, 30000000};
  if (giver->slow) nanosleep(&while_, NULL);
  if (giver->interrupted && call % 2 == 0) {
    errno = EINTR;
    return -1;
  }
  if (giver->fails_from > 0 && at >= giver->fails_from) {
    errno = giver->number;
    return -1;
  }
  if (giver->greedy && at > 0) {
    errno = giver->number; /* of something that it got over */
    return (ptrdiff_t)bytes + 1;
  }
  size_t count = at < giver->bytes.size ? giver->bytes.size - at : 0;
  if (count > bytes) count = bytes;
  if (giver->most > 0 && count > giver->most) count = giver->most;
  if (giver->fails_from > 0 && count > giver->fails_from - at) count = giver->fails_from - at;
  if (count > 0) memcpy(buffer, giver->bytes.data + at, count);
  return (ptrdiff_t)count;
}

static ptrdiff_t give_next(void *user, void *buffer, size_t bytes) {
  struct giver *giver = user;
  const ptrdiff_t count = give(giver, buffer, bytes, giver->at);
  if (count > 0) giver->at += (size_t)count;
  return count;
}

static ptrdiff_t give_at(void *user, void *buffer, size_t bytes, uint64_t offset) {
  return give(user, buffer, bytes, (size_t)offset);
}

static int64_t size_of(void *user) {
  const struct giver *giver = user;
  errno = giver->number;
  return giver->number == ENOTCONN ? -1 : (int64_t)giver->bytes.size;
}

static rowcast_stream stream_of(struct giver *giver, bool places) {
  rowcast_stream stream = ROWCAST_STREAM_DEFAULTS;
  stream.user = giver;
  if (places) stream.read_at = give_at, stream.size = size_of;
  else stream.read = give_next;
  giver->at = 0;
  return stream;
}

static bool same(const rowcast_matrix *a, const rowcast_matrix *b) {
  const size_t size = a->dtype == ROWCAST_U8 ? 1 : sizeof(float);
  return a->rows == b->rows && a->cols == b->cols && a->dtype == b->dtype &&
         memcmp(a->data, b->data, a->rows * a->cols * size) == 0;
}

/* All rows of a reader, in blocks. */
static rowcast_status read_rest(rowcast_reader *reader, const rowcast_matrix *whole, rowcast_error *error) {
  rowcast_matrix block;
  size_t at = 0;
  const size_t row = whole->cols * (whole->dtype == ROWCAST_U8 ? 1 : sizeof(float));
  for (;;) {
    const rowcast_status status = rowcast_reader_next(reader, &block, error);
    if (status != ROWCAST_OK) return status;
    if (block.rows == 0) break;
    cr_assert_leq(at + block.rows, whole->rows);
    cr_assert(memcmp(block.data, (const char *)whole->data + at * row, block.rows * row) == 0);
    at += block.rows;
  }
  cr_assert_eq(at, whole->rows);
  return ROWCAST_OK;
}

Test(streams, are_files) {
  static const size_t most[] = {0, 1, 7, 4096};
  for (int kind = 0; kind < KINDS; kind++)
    for (int gzipped = 0; gzipped < 2; gzipped++) {
      struct giver giver = {.bytes = build(kind)};
      if (gzipped) {
        struct bytes packed = gzip_of(&giver.bytes);
        bytes_free(&giver.bytes);
        giver.bytes = packed;
      }
      rowcast_matrix whole, matrix;
      rowcast_error error;
      cr_assert_eq(rowcast_matrix_read_memory(&whole, giver.bytes.data, giver.bytes.size, "memory", NULL, &error),
                   ROWCAST_OK);
      for (unsigned i = 0; i < 16; i++) {
        giver.most = most[i % 4];
        giver.interrupted = i / 8 == 1;
        const bool places = i / 4 % 2 == 1;
        rowcast_stream stream = stream_of(&giver, places);
        rowcast_status status = rowcast_matrix_read_stream(&matrix, &stream, "stream", NULL, &error);
        cr_assert(status == ROWCAST_OK, "%s", error.text);
        cr_assert(same(&matrix, &whole));
        rowcast_matrix_free(&matrix);
        const rowcast_read_options options = {sizeof options, .max_bytes = i % 3 == 0 ? 0 : SMALL};
        rowcast_reader *reader;
        stream = stream_of(&giver, places);
        status = rowcast_reader_open_stream(&reader, &stream, "stream", &options, &error);
        cr_assert(status == ROWCAST_OK, "%s", error.text);
        memset(&stream, 0xee, sizeof stream); /* it was copied */
        cr_assert_eq(rowcast_reader_seekable(reader), places && !gzipped && kind < 2);
        if (rowcast_reader_seekable(reader)) {
          static float x[300 * (COLS + 1)];
          const size_t element = whole.dtype == ROWCAST_U8 ? 1 : sizeof(float);
          cr_assert_eq(rowcast_reader_rows(reader, 700, 1000, x, COLS, NULL), ROWCAST_OK);
          cr_assert(memcmp(x, (char *)whole.data + 700 * COLS * element, 300 * COLS * element) == 0);
        }
        cr_assert(read_rest(reader, &whole, &error) == ROWCAST_OK, "%s", error.text);
        rowcast_reader_close(reader);
      }
      rowcast_matrix_free(&whole);
      bytes_free(&giver.bytes);
    }
}

/* What a function says of its failure is told; what cannot be is refused. */
Test(streams, that_fail) {
  struct giver giver = {.bytes = build(1), .number = EIO};
  rowcast_matrix matrix;
  rowcast_reader *reader;
  rowcast_error error;
  size_t rows;
  static float x[ROWS * COLS];
  static const int numbers[] = {0, EIO, EOVERFLOW};
  for (int places = 0; places < 2; places++)
    for (int number = 0; number < 3; number++) {
      giver.number = numbers[number];
      giver.fails_from = 200000;
      rowcast_stream stream = stream_of(&giver, places);
      cr_expect_eq(rowcast_matrix_read_stream(&matrix, &stream, "stream", NULL, &error), ROWCAST_ERR_IO);
      cr_expect(strncmp(error.text, "stream: cannot read", 19) == 0, "%s", error.text);
      cr_expect_eq(strstr(error.text, strerror(numbers[number])) != NULL, number > 0, "%s", error.text);
      cr_expect_eq(error.system_error, numbers[number]);
      const rowcast_read_options options = {sizeof options, .max_bytes = SMALL};
      stream = stream_of(&giver, places);
      cr_assert_eq(rowcast_reader_open_stream(&reader, &stream, "stream", &options, &error), ROWCAST_OK);
      if (places) {
        cr_expect_eq(rowcast_reader_rows(reader, 0, ROWS, x, COLS, &error), ROWCAST_ERR_IO);
        cr_expect_eq(rowcast_reader_rows(reader, 0, 1000, x, COLS, &error), ROWCAST_OK);
      }
      cr_expect_eq(rowcast_reader_read(reader, ROWS, x, COLS, &rows, &error), ROWCAST_ERR_IO);
      rowcast_reader_close(reader);
      giver.fails_from = 1;
      stream = stream_of(&giver, places);
      cr_expect_eq(rowcast_reader_open_stream(&reader, &stream, "stream", &options, &error), ROWCAST_ERR_IO);
      cr_expect_null(reader);
      giver.fails_from = 0;
      giver.greedy = true;
      giver.number = EINTR;
      stream = stream_of(&giver, places);
      cr_expect_eq(rowcast_matrix_read_stream(&matrix, &stream, "stream", NULL, &error), ROWCAST_ERR_IO);
      cr_expect_not_null(strstr(error.text, "more bytes came"), "%s", error.text);
      giver.greedy = false;
    }
  rowcast_stream stream = stream_of(&giver, true);
  giver.number = ENOTCONN;
  cr_expect_eq(rowcast_matrix_read_stream(&matrix, &stream, "stream", NULL, &error), ROWCAST_ERR_IO);
  cr_expect_not_null(strstr(error.text, strerror(ENOTCONN)), "%s", error.text);
  stream.size = NULL;
  cr_expect_eq(rowcast_matrix_read_stream(&matrix, &stream, "stream", NULL, &error), ROWCAST_ERR_ARGUMENT);
  cr_expect_not_null(strstr(error.text, "no size"), "%s", error.text);
  stream.read_at = NULL;
  cr_expect_eq(rowcast_matrix_read_stream(&matrix, &stream, "stream", NULL, &error), ROWCAST_ERR_ARGUMENT);
  stream.struct_size = 0;
  cr_expect_eq(rowcast_matrix_read_stream(&matrix, &stream, "stream", NULL, &error), ROWCAST_ERR_ARGUMENT);
  cr_expect_not_null(strstr(error.text, "struct_size"), "%s", error.text);
  bytes_free(&giver.bytes);
}

/* A stream that ends before the size that it stated. */
static int64_t too_large(void *user) { return size_of(user) + COLS * 8; }

Test(streams, that_are_shorter_than_they_say) {
  struct giver giver = {.bytes = build(1)};
  const size_t size = giver.bytes.size;
  giver.bytes.size -= COLS * 8;
  rowcast_stream stream = stream_of(&giver, true);
  rowcast_reader *reader;
  rowcast_error error;
  float x[COLS];
  char wanted[64];
  cr_assert_eq(rowcast_reader_open_stream(&reader, &stream, "stream", NULL, &error), ROWCAST_ERR_FORMAT);
  stream.size = too_large;
  cr_assert_eq(rowcast_reader_open_stream(&reader, &stream, "stream", NULL, &error), ROWCAST_OK);
  cr_expect_eq(rowcast_reader_rows(reader, ROWS - 1, ROWS, x, COLS, &error), ROWCAST_ERR_FORMAT);
  snprintf(wanted, sizeof wanted, "ends at byte %zu now", size - COLS * 8);
  cr_expect_not_null(strstr(error.text, wanted), "%s", error.text);
  rowcast_reader_close(reader);
  bytes_free(&giver.bytes);
}

/* cancelled() is asked on the thread that reads by number, about ten times a second. */
static pthread_t asking;
static unsigned asked;
static bool third_time(void *user) {
  (void)user;
  asking = pthread_self();
  return ++asked == 3;
}

Test(streams, rows_by_number_are_cancelled) {
  struct giver giver = {.bytes = build(1), .most = 4000};
  const rowcast_stream stream = stream_of(&giver, true);
  const rowcast_read_options options = {sizeof options, .cancelled = third_time};
  static float x[ROWS * (COLS + 1)];
  rowcast_reader *reader;
  rowcast_error error;
  for (size_t ldx = COLS; ldx <= COLS + 1; ldx++) {
    giver.slow = false;
    cr_assert_eq(rowcast_reader_open_stream(&reader, &stream, "stream", &options, &error), ROWCAST_OK);
    giver.slow = true;
    asked = 0;
    cr_expect_eq(rowcast_reader_rows(reader, 0, ROWS, x, ldx, &error), ROWCAST_ERR_CANCELLED);
    cr_expect_eq(asked, 3);
    cr_expect(pthread_equal(asking, pthread_self()));
    /* The reader is as it was. */
    giver.slow = false;
    cr_expect_eq(rowcast_reader_rows(reader, 0, ROWS, x, ldx, &error), ROWCAST_OK);
    rowcast_reader_close(reader);
  }
  bytes_free(&giver.bytes);
}

/* ---- Descriptors ---- */

Test(streams, descriptors_from_their_position) {
  for (int kind = 0; kind < KINDS; kind++)
    for (int gzipped = 0; gzipped < 2; gzipped++) {
      struct bytes plain = build(kind), packed = gzip_of(&plain), file = {0};
      const struct bytes *content = gzipped ? &packed : &plain;
      bytes_add_text(&file, "something before");
      bytes_add(&file, content->data, content->size);
      bytes_write(&file, path);
      rowcast_matrix whole, matrix;
      rowcast_error error;
      cr_assert_eq(rowcast_matrix_read_memory(&whole, content->data, content->size, "memory", NULL, NULL), ROWCAST_OK);
      for (int blocks = 0; blocks < 2; blocks++) {
        const rowcast_read_options options = {sizeof options, .max_bytes = blocks ? SMALL : 0};
        int fd = open(path, O_RDONLY);
        cr_assert_eq(lseek(fd, 16, SEEK_SET), 16);
        rowcast_reader *reader;
        const rowcast_status status = rowcast_reader_open_fd(&reader, fd, "a name", &options, &error);
        cr_assert(status == ROWCAST_OK, "%s", error.text);
        close(fd); /* the reader has a copy */
        cr_assert_eq(rowcast_reader_seekable(reader), !gzipped && kind < 2);
        if (rowcast_reader_seekable(reader)) {
          float x[2 * COLS];
          const size_t element = whole.dtype == ROWCAST_U8 ? 1 : sizeof(float);
          cr_assert_eq(rowcast_reader_rows(reader, ROWS - 2, ROWS, x, COLS, NULL), ROWCAST_OK);
          cr_assert(memcmp(x, (char *)whole.data + (ROWS - 2) * COLS * element, 2 * COLS * element) == 0);
        }
        cr_assert(read_rest(reader, &whole, &error) == ROWCAST_OK, "%s", error.text);
        rowcast_reader_close(reader);
        if (blocks) continue;
        fd = open(path, O_RDONLY);
        cr_assert_eq(lseek(fd, 16, SEEK_SET), 16);
        cr_assert_eq(rowcast_matrix_read_fd(&matrix, fd, "a name", NULL, NULL), ROWCAST_OK);
        cr_assert(same(&matrix, &whole));
        rowcast_matrix_free(&matrix);
        cr_assert_neq(fcntl(fd, F_GETFD), -1, "the caller's stays open");
        close(fd);
      }
      rowcast_matrix_free(&whole);
      bytes_free(&file);
      bytes_free(&packed);
      bytes_free(&plain);
    }
}

Test(streams, descriptors_that_cannot_be_read) {
  rowcast_reader *reader;
  rowcast_error error;
  const int directory = open(folder, O_RDONLY), writing = open(path, O_WRONLY | O_CREAT, 0600);
  cr_expect_eq(rowcast_reader_open_fd(&reader, -1, "a name", NULL, &error), ROWCAST_ERR_IO);
  cr_expect_eq(error.system_error, EBADF);
  cr_expect_eq(rowcast_reader_open_fd(&reader, directory, "a name", NULL, &error), ROWCAST_ERR_IO);
  cr_expect_str_eq(error.text, "a name: is a directory");
  cr_expect_eq(rowcast_reader_open_fd(&reader, writing, "a name", NULL, &error), ROWCAST_ERR_IO);
  close(directory), close(writing);
}

/* ---- Strings of options ---- */

Test(streams, strings_are_needed_during_the_call_only) {
  struct bytes bytes = build(1);
  bytes.size = ROWS * COLS;
  bytes_write(&bytes, path);
  char type[] = "|u1", name[256];
  snprintf(name, sizeof name, "%s", path);
  rowcast_read_options options = {sizeof options, .raw_type = type, .raw_rank = 2, .raw_dims = {ROWS, COLS}};
  rowcast_reader *reader;
  rowcast_matrix block;
  cr_assert_eq(rowcast_reader_open(&reader, name, &options, NULL), ROWCAST_OK);
  memset(type, '?', 3);
  memset(name, '?', sizeof name);
  memset(&options, 0xee, sizeof options);
  cr_assert_eq(rowcast_reader_next(reader, &block, NULL), ROWCAST_OK);
  cr_assert(block.rows == ROWS && memcmp(block.data, bytes.data, ROWS * COLS) == 0);
  rowcast_reader_close(reader);
  /* The second of two arrays, and a member. */
  struct bytes twice = build(0);
  bytes_free(&bytes);
  bytes = build(0);
  bytes_add(&twice, bytes.data, bytes.size);
  bytes_write(&twice, path);
  char number[] = "1", member[] = "0.1";
  options = (rowcast_read_options){sizeof options, .array = number};
  cr_assert_eq(rowcast_reader_open(&reader, path, &options, NULL), ROWCAST_OK);
  number[0] = '9';
  cr_assert_eq(rowcast_reader_next(reader, &block, NULL), ROWCAST_OK);
  cr_assert_eq(block.rows, ROWS);
  rowcast_reader_close(reader);
  options = (rowcast_read_options){sizeof options, .member = member};
  cr_assert_eq(
    rowcast_reader_open(&reader, ROWCAST_SOURCE_DIR "/tests/data/pickles/mnist_py2_p2.pkl.gz", &options, NULL),
    ROWCAST_OK);
  memset(member, '?', 3);
  cr_assert_eq(rowcast_reader_next(reader, &block, NULL), ROWCAST_OK);
  cr_assert_str_eq(block.file->name, "0.1");
  rowcast_reader_close(reader);
  bytes_free(&twice);
  bytes_free(&bytes);
}

Test(streams, options_are_initialised) {
  struct {
    rowcast_read_options options;
    char more[64];
  } read;
  rowcast_write_options write;
  memset(&read, 0xee, sizeof read);
  memset(&write, 0xee, sizeof write);
  rowcast_read_options_init(&read.options, sizeof read.options);
  rowcast_write_options_init(&write, sizeof write);
  cr_expect(read.options.struct_size == sizeof read.options && write.struct_size == sizeof write);
  for (size_t i = sizeof(size_t); i < sizeof read.options; i++) cr_assert_eq(((char *)&read)[i], 0);
  for (size_t i = sizeof(size_t); i < sizeof write; i++) cr_assert_eq(((char *)&write)[i], 0);
  for (size_t i = 0; i < sizeof read.more; i++) cr_assert_eq(read.more[i], '\xee');
  /* A later version's struct is longer. */
  rowcast_matrix matrix;
  rowcast_read_options_init(&read.options, sizeof read);
  for (size_t i = 0; i < sizeof read.more; i++) cr_assert_eq(read.more[i], 0);
  cr_expect_eq(rowcast_matrix_read_memory(&matrix, "1,2\n", 4, "memory", &read.options, NULL), ROWCAST_OK);
  rowcast_matrix_free(&matrix);
  /* One that is too short is refused when it is used, and nothing beyond it is touched. */
  for (size_t size = 0; size < 40; size++) {
    memset(&read, 0xee, sizeof read);
    rowcast_read_options_init(&read.options, size);
    const unsigned char *bytes = (const unsigned char *)&read;
    for (size_t i = size < sizeof size ? 0 : size; i < sizeof read; i++) cr_assert_eq(bytes[i], 0xee);
    if (size < sizeof size) continue;
    cr_expect_eq(rowcast_matrix_read_memory(&matrix, "1,2\n", 4, "memory", &read.options, NULL), ROWCAST_ERR_ARGUMENT);
  }
  rowcast_read_options_init(NULL, sizeof read);
  rowcast_write_options_init(NULL, 0);
}
