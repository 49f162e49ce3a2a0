/* SPDX-License-Identifier: BSD-3-Clause */
/* Ways out of a call that waits: options.cancelled() is asked wherever a reader waits, and pthread_cancel() leaves
 * neither descriptors nor files nor locks behind. */
#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <rowcast/io.h>

#include "file_builder.h"
#include "process.h"
#include "sanitized.h"
#include "scene.h"

#define PLAY(name) cr_expect_eq(scene_play(#name, NULL), 0)

/* The linker puts this in the place of the real one (--wrap). */
int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *), void *argument);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *), void *argument);
static bool no_threads;
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *), void *argument) {
  return no_threads ? EAGAIN : __real_pthread_create(thread, attributes, start, argument);
}

enum { ROWS = 4000, COLS = 1024, SMALL = 1 << 20, PIPE = 1 << 16 };

static char *folder, *path;
static char zeros[PIPE];

static void begin_fifo(void) {
  folder = folder_make();
  path = path_in(folder, "fifo");
  SCENE_EXPECT(mkfifo(path, 0600) == 0);
}

static void end_fifo(void) {
  free(path);
  folder_remove(folder);
}

/* A pipe that has some bytes, or none, and stays open. */
static int hold_open(size_t bytes) {
  const int fd = open(path, O_RDWR | O_CLOEXEC);
  SCENE_EXPECT(fd >= 0 && write(fd, zeros, bytes) == (ssize_t)bytes);
  return fd;
}

static unsigned entries_of(const char *where) {
  unsigned count = 0;
  DIR *entries = opendir(where);
  for (const struct dirent *entry; entries != NULL && (entry = readdir(entries)) != NULL;)
    count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
  if (entries != NULL) closedir(entries);
  return count;
}

static unsigned descriptors(void) { return entries_of("/proc/self/fd"); }

static rowcast_read_options bytes_of(size_t rows, size_t max_bytes) {
  rowcast_read_options options = ROWCAST_READ_DEFAULTS;
  options.raw_type = "|u1";
  options.raw_rank = 2;
  options.raw_dims[0] = rows, options.raw_dims[1] = COLS;
  options.max_bytes = max_bytes;
  return options;
}

/* Rows that are twice what a pipe holds and an opening takes. */
enum { FEW = 2 * PIPE / COLS };

/* ---- cancelled() ---- */

static int asked;
static bool third_time(void *user) { return ++asked == *(int *)user; }
static int third = 3;

static rowcast_status read_all(const rowcast_read_options *options, rowcast_error *error) {
  rowcast_reader *reader;
  rowcast_matrix block;
  rowcast_status status = rowcast_reader_open(&reader, path, options, error);
  if (status != ROWCAST_OK) return status;
  do status = rowcast_reader_next(reader, &block, error);
  while (status == ROWCAST_OK && block.rows > 0);
  rowcast_reader_close(reader);
  return status;
}

static double seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void expect_interrupted(rowcast_read_options options, bool whole) {
  const unsigned before = descriptors();
  rowcast_error error = {.status = ROWCAST_OK, .text = ""};
  rowcast_matrix matrix;
  options.cancelled = third_time;
  options.user = &third;
  asked = 0;
  const double start = seconds();
  const rowcast_status status =
    whole ? rowcast_matrix_read(&matrix, path, &options, &error) : read_all(&options, &error);
  const double waited = seconds() - start;
  SCENE_EXPECT(status == ROWCAST_ERR_CANCELLED && strstr(error.text, "interrupted") != NULL);
  SCENE_EXPECT(error.status == status && error.system_error == 0);
  SCENE_EXPECT(asked == 3);
  /* "about ten times a second" */
  SCENE_EXPECT(waited > 0.1 && waited < 3.0);
  SCENE_EXPECT(descriptors() == before);
}

/* A pipe that nobody has opened for writing, one that is silent, and one that falls silent; read whole and in blocks.
 */
SCENE(silent_pipes) {
  begin_fifo();
  for (int state = 0; state < 3; state++) {
    const int fd = state > 0 ? hold_open(state == 1 ? 0 : PIPE) : -1;
    expect_interrupted(bytes_of(FEW, 0), false);
    if (state == 2) SCENE_EXPECT(write(fd, zeros, PIPE) == PIPE);
    expect_interrupted(bytes_of(FEW, 0), true);
    if (state == 2) SCENE_EXPECT(write(fd, zeros, PIPE) == PIPE);
    expect_interrupted(bytes_of(ROWS, SMALL), false);
    if (fd >= 0) close(fd);
  }
  end_fifo();
  return scene_failures;
}
Test(cancel, is_asked_while_a_pipe_is_silent, .timeout = 60) { PLAY(silent_pipes); }

