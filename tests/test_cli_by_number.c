/* SPDX-License-Identifier: BSD-3-Clause */
/* `matmul` and `predict` of rows read where they are multiplied, from plain files and from BGZF: as those of the same
 * file gzipped in one member, which are all in memory first; and what becomes of a file that changes meanwhile. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cli/data/by_number.h"
#include "cli/terminal/report.h"
#include "cli/terminal/signals.h"
#include "bgzf_builder.h"
#include "needs_openmp.h"
#include "sanitized.h"
#include "tool.h"

static char *folder;

static void set_up(void) { folder = folder_make(); }
static void tear_down(void) { folder_remove(folder); }

TestSuite(cli_by_number, .init = set_up, .fini = tear_down);

enum { ROWS = 3001, COLUMNS = 97 };

/* Numbers of an element type, in rows of so many columns: NumPy's name, "b1" being bytes of 0 and 1. */
static void add_numbers(struct bytes *bytes, const char *type, size_t rows, size_t columns) {
  const size_t size = (size_t)(type[2] - '0');
  for (size_t i = 0; i < rows * columns; i++) {
    const int value = (int)(i * 7919 % 251);
    const float single = (float)value / 256.0f;
    const double precise = value / 3.0 - 40.0;
    uint64_t bits = type[1] == 'i' ? (uint64_t)(value - 100) : type[1] == 'b' ? (uint64_t)value % 2 : (uint64_t)value;
    if (type[1] == 'f' && size == 4) {
      uint32_t word;
      memcpy(&word, &single, sizeof word);
      bits = word;
    } else if (type[1] == 'f') memcpy(&bits, &precise, sizeof bits);
    bytes_add_number(bytes, bits, size, type[0] == '>');
  }
}

enum { PLAIN, GZIPPED, BLOCKS, PATHS };

/* An NPY of that type, or for "idx" before it an IDX; its path and those of the same gzipped. */
static void make_files(const char *type, size_t columns, char *paths[PATHS]) {
  struct bytes bytes = {0};
  if (strncmp(type, "idx", 3) == 0) {
    type += 3;
    const unsigned code = type[1] == 'f' ? 0x0d : type[1] == 'i' ? 0x0b : 0x08;
    add_idx_header(&bytes, code, 2, (const size_t[]){ROWS, columns});
  } else {
    char text[128];
    snprintf(text, sizeof text, "{'descr': '%c%s', 'fortran_order': False, 'shape': (%d, %zu), }", type[0],
             type[1] == 'b' ? "u1" : type + 1, ROWS, columns);
    add_npy_header(&bytes, 1, text);
  }
  add_numbers(&bytes, type, ROWS, columns);
  struct bytes packed = gzip_of(&bytes), blocks = bgzf_of(&bytes, 40000);
  paths[PLAIN] = path_in(folder, "x"), paths[GZIPPED] = path_in(folder, "x.gz");
  paths[BLOCKS] = path_in(folder, "x.bgz");
  bytes_write(&bytes, paths[PLAIN]);
  bytes_write(&packed, paths[GZIPPED]);
  bytes_write(&blocks, paths[BLOCKS]);
  bytes_free(&bytes), bytes_free(&packed), bytes_free(&blocks);
}

static void free_paths(char *paths[PATHS]) {
  for (size_t i = 0; i < PATHS; i++) free(paths[i]);
}

/* What a command says of a file, without what may differ from road to road. */
static json_t *said_of(const char *const *arguments, const char *path, const char *threads, const char *reading) {
  static const char *const differing[] = {"images",  "seconds", "read_seconds", "reading",      "gflops",
                                          "threads", "driver",  "kernel",       "gbytes_per_s", "zeros_skipped"};
  const char *all[24] = {NULL};
  size_t count = 0;
  while (arguments[count] != NULL) all[count] = arguments[count], count++;
  const char *const rest[] = {"-i", path, "-t", threads, "--json"};
  memcpy(all + count, rest, sizeof rest);
  json_t *object = tool_json(process_run(all, NULL));
  const char *how = json_string_value(json_object_get(object, "reading"));
  cr_expect(how != NULL && strcmp(how, reading) == 0, "%s: %s, not %s", arguments[0], how, reading);
  for (size_t i = 0; i < sizeof differing / sizeof differing[0]; i++) json_object_del(object, differing[i]);
  return object;
}

