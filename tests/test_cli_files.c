/* SPDX-License-Identifier: BSD-3-Clause */
/* Files given to the tool and written by it: errors are named, and nothing is left half done. */
#include <criterion/criterion.h>
#include <dirent.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <rowcast/matrix.h>
#include <rowcast/writer.h>

#include "process.h"

static char *folder;

static void make_folder(void) { folder = folder_make(); }
static void remove_folder(void) { folder_remove(folder); }

TestSuite(cli_files, .init = make_folder, .fini = remove_folder);

static char *write_bytes(const char *name, const void *bytes, size_t size) {
  char *path = path_in(folder, name);
  FILE *file = fopen(path, "wb");
  cr_assert_not_null(file);
  cr_assert_eq(fwrite(bytes, 1, size, file), size);
  cr_assert_eq(fclose(file), 0);
  return path;
}

/* `rows` images of 2 x 2 bytes as IDX, of which `missing` bytes at the end are left out. */
static char *write_images(const char *name, size_t rows, size_t missing) {
  unsigned char bytes[256] = {0, 0, 8, 3, 0, 0, 0, (unsigned char)rows, 0, 0, 0, 2, 0, 0, 0, 2};
  cr_assert(16 + 4 * rows <= sizeof bytes);
  for (size_t i = 0; i < 4 * rows; i++) bytes[16 + i] = (unsigned char)(i * 37);
  return write_bytes(name, bytes, 16 + 4 * rows - missing);
}

static char *write_floats(const char *name, const float *values, size_t rows, size_t cols) {
  char *path = path_in(folder, name);
  rowcast_error error;
  cr_assert_eq(rowcast_write_f32(path, values, rows, cols, cols, NULL, &error), ROWCAST_OK, "%s", error.text);
  return path;
}

/* Files in the folder. */
static size_t count_files(void) {
  size_t count = 0;
  DIR *entries = opendir(folder);
  cr_assert_not_null(entries);
  for (const struct dirent *entry; (entry = readdir(entries)) != NULL;)
    count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
  closedir(entries);
  return count;
}

static void expect(struct process_result result, int status, const char *part) {
  cr_expect_eq(result.status, status, "status %d: %s", result.status, result.err);
  cr_expect_not_null(strstr(result.err, part), "no '%s' in: %s", part, result.err);
  const char *end = strchr(result.err, '\n');
  cr_expect(end != NULL && end[1] == '\0', "not one line: '%s'", result.err);
  process_free(&result);
}

Test(cli_files, unusable_images) {
  char *missing = path_in(folder, "missing"), *cut = write_images("cut.idx", 5, 1);
  char *text = write_bytes("text", "no matrix at all", 16), *empty = write_bytes("empty", "", 0);
  expect(ROWCAST("matmul", "--images", missing), 1, missing);
  expect(ROWCAST("matmul", "--images", cut), 1, cut);
  expect(ROWCAST("matmul", "--images", text), 1, text);
  expect(ROWCAST("matmul", "--images", empty), 1, empty);
  expect(ROWCAST("matmul", "--images", folder), 1, folder);
  expect(ROWCAST("show", "--images", cut), 1, cut);
  expect(ROWCAST("verify", "--images", cut), 1, cut);
  free(missing), free(cut), free(text), free(empty);
}

Test(cli_files, a_name_cannot_break_the_line) {
  char *path = path_in(folder, "two\nlines\033[31m");
  struct process_result result = ROWCAST("matmul", "--images", path);
  cr_expect_eq(result.status, 1);
  cr_expect_not_null(strstr(result.err, "/two\\nlines\\033[31m\": cannot open"), "%s", result.err);
  process_free(&result);
  free(path);
}

Test(cli_files, data_folder_of_the_environment) {
  char *setting;
  cr_assert(asprintf(&setting, "ROWCAST_DATA=%s", folder) > 0);
  const char *const environment[] = {setting, NULL};
  const struct process_options options = {.environment = environment};
  expect(process_run(ROWCAST_ARGUMENTS("matmul"), &options), 1, folder);
  /* Found by name, plain, and not taken for MNIST: all of its rows are used. */
  free(write_images("train-images-idx3-ubyte", 7, 0));
  struct process_result result = process_run(ROWCAST_ARGUMENTS("matmul", "--json"), &options);
  cr_expect_eq(result.status, 0, "%s", result.err);
  cr_expect_not_null(strstr(result.out, "\"rows\": 7,"));
  cr_expect_not_null(strstr(result.out, "\"k\": 4,"));
  cr_expect_not_null(strstr(result.out, "\"data_set\": null"));
  process_free(&result);
  free(setting);
}

