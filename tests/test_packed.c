/* SPDX-License-Identifier: BSD-3-Clause */
/* Results written as gzip: what is inflated is the file that is written otherwise, in blocks that other readers find,
 * whatever the format, however the rows come, by any number of threads. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <rowcast/experimental.h>
#include <rowcast/io.h>
#include <rowcast/rowcast.h>

#include "bgzf_builder.h"
#include "scene.h"
#include "tool.h"

#define PLAY(name) cr_expect_eq(scene_play(#name, NULL), 0)

enum { ROWS = 30000, COLS = 7 };

static char *folder, *path;
static float values[ROWS * COLS];

static void set_up(void) {
  folder = folder_make(), path = path_in(folder, "result");
  for (size_t i = 0; i < ROWS * COLS; i++) values[i] = (float)(i * 7919 % 1000) / 8;
}
static void tear_down(void) { free(path), folder_remove(folder); }

TestSuite(packed, .init = set_up, .fini = tear_down);

static rowcast_status write_values(rowcast_write_options options, bool announced, size_t at_once,
                                   rowcast_error *error) {
  const rowcast_layout layout = {.rank = 2, .dims = {announced ? ROWS : SIZE_MAX, COLS}};
  rowcast_writer *writer;
  options.struct_size = sizeof options;
  options.overwrite = true;
  rowcast_status status = rowcast_writer_open(&writer, path, &layout, &options, error);
  if (status != ROWCAST_OK) return status;
  for (size_t i = 0; i < ROWS && status == ROWCAST_OK; i += at_once)
    status = rowcast_writer_rows(writer, values + COLS * i, i + at_once > ROWS ? ROWS - i : at_once, COLS, error);
  if (status == ROWCAST_OK) return rowcast_writer_commit(writer, error);
  rowcast_writer_abandon(writer);
  return status;
}

Test(packed, every_format) {
  const bool npz = strstr(rowcast_build_info(), "with libzip") != NULL;
  for (int format = 0; format < ROWCAST_FILE_FORMAT_COUNT; format++) {
    rowcast_error error;
    rowcast_write_options options = {.format = (rowcast_file_format)format};
    if ((format == ROWCAST_FILE_NPZ && !npz) || format == ROWCAST_FILE_IDX) continue; /* IDX: bytes alone */
    cr_assert_eq(write_values(options, true, ROWS, &error), ROWCAST_OK, "%s", error.text);
    struct bytes plain = bytes_read(path), first = {0};
    for (unsigned threads = 0; threads < 4; threads++)
      for (int known = 0; known < 2; known++) {
        options.gzip_level = 6, options.threads = threads;
        cr_assert_eq(write_values(options, known, known ? ROWS : 999, &error), ROWCAST_OK, "%s", error.text);
        struct bytes bytes = bytes_read(path);
        if (first.data == NULL) {
          struct bgzf_verdict verdict = bgzf_read_all(&bytes, false);
          cr_assert_eq(verdict.kind, VERDICT_BGZF, "%s", verdict.error.text);
          cr_assert(verdict.content.size == plain.size && memcmp(verdict.content.data, plain.data, plain.size) == 0);
          cr_expect(bytes.size < plain.size / 3, "%zu bytes of %zu", bytes.size, plain.size);
          bytes_free(&verdict.content);
          first = bytes;
          continue;
        }
        cr_expect(bytes.size == first.size && memcmp(bytes.data, first.data, bytes.size) == 0, "format %d: %u threads",
                  format, threads);
        bytes_free(&bytes);
      }
    bytes_free(&plain);
    bytes_free(&first);
  }
}

