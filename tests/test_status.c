/* SPDX-License-Identifier: BSD-3-Clause */
/* What a program is told of a failure besides words: the status, and the errno of the system call that failed. Some
 * failures are made here: the linker puts the functions below in the place of the real ones (--wrap). */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <rowcast/io.h>
#include <rowcast/rowcast.h>

#include "file_builder.h"
#include "process.h"

/* The call that fails, with which errno, and after how many that do not. */
static const char *failing;
static int number;
static atomic_int calls_left; /* a reader's thread reads too */

static bool fails(const char *call) {
  if (failing == NULL || strcmp(failing, call) != 0 || atomic_fetch_sub(&calls_left, 1) > 0) return false;
  errno = number;
  return true;
}

#define WRAP(type, call, declared, given)                                                                              \
  type __real_##call declared;                                                                                         \
  type __wrap_##call declared;                                                                                         \
  type __wrap_##call declared { return fails(#call) ? -1 : __real_##call given; }
WRAP(ssize_t, read, (int fd, void *to, size_t count), (fd, to, count))
WRAP(ssize_t, write, (int fd, const void *from, size_t count), (fd, from, count))
WRAP(off_t, lseek, (int fd, off_t offset, int whence), (fd, offset, whence))
WRAP(int, fstat, (int fd, struct stat *info), (fd, info))
WRAP(int, fsync, (int fd), (fd))
WRAP(int, fchmod, (int fd, mode_t mode), (fd, mode))
WRAP(int, rename, (const char *from, const char *to), (from, to))
int __real_close(int fd);
int __wrap_close(int fd);
int __wrap_close(int fd) {
  const int closed = __real_close(fd); /* as Linux does, whatever it returns */
  return fails("close") ? -1 : closed;
}

static char *folder, *path;
static const float one[] = {1};

static void set_up(void) { folder = folder_make(), path = path_in(folder, "file"); }
static void tear_down(void) {
  failing = NULL;
  free(path), folder_remove(folder);
}

TestSuite(status, .init = set_up, .fini = tear_down);

/* An error as it should be; what was in it before is gone. */
static void expect(const char *what, const rowcast_error *error, rowcast_status got, rowcast_status status,
                   int system_error) {
  cr_expect_eq(got, status, "%s: %s: %s", what, rowcast_status_text(got), error->text);
  cr_expect_eq(error->status, got, "%s", what);
  cr_expect_eq(error->system_error, system_error, "%s: errno %d: %s", what, error->system_error, error->text);
}

static rowcast_error stale(void) {
  return (rowcast_error){.status = ROWCAST_OK, .system_error = -1, .text = "stale", .advice = "stale"};
}

static void expect_read(const char *from, const rowcast_read_options *options, rowcast_status status,
                        int system_error) {
  rowcast_matrix matrix;
  rowcast_reader *reader;
  rowcast_matrix block;
  rowcast_error error = stale();
  const int skip = atomic_load(&calls_left);
  expect(from, &error, rowcast_matrix_read(&matrix, from, options, &error), status, system_error);
  error = stale();
  atomic_store(&calls_left, skip);
  rowcast_status got = rowcast_reader_open(&reader, from, options, &error);
  while (got == ROWCAST_OK && (got = rowcast_reader_next(reader, &block, &error)) == ROWCAST_OK && block.rows > 0)
    continue;
  expect(from, &error, got, status, system_error);
  rowcast_reader_close(reader);
}

static void expect_written(const char *to, const rowcast_write_options *options, rowcast_status status,
                           int system_error) {
  rowcast_error error = stale();
  expect(to, &error, rowcast_write_f32(to, one, 1, 1, 1, options, &error), status, system_error);
}

/* Is the answer beforehand the same? */
static void expect_checked(const char *to, bool overwrite, rowcast_status status, int system_error) {
  rowcast_error error = stale();
  expect(to, &error, rowcast_write_check(to, overwrite, &error), status, system_error);
}

static void write_text(const char *to, const char *text) {
  struct bytes bytes = {0};
  bytes_add_text(&bytes, text);
  bytes_write(&bytes, to);
  bytes_free(&bytes);
}

