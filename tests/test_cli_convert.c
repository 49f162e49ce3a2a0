/* SPDX-License-Identifier: BSD-3-Clause */
/* `convert` to MNIST's own format, IDX, and back; and that the commands whose results are no bytes refuse it. */
#include "tool.h"

#include <rowcast/io.h>
#include <unistd.h>

#define TRAIN  ROWCAST_SOURCE_DIR "/data/train-images-idx3-ubyte.gz"
#define LABELS ROWCAST_SOURCE_DIR "/data/t10k-labels-idx1-ubyte.gz"

static char *folder;

static void set_up(void) { folder = folder_make(); }
static void tear_down(void) { folder_remove(folder); }

TestSuite(cli_convert, .init = set_up, .fini = tear_down);

/* The first rows of the training images under a header of these dimensions. */
static struct bytes train_as(size_t rank, const size_t *dims) {
  struct bytes bytes = {0};
  rowcast_matrix images;
  cr_assert_eq(rowcast_matrix_read(&images, TRAIN, NULL, NULL), ROWCAST_OK);
  add_idx_header(&bytes, 8, rank, dims);
  bytes_add(&bytes, images.data, dims[0] * 784);
  rowcast_matrix_free(&images);
  return bytes;
}

static void expect_bytes(const char *path, const struct bytes *wanted) {
  struct bytes got = bytes_read(path);
  cr_expect(got.size == wanted->size && memcmp(got.data, wanted->data, got.size) == 0, "%s: %zu bytes", path, got.size);
  bytes_free(&got);
}

/* Pictures stay pictures, rows stay rows, and labels a column; from files, gzipped, and standard output. */
Test(cli_convert, idx_and_back) {
  char *x = path_in(folder, "x.idx"), *gz = path_in(folder, "x.idx.gz"), *csv = path_in(folder, "x.csv"),
       *again = path_in(folder, "again.idx"), *y = path_in(folder, "y.idx");
  struct bytes pictures = train_as(3, (const size_t[]){9, 28, 28}), rows = train_as(2, (const size_t[]){9, 784});
  tool_expect(ROWCAST("convert", "-i", TRAIN, "--rows", "0:9", "-o", x), 0, "9 rows of 784");
  expect_bytes(x, &pictures);
  tool_expect(ROWCAST("convert", "-i", x, "-o", gz), 0, "9 rows of 784");
  tool_expect(ROWCAST("convert", "-i", gz, "-o", again), 0, "9 rows of 784");
  expect_bytes(again, &pictures);
  struct process_result piped = ROWCAST("convert", "-i", gz, "--format", "idx", "-o", "-");
  cr_expect_eq(piped.status, 0, "%s", piped.err);
  process_free(&piped);
  /* A CSV, whose rows are counted as they come, has no pictures. */
  tool_expect(ROWCAST("convert", "-i", x, "-o", csv), 0, "9 rows of 784");
  tool_expect(
    ROWCAST("convert", "-i", csv, "--scale", "1/256", "--dtype", "u8", "--max-bytes", "64K", "-o", again, "-f"), 0,
    "9 rows of 784");
  expect_bytes(again, &rows);
  tool_expect(ROWCAST("convert", "-i", LABELS, "--rows", "0:5", "-o", y), 0, "5 rows of 1");
  struct bytes labels = {0};
  add_idx_header(&labels, 8, 1, (const size_t[]){5});
  bytes_add(&labels, "\7\2\1\0\4", 5);
  expect_bytes(y, &labels);
  bytes_free(&labels), bytes_free(&pictures), bytes_free(&rows);
  free(x), free(gz), free(csv), free(again), free(y);
}

Test(cli_convert, idx_is_of_bytes) {
  char *x = path_in(folder, "x.idx"), *packed = path_in(folder, "x.idx.gz");
  tool_expect(ROWCAST("convert", "-i", TRAIN, "--rows", "0:3", "--scale", "1/256", "-o", x), 2,
              "IDX is written of bytes alone, and these are float32: NPY takes them (--format npy|");
  tool_expect(ROWCAST("matmul", "--rows", "0:3", "-o", packed), 2,
              "--output: IDX is written of bytes alone, and matmul writes float32: try .npy");
  tool_expect(ROWCAST("predict", "--rows", "0:3", "--format", "idx", "-o", x), 2,
              "--output: IDX is written of bytes alone, and predict writes classes as int32: try .npy");
  cr_expect(access(x, F_OK) != 0 && access(packed, F_OK) != 0);
  free(x), free(packed);
}