Test(packed, every_level) {
  size_t sizes[13];
  rowcast_error error;
  for (int level = 1; level <= 12; level++) {
    const rowcast_write_options options = {.format = ROWCAST_FILE_NPY, .gzip_level = level, .threads = 2};
    cr_assert_eq(write_values(options, true, 5000, &error), ROWCAST_OK, "%s", error.text);
    rowcast_matrix matrix;
    cr_assert_eq(rowcast_matrix_read(&matrix, path, NULL, &error), ROWCAST_OK, "%s", error.text);
    cr_assert(matrix.rows == ROWS && matrix.cols == COLS && memcmp(matrix.data, values, sizeof values) == 0);
    rowcast_matrix_free(&matrix);
    struct stat info;
    cr_assert_eq(stat(path, &info), 0);
    sizes[level] = (size_t)info.st_size;
  }
  cr_expect(sizes[12] < sizes[1]);
}

Test(packed, levels_there_are_none) {
  static const int levels[] = {-1, 13, 1000000};
  rowcast_error error;
  for (size_t i = 0; i < 3; i++) {
    cr_expect_eq(write_values((rowcast_write_options){.gzip_level = levels[i]}, true, ROWS, &error),
                 ROWCAST_ERR_ARGUMENT);
    cr_expect(strstr(error.text, "gzip has levels 1 to 12, not ") != NULL, "%s", error.text);
  }
  cr_expect_eq(rmdir(folder), 0, "something is left");
  cr_assert_eq(mkdir(folder, 0700), 0);
}

/* No rows, and rows of no columns. */
Test(packed, nothing_to_write) {
  static const size_t dims[][2] = {{0, 5}, {3, 0}};
  for (size_t i = 0; i < 2; i++)
    for (int format = 0; format < ROWCAST_FILE_FORMAT_COUNT; format++) {
      rowcast_error error;
      if (format == ROWCAST_FILE_NPZ || format == ROWCAST_FILE_IDX) continue;
      struct bytes got[2], content = {0};
      for (int level = 0; level < 2; level++) {
        const rowcast_write_options options = {sizeof options, .format = (rowcast_file_format)format, .overwrite = true,
                                               .gzip_level = level};
        cr_assert_eq(rowcast_write_f32(path, values, dims[i][0], dims[i][1], dims[i][1], &options, &error), ROWCAST_OK,
                     "%s", error.text);
        got[level] = bytes_read(path);
      }
      cr_assert(gzip_read_all(&got[1], false, &content));
      cr_expect(content.size == got[0].size &&
                (content.size == 0 || memcmp(content.data, got[0].data, content.size) == 0));
      bytes_free(&content);
      bytes_free(&got[0]);
      bytes_free(&got[1]);
    }
}

/* All that can be read of a file, whole or block by block. */
static rowcast_status read_to_end(bool in_blocks, size_t *rows, rowcast_error *error) {
  const rowcast_read_options options = {sizeof options, .max_bytes = in_blocks ? 1 << 18 : 0};
  rowcast_reader *reader;
  rowcast_matrix block = {.rows = 1};
  *rows = 0;
  if (!in_blocks) {
    const rowcast_status status = rowcast_matrix_read(&block, path, &options, error);
    *rows = block.rows;
    rowcast_matrix_free(&block);
    return status;
  }
  rowcast_status status = rowcast_reader_open(&reader, path, &options, error);
  while (status == ROWCAST_OK && block.rows > 0) {
    status = rowcast_reader_next(reader, &block, error);
    *rows += block.rows;
  }
  rowcast_reader_close(reader);
  return status;
}

