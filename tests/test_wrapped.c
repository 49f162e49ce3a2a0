/* SPDX-License-Identifier: BSD-3-Clause */
/* The readers and writers on a system that fails them: every single allocation refused in turn, and reads and writes
 * that do less than they were asked for. The linker puts the functions below in the place of the real ones (--wrap), so
 * this works beside sanitizers, which then see leaks and stray accesses. */
#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <rowcast/experimental.h>
#include <rowcast/io.h>
#include <rowcast/rowcast.h>

#include <io/bgzf.h>
#include <io/report.h>

#include "file_builder.h"
#include "process.h"
#include "needs_openmp.h"

void *__real_malloc(size_t bytes);
void *__real_calloc(size_t count, size_t bytes);
void *__real_realloc(void *old, size_t bytes);
void *__real_aligned_alloc(size_t alignment, size_t bytes);
int __real_posix_memalign(void **memory, size_t alignment, size_t bytes);
char *__real_strdup(const char *text);
char *__real_strndup(const char *text, size_t length);
ssize_t __real_read(int fd, void *to, size_t count);
ssize_t __real_pread(int fd, void *to, size_t count, off_t at);
ssize_t __real_write(int fd, const void *from, size_t count);

void *__wrap_malloc(size_t bytes);
void *__wrap_calloc(size_t count, size_t bytes);
void *__wrap_realloc(void *old, size_t bytes);
void *__wrap_aligned_alloc(size_t alignment, size_t bytes);
int __wrap_posix_memalign(void **memory, size_t alignment, size_t bytes);
char *__wrap_strdup(const char *text);
char *__wrap_strndup(const char *text, size_t length);
ssize_t __wrap_read(int fd, void *to, size_t count);
ssize_t __wrap_pread(int fd, void *to, size_t count, off_t at);
ssize_t __wrap_write(int fd, const void *from, size_t count);

/* The allocation that fails, counted from 1 (0: none does), and how many there were. */
static atomic_size_t failing, allocations; /* a reader's thread allocates too */

static bool fails(void) { return atomic_fetch_add(&allocations, 1) + 1 == failing; }

void *__wrap_malloc(size_t bytes) { return fails() ? NULL : __real_malloc(bytes); }
void *__wrap_calloc(size_t count, size_t bytes) { return fails() ? NULL : __real_calloc(count, bytes); }
void *__wrap_realloc(void *old, size_t bytes) { return fails() ? NULL : __real_realloc(old, bytes); }
void *__wrap_aligned_alloc(size_t alignment, size_t bytes) {
  return fails() ? NULL : __real_aligned_alloc(alignment, bytes);
}
int __wrap_posix_memalign(void **memory, size_t alignment, size_t bytes) {
  return fails() ? ENOMEM : __real_posix_memalign(memory, alignment, bytes);
}
char *__wrap_strdup(const char *text) { return fails() ? NULL : __real_strdup(text); }
char *__wrap_strndup(const char *text, size_t length) { return fails() ? NULL : __real_strndup(text, length); }

/* Reads and writes give one to seven bytes, and are interrupted now and then. */
static bool short_calls;
static unsigned calls;

static bool interrupted(size_t *count) {
  if (!short_calls) return false;
  if (++calls % 5 == 0) {
    errno = EINTR;
    return true;
  }
  if (*count > calls % 7 + 1) *count = calls % 7 + 1;
  return false;
}

ssize_t __wrap_read(int fd, void *to, size_t count) { return interrupted(&count) ? -1 : __real_read(fd, to, count); }
ssize_t __wrap_pread(int fd, void *to, size_t count, off_t at) {
  return interrupted(&count) ? -1 : __real_pread(fd, to, count, at);
}
ssize_t __wrap_write(int fd, const void *from, size_t count) {
  return interrupted(&count) ? -1 : __real_write(fd, from, count);
}

static char *folder, *path;

static void set_up(void) { folder = folder_make(), path = path_in(folder, "result"); }
static void tear_down(void) {
  atomic_store(&failing, 0);
  short_calls = false;
  free(path), folder_remove(folder);
}

TestSuite(wrapped, .init = set_up, .fini = tear_down);

/* Does something with every allocation failing in turn: it ends as it does without, or with an error of memory. */
static size_t fail_each(rowcast_status (*act)(const char *file, rowcast_error *err), const char *file) {
  rowcast_error error = {.status = ROWCAST_OK};
  failing = 0;
  allocations = 0;
  const rowcast_status wanted = act(file, &error);
  const size_t count = allocations;
  for (size_t n = 1; n <= count; n++) {
    failing = n;
    allocations = 0;
    rowcast_status status = act(file, &error);
    failing = 0;
    cr_assert(status == ROWCAST_ERR_MEMORY || status == wanted, "%s, allocation %zu of %zu: %s", file, n, count,
              rowcast_status_text(status));
    cr_assert(status == ROWCAST_OK || error.text[0] != '\0');
  }
  return count;
}