/* All that a command says is the same on any number of threads as of a matrix in memory. */
static void expect_same(const char *const *arguments, char *const paths[PATHS], const char *reading, const char *what) {
  static const char *const threads[] = {"1", "2", "3", "1", "3"};
  json_t *whole = said_of(arguments, paths[GZIPPED], "1", "whole");
  for (size_t i = 0; i < 5; i++) {
    json_t *object = said_of(arguments, paths[i < 3 ? PLAIN : BLOCKS], threads[i], reading);
    char *one = json_dumps(whole, JSON_SORT_KEYS), *other = json_dumps(object, JSON_SORT_KEYS);
    cr_expect_str_eq(one, other, "%s, %s threads", what, threads[i]);
    free(one), free(other);
    json_decref(object);
  }
  json_decref(whole);
}

Test(cli_by_number, matmul_is_that_of_all_rows) {
  static const char *const types[] = {"|u1", "|b1", "<f4",    ">f4",    "<i2",   ">i2",
                                      "<f8", "<i4", "idx|u1", "idx>i2", "idx>f4"};
  static const char *const ways[][8] = {
    {"matmul", NULL},
    {"matmul", "-r", "17:2955", "--columns", "5:90", "--scale", "1/3", NULL},
    {"matmul", "-r", "3000:", "--cols", "1", NULL},
    {"matmul", "-r", "7:7", NULL},
  };
  for (size_t t = 0; t < sizeof types / sizeof types[0]; t++) {
    char *paths[PATHS];
    make_files(types[t], COLUMNS, paths);
    for (size_t w = 0; w < sizeof ways / sizeof ways[0]; w++) expect_same(ways[w], paths, "by number", types[t]);
    /* In memory that all rows would not fit into. */
    json_t *whole = said_of((const char *const[]){"matmul", "-n", "33", NULL}, paths[1], "1", "whole");
    json_t *object =
      said_of((const char *const[]){"matmul", "-n", "33", "--max-bytes", "64K", NULL}, paths[0], "2", "by number");
    cr_expect(json_equal(whole, object), "%s", types[t]);
    json_decref(whole), json_decref(object);
    free_paths(paths);
  }
}

/* Results and classes as files, and labels beside them. */
Test(cli_by_number, files_are_those_of_all_rows) {
  static const char *const types[] = {"|u1", "<f4"};
  for (size_t t = 0; t < 2; t++) {
    char *paths[PATHS], *labels = path_in(folder, "y");
    struct bytes bytes = {0};
    make_files(types[t], COLUMNS, paths);
    add_idx_header(&bytes, 8, 1, (const size_t[]){ROWS});
    for (size_t i = 0; i < ROWS; i++) bytes_add_number(&bytes, i % 10, 1, false);
    bytes_write(&bytes, labels);
    bytes_free(&bytes);
    expect_same((const char *const[]){"matmul", "--predict", "-l", labels, "-r", "50:", NULL}, paths, "by number",
                types[t]);
    struct bytes written[PATHS];
    for (size_t i = 0; i < PATHS; i++) {
      char *to = path_in(folder, "c.npy");
      tool_expect(ROWCAST("matmul", "-i", paths[i], "-r", "11:", "-n", "64", "-t", "2", "-o", to), 0, "2990 x 97");
      written[i] = bytes_read(to);
      cr_assert_eq(unlink(to), 0);
      free(to);
    }
    for (size_t i = 1; i < PATHS; i++)
      cr_expect(written[0].size == written[i].size && memcmp(written[0].data, written[i].data, written[0].size) == 0);
    for (size_t i = 0; i < PATHS; i++) bytes_free(&written[i]);
    free_paths(paths), free(labels);
  }
}

