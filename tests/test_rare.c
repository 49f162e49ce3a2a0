/* SPDX-License-Identifier: BSD-3-Clause */
/* Rare ways that data take: a gzip header larger than what is looked at, lines longer than a block, a pipe that does
 * not block, a terminal, numbers of a pickle in their long form. */
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <criterion/criterion.h>
#include <rowcast/experimental.h>
#include <rowcast/io.h>
#include <rowcast/rowcast.h>

#include "file_builder.h"
#include "process.h"

static char *folder;

static void setup(void) { folder = folder_make(); }
static void teardown(void) { folder_remove(folder); }
TestSuite(rare, .init = setup, .fini = teardown);

/* The name in the header is longer than the window that tells what a file is: inflating must go on from where that
 * ends. */
Test(rare, long_gzip_header) {
  enum { ROWS = 3000, COLS = 50, LONGEST = 300000 };
  static char name[LONGEST + 1];
  memset(name, 'n', LONGEST);
  struct bytes idx = {0}, file = {0};
  add_idx_header(&idx, 0x08, 2, (const size_t[]){ROWS, COLS});
  for (size_t i = 0; i < ROWS * COLS; i++) bytes_add_fill(&idx, (unsigned char)(i * i / 7), 1);
  char *path = path_in(folder, "long.gz");
  for (int stored = 0; stored < 2; stored++) {
    add_gzip(&file, &(struct gzip_member){.content = idx.data, .size = idx.size, .name = name, .stored = stored == 1});
    bytes_write(&file, path);
    rowcast_matrix matrix;
    rowcast_error error = {0};
    cr_assert_eq(read_checked(&matrix, path, NULL, &error), ROWCAST_OK, "%s", told(&error));
    cr_assert_eq(matrix.rows, ROWS);
    cr_assert(memcmp(matrix.data, idx.data + idx.size - ROWS * COLS, ROWS * COLS) == 0);
    rowcast_matrix_free(&matrix);
    const rowcast_read_options small = {sizeof small, .max_bytes = ROWS * COLS - 1};
    cr_expect_neq(read_checked(NULL, path, &small, &error), ROWCAST_OK);
    bytes_free(&file);
  }
  /* Cut anywhere after the header. */
  add_gzip(&file, &(struct gzip_member){.content = idx.data, .size = idx.size, .name = name});
  for (size_t cut = 1; cut < 20; cut += 3) {
    struct bytes part = {.data = file.data, .size = file.size - cut};
    bytes_write(&part, path);
    cr_expect_eq(read_checked(NULL, path, NULL, NULL), ROWCAST_ERR_FORMAT, "%zu bytes less", cut);
  }
  bytes_free(&file);
  bytes_free(&idx);
  free(path);
}

/* Text whose numbers take more memory than they may, and lines that are longer than a block. */
Test(rare, much_text) {
  struct bytes text = {0};
  char *path = path_in(folder, "long.csv");
  for (int i = 0; i < 200000; i++) bytes_add_text(&text, i % 1000 == 999 ? "1\n" : "1,");
  bytes_write(&text, path);
  rowcast_error error = {0};
  const rowcast_read_options little = {sizeof little, .max_bytes = 600000};
  cr_expect_eq(read_checked(NULL, path, &little, &error), ROWCAST_ERR_LIMIT);
  cr_expect(strstr(told(&error), "limit") != NULL, "%s", told(&error));
  rowcast_reader *reader;
  rowcast_matrix block;
  cr_assert_eq(rowcast_reader_open(&reader, path, &little, &error), ROWCAST_OK, "%s", told(&error));
  size_t rows = 0;
  do {
    cr_assert_eq(rowcast_reader_next(reader, &block, &error), ROWCAST_OK, "%s", told(&error));
    rows += block.rows;
  } while (block.rows > 0);
  cr_expect_eq(rows, 200);
  rowcast_reader_close(reader);

  /* One line of 2 MB, in blocks of 8 KB: refused, not swallowed. */
  text.size = 0;
  bytes_add_text(&text, "1\n");
  for (int i = 0; i < 1000000; i++) bytes_add_text(&text, "1,");
  bytes_add_text(&text, "1\n");
  bytes_write(&text, path);
  const rowcast_read_options less = {sizeof less, .max_bytes = 65536};
  rowcast_status status = rowcast_reader_open(&reader, path, &less, &error);
  while (status == ROWCAST_OK && (status = rowcast_reader_next(reader, &block, &error)) == ROWCAST_OK &&
         block.rows > 0) {
  }
  cr_expect_eq(status, ROWCAST_ERR_LIMIT);
  cr_expect(strstr(told(&error), "bytes (max_bytes)") != NULL, "%s", told(&error));
  rowcast_reader_close(reader);
  bytes_free(&text);
  free(path);
}

