/* SPDX-License-Identifier: BSD-3-Clause */
/* Readers and writers that are open at a fork() belong to the parent: in the child each call is one clear error, their
 * end waits for nothing and removes nothing, and the parent goes on as if there had been no child. */
#include <criterion/criterion.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <rowcast/io.h>

#include "file_builder.h"
#include "process.h"
#include "scene.h"

#define PLAY(name) cr_expect_eq(scene_play(#name, NULL), 0)

enum { ROWS = 40000, COLS = 100, LIMIT = 1 << 20 };

static char *folder, *path;

static unsigned char element(size_t i) { return (unsigned char)(i * 31 % 251); }

static void begin_files(void) {
  folder = folder_make();
  path = path_in(folder, "file");
  struct bytes bytes = {0};
  for (size_t i = 0; i < ROWS * COLS; i++) bytes_add_number(&bytes, element(i), 1, false);
  bytes_write(&bytes, path);
  bytes_free(&bytes);
}

static void end_files(void) {
  free(path);
  folder_remove(folder);
}

/* ---- Readers ---- */

static rowcast_reader *reader;
static size_t read_so_far;

static void open_reader(const char *from, size_t max_bytes) {
  rowcast_read_options options = ROWCAST_READ_DEFAULTS;
  options.raw_type = "|u1";
  options.raw_rank = 2;
  options.raw_dims[0] = ROWS, options.raw_dims[1] = COLS;
  options.max_bytes = max_bytes;
  rowcast_error error;
  read_so_far = 0;
  SCENE_EXPECT(rowcast_reader_open(&reader, from, &options, &error) == ROWCAST_OK);
}

/* One block, with the elements that are to be there. */
static size_t next(void) {
  rowcast_matrix block;
  SCENE_EXPECT(rowcast_reader_next(reader, &block, NULL) == ROWCAST_OK);
  const unsigned char *bytes = block.data;
  size_t right = 0;
  while (right < block.rows * COLS && bytes[right] == element(read_so_far * COLS + right)) right++;
  SCENE_EXPECT(right == block.rows * COLS);
  read_so_far += block.rows;
  return block.rows;
}

static int refused_and_closed(void) {
  rowcast_matrix block;
  rowcast_error error = {.status = ROWCAST_OK, .text = ""};
  for (int i = 0; i < 2; i++) {
    SCENE_EXPECT(rowcast_reader_next(reader, &block, &error) == ROWCAST_ERR_ARGUMENT);
    SCENE_EXPECT(strstr(error.text, "fork") != NULL && strstr(error.text, path) == error.text);
    SCENE_EXPECT(block.rows == 0 && block.data == NULL);
  }
  SCENE_EXPECT(rowcast_reader_shape(reader)->cols == COLS);
  rowcast_reader_close(reader);
  /* Its memory is in order. */
  for (size_t size = 1; size < 1 << 24; size *= 2) free(calloc(size, 1));
  return scene_failures;
}

static int closed(void) {
  rowcast_reader_close(reader);
  return scene_failures;
}

/* In a child, whose parent then reads the rest, and in a child of it. */
static int refused_in_a_grandchild(void) {
  SCENE_EXPECT(scene_child(refused_and_closed) == 0);
  return refused_and_closed();
}

/* At the beginning, at once after a block, after a while (the ring is full, and the thread waits), and at the end. */
SCENE(readers) {
  begin_files();
  for (int moment = 0; moment < 5; moment++) {
    open_reader(path, moment == 4 ? 0 : LIMIT); /* 0: it is read whole */
    if (moment > 0) next();
    if (moment == 2 || moment == 4) usleep(100000);
    while (moment == 3 && next() > 0) continue;
    SCENE_EXPECT(scene_child(refused_and_closed) == 0);
    SCENE_EXPECT(scene_child(closed) == 0);
    SCENE_EXPECT(scene_child(refused_in_a_grandchild) == 0);
    while (next() > 0) continue;
    SCENE_EXPECT(read_so_far == ROWS);
    rowcast_reader_close(reader);
  }
  end_files();
  return scene_failures;
}
Test(fork_files, readers_are_their_parents, .timeout = 60) { PLAY(readers); }

