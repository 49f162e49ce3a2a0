/* SPDX-License-Identifier: BSD-3-Clause */
/* Rank 0 asks, so that nobody sends what cannot be written any more, and no rank has more than a piece in memory. */
#include "gathered.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "args/advice.h"
#include "data/ranks.h"
#include "parts.h"
#include "terminal/report.h"

/* Which bytes of a rank's spool are wanted; none: that was all. */
struct request {
  uint64_t at, bytes;
};

/* A piece's. */
static size_t most_rows(const struct gathered *rows) {
  return rows->row_bytes == 0 || rows->row_bytes > SPOOL_PIECE ? 1 : SPOOL_PIECE / rows->row_bytes;
}

static int read_spool(const struct gathered *rows, uint64_t at, void *piece, uint64_t bytes) {
  if (spool_read(rows->spool, at, piece, (size_t)bytes)) return EXIT_DONE;
  complain("%s: rows that were kept for it cannot be read: %s", rows->path, strerror(errno));
  return EXIT_FAILED;
}

/* Another rank: hands out what is asked for, until nothing is. */
static int serve(const struct gathered *rows, void *piece) {
  const unsigned rank = ranks_here()->rank;
  for (int status = EXIT_DONE;;) {
    struct request request;
    if (!exchange_move(0, rank, &request, sizeof request)) return EXIT_FAILED;
    if (request.bytes == 0) return status;
    status = read_spool(rows, request.at, piece, request.bytes);
    if (!exchange_move(rank, 0, &status, sizeof status)) return EXIT_FAILED;
    if (status == EXIT_DONE && !exchange_move(rank, 0, piece, (size_t)request.bytes)) return EXIT_FAILED;
  }
}

/* What rank 0 does. */
struct writing {
  const struct gathered *rows;
  rowcast_writer *writer;
  void *piece;
  bool stopped; /* another rank has failed, which says so itself */
};

/* Bytes of a rank's spool, in the piece. */
static int ask(struct writing *writing, unsigned rank, uint64_t at, uint64_t bytes) {
  struct request request = {at, bytes};
  int status;
  if (bytes == 0) return EXIT_DONE;
  if (rank == 0) return read_spool(writing->rows, at, writing->piece, bytes);
  if (!exchange_move(0, rank, &request, sizeof request) || !exchange_move(rank, 0, &status, sizeof status))
    return EXIT_FAILED;
  writing->stopped = status != EXIT_DONE;
  return writing->stopped || exchange_move(rank, 0, writing->piece, (size_t)bytes) ? EXIT_DONE : EXIT_FAILED;
}

static int complain_of_written(const struct gathered *rows, const rowcast_error *error) {
  return complain_of_output(rows->file->descriptor == STDOUT_FILENO, error);
}

/* The rows of a rank. */
static int write_rows(struct writing *writing, unsigned rank) {
  const struct gathered *rows = writing->rows;
  const size_t cols = rows->row_bytes / (rows->layout->dtype == ROWCAST_U8 ? 1 : sizeof(float));
  size_t from, to;
  rowcast_error error;
  int status = EXIT_DONE;
  exchange_share_of(rank, rows->layout->dims[0] / rows->repeat, &from, &to);
  for (size_t first = 0, all = to - from; first < all && status == EXIT_DONE;) {
    const size_t count = all - first < most_rows(rows) ? all - first : most_rows(rows);
    status = ask(writing, rank, (uint64_t)first * rows->row_bytes, (uint64_t)count * rows->row_bytes);
    if (writing->stopped || status != EXIT_DONE) break;
    if (rowcast_writer_rows(writing->writer, writing->piece, count, cols, &error) != ROWCAST_OK)
      status = complain_of_written(rows, &error);
    first += count;
  }
  return status;
}

static int to_file(void *file, const void *data, size_t bytes) {
  rowcast_error error;
  if (rc_output_write(file, data, bytes, &error) == ROWCAST_OK) return 0;
  errno = error.system_error;
  return -1;
}

static int write_all(const struct gathered *rows, void *piece) {
  const rowcast_sink sink = {sizeof sink, rows->path, rows->file, to_file};
  struct writing writing = {.rows = rows, .piece = piece};
  rowcast_error error;
  if (rowcast_writer_open_sink(&writing.writer, &sink, rows->layout, rows->options, &error) != ROWCAST_OK)
    return complain_of_written(rows, &error);
  int status = EXIT_DONE;
  for (size_t pass = 0; pass < rows->repeat && status == EXIT_DONE && !writing.stopped; pass++)
    for (unsigned rank = 0; rank < ranks_here()->size && status == EXIT_DONE && !writing.stopped; rank++)
      status = write_rows(&writing, rank);
  if (status != EXIT_DONE || writing.stopped) rowcast_writer_abandon(writing.writer);
  else if (rowcast_writer_commit(writing.writer, &error) != ROWCAST_OK) status = complain_of_written(rows, &error);
  return status;
}

static int dismiss(void) {
  struct request none = {0, 0};
  bool all = true;
  for (unsigned rank = 1; rank < ranks_here()->size && all; rank++) all = exchange_move(0, rank, &none, sizeof none);
  return all ? EXIT_DONE : EXIT_FAILED;
}

int gathered_write(int status, const struct gathered *rows) {
  unsigned char *piece = malloc(most_rows(rows) * rows->row_bytes + 1);
  if (piece == NULL) status = complain_of_memory("the output");
  status = ranks_here()->agree(status);
  if (status == EXIT_DONE && ranks_here()->rank > 0) status = serve(rows, piece);
  else if (status == EXIT_DONE) {
    status = write_all(rows, piece);
    const int dismissed = dismiss();
    if (status == EXIT_DONE) status = dismissed;
  }
  free(piece);
  return status;
}
