/* SPDX-License-Identifier: BSD-3-Clause */
#include "by_number.h"

#include <string.h>

#include "convert.h"
#include "report.h"

/* BUFFER: bytes of elements that are not read straight to their place: half of what stack there is. Of gzipped files a
 * limit on memory below BLOCKS_LEAST leaves none for inflaters, and the table takes one share of it at most. */
enum { BUFFER = 8 << 10, BLOCKS_LEAST = 1 << 20, TABLE_SHARE = 16 };

/* Elements alone, row after row. */
static bool suits(const struct rc_source *source) {
  const rowcast_read_options *options = &source->options;
  const bool kind = source->kind == RC_IDX || source->kind == RC_NPY || source->kind == RC_RAW;
  return kind && options->array == NULL && options->member == NULL && !source->header.fortran;
}

/* Is such content as long as its header says? */
static rowcast_status check_length(const struct rc_source *source, rowcast_error *err) {
  const struct rc_header *header = &source->header;
  const struct rc_stream *stream = &source->stream;
  const uint64_t end = header->offset + header->bytes;
  if (stream->span < end)
    return rc_source_truncated(header, stream->span > header->offset ? (size_t)(stream->span - header->offset) : 0,
                               stream->path, err);
  if (stream->span == end || source->options.allow_trailing) return ROWCAST_OK;
  unsigned char bytes[8]; /* enough to recognise an NPY */
  size_t got;
  struct rc_ask ask = stream->ask;
  const rowcast_status status = rc_stream_read_at(stream, &ask, bytes, sizeof bytes, end, &got, err);
  if (status != ROWCAST_OK) return status;
  const bool again = rc_source_goes_on(header, bytes, got);
  return rc_advise(err,
                   rc_report(err, ROWCAST_ERR_FORMAT, stream->path, "%llu bytes after the last element, at byte %llu%s",
                             (unsigned long long)(stream->span - end), (unsigned long long)end,
                             again ? ": another array" : ""),
                   again ? "array=1" : "allow_trailing=1");
}

rowcast_status rc_by_number_begin(struct rc_source *source, bool *possible, rowcast_error *err) {
  struct rc_stream *stream = &source->stream;
  *possible = false;
  if (!suits(source)) return ROWCAST_OK;
  if (!stream->gzipped) {
    *possible = rc_stream_has_places(stream);
    return *possible ? check_length(source, err) : ROWCAST_OK;
  }
  if (source->options.max_bytes < BLOCKS_LEAST) return ROWCAST_OK;
  const rowcast_status status = rc_stream_find_places(stream, source->options.max_bytes / TABLE_SHARE, err);
  if (status != ROWCAST_OK || !rc_stream_has_places(stream)) return status;
  /* Blocks that nobody reads are never inflated, and their lengths are trusted only as far as all together are what the
   * header says, even if more may follow. Else everything is read in order. */
  *possible = rc_stream_size(stream) == source->header.offset + source->header.bytes;
  if (!*possible) rc_stream_drop_places(stream);
  return ROWCAST_OK;
}

/* Bytes of the content that are there unless it has shrunk. */
static rowcast_status read_all(const struct rc_source *source, struct rc_ask *ask, void *to, size_t bytes, uint64_t at,
                               rowcast_error *err) {
  const struct rc_header *header = &source->header;
  size_t got;
  const rowcast_status status = rc_stream_read_at(&source->stream, ask, to, bytes, at, &got, err);
  if (status != ROWCAST_OK || got == bytes) return status;
  const uint64_t end = at + got;
  return rc_report(err, ROWCAST_ERR_FORMAT, source->stream.path,
                   "truncated: it ends at byte %llu now, in row %llu of %zu", (unsigned long long)end,
                   (unsigned long long)((end - header->offset) / (header->cols * header->element)), header->rows);
}

/* `count` elements that follow element `first` of rows that begin at x, converted where they must be. */
static void place(const struct rc_header *header, const unsigned char *from, size_t first, size_t count,
                  unsigned char *x, size_t ldx) {
  const bool bytes = rc_is_native_u8(header);
  const size_t size = bytes ? 1 : sizeof(float);
  while (count > 0) {
    const size_t column = first % header->cols, left = header->cols - column, part = count < left ? count : left;
    unsigned char *to = x + (first / header->cols * ldx + column) * size;
    if (bytes || rc_is_native_f32(header)) memcpy(to, from, part * size);
    else rc_convert_run(header, from, part, (float *)(void *)to);
    from += part * header->element;
    first += part;
    count -= part;
  }
}

rowcast_status rc_by_number_rows(const struct rc_source *source, size_t begin, size_t end, void *x, size_t ldx,
                                 rowcast_error *err) {
  const struct rc_header *header = &source->header;
  const size_t rows = end - begin;
  if (rows == 0 || header->cols == 0) return ROWCAST_OK;
  struct rc_ask ask = rc_ask_of(source->options.cancelled, source->options.user);
  /* No product overflows: all elements fit (rc_header_finish()). */
  const size_t count = rows * header->cols;
  const uint64_t at = header->offset + (uint64_t)begin * header->cols * header->element;
  if ((rc_is_native_u8(header) || rc_is_native_f32(header)) && (ldx == header->cols || rows == 1))
    return read_all(source, &ask, x, count * header->element, at, err);
  unsigned char buffer[BUFFER];
  const size_t most = BUFFER / header->element;
  for (size_t done = 0; done < count;) {
    const size_t part = count - done < most ? count - done : most;
    const rowcast_status status =
      read_all(source, &ask, buffer, part * header->element, at + (uint64_t)done * header->element, err);
    if (status != ROWCAST_OK) return status;
    place(header, buffer, done, part, x, ldx);
    done += part;
  }
  return ROWCAST_OK;
}
