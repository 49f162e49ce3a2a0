/* SPDX-License-Identifier: BSD-3-Clause */
/* BGZF's blocks hold 65,280 bytes of content each, wherever a rank's bytes begin. So a rank makes the blocks that begin
 * with a byte of its own: what it has before the first of them goes to the rank before it, which ends its last block
 * with that. */
#include "in_order.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rowcast/writer.h>

#include "args/advice.h"
#include "data/ranks.h"
#include "parts.h"
#include "terminal/report.h"
#include "terminal/signals.h"

/* Content of a block, and the size of the empty one that ends a file. Source: bgzip; docs/formats.md. */
enum { BLOCK = 0xff00, END = 28 };

/* A rank's content: what it has written, and what it got of the next one's. */
struct content {
  const struct in_order *to;
  const struct spool *spool;
  unsigned char carry[BLOCK];
  size_t carried;
  uint64_t from, end; /* which of it are to be compressed */
};

static int complain_of_errno(const struct in_order *to) {
  complain("%s: cannot write: %s", to->path, strerror(errno));
  return EXIT_FAILED;
}

/* Up to `at`, to the next block's first byte or the end of all. */
static uint64_t next_block(uint64_t at, uint64_t all) {
  const uint64_t next = (at + BLOCK - 1) / BLOCK * BLOCK;
  return next < all ? next : all;
}

static bool read_content(const struct content *content, uint64_t at, unsigned char *data, size_t bytes) {
  const uint64_t own = content->spool->size;
  const size_t first = at >= own ? 0 : own - at < bytes ? (size_t)(own - at) : bytes;
  if (first > 0 && !spool_read(content->spool, at, data, first)) return false;
  if (bytes > first) memcpy(data + first, content->carry + (at + first - own), bytes - first);
  return true;
}

/* The content's next `bytes` bytes, in rows of `row`, as a gzipped file. ends: it is the end of all, and keeps its end.
 */
static int pack(struct content *content, uint64_t bytes, size_t row, bool ends, struct spool *packed) {
  const struct in_order *to = content->to;
  const rowcast_sink sink = {sizeof sink, to->path, packed, spool_append};
  const rowcast_layout layout = {.dtype = ROWCAST_U8, .rank = 2, .dims = {(size_t)(bytes / row), row}};
  const rowcast_write_options options = {sizeof options, .format = ROWCAST_FILE_RAW, .cancelled = signals_pending,
                                         .gzip_level = to->level, .threads = to->threads};
  const size_t most = SPOOL_PIECE / row * row;
  unsigned char *piece = malloc(most);
  rowcast_writer *writer;
  rowcast_error error;
  if (piece == NULL) return complain_of_memory("the output");
  if (rowcast_writer_open_sink(&writer, &sink, &layout, &options, &error) != ROWCAST_OK) {
    free(piece);
    return complain_of(&error);
  }
  int status = EXIT_DONE;
  for (uint64_t left = bytes; left > 0 && status == EXIT_DONE;) {
    const size_t part = left < most ? (size_t)left : most;
    if (!read_content(content, content->from, piece, part)) status = complain_of_errno(to);
    else if (rowcast_writer_rows(writer, piece, part / row, row, &error) != ROWCAST_OK) status = complain_of(&error);
    content->from += part;
    left -= part;
  }
  free(piece);
  if (status != EXIT_DONE) rowcast_writer_abandon(writer);
  else if (rowcast_writer_commit(writer, &error) != ROWCAST_OK) status = complain_of(&error);
  if (status == EXIT_DONE && !ends && !spool_shorten(packed, END)) status = complain_of_errno(to);
  return status;
}

/* The blocks that are this rank's. Only the last of all may be shorter. */
static int compress(struct content *content, struct spool *packed) {
  const uint64_t bytes = content->end - content->from, tail = bytes % BLOCK;
  const bool last = ranks_here()->rank + 1 == ranks_here()->size;
  if (!spool_open(packed, content->to->beside)) return complain_of_errno(content->to);
  int status = pack(content, bytes - tail, BLOCK, last && tail == 0, packed);
  if (status == EXIT_DONE && tail > 0) status = pack(content, tail, (size_t)tail, last, packed);
  return status;
}

/* Bytes go from each rank to the one before it, the last one's first: a short one hands on what it got. Whatever may
 * fail on one rank alone comes before they agree, for the others then wait for it. */
static int exchange_edges(int status, struct content *content, uint64_t before, uint64_t all) {
  const struct ranks *ranks = ranks_here();
  const uint64_t own = content->spool->size, end = before + own;
  const size_t lead = ranks->rank > 0 ? (size_t)(next_block(before, all) - before) : 0;
  const size_t read = lead < own ? lead : (size_t)own;
  unsigned char *edge = malloc(BLOCK);
  content->carried = ranks->rank + 1 < ranks->size ? (size_t)(next_block(end, all) - end) : 0;
  content->from = lead;
  content->end = own + content->carried;
  if (edge == NULL) status = complain_of_memory("the output");
  else if (!spool_read(content->spool, 0, edge, read)) status = complain_of_errno(content->to);
  status = ranks->agree(status);
  if (status == EXIT_DONE && !exchange_move(ranks->rank + 1, ranks->rank, content->carry, content->carried))
    status = EXIT_FAILED;
  if (status == EXIT_DONE) memcpy(edge + read, content->carry, lead - read);
  if (status == EXIT_DONE && !exchange_move(ranks->rank, ranks->rank - 1, edge, lead)) status = EXIT_FAILED;
  free(edge);
  return status;
}

static int copy(int status, const struct in_order *to, const struct spool *spool) {
  uint64_t before, all;
  status = exchange_before(status, spool->size, &before, &all);
  unsigned char *piece = malloc(SPOOL_PIECE);
  if (piece == NULL) status = complain_of_memory("the output");
  for (uint64_t at = 0; at < spool->size && status == EXIT_DONE;) {
    const size_t part = spool->size - at < SPOOL_PIECE ? (size_t)(spool->size - at) : SPOOL_PIECE;
    if (signals_pending(NULL)) status = EXIT_FAILED;
    else if (!spool_read(spool, at, piece, part) || !write_at(to->fd, to->header + before + at, piece, part))
      status = complain_of_errno(to);
    at += part;
  }
  free(piece);
  return status;
}

int in_order_write(int status, const struct in_order *to, struct spool *spool) {
  struct spool packed = {.fd = -1};
  uint64_t before, all;
  if (to->level == 0) return copy(status, to, spool);
  status = exchange_before(status, spool->size, &before, &all);
  struct content *content = calloc(1, sizeof *content);
  if (content == NULL) status = complain_of_memory("the output");
  status = ranks_here()->agree(status);
  if (status == EXIT_DONE) {
    content->to = to;
    content->spool = spool;
    status = exchange_edges(status, content, before, all);
    if (status == EXIT_DONE) status = compress(content, &packed);
  }
  free(content);
  spool_close(spool);
  status = copy(status, to, &packed);
  spool_close(&packed);
  return status;
}
