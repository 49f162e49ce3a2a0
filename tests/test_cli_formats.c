/* SPDX-License-Identifier: BSD-3-Clause */
/* Formats as users meet them: from any to any, pipes, streams larger than memory, and input made to hurt. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#include <rowcast/io.h>

#include "file_builder.h"
#include "process.h"
#include "sanitized.h"

#define DATA   ROWCAST_SOURCE_DIR "/data/"
#define TRAIN  DATA "train-images-idx3-ubyte.gz"
#define PICKLE ROWCAST_SOURCE_DIR "/tests/data/pickles/mnist_py2_p2.pkl.gz"

static char *folder;

static void set_up(void) { folder = folder_make(); }
static void tear_down(void) { folder_remove(folder); }

TestSuite(cli_formats, .init = set_up, .fini = tear_down);

static bool has_npz(void) { return strstr(rowcast_io_build_info(), "with libzip") != NULL; }

/* The status, and a part of what was said, on stdout or stderr; frees the result. */
static void expect(struct process_result result, int status, const char *part) {
  cr_expect(result.status == status, "status %d: %.300s", result.status, result.err);
  cr_expect(part == NULL || strstr(result.out, part) != NULL || strstr(result.err, part) != NULL,
            "no '%s' in: %.300s%.300s", part, result.out, result.err);
  process_free(&result);
}

static char *output_of(struct process_result result) {
  cr_assert(result.status == 0, "status %d: %.300s", result.status, result.err);
  free(result.err);
  return result.out;
}

/* What `matmul --json` says of these arguments. */
static char *crc_of(const char *const *arguments, const struct process_options *options) {
  char *text = output_of(process_run(arguments, options)), *found = strstr(text, "\"crc32\": \"");
  cr_assert_not_null(found, "%s", text);
  char *crc = strndup(found + strlen("\"crc32\": \""), 8);
  free(text);
  return crc;
}
#define CRC(options, ...) crc_of(ROWCAST_ARGUMENTS("matmul", "--json", __VA_ARGS__), options)

static void expect_same_crc(char *got, const char *wanted, const char *what) {
  cr_expect_str_eq(got, wanted, "%s", what);
  free(got);
}

/* 300 rows of MNIST go through every format, and the product has the same bits at the end. */
Test(cli_formats, from_any_to_any) {
  char *wanted = CRC(NULL, "-i", TRAIN, "--rows", "0:300");
  static const char *const names[] = {"a.npy", "b.csv", "c.npz", "d.raw", "e.npy"};
  char *before = strdup(TRAIN);
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    if (!has_npz() && strstr(names[i], "npz") != NULL) continue;
    char *path = path_in(folder, names[i]);
    const bool from_raw = strstr(before, ".raw") != NULL;
    if (from_raw) expect(ROWCAST("convert", "-i", before, "--shape", "300x784", "--dtype", "<f4", "-o", path), 0, NULL);
    else expect(ROWCAST("convert", "-i", before, "--rows", "0:300", "-o", path), 0, "300 rows of 784");
    const bool bytes = strstr(names[i], "a.npy") != NULL;
    /* A CSV's numbers are float32 that once were bytes. */
    if (strstr(names[i], ".raw") == NULL)
      expect_same_crc(CRC(NULL, "-i", path, "--scale", "1/256"), wanted, bytes ? "bytes" : names[i]);
    else
      expect_same_crc(CRC(NULL, "-i", path, "--shape", "300x784", "--dtype", "f32", "--scale", "1/256"), wanted,
                      names[i]);
    free(before);
    before = path;
  }
  free(before);
  free(wanted);
}