/* Cut between two blocks, where a line may end too: whoever reads it is told that there was more. */
Test(packed, cut_between_blocks) {
  const rowcast_write_options options = {.format = ROWCAST_FILE_CSV, .gzip_level = 1};
  rowcast_error error;
  size_t rows, cuts = 0, told = 0;
  cr_assert_eq(write_values(options, true, ROWS, &error), ROWCAST_OK, "%s", error.text);
  struct bytes whole = bytes_read(path), other = {0}, one = {0};
  for (size_t at = 0; at < whole.size; at += 1 + (size_t)whole.data[at + 16] + 256 * (size_t)whole.data[at + 17])
    for (int l = 0; at > 0 && l < 2; l++) {
      struct bytes cut = {0};
      bytes_add(&cut, whole.data, at);
      if (cuts % 3 == 0) bytes_add_fill(&cut, 0, 700); /* padding is no end */
      bytes_write(&cut, path);
      cr_expect_eq(read_to_end(l == 1, &rows, &error), ROWCAST_ERR_FORMAT, "%zu of %zu bytes", at, whole.size);
      told += strstr(error.text, "the empty block is missing") != NULL, cuts++;
      bytes_free(&cut);
    }
  cr_expect(cuts > 20 && told > 1, "%zu of %zu", told, cuts); /* the others have half a line */
  /* What is not in blocks throughout has no such end. */
  bytes_add_text(&other, "1,2\n");
  one = gzip_of(&other);
  add_block(&one, &(struct bgzf_spec){.content = other.data, .size = other.size});
  bytes_write(&one, path);
  for (int l = 0; l < 2; l++) cr_expect(read_to_end(l == 1, &rows, &error) == ROWCAST_OK && rows == 2, "%zu", rows);
  bytes_free(&one), bytes_free(&other), bytes_free(&whole);
}

static int looks;
static bool later(void *user) {
  (void)user;
  return ++looks > 2;
}

Test(packed, cancelled_and_abandoned) {
  rowcast_error error;
  const rowcast_write_options options = {.format = ROWCAST_FILE_CSV, .gzip_level = 6, .threads = 3, .cancelled = later};
  const rowcast_status status = write_values(options, true, 100, &error);
  cr_expect(status == ROWCAST_ERR_CANCELLED && strstr(error.text, "interrupted, nothing written") != NULL, "%s",
            error.text);
  rowcast_writer *writer;
  const rowcast_layout layout = {.rank = 2, .dims = {ROWS, COLS}};
  const rowcast_write_options again = {sizeof again, .gzip_level = 6, .threads = 3};
  cr_assert_eq(rowcast_writer_open(&writer, path, &layout, &again, &error), ROWCAST_OK);
  cr_assert_eq(rowcast_writer_rows(writer, values, ROWS - 1, COLS, &error), ROWCAST_OK);
  cr_expect_eq(rowcast_writer_commit(writer, &error), ROWCAST_ERR_ARGUMENT);
  cr_assert_eq(rowcast_writer_open(&writer, path, &layout, &again, &error), ROWCAST_OK);
  cr_assert_eq(rowcast_writer_rows(writer, values, ROWS / 2, COLS, &error), ROWCAST_OK);
  rowcast_writer_abandon(writer);
  cr_expect_eq(rmdir(folder), 0, "something is left");
  cr_assert_eq(mkdir(folder, 0700), 0);
}

/* ---- A child of fork() ---- */

static rowcast_writer *inherited;

static int in_child(void) {
  rowcast_error error;
  SCENE_EXPECT(rowcast_writer_rows(inherited, values, 1, COLS, &error) == ROWCAST_ERR_ARGUMENT);
  rowcast_writer_abandon(inherited);
  return scene_failures;
}

SCENE(fork) {
  set_up();
  const rowcast_layout layout = {.rank = 2, .dims = {ROWS, COLS}};
  const rowcast_write_options options = {sizeof options, .gzip_level = 6, .threads = 3};
  SCENE_EXPECT(rowcast_writer_open(&inherited, path, &layout, &options, NULL) == ROWCAST_OK);
  SCENE_EXPECT(rowcast_writer_rows(inherited, values, ROWS / 2, COLS, NULL) == ROWCAST_OK);
  SCENE_EXPECT(scene_child(in_child) == 0);
  SCENE_EXPECT(rowcast_writer_rows(inherited, values + ROWS / 2 * COLS, ROWS / 2, COLS, NULL) == ROWCAST_OK);
  SCENE_EXPECT(rowcast_writer_commit(inherited, NULL) == ROWCAST_OK);
  rowcast_matrix matrix;
  SCENE_EXPECT(rowcast_matrix_read(&matrix, path, NULL, NULL) == ROWCAST_OK);
  SCENE_EXPECT(memcmp(matrix.data, values, sizeof values) == 0);
  rowcast_matrix_free(&matrix);
  tear_down();
  return 0;
}