Test(cli_files, rows_beyond_the_end) {
  char *images = write_images("images.idx", 5, 0);
  expect(ROWCAST("matmul", "--images", images, "--rows", "0:6"), 1, "has 5 rows");
  expect(ROWCAST("matmul", "--images", images, "--rows", "6:"), 1, "has 5 rows");
  expect(ROWCAST("verify", "--images", images, "--rows", "3:3"), 1, "nothing was checked");
  struct process_result result = ROWCAST("matmul", "--images", images, "--rows", "3:3", "--json");
  cr_expect_eq(result.status, 0, "%s", result.err);
  cr_expect_not_null(strstr(result.out, "\"crc32\": \"00000000\""));
  process_free(&result);
  free(images);
}

Test(cli_files, weights_from_a_file) {
  /* Row 0 of the images is 0 37 74 111; with scale 1 the products are whole numbers. */
  static const float weights[4][2] = {{1, 0}, {1, 1}, {0, 1}, {1, -1}};
  char *images = write_images("images.idx", 1, 0), *file = write_floats("w.npy", weights[0], 4, 2);
  char *wrong = write_floats("wrong.npy", weights[0], 2, 4);
  struct process_result result = ROWCAST("matmul", "--images", images, "--weights", file, "--scale", "1");
  cr_expect_eq(result.status, 0, "%s", result.err);
  cr_expect_not_null(strstr(result.out, "\n\n148.00    0.00\n"), "%s", result.out);
  process_free(&result);
  expect(ROWCAST("matmul", "--images", images, "--weights", wrong), 1,
         "is 2 x 4, but weights for rows of 4 columns must be 4 x N; --transpose");
  expect(ROWCAST("matmul", "--images", images, "--weights", images), 1, "has 3 dimensions");
  /* Of any format: the article's small example. */
  result = ROWCAST("matmul", "--images", ROWCAST_SOURCE_DIR "/docs/examples/a.csv", "--weights",
                   ROWCAST_SOURCE_DIR "/docs/examples/w.csv");
  cr_expect_eq(result.status, 0, "%s", result.err);
  cr_expect_not_null(strstr(result.out, "\n22.00  31.00  41.00  30.00"), "%s", result.out);
  process_free(&result);
  expect(ROWCAST("matmul", "--images", images, "--weights", file, "--cols", "3"), 2, "--cols");
  free(images), free(file), free(wrong);
}

Test(cli_files, float_images_are_no_bytes) {
  static const float values[2][4] = {{0.25f, 0.5f, 0.75f, 1.0f}, {1, 2, 3, 4}};
  char *images = write_floats("x.npy", values[0], 2, 4);
  expect(ROWCAST("matmul", "--images", images, "--dtype", "u8"), 1, "not all n/256");
  expect(ROWCAST("verify", "--images", images, "--dtype", "u8"), 1, "not all n/256");
  struct process_result result = ROWCAST("verify", "--images", images, "--threads", "2");
  cr_expect_eq(result.status, 0, "%s%s", result.out, result.err);
  process_free(&result);
  free(images);
}

Test(cli_files, labels) {
  static const unsigned char two_labels[] = {0, 0, 8, 1, 0, 0, 0, 2, 7, 8};
  char *images = write_images("images.idx", 5, 0), *labels = write_bytes("labels.idx", two_labels, sizeof two_labels);
  expect(ROWCAST("matmul", "--images", images, "--predict"), 2, "--labels");
  expect(ROWCAST("matmul", "--images", images, "--predict", "--labels", labels), 1, "has 2 labels");
  /* A file that is named is read, wanted or not. */
  expect(ROWCAST("matmul", "--images", images, "--labels", labels), 1, "has 2 labels");
  expect(ROWCAST("matmul", "--images", images, "--predict", "--labels", images), 1, "columns");
  free(images), free(labels);
}

/* A row without a number has no class; -1 stands for it, and equals no label. */
Test(cli_files, rows_of_nan_have_no_class) {
  static const float images[3][2] = {{1, 2}, {NAN, 0}, {2, 1}}, weights[2][2] = {{1, 0}, {0, 1}};
  const unsigned char labels[11] = {0, 0, 8, 1, 0, 0, 0, 3, 1, 1, 1};
  char *x = write_floats("x.npy", images[0], 3, 2), *w = write_floats("w.npy", weights[0], 2, 2);
  char *l = write_bytes("labels.idx", labels, sizeof labels);
  struct process_result result = ROWCAST("matmul", "-i", x, "-w", w, "-l", l, "--predict");
  cr_expect_eq(result.status, 0, "%s", result.err);
  static const char counted[] =
    "accuracy 33.33 % (1 of 3)\nclasses  1 of 3 rows have none: all their columns are NaN\n         predicted 1 -1 0\n";
  cr_expect_not_null(strstr(result.out, counted), "%s", result.out);
  process_free(&result);
  result = ROWCAST("matmul", "-i", x, "-w", w, "-l", l, "--predict", "--json");
  cr_expect_not_null(strstr(result.out, "\"predicted\": -1"), "%s", result.out);
  process_free(&result);
  free(x), free(w), free(l);
}

