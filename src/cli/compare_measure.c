/* SPDX-License-Identifier: BSD-3-Clause */
#include "compare_measure.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "study/document_read.h"
#include "terminal/progress.h"
#include "terminal/report.h"
#include "terminal/signals.h"

/* The command line of a run, to be freed; NULL: no memory. Its texts are the options' own. */
static char **command_line(const struct options *options, size_t side) {
  static char command[] = "bench", format[] = "--format", json[] = "json", quiet[] = "--quiet";
  const size_t given = options->file_count - 2;
  char **line = calloc(given + 6, sizeof *line);
  size_t count = 0;
  if (line == NULL) return NULL;
  line[count++] = options->files[side];
  if (given == 0 || options->files[2][0] == '-') line[count++] = command;
  for (size_t i = 0; i < given; i++) line[count++] = options->files[2 + i];
  line[count++] = format;
  line[count++] = json;
  line[count++] = quiet;
  return line;
}

/* Starts the program with its standard output at the writing end of a pipe; 0 or an errno. */
static int start(char **line, const int ends[2], pid_t *child) {
  posix_spawn_file_actions_t actions;
  int failed = posix_spawn_file_actions_init(&actions);
  if (failed != 0) return failed;
  failed = posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  if (failed == 0) failed = posix_spawnp(child, line[0], &actions, NULL, line, environ);
  posix_spawn_file_actions_destroy(&actions);
  return failed;
}

/* How the program ended, if not well. */
static int check_end(const char *program, pid_t child) {
  int ended;
  while (waitpid(child, &ended, 0) < 0)
    if (errno != EINTR) {
      complain("%s: cannot be waited for: %s", program, strerror(errno));
      return EXIT_FAILED;
    }
  if (WIFEXITED(ended) && WEXITSTATUS(ended) == 0) return EXIT_DONE;
  if (WIFEXITED(ended)) complain("%s: ended with status %d", program, WEXITSTATUS(ended));
  else complain("%s: was ended by signal %d", program, WTERMSIG(ended));
  return EXIT_FAILED;
}

static int run_once(char **line, json_t **document) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) {
    complain("%s: %s", line[0], strerror(errno));
    return EXIT_FAILED;
  }
  pid_t child;
  const int failed = start(line, ends, &child);
  if (failed == 0) signals_child(child);
  close(ends[1]);
  FILE *from = failed == 0 ? fdopen(ends[0], "r") : NULL;
  if (from == NULL) close(ends[0]);
  if (failed != 0) {
    complain("%s: cannot be started: %s", line[0], strerror(failed));
    return EXIT_FAILED;
  }
  if (from != NULL) *document = document_read_from(from, line[0]);
  const int status = check_end(line[0], child);
  signals_child(0);
  return status == EXIT_DONE && *document == NULL ? EXIT_FAILED : status;
}

int compare_measure(const struct options *options, size_t runs, json_t **documents) {
  char **lines[2] = {command_line(options, 0), command_line(options, 1)};
  int status = lines[0] != NULL && lines[1] != NULL ? EXIT_DONE : complain_of_memory("the command lines");
  progress_begin("measuring", options->quiet);
  for (size_t i = 0; i < 2 * runs && status == EXIT_DONE; i++) {
    /* A B, B A, A B, ... */
    const size_t pair = i / 2, side = (i + pair) % 2;
    status = run_once(lines[side], &documents[side * runs + pair]);
    progress_set(i + 1, 2 * runs);
  }
  progress_end();
  free(lines[0]);
  free(lines[1]);
  return status;
}