static rowcast_status read_whole(const char *file, rowcast_error *err) {
  rowcast_matrix matrix;
  const rowcast_read_options options = {sizeof(rowcast_read_options), .max_bytes = 1 << 20};
  const rowcast_status status = rowcast_matrix_read(&matrix, file, &options, err);
  rowcast_matrix_free(&matrix);
  return status;
}

static rowcast_status read_blocks(const char *file, rowcast_error *err) {
  rowcast_reader *reader;
  rowcast_matrix block;
  const rowcast_read_options options = {sizeof(rowcast_read_options), .max_bytes = 8};
  rowcast_status status = rowcast_reader_open(&reader, file, &options, err);
  if (status != ROWCAST_OK) return status;
  do status = rowcast_reader_next(reader, &block, err);
  while (status == ROWCAST_OK && block.rows > 0);
  rowcast_reader_close(reader);
  return status;
}

/* A row into memory, one left out, the rest in blocks; the first by its number. */
static rowcast_status read_rows(const char *file, rowcast_error *err) {
  rowcast_reader *reader;
  rowcast_matrix block;
  size_t rows;
  const rowcast_read_options options = {sizeof(rowcast_read_options), .max_bytes = 1 << 20};
  rowcast_status status = rowcast_reader_open(&reader, file, &options, err);
  if (status != ROWCAST_OK) return status;
  const size_t most = 1 << 16;
  float *x = __real_malloc(most * sizeof *x);
  const rowcast_matrix *shape = rowcast_reader_shape(reader);
  status = rowcast_reader_read(reader, 0, x, 0, &rows, err);
  if (status == ROWCAST_OK && shape->cols <= most) status = rowcast_reader_skip(reader, 1, &rows, err);
  if (status == ROWCAST_OK && shape->cols <= most) status = rowcast_reader_read(reader, 1, x, shape->cols, &rows, err);
  if (status == ROWCAST_OK && shape->cols <= most && shape->rows > 0 && rowcast_reader_seekable(reader))
    status = rowcast_reader_rows(reader, 0, 1, x, shape->cols, err);
  while (status == ROWCAST_OK) {
    status = rowcast_reader_next(reader, &block, err);
    if (block.rows == 0) break;
  }
  rowcast_reader_close(reader);
  free(x);
  return status;
}

static void each_file(const char *name, void (*check)(const char *file)) {
  char *corpus = path_in(ROWCAST_SOURCE_DIR "/tests/fuzz/corpus", name);
  DIR *files = opendir(corpus);
  cr_assert_not_null(files, "%s", corpus);
  for (const struct dirent *entry; (entry = readdir(files)) != NULL;) {
    char *file = path_in(corpus, entry->d_name);
    struct stat info;
    if (stat(file, &info) == 0 && S_ISREG(info.st_mode)) check(file);
    free(file);
  }
  closedir(files);
  free(corpus);
}

static const char *const formats[] = {"idx", "npy", "npz", "pickle", "csv", "gzip", "bgzf"};

static void fail_reading(const char *file) {
  cr_assert_gt(fail_each(read_whole, file), 0, "the allocations of %s are not seen", file);
  /* The reader's thread would make the count uncertain: it may stop before all its blocks were filled. */
  fail_each(read_blocks, file);
  fail_each(read_rows, file);
}

Test(wrapped, no_memory_to_read) {
  for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) each_file(formats[i], fail_reading);
}

static rowcast_status write_all(const char *file, rowcast_error *err) {
  static const float values[4] = {1, 2, 3, 4};
  rowcast_status status = ROWCAST_OK;
  for (int i = 0; i < 2 * ROWCAST_FILE_FORMAT_COUNT && status == ROWCAST_OK; i++) {
    const rowcast_write_options options = {sizeof(rowcast_write_options), .format = (rowcast_file_format)(i / 2),
                                           .overwrite = true, .gzip_level = i % 2, .threads = 2};
    status = rowcast_write_f32(file, values, 2, 2, 2, &options, err);
    if (status == ROWCAST_ERR_UNSUPPORTED) status = ROWCAST_OK;
  }
  return status;
}

static struct bytes bgzf_bytes;

