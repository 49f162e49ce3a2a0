/* SPDX-License-Identifier: BSD-3-Clause */
/* fork, exec, wait. What the program prints goes to files without a name, so that no pipe can fill up. */
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void check(int failed, const char *what) {
  if (!failed) return;
  fprintf(stderr, "process: %s: %s\n", what, strerror(errno));
  abort();
}

static void change_environment(const char *const *changes) {
  for (; changes != NULL && *changes != NULL; changes++) {
    const char *equals = strchr(*changes, '=');
    if (equals == NULL) {
      unsetenv(*changes);
      continue;
    }
    char *name = strndup(*changes, (size_t)(equals - *changes));
    check(name == NULL || setenv(name, equals + 1, 1) != 0, "setenv");
    free(name);
  }
}

/* In the child: puts `fd` in the place of a standard stream. */
static void place(int fd, int standard) { check(fd < 0 || dup2(fd, standard) < 0, "redirecting a standard stream"); }

static void place_output(const struct process *process, const struct process_options *options) {
  int ends[2];
  switch (options->output) {
  case OUTPUT_CAPTURED: place(fileno(process->out), STDOUT_FILENO); break;
  case OUTPUT_FILE: place(open(options->output_path, O_WRONLY | O_CLOEXEC), STDOUT_FILENO); break;
  case OUTPUT_BROKEN_PIPE:
    check(pipe(ends) != 0, "pipe");
    close(ends[0]);
    place(ends[1], STDOUT_FILENO);
    close(ends[1]);
    break;
  case OUTPUT_CLOSED: close(STDOUT_FILENO); break;
  }
}

/* In the child: stdin. The feeder is a child of its own, and ends when nobody reads any more. */
static void place_input(const struct process_options *options) {
  if (options->feed == NULL) {
    place(open(options->input_path != NULL ? options->input_path : "/dev/null", O_RDONLY | O_CLOEXEC), STDIN_FILENO);
    return;
  }
  int ends[2];
  check(pipe(ends) != 0, "pipe");
  const pid_t feeder = fork();
  check(feeder < 0, "fork");
  if (feeder == 0) {
    close(ends[0]);
    options->feed(ends[1]);
    _exit(0);
  }
  place(ends[0], STDIN_FILENO);
  close(ends[0]);
  close(ends[1]);
}

struct process process_start(const char *const *arguments, const struct process_options *options) {
  static const struct process_options defaults;
  if (options == NULL) options = &defaults;
  struct process process = {.out = tmpfile(), .err = tmpfile()};
  check(process.out == NULL || process.err == NULL, "tmpfile");
  size_t count = 0;
  while (arguments[count] != NULL) count++;
  const char **argv = calloc(count + 2, sizeof *argv);
  check(argv == NULL, "calloc");
  argv[0] = "rowcast";
  for (size_t i = 0; i < count; i++) argv[i + 1] = arguments[i];

  fflush(NULL);
  process.pid = fork();
  check(process.pid < 0, "fork");
  if (process.pid == 0) {
    place_input(options);
    place_output(&process, options);
    place(fileno(process.err), STDERR_FILENO);
    change_environment(options->environment);
    const struct rlimit size = {options->file_size_limit, options->file_size_limit};
    const struct rlimit memory = {options->memory_limit, options->memory_limit};
    check(size.rlim_cur > 0 && setrlimit(RLIMIT_FSIZE, &size) != 0, "setrlimit");
    check(memory.rlim_cur > 0 && setrlimit(RLIMIT_AS, &memory) != 0, "setrlimit");
    if (options->ignored_signal != 0) signal(options->ignored_signal, SIG_IGN);
    execv(ROWCAST_EXE, (char *const *)argv);
    _exit(127);
  }
  free(argv);
  return process;
}

/* All of a file, with a NUL after it; closes it. */
static char *read_all(FILE *file) {
  check(fseek(file, 0, SEEK_END) != 0, "fseek");
  const long size = ftell(file);
  check(size < 0, "ftell");
  rewind(file);
  char *text = malloc((size_t)size + 1);
  check(text == NULL || fread(text, 1, (size_t)size, file) != (size_t)size, "reading the output");
  text[size] = '\0';
  fclose(file);
  return text;
}

struct process_result process_finish(struct process *process) {
  int status;
  pid_t ended;
  do ended = waitpid(process->pid, &status, 0);
  while (ended < 0 && errno == EINTR);
  check(ended < 0, "waitpid");
  const struct process_result result = {WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status),
                                        read_all(process->out), read_all(process->err)};
  return result;
}

struct process_result process_run(const char *const *arguments, const struct process_options *options) {
  struct process process = process_start(arguments, options);
  return process_finish(&process);
}

void process_free(struct process_result *result) {
  free(result->out);
  free(result->err);
}

char *folder_make(void) {
  const char *parent = getenv("TMPDIR");
  char *folder = path_in(parent != NULL && parent[0] != '\0' ? parent : "/tmp", "rowcast-test-XXXXXX");
  check(mkdtemp(folder) == NULL, "mkdtemp");
  return folder;
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *place) {
  (void)status, (void)type, (void)place;
  check(remove(path) != 0, path);
  return 0;
}

void folder_remove(char *folder) {
  enum { OPEN_FOLDERS = 16 };
  check(nftw(folder, remove_entry, OPEN_FOLDERS, FTW_DEPTH | FTW_PHYS) != 0, folder);
  free(folder);
}

char *path_in(const char *folder, const char *name) {
  char *path;
  check(asprintf(&path, "%s/%s", folder, name) < 0, "asprintf");
  return path;
}
