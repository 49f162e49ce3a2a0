/* SPDX-License-Identifier: BSD-3-Clause */
/* Results in files: the bytes numpy.save() writes (golden files, tests/data/make_npy_golden.py), text that reads
 * back to the same bits, and a file that is there whole or not at all. */
#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <rowcast/io.h>

#include "file_builder.h"
#include "fixture.h"
#include "locales.h"
#include "process.h"

static char *folder, *path;

static void set_up(void) { folder = folder_make(), path = path_in(folder, "result"); }
static void tear_down(void) { free(path), folder_remove(folder); }

TestSuite(output, .init = set_up, .fini = tear_down);

static const rowcast_write_options csv = {sizeof(rowcast_write_options), .format = ROWCAST_FILE_CSV, .overwrite = true};
static const rowcast_write_options npy_over = {sizeof(rowcast_write_options), .format = ROWCAST_FILE_NPY,
                                               .overwrite = true};

/* Files in a folder, hidden ones too: a temporary file that was forgotten counts. */
static size_t count_files(const char *where) {
  size_t count = 0;
  DIR *entries = opendir(where);
  cr_assert_not_null(entries);
  for (const struct dirent *entry; (entry = readdir(entries)) != NULL;)
    count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
  closedir(entries);
  return count;
}

static void write_ok(const char *to, const float *c, size_t rows, size_t cols, size_t ldc,
                     const rowcast_write_options *options) {
  rowcast_error error = {.status = ROWCAST_OK, .text = "untouched"};
  cr_assert(rowcast_write_f32(to, c, rows, cols, ldc, options, &error) == ROWCAST_OK, "%s", error.text);
  cr_expect_str_eq(error.text, "untouched");
}

/* Fails with a text that begins with the path and says why. */
static void expect_failure(const char *to, const float *c, size_t rows, size_t cols,
                           const rowcast_write_options *options, rowcast_status status, const char *part) {
  rowcast_error error = {.status = ROWCAST_OK, .text = ""};
  const rowcast_status got = rowcast_write_f32(to, c, rows, cols, cols, options, &error);
  cr_expect(got == status && error.status == status, "%s (%s)", rowcast_status_text(got), error.text);
  cr_expect(strncmp(error.text, to, strlen(to)) == 0 && strstr(error.text, part) != NULL, "'%s' is not in: %s", part,
            error.text);
}

/* The file holds these bytes and nothing else. */
static void expect_bytes(const char *file, const void *data, size_t size) {
  struct bytes bytes = bytes_read(file);
  cr_expect(bytes.size == size && (size == 0 || memcmp(bytes.data, data, size) == 0), "%s: %zu bytes, %zu wanted", file,
            bytes.size, size);
  bytes_free(&bytes);
}

static void expect_text(const char *text) { expect_bytes(path, text, strlen(text)); }

Test(output, npy_as_numpy_writes_it) {
  static const size_t shapes[][2] = {{5, 10}, {1, 1}, {0, 10}, {3, 0}, {7, 1}, {1, 7}};
  for (size_t s = 0; s < sizeof shapes / sizeof shapes[0]; s++)
    for (size_t padding = 0; padding <= 3; padding += 3) {
      const size_t rows = shapes[s][0], cols = shapes[s][1], ldc = cols + padding;
      float c[128];
      for (size_t i = 0; i < 128; i++) c[i] = NAN;
      for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < cols; j++) c[i * ldc + j] = ((float)(i * cols + j) - 20) / 8;
      char name[64];
      snprintf(name, sizeof name, "result_%zux%zu.npy", rows, cols);
      char *golden = path_in(ROWCAST_SOURCE_DIR "/tests/data/npy", name);
      struct bytes wanted = bytes_read(golden);
      write_ok(path, c, rows, cols, ldc, &npy_over);
      expect_bytes(path, wanted.data, wanted.size);
      bytes_free(&wanted);
      free(golden);
    }
  cr_expect_eq(count_files(folder), 1);
}

static uint64_t little64(const unsigned char *p) {
  uint64_t value = 0;
  for (int i = 7; i >= 0; i--) value = value << 8 | p[i];
  return value;
}

