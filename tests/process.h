/* SPDX-License-Identifier: BSD-3-Clause */
/* Programs run as users run them: arguments and environment in; exit status and what was printed out. */
#ifndef TEST_PROCESS_H
#define TEST_PROCESS_H

#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>

/* Where the program's stdout goes. */
enum process_output { OUTPUT_CAPTURED, OUTPUT_FILE, OUTPUT_BROKEN_PIPE, OUTPUT_CLOSED };

/* What to run, besides the arguments; all zero: the program under test, in this environment. */
struct process_options {
  const char *const *environment; /* "NAME=VALUE" sets and "NAME" removes; ends with NULL; may be NULL */
  enum process_output output;
  const char *output_path; /* for OUTPUT_FILE: opened for writing */
  size_t file_size_limit;  /* RLIMIT_FSIZE; 0: none */
  size_t memory_limit;     /* RLIMIT_AS; 0: none */
  int ignored_signal;      /* one that it is started with ignored; 0: none */
  const char *input_path;  /* for stdin; NULL: it is empty */
  void (*feed)(int fd);    /* writes to stdin, a pipe, in a process of its own; may be NULL */
};

struct process {
  pid_t pid;
  FILE *out, *err;
};

struct process_result {
  int status;      /* exit status; of a program that a signal ended, minus the signal */
  char *out, *err; /* what it printed, NUL-terminated; to be freed */
};

/* Starts `rowcast` with these arguments (NULL-ended, its own name left out). Never returns in failure: the
 * test program ends. options may be NULL. */
struct process process_start(const char *const *arguments, const struct process_options *options);

/* Waits for its end. */
struct process_result process_finish(struct process *process);

/* Both. */
struct process_result process_run(const char *const *arguments, const struct process_options *options);
void process_free(struct process_result *result);

/* ROWCAST("cpu", "--json"): the tool's result for these arguments. */
#define ROWCAST_ARGUMENTS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define ROWCAST(...)           process_run(ROWCAST_ARGUMENTS(__VA_ARGS__), NULL)

/* A new empty folder, to be handed to folder_remove(), which deletes it with all below it and frees the name. */
char *folder_make(void);
void folder_remove(char *folder);

/* folder/name, to be freed. */
char *path_in(const char *folder, const char *name);

#endif