static void *write_late(void *argument) {
  const int fd = *(const int *)argument;
  for (const char *at = "1,2\n3,4\n"; *at != '\0'; at++) {
    usleep(10000);
    if (write(fd, at, 1) != 1) break;
  }
  close(fd);
  return NULL;
}

/* A pipe that somebody else made non-blocking, and whose writer is slow. */
Test(rare, standard_input_that_does_not_block) {
  int ends[2];
  pthread_t writer;
  rowcast_matrix matrix;
  rowcast_error error = {0};
  cr_assert_eq(pipe(ends), 0);
  cr_assert_eq(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
  cr_assert_eq(fcntl(STDIN_FILENO, F_SETFL, O_NONBLOCK), 0);
  cr_assert_eq(pthread_create(&writer, NULL, write_late, &ends[1]), 0);
  cr_assert_eq(rowcast_matrix_read(&matrix, "-", NULL, &error), ROWCAST_OK, "%s", told(&error));
  cr_expect_eq(matrix.rows, 2);
  cr_expect_eq(matrix_at(&matrix, 1, 1), 4.0);
  rowcast_matrix_free(&matrix);
  pthread_join(writer, NULL);
}

/* A terminal's two ends; false: none can be made here. */
static bool make_terminal(int *master, int *terminal) {
  *master = posix_openpt(O_RDWR | O_NOCTTY);
  if (*master < 0 || grantpt(*master) != 0 || unlockpt(*master) != 0) return false;
  *terminal = open(ptsname(*master), O_RDWR | O_NOCTTY);
  return *terminal >= 0;
}

/* Reads from a terminal's master until what was written ends with the given words, or nothing more has come for five
 * seconds: one write may come in several pieces, and some time after it. */
static void read_until(int master, const char *end, char *said, size_t size) {
  size_t got = 0;
  struct pollfd ready = {.fd = master, .events = POLLIN};
  said[0] = '\0';
  while (got + 1 < size && poll(&ready, 1, 5000) > 0) {
    const ssize_t more = read(master, said + got, size - 1 - got);
    if (more <= 0) break;
    said[got += (size_t)more] = '\0';
    if (got >= strlen(end) && strcmp(said + got - strlen(end), end) == 0) break;
  }
}

/* Work of more than a second is told of on a terminal, on a line that is gone at the end. */
Test(rare, progress_on_a_terminal) {
  int master, terminal, ends[2];
  if (!make_terminal(&master, &terminal)) cr_skip_test("no terminal can be made here");
  cr_assert_eq(pipe(ends), 0);
  const pid_t child = fork();
  if (child == 0) {
    const int nothing = open("/dev/null", O_WRONLY);
    if (dup2(ends[0], STDIN_FILENO) < 0 || dup2(nothing, STDOUT_FILENO) < 0 || dup2(terminal, STDERR_FILENO) < 0)
      _exit(9);
    close(ends[1]), close(master);
    execl(ROWCAST_EXE, "rowcast", "matmul", "-i", "-", (char *)NULL);
    _exit(9);
  }
  close(ends[0]);
  usleep(2000000);
  cr_assert_eq(write(ends[1], "1,2\n", 4), 4);
  close(ends[1]);
  int status;
  cr_assert_eq(waitpid(child, &status, 0), child);
  cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %x", (unsigned)status);
  char said[512];
  read_until(master, " s\r\033[K", said, sizeof said);
  cr_expect(strncmp(said, "\r\033[Kloading: 1 s", 16) == 0, "'%s'", said);
  const char *last = strrchr(said, '\r');
  cr_expect(last != NULL && strcmp(last, "\r\033[K") == 0, "'%s'", said);
  close(terminal), close(master);
}

/* Binary formats are not written to a terminal; text is. */
Test(rare, terminals) {
  int master, held;
  if (!make_terminal(&master, &held)) cr_skip_test("no terminal can be made here");
  const char *terminal = ptsname(master);
  const float values[2] = {1, 2};
  rowcast_error error = {0};
  for (int i = 0; i < 2 * ROWCAST_FILE_FORMAT_COUNT; i++) {
    const int format = i / 2, level = i % 2;
    const rowcast_write_options options = {sizeof options, .format = (rowcast_file_format)format, .gzip_level = level};
    const bool text = (format == ROWCAST_FILE_CSV || format == ROWCAST_FILE_JSON) && level == 0;
    const rowcast_status status = rowcast_write_f32(terminal, values, 1, 2, 2, &options, &error);
    if (!text && status == ROWCAST_ERR_UNSUPPORTED) continue; /* built without libzip */
    cr_expect_eq(status, text ? ROWCAST_OK : ROWCAST_ERR_ARGUMENT, "format %d: %s", format, told(&error));
    cr_expect(text || strstr(told(&error), "is a terminal") != NULL, "%s", told(&error));
  }
  char said[256] = "";
  const ssize_t got = read(master, said, sizeof said - 1);
  cr_expect(got > 0 && strncmp(said, "1,2", 3) == 0, "'%s'", said);
  close(held);
  close(master);
}

/* LONG1 and LONG4, whole numbers of any length: taken up to 64 bits. */
Test(rare, long_numbers_of_pickles) {
  static const struct {
    const char *pickle, *text;
    size_t size;
  } cases[] = {
    {"\x80\x02\x8a\x00.", "no array", 5},
    {"\x80\x02\x8a\x01\x05.", "no array", 6},
    {"\x80\x02\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f.", "no array", 13},
    {"\x80\x02\x8a\x09\xff\xff\xff\xff\xff\xff\xff\xff\x7f.", "more than 64 bits", 14},
    {"\x80\x02\x8b\x02\x00\x00\x00\x05\x01.", "no array", 10},
    {"\x80\x02\x8b\xff\xff\xff\xff\x05.", "64 bits", 9},
    {"\x80\x02\x8a\x05\x01.", "truncated", 6},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    rowcast_matrix matrix;
    rowcast_error error = {0};
    cr_expect_eq(rowcast_matrix_read_memory(&matrix, cases[i].pickle, cases[i].size, "input", NULL, &error),
                 ROWCAST_ERR_FORMAT);
    cr_expect(strstr(told(&error), cases[i].text) != NULL, "case %zu: %s", i, told(&error));
  }
}

/* A slow reader of a standard output that somebody else made non-blocking. */
static void *read_slowly(void *argument) {
  static char text[4096];
  size_t total = 0;
  for (ssize_t got; (got = read(*(const int *)argument, text, sizeof text)) > 0; total += (size_t)got)
    if (total < 100000) usleep(1000);
  return (void *)(uintptr_t)total;
}

Test(rare, standard_output_that_does_not_block) {
  enum { ROWS = 5000, COLS = 20 };
  int ends[2];
  pthread_t reader;
  void *total;
  rowcast_error error = {0};
  float *values = calloc(ROWS * COLS, sizeof *values);
  cr_assert_not_null(values);
  cr_assert_eq(pipe(ends), 0);
  const int kept = dup(STDOUT_FILENO);
  cr_assert_eq(dup2(ends[1], STDOUT_FILENO), STDOUT_FILENO);
  close(ends[1]);
  cr_assert_eq(fcntl(STDOUT_FILENO, F_SETFL, O_NONBLOCK), 0);
  cr_assert_eq(pthread_create(&reader, NULL, read_slowly, &ends[0]), 0);
  const rowcast_write_options csv = {sizeof csv, .format = ROWCAST_FILE_CSV};
  const rowcast_status status = rowcast_write_f32("-", values, ROWS, COLS, COLS, &csv, &error);
  dup2(kept, STDOUT_FILENO);
  close(kept);
  pthread_join(reader, &total);
  cr_expect_eq(status, ROWCAST_OK, "%s", told(&error));
  cr_expect_eq((size_t)(uintptr_t)total, ROWS * COLS * 2);
  free(values);
}

/* The new file may be read by those who could read the old one, and by nobody else. */
Test(rare, a_replaced_file_keeps_its_mode) {
  char *path = path_in(folder, "private.csv");
  const float value = 1;
  const rowcast_write_options csv = {sizeof csv, .format = ROWCAST_FILE_CSV, .overwrite = true};
  struct stat info;
  for (mode_t mode = 0600; mode <= 0666; mode += 022) {
    cr_assert_eq(rowcast_write_f32(path, &value, 1, 1, 1, &csv, NULL), ROWCAST_OK);
    cr_assert_eq(chmod(path, mode), 0);
    cr_assert_eq(rowcast_write_f32(path, &value, 1, 1, 1, &csv, NULL), ROWCAST_OK);
    cr_assert_eq(stat(path, &info), 0);
    cr_expect_eq(info.st_mode & 07777, mode);
  }
  free(path);
}

/* A row that is longer than the memory it may take is refused; and where the file is too short for it, that is said. */
Test(rare, rows_longer_than_memory) {
  rowcast_error error = {0};
  rowcast_reader *reader;
  const rowcast_read_options little = {sizeof little, .max_bytes = 65536};
  char *path = path_in(folder, "rows");
  for (int packed = 0; packed < 2; packed++) {
    struct bytes idx = {0};
    add_idx_header(&idx, 0x08, 2, (const size_t[]){2, 30000});
    bytes_add_fill(&idx, 7, 60000);
    struct bytes file = packed == 1 ? gzip_of(&idx) : (struct bytes){0};
    bytes_write(packed == 1 ? &file : &idx, path);
    /* Whole it fits, where it is plain; a quarter of the limit it is not. */
    const rowcast_read_options less = {sizeof less, .max_bytes = 50000};
    const rowcast_status status = rowcast_reader_open(&reader, path, &less, &error);
    if (packed == 1) {
      cr_expect_eq(status, ROWCAST_ERR_LIMIT);
      cr_expect_null(reader);
    } else {
      /* By its number such a row can be read: only blocks have no room for it. */
      static unsigned char row[30000];
      rowcast_matrix block;
      cr_assert_eq(status, ROWCAST_OK, "%s", told(&error));
      cr_expect_eq(rowcast_reader_rows(reader, 1, 2, row, 30000, &error), ROWCAST_OK, "%s", told(&error));
      cr_expect(row[0] == 7 && row[29999] == 7);
      cr_expect_eq(rowcast_reader_next(reader, &block, &error), ROWCAST_ERR_LIMIT);
      rowcast_reader_close(reader);
    }
    cr_expect(strstr(told(&error), "too long") != NULL, "%s", told(&error));
    bytes_free(&idx);
    bytes_free(&file);
  }
  struct bytes lie = {0};
  add_idx_header(&lie, 0x0d, 3, (const size_t[]){4, 4000000000, 2000000});
  bytes_write(&lie, path);
  cr_expect_eq(rowcast_reader_open(&reader, path, &little, &error), ROWCAST_ERR_FORMAT);
  cr_expect(strstr(told(&error), "truncated") != NULL, "%s", told(&error));
  bytes_free(&lie);
  free(path);
}

/* After a failure nothing continues, and nothing hangs. */
Test(rare, failures_last) {
  rowcast_error error = {0};
  rowcast_reader *reader;
  rowcast_matrix block;
  struct bytes idx = {0};
  char *path = path_in(folder, "cut"), *result = path_in(folder, "result");
  add_idx_header(&idx, 0x08, 2, (const size_t[]){5000, 784});
  bytes_add_fill(&idx, 7, 5000 * 784);
  bytes_write(&idx, path);
  const rowcast_read_options little = {sizeof little, .max_bytes = 1 << 20};
  cr_assert_eq(rowcast_reader_open(&reader, path, &little, &error), ROWCAST_OK, "%s", told(&error));
  cr_assert_eq(truncate(path, 16 + 3000 * 784), 0);
  rowcast_status status = ROWCAST_OK;
  while (status == ROWCAST_OK) {
    status = rowcast_reader_next(reader, &block, &error);
    cr_assert(status != ROWCAST_OK || block.rows > 0);
  }
  cr_expect_eq(status, ROWCAST_ERR_FORMAT);
  for (int i = 0; i < 3; i++) cr_expect_eq(rowcast_reader_next(reader, &block, &error), ROWCAST_ERR_FORMAT);
  cr_expect(strstr(told(&error), "before") != NULL, "%s", told(&error));
  rowcast_reader_close(reader);

  const rowcast_layout layout = {.rank = 2, .dims = {2, 1}};
  const float values[3] = {1, 2, 3};
  rowcast_writer *writer;
  cr_assert_eq(rowcast_writer_open(&writer, result, &layout, NULL, &error), ROWCAST_OK);
  cr_expect_eq(rowcast_writer_rows(writer, values, 3, 1, &error), ROWCAST_ERR_ARGUMENT);
  cr_expect_eq(rowcast_writer_rows(writer, values, 2, 1, &error), ROWCAST_ERR_ARGUMENT);
  cr_expect_eq(rowcast_writer_commit(writer, &error), ROWCAST_ERR_ARGUMENT);
  cr_expect_eq(access(result, F_OK), -1);
  bytes_free(&idx);
  free(path), free(result);
}

/* No rows of however many columns, and lines that end as they did on old Macintoshes. */
Test(rare, odd_shapes_and_lines) {
  rowcast_error error = {0};
  const rowcast_layout layout = {.rank = 2, .dims = {0, 1000000000000}};
  char *path = path_in(folder, "none.csv");
  rowcast_writer *writer;
  const rowcast_write_options csv = {sizeof csv, .format = ROWCAST_FILE_CSV};
  cr_assert_eq(rowcast_writer_open(&writer, path, &layout, &csv, &error), ROWCAST_OK, "%s", told(&error));
  cr_expect_eq(rowcast_writer_commit(writer, &error), ROWCAST_OK, "%s", told(&error));
  static const char *const wrong[] = {"1 2\r3 4\r5 6\r", "1\r2\r3\r", "1,2\r\n3\r4,5\r\n", "1\r\r\n"};
  rowcast_matrix matrix;
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    cr_expect_eq(rowcast_matrix_read_memory(&matrix, wrong[i], strlen(wrong[i]), "input", NULL, &error),
                 ROWCAST_ERR_FORMAT);
    cr_expect(strstr(told(&error), "carriage return") != NULL, "%s", told(&error));
  }
  cr_assert_eq(rowcast_matrix_read_memory(&matrix, "1,2\r\n3,4\r\n5,6\r", 14, "input", NULL, &error), ROWCAST_OK, "%s",
               told(&error));
  cr_expect(matrix.rows == 3 && matrix.cols == 2);
  rowcast_matrix_free(&matrix);
  free(path);
}