Test(cli_formats, elements_of_convert) {
  char *path = path_in(folder, "x.npy"), *again = path_in(folder, "y.npy");
  rowcast_matrix matrix;
  expect(ROWCAST("convert", "-i", TRAIN, "--rows", "5:8", "-o", path), 0, "u1");
  cr_assert_eq(rowcast_matrix_read(&matrix, path, NULL, NULL), ROWCAST_OK);
  cr_expect(matrix.dtype == ROWCAST_U8 && matrix.file->rank == 3 && matrix.file->dims[0] == 3 &&
            matrix.file->dims[1] == 28 && matrix.file->dims[2] == 28);
  rowcast_matrix_free(&matrix);
  expect(ROWCAST("convert", "-i", path, "--scale", "1/256", "-o", again), 0, NULL);
  cr_assert_eq(rowcast_matrix_read(&matrix, again, NULL, NULL), ROWCAST_OK);
  cr_expect(matrix.dtype == ROWCAST_F32 && matrix.file->rank == 3);
  rowcast_matrix_free(&matrix);
  expect(ROWCAST("convert", "-i", again, "--dtype", "u8", "-o", again), 1, "exists");
  expect(ROWCAST("convert", "-i", again, "--dtype", "u8", "-o", again, "-f"), 2, "is an input");
  char *third = path_in(folder, "z.npy");
  expect(ROWCAST("convert", "-i", again, "--dtype", "u8", "-o", third), 0, NULL);
  struct bytes first = bytes_read(path), last = bytes_read(third);
  cr_expect(first.size == last.size && memcmp(first.data, last.data, first.size) == 0);
  bytes_free(&first);
  bytes_free(&last);
  free(path), free(again), free(third);
}

/* A table with headings, and labels in its first column. */
Test(cli_formats, columns) {
  char *wanted = CRC(NULL, "-i", TRAIN, "--rows", "0:40"), *csv = path_in(folder, "x.csv"),
       *labels = path_in(folder, "y.npy");
  rowcast_matrix x, y;
  cr_assert_eq(rowcast_matrix_read(&x, TRAIN, NULL, NULL), ROWCAST_OK);
  cr_assert_eq(rowcast_matrix_read(&y, DATA "train-labels-idx1-ubyte.gz", NULL, NULL), ROWCAST_OK);
  FILE *file = fopen(csv, "w");
  fprintf(file, "label,pixels\n");
  for (size_t i = 0; i < 40; i++) {
    fprintf(file, "%.0f", matrix_at(&y, i, 0));
    for (size_t k = 0; k < 784; k++) fprintf(file, ",%.0f", matrix_at(&x, i, k));
    fprintf(file, "\n");
  }
  cr_assert_eq(fclose(file), 0);
  rowcast_matrix_free(&x);
  rowcast_matrix_free(&y);
  expect_same_crc(CRC(NULL, "-i", csv, "--skip-lines", "1", "--columns", "1:", "--scale", "1/256"), wanted, "whole");
  expect_same_crc(
    CRC(NULL, "-i", csv, "--skip-lines", "1", "--columns", "1:785", "--scale", "1/256", "--max-bytes", "64K"), wanted,
    "blocks");
  expect(ROWCAST("convert", "-i", csv, "--skip-lines", "1", "--columns", "0:1", "-o", labels), 0, "40 rows of 1");
  expect(ROWCAST("predict", "-i", csv, "--skip-lines", "1", "--columns", "1:", "--scale", "1/256", "--labels", labels),
         0, "of 40)");
  expect(ROWCAST("verify", "-i", TRAIN, "--rows", "0:20", "--columns", "100:200"), 0, "0 failed");
  expect(ROWCAST("matmul", "-i", csv, "--skip-lines", "1", "--columns", "1:786"), 1,
         "line 2 has 785 columns, but columns up to 786 are asked for");
  free(wanted), free(csv), free(labels);
}

Test(cli_formats, pickles) {
  char *wanted = CRC(NULL, "-i", TRAIN, "--rows", "0:20");
  expect_same_crc(CRC(NULL, "-i", PICKLE), wanted, "float32");
  expect_same_crc(CRC(NULL, "-i", PICKLE, "--dtype", "u8"), wanted, "held as bytes");
  free(wanted);
  wanted = CRC(NULL, "-i", TRAIN, "--rows", "50000:50005");
  expect_same_crc(CRC(NULL, "-i", PICKLE, "--member", "valid.x"), wanted, "valid.x");
  free(wanted);
  /* The labels are found beside the images. */
  expect(ROWCAST("predict", "-i", PICKLE), 0, "of 20)");
  expect(ROWCAST("predict", "-i", PICKLE, "--member", "valid.x"), 0, "of 5)");
  expect(ROWCAST("show", "-i", PICKLE, "--rows", "0:2"), 0, "0: 5");
  expect(ROWCAST("matmul", "-i", PICKLE, "--member", "train.q"), 1, "has no array 'train.q'; it has 0.0");
  expect(ROWCAST("matmul", "-i", PICKLE, "--array", "x"), 1, "has no array 'x'");
}