SCENE(without_threads) {
  begin_fifo();
  const int fd = hold_open(PIPE);
  no_threads = true;
  expect_interrupted(bytes_of(ROWS, SMALL), false);
  close(fd);
  end_fifo();
  return scene_failures;
}
Test(cancel, is_asked_where_no_thread_could_be_started, .timeout = 60) { PLAY(without_threads); }

static void nothing(int number) { (void)number; }

/* A signal that interrupts the wait does not turn it into one without end. */
SCENE(one_signal) {
  begin_fifo();
  const int fd = hold_open(0);
  struct sigaction action = {.sa_handler = nothing, .sa_flags = SA_RESTART};
  sigaction(SIGALRM, &action, NULL);
  for (int milliseconds = 50; milliseconds < 250; milliseconds += 33) {
    const struct itimerval once = {{0, 0}, {0, milliseconds * 1000}};
    setitimer(ITIMER_REAL, &once, NULL);
    expect_interrupted(bytes_of(FEW, 0), true);
  }
  close(fd);
  end_fifo();
  return scene_failures;
}
Test(cancel, is_asked_after_a_signal, .timeout = 60) { PLAY(one_signal); }

static bool never(void *user) {
  ++*(int *)user;
  return false;
}

/* Text that takes a while to parse. */
SCENE(long_text) {
  static const char line[] = "0.25,1.5,-3.75,100,7\n";
  rowcast_read_options options = ROWCAST_READ_DEFAULTS;
  options.user = &asked;
  for (size_t lines = 1 << 18; lines <= 1 << 24; lines *= 2) {
    const size_t size = lines * (sizeof line - 1);
    char *text = malloc(size + 1);
    SCENE_EXPECT(text != NULL);
    if (text == NULL) break;
    for (size_t i = 0; i < lines; i++) memcpy(text + i * (sizeof line - 1), line, sizeof line);
    rowcast_matrix matrix;
    rowcast_error error;
    asked = 0;
    options.cancelled = never;
    const double start = seconds();
    SCENE_EXPECT(rowcast_matrix_read_memory(&matrix, text, size, "text", &options, &error) == ROWCAST_OK);
    rowcast_matrix_free(&matrix);
    const bool long_enough = seconds() - start > 0.5;
    if (long_enough) {
      SCENE_EXPECT(asked >= 2);
      asked = 0;
      int first = 1;
      options.cancelled = third_time;
      options.user = &first;
      SCENE_EXPECT(rowcast_matrix_read_memory(&matrix, text, size, "text", &options, &error) == ROWCAST_ERR_CANCELLED);
    }
    free(text);
    if (long_enough) return scene_failures;
  }
  fprintf(stderr, "no text takes half a second\n");
  return 1;
}
Test(cancel, is_asked_while_text_is_parsed, .timeout = 60) { PLAY(long_text); }

/* A FIFO that nobody reads: to open it waits, and to write more than it holds. */
SCENE(unread_pipe) {
  static float c[PIPE];
  begin_fifo();
  for (int opened = 0; opened < 2; opened++) {
    const int fd = opened ? open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC) : -1;
    const unsigned before = descriptors();
    rowcast_write_options options = ROWCAST_WRITE_DEFAULTS;
    options.format = ROWCAST_FILE_RAW;
    options.cancelled = third_time;
    options.user = &third;
    asked = 0;
    rowcast_error error = {.status = ROWCAST_OK, .text = ""};
    SCENE_EXPECT(rowcast_write_f32(path, c, PIPE, 1, 1, &options, &error) == ROWCAST_ERR_CANCELLED);
    SCENE_EXPECT(strstr(error.text, "interrupted") != NULL && asked == 3 && descriptors() == before);
    if (fd >= 0) close(fd);
  }
  end_fifo();
  return scene_failures;
}
Test(cancel, is_asked_while_nobody_reads_a_pipe, .timeout = 60) { PLAY(unread_pipe); }

