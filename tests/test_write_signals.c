/* SPDX-License-Identifier: BSD-3-Clause */
/* A write that the system answers with SIGPIPE or SIGXFSZ is an error and no more: the process goes on, and its
 * handlers and pending signals stay as they were. */
#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <rowcast/writer.h>

#include "process.h"
#include "scene.h"

#define PLAY(name) cr_expect_eq(scene_play(#name, NULL), 0)

enum { COUNT = 1 << 17, LIMIT = 4096 };
static float c[COUNT];

static rowcast_write_options options_of(rowcast_file_format format) {
  rowcast_write_options options = ROWCAST_WRITE_DEFAULTS;
  options.format = format;
  return options;
}

/* What raises the signal, in every way of writing. */
struct fault {
  int number, error;
  void (*prepare)(void);
  char path[64];
};

static void close_reader(void) {
  int ends[2];
  SCENE_EXPECT(pipe(ends) == 0 && dup2(ends[1], STDOUT_FILENO) == STDOUT_FILENO);
  close(ends[0]), close(ends[1]);
}

static void limit_files(void) { SCENE_EXPECT(setrlimit(RLIMIT_FSIZE, &(struct rlimit){LIMIT, LIMIT}) == 0); }

static struct fault faults[] = {{SIGPIPE, EPIPE, close_reader, "-"}, {SIGXFSZ, EFBIG, limit_files, ""}};
enum { FAULTS = sizeof faults / sizeof faults[0] };

static char *folder;

static void prepare_faults(void) {
  folder = folder_make();
  snprintf(faults[1].path, sizeof faults[1].path, "%.50s/result", folder);
  for (size_t i = 0; i < FAULTS; i++) faults[i].prepare();
}

/* Nothing is left in the folder, which is removed. */
static void end_faults(void) {
  SCENE_EXPECT(rmdir(folder) == 0);
  free(folder);
}

static void expect_error(const struct fault *fault, rowcast_status status, const rowcast_error *error) {
  SCENE_EXPECT(status == ROWCAST_ERR_IO);
  SCENE_EXPECT(status != ROWCAST_OK && strstr(error->text, strerror(fault->error)) != NULL);
}

/* Whole, in blocks, and only at the end. */
static void write_in_every_way(const struct fault *fault) {
  static const rowcast_file_format formats[] = {ROWCAST_FILE_RAW, ROWCAST_FILE_CSV, ROWCAST_FILE_NPY, ROWCAST_FILE_NPZ};
  for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
    const rowcast_write_options options = options_of(formats[i]);
    rowcast_error error;
    const rowcast_status whole = rowcast_write_f32(fault->path, c, COUNT, 1, 1, &options, &error);
    if (whole == ROWCAST_ERR_UNSUPPORTED) continue; /* a build without libzip */
    expect_error(fault, whole, &error);
    const rowcast_layout layout = {.dtype = ROWCAST_F32, .rank = 2, .dims = {COUNT, 1}};
    rowcast_writer *writer;
    rowcast_status status = rowcast_writer_open(&writer, fault->path, &layout, &options, &error);
    for (size_t row = 0; status == ROWCAST_OK && row < COUNT; row += COUNT / 4)
      status = rowcast_writer_rows(writer, c + row, COUNT / 4, 1, &error);
    if (status == ROWCAST_OK) status = rowcast_writer_commit(writer, &error);
    else rowcast_writer_abandon(writer);
    expect_error(fault, status, &error);
  }
}

/* How often a signal is pending: for the thread, for the process, or for both. It is not after this. */
static int pending(int number) {
  static const struct timespec now = {0, 0};
  sigset_t one;
  sigemptyset(&one);
  sigaddset(&one, number);
  int count = 0;
  while (sigtimedwait(&one, NULL, &now) == number) count++;
  return count;
}

static void block(int number, int how) {
  sigset_t one;
  sigemptyset(&one);
  sigaddset(&one, number);
  pthread_sigmask(how, &one, NULL);
}

SCENE(by_default) {
  prepare_faults();
  for (size_t i = 0; i < FAULTS; i++) {
    write_in_every_way(&faults[i]);
    sigset_t mask;
    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    SCENE_EXPECT(sigismember(&mask, faults[i].number) == 0);
    block(faults[i].number, SIG_BLOCK);
    SCENE_EXPECT(pending(faults[i].number) == 0);
  }
  end_faults();
  return scene_failures;
}
Test(write_signals, end_no_process, .timeout = 60) { PLAY(by_default); }

static void *write_elsewhere(void *fault) {
  write_in_every_way(fault);
  return NULL;
}

static volatile sig_atomic_t handled;
static void count(int number) { handled += number > 0; }

SCENE(handlers) {
  prepare_faults();
  for (size_t i = 0; i < FAULTS; i++) {
    struct sigaction action = {.sa_handler = count}, after;
    SCENE_EXPECT(sigaction(faults[i].number, &action, NULL) == 0);
    write_in_every_way(&faults[i]);
    pthread_t thread;
    SCENE_EXPECT(pthread_create(&thread, NULL, write_elsewhere, &faults[i]) == 0);
    pthread_join(thread, NULL);
    SCENE_EXPECT(handled == 0);
    SCENE_EXPECT(sigaction(faults[i].number, NULL, &after) == 0 && after.sa_handler == count);
  }
  /* The program's own writes still call it. */
  SCENE_EXPECT(write(STDOUT_FILENO, "x", 1) < 0 && errno == EPIPE && handled == 1);
  end_faults();
  return scene_failures;
}
Test(write_signals, call_no_handler, .timeout = 60) { PLAY(handlers); }

/* Blocked by the caller, with and without one that waits for the thread or the process. */
SCENE(blocked) {
  prepare_faults();
  for (size_t i = 0; i < FAULTS; i++) {
    const int number = faults[i].number;
    block(number, SIG_BLOCK);
    write_in_every_way(&faults[i]);
    SCENE_EXPECT(pending(number) == 0);
    raise(number);
    write_in_every_way(&faults[i]);
    SCENE_EXPECT(pending(number) == 1);
    kill(getpid(), number);
    write_in_every_way(&faults[i]);
    SCENE_EXPECT(pending(number) == 1);
    sigset_t mask;
    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    SCENE_EXPECT(sigismember(&mask, number) == 1);
  }
  end_faults();
  return scene_failures;
}
Test(write_signals, keep_what_is_pending, .timeout = 60) { PLAY(blocked); }

SCENE(ignored) {
  prepare_faults();
  for (size_t i = 0; i < FAULTS; i++) {
    signal(faults[i].number, SIG_IGN);
    write_in_every_way(&faults[i]);
    block(faults[i].number, SIG_BLOCK);
    SCENE_EXPECT(pending(faults[i].number) == 0);
    block(faults[i].number, SIG_UNBLOCK);
    struct sigaction after;
    SCENE_EXPECT(sigaction(faults[i].number, NULL, &after) == 0 && after.sa_handler == SIG_IGN);
  }
  end_faults();
  return scene_failures;
}
Test(write_signals, stay_ignored, .timeout = 60) { PLAY(ignored); }