static rowcast_status read_bgzf(const char *file, rowcast_error *err) {
  const struct bytes bytes = bgzf_bytes;
  struct rc_bgzf bgzf;
  unsigned char content[4096];
  bool is;
  const struct rc_bgzf_file in = {.data = bytes.data, .size = bytes.size, .path = file};
  rowcast_status status = rc_bgzf_open(&bgzf, &is, &in, &(struct rc_bgzf_options){.max_bytes = 1 << 20}, err);
  if (status == ROWCAST_OK && is) {
    struct rc_bgzf_worker *worker = rc_bgzf_worker_create(&bgzf, RC_INFLATE_ZLIB);
    status = worker == NULL ? rc_report(err, ROWCAST_ERR_MEMORY, file, "no worker")
                            : rc_bgzf_read(&bgzf, worker, 0, bgzf.size, content, NULL, err);
    rc_bgzf_worker_destroy(worker);
    rc_bgzf_close(&bgzf);
  }
  return status;
}

static size_t rows_of_bgzf;

/* All content as bytes, by number if it is as long as one of these. */
static rowcast_status read_bgzf_rows(const char *file, rowcast_error *err) {
  static const size_t sizes[] = {30, 171};
  rowcast_status status = ROWCAST_OK;
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0] && status == ROWCAST_OK; i++) {
    unsigned char content[4096];
    rowcast_reader *reader;
    const rowcast_read_options options = {sizeof(rowcast_read_options), .max_bytes = 1 << 20, .raw_type = "u1",
                                          .raw_rank = 2, .raw_dims = {sizes[i], 1}};
    status = rowcast_reader_open(&reader, file, &options, err);
    if (status != ROWCAST_OK) return status;
    if (rowcast_reader_seekable(reader)) {
      status = rowcast_reader_rows(reader, 1, sizes[i], content, 1, err);
      rows_of_bgzf++;
    }
    rowcast_reader_close(reader);
  }
  return status;
}

static void fail_bgzf(const char *file) {
  bgzf_bytes = bytes_read(file);
  fail_each(read_bgzf, file);
  fail_each(read_bgzf_rows, file);
  bytes_free(&bgzf_bytes);
}

Test(wrapped, no_memory_for_bgzf) {
  each_file("bgzf", fail_bgzf);
  cr_expect_gt(rows_of_bgzf, 10);
}

/* Entries of the folder besides "." and "..". */
static size_t count_files(void) {
  DIR *files = opendir(folder);
  size_t count = 0;
  while (readdir(files) != NULL) count++;
  closedir(files);
  return count - 2;
}

Test(wrapped, no_memory_to_write) {
  cr_assert_gt(fail_each(write_all, path), 3);
  cr_assert_eq(count_files(), 1, "a temporary file was left");
}

/* file: how many threads it is to have. */
static rowcast_status make_plan(const char *file, rowcast_error *err) {
  static const float weights[6] = {1, 2, 3, 4, 5, 6}, bias[3] = {1, 2, 3};
  rowcast_plan *plan;
  rowcast_plan_options options = ROWCAST_PLAN_DEFAULTS;
  options.bias = bias;
  options.threads = (unsigned)atoi(file);
  const rowcast_status status = rowcast_plan_create(&plan, 2, 3, weights, 3, &options, err);
  rowcast_plan_destroy(plan);
  return status;
}

Test(wrapped, no_memory_for_a_plan) {
  cr_assert_eq(fail_each(make_plan, "1"), 1, "a plan is one allocation");
  /* How many threads there are is asked of OpenMP, which may need memory for the answer. */
  cr_assert_geq(fail_each(make_plan, "0"), 1);
}

static rowcast_status classify_wide_rows(const char *threads, rowcast_error *err) {
  enum { ROWS = 40 };
  static float weights[ROWCAST_MAX_CLASSES];
  float x[ROWS];
  int32_t classes[ROWS];
  for (size_t i = 0; i < ROWS; i++) x[i] = i % 2 == 0 ? 1.0f : -1.0f;
  for (size_t j = 0; j < ROWCAST_MAX_CLASSES; j++) weights[j] = j == 7 ? 2.0f : j == 4000 ? -3.0f : 0.5f;
  rowcast_plan *plan;
  rowcast_plan_options options = ROWCAST_PLAN_DEFAULTS;
  options.driver = "openmp";
  options.threads = (unsigned)atoi(threads);
  rowcast_status status = rowcast_plan_create(&plan, 1, ROWCAST_MAX_CLASSES, weights, 1, &options, err);
  if (status != ROWCAST_OK) return status;
  status = rowcast_predict(plan, ROWS, x, 1, classes);
  for (size_t i = 0; status == ROWCAST_OK && i < ROWS; i++) cr_expect_eq(classes[i], i % 2 == 0 ? 7 : 4000);
  rowcast_plan_destroy(plan);
  return status;
}

