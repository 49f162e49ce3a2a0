/* SPDX-License-Identifier: BSD-3-Clause */
/* Results block by block and in every format; tests/oracle compares NPY and NPZ with NumPy's. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rowcast/experimental.h>
#include <rowcast/io.h>

#include "file_builder.h"
#include "process.h"

static char *folder, *path;

static void set_up(void) { folder = folder_make(), path = path_in(folder, "result"); }
static void tear_down(void) { free(path), folder_remove(folder); }

TestSuite(writer, .init = set_up, .fini = tear_down);

static const float values[6] = {1.0f, -0.0f, 0.1f, INFINITY, 1e-45f, -3.5f};

/* Writes three rows of two, `at_once` at a time. */
static rowcast_status write_values(rowcast_file_format format, size_t announced, size_t at_once, rowcast_error *error) {
  const rowcast_layout layout = {.rank = 2, .dims = {announced, 2}};
  const rowcast_write_options options = {sizeof(rowcast_write_options), .format = format, .overwrite = true};
  rowcast_writer *writer;
  rowcast_status status = rowcast_writer_open(&writer, path, &layout, &options, error);
  if (status != ROWCAST_OK) return status;
  for (size_t i = 0; i < 3 && status == ROWCAST_OK; i += at_once)
    status = rowcast_writer_rows(writer, values + 2 * i, i + at_once > 3 ? 3 - i : at_once, 2, error);
  if (status == ROWCAST_OK) return rowcast_writer_commit(writer, error);
  rowcast_writer_abandon(writer);
  return status;
}

/* The same file however the rows come, and whether or not their number is known beforehand. */
Test(writer, blocks_and_numbers) {
  const bool npz = strstr(rowcast_io_build_info(), "with libzip") != NULL;
  for (int format = 0; format < ROWCAST_FILE_FORMAT_COUNT; format++) {
    if ((format == ROWCAST_FILE_NPZ && !npz) || format == ROWCAST_FILE_IDX) continue; /* IDX: bytes alone */
    struct bytes first = {0};
    for (size_t at_once = 1; at_once <= 3; at_once++)
      for (int known = 0; known < 2; known++) {
        rowcast_error error;
        cr_assert(write_values((rowcast_file_format)format, known ? 3 : SIZE_MAX, at_once, &error) == ROWCAST_OK, "%s",
                  error.text);
        struct bytes got = bytes_read(path);
        if (first.data == NULL) first = got;
        else {
          cr_expect(got.size == first.size && memcmp(got.data, first.data, got.size) == 0, "format %d differs", format);
          bytes_free(&got);
        }
      }
    bytes_free(&first);
    rowcast_matrix back;
    const rowcast_read_options raw = {sizeof(rowcast_read_options), .raw_type = "<f4", .raw_rank = 2,
                                      .raw_dims = {3, 2}};
    if (format == ROWCAST_FILE_JSON) continue;
    cr_assert_eq(rowcast_matrix_read(&back, path, format == ROWCAST_FILE_RAW ? &raw : NULL, NULL), ROWCAST_OK,
                 "format %d", format);
    cr_expect(back.rows == 3 && back.cols == 2 && memcmp(back.data, values, sizeof values) == 0, "format %d", format);
    rowcast_matrix_free(&back);
  }
}

static void expect_text(const char *text) {
  struct bytes got = bytes_read(path);
  cr_expect(got.size == strlen(text) && memcmp(got.data, text, got.size) == 0, "%.*s", (int)got.size,
            (const char *)got.data);
  bytes_free(&got);
}

Test(writer, json) {
  rowcast_error error;
  cr_assert_eq(write_values(ROWCAST_FILE_JSON, 3, 2, &error), ROWCAST_OK);
  expect_text("[\n[1,-0],\n[0.100000001,null],\n[1.40129846e-45,-3.5]\n]\n");
}