static void feed_train(int fd) {
  struct bytes bytes = bytes_read(TRAIN);
  for (size_t at = 0; at < bytes.size;) {
    const ssize_t written = write(fd, bytes.data + at, bytes.size - at);
    if (written <= 0) return;
    at += (size_t)written;
  }
}

/* Standard input, a file or a pipe, whole or in blocks, to a file or standard output. */
Test(cli_formats, standard_streams) {
  char *wanted = CRC(NULL, "-i", TRAIN, "--rows", "100:20000"), *result = path_in(folder, "result.npy");
  const struct process_options pipe = {.feed = feed_train}, file = {.input_path = TRAIN};
  const struct process_options *const both[] = {&pipe, &file};
  for (size_t i = 0; i < 2; i++) {
    expect_same_crc(CRC(both[i], "-i", "-", "--rows", "100:20000"), wanted, "whole");
    expect_same_crc(CRC(both[i], "-i", "-", "--rows", "100:20000", "--max-bytes", "1M"), wanted, "blocks");
  }
  expect(process_run(ROWCAST_ARGUMENTS("matmul", "-i", "-", "--rows", "0:60001"), &file), 1, "has 60000 rows");
  expect(process_run(ROWCAST_ARGUMENTS("matmul", "-i", "-", "--rows", "0:60001", "--max-bytes", "1M"), &file), 1,
         "has 60000 rows");
  expect(ROWCAST("matmul", "-i", "-"), 1, "standard input: is empty");
  /* The same bytes on standard output as in a file. */
  int fd = open(result, O_CREAT | O_EXCL | O_WRONLY, 0600);
  cr_assert_geq(fd, 0);
  close(fd);
  const struct process_options to_file = {.output = OUTPUT_FILE, .output_path = result};
  expect(process_run(ROWCAST_ARGUMENTS("matmul", "--rows", "0:500", "-o", "-"), &to_file), 0, NULL);
  char *other = path_in(folder, "other.npy");
  expect(ROWCAST("matmul", "--rows", "0:500", "-o", other), 0, NULL);
  struct bytes first = bytes_read(result), last = bytes_read(other);
  cr_expect(first.size == last.size && memcmp(first.data, last.data, first.size) == 0);
  bytes_free(&first);
  bytes_free(&last);
  const struct process_options broken = {.output = OUTPUT_BROKEN_PIPE}, closed = {.output = OUTPUT_CLOSED},
                               full = {.output = OUTPUT_FILE, .output_path = "/dev/full"};
  expect(process_run(ROWCAST_ARGUMENTS("matmul", "--rows", "0:500", "-o", "-", "--format", "csv"), &broken),
         128 + SIGPIPE, NULL);
  expect(process_run(ROWCAST_ARGUMENTS("matmul", "--rows", "0:500", "-o", "-"), &full), 1, "No space left");
  expect(process_run(ROWCAST_ARGUMENTS("matmul", "--rows", "0:500", "-o", "-"), &closed), 1, "standard output");
  free(other), free(result), free(wanted);
}