Test(wrapped, no_memory_for_wide_rows) {
  NEEDS_OPENMP();
  cr_assert_eq(fail_each(classify_wide_rows, "1"), 2, "the plan, and a row");
  cr_assert_geq(fail_each(classify_wide_rows, "3"), 4, "the plan, and a row for each thread");
  allocations = 0;
  failing = 2;
  rowcast_error error;
  cr_expect_eq(classify_wide_rows("1", &error), ROWCAST_ERR_MEMORY);
  failing = 0;
}

static unsigned by_number;

static void read_short(const char *file) {
  rowcast_matrix whole, parts;
  short_calls = false;
  const rowcast_status wanted = rowcast_matrix_read(&whole, file, NULL, NULL);
  short_calls = true;
  const rowcast_status status = rowcast_matrix_read(&parts, file, NULL, NULL);
  short_calls = false;
  cr_assert_eq(status, wanted, "%s", file);
  const size_t bytes = status == ROWCAST_OK ? whole.rows * whole.cols * (whole.dtype == ROWCAST_U8 ? 1 : 4) : 0;
  cr_assert(whole.rows == parts.rows && whole.cols == parts.cols &&
              (bytes == 0 || memcmp(whole.data, parts.data, bytes) == 0),
            "%s", file);
  /* By their numbers, as far as there are not too many: the same again. */
  const size_t row = whole.cols * (whole.dtype == ROWCAST_U8 ? 1 : 4);
  rowcast_reader *reader;
  rowcast_matrix block;
  rowcast_status opened = rowcast_reader_open(&reader, file, NULL, NULL);
  const bool seekable = opened == ROWCAST_OK && rowcast_reader_seekable(reader);
  if (opened == ROWCAST_OK && !seekable) opened = rowcast_reader_next(reader, &block, NULL);
  cr_assert(opened == wanted, "%s", file);
  if (wanted == ROWCAST_OK && row < 1 << 16 && (seekable || rowcast_reader_seekable(reader))) {
    const size_t count = whole.rows < 50 ? whole.rows : 50;
    unsigned char *x = malloc(count * row + 1);
    short_calls = true;
    cr_assert_eq(rowcast_reader_rows(reader, whole.rows - count, whole.rows, x, whole.cols, NULL), ROWCAST_OK);
    short_calls = false;
    if (row > 0) cr_assert(memcmp(x, (char *)whole.data + (whole.rows - count) * row, count * row) == 0, "%s", file);
    by_number++;
    free(x);
  }
  rowcast_reader_close(reader);
  rowcast_matrix_free(&whole);
  rowcast_matrix_free(&parts);
}

/* Each block's CRC tells whether the bytes are the right ones. */
static void read_short_bgzf(const char *file) {
  const rowcast_status wanted = read_bgzf_rows(file, NULL);
  short_calls = true;
  cr_assert_eq(read_bgzf_rows(file, NULL), wanted, "%s", file);
  short_calls = false;
}

Test(wrapped, short_reads) {
  for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) each_file(formats[i], read_short);
  each_file("bgzf", read_short_bgzf);
  cr_assert_gt(rows_of_bgzf, 5, "only %zu files of BGZF by numbers", rows_of_bgzf);
  cr_assert_gt(calls, 1000, "only %u short calls", calls);
  cr_assert_gt(by_number, 50, "only %u files by numbers", by_number);
}

Test(wrapped, short_writes) {
  enum { ROWS = 300 };
  static float values[ROWS * 2];
  for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) values[i] = (float)i / 3.0f;
  for (int i = 0; i < 2 * ROWCAST_FILE_FORMAT_COUNT; i++) {
    const int format = i / 2;
    const rowcast_write_options options = {sizeof(rowcast_write_options), .format = (rowcast_file_format)format,
                                           .overwrite = true, .gzip_level = i % 2};
    if (rowcast_write_f32(path, values, ROWS, 2, 2, &options, NULL) == ROWCAST_ERR_UNSUPPORTED) continue;
    struct bytes whole = bytes_read(path);
    short_calls = true;
    cr_assert_eq(rowcast_write_f32(path, values, ROWS, 2, 2, &options, NULL), ROWCAST_OK);
    short_calls = false;
    struct bytes parts = bytes_read(path);
    cr_assert(whole.size == parts.size && memcmp(whole.data, parts.data, whole.size) == 0, "format %d", format);
    bytes_free(&whole);
    bytes_free(&parts);
  }
}