/* Paths that lead to no file of ours, as the system says it of each. */
Test(status, paths) {
  char *missing = path_in(folder, "no/file"), *loop = path_in(folder, "loop"), *below = path_in(path, "file"),
       *shut = path_in(folder, "shut"), *within = path_in(shut, "file");
  char longest[5000];
  memset(longest, 'x', sizeof longest - 1), longest[sizeof longest - 1] = '\0';
  write_text(path, "1\n");
  cr_assert(symlink("loop", loop) == 0 && mkdir(shut, 0) == 0);
  const struct {
    const char *path;
    rowcast_status status;
    int system_error;
  } cases[] = {
    {missing, ROWCAST_ERR_NOT_FOUND, ENOENT},
    {"", ROWCAST_ERR_NOT_FOUND, ENOENT},
    {folder, ROWCAST_ERR_IO, EISDIR},
    {below, ROWCAST_ERR_IO, ENOTDIR},
    {loop, ROWCAST_ERR_IO, ELOOP},
    {longest, ROWCAST_ERR_IO, ENAMETOOLONG},
    {within, ROWCAST_ERR_IO, EACCES},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    if (cases[i].path == within && access(shut, X_OK) == 0) continue; /* root may enter every folder */
    expect_read(cases[i].path, NULL, cases[i].status, cases[i].system_error);
    expect_written(cases[i].path, NULL, cases[i].status, cases[i].system_error);
    if (cases[i].path[0] != '\0') expect_checked(cases[i].path, false, cases[i].status, cases[i].system_error);
  }
  cr_assert_eq(chmod(shut, 0700), 0);
  free(missing), free(loop), free(below), free(within), free(shut);
}

static bool yes(void *user) {
  (void)user;
  return true;
}

/* What no system call has refused; the old errno of the thread is nobody's. */
Test(status, no_system_call) {
  write_text(path, "1,2\n3,x\n");
  errno = ENOSPC;
  const size_t size = sizeof(rowcast_read_options);
  expect_read(path, NULL, ROWCAST_ERR_FORMAT, 0);
  write_text(path, "1,2\n3,4\n");
  /* Column by column it must be read whole. */
  expect_read(path,
              &(rowcast_read_options){size, .max_bytes = 4, .raw_type = "|u1", .raw_rank = 2, .raw_dims = {2, 4},
                                      .raw_fortran = true},
              ROWCAST_ERR_LIMIT, 0);
  expect_read(path, &(rowcast_read_options){size, .array = "x"}, ROWCAST_ERR_NOT_FOUND, 0);
  expect_read(path, &(rowcast_read_options){size, .member = "x"}, ROWCAST_ERR_NOT_FOUND, 0);
  expect_read(path, &(rowcast_read_options){size, .columns_from = 2}, ROWCAST_ERR_NOT_FOUND, 0);
  expect_read(path, &(rowcast_read_options){size, .delimiter = 'x'}, ROWCAST_ERR_ARGUMENT, 0);
  const rowcast_write_options cancelled = {sizeof cancelled, .format = ROWCAST_FILE_CSV, .cancelled = yes};
  cr_assert(unlink(path) == 0 && mkfifo(path, 0600) == 0);
  expect_read(path, &(rowcast_read_options){size, .cancelled = yes}, ROWCAST_ERR_CANCELLED, 0);
  expect_written(path, &cancelled, ROWCAST_ERR_CANCELLED, 0);
}

/* A name that is taken, beforehand or when the file is to get it. */
Test(status, taken) {
  const rowcast_layout layout = {.rank = 1, .dims = {0}};
  rowcast_writer *writer;
  rowcast_error error = stale();
  cr_assert_eq(rowcast_writer_open(&writer, path, &layout, NULL, NULL), ROWCAST_OK);
  write_text(path, "1\n");
  expect("commit", &error, rowcast_writer_commit(writer, &error), ROWCAST_ERR_EXISTS, EEXIST);
  expect_written(path, NULL, ROWCAST_ERR_EXISTS, EEXIST);
  expect_checked(path, false, ROWCAST_ERR_EXISTS, EEXIST);
  expect_checked(path, true, ROWCAST_OK, -1);
}

