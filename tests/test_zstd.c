/* SPDX-License-Identifier: BSD-3-Clause */
/* zstd: frames, what stands between and after them, damage, limits; from memory and from functions that give a few
 * bytes at a time, whole and in blocks, which must come to the same. And the formats in it, as users meet them. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include <io/stream.h>
#include <io/zstd.h>
#include <rowcast/reader.h>

#include "bgzf_builder.h"
#include "file_builder.h"
#include "fixture.h"
#include "process.h"
#include "zstd_builder.h"

enum { PLENTY = 1 << 28, BLOCK = 1000 };

Test(zstd, recognised_by_four_bytes) {
  cr_expect(rc_is_zstd((const unsigned char *)"\x28\xb5\x2f\xfd", 4));
  cr_expect_not(rc_is_zstd((const unsigned char *)"\x28\xb5\x2f\xfd", 3));
  cr_expect_not(rc_is_zstd((const unsigned char *)"\x28\xb5\x2f\xfc", 4));
  for (unsigned i = 0; i < 256; i++)
    cr_expect_eq(rc_is_zstd((const unsigned char[]){(unsigned char)i, 0x2a, 0x4d, 0x18}, 4), i / 16 == 5);
}

#if !ROWCAST_HAVE_LIBZSTD

Test(zstd, refused_without_the_library) {
  rowcast_matrix matrix;
  rowcast_error error;
  cr_expect_eq(rowcast_matrix_read_memory(&matrix, "\x28\xb5\x2f\xfd\4", 5, "x.npy.zst", NULL, &error),
               ROWCAST_ERR_UNSUPPORTED);
  cr_expect_str_eq(told(&error), "x.npy.zst: is compressed by zstd, and this rowcast was built without libzstd: "
                                 "zstd -dc FILE (path=-)");
}

#else

/* What is read, and how much may come of it. */
struct request {
  size_t expected, max_bytes;
  bool allow_trailing;
};
static const struct request plain = {.max_bytes = PLENTY};

struct given {
  const unsigned char *data;
  size_t size, at;
};

static ptrdiff_t give(void *user, void *buffer, size_t bytes) {
  struct given *given = user;
  const size_t left = given->size - given->at, part = 1 + given->at % 777, most = bytes < part ? bytes : part;
  const size_t count = left < most ? left : most;
  memcpy(buffer, given->data + given->at, count);
  given->at += count;
  return (ptrdiff_t)count;
}

static rowcast_status read_blocks(struct rc_stream *stream, struct rc_buffer *out, rowcast_error *error) {
  size_t got = BLOCK;
  const unsigned char *head;
  size_t looked;
  rowcast_status status = rc_stream_peek(stream, 100, &head, &looked, error);
  while (status == ROWCAST_OK && got == BLOCK) {
    if (out->capacity - out->size < BLOCK) cr_assert(rc_buffer_reserve(out, 2 * out->capacity + BLOCK));
    status = rc_stream_read(stream, out->data + out->size, BLOCK, &got, error);
    out->size += got;
  }
  return status;
}

/* From memory that ends at an unreadable page, or from functions (way & 1); whole, or in blocks (way & 2). */
static rowcast_status read_once(const struct guarded *guard, const struct request *request, unsigned way,
                                struct rc_buffer *out, rowcast_error *error) {
  struct rc_stream stream;
  struct given given = {guard->data, guard->bytes, 0};
  const rowcast_stream calls = {.struct_size = sizeof calls, .user = &given, .read = give};
  const struct rc_ask nobody = {0};
  rowcast_status status =
    way & 1 ? rc_stream_open_calls(&stream, &calls, "file", request->allow_trailing, &nobody, error)
            : rc_stream_open_memory(&stream, guard->data, guard->bytes, "file", request->allow_trailing, error);
  if (status != ROWCAST_OK) return status;
  status = way & 2 ? read_blocks(&stream, out, error)
                   : rc_stream_rest(&stream, out, request->expected, request->max_bytes, error);
  rc_stream_close(&stream);
  return status;
}