Test(output, npy_headers_as_numpy_writes_them) {
  enum { RECORD = 8 + 8 + 128 };
  struct bytes records = bytes_read(ROWCAST_SOURCE_DIR "/tests/data/npy/headers.bin");
  cr_assert(records.size >= 10 * RECORD && records.size % RECORD == 0);
  float *zeros = calloc(3000000, sizeof *zeros);
  cr_assert_not_null(zeros);
  for (size_t at = 0; at < records.size; at += RECORD) {
    const size_t rows = little64(records.data + at), cols = little64(records.data + at + 8);
    cr_assert(rows * cols <= 3000000);
    write_ok(path, zeros, rows, cols, cols, &npy_over);
    struct bytes file = bytes_read(path);
    cr_expect_eq(file.size, 128 + 4 * rows * cols);
    cr_expect(memcmp(file.data, records.data + at + 16, 128) == 0, "header of %zu x %zu", rows, cols);
    bytes_free(&file);
  }
  free(zeros);
  bytes_free(&records);
}

Test(output, npy_reads_back) {
  struct random random = random_from(test_seed());
  enum { ROWS = 50000, COLS = 10, STRIDE = 16 };
  float *c = malloc(sizeof(float) * ROWS * STRIDE);
  cr_assert_not_null(c);
  for (size_t i = 0; i < ROWS * STRIDE; i++) c[i] = random_float(&random, -120, 120);
  write_ok(path, c, ROWS, COLS, STRIDE, NULL);
  rowcast_matrix matrix;
  cr_assert_eq(read_checked(&matrix, path, NULL, NULL), ROWCAST_OK);
  cr_assert(matrix.rows == ROWS && matrix.cols == COLS);
  for (size_t i = 0; i < ROWS; i++)
    cr_assert(memcmp((float *)matrix.data + i * COLS, c + i * STRIDE, COLS * sizeof(float)) == 0, "row %zu", i);
  cr_expect_eq(rowcast_crc32_f32(c, ROWS, COLS, STRIDE), rowcast_crc32_f32(matrix.data, ROWS, COLS, COLS));
  rowcast_matrix_free(&matrix);
  free(c);
}

Test(output, crc_of_known_bytes) {
  /* The bytes "12345678": 0x9ae0daaf. */
  float two[2];
  memcpy(two, "12345678", 8);
  cr_expect_eq(rowcast_crc32_f32(two, 1, 2, 2), 0x9ae0daaful);
  cr_expect_eq(rowcast_crc32_f32(two, 2, 1, 1), 0x9ae0daaful);
  cr_expect_eq(rowcast_crc32_f32(two, 0, 2, 2), 0);
}

Test(output, csv_to_the_letter) {
  static const float c[] = {1,         -0.0f,  0.1f,           -10.9375f,        NAN,   INFINITY,
                            -INFINITY, 1e-45f, 3.40282347e38f, -1.17549435e-38f, 1e10f, 123456789.0f};
  write_ok(path, c, 3, 4, 4, &csv);
  expect_text("1,-0,0.100000001,-10.9375\n"
              "nan,inf,-inf,1.40129846e-45\n"
              "3.40282347e+38,-1.17549435e-38,1e+10,123456792\n");
  write_ok(path, (const float[]){-NAN, NAN}, 1, 2, 2, &csv);
  expect_text("nan,nan\n");
  write_ok(path, c, 2, 1, 3, &csv);
  expect_text("1\n-10.9375\n");
  write_ok(path, c, 0, 4, 4, &csv);
  expect_text("");
  write_ok(path, NULL, 2, 0, 0, &csv);
  expect_text("\n\n");
}

Test(output, csv_reads_back_to_the_same_bits) {
  struct random random = random_from(test_seed());
  enum { ROWS = 20000, COLS = 10 };
  float *c = malloc(sizeof(float) * ROWS * COLS);
  cr_assert_not_null(c);
  for (size_t i = 0; i < ROWS * COLS; i++) { /* any finite bit pattern, subnormal numbers among them */
    uint32_t bits;
    do bits = (uint32_t)(random_below(&random, 1u << 16) << 16 | random_below(&random, 1u << 16));
    while ((bits >> 23 & 255) == 255);
    memcpy(&c[i], &bits, sizeof bits);
  }
  write_ok(path, c, ROWS, COLS, COLS, &csv);
  FILE *file = fopen(path, "r");
  cr_assert_not_null(file);
  char line[512];
  for (size_t i = 0; i < ROWS; i++) {
    cr_assert_not_null(fgets(line, sizeof line, file));
    char *at = line;
    for (size_t j = 0; j < COLS; j++) {
      const float value = strtof(at, &at);
      cr_assert(memcmp(&value, &c[i * COLS + j], sizeof value) == 0, "row %zu: %s", i, line);
      cr_assert_eq(*at, j + 1 < COLS ? ',' : '\n');
      at++;
    }
    cr_assert_eq(*at, '\0');
  }
  cr_expect_null(fgets(line, sizeof line, file));
  fclose(file);
  free(c);
}