Test(cli_formats, blocks_are_the_whole) {
  char *whole = path_in(folder, "whole.npy"), *blocks = path_in(folder, "blocks.npy"), *csv = path_in(folder, "x.csv"),
       *classes = path_in(folder, "c.npy");
  expect(ROWCAST("matmul", "--rows", "7:3000", "-o", whole), 0, NULL);
  expect(ROWCAST("matmul", "--rows", "7:3000", "-o", blocks, "--max-bytes", "64K"), 0, "blocks");
  /* The kernel depends on a block's zeros. */
  expect(ROWCAST("matmul", "--rows", "7:3000", "--max-bytes", "64K"), 0, " rows), for the first block\n");
  struct bytes first = bytes_read(whole), last = bytes_read(blocks);
  cr_expect(first.size == last.size && memcmp(first.data, last.data, first.size) == 0);
  bytes_free(&last);
  /* A CSV in blocks: nobody knows beforehand how many rows it has. */
  expect(ROWCAST("convert", "--rows", "7:3000", "-o", csv), 0, NULL);
  expect(ROWCAST("matmul", "-i", csv, "--scale", "1/256", "-o", blocks, "-f", "--max-bytes", "256K"), 0, "2993 x 784");
  last = bytes_read(blocks);
  cr_expect(first.size == last.size && memcmp(first.data, last.data, first.size) == 0);
  bytes_free(&first);
  bytes_free(&last);
  expect(ROWCAST("matmul", "-i", csv, "--rows", "0:2994", "--max-bytes", "256K"), 1,
         "has 2993 rows, but --rows asks for 2994");
  expect(ROWCAST("matmul", "-i", csv, "--rows", "0:2994", "--max-bytes", "256K", "-o", classes), 1, NULL);
  cr_expect_neq(access(classes, F_OK), 0, "a wrong result was left");
  expect(ROWCAST("predict", "--max-bytes", "1M"), 0, "92.41 % (9241 of 10000)");
  expect(ROWCAST("predict", "-o", classes), 0, "92.41 % (9241 of 10000)");
  rowcast_matrix matrix;
  cr_assert_eq(rowcast_matrix_read(&matrix, classes, NULL, NULL), ROWCAST_OK);
  cr_expect(matrix.rows == 10000 && matrix.file->rank == 1 && strcmp(matrix.file->element, "i4") == 0 &&
            matrix_at(&matrix, 0, 0) == 7.0);
  rowcast_matrix_free(&matrix);
  expect(ROWCAST("matmul", "--max-bytes", "1M", "--explain"), 1, "--explain needs all rows in memory");
  expect(ROWCAST("matmul", "--max-bytes", "1M", "--repeat", "2"), 1, "--repeat needs all rows in memory");
  free(whole), free(blocks), free(csv), free(classes);
}

/* A plain file goes through a few MB of memory, and is known for what it is all the same. */
Test(cli_formats, plain_files) {
  char *path = path_in(folder, "train"), *result = path_in(folder, "result.npy");
  rowcast_matrix images;
  struct bytes bytes = {0};
  cr_assert_eq(rowcast_matrix_read(&images, TRAIN, NULL, NULL), ROWCAST_OK);
  add_idx_header(&bytes, 0x08, 3, images.file->dims);
  bytes_add(&bytes, images.data, images.rows * images.cols);
  bytes_write(&bytes, path);
  expect(ROWCAST("matmul", "-i", path), 0, "blocks");
  expect(ROWCAST("matmul", "-i", path), 0, "60000 x 784");
  expect_same_crc(CRC(NULL, "-i", path, "-r", ":50000"), "e7955140", "blocks");
  expect_same_crc(CRC(NULL, "-i", path, "-r", ":50000", "-t", "2"), "e7955140", "whole");
  expect(ROWCAST("matmul", "-i", path, "--explain", "-q"), 0, NULL);
  bytes.size -= 1;
  bytes_write(&bytes, path);
  expect(ROWCAST("matmul", "-i", path, "-o", result), 1, "truncated: 47039999 of 47040000 bytes");
  cr_expect_neq(access(result, F_OK), 0, "a half result was left");
  bytes_free(&bytes);
  rowcast_matrix_free(&images);
  free(path), free(result);
}

/* Numbers in one column, of which none is taken: rows of nothing, not of what memory held. */
Test(cli_formats, no_columns) {
  char *from = path_in(folder, "labels.idx"), *to = path_in(folder, "none.npy");
  struct bytes labels = {0};
  add_idx_header(&labels, 0x08, 1, (const size_t[]){5});
  bytes_add_text(&labels, "abcde");
  bytes_write(&labels, from);
  expect(ROWCAST("convert", "-i", from, "--columns", "0:0", "--scale", "2", "-o", to), 0, "5 rows of 0");
  struct bytes written = bytes_read(to);
  cr_expect_eq(written.size, 128);
  cr_expect_not_null(strstr((const char *)written.data + 10, "(5, 0)"));
  bytes_free(&written);
  bytes_free(&labels);
  free(from), free(to);
}

