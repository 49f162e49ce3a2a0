/* SPDX-License-Identifier: BSD-3-Clause */
/* IDX: element types, ranks, sizes that lie; and for every format what a file may be instead of a matrix: another
 * format, a folder, nothing at all. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "file_builder.h"
#include "process.h"

static char *folder, *path;

static void set_up(void) { folder = folder_make(), path = path_in(folder, "file"); }
static void tear_down(void) { free(path), folder_remove(folder); }

TestSuite(idx, .init = set_up, .fini = tear_down);

enum { U8 = 0x08, I8 = 0x09, I16 = 0x0b, I32 = 0x0c, F32 = 0x0d, F64 = 0x0e };

#define DIMS(...) sizeof((const size_t[]){__VA_ARGS__}) / sizeof(size_t), ((const size_t[]){__VA_ARGS__})

/* A header followed by so many bytes 0, 1, 2, ...; plain or gzipped. */
static void write_file(unsigned type, size_t rank, const size_t *dims, size_t elements, bool gzipped) {
  struct bytes bytes = {0};
  add_idx_header(&bytes, type, rank, dims);
  for (size_t i = 0; i < elements; i++) bytes_add_number(&bytes, i, 1, true);
  struct bytes packed = gzip_of(&bytes);
  bytes_write(gzipped ? &packed : &bytes, path);
  bytes_free(&packed);
  bytes_free(&bytes);
}

static void write_text(const char *text, size_t size) {
  struct bytes bytes = {0};
  bytes_add(&bytes, text, size);
  bytes_write(&bytes, path);
  bytes_free(&bytes);
}

static void expect_refused(const char *file, const rowcast_read_options *options, rowcast_status status,
                           const char *part) {
  rowcast_error error;
  const rowcast_status got = read_checked(NULL, file, options, &error);
  cr_expect(got == status, "%s instead of %s (%s)", rowcast_status_text(got), rowcast_status_text(status), part);
  cr_expect(got == ROWCAST_OK || strstr(error.text, part) != NULL, "'%s' is not in: %s", part, error.text);
  cr_expect_eq(rowcast_matrix_read(&(rowcast_matrix){0}, file, options, NULL), status);
}

static rowcast_matrix read_file(void) {
  rowcast_matrix matrix;
  rowcast_error error;
  cr_assert(read_checked(&matrix, path, NULL, &error) == ROWCAST_OK, "%s", error.text);
  cr_expect_str_eq(matrix.file->format, "idx");
  return matrix;
}

/* Six elements as big-endian bit patterns, and the float32 they become. */
Test(idx, every_element_type) {
  static const struct {
    unsigned type;
    const char *name;
    size_t size;
    uint64_t bits[6];
    double values[6];
  } cases[] = {
    {U8, "u1", 1, {0, 1, 127, 128, 254, 255}, {0, 1, 127, 128, 254, 255}},
    {I8, "i1", 1, {0, 1, 127, 128, 254, 255}, {0, 1, 127, -128, -2, -1}},
    {I16, "i2", 2, {0, 0x0102, 0x7fff, 0x8000, 0xfffe, 0xff00}, {0, 258, 32767, -32768, -2, -256}},
    {I32,
     "i4",
     4,
     {1, 0x01020304, 0x7fffffff, 0x80000000, 0xffffffff, 0x01000001},
     {1, 16909060, 2147483648.0, -2147483648.0, -1, 16777216}},
    {F32,
     "f4",
     4,
     {0x3f800000, 0x80000000, 0x7f800000, 1, 0xc0490fdb, 0x7f7fffff},
     {1, -0.0, INFINITY, 0x1p-149, (double)-3.14159274f, 0x1.fffffep127}},
    {F64,
     "f8",
     8,
     {0x3ff0000000000000, 0x8000000000000000, 0x7ff0000000000000, 0x3ff0000010000000, 0x3ff0000030000000,
      0x47f0000000000000},
     {1, -0.0, INFINITY, 1, 0x1.000004p0, INFINITY}},
  };
  for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++)
    for (int gzipped = 0; gzipped <= 1; gzipped++) {
      struct bytes bytes = {0};
      add_idx_header(&bytes, cases[c].type, DIMS(2, 3));
      for (size_t i = 0; i < 6; i++) bytes_add_number(&bytes, cases[c].bits[i], cases[c].size, true);
      struct bytes packed = gzip_of(&bytes);
      bytes_write(gzipped ? &packed : &bytes, path);
      rowcast_matrix matrix = read_file();
      cr_expect_str_eq(matrix.file->element, cases[c].name);
      cr_expect(matrix.file->rank == 2 && matrix.rows == 2 && matrix.cols == 3 &&
                matrix.file->gzipped == (gzipped == 1));
      for (size_t i = 0; i < 6; i++) {
        const double got = matrix_at(&matrix, i / 3, i % 3), wanted = cases[c].values[i];
        cr_expect(memcmp(&got, &wanted, sizeof got) == 0, "%s, element %zu: %a instead of %a", cases[c].name, i, got,
                  wanted);
      }
      rowcast_matrix_free(&matrix);
      bytes_free(&packed);
      bytes_free(&bytes);
    }
}