/* A decimal comma of the user's language stays out of the file. */
Test(output, csv_in_any_locale) {
  char *place = locale_make("de_DE.UTF-8");
  if (place == NULL) cr_skip_test("localedef is not here, or has no de_DE");
  cr_assert(setenv("LOCPATH", place, 1) == 0 && setlocale(LC_ALL, "de_DE.UTF-8") != NULL);
  write_ok(path, (const float[]){1.5f, 2.25f}, 1, 2, 2, &csv);
  expect_text("1.5,2.25\n");
  folder_remove(place);
}

Test(output, existing_file) {
  write_ok(path, (const float[]){1}, 1, 1, 1, NULL);
  expect_failure(path, (const float[]){2}, 1, 1, NULL, ROWCAST_ERR_EXISTS, "exists already");
  expect_failure(path, (const float[]){2}, 1, 1,
                 &(rowcast_write_options){sizeof(rowcast_write_options), .format = ROWCAST_FILE_CSV},
                 ROWCAST_ERR_EXISTS, "exists already");
  rowcast_matrix matrix;
  cr_assert_eq(read_checked(&matrix, path, NULL, NULL), ROWCAST_OK);
  cr_expect_eq(matrix_at(&matrix, 0, 0), 1);
  rowcast_matrix_free(&matrix);
  write_ok(path, (const float[]){3}, 1, 1, 1, &csv);
  expect_text("3\n");
  cr_expect_eq(count_files(folder), 1);
}

/* *user counts the questions that are answered with no. */
static bool cancel_after(void *user) {
  size_t *left = user;
  return (*left)-- == 0;
}

Test(output, cancelled) {
  enum { COLS = 1000, ROWS = 3000 }; /* 12 MB: several blocks */
  float *c = calloc(ROWS * COLS, sizeof *c);
  cr_assert_not_null(c);
  for (size_t format = 0; format < 2; format++)
    for (size_t questions = 0; questions < 3; questions++) {
      size_t left = questions;
      rowcast_write_options options = {sizeof options, .format = (rowcast_file_format)format, .cancelled = cancel_after,
                                       .user = &left};
      expect_failure(path, c, ROWS, COLS, &options, ROWCAST_ERR_CANCELLED, "interrupted, nothing written");
      cr_expect_eq(left, SIZE_MAX);
      cr_expect_eq(count_files(folder), 0);
      /* What was written directly stays: blocks of at most 4 MiB, as long as rows could be. */
      left = questions;
      char said[64];
      const size_t block = format == ROWCAST_FILE_NPY ? 1048 * 4 : 209 * 2, head = format == ROWCAST_FILE_NPY ? 128 : 0;
      snprintf(said, sizeof said, "/dev/null: interrupted after %zu bytes", questions * block * COLS + head);
      expect_failure("/dev/null", c, ROWS, COLS, &options, ROWCAST_ERR_CANCELLED, said);
    }
  /* An old file stays what it was. */
  write_ok(path, (const float[]){7}, 1, 1, 1, &csv);
  size_t left = 1;
  expect_failure(path, c, ROWS, COLS,
                 &(rowcast_write_options){sizeof(rowcast_write_options), .overwrite = true, .cancelled = cancel_after,
                                          .user = &left},
                 ROWCAST_ERR_CANCELLED, "interrupted");
  expect_text("7\n");
  cr_expect_eq(count_files(folder), 1);
  left = 1000000;
  write_ok(path, c, 10, COLS, COLS,
           &(rowcast_write_options){sizeof(rowcast_write_options), .overwrite = true, .cancelled = cancel_after,
                                    .user = &left});
  cr_expect_lt(left, 1000000);
  free(c);
}

/* A disk that is full, or a limit of the file size: the write fails half-way. */
Test(output, no_room) {
  enum { COUNT = 1 << 20 };
  float *c = calloc(COUNT, sizeof *c);
  cr_assert_not_null(c);
  write_ok(path, (const float[]){7}, 1, 1, 1, &csv);
  char *other = path_in(folder, "other");
  signal(SIGXFSZ, SIG_IGN);
  struct rlimit before;
  cr_assert_eq(getrlimit(RLIMIT_FSIZE, &before), 0);
  cr_assert_eq(setrlimit(RLIMIT_FSIZE, &(struct rlimit){1 << 20, before.rlim_max}), 0);
  rowcast_error over, fresh;
  const rowcast_status first = rowcast_write_f32(path, c, COUNT, 1, 1, &npy_over, &over);
  const rowcast_status second = rowcast_write_f32(other, c, COUNT, 1, 1, &csv, &fresh);
  cr_assert_eq(setrlimit(RLIMIT_FSIZE, &before), 0);
  cr_expect(first == ROWCAST_ERR_IO && strstr(over.text, "cannot write: File too large") != NULL, "%s", over.text);
  cr_expect(second == ROWCAST_ERR_IO && strstr(fresh.text, "cannot write: File too large") != NULL, "%s", fresh.text);
  expect_text("7\n");
  cr_expect_eq(count_files(folder), 1);
  free(other);
  free(c);
}

