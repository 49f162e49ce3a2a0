/* SPDX-License-Identifier: BSD-3-Clause */
/* Where rows and pictures go, whole or not at all: a file or standard output. A signal leaves no half of one.
 * Every call that fails has said why on stderr and returns the exit status. */
#ifndef ROWCAST_CLI_SINK_H
#define ROWCAST_CLI_SINK_H

#include <stdbool.h>
#include <stddef.h>

#include <rowcast/writer.h>

#include "args/options.h"

struct sink {
  const char *path; /* NULL: nowhere, and later calls do nothing */
  bool force;       /* a file that is there is replaced */
  rowcast_file_format format;
  bool compressed;        /* the name ends in .gz */
  unsigned threads;       /* that compress */
  size_t repeat;          /* times that all rows come, one copy after another */
  bool alone;             /* of several ranks this one writes it, and no other knows of it */
  rowcast_writer *writer; /* NULL: not open */
  bool held;              /* signals are */
  double seconds;         /* spent writing */
};

/* Makes a sink of --output, --format and --force: finds the format, and whether there is a place, before any work.
 * numbers: what the command writes, where that is never bytes; NULL: it may be. */
int sink_check(struct sink *sink, const struct options *options, const char *command, const char *numbers);

/* Does the output go to standard output, by whatever name? Then nothing else may. */
bool sink_is_stdout(const struct options *options);

/* An input is never overwritten, --force or not. NULL paths stand for no file. */
int sink_keeps(const struct sink *sink, const char *const *inputs, size_t count);

/* Signals are held from here to sink_free() where a file comes into being. */
int sink_open(struct sink *sink, const rowcast_layout *layout);
int sink_rows(struct sink *sink, const void *data, size_t rows, size_t ld);
int sink_commit(struct sink *sink);

/* Opens a file of bytes alone, as many as will come, which this process writes alone: sink_rows() takes them, with an
 * ld of 1. */
int sink_open_bytes(struct sink *sink, const char *path, bool force);

/* Removes what was not committed. */
void sink_free(struct sink *sink);

#endif