Test(idx, bytes_stay_in_place) {
  for (int gzipped = 0; gzipped <= 1; gzipped++) {
    write_file(U8, DIMS(3, 4), 12, gzipped == 1);
    rowcast_matrix matrix = read_file();
    cr_expect_eq(matrix.dtype, ROWCAST_U8);
    cr_expect_eq((char *)matrix.data - (char *)elements_of(&matrix), 12);
    rowcast_matrix_free(&matrix);
    cr_expect(matrix.data == NULL && matrix.owner == NULL && matrix.rows == 0);
  }
  rowcast_matrix_free(NULL);
}

Test(idx, ranks) {
  write_file(U8, DIMS(6), 6, false);
  rowcast_matrix matrix = read_file();
  cr_expect(matrix.file->rank == 1 && matrix.rows == 6 && matrix.cols == 1);
  rowcast_matrix_free(&matrix);
  write_file(U8, DIMS(2, 3, 4), 24, false);
  matrix = read_file();
  cr_expect(matrix.file->rank == 3 && matrix.rows == 2 && matrix.cols == 12 && matrix.file->dims[1] == 3 &&
            matrix.file->dims[2] == 4);
  cr_expect_eq(matrix_at(&matrix, 1, 11), 23);
  rowcast_matrix_free(&matrix);
  write_file(U8, DIMS(2, 3, 2, 2), 24, true);
  matrix = read_file();
  cr_expect(matrix.file->rank == 4 && matrix.rows == 2 && matrix.cols == 12);
  rowcast_matrix_free(&matrix);

  size_t dims[255];
  for (size_t i = 0; i < 255; i++) dims[i] = i == 31 ? 5 : 1;
  write_file(U8, 32, dims, 5, false);
  matrix = read_file();
  cr_expect(matrix.file->rank == 32 && matrix.rows == 1 && matrix.cols == 5);
  rowcast_matrix_free(&matrix);
  write_file(U8, 33, dims, 5, false);
  expect_refused(path, NULL, ROWCAST_ERR_FORMAT, "more than 32 dimensions");
  write_file(U8, 255, dims, 5, true);
  expect_refused(path, NULL, ROWCAST_ERR_FORMAT, "more than 32 dimensions");
  write_file(U8, 0, dims, 1, false);
  expect_refused(path, NULL, ROWCAST_ERR_FORMAT, "no dimensions");
}

Test(idx, empty_matrices) {
  static const size_t shapes[][3] = {
    {0, 28, 28}, {7, 0, 28}, {7, 28, 0}, {0, 0, 0}, {0, 0xffffffff, 0x7fffffff}, {0xffffffff, 0x7fffffff, 0}};
  for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++)
    for (int gzipped = 0; gzipped <= 1; gzipped++) {
      write_file(U8, 3, shapes[i], 0, gzipped == 1);
      rowcast_matrix matrix = read_file();
      cr_expect(matrix.rows == shapes[i][0] && matrix.cols == shapes[i][1] * shapes[i][2]);
      rowcast_matrix_free(&matrix);
    }
  write_file(F64, DIMS(0, 5), 0, false);
  rowcast_matrix matrix = read_file();
  cr_expect(matrix.rows == 0 && matrix.cols == 5);
  rowcast_matrix_free(&matrix);
}

Test(idx, unknown_types) {
  for (unsigned type = 0; type < 256; type++) {
    if (type == U8 || type == I8 || (type >= I16 && type <= F64)) continue;
    write_file(type, DIMS(1), 8, false);
    expect_refused(path, NULL, ROWCAST_ERR_FORMAT, type == 0x0a ? "unknown element type" : "is not IDX, NPY");
  }
  write_text("\0\1\x08\1\0\0\0\1x", 9);
  expect_refused(path, NULL, ROWCAST_ERR_FORMAT, "is not IDX, NPY");
  write_text("\1\0\x08\1\0\0\0\1x", 9);
  expect_refused(path, NULL, ROWCAST_ERR_FORMAT, "is not IDX, NPY");
}