Test(cli_files, no_rows_have_no_accuracy) {
  char *images = write_images("images.idx", 2, 0);
  const unsigned char labels[10] = {0, 0, 8, 1, 0, 0, 0, 2, 1, 1};
  char *l = write_bytes("labels.idx", labels, sizeof labels);
  struct process_result result = ROWCAST("matmul", "-i", images, "-l", l, "--rows", "1:1", "--predict");
  cr_expect_eq(result.status, 0, "%s", result.err);
  cr_expect_not_null(strstr(result.out, "accuracy none: there are no rows\n"), "%s", result.out);
  process_free(&result);
  result = ROWCAST("matmul", "-i", images, "-l", l, "--rows", "1:1", "--predict", "--json");
  cr_expect_not_null(strstr(result.out, "\"accuracy\": null"), "%s", result.out);
  process_free(&result);
  free(images), free(l);
}

Test(cli_files, output_needs_force_to_replace) {
  char *images = write_images("images.idx", 5, 0), *output = path_in(folder, "c.npy"), *csv = path_in(folder, "c.csv");
  struct process_result result = ROWCAST("matmul", "--images", images, "--quiet", "--output", output);
  cr_assert_eq(result.status, 0, "%s", result.err);
  process_free(&result);
  expect(ROWCAST("matmul", "--images", images, "--quiet", "--output", output), 1, "--force");
  result = ROWCAST("matmul", "--images", images, "--quiet", "--force", "--output", output);
  cr_expect_eq(result.status, 0, "%s", result.err);
  process_free(&result);
  result = ROWCAST("matmul", "--images", images, "--quiet", "-o", csv);
  cr_expect_eq(result.status, 0, "%s", result.err);
  process_free(&result);

  rowcast_matrix c;
  rowcast_error error;
  cr_assert_eq(rowcast_matrix_read(&c, output, NULL, &error), ROWCAST_OK, "%s", error.text);
  cr_expect_eq(c.rows, 5);
  cr_expect_eq(c.cols, 10);
  rowcast_matrix_free(&c);
  cr_expect_eq(count_files(), 3);
  free(images), free(output), free(csv);
}

/* Where the output has no place, nothing is read: the images that are missing, too, are not told. */
Test(cli_files, an_output_without_a_place_is_told_before_the_work) {
  char *missing = path_in(folder, "missing"), *lost = path_in(folder, "no/c.npy"), *link = path_in(folder, "link.npy");
  cr_assert_eq(symlink("no/c.npy", link), 0);
  expect(ROWCAST("matmul", "--images", missing, "-o", lost), 1, lost);
  expect(ROWCAST("matmul", "--images", missing, "-o", link), 1, link);
  free(missing), free(lost), free(link);
}

Test(cli_files, an_output_link_is_written_through) {
  char *images = write_images("images.idx", 5, 0), *link = path_in(folder, "link.npy");
  char *target = path_in(folder, "elsewhere");
  cr_assert_eq(symlink("elsewhere", link), 0);
  struct process_result result = ROWCAST("matmul", "--images", images, "--quiet", "-o", link);
  cr_expect_eq(result.status, 0, "%s", result.err);
  process_free(&result);
  struct stat info;
  cr_expect(lstat(link, &info) == 0 && S_ISLNK(info.st_mode), "the link was replaced");
  cr_expect(lstat(target, &info) == 0 && S_ISREG(info.st_mode) && info.st_size == 128 + 4 * 5 * 10);
  expect(ROWCAST("matmul", "--images", images, "--quiet", "-o", link), 1, "--force");
  free(images), free(link), free(target);
}

Test(cli_files, an_input_is_never_written_over) {
  static const float weights[4][2] = {{1, 0}, {1, 1}, {0, 1}, {1, -1}};
  char *images = write_images("images.idx", 5, 0), *file = write_floats("w.npy", weights[0], 4, 2);
  char *other = path_in(folder, "link.npy");
  cr_assert_eq(link(file, other), 0);
  expect(ROWCAST("matmul", "--images", images, "--weights", file, "--force", "-o", file), 2, "is an input");
  expect(ROWCAST("matmul", "--images", images, "--weights", file, "--force", "-o", other), 2, "is an input");
  free(images), free(file), free(other);
}