/* Of equal keys of a dictionary the last counts, named or not. */
Test(rare, keys_that_come_twice) {
  for (int named = 0; named < 2; named++) {
    rowcast_matrix matrix;
    rowcast_error error = {0};
    const rowcast_read_options options = {sizeof options, .member = named ? "x" : NULL};
    const char *path = ROWCAST_SOURCE_DIR "/tests/fuzz/corpus/pickle/dict-twice"; /* {"x": [[1, 2]], "x": [[3, 4]]} */
    cr_assert_eq(rowcast_matrix_read(&matrix, path, &options, &error), ROWCAST_OK, "%s", told(&error));
    cr_expect(matrix.rows == 1 && matrix.cols == 2 && matrix_at(&matrix, 0, 0) == 3.0);
    cr_expect_str_eq(matrix.file->name, "x");
    rowcast_matrix_free(&matrix);
  }
}

/* What can be asked before anything has happened. */
Test(rare, small_questions) {
  for (int i = -1; i < 20; i++) {
    const char *text = rowcast_status_text((rowcast_status)i);
    cr_assert_not_null(text);
    cr_expect_neq(text[0], '\0');
    for (int j = 0; j < i && i <= ROWCAST_ERR_CANCELLED; j++)
      cr_expect_str_neq(text, rowcast_status_text((rowcast_status)j));
  }
  rowcast_plan *plan;
  int32_t classes[3] = {7, 7, 7};
  const float x[3] = {1, 2, 3};
  cr_assert_eq(rowcast_plan_create(&plan, 1, 0, NULL, 0, NULL, NULL), ROWCAST_OK);
  cr_expect_eq(rowcast_predict_rows(plan, 1, 3, x, 1, classes), ROWCAST_OK);
  cr_expect(classes[0] == 7 && classes[1] == -1 && classes[2] == -1);
  rowcast_plan_destroy(plan);
}