/* The text says how many rows are there, whole. */
Test(idx, sizes_that_lie) {
  for (int gzipped = 0; gzipped <= 1; gzipped++) {
    write_file(U8, DIMS(10, 2, 2), 39, gzipped == 1);
    expect_refused(path, NULL, ROWCAST_ERR_FORMAT, "truncated: 39 of 40 bytes of elements, 9 of 10 whole rows");
    write_file(U8, DIMS(10, 2, 2), 3, gzipped == 1);
    expect_refused(path, NULL, ROWCAST_ERR_FORMAT, "truncated: 3 of 40 bytes of elements, 0 of 10 whole rows");
    write_file(I32, DIMS(4), 15, gzipped == 1);
    expect_refused(path, NULL, ROWCAST_ERR_FORMAT, "truncated: 15 of 16 bytes of elements, 3 of 4 whole rows");
    write_file(U8, DIMS(10, 2, 2), 43, gzipped == 1);
    expect_refused(path, NULL, ROWCAST_ERR_FORMAT,
                   gzipped == 1 ? "more than its header's 56 bytes" : "3 bytes after the last element, at byte 56");
    rowcast_matrix matrix;
    const rowcast_read_options trailing = {sizeof(rowcast_read_options), .allow_trailing = true};
    cr_assert_eq(read_checked(&matrix, path, &trailing, NULL), ROWCAST_OK);
    cr_expect(matrix.rows == 10 && matrix.cols == 4 && matrix_at(&matrix, 9, 3) == 39);
    rowcast_matrix_free(&matrix);
    write_file(U8, DIMS(0, 2), 1, gzipped == 1);
    expect_refused(path, NULL, ROWCAST_ERR_FORMAT,
                   gzipped == 1 ? "more than its header's 12 bytes" : "1 bytes after the last element");
  }
  write_file(U8, DIMS(60000, 28, 28), 100, false);
  expect_refused(path, NULL, ROWCAST_ERR_FORMAT, "truncated: 100 of 47040000 bytes of elements, 0 of 60000 whole rows");
  write_file(U8, DIMS(60000, 28, 28), 100, true); /* known before anything is allocated */
  expect_refused(path, NULL, ROWCAST_ERR_FORMAT, "its header states 47040016 bytes");
}