Test(output, full_device) {
  struct stat info;
  if (stat("/dev/full", &info) != 0 || !S_ISCHR(info.st_mode)) cr_skip_test("there is no /dev/full");
  expect_failure("/dev/full", (const float[]){1}, 1, 1, NULL, ROWCAST_ERR_IO, "cannot write: No space left on device");
  expect_failure("/dev/full", (const float[]){1}, 1, 1, &csv, ROWCAST_ERR_IO, "cannot write: No space left on device");
  expect_failure("/dev/full", NULL, 0, 1, &npy_over, ROWCAST_ERR_IO, "cannot write: No space left on device");
  cr_expect(stat("/dev/full", &info) == 0 && S_ISCHR(info.st_mode), "the device was replaced");
  write_ok("/dev/null", (const float[]){1}, 1, 1, 1, NULL);
  cr_expect(stat("/dev/null", &info) == 0 && S_ISCHR(info.st_mode), "the device was replaced");
}

Test(output, into_a_fifo) {
  cr_assert_eq(mkfifo(path, 0600), 0);
  const pid_t writer = fork();
  cr_assert_geq(writer, 0);
  if (writer == 0) _exit((int)rowcast_write_f32(path, (const float[]){1, 2}, 2, 1, 1, &csv, NULL));
  expect_text("1\n2\n");
  int status;
  cr_assert_eq(waitpid(writer, &status, 0), writer);
  cr_expect_eq(status, 0);
  cr_expect_eq(count_files(folder), 1);
}

Test(output, places_that_are_none) {
  const float one[] = {1};
  expect_failure(folder, one, 1, 1, NULL, ROWCAST_ERR_IO, "is a directory");
  expect_failure(folder, one, 1, 1, &npy_over, ROWCAST_ERR_IO, "is a directory");
  char *missing = path_in(folder, "no/such/result");
  expect_failure(missing, one, 1, 1, NULL, ROWCAST_ERR_NOT_FOUND, "cannot create: No such file or directory");
  write_ok(path, one, 1, 1, 1, &csv);
  char *below = path_in(path, "result");
  expect_failure(below, one, 1, 1, NULL, ROWCAST_ERR_IO, "cannot create: Not a directory");
  char *slash = path_in(folder, "new/");
  expect_failure(slash, one, 1, 1, NULL, ROWCAST_ERR_NOT_FOUND, "cannot create");
  expect_failure("", one, 1, 1, NULL, ROWCAST_ERR_NOT_FOUND, "cannot create");
  expect_text("1\n");
  cr_expect_eq(count_files(folder), 1);
  free(slash), free(below), free(missing);
}

/* As `>` would: the file a link names is written, whether it was there or not, and the link stays. */
Test(output, through_links) {
  static const struct {
    const char *first, *second; /* where link leads, and where that does */
  } cases[] = {{"target", NULL}, {"./target", NULL}, {"next", "target"}, {NULL, NULL}};
  char *link = path_in(folder, "link"), *next = path_in(folder, "next"), *target = path_in(folder, "target");
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    const size_t links = cases[i].second != NULL ? 2 : 1;
    cr_assert_eq(symlink(cases[i].first != NULL ? cases[i].first : target, link), 0);
    if (links == 2) cr_assert_eq(symlink(cases[i].second, next), 0);
    cr_expect_eq(rowcast_write_check(link, false, NULL), ROWCAST_OK);
    write_ok(link, (const float[]){1}, 1, 1, 1,
             &(rowcast_write_options){sizeof(rowcast_write_options), .format = ROWCAST_FILE_CSV});
    expect_bytes(target, "1\n", 2);
    rowcast_error error;
    cr_expect_eq(rowcast_write_check(link, false, &error), ROWCAST_ERR_EXISTS);
    cr_expect(strstr(error.text, "exists already") != NULL, "%s", error.text);
    cr_expect_eq(rowcast_write_check(link, true, NULL), ROWCAST_OK);
    write_ok(link, (const float[]){2}, 1, 1, 1, &csv);
    expect_bytes(target, "2\n", 2);
    struct stat info;
    cr_expect(lstat(link, &info) == 0 && S_ISLNK(info.st_mode), "the link was replaced");
    cr_expect_eq(count_files(folder), links + 1);
    unlink(link), unlink(next), unlink(target);
  }
  free(link), free(next), free(target);
}

