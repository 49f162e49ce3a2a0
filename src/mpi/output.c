/* SPDX-License-Identifier: BSD-3-Clause */
/* One file, written by all ranks. Rank 0 makes a temporary one beside its place, with the header; each rank writes its
 * own rows and flushes them; and rank 0 gives it its name. Rows that take the same bytes each are written in place as
 * they come, and there is room for all of them before. Others, and what is compressed, are kept by each rank (spool.h)
 * until all know how long the others' are. What can only be written by one process goes to rank 0 (gathered.h).
 * Whatever ends the run before, each rank removes the temporary file, or its keeper does: rank 0 may be the one that
 * was killed. */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <zlib.h>

#include "../io/output.h"
#include "archive.h"
#include "args/advice.h"
#include "data/ranks.h"
#include "gathered.h"
#include "in_order.h"
#include "keeper.h"
#include "parts.h"
#include "spool.h"
#include "terminal/report.h"
#include "terminal/signals.h"
#include "world.h"

/* What all ranks know of the file. */
struct place {
  char name[PATH_MAX]; /* the temporary one's; empty: it is written to directly, by rank 0 */
  uint64_t header;     /* bytes */
};

static struct {
  bool open;
  const char *path;
  struct rc_output file; /* rank 0's */
  mode_t mode;           /* that it will have; the temporary one's owner may write it */
  struct place place;
  int fd;
  /* In place: this rank's next byte, and how many follow it before other ranks' rows; of a share so many, and so many
   * of others between two of them, where all rows come again. */
  uint64_t at, left, share, skip;
  /* The NPY in an archive: its bytes, and of this rank's, the header counted among rank 0's, how many and the CRC-32.
   */
  bool archive;
  uint64_t member, own;
  unsigned long crc;
  /* In order, when all are known. */
  bool in_order;
  int level;
  unsigned threads;
  struct spool spool;
  /* By rank 0. */
  bool gathered;
  char kept_for[PATH_MAX]; /* what errors of the rows that are kept begin with */
  size_t repeat;
  rowcast_layout layout;
  rowcast_write_options options;
} output = {.fd = -1, .file.fd = -1, .spool.fd = -1};

static int complain_of_errno(const char *what) {
  complain("%s: %s: %s", output.path, what, strerror(errno));
  return EXIT_FAILED;
}

static int complain_of_kept(const char *what) {
  complain("%s: %s: %s", output.kept_for, what, strerror(errno));
  return EXIT_FAILED;
}

static void count_archived(const void *data, size_t bytes) {
  enum { MOST = 1 << 30 };
  for (size_t at = 0; at < bytes; at += MOST)
    output.crc = crc32(output.crc, (const Bytef *)data + at, (uInt)(bytes - at < MOST ? bytes - at : MOST));
  output.own += bytes;
}

static int write_rows(void *unused, const void *data, size_t bytes) {
  (void)unused;
  if (output.archive) count_archived(data, bytes);
  for (const char *from = data; bytes > 0;) {
    const size_t part = bytes < output.left ? bytes : (size_t)output.left;
    if (!write_at(output.fd, output.at, from, part)) return -1;
    from += part;
    bytes -= part;
    output.at += part;
    output.left -= part;
    if (output.left > 0) continue;
    output.at += output.skip;
    output.left = output.share;
  }
  return 0;
}

/* Not what ranks can write in parts: what is written to directly, JSON, whose rows differ by where they stand, a
 * compressed archive, and rows that come again, unless each has its place. */
static bool must_be_gathered(void) {
  const bool again = output.repeat > 1 && (output.in_order || output.archive);
  return output.place.name[0] == '\0' || output.options.format == ROWCAST_FILE_JSON ||
         (output.archive && output.level > 0) || again;
}

/* Appends to the spool what is of the first copy of the rows; the others are the same. */
static int keep_first(void *unused, const void *data, size_t bytes) {
  (void)unused;
  const uint64_t room = output.share - output.spool.size;
  return spool_append(&output.spool, data, bytes < room ? bytes : (size_t)room);
}

static size_t row_bytes(const rowcast_layout *layout) {
  size_t bytes = layout->dtype == ROWCAST_U8 ? 1 : 4;
  for (size_t d = 1; d < layout->rank; d++) bytes *= layout->dims[d];
  return bytes;
}

/* What a file begins with, NPY's of dimensions at most 1 KiB, in a block of BGZF. */
struct head {
  unsigned char bytes[4096];
  size_t size;
};