/* The shipped weights' unit follows from the values: only where the first rows settle it, later ones are not needed. */
Test(cli_by_number, predict_is_that_of_all_rows) {
  static const struct {
    const char *type, *reading, *scale;
  } cases[] = {
    {"|u1", "by number", NULL}, {"|b1", "whole", NULL},      {"<f4", "whole", NULL},
    {"<f4", "by number", "1"},  {"|b1", "by number", "1/4"}, {"<f8", "by number", "1"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    char *paths[PATHS];
    make_files(cases[i].type, 784, paths);
    const char *const ways[][6] = {
      {"predict", cases[i].scale != NULL ? "--scale" : NULL, cases[i].scale, NULL},
      {"predict", "-r", "100:2900", cases[i].scale != NULL ? "--scale" : NULL, cases[i].scale, NULL},
    };
    for (size_t w = 0; w < 2; w++) expect_same(ways[w], paths, cases[i].reading, cases[i].type);
    free_paths(paths);
  }
}

/* What needs all rows, or other ones than the file's, has them in memory. */
Test(cli_by_number, other_roads) {
  char *paths[PATHS];
  make_files("|u1", 784, paths);
  static const char *const ways[][4] = {
    {"matmul", "--dtype", "f32", NULL}, {"matmul", "--repeat", "2", NULL}, {"matmul", "--transpose-images", NULL}};
  for (size_t i = 0; i < 3; i++) expect_same(ways[i], paths, "whole", ways[i][1]);
  expect_same((const char *const[]){"matmul", "--dtype", "u8", NULL}, paths, "by number", "u8");
  tool_expect(ROWCAST("matmul", "-i", paths[0], "-r", ":64", "--explain"), 0, "read whole before they are multiplied");
#ifdef _OPENMP
  const char *told = "each read by the thread that multiplies it";
#else
  const char *told = "each multiplied when it is read";
#endif
  tool_expect(ROWCAST("matmul", "-i", paths[0], "-t", "2"), 0, told);
  tool_expect(ROWCAST("predict", "-i", paths[0], "-t", "1"), 0, "to read them");
  tool_expect(ROWCAST("matmul", "-i", paths[BLOCKS], "-t", "1"), 0, "each multiplied when it is inflated");
  tool_expect(ROWCAST("matmul", "-i", paths[BLOCKS], "-t", "1"), 0, "read+inflate");
  tool_expect(ROWCAST("predict", "-i", paths[BLOCKS], "-t", "1"), 0, "to read and inflate them");
  free_paths(paths);
}

static struct bytes fed;
static void feed(int fd) {
  for (size_t at = 0; at < fed.size;) {
    const ssize_t count = write(fd, fed.data + at, fed.size - at);
    if (count <= 0) return;
    at += (size_t)count;
  }
}

/* What can be read once comes in blocks, unless all of it must be known. */
Test(cli_by_number, pipes_come_in_blocks) {
  char *path = path_in(folder, "x");
  add_idx_header(&fed, 8, 2, (const size_t[]){7000, 784});
  for (size_t i = 0; i < (size_t)7000 * 784; i++) bytes_add_number(&fed, i * 7919 % 251, 1, false);
  bytes_write(&fed, path);
  json_t *object = tool_json(ROWCAST("matmul", "-i", path, "--json"));
  const char *crc32 = json_string_value(json_object_get(object, "crc32"));
  const struct process_options piped = {.feed = feed};
  struct process_result result = process_run(ROWCAST_ARGUMENTS("matmul", "-i", "-"), &piped);
  cr_expect(strstr(result.out, "in 6 blocks") != NULL && strstr(result.out, crc32) != NULL, "%s", result.out);
  process_free(&result);
  json_t *other = tool_json(process_run(ROWCAST_ARGUMENTS("matmul", "-i", "-", "--json"), &piped));
  cr_expect_str_eq(json_string_value(json_object_get(other, "reading")), "whole");
  cr_expect_str_eq(json_string_value(json_object_get(other, "crc32")), crc32);
  json_decref(object), json_decref(other);
  bytes_free(&fed);
  free(path);
}

/* Inflating is worth a thread where the product is not; whoever asks is told, of rows that are in memory then. */
Test(cli_by_number, inflating_is_worth_threads) {
  NEEDS_OPENMP();
  char *paths[PATHS];
  make_files("|u1", 97, paths);
  static const char *const told[] = {[PLAIN] = "read by number, on 1 thread, each of which reads the rows",
                                     [BLOCKS] = "read by number, on 2 threads, each of which inflates the rows that it "
                                                "multiplies: more than the product is worth"};
  static const unsigned threads[] = {[PLAIN] = 1, [BLOCKS] = 2};
  for (size_t i = PLAIN; i < PATHS; i += BLOCKS) {
    json_t *object = tool_json(ROWCAST("matmul", "-i", paths[i], "-t", "2", "-n", "1", "--json"));
    cr_expect_eq(json_integer_value(json_object_get(object, "threads")), threads[i], "%s", paths[i]);
    json_decref(object);
    tool_expect(ROWCAST("matmul", "-i", paths[i], "-t", "2", "-n", "1", "--explain"), 0, told[i]);
    object = tool_json(ROWCAST("matmul", "-i", paths[i], "-t", "2", "-n", "1", "--explain", "--json"));
    const json_t *without = json_object_get(object, "reading_without_explain");
    cr_expect_str_eq(json_string_value(json_object_get(object, "reading")), "whole");
    cr_expect_str_eq(json_string_value(json_object_get(without, "reading")), "by number");
    cr_expect_eq(json_integer_value(json_object_get(without, "threads")), threads[i]);
    json_decref(object);
  }
  free_paths(paths);
}

/* Is there a file whose name begins as no input's does? */
static bool output_is_begun(void) {
  bool found = false;
  DIR *entries = opendir(folder);
  cr_assert_not_null(entries);
  for (const struct dirent *entry; (entry = readdir(entries)) != NULL;)
    found |= strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 && strcmp(entry->d_name, "x") != 0;
  closedir(entries);
  return found;
}

enum { ROW = 8192 };

/* As many rows as keep the tool busy for some tenths of a second at least. */
static int many_rows(void) { return SANITIZED || getenv("ROWCAST_ISA") != NULL ? 1500 : 8000; }

/* A file of rows, without zeros to skip, being multiplied by many columns for an output. */
static struct process start_long(const char *path, const char *threads, bool in_blocks) {
  char *to = path_in(folder, "c.npy"), shape[32];
  struct bytes bytes = {0};
  bytes_add_fill(&bytes, 3, (size_t)many_rows() * ROW);
  if (in_blocks) {
    struct bytes blocks = bgzf_of(&bytes, ROW);
    bytes_write(&blocks, path);
    bytes_free(&blocks);
  } else bytes_write(&bytes, path);
  bytes_free(&bytes);
  snprintf(shape, sizeof shape, "%dx%d", many_rows(), ROW);
  struct process process = process_start(ROWCAST_ARGUMENTS("matmul", "-i", path, "--shape", shape, "--dtype", "u8",
                                                           "-n", "400", "-t", threads, "-o", to, "-q"),
                                         NULL);
  for (int i = 0; !output_is_begun(); i++) {
    cr_assert_lt(i, 30000, "no file is begun");
    nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
  }
  free(to);
  return process;
}

Test(cli_by_number, a_file_that_changes, .timeout = 300) {
  static const char *const threads[] = {"1", "4"};
  char *path = path_in(folder, "x");
  for (size_t i = 0; i < 2; i++) {
    struct process process = start_long(path, threads[i], false);
    /* Several blocks are missing then, of which the first is told. */
    const off_t end = (off_t)(many_rows() - 201) * ROW + 7;
    cr_assert_eq(truncate(path, end), 0);
    struct process_result result = process_finish(&process);
    char where[64];
    snprintf(where, sizeof where, "it ends at byte %lld now, in row %d", (long long)end, many_rows() - 201);
    cr_expect_eq(result.status, 1);
    cr_expect(strstr(result.err, where) != NULL, "%s", result.err);
    cr_expect_eq(strchr(result.err, '\n'), result.err + strlen(result.err) - 1, "several lines: %s", result.err);
    process_free(&result);
    cr_expect(!output_is_begun(), "something was left behind");

    process = start_long(path, threads[i], false);
    cr_assert_eq(kill(process.pid, SIGINT), 0);
    tool_expect(process_finish(&process), 128 + SIGINT, "");
    cr_expect(!output_is_begun(), "something was left behind");
  }
  struct process process = start_long(path, "2", false);
  cr_assert_eq(truncate(path, (off_t)many_rows() * ROW + 1), 0);
  tool_expect(process_finish(&process), 1, "since it was read");
  cr_expect(!output_is_begun(), "something was left behind");

  /* It is as long as before, but with other bytes perhaps. */
  process = start_long(path, "2", false);
  const int fd = open(path, O_WRONLY);
  cr_assert(fd >= 0 && pwrite(fd, "x", 1, (off_t)(many_rows() - 1) * ROW) == 1 && fsync(fd) == 0);
  /* Two times within one tick of the clock that files have are the same. */
  cr_assert(futimens(fd, (const struct timespec[2]){{.tv_nsec = UTIME_OMIT}, {.tv_sec = 1}}) == 0 && close(fd) == 0);
  tool_expect(process_finish(&process), 1, "was written to while it was read");
  cr_expect(!output_is_begun(), "something was left behind");

  /* Every row is a block. */
  struct stat info;
  process = start_long(path, "3", true);
  cr_assert(stat(path, &info) == 0 && truncate(path, info.st_size - 28 - 200 * (info.st_size / many_rows())) == 0);
  struct process_result result = process_finish(&process);
  cr_expect(result.status == 1 && strstr(result.err, "BGZF: block ") != NULL, "%s", result.err);
  cr_expect_not_null(strstr(result.err, "it has changed while it was read"), "%s", result.err);
  cr_expect_eq(strchr(result.err, '\n'), result.err + strlen(result.err) - 1, "several lines: %s", result.err);
  process_free(&result);
  cr_expect(!output_is_begun(), "something was left behind");
  free(path);
}

/* Where not all threads can be started, those that can have room for their rows. */
Test(cli_by_number, threads_in_little_memory, .timeout = 120) {
  NEEDS_OPENMP();
  if (SANITIZED) cr_skip_test("a sanitizer needs all the address space there is");
  const char *const environment[] = {"OMP_STACKSIZE=8M", NULL};
  char *paths[PATHS];
  make_files("<f4", 1500, paths);
  for (size_t i = 0; i < PATHS; i++)
    for (size_t mib = 200; i != GZIPPED && mib <= 440; mib += 80) {
      const struct process_options options = {.environment = environment, .memory_limit = mib << 20};
      struct process_result result =
        process_run(ROWCAST_ARGUMENTS("matmul", "-i", paths[i], "-n", "100", "-t", "64", "-q"), &options);
      cr_expect_eq(result.status, 0, "%s, %zu MiB: %s", paths[i], mib, result.err);
      cr_expect_str_empty(result.err);
      process_free(&result);
    }
  free_paths(paths);
}

enum { WIDE = 1000, LONG = 20000 };

/* A stream of rows of zeros, of which reading does as a test says. */
struct played {
  bool begun;          /* it is open, and rows are read */
  atomic_size_t asked; /* times that rows were */
  atomic_bool failed;  /* a later read has */
  bool interrupts;     /* the first read brings a signal, instead of failures */
};

static ptrdiff_t play(void *user, void *buffer, size_t bytes, uint64_t offset) {
  struct played *played = user;
  memset(buffer, 0, bytes);
  if (!played->begun) return (ptrdiff_t)bytes;
  const size_t turn = atomic_fetch_add(&played->asked, 1);
  if (played->interrupts) {
    if (turn == 0) raise(SIGINT);
    return (ptrdiff_t)bytes;
  }
  /* The first rows fail after later ones have. */
  if (offset > 0) atomic_store(&played->failed, true);
  for (int i = 0; offset == 0 && !atomic_load(&played->failed) && i < 20000; i++)
    nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
  errno = offset == 0 ? EIO : ENOSPC;
  return -1;
}

static int64_t played_size(void *user) {
  (void)user;
  return (int64_t)LONG * WIDE;
}

/* What the first round of them comes to, on two threads. */
static int play_round(struct played *played) {
  const rowcast_stream stream = {.struct_size = sizeof stream, .read_at = play, .user = played, .size = played_size};
  const rowcast_read_options read = {
    .struct_size = sizeof read, .raw_type = "u1", .raw_rank = 2, .raw_dims = {LONG, WIDE}};
  struct options options = {0};
  struct input input = {.options = &options, .path = (char[]){"played"}, .to = LONG, .columns = WIDE};
  rowcast_error error;
  cr_assert_eq(rowcast_reader_open_stream(&input.reader, &stream, "played", &read, &error), ROWCAST_OK, "%s",
               error.text);
  input.images = *rowcast_reader_shape(input.reader);
  input.all = LONG;
  rowcast_plan *plan;
  rowcast_plan_options wanted = ROWCAST_PLAN_DEFAULTS;
  wanted.dtype = ROWCAST_U8;
  wanted.threads = 2;
  float *w = calloc(WIDE * 8, sizeof *w), *c = calloc(LONG * 8, sizeof *c);
  cr_assert(w != NULL && c != NULL);
  cr_assert_eq(rowcast_plan_create(&plan, WIDE, 8, w, 8, &wanted, NULL), ROWCAST_OK);
  struct by_number walk;
  size_t rows;
  cr_assert_eq(by_number_begin(&walk, &input), EXIT_DONE);
  cr_assert_eq(by_number_team(&walk, plan, 8, 8 * sizeof *c), EXIT_DONE);
  cr_assert_eq(walk.threads, 2);
  played->begun = true;
  const int status = by_number_next(&walk, c, NULL, &rows);
  by_number_free(&walk);
  rowcast_plan_destroy(plan);
  rowcast_reader_close(input.reader);
  free(w), free(c);
  return status;
}

Test(cli_by_number, the_first_failure_is_told, .timeout = 60) {
  NEEDS_OPENMP();
  struct played played = {0};
  char *path = path_in(folder, "stderr");
  const int before = dup(STDERR_FILENO), to = open(path, O_WRONLY | O_CREAT, 0600);
  cr_assert(before >= 0 && to >= 0 && dup2(to, STDERR_FILENO) >= 0);
  const int status = play_round(&played);
  cr_assert_geq(dup2(before, STDERR_FILENO), 0);
  close(before), close(to);
  struct bytes bytes = bytes_read(path);
  bytes_add(&bytes, "", 1);
  const char *told = (const char *)bytes.data;
  cr_expect_eq(status, EXIT_FAILED);
  cr_expect_not_null(strstr(told, strerror(EIO)), "%s", told);
  cr_expect_eq(strchr(told, '\n'), told + strlen(told) - 1, "several lines: %s", told);
  bytes_free(&bytes);
  free(path);
}

/* A signal stops every thread before its next block. */
Test(cli_by_number, signals_stop_all, .timeout = 60) {
  NEEDS_OPENMP();
  struct played played = {.interrupts = true};
  signals_install();
  signals_hold();
  cr_expect_eq(play_round(&played), EXIT_FAILED);
  cr_expect_leq(atomic_load(&played.asked), 4, "%zu reads", atomic_load(&played.asked));
}