/* The check beforehand and the writing agree. */
static void expect_no_place(const char *to, rowcast_status wanted, const char *part) {
  rowcast_error error = {.status = ROWCAST_OK, .text = ""};
  cr_expect_eq(rowcast_write_check(to, false, &error), wanted, "%s", to);
  cr_expect(strncmp(error.text, to, strlen(to)) == 0 && strstr(error.text, part) != NULL, "'%s' is not in: %s", part,
            error.text);
  expect_failure(to, (const float[]){1}, 1, 1, NULL, wanted, part);
}

Test(output, checked_beforehand) {
  char *link = path_in(folder, "link"), *missing = path_in(folder, "no/result"), *loop = path_in(folder, "loop");
  cr_assert_eq(symlink("no/result", link), 0);
  cr_assert_eq(symlink("loop", loop), 0);
  expect_no_place(folder, ROWCAST_ERR_IO, "is a directory");
  expect_no_place(missing, ROWCAST_ERR_NOT_FOUND, "cannot create: No such file or directory");
  expect_no_place(link, ROWCAST_ERR_NOT_FOUND, "cannot create: No such file or directory");
  expect_no_place(loop, ROWCAST_ERR_IO, "cannot create: Too many levels of symbolic links");
  cr_expect_eq(rowcast_write_check("/dev/null", false, NULL), ROWCAST_OK);
  cr_expect_eq(rowcast_write_check(path, false, NULL), ROWCAST_OK);
  cr_expect_eq(rowcast_write_check(NULL, false, NULL), ROWCAST_ERR_ARGUMENT);
  cr_expect_eq(count_files(folder), 2, "a look leaves nothing");
  free(link), free(missing), free(loop);
}

Test(output, read_only_folder) {
  char *inside = path_in(folder, "locked"), *file = path_in(inside, "result");
  cr_assert_eq(mkdir(inside, 0500), 0);
  const bool may_write = access(inside, W_OK) == 0;
  if (!may_write) expect_no_place(file, ROWCAST_ERR_IO, "cannot create: Permission denied");
  cr_expect_eq(count_files(inside), 0);
  cr_assert_eq(chmod(inside, 0700), 0);
  free(file), free(inside);
  if (may_write) cr_skip_test("this user (root) may write in every folder");
}

Test(output, mode_as_open_gives_it) {
  static const mode_t masks[] = {022, 077, 002, 0, 0137};
  for (size_t i = 0; i < sizeof masks / sizeof masks[0]; i++) {
    if (i > 0) cr_assert_eq(unlink(path), 0); /* an old one would keep its mode */
    const mode_t before = umask(masks[i]);
    write_ok(path, (const float[]){1}, 1, 1, 1, &csv);
    umask(before);
    struct stat info;
    cr_assert_eq(stat(path, &info), 0);
    cr_expect_eq(info.st_mode & 07777, 0666 & ~masks[i], "mode %o with umask %o", (unsigned)info.st_mode,
                 (unsigned)masks[i]);
  }
}

Test(output, arguments) {
  const float c[] = {1, 2, 3, 4};
  expect_failure(path, NULL, 1, 1, NULL, ROWCAST_ERR_ARGUMENT, "no elements");
  expect_failure(path, c, 1, 1,
                 &(rowcast_write_options){sizeof(rowcast_write_options), .format = (rowcast_file_format)9},
                 ROWCAST_ERR_ARGUMENT, "format");
  rowcast_error error = {.status = ROWCAST_OK, .text = ""};
  cr_expect_eq(rowcast_write_f32(path, c, 2, 2, 1, NULL, &error), ROWCAST_ERR_ARGUMENT);
  cr_expect(error.status == ROWCAST_ERR_ARGUMENT && error.text[0] != '\0');
  cr_expect_eq(rowcast_write_f32(NULL, c, 2, 2, 2, NULL, &error), ROWCAST_ERR_ARGUMENT);
  cr_expect_eq(rowcast_write_f32(NULL, c, 2, 2, 2, NULL, NULL), ROWCAST_ERR_ARGUMENT);
  expect_failure(path, c, 1, SIZE_MAX, NULL, ROWCAST_ERR_OVERFLOW, "too long");
  cr_expect_eq(count_files(folder), 0);
}