static int add_to_head(void *user, const void *data, size_t bytes) {
  struct head *head = user;
  assert(bytes <= sizeof head->bytes - head->size);
  memcpy(head->bytes + head->size, data, bytes);
  head->size += bytes;
  return 0;
}

/* The header, as a writer of the whole file begins it, with an archive's before it. */
static int make_header(const rowcast_layout *layout, const rowcast_write_options *options) {
  struct head head = {.size = 0};
  const rowcast_sink sink = {sizeof sink, output.path, &head, add_to_head};
  rowcast_write_options own = *options; /* of so little, compressed by this thread */
  unsigned char before[ARCHIVE_MOST];
  size_t before_size = 0;
  uint64_t rows, all;
  rowcast_writer *writer;
  rowcast_error error;
  own.threads = 1;
  if (output.archive) own.format = ROWCAST_FILE_NPY;
  if (rowcast_writer_open_sink(&writer, &sink, layout, &own, &error) != ROWCAST_OK) return complain_of(&error);
  rowcast_writer_abandon(writer); /* what it was given stays */
  if (__builtin_mul_overflow(layout->dims[0], row_bytes(layout), &rows) ||
      __builtin_add_overflow(rows, head.size + 2 * ARCHIVE_MOST, &all) || all > INT64_MAX) {
    complain("%s: %zu rows are too many for a file", output.path, layout->dims[0]);
    return EXIT_FAILED;
  }
  output.member = head.size + rows;
  if (output.archive) before_size = archive_begin(before, output.member, 0);
  output.place.header = before_size + head.size;
  if (output.archive) count_archived(head.bytes, head.size);
  if ((before_size > 0 && rc_output_write(&output.file, before, before_size, &error) != ROWCAST_OK) ||
      (head.size > 0 && rc_output_write(&output.file, head.bytes, head.size, &error) != ROWCAST_OK))
    return complain_of(&error);
  return EXIT_DONE;
}

/* Room for the whole file, so that a full disk is found now. Where a file system cannot, as NFS before 4.2, it is found
 * when rows are written. */
static int make_room(const rowcast_layout *layout) {
  const size_t bytes = output.place.header + layout->dims[0] * row_bytes(layout);
  if (bytes == 0 || fallocate(output.file.fd, 0, 0, (off_t)bytes) == 0) return EXIT_DONE;
  const bool cannot = errno == EOPNOTSUPP || errno == ENOSYS;
  if (cannot && ftruncate(output.file.fd, (off_t)bytes) == 0) return EXIT_DONE;
  return complain_of_errno("cannot write");
}

/* Others may only open it if its owner may write it, which a file that is replaced may forbid. */
static int let_write(void) {
  struct stat info;
  if (fstat(output.file.fd, &info) != 0) return complain_of_errno("cannot create");
  output.mode = info.st_mode & 07777;
  return fchmod(output.file.fd, output.mode | S_IWUSR) == 0 ? EXIT_DONE : complain_of_errno("cannot create");
}

/* Rank 0: the temporary file. */
static int create(const char *path) {
  const struct rc_ask ask = rc_ask_of(signals_pending, NULL);
  rowcast_error error;
  if (rc_output_open(&output.file, path, output.options.overwrite, &ask, &error) != ROWCAST_OK)
    return complain_of(&error);
  if (output.file.descriptor > STDERR_FILENO) {
    complain("%s: may be a descriptor of the launcher's, which passes on only the first three: make a FIFO", path);
    return EXIT_FAILED;
  }
  strcpy(output.place.name, output.file.temporary);
  keeper_watch(output.place.name);
  if (must_be_gathered()) return EXIT_DONE;
  int status = let_write();
  if (status == EXIT_DONE) status = make_header(&output.layout, &output.options);
  return status == EXIT_DONE && !output.in_order ? make_room(&output.layout) : status;
}

/* Where this rank's rows are kept, as raw elements, until rank 0 asks for them: beside the file, if there is one. */
static int keep_rows(void) {
  const char *folder = getenv("TMPDIR");
  char beside[PATH_MAX];
  if (output.place.name[0] != '\0') strcpy(beside, output.place.name);
  else {
    if (folder == NULL || folder[0] == '\0') folder = "/tmp";
    snprintf(beside, sizeof beside, "%.3000s/rowcast", folder);
    snprintf(output.kept_for, sizeof output.kept_for, "%s: rows kept in %.3000s", output.path, folder);
  }
  return spool_open(&output.spool, beside) ? EXIT_DONE : complain_of_kept("cannot create");
}