/* The verdict and content of all ways, which agree; in blocks nothing is limited. */
static rowcast_status read_all(const struct bytes *bytes, const struct request *request, struct rc_buffer *out,
                               rowcast_error *error) {
  struct guarded guard = guarded_alloc(bytes->size, GUARD_AFTER, 0);
  memcpy(guard.data, bytes->data, bytes->size);
  guarded_make_readonly(&guard);
  *error = (rowcast_error){.status = ROWCAST_OK};
  *out = (struct rc_buffer){0};
  const rowcast_status first = read_once(&guard, request, 0, out, error);
  const bool limited = request->expected > 0 || request->max_bytes < PLENTY;
  for (unsigned way = 1; way < (limited ? 2 : 4); way++) {
    struct rc_buffer again = {0};
    rowcast_error said = {.status = ROWCAST_OK};
    const rowcast_status status = read_once(&guard, request, way, &again, &said);
    cr_assert(status == first && (limited || strcmp(said.text, error->text) == 0), "way %u: %s, not %s", way, said.text,
              error->text);
    if (first == ROWCAST_OK)
      cr_assert(again.size == out->size && (out->size == 0 || memcmp(again.data, out->data, out->size) == 0));
    rc_buffer_free(&again);
  }
  if (first != ROWCAST_OK) cr_assert_null(out->data, "a failure left a buffer");
  guarded_free(&guard);
  return first;
}

static void expect_content(const struct bytes *bytes, const struct request *request, const struct bytes *content) {
  struct rc_buffer out;
  rowcast_error error;
  cr_assert_eq(read_all(bytes, request, &out, &error), ROWCAST_OK, "%s", error.text);
  cr_assert(out.size == content->size && (out.size == 0 || memcmp(out.data, content->data, out.size) == 0));
  rc_buffer_free(&out);
}

static void expect_refused(const struct bytes *bytes, const struct request *request, rowcast_status status,
                           const char *part) {
  struct rc_buffer out;
  rowcast_error error;
  const rowcast_status got = read_all(bytes, request, &out, &error);
  cr_assert(got == status && strstr(told(&error), part) != NULL, "%s: %s", rowcast_status_text(got), told(&error));
}

Test(zstd, every_kind_of_frame) {
  static const size_t sizes[] = {0, 1, 100, 131072, 1000000};
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    struct bytes content = mixed_bytes(sizes[i]);
    for (int kind = 0; kind < 8; kind++) {
      struct bytes bytes = {0};
      add_zstd(&bytes, &(struct zstd_frame){.content = content.data,
                                            .size = content.size,
                                            .level = kind & 4 ? 12 : 1,
                                            .checksum = kind & 1,
                                            .no_size = kind & 2});
      expect_content(&bytes, &plain, &content);
      bytes_free(&bytes);
    }
    bytes_free(&content);
  }
}

Test(zstd, frames_in_a_row) {
  struct bytes content = mixed_bytes(5000), bytes = {0}, nothing = {0};
  add_zstd_skipped(&bytes, 0, 100);
  add_zstd(&bytes, &(struct zstd_frame){.content = content.data, .size = 2000});
  add_zstd(&bytes, &(struct zstd_frame){.content = "", .size = 0});
  add_zstd_skipped(&bytes, 15, 0);
  add_zstd_skipped(&bytes, 7, 200000);
  char part[64];
  snprintf(part, sizeof part, "zstd: wrong checksum of the frame at byte %zu", bytes.size);
  add_zstd(&bytes, &(struct zstd_frame){.content = content.data + 2000, .size = 3000, .checksum = true});
  const size_t end = bytes.size;
  add_zstd_skipped(&bytes, 3, 1);
  expect_content(&bytes, &plain, &content);
  /* A fault in the last frame counts as much as one in the first. */
  bytes.data[end - 1] ^= 1;
  expect_refused(&bytes, &plain, ROWCAST_ERR_FORMAT, part);
  bytes.size = 0;
  add_zstd_skipped(&bytes, 5, 10);
  expect_content(&bytes, &plain, &nothing);
  bytes_free(&bytes), bytes_free(&content);
}

