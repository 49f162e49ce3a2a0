/* SPDX-License-Identifier: BSD-3-Clause */
/* Rows by their numbers from BGZF: what is read by number, what is read as any gzip, and files that are damaged or
 * change meanwhile. That the rows are the right ones, test_by_number.c sees. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rowcast/io.h>

#include "bgzf_builder.h"
#include "process.h"

enum { ROWS = 500, COLS = 100, PART = 4096, HEADER = 12 };

static char *folder, *path;

static void set_up(void) { folder = folder_make(), path = path_in(folder, "x.gz"); }
static void tear_down(void) { free(path), folder_remove(folder); }

TestSuite(bgzf_rows, .init = set_up, .fini = tear_down);

/* An IDX of bytes, and `more` bytes after it. */
static struct bytes content_of(size_t more) {
  struct bytes content = {0};
  add_idx_header(&content, 8, 2, (const size_t[]){ROWS, COLS});
  cr_assert_eq(content.size, HEADER);
  for (size_t i = 0; i < ROWS * COLS; i++) bytes_add_number(&content, i * 31 % 253, 1, false);
  bytes_add_fill(&content, 7, more);
  return content;
}

static rowcast_reader *open_it(size_t max_bytes, bool allow_trailing) {
  rowcast_read_options options = ROWCAST_READ_DEFAULTS;
  options.max_bytes = max_bytes;
  options.allow_trailing = allow_trailing;
  rowcast_reader *reader;
  rowcast_error error;
  cr_assert(rowcast_reader_open(&reader, path, &options, &error) == ROWCAST_OK, "%s", error.text);
  return reader;
}

static bool are_right(const unsigned char *x, const struct bytes *content, size_t begin, size_t end) {
  return memcmp(x, content->data + HEADER + begin * COLS, (end - begin) * COLS) == 0;
}

/* All rows, by number if that is what they are expected to be, else in order. */
static void expect_rows(rowcast_reader *reader, const struct bytes *content, bool by_number) {
  static unsigned char x[ROWS * COLS];
  rowcast_error error;
  size_t rows = ROWS;
  memset(x, 0, sizeof x);
  cr_expect_eq(rowcast_reader_seekable(reader), by_number);
  const rowcast_status status = by_number ? rowcast_reader_rows(reader, 0, ROWS, x, COLS, &error)
                                          : rowcast_reader_read(reader, ROWS, x, COLS, &rows, &error);
  cr_expect(status == ROWCAST_OK && rows == ROWS, "%s", error.text);
  cr_expect(are_right(x, content, 0, ROWS));
  cr_expect(rowcast_reader_shape(reader)->file->gzipped);
  rowcast_reader_close(reader);
}

/* What the reader says of the file, at once or when rows are read. */
static void expect_refused(const char *text) {
  static unsigned char x[ROWS * COLS];
  rowcast_reader *reader;
  rowcast_error error;
  size_t rows;
  rowcast_status status = rowcast_reader_open(&reader, path, NULL, &error);
  if (status == ROWCAST_OK) status = rowcast_reader_read(reader, ROWS, x, COLS, &rows, &error);
  cr_expect_eq(status, ROWCAST_ERR_FORMAT);
  cr_expect_not_null(strstr(error.text, text), "%s", error.text);
  rowcast_reader_close(reader);
}

Test(bgzf_rows, by_number_or_in_order) {
  struct bytes content = content_of(0), blocks = bgzf_of(&content, PART), member = gzip_of(&content);
  bytes_write(&blocks, path);
  expect_rows(open_it(0, false), &content, true);
  expect_rows(open_it(1 << 20, false), &content, true);
  /* No memory for inflaters, or for a table. */
  expect_rows(open_it((1 << 20) - 1, false), &content, false);
  struct bytes tiny = bgzf_of(&content, 10);
  bytes_write(&tiny, path);
  expect_rows(open_it(0, false), &content, true);
  expect_rows(open_it(1 << 20, false), &content, false);
  bytes_write(&member, path);
  expect_rows(open_it(0, false), &content, false);
  bytes_free(&tiny), bytes_free(&member), bytes_free(&blocks), bytes_free(&content);
}

/* From the middle of a descriptor, and from functions that read by place. */
struct given {
  struct bytes bytes;
  bool slowly;
};
static ptrdiff_t give(void *user, void *buffer, size_t bytes, uint64_t offset) {
  struct given *given = user;
  const size_t left = offset < given->bytes.size ? given->bytes.size - (size_t)offset : 0;
  const size_t count = left < bytes ? left : bytes, part = count > 1000 ? 1000 : count;
  memcpy(buffer, given->bytes.data + (part > 0 ? offset : 0), part);
  if (given->slowly) usleep(20000);
  return (ptrdiff_t)part;
}
static int64_t size_of(void *user) { return (int64_t)((struct given *)user)->bytes.size; }