/* The reader's thread is in the middle of a block: it waits for a pipe that is silent. */
SCENE(silent) {
  static char zeros[1 << 16];
  begin_files();
  char *fifo = path_in(folder, "fifo");
  SCENE_EXPECT(mkfifo(fifo, 0600) == 0);
  const int both = open(fifo, O_RDWR | O_CLOEXEC);
  SCENE_EXPECT(write(both, zeros, sizeof zeros) == (ssize_t)sizeof zeros);
  free(path);
  path = fifo;
  open_reader(fifo, LIMIT);
  usleep(100000);
  SCENE_EXPECT(scene_child(refused_and_closed) == 0);
  SCENE_EXPECT(scene_child(refused_in_a_grandchild) == 0);
  rowcast_reader_close(reader);
  close(both);
  end_files();
  return scene_failures;
}
Test(fork_files, a_reader_in_a_block_is_not_waited_for, .timeout = 60) { PLAY(silent); }

/* At any moment. */
SCENE(moments) {
  enum { TRIES = 200 };
  begin_files();
  for (int i = 0; i < TRIES; i++) {
    open_reader(path, LIMIT);
    for (int j = 0; j < i % 5; j++) next();
    SCENE_EXPECT(scene_child(refused_and_closed) == 0);
    rowcast_reader_close(reader);
  }
  end_files();
  return scene_failures;
}
Test(fork_files, a_reader_is_refused_at_any_moment, .timeout = 120) { PLAY(moments); }

/* A child can read by itself. */
static int reads_by_itself(void) {
  rowcast_reader_close(reader);
  open_reader(path, LIMIT);
  while (next() > 0) continue;
  SCENE_EXPECT(read_so_far == ROWS);
  SCENE_EXPECT(scene_child(refused_and_closed) == 0);
  rowcast_reader_close(reader);
  return scene_failures;
}
SCENE(own_reader) {
  begin_files();
  open_reader(path, LIMIT);
  next();
  SCENE_EXPECT(scene_child(reads_by_itself) == 0);
  while (next() > 0) continue;
  SCENE_EXPECT(read_so_far == ROWS);
  rowcast_reader_close(reader);
  end_files();
  return scene_failures;
}
Test(fork_files, a_child_reads_by_itself, .timeout = 60) { PLAY(own_reader); }

/* fork() without the C library, in which no handler runs. */
SCENE(bare_clone) {
  begin_files();
  open_reader(path, LIMIT);
  next();
  const long pid = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
  if (pid == 0) {
    alarm(5);
    rowcast_matrix block;
    const rowcast_status status = rowcast_reader_next(reader, &block, NULL);
    rowcast_reader_close(reader);
    _exit(status == ROWCAST_ERR_ARGUMENT ? 0 : 1);
  }
  SCENE_EXPECT(pid > 0 && scene_wait((int)pid) == 0);
  while (next() > 0) continue;
  rowcast_reader_close(reader);
  end_files();
  return scene_failures;
}
Test(fork_files, without_the_c_library, .timeout = 60) { PLAY(bare_clone); }

/* ---- Programs that a child becomes ---- */

/* Descriptors that were there before. */
enum { DESCRIPTORS = 256 };
static bool inherited[DESCRIPTORS];

/* What the library has open is closed there. */
static void expect_close_on_exec(void) {
  unsigned own = 0;
  for (int fd = 0; fd < DESCRIPTORS; fd++) {
    const int flags = fcntl(fd, F_GETFD);
    if (flags == -1 || inherited[fd]) continue;
    own++;
    SCENE_EXPECT((flags & FD_CLOEXEC) != 0);
  }
  SCENE_EXPECT(own > 0);
}

/* Asked within a call, while it has a descriptor. */
static bool look(void *ignored) {
  expect_close_on_exec();
  return ignored != NULL;
}

