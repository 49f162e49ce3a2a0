/* SPDX-License-Identifier: BSD-3-Clause */
/* A file that appears whole or not at all: written beside its place under a temporary name, flushed to the disk, then
 * renamed. A symbolic link stays one: the file it names is written, beside that file's place. What exists and is no
 * regular file (a terminal, a FIFO, /dev/full) is written to directly, and so are standard output, "-", and what a
 * name in /proc says is open already (/dev/stdout, /dev/fd/3). */
#ifndef RC_IO_OUTPUT_H
#define RC_IO_OUTPUT_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <rowcast/status.h>
#include <rowcast/writer.h>

#include "ask.h"

struct rc_output {
  uint64_t process; /* that opened it: a child of fork() leaves the file to its parent */
  int fd;
  int descriptor;           /* the caller's, of which fd is a copy; -1: none */
  const char *path;         /* the caller's, must stay */
  char place[PATH_MAX];     /* where it leads; empty: written directly */
  char temporary[PATH_MAX]; /* empty: written directly */
  bool overwrite;
  bool called; /* there is no file: the sink takes the bytes */
  rowcast_sink sink;
  size_t given;      /* bytes that were written, or that it took */
  struct rc_ask ask; /* whether to give up while a FIFO waits for its reader */
};

/* Could rc_output_open() succeed now? Creates nothing and waits for nothing. */
rowcast_status rc_output_check(const char *path, bool overwrite, rowcast_error *err);

/* Opens an output; without overwrite an existing regular file is an error. *ask is copied. */
rowcast_status rc_output_open(struct rc_output *output, const char *path, bool overwrite, const struct rc_ask *ask,
                              rowcast_error *err);

/* An output whose bytes the sink takes, directly; *sink is copied, the name must stay. */
void rc_output_open_calls(struct rc_output *output, const rowcast_sink *sink, const char *name);

/* Did this process open it? */
bool rc_output_is_own(const struct rc_output *output);

/* Is it written to directly? Then nothing can be rewritten. */
bool rc_output_is_direct(const struct rc_output *output);

/* Writes size bytes over the first ones of a file that is not direct. After a failure only rc_output_abandon() may
 * follow. */
rowcast_status rc_output_rewrite(struct rc_output *output, const void *data, size_t size, rowcast_error *err);

/* Appends size bytes. After a failure only rc_output_abandon() may follow. */
rowcast_status rc_output_write(struct rc_output *output, const void *data, size_t size, rowcast_error *err);

/* ROWCAST_ERR_CANCELLED, which tells what stays written. */
rowcast_status rc_output_interrupted(const struct rc_output *output, rowcast_error *err);

/* Flushes, closes and puts the file in its place. On failure nothing is left behind; the output is closed either way.
 */
rowcast_status rc_output_commit(struct rc_output *output, rowcast_error *err);

/* Closes the output and removes what was written, unless it is another process's. */
void rc_output_abandon(struct rc_output *output);

#endif