Test(bgzf_rows, descriptors_and_streams) {
  struct bytes content = content_of(0), file = {0};
  struct given given = {.bytes = bgzf_of(&content, PART)};
  bytes_add_text(&file, "before it ");
  bytes_add(&file, given.bytes.data, given.bytes.size);
  bytes_write(&file, path);
  const int fd = open(path, O_RDONLY);
  cr_assert_eq(lseek(fd, 10, SEEK_SET), 10);
  rowcast_reader *reader;
  cr_assert_eq(rowcast_reader_open_fd(&reader, fd, "some", NULL, NULL), ROWCAST_OK);
  close(fd);
  expect_rows(reader, &content, true);
  rowcast_stream stream = ROWCAST_STREAM_DEFAULTS;
  stream.read_at = give, stream.size = size_of, stream.user = &given;
  cr_assert_eq(rowcast_reader_open_stream(&reader, &stream, "some", NULL, NULL), ROWCAST_OK);
  expect_rows(reader, &content, true);
  bytes_free(&file), bytes_free(&content), bytes_free(&given.bytes);
}

/* A length that is not the header's is found as in any gzipped file. */
Test(bgzf_rows, lengths) {
  struct bytes content = content_of(9), blocks = bgzf_of(&content, PART);
  bytes_write(&blocks, path);
  expect_refused("more than its header's");
  expect_rows(open_it(0, true), &content, false);
  bytes_free(&blocks);
  content.size -= 10;
  blocks = bgzf_of(&content, PART);
  bytes_write(&blocks, path);
  expect_refused("truncated");
  bytes_free(&blocks);
  content.size += 1;
  blocks = bgzf_of(&content, PART);
  blocks.size -= 28;
  bytes_write(&blocks, path);
  expect_refused("the empty block is missing");
  blocks.size -= 1;
  bytes_write(&blocks, path);
  expect_refused("truncated");
  bytes_free(&blocks), bytes_free(&content);
}

/* Tables that contradict themselves, of content that any reader of gzip accepts; and one that does not, but is wrong.
 */
Test(bgzf_rows, tables_that_lie) {
  struct bytes content = content_of(0);
  static const int differences[] = {-1, 1, -3000, 20000};
  for (size_t i = 0; i < sizeof differences / sizeof differences[0]; i++) {
    struct bytes bytes = {0}, left = {.data = content.data + PART, .size = content.size - PART};
    add_block(&bytes, &(struct bgzf_spec){.content = content.data, .size = PART, .size_difference = differences[i]});
    struct bytes rest = bgzf_of(&left, PART);
    bytes_add(&bytes, rest.data, rest.size);
    bytes_write(&bytes, path);
    expect_rows(open_it(0, false), &content, false);
    bytes_free(&rest), bytes_free(&bytes);
  }
  /* The first block claims the second too, and so does a table that takes it at its word. */
  struct bytes second = {0}, bytes = {0}, left = {.data = content.data + 600, .size = content.size - 600};
  add_block(&second, &(struct bgzf_spec){.content = content.data + 300, .size = 300});
  add_block(&bytes, &(struct bgzf_spec){.content = content.data, .size = 300, .size_difference = (int)second.size});
  bytes_add(&bytes, second.data, second.size);
  struct bytes rest = bgzf_of(&left, PART);
  bytes_add(&bytes, rest.data, rest.size);
  bytes_write(&bytes, path);
  expect_rows(open_it(0, false), &content, false); /* 300 bytes too few for the header */
  bytes_free(&rest), bytes_free(&bytes), bytes_free(&second), bytes_free(&content);
}

