/* SPDX-License-Identifier: BSD-3-Clause */
/* One file, written in place by all ranks. Rank 0 makes a temporary one beside its place, with the header and room for
 * all rows; each rank writes its own rows and flushes them; and rank 0 gives it its name. Whatever ends the run before,
 * each rank removes the temporary file, or its keeper does: rank 0 may be the one that was killed. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "../io/output.h"
#include "args/advice.h"
#include "data/ranks.h"
#include "keeper.h"
#include "parts.h"
#include "terminal/report.h"
#include "terminal/signals.h"
#include "world.h"

/* What all ranks know of the file. */
struct place {
  char name[PATH_MAX]; /* the temporary one's */
  uint64_t header;     /* bytes */
};

static struct {
  bool open;
  const char *path;
  struct rc_output file; /* rank 0's */
  struct place place;
  int fd;
  off_t at; /* of this rank's next byte */
} output = {.fd = -1, .file.fd = -1};

static int complain_of_errno(const char *what) {
  complain("%s: %s: %s", output.path, what, strerror(errno));
  return EXIT_FAILED;
}

static int write_header(void *unused, const void *data, size_t bytes) {
  (void)unused;
  rowcast_error error;
  output.place.header += bytes;
  if (rc_output_write(&output.file, data, bytes, &error) == ROWCAST_OK) return 0;
  errno = error.system_error;
  return -1;
}

static int write_rows(void *unused, const void *data, size_t bytes) {
  (void)unused;
  for (const char *from = data; bytes > 0;) {
    const ssize_t written = pwrite(output.fd, from, bytes, output.at);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return -1;
    from += written;
    output.at += written;
    bytes -= (size_t)written;
  }
  return 0;
}

/* The header, as a writer of the whole file begins it. */
static int make_header(const rowcast_layout *layout, const rowcast_write_options *options) {
  const rowcast_sink sink = {sizeof sink, output.path, NULL, write_header};
  rowcast_writer *writer;
  rowcast_error error;
  if (rowcast_writer_open_sink(&writer, &sink, layout, options, &error) != ROWCAST_OK) return complain_of(&error);
  rowcast_writer_abandon(writer); /* what it was given stays */
  return EXIT_DONE;
}

static size_t row_bytes(const rowcast_layout *layout) {
  size_t bytes = layout->dtype == ROWCAST_U8 ? 1 : 4;
  for (size_t d = 1; d < layout->rank; d++) bytes *= layout->dims[d];
  return bytes;
}

/* Room for the whole file, so that a full disk is found now. Where a file system cannot, as NFS before 4.2, it is found
 * when rows are written. */
static int make_room(const rowcast_layout *layout) {
  size_t bytes;
  if (__builtin_mul_overflow(layout->dims[0], row_bytes(layout), &bytes) ||
      __builtin_add_overflow(bytes, output.place.header, &bytes) || bytes > INT64_MAX) {
    complain("%s: %zu rows are too many for a file", output.path, layout->dims[0]);
    return EXIT_FAILED;
  }
  if (bytes == 0 || fallocate(output.file.fd, 0, 0, (off_t)bytes) == 0) return EXIT_DONE;
  const bool cannot = errno == EOPNOTSUPP || errno == ENOSYS;
  if (cannot && ftruncate(output.file.fd, (off_t)bytes) == 0) return EXIT_DONE;
  return complain_of_errno("cannot write");
}

/* Rank 0: the temporary file. */
static int create(const rowcast_layout *layout, const rowcast_write_options *options) {
  const struct rc_ask ask = rc_ask_of(signals_pending, NULL);
  rowcast_error error;
  if (rc_output_open(&output.file, output.path, options->overwrite, &ask, &error) != ROWCAST_OK)
    return complain_of(&error);
  if (rc_output_is_direct(&output.file)) {
    complain("%s: is not a file that several ranks can write", output.path);
    return EXIT_FAILED;
  }
  strcpy(output.place.name, output.file.temporary);
  keeper_watch(output.place.name);
  const int status = make_header(layout, options);
  return status == EXIT_DONE ? make_room(layout) : status;
}

int output_open(rowcast_writer **writer, const char *path, const rowcast_layout *layout,
                const rowcast_write_options *options) {
  output.path = path;
  output.open = true;
  int status = ranks_here()->rank == 0 ? create(layout, options) : EXIT_DONE;
  status = exchange_broadcast(status, &output.place, sizeof output.place);
  if (status != EXIT_DONE) return status;
  keeper_watch(output.place.name);
  output.fd = open(output.place.name, O_WRONLY | O_CLOEXEC);
  if (output.fd < 0)
    status = complain_of_errno("cannot be written from here (do all hosts have that folder, on one file system?)");
  status = world_agree(status); /* before anybody multiplies in vain */
  if (status != EXIT_DONE) return status;
  size_t begin, end;
  exchange_share(layout->dims[0], &begin, &end);
  output.at = (off_t)(output.place.header + begin * row_bytes(layout));
  const rowcast_sink sink = {sizeof sink, path, NULL, write_rows};
  rowcast_layout own = *layout;
  rowcast_write_options raw = *options;
  rowcast_error error;
  own.dims[0] = end - begin;
  raw.format = ROWCAST_FILE_RAW;
  return rowcast_writer_open_sink(writer, &sink, &own, &raw, &error) == ROWCAST_OK ? EXIT_DONE : complain_of(&error);
}

static int flush_rows(void) {
  const int fd = output.fd;
  output.fd = -1;
  if (fsync(fd) == 0) return close(fd) == 0 ? EXIT_DONE : complain_of_errno("cannot write");
  const int number = errno;
  close(fd);
  errno = number;
  return complain_of_errno("cannot write");
}

int output_commit(int status) {
  rowcast_error error;
  if (status == EXIT_DONE) status = flush_rows();
  status = world_agree(status);
  if (status == EXIT_DONE && ranks_here()->rank == 0 && rc_output_commit(&output.file, &error) != ROWCAST_OK)
    status = complain_of(&error);
  status = world_agree(status);
  if (status != EXIT_DONE) return status;
  output.open = false;
  keeper_watch("");
  return status;
}

void output_abandon(void) {
  if (!output.open) return;
  output.open = false;
  if (output.fd >= 0) close(output.fd);
  output.fd = -1;
  if (ranks_here()->rank == 0) rc_output_abandon(&output.file);
  else if (output.place.name[0] != '\0') unlink(output.place.name);
  keeper_watch("");
}