static void *read_late(void *total) {
  static char bytes[PIPE];
  usleep(300000);
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  usleep(300000);
  for (ssize_t got; (got = read(fd, bytes, sizeof bytes)) > 0;) *(size_t *)total += (size_t)got;
  close(fd);
  return NULL;
}
SCENE(pipe_read_late) {
  static float c[PIPE];
  begin_fifo();
  pthread_t thread;
  size_t total = 0;
  rowcast_write_options options = ROWCAST_WRITE_DEFAULTS;
  options.format = ROWCAST_FILE_RAW;
  options.cancelled = never;
  options.user = &asked;
  asked = 0;
  SCENE_EXPECT(pthread_create(&thread, NULL, read_late, &total) == 0);
  SCENE_EXPECT(rowcast_write_f32(path, c, PIPE, 1, 1, &options, NULL) == ROWCAST_OK);
  pthread_join(thread, NULL);
  SCENE_EXPECT(total == sizeof c && asked >= 2);
  end_fifo();
  return scene_failures;
}
Test(cancel, a_pipe_that_is_read_late_gets_all, .timeout = 60) { PLAY(pipe_read_late); }

/* With nobody to give up, everything is read as without the question: large files, and pipes that a writer opens late.
 */
static void *write_late(void *ignored) {
  usleep(300000);
  const int fd = open(path, O_WRONLY | O_CLOEXEC);
  usleep(300000);
  for (int i = 0; i < ROWS * COLS / PIPE * 2; i++) SCENE_EXPECT(write(fd, zeros, PIPE / 2) == PIPE / 2);
  close(fd);
  return ignored;
}
SCENE(not_cancelled) {
  begin_fifo();
  enum { EVEN_ROWS = ROWS * COLS / PIPE * PIPE / COLS };
  for (int whole = 0; whole < 2; whole++) {
    pthread_t thread;
    rowcast_error error = {.status = ROWCAST_OK, .text = ""};
    rowcast_read_options options = bytes_of(EVEN_ROWS, whole ? 0 : SMALL);
    options.cancelled = never;
    options.user = &asked;
    asked = 0;
    SCENE_EXPECT(pthread_create(&thread, NULL, write_late, NULL) == 0);
    SCENE_EXPECT(read_all(&options, &error) == ROWCAST_OK);
    pthread_join(thread, NULL);
    SCENE_EXPECT(asked >= 2);
  }
  /* Larger than what is read between two questions. */
  enum { LARGE_ROWS = 70 << 10 };
  char *large = path_in(folder, "large");
  struct bytes bytes = {0};
  bytes_add_fill(&bytes, 0, (size_t)LARGE_ROWS * COLS);
  for (size_t i = 0; i < bytes.size; i += 4097) bytes.data[i] = (unsigned char)(i % 251);
  bytes_write(&bytes, large);
  rowcast_read_options options = bytes_of(LARGE_ROWS, 0);
  options.cancelled = never;
  options.user = &asked;
  rowcast_matrix matrix;
  SCENE_EXPECT(rowcast_matrix_read(&matrix, large, &options, NULL) == ROWCAST_OK);
  SCENE_EXPECT(matrix.rows == LARGE_ROWS && memcmp(matrix.data, bytes.data, bytes.size) == 0);
  rowcast_matrix_free(&matrix);
  bytes_free(&bytes);
  free(large);
  end_fifo();
  return scene_failures;
}
Test(cancel, not_asked_for_changes_nothing, .timeout = 60) { PLAY(not_cancelled); }

/* ---- pthread_cancel() ---- */

static rowcast_reader *open_reader;
static atomic_int ended, returned;

static void close_reader(void *ignored) {
  (void)ignored;
  rowcast_reader_close(open_reader);
  atomic_store(&ended, 1);
}

static void *read_for_ever(void *ignored) {
  rowcast_matrix block;
  pthread_cleanup_push(close_reader, NULL);
  while (rowcast_reader_next(open_reader, &block, NULL) == ROWCAST_OK && block.rows > 0) continue;
  pthread_cleanup_pop(1);
  return ignored;
}

/* Of a thread that waits for a block the cleanup handler can close the reader. */
SCENE(within_next) {
  begin_fifo();
  const unsigned before = descriptors();
  for (int i = 0; i < 5; i++) {
    const int fd = hold_open(PIPE);
    pthread_t thread;
    const rowcast_read_options options = bytes_of(ROWS, SMALL);
    SCENE_EXPECT(rowcast_reader_open(&open_reader, path, &options, NULL) == ROWCAST_OK);
    atomic_store(&ended, 0);
    SCENE_EXPECT(pthread_create(&thread, NULL, read_for_ever, NULL) == 0);
    usleep(70000);
    pthread_cancel(thread);
    void *result = NULL;
    pthread_join(thread, &result);
    SCENE_EXPECT(result == PTHREAD_CANCELED && atomic_load(&ended) == 1);
    close(fd);
  }
  SCENE_EXPECT(descriptors() == before && scene_is_alone());
  end_fifo();
  return scene_failures;
}
Test(cancel, of_a_thread_that_waits_for_a_block, .timeout = 60) {
  if (SANITIZED) cr_skip_test("AddressSanitizer takes the frames of a cancelled thread for still there");
  PLAY(within_next);
}