Test(writer, other_elements) {
  const rowcast_write_options csv = {sizeof(rowcast_write_options), .format = ROWCAST_FILE_CSV, .overwrite = true},
                              json = {sizeof(rowcast_write_options), .format = ROWCAST_FILE_JSON, .overwrite = true};
  const rowcast_layout classes = {.dtype = ROWCAST_I32, .rank = 1, .dims = {3}};
  const rowcast_layout bytes = {.dtype = ROWCAST_U8, .rank = 3, .dims = {2, 1, 2}};
  rowcast_writer *writer;
  cr_assert_eq(rowcast_writer_open(&writer, path, &classes, &csv, NULL), ROWCAST_OK);
  cr_assert_eq(rowcast_writer_rows(writer, (const int32_t[]){7, -1, INT32_MIN}, 3, 1, NULL), ROWCAST_OK);
  cr_assert_eq(rowcast_writer_commit(writer, NULL), ROWCAST_OK);
  expect_text("7\n-1\n-2147483648\n");
  cr_assert_eq(rowcast_writer_open(&writer, path, &classes, &json, NULL), ROWCAST_OK);
  cr_assert_eq(rowcast_writer_rows(writer, (const int32_t[]){7, -1, 2}, 3, 1, NULL), ROWCAST_OK);
  cr_assert_eq(rowcast_writer_commit(writer, NULL), ROWCAST_OK);
  expect_text("[\n7,\n-1,\n2\n]\n");
  cr_assert_eq(rowcast_writer_open(&writer, path, &bytes, &csv, NULL), ROWCAST_OK);
  /* Rows of two, three apart. */
  cr_assert_eq(rowcast_writer_rows(writer, (const unsigned char[]){0, 255, 9, 3, 4, 9}, 2, 3, NULL), ROWCAST_OK);
  cr_assert_eq(rowcast_writer_commit(writer, NULL), ROWCAST_OK);
  expect_text("0,255\n3,4\n");
}

/* MNIST's format, of bytes, however the rows come and whether or not their number is known; gzipped too. */
Test(writer, idx) {
  static const size_t shapes[][4] = {{1, 3}, {2, 3, 4}, {3, 3, 2, 2}, {2, 0, 5}, {2, 3, 0}}; /* rank and dimensions */
  unsigned char bytes[12];
  for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (unsigned char)(i * 23);
  for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++)
    for (int way = 0; way < 4; way++) {
      rowcast_layout layout = {.dtype = ROWCAST_U8, .rank = shapes[i][0]};
      size_t cols = 1;
      for (size_t d = 0; d < layout.rank; d++) layout.dims[d] = shapes[i][d + 1], cols *= d > 0 ? layout.dims[d] : 1;
      const size_t rows = layout.dims[0];
      struct bytes wanted = {0};
      add_idx_header(&wanted, 8, layout.rank, layout.dims);
      bytes_add(&wanted, bytes, rows * cols);
      if (way & 1) layout.dims[0] = SIZE_MAX;
      const rowcast_write_options options = {
        .struct_size = sizeof options, .format = ROWCAST_FILE_IDX, .overwrite = true, .gzip_level = way & 2 ? 6 : 0};
      rowcast_writer *writer;
      rowcast_error error;
      cr_assert_eq(rowcast_writer_open(&writer, path, &layout, &options, &error), ROWCAST_OK, "%s", error.text);
      for (size_t row = 0; row < rows; row++)
        cr_assert_eq(rowcast_writer_rows(writer, bytes + row * cols, 1, cols, NULL), ROWCAST_OK);
      cr_assert_eq(rowcast_writer_commit(writer, &error), ROWCAST_OK, "%s", error.text);
      struct bytes got = bytes_read(path);
      if (!(way & 2)) cr_expect(got.size == wanted.size && memcmp(got.data, wanted.data, got.size) == 0);
      rowcast_matrix back;
      cr_assert_eq(read_checked(&back, path, NULL, &error), ROWCAST_OK, "%s", error.text);
      cr_expect(back.dtype == ROWCAST_U8 && back.rows == rows && back.file->gzipped == (way >= 2));
      cr_expect_eq(back.file->rank, shapes[i][0]);
      cr_expect(rows * cols == 0 || memcmp(back.data, bytes, rows * cols) == 0);
      rowcast_matrix_free(&back);
      bytes_free(&got), bytes_free(&wanted);
    }
}

