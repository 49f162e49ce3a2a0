/* SPDX-License-Identifier: BSD-3-Clause */
/* The four MNIST files that come with the project: they are what data/README.md says, and reading the largest
 * takes no more memory than was promised. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <zlib.h>

#include <io/bgzf.h>
#include <io/gzip.h>

#include "file_builder.h"

#define DATA ROWCAST_SOURCE_DIR "/data/"

static const struct {
  const char *path, *name;
  size_t rank, rows, cols, inflated;
  uLong crc; /* of the inflated bytes, computed apart from this project (Python's zlib) */
  unsigned char first[5];
} files[] = {
  {DATA "train-images-idx3-ubyte.gz", "train-images-idx3-ubyte", 3, 60000, 784, 47040016, 0xe9f4d8b3, {0}},
  {DATA "train-labels-idx1-ubyte.gz", "train-labels-idx1-ubyte", 1, 60000, 1, 60008, 0xe0cb4ad2, {5, 0, 4, 1, 9}},
  {DATA "t10k-images-idx3-ubyte.gz", "t10k-images-idx3-ubyte", 3, 10000, 784, 7840016, 0x91373bdf, {0}},
  {DATA "t10k-labels-idx1-ubyte.gz", "t10k-labels-idx1-ubyte", 1, 10000, 1, 10008, 0x4ab9eff9, {7, 2, 1, 0, 4}},
};
enum { FILES = sizeof files / sizeof files[0] };

Test(data, shapes_and_checksums) {
  for (size_t f = 0; f < FILES; f++) {
    rowcast_matrix matrix;
    rowcast_error error;
    cr_assert(read_checked(&matrix, files[f].path, NULL, &error) == ROWCAST_OK, "%s", error.text);
    cr_expect(matrix.file->rank == files[f].rank && matrix.rows == files[f].rows && matrix.cols == files[f].cols,
              "%s: %zu x %zu", files[f].name, matrix.rows, matrix.cols);
    cr_expect(matrix.dtype == ROWCAST_U8 && matrix.file->gzipped && strcmp(matrix.file->format, "idx") == 0, "%s",
              files[f].name);
    if (matrix.file->rank == 3) cr_expect(matrix.file->dims[1] == 28 && matrix.file->dims[2] == 28);
    /* The header lies before the elements, unless they were copied. */
    const size_t header = (size_t)((char *)matrix.data - (char *)elements_of(&matrix)),
                 elements = matrix.rows * matrix.cols;
    cr_assert_eq(header + elements, files[f].inflated, "%s", files[f].name);
    cr_expect_eq(crc32(0, elements_of(&matrix), (uInt)files[f].inflated), files[f].crc, "%s: wrong checksum",
                 files[f].name);
    rowcast_matrix_free(&matrix);
  }
}

Test(data, both_inflaters_agree) {
  for (size_t f = 0; f < FILES; f++) {
    struct bytes file = bytes_read(files[f].path);
    static const enum rc_inflater inflaters[] = {RC_INFLATE_ZLIB, RC_INFLATE_LIBDEFLATE};
    for (int i = 0; i < 2; i++) {
      struct rc_buffer out = {0};
      const struct rc_gzip gzip = {
        .data = file.data, .size = file.size, .path = files[f].path, .max_bytes = 1 << 30, .inflater = inflaters[i]};
      cr_assert_eq(rc_gunzip(&out, &gzip, NULL), ROWCAST_OK);
      cr_expect_eq(out.size, files[f].inflated);
      cr_expect_eq(crc32(0, out.data, (uInt)out.size), files[f].crc, "%s, inflater %d", files[f].name, i);
      rc_buffer_free(&out);
    }
    bytes_free(&file);
  }
}

/* So that threads can inflate them, and rows from the middle need not all that is before them. */
Test(data, they_are_bgzf) {
  for (size_t f = 0; f < FILES; f++) {
    struct bytes bytes = bytes_read(files[f].path);
    struct rc_bgzf bgzf;
    rowcast_error error = {.status = ROWCAST_OK};
    bool is;
    const struct rc_bgzf_file file = {.data = bytes.data, .size = bytes.size, .path = files[f].path};
    cr_assert_eq(rc_bgzf_open(&bgzf, &is, &file, &(struct rc_bgzf_options){.max_bytes = 1 << 20}, &error), ROWCAST_OK,
                 "%s", error.text);
    cr_assert(is && bgzf.size == files[f].inflated, "%s", files[f].name);
    struct rc_bgzf_worker *worker = rc_bgzf_worker_create(&bgzf, RC_INFLATE_BEST);
    unsigned char *out = malloc(files[f].inflated);
    cr_assert(worker != NULL && out != NULL);
    cr_assert_eq(rc_bgzf_read(&bgzf, worker, 0, bgzf.size, out, NULL, &error), ROWCAST_OK, "%s", error.text);
    cr_expect_eq(crc32(0, out, (uInt)files[f].inflated), files[f].crc, "%s: wrong checksum", files[f].name);
    free(out);
    rc_bgzf_worker_destroy(worker);
    rc_bgzf_close(&bgzf);
    bytes_free(&bytes);
  }
}

