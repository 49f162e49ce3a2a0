/* SPDX-License-Identifier: BSD-3-Clause */
#include "terminal/standard.h"

#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What a name stands for, "-" for the descriptor; false: nothing that is there. */
static bool look(const char *name, int descriptor, struct stat *info) {
  if (name == NULL) return false;
  return (strcmp(name, "-") == 0 ? fstat(descriptor, info) : stat(name, info)) == 0;
}

/* Is it a name that a descriptor always has, whatever it is? */
static bool says(const char *name, int descriptor) {
  static const char *const names[2][4] = {{"-", "/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"},
                                          {"-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"}};
  for (size_t i = 0; i < 4; i++)
    if (strcmp(name, names[descriptor][i]) == 0) return true;
  return false;
}

static bool same(const struct stat *a, const struct stat *b) {
  return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

static bool is_null_device(const struct stat *info) {
  struct stat null_device;
  return S_ISCHR(info->st_mode) && stat("/dev/null", &null_device) == 0 && null_device.st_rdev == info->st_rdev;
}

bool standard_output_is(const char *name) {
  struct stat named, output;
  if (name == NULL || says(name, STDOUT_FILENO)) return name != NULL;
  /* One that was closed is held open the wrong way round (main.c), and is nobody's choice. */
  if ((fcntl(STDOUT_FILENO, F_GETFL) & O_ACCMODE) == O_RDONLY) return false;
  if (stat(name, &named) != 0 || fstat(STDOUT_FILENO, &output) != 0) return false;
  return same(&named, &output) && !is_null_device(&output);
}

static bool forwarded;

void standard_output_forwarded(void) { forwarded = true; }
bool standard_output_is_forwarded(void) { return forwarded; }
bool standard_output_is_terminal(void) { return !forwarded && isatty(STDOUT_FILENO); }

/* What is gone once it is read. Of devices, /dev/zero and its like give the same to everybody. */
static bool is_stream(const char *name, const struct stat *info) {
  if (S_ISFIFO(info->st_mode) || S_ISSOCK(info->st_mode)) return true;
  if (!S_ISCHR(info->st_mode)) return false;
  const bool standard = strcmp(name, "-") == 0;
  const int fd = standard ? STDIN_FILENO : open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  const bool terminal = fd >= 0 && isatty(fd);
  if (!standard && fd >= 0) close(fd);
  return terminal;
}

bool standard_input_is(const char *name) {
  struct stat named, input;
  if (name == NULL || strcmp(name, "-") == 0) return name != NULL;
  return stat(name, &named) == 0 && fstat(STDIN_FILENO, &input) == 0 && same(&named, &input) && is_stream(name, &named);
}

bool standard_reads_again(const char *name) {
  struct stat info;
  return name != NULL && strcmp(name, "-") != 0 && !(stat(name, &info) == 0 && is_stream(name, &info));
}

bool standard_is_shared(const char *a, const char *b) {
  struct stat first, second;
  if (a == NULL || b == NULL) return false;
  if (says(a, STDIN_FILENO) && says(b, STDIN_FILENO)) return true;
  if (!look(a, STDIN_FILENO, &first) || !look(b, STDIN_FILENO, &second)) return false;
  return same(&first, &second) && is_stream(a, &first);
}

bool standard_is_same_file(const char *input, const char *output) {
  struct stat first, second;
  return look(input, STDIN_FILENO, &first) && look(output, STDOUT_FILENO, &second) && same(&first, &second);
}