/* What IDX has no room for is refused before anything is written. */
Test(writer, idx_refuses) {
  const rowcast_write_options options = {sizeof options, .format = ROWCAST_FILE_IDX};
  const size_t large = (size_t)UINT32_MAX + 1;
  const struct {
    rowcast_layout layout;
    const char *part;
  } cases[] = {
    {{.dtype = ROWCAST_F32, .rank = 2, .dims = {3, 2}}, "bytes alone, and these are float32"},
    {{.dtype = ROWCAST_I32, .rank = 1, .dims = {3}}, "bytes alone, and these are int32"},
    {{.dtype = ROWCAST_U8, .rank = 2, .dims = {large, 0}}, "32 bits for a dimension, and 4294967296 is more"},
    {{.dtype = ROWCAST_U8, .rank = 2, .dims = {0, large}}, "32 bits for a dimension, and 4294967296 is more"},
  };
  rowcast_writer *writer;
  rowcast_error error;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    cr_expect_eq(rowcast_writer_open(&writer, path, &cases[i].layout, &options, &error), ROWCAST_ERR_UNSUPPORTED);
    cr_expect(strstr(error.text, cases[i].part) != NULL && strcmp(error.advice, "format") == 0, "%s", told(&error));
    cr_expect(writer == NULL && access(path, F_OK) != 0);
  }
  /* So many rows come only in the end. */
  const rowcast_layout unknown = {.dtype = ROWCAST_U8, .rank = 2, .dims = {SIZE_MAX, 0}};
  cr_assert_eq(rowcast_writer_open(&writer, path, &unknown, &options, NULL), ROWCAST_OK);
  cr_expect_eq(rowcast_writer_rows(writer, values, 1, 0, NULL), ROWCAST_OK);
  cr_expect_eq(rowcast_writer_rows(writer, values, large - 1, 0, &error), ROWCAST_ERR_UNSUPPORTED);
  cr_expect_neq(rowcast_writer_commit(writer, NULL), ROWCAST_OK);
  cr_expect_neq(access(path, F_OK), 0);
}

/* Fewer or more rows than announced: nothing is left. */
Test(writer, wrong_number_of_rows) {
  rowcast_error error;
  for (size_t announced = 2; announced <= 4; announced += 2) {
    cr_expect_eq(write_values(ROWCAST_FILE_NPY, announced, 3, &error), ROWCAST_ERR_ARGUMENT);
    cr_expect_not_null(strstr(error.text, "announced"), "%s", error.text);
    cr_expect_neq(access(path, F_OK), 0);
  }
}

Test(writer, arguments) {
  rowcast_writer *writer;
  const rowcast_layout good = {.rank = 2, .dims = {1, 1}}, none = {.rank = 0}, deep = {.rank = 33},
                       huge = {.rank = 3, .dims = {1, SIZE_MAX / 2, 4}};
  const rowcast_layout wrong = {.dtype = (rowcast_dtype)9, .rank = 1, .dims = {1}};
  cr_expect_eq(rowcast_writer_open(&writer, NULL, &good, NULL, NULL), ROWCAST_ERR_ARGUMENT);
  cr_expect_eq(rowcast_writer_open(NULL, path, &good, NULL, NULL), ROWCAST_ERR_ARGUMENT);
  cr_expect_eq(rowcast_writer_open(&writer, path, NULL, NULL, NULL), ROWCAST_ERR_ARGUMENT);
  cr_expect_eq(rowcast_writer_open(&writer, path, &none, NULL, NULL), ROWCAST_ERR_OVERFLOW);
  cr_expect_eq(rowcast_writer_open(&writer, path, &deep, NULL, NULL), ROWCAST_ERR_OVERFLOW);
  cr_expect_eq(rowcast_writer_open(&writer, path, &huge, NULL, NULL), ROWCAST_ERR_OVERFLOW);
  cr_expect_eq(rowcast_writer_open(&writer, path, &wrong, NULL, NULL), ROWCAST_ERR_ARGUMENT);
  cr_expect_null(writer);
  rowcast_writer_abandon(NULL);
}