/* A block is checked by whoever takes a byte of it, and by nobody else. */
Test(bgzf_rows, damaged_blocks) {
  struct bytes content = content_of(0), blocks = bgzf_of(&content, PART);
  size_t at = 0, size = 0, body;
  for (int i = 0; i < 6; i++, at += i < 6 ? size : 0)
    cr_assert_eq(rc_bgzf_parse(blocks.data + at, blocks.size - at, &body, &size), RC_BGZF_IS_BLOCK);
  static const struct {
    size_t from_end;
    const char *text;
  } damages[] = {{8, "wrong CRC"}, {4, "length in the trailer"}, {20, "BGZF: block 5 at byte"}};
  for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
    unsigned char x[ROWS * COLS], *flipped = blocks.data + at + size - damages[i].from_end;
    const unsigned char before = *flipped;
    *flipped ^= 1;
    bytes_write(&blocks, path);
    rowcast_reader *reader = open_it(0, false);
    rowcast_error error = {.text = ""};
    const size_t begin = (5 * PART - HEADER) / COLS, end = (6 * PART - HEADER) / COLS + 1;
    if (rowcast_reader_seekable(reader)) {
      cr_expect_eq(rowcast_reader_rows(reader, 0, begin, x, COLS, &error), ROWCAST_OK, "%s", error.text);
      cr_expect(are_right(x, &content, 0, begin));
      cr_expect_eq(rowcast_reader_rows(reader, begin, begin + 1, x, COLS, &error), ROWCAST_ERR_FORMAT);
      cr_expect_not_null(strstr(error.text, damages[i].text), "%s", error.text);
      cr_expect_eq(rowcast_reader_rows(reader, end - 1, end, x, COLS, &error), ROWCAST_ERR_FORMAT);
      cr_expect_not_null(strstr(error.text, "BGZF: block 5 at byte"), "%s", error.text);
      cr_expect_eq(rowcast_reader_rows(reader, end, ROWS, x, COLS, &error), ROWCAST_OK, "%s", error.text);
      cr_expect(are_right(x, &content, end, ROWS));
    } else {
      /* A length that lies moves all that follow: nothing is read by number then. */
      size_t rows;
      cr_expect_eq(damages[i].from_end, 4);
      cr_expect_eq(rowcast_reader_read(reader, ROWS, x, COLS, &rows, &error), ROWCAST_ERR_FORMAT);
      cr_expect_not_null(strstr(error.text, damages[i].text), "%s", error.text);
    }
    rowcast_reader_close(reader);
    *flipped = before;
  }
  bytes_free(&blocks), bytes_free(&content);
}

/* A file that becomes shorter, or another one, after it was opened. */
Test(bgzf_rows, files_that_change) {
  struct bytes content = content_of(0), blocks = bgzf_of(&content, PART), others = {0};
  unsigned char x[ROWS * COLS];
  rowcast_error error;
  bytes_write(&blocks, path);
  rowcast_reader *reader = open_it(0, false);
  cr_assert_eq(truncate(path, (off_t)blocks.size / 2), 0);
  cr_expect_eq(rowcast_reader_rows(reader, 0, ROWS, x, COLS, &error), ROWCAST_ERR_FORMAT);
  cr_expect_not_null(strstr(error.text, "it has changed while it was read"), "%s", error.text);
  cr_expect_eq(rowcast_reader_rows(reader, 0, 100, x, COLS, &error), ROWCAST_OK, "%s", error.text);
  cr_expect(are_right(x, &content, 0, 100));
  cr_expect_eq(rowcast_reader_rows(reader, ROWS - 1, ROWS, x, COLS, &error), ROWCAST_ERR_FORMAT);
  rowcast_reader_close(reader);
  bytes_write(&blocks, path);
  reader = open_it(0, false);
  struct bytes other = content_of(0);
  for (size_t i = HEADER; i < other.size; i++) other.data[i] = (unsigned char)(i * i);
  others = bgzf_of(&other, PART / 2);
  bytes_write(&others, path);
  cr_expect_eq(rowcast_reader_rows(reader, 300, 400, x, COLS, &error), ROWCAST_ERR_FORMAT);
  cr_expect_not_null(strstr(error.text, "it has changed while it was read"), "%s", error.text);
  rowcast_reader_close(reader);
  bytes_free(&other), bytes_free(&others), bytes_free(&blocks), bytes_free(&content);
}

static bool at_once(void *user) { return ++*(int *)user > 0; }

/* Neither the walk over the table nor a long call is waited for. */
Test(bgzf_rows, are_cancelled) {
  struct bytes content = content_of(0);
  struct given given = {.bytes = bgzf_of(&content, PART), .slowly = true};
  rowcast_read_options options = ROWCAST_READ_DEFAULTS;
  rowcast_stream stream = ROWCAST_STREAM_DEFAULTS;
  rowcast_reader *reader;
  rowcast_error error;
  int asked = 0;
  stream.read_at = give, stream.size = size_of, stream.user = &given;
  options.cancelled = at_once, options.user = &asked;
  cr_expect_eq(rowcast_reader_open_stream(&reader, &stream, "slow", &options, &error), ROWCAST_ERR_CANCELLED);
  cr_expect(asked == 1 && reader == NULL);
  given.slowly = false;
  cr_assert_eq(rowcast_reader_open_stream(&reader, &stream, "slow", &options, &error), ROWCAST_OK, "%s", error.text);
  given.slowly = true;
  cr_expect_eq(rowcast_reader_rows(reader, 0, ROWS, content.data, COLS, &error), ROWCAST_ERR_CANCELLED);
  cr_expect_eq(asked, 2);
  rowcast_reader_close(reader);
  bytes_free(&given.bytes), bytes_free(&content);
}