/* libzstd takes no notice of it where the last block is empty and the output too small for what is stated. */
Test(zstd, less_than_the_header_states) {
  static const unsigned char frames[][16] = {
    {0x28, 0xb5, 0x2f, 0xfd, 0x40, 0x1f, 0x33, 0xb1, 1, 0, 0},               /* 45,619 bytes, and none */
    {0x28, 0xb5, 0x2f, 0xfd, 0x40, 0x1f, 0x33, 0xb1, 8, 0, 0, 'a', 1, 0, 0}, /* and one */
    {0x28, 0xb5, 0x2f, 0xfd, 0x20, 2, 8, 0, 0, 'a', 1, 0, 0},                /* two, and one */
    {0x28, 0xb5, 0x2f, 0xfd, 0x20, 1, 16, 0, 0, 'a', 'b', 1, 0, 0},          /* one, and two */
    {0x28, 0xb5, 0x2f, 0xfd, 0x20, 1, 8, 0, 0, 'a', 1, 0, 0},                /* as stated */
  };
  static const size_t sizes[] = {11, 15, 13, 14, 13};
  for (size_t i = 0; i < 5; i++) {
    struct bytes bytes = {0}, content = {0};
    bytes_add(&content, "a", 1);
    bytes_add(&bytes, frames[i], sizes[i]);
    if (i == 4) expect_content(&bytes, &plain, &content);
    else expect_refused(&bytes, &plain, ROWCAST_ERR_FORMAT, "zstd: damaged data in the frame at byte 0");
    bytes_free(&bytes), bytes_free(&content);
  }
}

Test(zstd, cut_anywhere) {
  struct bytes content = mixed_bytes(700), bytes = {0};
  add_zstd(&bytes, &(struct zstd_frame){.content = content.data, .size = 400, .checksum = true});
  const size_t between = bytes.size;
  add_zstd(&bytes, &(struct zstd_frame){.content = content.data + 400, .size = 300, .no_size = true});
  const size_t whole = bytes.size;
  for (bytes.size = 4; bytes.size < whole; bytes.size++) {
    if (bytes.size == between) continue; /* a whole file of one frame */
    const bool magic = bytes.size > between && bytes.size < between + 4;
    expect_refused(&bytes, &plain, ROWCAST_ERR_FORMAT, magic ? "after the last frame" : "zstd: truncated after ");
  }
  expect_content(&bytes, &plain, &content);
  bytes_free(&bytes), bytes_free(&content);
}

/* Whatever bit is flipped under a checksum, wrong content is never taken for right. */
Test(zstd, every_bit) {
  struct bytes content = mixed_bytes(300), bytes = zstd_of(&content);
  size_t refused = 0;
  for (size_t bit = 0; bit < 8 * bytes.size; bit++) {
    struct rc_buffer out;
    rowcast_error error;
    bytes.data[bit / 8] ^= (unsigned char)(1u << bit % 8);
    if (bit < 32) { /* the magic number: another kind of file, or a frame to skip */
    } else if (read_all(&bytes, &plain, &out, &error) == ROWCAST_OK) {
      cr_assert(out.size == content.size && memcmp(out.data, content.data, out.size) == 0, "bit %zu", bit);
      rc_buffer_free(&out);
    } else refused++;
    bytes.data[bit / 8] ^= (unsigned char)(1u << bit % 8);
  }
  cr_expect_gt(refused, 8 * bytes.size * 9 / 10, "only %zu of %zu bits count", refused, 8 * bytes.size);
  bytes_free(&bytes), bytes_free(&content);
}

Test(zstd, bytes_after_the_last_frame) {
  struct bytes content = mixed_bytes(100), bytes = zstd_of(&content);
  const size_t end = bytes.size;
  const struct request allowed = {.max_bytes = PLENTY, .allow_trailing = true};
  char part[64];
  snprintf(part, sizeof part, "bytes after the last frame, at byte %zu (allow_trailing=1)", end);
  static const char *const after[] = {"x", "\0\0\0\0\0", "\x28\xb5\x2f", "\x1f\x8b\x08\0\0"};
  for (size_t i = 0; i < sizeof after / sizeof after[0]; i++) {
    bytes.size = end;
    bytes_add(&bytes, after[i], i == 1 ? 5 : strlen(after[i]));
    expect_refused(&bytes, &plain, ROWCAST_ERR_FORMAT, part);
    expect_content(&bytes, &allowed, &content);
  }
  /* What begins a frame must be right in any case. */
  bytes.size = end;
  bytes_add_text(&bytes, "\x28\xb5\x2f\xfd");
  expect_refused(&bytes, &allowed, ROWCAST_ERR_FORMAT, "zstd: truncated after 100 ");
  bytes_free(&bytes), bytes_free(&content);
}