static int open_shared(void) {
  output.fd = open(output.place.name, O_WRONLY | O_CLOEXEC);
  if (output.fd < 0)
    return complain_of_errno("cannot be written from here (do all hosts have that folder, on one file system?)");
  return !output.in_order || spool_open(&output.spool, output.place.name) ? EXIT_DONE
                                                                          : complain_of_errno("cannot write");
}

int output_open(rowcast_writer **writer, const char *path, const rowcast_layout *layout, size_t repeat,
                const rowcast_write_options *options) {
  output.path = strcmp(path, "-") == 0 ? "standard output" : path;
  snprintf(output.kept_for, sizeof output.kept_for, "%s", output.path);
  output.open = true;
  output.archive = options->format == ROWCAST_FILE_NPZ;
  output.in_order = options->format == ROWCAST_FILE_CSV || options->gzip_level > 0;
  output.level = options->gzip_level;
  output.threads = options->threads;
  output.repeat = repeat;
  output.layout = *layout;
  output.options = *options;
  int status = ranks_here()->rank == 0 ? create(path) : EXIT_DONE;
  status = exchange_broadcast(status, &output.place, sizeof output.place);
  if (status != EXIT_DONE) return status;
  keeper_watch(output.place.name);
  output.gathered = must_be_gathered();
  status = world_agree(output.gathered ? keep_rows() : open_shared()); /* before anybody multiplies in vain */
  if (status != EXIT_DONE) return status;
  const size_t rows = layout->dims[0] / repeat;
  size_t begin, end;
  exchange_share(rows, &begin, &end);
  output.at = output.place.header + begin * row_bytes(layout);
  output.left = output.share = (end - begin) * row_bytes(layout);
  output.skip = rows * row_bytes(layout) - output.share;
  const rowcast_sink in_place = {sizeof in_place, path, NULL, write_rows};
  const rowcast_sink kept = {sizeof kept, output.gathered ? output.kept_for : path, &output.spool,
                             output.gathered ? keep_first : spool_append};
  rowcast_layout own = *layout;
  rowcast_write_options raw = *options;
  rowcast_error error;
  own.dims[0] = (end - begin) * repeat;
  if (output.gathered || raw.format != ROWCAST_FILE_CSV) raw.format = ROWCAST_FILE_RAW;
  raw.gzip_level = 0;
  return rowcast_writer_open_sink(writer, output.gathered || output.in_order ? &kept : &in_place, &own, &raw, &error) ==
             ROWCAST_OK
           ? EXIT_DONE
           : complain_of(&error);
}

/* Together: the archive's checksum, and its end. */
static int finish_archive(int status) {
  unsigned char bytes[ARCHIVE_MOST];
  unsigned long crc = output.crc;
  status = exchange_crc32(status, &crc, output.own);
  if (status != EXIT_DONE || ranks_here()->rank > 0) return status;
  const size_t begin = archive_begin(bytes, output.member, crc);
  if (!write_at(output.fd, 0, bytes, begin)) return complain_of_errno("cannot write");
  const size_t end = archive_end(bytes, output.member, crc);
  return write_at(output.fd, begin + output.member, bytes, end) ? status : complain_of_errno("cannot write");
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

/* Together: what each rank has written, in the file, and flushed. */
static int finish_shared(int status) {
  const struct in_order to = {output.path,         output.place.name, output.fd,
                              output.place.header, output.level,      output.threads};
  if (output.in_order) status = in_order_write(status, &to, &output.spool);
  if (output.archive) status = finish_archive(status);
  if (status == EXIT_DONE && ranks_here()->rank == 0 && fchmod(output.fd, output.mode) != 0)
    status = complain_of_errno("cannot write");
  return status == EXIT_DONE ? flush_rows() : status;
}

int output_commit(int status) {
  rowcast_error error;
  const struct gathered rows = {output.path,   &output.file,   &output.spool, &output.layout, row_bytes(&output.layout),
                                output.repeat, &output.options};
  status = output.gathered ? gathered_write(status, &rows) : finish_shared(status);
  status = world_agree(status);
  if (status == EXIT_DONE && ranks_here()->rank == 0 && rc_output_commit(&output.file, &error) != ROWCAST_OK)
    status = complain_of(&error);
  status = world_agree(status);
  if (status != EXIT_DONE) return status;
  spool_close(&output.spool);
  output.open = false;
  keeper_watch("");
  return status;
}

void output_abandon(void) {
  if (!output.open) return;
  output.open = false;
  spool_close(&output.spool);
  if (output.fd >= 0) close(output.fd);
  output.fd = -1;
  if (ranks_here()->rank == 0) rc_output_abandon(&output.file);
  else if (output.place.name[0] != '\0') unlink(output.place.name);
  keeper_watch("");
}