Test(idx, overflowing_shapes) {
  static const struct {
    unsigned type;
    size_t dims[3];
  } cases[] = {{U8, {0xffffffff, 0xffffffff, 1}},  {U8, {0xffffffff, 0xffffffff, 0xffffffff}},
               {F64, {0x7fffffff, 0x7fffffff, 1}}, {U8, {0, 0xffffffff, 0xffffffff}},
               {U8, {0xffffffff, 0, 0xffffffff}},  {F64, {0x80000000, 0x20000000, 0}}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
    for (int gzipped = 0; gzipped <= 1; gzipped++) {
      write_file(cases[i].type, 3, cases[i].dims, 16, gzipped == 1);
      expect_refused(path, NULL, ROWCAST_ERR_FORMAT, "product of its dimensions overflows");
    }
}

Test(idx, limit_of_bytes) {
  write_file(U8, DIMS(10, 100), 1000, false);
  expect_refused(path, &(rowcast_read_options){sizeof(rowcast_read_options), .max_bytes = 1007}, ROWCAST_ERR_LIMIT,
                 "limit");
  cr_expect_eq(read_checked(NULL, path, &(rowcast_read_options){sizeof(rowcast_read_options), .max_bytes = 1012}, NULL),
               ROWCAST_OK);
  write_file(U8, DIMS(10, 100), 1000, true);
  for (size_t limit = 900; limit < 1012; limit++)
    expect_refused(path, &(rowcast_read_options){sizeof(rowcast_read_options), .max_bytes = limit}, ROWCAST_ERR_LIMIT,
                   "limit");
  cr_expect_eq(read_checked(NULL, path, &(rowcast_read_options){sizeof(rowcast_read_options), .max_bytes = 1012}, NULL),
               ROWCAST_OK);
}

/* Members may be cut anywhere, in the header too. */
Test(idx, two_members_cut_anywhere) {
  struct bytes bytes = {0};
  add_idx_header(&bytes, U8, DIMS(3, 2));
  for (size_t i = 0; i < 6; i++) bytes_add_number(&bytes, i, 1, true);
  for (size_t cut = 0; cut <= bytes.size; cut++) {
    struct bytes packed = {0};
    add_gzip(&packed, &(struct gzip_member){.content = bytes.data, .size = cut});
    add_gzip(&packed, &(struct gzip_member){.content = bytes.data + cut, .size = bytes.size - cut});
    bytes_write(&packed, path);
    rowcast_matrix matrix = read_file();
    cr_expect(matrix.rows == 3 && matrix.cols == 2 && matrix_at(&matrix, 2, 1) == 5, "cut at %zu", cut);
    rowcast_matrix_free(&matrix);
    bytes_free(&packed);
  }
  bytes_free(&bytes);
}

/* Files that are something else are named. */
Test(idx, not_a_matrix) {
  static const struct {
    const char *text;
    size_t size;
    const char *part;
  } cases[] = {
    {"", 0, "is empty"},
    {"\0", 1, "is not IDX, NPY"},
    {"\0\0\x08", 3, "is not IDX, NPY"},
    {"<!DOCTYPE html>\n<html>", 22, "HTML page"},
    {"<!doctype html>", 15, "HTML page"},
    {"<html><body>403", 15, "HTML page"},
    {"<HTML>", 6, "HTML page"},
    {"version https://git-lfs.github.com/spec/v1\noid sha256:0", 54, "Git LFS pointer"},
    {"PK\x03\x04 a zip", 10, "NPZ"},
    {"PK\x05\x06\0\0\0\0", 8, "NPZ"},
    {"\x80\x02(cnumpy", 9, "pickle: "},
    {"\x80\x05\x95", 3, "pickle: "},
    {"\x93NUMP", 5, "is not IDX, NPY"},
    {"\x93NUMPY", 6, "truncated in the header"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    write_text(cases[i].text, cases[i].size);
    expect_refused(path, NULL, ROWCAST_ERR_FORMAT, cases[i].part);
    struct bytes packed = gzip_of(&(struct bytes){(unsigned char *)(uintptr_t)cases[i].text, cases[i].size, 0});
    bytes_write(&packed, path);
    expect_refused(path, NULL, ROWCAST_ERR_FORMAT, cases[i].part);
    struct bytes twice = gzip_of(&packed);
    bytes_write(&twice, path);
    expect_refused(path, NULL, ROWCAST_ERR_FORMAT, "gzip inside gzip");
    bytes_free(&packed);
    bytes_free(&twice);
  }
}

Test(idx, paths_without_a_file) {
  expect_refused(path, NULL, ROWCAST_ERR_NOT_FOUND, "cannot open: No such file or directory");
  expect_refused(folder, NULL, ROWCAST_ERR_IO, "is a directory");
  expect_refused("", NULL, ROWCAST_ERR_NOT_FOUND, "cannot open");
  write_text("x", 1);
  char *below = path_in(path, "file");
  expect_refused(below, NULL, ROWCAST_ERR_IO, "cannot open: Not a directory");
  free(below);
  expect_refused("/dev/null", NULL, ROWCAST_ERR_FORMAT, "is empty");
  /* A device without an end: what it begins with is enough. */
  expect_refused("/dev/zero", NULL, ROWCAST_ERR_FORMAT, "is not IDX, NPY");
  expect_refused("/dev/zero",
                 &(rowcast_read_options){sizeof(rowcast_read_options), .max_bytes = 100000, .raw_type = "|u1",
                                         .raw_rank = 1, .raw_dims = {200000}},
                 ROWCAST_ERR_LIMIT, "limit");
  expect_refused("/dev/zero",
                 &(rowcast_read_options){sizeof(rowcast_read_options), .max_bytes = 100000, .raw_type = "|u1",
                                         .raw_rank = 1, .raw_dims = {1000}},
                 ROWCAST_ERR_LIMIT, "limit");
}

Test(idx, unreadable_file) {
  write_file(U8, DIMS(2, 2), 4, false);
  cr_assert_eq(chmod(path, 0), 0);
  if (access(path, R_OK) == 0) cr_skip_test("this user (root) may read every file");
  expect_refused(path, NULL, ROWCAST_ERR_IO, "cannot open: Permission denied");
}

Test(idx, null_arguments) {
  rowcast_error error = {.status = ROWCAST_OK, .text = ""};
  rowcast_matrix matrix = {.rows = 5};
  cr_expect_eq(rowcast_matrix_read(&matrix, NULL, NULL, &error), ROWCAST_ERR_ARGUMENT);
  cr_expect(error.status == ROWCAST_ERR_ARGUMENT && error.text[0] != '\0' && matrix.rows == 0);
  error = (rowcast_error){.status = ROWCAST_OK, .text = ""};
  cr_expect_eq(rowcast_matrix_read(NULL, path, NULL, &error), ROWCAST_ERR_ARGUMENT);
  cr_expect(error.status == ROWCAST_ERR_ARGUMENT && error.text[0] != '\0');
}

/* A pipe is read to its end, however small the pieces. */
Test(idx, fifo) {
  cr_assert_eq(mkfifo(path, 0600), 0);
  const pid_t writer = fork();
  cr_assert_geq(writer, 0);
  if (writer == 0) {
    struct bytes bytes = {0};
    add_idx_header(&bytes, U8, DIMS(1000, 100));
    for (size_t i = 0; i < 100000; i++) bytes_add_number(&bytes, i, 1, true);
    const int fd = open(path, O_WRONLY);
    for (size_t at = 0; fd >= 0 && at < bytes.size;) {
      const size_t left = bytes.size - at, part = left < 777 ? left : 777;
      const ssize_t written = write(fd, bytes.data + at, part);
      if (written < 0) _exit(1);
      at += (size_t)written;
    }
    _exit(fd < 0);
  }
  rowcast_matrix matrix = read_file();
  cr_expect(matrix.rows == 1000 && matrix.cols == 100 && matrix_at(&matrix, 999, 99) == 99999 % 256);
  rowcast_matrix_free(&matrix);
  int status;
  cr_assert_eq(waitpid(writer, &status, 0), writer);
  cr_expect_eq(status, 0);
}

/* Control characters of a name do not reach the terminal; the text stays one line. */
Test(idx, odd_names) {
  rowcast_error error;
  rowcast_matrix matrix;
  cr_expect_eq(rowcast_matrix_read(&matrix, "no\nsuch\x1b[31mfile", NULL, &error), ROWCAST_ERR_NOT_FOUND);
  cr_expect_str_eq(error.text, "\"no\\nsuch\\033[31mfile\": cannot open: No such file or directory");
  char name[5000];
  memset(name, 'x', sizeof name - 1), name[sizeof name - 1] = '\0';
  cr_expect_eq(rowcast_matrix_read(&matrix, name, NULL, &error), ROWCAST_ERR_IO);
  cr_expect(strncmp(error.text, "...xxx", 6) == 0 && strstr(error.text, ": cannot open: File name too long") != NULL);
}

Test(idx, alloc) {
  rowcast_matrix matrix;
  cr_assert_eq(rowcast_matrix_alloc(&matrix, ROWCAST_F32, 3, 5), ROWCAST_OK);
  cr_expect(matrix.rows == 3 && matrix.cols == 5 && matrix.stride == 5 && (uintptr_t)matrix.data % 64 == 0);
  memset(matrix.data, 0, 60);
  rowcast_matrix_free(&matrix);
  cr_assert_eq(rowcast_matrix_alloc(&matrix, ROWCAST_U8, 0, 5), ROWCAST_OK);
  cr_expect_not_null(matrix.data);
  rowcast_matrix_free(&matrix);
  cr_expect_eq(rowcast_matrix_alloc(&matrix, ROWCAST_F32, (size_t)1 << 32, (size_t)1 << 32), ROWCAST_ERR_OVERFLOW);
  cr_expect_eq(rowcast_matrix_alloc(&matrix, ROWCAST_F32, (size_t)1 << 62, 1), ROWCAST_ERR_OVERFLOW);
  cr_expect_eq(rowcast_matrix_alloc(&matrix, ROWCAST_U8, SIZE_MAX, 1), ROWCAST_ERR_MEMORY);
  cr_expect_eq(rowcast_matrix_alloc(&matrix, (rowcast_dtype)7, 1, 1), ROWCAST_ERR_ARGUMENT);
  cr_expect_eq(rowcast_matrix_alloc(NULL, ROWCAST_F32, 1, 1), ROWCAST_ERR_ARGUMENT);
}