Test(cli_formats, repeated_rows) {
  char *once = path_in(folder, "once.csv"), *thrice = path_in(folder, "thrice.csv");
  expect(ROWCAST("matmul", "--rows", "0:50", "-o", once), 0, NULL);
  expect(ROWCAST("matmul", "--rows", "0:50", "--repeat", "3", "-o", thrice), 0, "150 x 784");
  struct bytes first = bytes_read(once), last = bytes_read(thrice);
  cr_assert_eq(last.size, 3 * first.size);
  for (size_t i = 0; i < 3; i++) cr_expect(memcmp(last.data + i * first.size, first.data, first.size) == 0);
  bytes_free(&first);
  bytes_free(&last);
  free(once), free(thrice);
}

/* Eight million rows of 784 bytes, 6.3 GB, from a pipe and by repetition, in less than 200 MB. Where a capped
   ISA or a sanitizer would take minutes, fewer: 300,000 (235 MB), that the limit still excludes, or 80,000. */
enum { ROW = 784, MOST_KIB = SANITIZED ? 2000000 : 200000 };

static size_t many_rows(void) { return SANITIZED ? 80000 : getenv("ROWCAST_ISA") ? 300000 : 8000000; }

static void feed_rows(int fd) {
  enum { AT_ONCE = 1000 };
  static unsigned char rows[AT_ONCE * ROW];
  for (size_t i = 0; i < sizeof rows; i++) rows[i] = (unsigned char)(i % 5 == 0 ? i / 7 : 0);
  for (size_t i = 0; i < many_rows() / AT_ONCE; i++)
    for (size_t at = 0; at < sizeof rows;) {
      const ssize_t written = write(fd, rows + at, sizeof rows - at);
      if (written <= 0) return;
      at += (size_t)written;
    }
}

static long most_kib(void) {
  struct rusage usage;
  getrusage(RUSAGE_CHILDREN, &usage);
  return usage.ru_maxrss;
}

Test(cli_formats, more_than_memory, .timeout = 300) {
  char shape[32], product[64], *result = path_in(folder, "result.npy");
  snprintf(shape, sizeof shape, "%zux%d", many_rows(), ROW);
  snprintf(product, sizeof product, "%zu x %d times %d x 10", many_rows(), ROW, ROW);
  const struct process_options options = {.feed = feed_rows};
  expect(process_run(ROWCAST_ARGUMENTS("matmul", "-i", "-", "--shape", shape, "--dtype", "u8", "--max-bytes", "100M",
                                       "-o", result),
                     &options),
         0, product);
  struct stat info;
  cr_assert_eq(stat(result, &info), 0);
  cr_expect_eq(info.st_size, 128 + (off_t)many_rows() * 40);
  cr_expect_lt(most_kib(), MOST_KIB, "%ld KiB", most_kib());
  snprintf(shape, sizeof shape, "%zu", many_rows() / 10000);
  cr_assert_eq(unlink(result), 0);
  expect(ROWCAST("matmul", "--rows", "0:10000", "--repeat", shape, "-o", result), 0, product);
  cr_assert_eq(stat(result, &info), 0);
  cr_expect_eq(info.st_size, 128 + (off_t)many_rows() * 40);
  cr_expect_lt(most_kib(), MOST_KIB, "%ld KiB", most_kib());
  free(result);
}

/* 10 GiB of zeros in 10 MB of gzip, under a limit of memory. */
Test(cli_formats, bombs, .timeout = 120) {
  enum { PART = 64 << 20 };
  char *path = path_in(folder, "bomb.gz"), *zeros = calloc(1, PART);
  struct bytes member = {0}, bomb = {0}, header = {0};
  cr_assert_not_null(zeros);
  add_gzip(&member, &(struct gzip_member){.content = zeros, .size = PART});
  add_idx_header(&header, 0x08, 2, (const size_t[]){10, 784});
  add_gzip(&bomb, &(struct gzip_member){.content = header.data, .size = header.size});
  for (int i = 0; i < 160; i++) bytes_add(&bomb, member.data, member.size);
  bytes_write(&bomb, path);
  const struct process_options limited = {.memory_limit = SANITIZED ? 0 : (size_t)1 << 30};
  expect(process_run(ROWCAST_ARGUMENTS("matmul", "-i", path), &limited), 1, "more than its header's 7852 bytes");
  expect(process_run(ROWCAST_ARGUMENTS("matmul", "-i", path, "--shape", "100x784", "--dtype", "u8"), &limited), 1,
         "more than");
  expect(
    process_run(ROWCAST_ARGUMENTS("matmul", "-i", path, "--shape", "1000000x784", "--dtype", "u8", "--max-bytes", "1M"),
                &limited),
    1, "bytes after the last element");
  bytes_write(&member, path);
  expect(process_run(ROWCAST_ARGUMENTS("matmul", "-i", path), &limited), 1, "is not IDX");
  bytes_free(&bomb);
  bytes_free(&header);
  bytes_free(&member);
  free(zeros);
  free(path);
}