SCENE(descriptors) {
  begin_files();
  for (int fd = 0; fd < DESCRIPTORS; fd++) inherited[fd] = fcntl(fd, F_GETFD) != -1;
  open_reader(path, LIMIT);
  next();
  expect_close_on_exec();
  rowcast_reader_close(reader);
  char *to = path_in(folder, "result"), *fifo = path_in(folder, "fifo");
  SCENE_EXPECT(mkfifo(fifo, 0600) == 0);
  const int both = open(fifo, O_RDWR | O_CLOEXEC);
  SCENE_EXPECT(both >= 0 && both < DESCRIPTORS);
  inherited[both] = true;
  static const float c[2 * COLS];
  const char *const places[] = {to, "-", "/dev/stdout", fifo};
  for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
    const rowcast_write_options options = {sizeof options, .format = ROWCAST_FILE_RAW, .overwrite = true,
                                           .cancelled = look};
    if (i == 1) SCENE_EXPECT(dup2(both, STDOUT_FILENO) == STDOUT_FILENO);
    SCENE_EXPECT(rowcast_write_f32(places[i], c, 2, COLS, COLS, &options, NULL) == ROWCAST_OK);
  }
  free(to), free(fifo);
  close(both);
  end_files();
  return scene_failures;
}
Test(fork_files, descriptors_are_closed_on_exec, .timeout = 60) { PLAY(descriptors); }

/* ---- Writers ---- */

static rowcast_writer *writer;
static char *result;
static float row[COLS];

static void open_writer(rowcast_file_format format) {
  const rowcast_write_options options = {sizeof options, .format = format, .overwrite = true};
  const rowcast_layout layout = {.dtype = ROWCAST_F32, .rank = 2, .dims = {2, COLS}};
  SCENE_EXPECT(rowcast_writer_open(&writer, result, &layout, &options, NULL) == ROWCAST_OK);
  SCENE_EXPECT(rowcast_writer_rows(writer, row, 1, COLS, NULL) == ROWCAST_OK);
}

static void expect_refusal(rowcast_status status, const rowcast_error *error) {
  SCENE_EXPECT(status == ROWCAST_ERR_ARGUMENT);
  SCENE_EXPECT(strstr(error->text, "fork") != NULL && strstr(error->text, result) == error->text);
}

static int refused_and_abandoned(void) {
  rowcast_error error = {.status = ROWCAST_OK, .text = ""};
  expect_refusal(rowcast_writer_rows(writer, row, 1, COLS, &error), &error);
  rowcast_writer_abandon(writer);
  return scene_failures;
}

static int abandoned(void) {
  rowcast_writer_abandon(writer);
  return scene_failures;
}

static int not_committed(void) {
  rowcast_error error = {.status = ROWCAST_OK, .text = ""};
  expect_refusal(rowcast_writer_commit(writer, &error), &error);
  return scene_failures;
}

static unsigned count_files(void) {
  unsigned count = 0;
  DIR *entries = opendir(folder);
  for (const struct dirent *entry; entries != NULL && (entry = readdir(entries)) != NULL;)
    count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
  if (entries != NULL) closedir(entries);
  return count;
}

SCENE(writers) {
  static const rowcast_file_format formats[] = {ROWCAST_FILE_RAW, ROWCAST_FILE_CSV};
  static int (*const plays[])(void) = {refused_and_abandoned, abandoned, not_committed};
  folder = folder_make();
  result = path_in(folder, "result");
  for (size_t f = 0; f < sizeof formats / sizeof formats[0]; f++)
    for (size_t p = 0; p < sizeof plays / sizeof plays[0]; p++) {
      open_writer(formats[f]);
      const unsigned before = count_files();
      SCENE_EXPECT(scene_child(plays[p]) == 0);
      SCENE_EXPECT(count_files() == before);
      SCENE_EXPECT(rowcast_writer_rows(writer, row, 1, COLS, NULL) == ROWCAST_OK);
      SCENE_EXPECT(rowcast_writer_commit(writer, NULL) == ROWCAST_OK);
      struct bytes bytes = bytes_read(result);
      SCENE_EXPECT(bytes.size == (f == 0 ? 2 * sizeof row : 4 * COLS));
      bytes_free(&bytes);
      SCENE_EXPECT(count_files() == 1);
      /* Given up by the parent, it is gone. */
      open_writer(formats[f]);
      SCENE_EXPECT(scene_child(plays[p]) == 0 && count_files() == 2);
      rowcast_writer_abandon(writer);
      SCENE_EXPECT(count_files() == 1);
    }
  free(result);
  folder_remove(folder);
  return scene_failures;
}
Test(fork_files, writers_are_their_parents, .timeout = 60) { PLAY(writers); }