static rowcast_status status_of_call;

/* Returns to a frame without variables: AddressSanitizer takes those of a thread that is cancelled for still there. */
__attribute__((noinline)) static void open_or_read(void *whole) {
  const rowcast_read_options options = bytes_of(FEW, 0);
  rowcast_matrix matrix;
  if (whole != NULL) {
    status_of_call = rowcast_matrix_read(&matrix, path, &options, NULL);
    rowcast_matrix_free(&matrix);
  } else {
    status_of_call = rowcast_reader_open(&open_reader, path, &options, NULL);
    rowcast_reader_close(open_reader);
  }
  atomic_store(&returned, 1);
}

static void *open_or_read_and_end(void *whole) {
  open_or_read(whole);
  pthread_testcancel();
  return NULL;
}

/* In the middle of a read the request waits for the end of the call. */
SCENE(within_read) {
  begin_fifo();
  const unsigned before = descriptors();
  static int yes;
  for (int i = 0; i < 4; i++) {
    pthread_t thread;
    atomic_store(&returned, 0);
    const int early = i < 2 ? hold_open(PIPE / 2) : -1;
    SCENE_EXPECT(pthread_create(&thread, NULL, open_or_read_and_end, i % 2 ? &yes : NULL) == 0);
    usleep(50000);
    pthread_cancel(thread);
    usleep(50000);
    SCENE_EXPECT(atomic_load(&returned) == 0);
    const int fd = early >= 0 ? early : open(path, O_WRONLY | O_CLOEXEC);
    /* To open takes a window's bytes only. */
    for (size_t left = (i % 2 ? 2u : 1u) * PIPE - (early >= 0 ? PIPE / 2u : 0u); left > 0; left -= PIPE / 2)
      SCENE_EXPECT(write(fd, zeros, PIPE / 2) == PIPE / 2);
    close(fd);
    void *result = NULL;
    pthread_join(thread, &result);
    SCENE_EXPECT(result == PTHREAD_CANCELED && atomic_load(&returned) == 1 && status_of_call == ROWCAST_OK);
    SCENE_EXPECT(descriptors() == before);
  }
  end_fifo();
  return scene_failures;
}
Test(cancel, of_a_thread_that_reads, .timeout = 60) { PLAY(within_read); }

/* The callback is a cancellation point. */
static bool sleeps(void *user) {
  atomic_store((atomic_int *)user, 1);
  usleep(20000);
  return false;
}

__attribute__((noinline)) static void write_file(void *to) {
  enum { COUNT = 3 << 20 };
  static float c[COUNT];
  static atomic_int in_callback;
  rowcast_write_options options = ROWCAST_WRITE_DEFAULTS;
  options.overwrite = true;
  options.cancelled = sleeps;
  options.user = &in_callback;
  status_of_call = rowcast_write_f32(to, c, COUNT, 1, 1, &options, NULL);
  atomic_store(&returned, 1);
}

static void *write_file_and_end(void *to) {
  write_file(to);
  pthread_testcancel();
  return NULL;
}

SCENE(within_write) {
  folder = folder_make();
  char *to = path_in(folder, "result.npy");
  const unsigned before = descriptors();
  for (int i = 0; i < 5; i++) {
    pthread_t thread;
    atomic_store(&returned, 0);
    SCENE_EXPECT(pthread_create(&thread, NULL, write_file_and_end, to) == 0);
    usleep(10000 * (unsigned)i);
    pthread_cancel(thread);
    void *result = NULL;
    pthread_join(thread, &result);
    SCENE_EXPECT(result == PTHREAD_CANCELED && entries_of(folder) <= 1);
    /* Before it began, or after its end. */
    SCENE_EXPECT(atomic_load(&returned) == 1 ? status_of_call == ROWCAST_OK : i == 0);
    SCENE_EXPECT(descriptors() == before);
  }
  free(to);
  folder_remove(folder);
  return scene_failures;
}
Test(cancel, of_a_thread_that_writes, .timeout = 60) { PLAY(within_write); }