/* Is there so little memory that no program with these libraries gets as far as its main()? */
static bool nothing_begins(const struct process_options *options) {
  struct process_result result = process_run(ROWCAST_ARGUMENTS("--version"), options);
  const bool begins = result.status == 0;
  process_free(&result);
  return !begins;
}

/* Whatever memory there is, the tool ends by itself: with a result, or a line. */
Test(cli_formats, little_memory, .timeout = 120) {
  if (SANITIZED) cr_skip_test("a sanitizer needs all the address space there is");
  int done = 0, refused = 0;
  for (size_t mib = 8; mib <= 400; mib = mib * 5 / 4 + 1) {
    const struct process_options options = {.memory_limit = mib << 20};
    static const char *const commands[][6] = {{"matmul", "-q", "-t", "2", NULL},
                                              {"convert", "-i", PICKLE, "-o", "/dev/null", NULL}};
    for (size_t i = 0; i < 2; i++) {
      const char *arguments[8] = {0};
      size_t count = 0;
      for (; commands[i][count] != NULL; count++) arguments[count] = commands[i][count];
      if (i == 1) arguments[count++] = "--format", arguments[count++] = "npy";
      struct process_result result = process_run(arguments, &options);
      cr_expect(result.status == 0 || (result.status == 1 && strncmp(result.err, "rowcast: ", 9) == 0) ||
                  nothing_begins(&options),
                "%zu MiB: status %d: %s", mib, result.status, result.err);
      result.status == 0 ? done++ : refused++;
      process_free(&result);
    }
  }
  cr_expect(done > 0 && refused > 0, "%d done, %d refused", done, refused);
}

/* Killed at any moment, without a chance to clean up: the result is not there, or whole; an older one is as it was, or
 * replaced. */
Test(cli_formats, killed_at_any_moment, .timeout = 120) {
  enum { TRIES = 40 };
  char *path = path_in(folder, "result.npy");
  int absent = 0, whole = 0;
  struct timespec before, after;
  clock_gettime(CLOCK_MONOTONIC, &before);
  expect(ROWCAST("convert", "--rows", "0:20000", "-o", path), 0, NULL);
  clock_gettime(CLOCK_MONOTONIC, &after);
  unlink(path);
  /* From at once to half as long again as one took; the last is left to end by itself, however slow the machine has
   * become. */
  const long step =
    (1000000 * (after.tv_sec - before.tv_sec) + (after.tv_nsec - before.tv_nsec) / 1000) * 3 / 2 / TRIES;
  for (int i = 0; i < TRIES; i++) {
    const bool replace = i % 2 == 1;
    if (replace) {
      struct bytes old = {0};
      bytes_add_text(&old, "the old one");
      bytes_write(&old, path);
      bytes_free(&old);
    }
    struct process process =
      process_start(ROWCAST_ARGUMENTS("convert", "--rows", "0:20000", "-o", path, replace ? "-f" : "-q"), NULL);
    if (i < TRIES - 1) {
      usleep((useconds_t)(i * step));
      kill(process.pid, SIGKILL);
    }
    struct process_result result = process_finish(&process);
    process_free(&result);
    struct bytes got = access(path, F_OK) == 0 ? bytes_read(path) : (struct bytes){0};
    if (got.data == NULL || (replace && got.size == 11)) absent++;
    else {
      cr_expect(got.size == 128 + 20000 * ROW, "try %d: %zu bytes", i, got.size);
      whole++;
    }
    bytes_free(&got);
    unlink(path);
  }
  cr_expect(absent > 0 && whole > 0, "%d absent, %d whole: the moments are badly chosen", absent, whole);
  free(path);
}