Test(zstd, limits) {
  struct bytes content = mixed_bytes(100000), bytes = zstd_of(&content);
  expect_content(&bytes, &(struct request){.expected = 100000, .max_bytes = 100000}, &content);
  expect_refused(&bytes, &(struct request){.max_bytes = 99999}, ROWCAST_ERR_LIMIT, "the limit of 99999 bytes");
  expect_refused(&bytes, &(struct request){.expected = 99999, .max_bytes = PLENTY}, ROWCAST_ERR_FORMAT,
                 "zstd: decompresses to more than its header's 99999 bytes");
  expect_refused(&bytes, &(struct request){.expected = PLENTY + 1, .max_bytes = PLENTY}, ROWCAST_ERR_LIMIT,
                 "its header states 268435457 bytes");
  bytes_free(&bytes);
  /* 16 bytes cannot become 32,768 times as many and one more; zeros come near it. */
  struct rc_stream stream;
  struct rc_buffer out = {0};
  rowcast_error error;
  bytes_add(&bytes, "\x28\xb5\x2f\xfd\0\x38\2\0\4\0\0\0\0\0\0\0", 16);
  cr_assert_eq(rc_stream_open_memory(&stream, bytes.data, 16, "file", false, &error), ROWCAST_OK);
  cr_expect_eq(rc_stream_rest(&stream, &out, 16 * 32768 + 1, PLENTY, &error), ROWCAST_ERR_FORMAT);
  cr_expect_str_eq(error.text, "file: its header states 524289 bytes; 16 compressed bytes and the limit allow 524288");
  rc_stream_close(&stream);
  bytes_free(&bytes), bytes_free(&content);
  bytes_add_fill(&content, 0, 40 << 20);
  bytes = zstd_of(&content);
  cr_expect_lt(bytes.size, 4000);
  expect_content(&bytes, &plain, &content);
  bytes_free(&bytes), bytes_free(&content);
}

/* Frames by hand: a block of one byte four times in a window of 2^log, and one that names a dictionary. */
Test(zstd, windows_and_dictionaries) {
  struct bytes bytes = {0}, content = {0};
  bytes_add_fill(&content, 'a', 4);
  for (unsigned log = 10; log <= 30; log++) {
    bytes.size = 0;
    bytes_add(&bytes, "\x28\xb5\x2f\xfd\0", 5);
    bytes_add_number(&bytes, (log - 10) << 3, 1, false);
    bytes_add(&bytes, "\x23\0\0a", 4);
    if (log <= 27) expect_content(&bytes, &plain, &content);
    else
      expect_refused(&bytes, &plain, ROWCAST_ERR_UNSUPPORTED,
                     "a window above 128 MiB: decompress it first, with long=31");
  }
  bytes.size = 0;
  bytes_add(&bytes, "\x28\xb5\x2f\xfd\1\0\7\x23\0\0a", 11);
  expect_refused(&bytes, &plain, ROWCAST_ERR_FORMAT, "zstd: it needs the dictionary it was compressed with");
  bytes_free(&bytes), bytes_free(&content);
}

/* One more layer is refused by name, whichever of the two is outside. */
Test(zstd, only_once) {
  struct bytes text = {0};
  bytes_add_text(&text, "1,2\n3,4\n");
  struct bytes zstd = zstd_of(&text), gzip = gzip_of(&text);
  const struct bytes twice[] = {zstd_of(&zstd), zstd_of(&gzip), gzip_of(&zstd)};
  for (size_t i = 0; i < 3; i++) {
    rowcast_matrix matrix;
    rowcast_error error;
    cr_expect_eq(rowcast_matrix_read_memory(&matrix, twice[i].data, twice[i].size, "file", NULL, &error),
                 ROWCAST_ERR_FORMAT);
    cr_expect_str_eq(error.text, i == 1 ? "file: is gzip inside gzip or zstd: decompress it once first"
                                        : "file: is zstd inside gzip or zstd: decompress it once first");
    bytes_free((struct bytes[]){twice[i]});
  }
  bytes_free(&text), bytes_free(&zstd), bytes_free(&gzip);
}