Test(packed, a_child_of_fork_can_only_abandon_it) { PLAY(fork); }

/* ---- The tool ---- */

/* Reads folder/name.gz as gzip, and compares it with folder/name. */
static void expect_same(const char *name) {
  char packed_name[64];
  snprintf(packed_name, sizeof packed_name, "%s.gz", name);
  char *plain_path = path_in(folder, name), *packed_path = path_in(folder, packed_name);
  struct bytes plain = bytes_read(plain_path), packed = bytes_read(packed_path);
  struct bgzf_verdict verdict = bgzf_read_all(&packed, false);
  cr_assert_eq(verdict.kind, VERDICT_BGZF, "%s: %s", packed_name, verdict.error.text);
  cr_assert(verdict.content.size == plain.size && memcmp(verdict.content.data, plain.data, plain.size) == 0, "%s",
            name);
  bytes_free(&verdict.content);
  bytes_free(&plain);
  bytes_free(&packed);
  free(plain_path);
  free(packed_path);
}

/* Each command that writes, by the name's end. */
Test(packed, the_tool) {
  static const struct {
    const char *command, *name;
  } cases[] = {{"convert", "x.npy"}, {"convert", "x.csv"}, {"convert", "x.raw"}, {"convert", "x.json"},
               {"matmul", "c.npy"},  {"matmul", "c.csv"},  {"predict", "p.npy"}, {"predict", "p.csv"}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    char packed_name[64];
    snprintf(packed_name, sizeof packed_name, "%s.gz", cases[i].name);
    char *plain = path_in(folder, cases[i].name), *packed = path_in(folder, packed_name);
    tool_expect(ROWCAST(cases[i].command, "--set", "test", "--rows", "0:700", "-o", plain), 0, "");
    static const char *const three[] = {"OMP_NUM_THREADS=3", NULL};
    tool_expect(process_run(ROWCAST_ARGUMENTS(cases[i].command, "--set", "test", "--rows", "0:700", "-o", packed),
                            &(struct process_options){.environment = three}),
                0, "");
    expect_same(cases[i].name);
    free(plain);
    free(packed);
  }
}

/* Of a CSV in blocks the number of rows is known at its end only, and stands at the NPY's beginning. */
Test(packed, rows_of_an_unknown_number) {
  char *csv = path_in(folder, "in.csv.gz"), *plain = path_in(folder, "out.npy"),
       *packed = path_in(folder, "out.npy.gz");
  tool_expect(ROWCAST("convert", "--set", "test", "--rows", "0:3000", "-o", csv), 0, "3000 rows of 784");
  tool_expect(ROWCAST("convert", "-i", csv, "--max-bytes", "3M", "-o", plain), 0, "3000 rows of 784");
  tool_expect(ROWCAST("convert", "-i", csv, "--max-bytes", "3M", "-o", packed), 0, "3000 rows of 784");
  expect_same("out.npy");
  free(csv);
  free(plain);
  free(packed);
}

/* What a full disk says comes through; --format decides where the name says no more than .gz. */
Test(packed, other_names) {
  char *full = path_in(folder, "full.raw.gz"), *named = path_in(folder, "x.gz"), *plain = path_in(folder, "x");
  cr_assert_eq(symlink("/dev/full", full), 0);
  tool_expect(ROWCAST("convert", "--set", "test", "-o", full), 1, "No space left on device");
  tool_expect(ROWCAST("convert", "--set", "test", "-o", named), 2, "does not end in");
  tool_expect(ROWCAST("convert", "--set", "test", "--rows", "0:9", "--format", "csv", "-o", named), 0, "");
  tool_expect(ROWCAST("convert", "--set", "test", "--rows", "0:9", "--format", "csv", "-o", plain), 0, "");
  expect_same("x");
  free(full);
  free(named);
  free(plain);
}