/* Devices, descriptors and limits that end a write. */
Test(status, writes) {
  struct stat info;
  int ends[2];
  char end[32], reading[32];
  const rowcast_write_options over = {sizeof over, .overwrite = true};
  if (stat("/dev/full", &info) == 0 && S_ISCHR(info.st_mode)) expect_written("/dev/full", NULL, ROWCAST_ERR_IO, ENOSPC);
  cr_assert_eq(pipe(ends), 0);
  snprintf(end, sizeof end, "/dev/fd/%d", ends[1]);
  snprintf(reading, sizeof reading, "/dev/fd/%d", ends[0]);
  expect_checked(reading, false, ROWCAST_ERR_IO, EBADF);
  expect_written(reading, NULL, ROWCAST_ERR_IO, EBADF);
  close(ends[0]);
  expect_written(end, NULL, ROWCAST_ERR_IO, EPIPE);
  close(ends[1]);
  struct rlimit before;
  cr_assert_eq(getrlimit(RLIMIT_FSIZE, &before), 0);
  cr_assert_eq(setrlimit(RLIMIT_FSIZE, &(struct rlimit){100, before.rlim_max}), 0);
  expect_written(path, &over, ROWCAST_ERR_IO, EFBIG);
  cr_assert_eq(setrlimit(RLIMIT_FSIZE, &before), 0);
  cr_expect_eq(access(path, F_OK), -1);
}

/* Every system call of a read, whole and in blocks, and how many go well before it fails. */
Test(status, failing_reads) {
  enum { ROWS = 3000, COLS = 1000 };
  struct bytes idx = {0}, packed;
  add_idx_header(&idx, 0x08, 2, (const size_t[]){ROWS, COLS});
  bytes_add_fill(&idx, 7, ROWS * COLS);
  packed = gzip_of(&idx);
  for (int gzipped = 0; gzipped < 2; gzipped++) {
    bytes_write(gzipped ? &packed : &idx, path);
    for (int skip = 0; skip < (gzipped ? 1 : 2); skip++)
      for (int blocks = 0; blocks < 2; blocks++) {
        failing = "read", number = EIO, atomic_store(&calls_left, skip);
        expect_read(path,
                    &(rowcast_read_options){sizeof(rowcast_read_options), .max_bytes = 100 << 20,
                                            .plain_bytes = blocks ? 1 << 16 : 0},
                    ROWCAST_ERR_IO, EIO);
      }
    failing = "fstat", number = ESTALE, atomic_store(&calls_left, 0);
    expect_read(path, NULL, ROWCAST_ERR_IO, ESTALE);
    failing = "fstat", number = ENOMEM, atomic_store(&calls_left, 0);
    expect_read(path, NULL, ROWCAST_ERR_MEMORY, ENOMEM);
  }
  bytes_free(&idx), bytes_free(&packed);
}

/* And of a write: on any of them nothing is left behind, and the old file stays. */
Test(status, failing_writes) {
  static const struct {
    const char *call;
    int number;
  } cases[] = {{"write", EDQUOT}, {"fsync", EIO}, {"close", ENOSPC}, {"rename", EROFS}, {"fchmod", EPERM}};
  const rowcast_write_options over = {sizeof over, .overwrite = true, .format = ROWCAST_FILE_CSV};
  write_text(path, "old\n");
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    failing = cases[i].call, number = cases[i].number, atomic_store(&calls_left, 0);
    expect_written(path, &over, ROWCAST_ERR_IO, cases[i].number);
    failing = NULL;
    struct bytes left = bytes_read(path);
    cr_expect(left.size == 4 && memcmp(left.data, "old\n", 4) == 0, "%s", cases[i].call);
    bytes_free(&left);
    cr_expect_eq(unlink(path), 0);
    cr_expect_eq(rmdir(folder), 0, "%s leaves a file behind", cases[i].call);
    cr_assert_eq(mkdir(folder, 0700), 0);
    write_text(path, "old\n");
  }
  /* The header of an NPY whose rows were counted is written last, at the beginning. */
  const rowcast_layout counted = {.rank = 1, .dims = {SIZE_MAX}};
  rowcast_writer *writer;
  const rowcast_write_options npy = {sizeof npy, .overwrite = true};
  rowcast_error error = stale();
  cr_assert_eq(rowcast_writer_open(&writer, path, &counted, &npy, NULL), ROWCAST_OK);
  cr_assert_eq(rowcast_writer_rows(writer, one, 1, 1, NULL), ROWCAST_OK);
  failing = "lseek", number = ESPIPE, atomic_store(&calls_left, 0);
  expect("lseek", &error, rowcast_writer_commit(writer, &error), ROWCAST_ERR_IO, ESPIPE);
}

/* A plan has no files; its errors have no errno, and nothing stale. */
Test(status, plans) {
  rowcast_plan *plan;
  rowcast_error error = stale();
  const rowcast_plan_options options = {sizeof options, .kernel = "none"};
  expect("plan", &error, rowcast_plan_create(&plan, 1, 1, one, 1, &options, &error), ROWCAST_ERR_UNKNOWN, 0);
  cr_expect_str_empty(error.advice);
}