Test(data, labels) {
  for (size_t f = 0; f < FILES; f++) {
    if (files[f].rank != 1) continue;
    rowcast_matrix matrix;
    cr_assert_eq(read_checked(&matrix, files[f].path, NULL, NULL), ROWCAST_OK);
    for (size_t i = 0; i < 5; i++)
      cr_expect_eq(matrix_at(&matrix, i, 0), files[f].first[i], "%s, label %zu", files[f].name, i);
    for (size_t i = 0; i < matrix.rows; i++) cr_expect_leq(matrix_at(&matrix, i, 0), 9);
    rowcast_matrix_free(&matrix);
  }
}

/* Every row is an image of something: none is blank, and the corners are. */
Test(data, every_row_is_an_image) {
  for (size_t f = 0; f < FILES; f++) {
    if (files[f].rank != 3) continue;
    rowcast_matrix matrix;
    cr_assert_eq(read_checked(&matrix, files[f].path, NULL, NULL), ROWCAST_OK);
    const unsigned char *pixels = matrix.data;
    for (size_t i = 0; i < matrix.rows; i++) {
      size_t sum = 0;
      for (size_t j = 0; j < matrix.cols; j++) sum += pixels[i * matrix.stride + j];
      cr_assert(sum > 1000 && sum < 784 * 255 / 2, "%s, row %zu: sum %zu", files[f].name, i, sum);
      cr_assert_eq(pixels[i * matrix.stride], 0);
    }
    rowcast_matrix_free(&matrix);
  }
}

/* data/README.md and the list of checksums name every file. */
Test(data, documented) {
  struct bytes readme = bytes_read(DATA "README.md"), sums = bytes_read(DATA "SHA256SUMS.uncompressed");
  bytes_add(&readme, "", 1), bytes_add(&sums, "", 1);
  for (size_t f = 0; f < FILES; f++) {
    char size[32];
    snprintf(size, sizeof size, "%zu", files[f].inflated);
    cr_expect_not_null(strstr((char *)readme.data, files[f].name), "README.md lacks %s", files[f].name);
    cr_expect_not_null(strstr((char *)readme.data, size), "README.md lacks the size of %s", files[f].name);
    const char *line = strstr((char *)sums.data, files[f].name);
    cr_assert(line != NULL && line - (char *)sums.data >= 66, "no checksum of %s", files[f].name);
    char sum[65] = "";
    memcpy(sum, line - 66, 64);
    cr_expect_eq(strspn(sum, "0123456789abcdef"), 64, "no checksum of %s", files[f].name);
    cr_expect_not_null(strstr((char *)readme.data, sum), "README.md has another checksum of %s", files[f].name);
  }
  bytes_free(&readme), bytes_free(&sums);
}

/* The checksums themselves, where the system has a program for them. */
Test(data, sha256) {
  if (system("command -v sha256sum >/dev/null && command -v gzip >/dev/null") != 0)
    cr_skip_test("no sha256sum or no gzip");
  cr_expect_eq(system("cd '" DATA "' && while read -r sum name; do"
                      " [ \"$(gzip -dc \"$name.gz\" | sha256sum | cut -d' ' -f1)\" = \"$sum\" ] || exit 1;"
                      " done <SHA256SUMS.uncompressed && [ $(wc -l <SHA256SUMS.uncompressed) = 4 ]"),
               0);
}

/* Peak memory of a process that only reads this file, in bytes; 0: it could not. */
static size_t peak_of_reading(const char *path) {
  const pid_t child = fork();
  cr_assert_geq(child, 0);
  if (child == 0) {
    rowcast_matrix matrix;
    _exit(rowcast_matrix_read(&matrix, path, NULL, NULL) == ROWCAST_OK ? 0 : 1);
  }
  int status;
  struct rusage usage;
  cr_assert_eq(wait4(child, &status, 0, &usage), child);
  return status == 0 ? (size_t)usage.ru_maxrss * 1024 : 0;
}

Test(data, memory_of_reading) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  cr_skip_test("a sanitizer's own memory is counted too");
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
  cr_skip_test("a sanitizer's own memory is counted too");
#endif
#endif
  struct stat info;
  cr_assert_eq(stat(files[0].path, &info), 0);
  const size_t allowed = files[0].inflated + (size_t)info.st_size + ((size_t)16 << 20);
  const size_t peak = peak_of_reading(files[0].path);
  /* It cannot be less than the image bytes: then nothing was measured. */
  cr_expect(peak > files[0].inflated && peak < allowed, "%zu bytes, %zu allowed", peak, allowed);
}