/* Checks of nothing are not counted as passed. */
Test(cli_files, verify_of_nothing) {
  char *images = write_images("images.idx", 5, 0), *file = write_floats("w.npy", NULL, 4, 0);
  expect(ROWCAST("verify", "--images", images, "--weights", file), 1,
         "nothing was checked: the weights have no columns");
  expect(ROWCAST("verify", "--images", images, "--rows", "2:2"), 1, "nothing was checked: no rows are selected");
  free(images), free(file);
}

Test(cli_files, a_full_disk_is_an_error) {
  char *images = write_images("images.idx", 5, 0), *output = path_in(folder, "full.npy");
  const struct process_options full = {.output = OUTPUT_FILE, .output_path = "/dev/full"};
  expect(process_run(ROWCAST_ARGUMENTS("matmul", "--images", images), &full), 1, "standard output: No space left");
  expect(process_run(ROWCAST_ARGUMENTS("cpu", "--json"), &full), 1, "standard output");
  expect(process_run(ROWCAST_ARGUMENTS("--help"), &full), 1, "standard output");
  cr_assert_eq(symlink("/dev/full", output), 0);
  expect(ROWCAST("matmul", "--images", images, "-o", output), 1, output);
  free(images), free(output);
}

Test(cli_files, a_file_size_limit_leaves_nothing) {
  char *output = path_in(folder, "big.npy");
  const struct process_options limited = {.file_size_limit = 100000};
  expect(process_run(ROWCAST_ARGUMENTS("matmul", "--rows", "0:10000", "--quiet", "-o", output), &limited), 1, output);
  cr_expect_eq(count_files(), 0);
  free(output);
}

Test(cli_files, a_closed_stdout_is_an_error_and_a_closed_pipe_is_not_told) {
  const struct process_options closed = {.output = OUTPUT_CLOSED}, broken = {.output = OUTPUT_BROKEN_PIPE};
  expect(process_run(ROWCAST_ARGUMENTS("cpu"), &closed), 1, "standard output");
  struct process_result result = process_run(ROWCAST_ARGUMENTS("cpu"), &broken);
  cr_expect_eq(result.status, 128 + SIGPIPE);
  cr_expect_str_empty(result.err);
  process_free(&result);
}

/* The tool waits for the FIFO's bytes; a signal ends it there and then. */
Test(cli_files, a_signal_ends_it_while_it_waits, .timeout = 60) {
  static const int signals[] = {SIGINT, SIGTERM};
  char *fifo = path_in(folder, "fifo");
  cr_assert_eq(mkfifo(fifo, 0600), 0);
  for (size_t i = 0; i < 2; i++) {
    struct process process = process_start(ROWCAST_ARGUMENTS("matmul", "--images", fifo), NULL);
    const int fd = open(fifo, O_WRONLY); /* returns when the tool has opened it, too */
    cr_assert_geq(fd, 0);
    cr_assert_eq(kill(process.pid, signals[i]), 0);
    struct process_result result = process_finish(&process);
    cr_expect_eq(result.status, 128 + signals[i]);
    cr_expect_str_empty(result.out);
    process_free(&result);
    close(fd);
  }
  free(fifo);
}

/* Wherever a signal comes, the output is whole or absent, and nothing else is left. */
Test(cli_files, a_signal_leaves_no_half_output, .timeout = 120) {
  char *output = path_in(folder, "c.csv");
  for (long delay = 20; delay <= 400; delay += 20) {
    struct process process =
      process_start(ROWCAST_ARGUMENTS("matmul", "--set", "test", "--cols", "30", "--quiet", "-o", output), NULL);
    const struct timespec pause = {0, delay * 1000000};
    nanosleep(&pause, NULL);
    kill(process.pid, SIGTERM);
    struct process_result result = process_finish(&process);
    /* Too early for the tool's handler, the system's own way of ending is the right one. */
    cr_expect(result.status == 0 || result.status == 128 + SIGTERM || result.status == -SIGTERM, "status %d: %s",
              result.status, result.err);
    struct stat found;
    const bool whole = stat(output, &found) == 0;
    cr_expect_eq(count_files(), whole ? 1 : 0, "after %ld ms", delay);
    if (whole) {
      FILE *file = fopen(output, "r");
      size_t lines = 0;
      for (int c; (c = getc(file)) != EOF;) lines += c == '\n';
      fclose(file);
      cr_expect_eq(lines, 10000, "%zu lines after %ld ms", lines, delay);
      unlink(output);
    }
    process_free(&result);
  }
  free(output);
}