/* Every format, whole and in blocks; a header that lies is found out. */
Test(zstd, matrices) {
  char *folder = folder_make(), *path = path_in(folder, "x");
  struct bytes formats[3] = {{0}, {0}, {0}};
  add_idx_header(&formats[0], 8, 3, (const size_t[]){5000, 2, 10});
  add_npy_header(&formats[1], 1, "{'descr': '|u1', 'fortran_order': False, 'shape': (5000, 20), }");
  for (int i = 0; i < 2; i++)
    for (size_t j = 0; j < 100000; j++) bytes_add_number(&formats[i], j * j / 7, 1, false);
  for (size_t j = 0; j < 50000; j++) bytes_add_text(&formats[2], j % 10 < 9 ? "1," : "2\n");
  for (int i = 0; i < 3; i++) {
    struct bytes packed = zstd_of(&formats[i]);
    rowcast_matrix wanted, got;
    cr_assert_eq(rowcast_matrix_read_memory(&wanted, formats[i].data, formats[i].size, "x", NULL, NULL), ROWCAST_OK);
    bytes_write(&packed, path);
    cr_assert_eq(rowcast_matrix_read(&got, path, NULL, NULL), ROWCAST_OK);
    const size_t bytes = wanted.rows * wanted.cols * (wanted.dtype == ROWCAST_U8 ? 1 : 4);
    cr_expect(got.file->gzipped && got.rows == wanted.rows && got.cols == wanted.cols && got.dtype == wanted.dtype);
    cr_expect(memcmp(got.data, wanted.data, bytes) == 0);
    rowcast_matrix_free(&got);
    const rowcast_read_options small = {.struct_size = sizeof small, .max_bytes = 1 << 16};
    rowcast_reader *reader;
    cr_assert_eq(rowcast_reader_open(&reader, path, &small, NULL), ROWCAST_OK);
    size_t at = 0, rows = 1;
    while (rows > 0) {
      rowcast_matrix block;
      cr_assert_eq(rowcast_reader_next(reader, &block, NULL), ROWCAST_OK);
      rows = block.rows;
      const size_t row = bytes / wanted.rows;
      if (rows > 0) cr_expect(memcmp(block.data, (const char *)wanted.data + at * row, rows * row) == 0);
      at += rows;
    }
    cr_expect_eq(at, wanted.rows);
    rowcast_reader_close(reader);
    rowcast_matrix_free(&wanted);
    bytes_free(&packed);
    formats[i].size -= 1;
    if (i == 2) continue; /* the last newline may be missing */
    packed = zstd_of(&formats[i]);
    bytes_write(&packed, path);
    rowcast_error error;
    cr_expect_eq(read_checked(NULL, path, NULL, &error), ROWCAST_ERR_FORMAT);
    cr_expect_not_null(strstr(error.text, "truncated: 99999 of 100000 bytes"), "%s", error.text);
    bytes_free(&packed);
  }
  for (int i = 0; i < 3; i++) bytes_free(&formats[i]);
  free(path), folder_remove(folder);
}

/* The tool, which knows a file by its content; and a file of MNIST's size from a pipe. */
Test(zstd, tool) {
  char *folder = folder_make(), *path = path_in(folder, "x.npy");
  rowcast_matrix images;
  struct bytes idx = {0};
  cr_assert_eq(rowcast_matrix_read(&images, ROWCAST_SOURCE_DIR "/data/t10k-images-idx3-ubyte.gz", NULL, NULL),
               ROWCAST_OK);
  add_idx_header(&idx, 8, 3, images.file->dims);
  bytes_add(&idx, images.data, images.rows * images.cols);
  struct bytes packed = zstd_of(&idx);
  bytes_write(&packed, path);
  const struct process_options pipe = {.input_path = path};
  struct process_result named = ROWCAST("predict", "-i", path),
                        piped = process_run(ROWCAST_ARGUMENTS("matmul", "-i", "-", "--max-bytes", "1M", "-j"), &pipe),
                        whole = ROWCAST("matmul", "--set", "test", "--json");
  cr_expect(named.status == 0 && strstr(named.out, "92.41 % (9241 of 10000)") != NULL, "%s%s", named.out, named.err);
  cr_expect(piped.status == 0 && whole.status == 0, "%s%s", piped.err, whole.err);
  const char *crc = strstr(whole.out, "\"crc32\"");
  cr_expect(crc != NULL && strstr(piped.out, "\"crc32\"") != NULL &&
            strncmp(crc, strstr(piped.out, "\"crc32\""), sizeof "\"crc32\": \"01234567\"" - 1) == 0);
  process_free(&named), process_free(&piped), process_free(&whole);
  rowcast_matrix_free(&images);
  bytes_free(&packed), bytes_free(&idx);
  free(path), folder_remove(folder);
}

#endif
