/* SPDX-License-Identifier: BSD-3-Clause */
/* What a matrix says of its file: as long as it is said to, and whatever becomes of the elements. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include <rowcast/io.h>

#include "file_builder.h"
#include "process.h"

static char *folder, *path;

static void set_up(void) {
  static const double values[] = {0.0, 0.5, 0.25, 1.0 / 256};
  folder = folder_make();
  path = write_npy(folder, "x.npy", "<f4", 2, 2, values);
}
static void tear_down(void) { free(path), folder_remove(folder); }

TestSuite(file_info, .init = set_up, .fini = tear_down);

static void expect_info(const rowcast_file_info *file) {
  cr_assert_not_null(file);
  cr_expect_eq(file->struct_size, sizeof *file);
  cr_expect(file->rank == 2 && file->dims[0] == 2 && file->dims[1] == 2 && !file->gzipped);
  cr_expect_str_eq(file->element, "f4");
  cr_expect_str_eq(file->format, "npy");
  cr_expect_str_eq(file->name, "");
}

Test(file_info, made_in_memory_there_is_none) {
  rowcast_matrix matrix;
  cr_assert_eq(rowcast_matrix_alloc(&matrix, ROWCAST_F32, 2, 3), ROWCAST_OK);
  cr_expect_null(matrix.file);
  memset(matrix.data, 0, 6 * sizeof(float));
  cr_assert(rowcast_matrix_to_bytes(&matrix));
  cr_expect_null(matrix.file);
  rowcast_matrix_free(&matrix);
  cr_expect(matrix.data == NULL && matrix.owner == NULL && matrix.file == NULL);
  rowcast_matrix_free(&matrix);
}

Test(file_info, stays_with_the_bytes) {
  rowcast_matrix matrix;
  cr_assert_eq(rowcast_matrix_read(&matrix, path, NULL, NULL), ROWCAST_OK);
  expect_info(matrix.file);
  cr_assert(rowcast_matrix_to_bytes(&matrix));
  expect_info(matrix.file);
  cr_expect_eq(((unsigned char *)matrix.data)[3], 1);
  rowcast_matrix_free(&matrix);
}

/* A block is the reader's, and its information too, until the reader is closed; what is taken of it is the caller's. */
Test(file_info, of_readers) {
  for (int blocks = 0; blocks < 2; blocks++)
    for (int taken = 0; taken < 2; taken++) {
      rowcast_reader *reader;
      rowcast_matrix block, bytes, whole = {.data = NULL};
      const rowcast_read_options options = {sizeof options, .max_bytes = blocks ? 8 * 4 : 0};
      cr_assert_eq(rowcast_reader_open(&reader, path, &options, NULL), ROWCAST_OK);
      expect_info(rowcast_reader_shape(reader)->file);
      cr_assert_eq(rowcast_reader_next(reader, &block, NULL), ROWCAST_OK);
      const rowcast_file_info *file = block.file;
      expect_info(file);
      bytes = block;
      cr_assert(rowcast_matrix_to_bytes(&bytes));
      if (taken) cr_assert_eq(rowcast_reader_take(reader, &whole), blocks == 0);
      rowcast_matrix_free(&block);
      cr_expect_null(block.file);
      if (whole.data != NULL) {
        expect_info(whole.file);
        cr_expect_neq(whole.file, file);
      }
      expect_info(file);
      cr_assert_eq(rowcast_reader_next(reader, &block, NULL), ROWCAST_OK);
      expect_info(file);
      expect_info(bytes.file);
      rowcast_reader_close(reader);
      /* Bytes made of a block are the caller's. */
      cr_expect_eq(((unsigned char *)bytes.data)[1], 128);
      rowcast_matrix_free(&bytes);
      if (whole.data != NULL) expect_info(whole.file);
      rowcast_matrix_free(&whole);
    }
}
