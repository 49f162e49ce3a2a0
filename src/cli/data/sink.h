/* SPDX-License-Identifier: BSD-3-Clause */
/* Where rows go: --output, --format and --force, and what must not remain after a signal. Every call that fails has
 * said why on stderr and returns the exit status. */
#ifndef ROWCAST_CLI_SINK_H
#define ROWCAST_CLI_SINK_H

#include <stdbool.h>
#include <stddef.h>

#include <rowcast/writer.h>

#include "args/options.h"

struct sink {
  const struct options *options;
  rowcast_file_format format;
  rowcast_writer *writer; /* NULL: not open */
  bool held;              /* signals are */
  double seconds;         /* spent writing */
};

/* Finds the format, and whether there is a place, before any work. Without --output there is nothing to do: later calls
 * then do nothing either. */
int sink_check(struct sink *sink, const struct options *options, const char *command);

/* Does the output go to standard output, by whatever name? Then nothing else may. */
bool sink_is_stdout(const struct options *options);

/* An input is never overwritten, --force or not. NULL paths stand for no file. */
int sink_keeps(const struct sink *sink, const char *const *inputs, size_t count);

int sink_open(struct sink *sink, const rowcast_layout *layout);
int sink_rows(struct sink *sink, const void *data, size_t rows, size_t ld);
int sink_commit(struct sink *sink);

/* Removes what was not committed. */
void sink_free(struct sink *sink);

#endif
