/* SPDX-License-Identifier: BSD-3-Clause */
#include "blocks.h"

#include <stdint.h>
#include <string.h>

#include "convert.h"
#include "report.h"

enum { LINES = 1 << 18 /* bytes of text read at once */ };

bool rc_blocks_possible(const struct rc_source *source) {
  const rowcast_read_options *options = &source->options;
  if (options->array != NULL || options->member != NULL) return false;
  switch (source->kind) {
  case RC_IDX:
  case RC_NPY:
  case RC_RAW: return !source->header.fortran && source->header.bytes > 0;
  case RC_CSV: return true;
  default: return false;
  }
}

static rowcast_status out_of_memory(const struct rc_blocks *blocks, rowcast_error *err) {
  return rc_report(err, ROWCAST_ERR_MEMORY, blocks->source->stream.path, "out of memory for a block of rows");
}

static size_t value_size(const struct rc_header *header) { return rc_is_native_u8(header) ? 1 : sizeof(float); }

rowcast_status rc_blocks_begin(struct rc_blocks *blocks, struct rc_source *source, size_t block_bytes, size_t from,
                               rowcast_error *err) {
  *blocks = (struct rc_blocks){.source = source, .block_bytes = block_bytes};
  const struct rc_header *header = &source->header;
  if (source->kind == RC_CSV) {
    if (!rc_csv_begin(&blocks->csv, &source->options)) return out_of_memory(blocks, err);
    return rc_buffer_reserve(&blocks->scratch, LINES) ? ROWCAST_OK : out_of_memory(blocks, err);
  }
  const size_t wider = header->element > value_size(header) ? header->element : value_size(header);
  size_t row;
  if (__builtin_mul_overflow(header->cols, wider, &row)) row = SIZE_MAX;
  /* Three blocks are in use at a time, and one more for conversion: a quarter of the limit each, but at least one
   * row. */
  if (row > source->options.max_bytes / 4) {
    const struct rc_stream *stream = &source->stream;
    if (stream->regular && !stream->gzipped && stream->file_size < header->offset + header->bytes)
      return rc_source_truncated(header, stream->file_size > header->offset ? stream->file_size - header->offset : 0,
                                 stream->path, err);
    return rc_report(err, ROWCAST_ERR_LIMIT, stream->path, "rows of %zu numbers are too long for a limit of %zu bytes",
                     header->cols, source->options.max_bytes);
  }
  blocks->rows_per_block = row > 0 && block_bytes / row > 0 ? block_bytes / row : 1;
  if (!rc_is_native_u8(header) && !rc_is_native_f32(header) &&
      !rc_buffer_reserve(&blocks->scratch, blocks->rows_per_block * header->cols * header->element))
    return out_of_memory(blocks, err);
  if (from == 0) return ROWCAST_OK;
  blocks->begun = true;
  blocks->done = from;
  return rc_stream_seek(&source->stream, header->offset + (uint64_t)from * header->cols * header->element, err);
}

/* Skips what stands before the elements. */
static rowcast_status skip_header(struct rc_blocks *blocks, rowcast_error *err) {
  const struct rc_header *header = &blocks->source->header;
  unsigned char bytes[4096];
  for (size_t left = header->offset; left > 0;) {
    size_t got;
    const size_t want = left < sizeof bytes ? left : sizeof bytes;
    const rowcast_status status = rc_stream_read(&blocks->source->stream, bytes, want, &got, err);
    if (status != ROWCAST_OK) return status;
    if (got < want) return rc_source_truncated(header, 0, blocks->source->stream.path, err);
    left -= got;
  }
  return ROWCAST_OK;
}

/* Nothing may follow the last row. Also reads a gzip member's trailer. */
static rowcast_status check_end(struct rc_blocks *blocks, rowcast_error *err) {
  const struct rc_header *header = &blocks->source->header;
  unsigned char bytes[8]; /* enough to recognise an NPY */
  size_t got = 0;
  blocks->ended = true;
  if (blocks->source->options.allow_trailing && !blocks->source->stream.gzipped) return ROWCAST_OK;
  const rowcast_status status = rc_stream_read(&blocks->source->stream, bytes, sizeof bytes, &got, err);
  if (status != ROWCAST_OK || got == 0 || blocks->source->options.allow_trailing) return status;
  const bool again = rc_source_goes_on(header, bytes, got);
  return rc_advise(err,
                   rc_report(err, ROWCAST_ERR_FORMAT, blocks->source->stream.path,
                             "there are bytes after the last element, at byte %zu%s", header->offset + header->bytes,
                             again ? ": another array" : ""),
                   again ? "array=1" : "allow_trailing=1");
}

static rowcast_status next_elements(struct rc_blocks *blocks, struct rc_buffer *elements, size_t *rows,
                                    rowcast_error *err) {
  struct rc_source *source = blocks->source;
  const struct rc_header *header = &source->header;
  const bool native = rc_is_native_u8(header) || rc_is_native_f32(header);
  rowcast_status status = ROWCAST_OK;
  if (!blocks->begun) status = skip_header(blocks, err);
  if (status != ROWCAST_OK) return status;
  blocks->begun = true;
  const size_t left = header->rows - blocks->done, want = left < blocks->rows_per_block ? left : blocks->rows_per_block;
  if (want == 0) return check_end(blocks, err);
  const size_t count = want * header->cols, bytes = count * header->element;
  if (!rc_buffer_reserve(elements, count * value_size(header))) return out_of_memory(blocks, err);
  unsigned char *to = native ? elements->data : blocks->scratch.data;
  size_t got;
  status = rc_stream_read(&source->stream, to, bytes, &got, err);
  if (status != ROWCAST_OK) return status;
  if (got < bytes)
    return rc_source_truncated(header, blocks->done * header->cols * header->element + got, source->stream.path, err);
  if (!native) rc_convert_run(header, to, count, (float *)(void *)elements->data);
  elements->size = count * value_size(header);
  *rows = want;
  return ROWCAST_OK;
}

/* Appends more text to what is left of it. */
static rowcast_status more_lines(struct rc_blocks *blocks, rowcast_error *err) {
  struct rc_buffer *text = &blocks->scratch;
  memmove(text->data, text->data + blocks->scratch_at, text->size - blocks->scratch_at);
  text->size -= blocks->scratch_at;
  blocks->scratch_at = 0;
  if (text->size == text->capacity) {
    /* A line of that length is one row, and that is as long as a row may be. */
    if (text->capacity > blocks->block_bytes && text->capacity > LINES)
      return rc_report(err, ROWCAST_ERR_LIMIT, blocks->source->stream.path, "CSV: line %zu is longer than %zu bytes",
                       blocks->csv.line + 1, text->capacity);
    if (!rc_buffer_reserve(text, text->capacity * 2)) return out_of_memory(blocks, err);
  }
  size_t got;
  const size_t want = text->capacity - text->size;
  const rowcast_status status = rc_stream_read(&blocks->source->stream, text->data + text->size, want, &got, err);
  text->size += got;
  blocks->ended = got < want;
  return status;
}

static rowcast_status next_lines(struct rc_blocks *blocks, struct rc_buffer *elements, size_t *rows,
                                 rowcast_error *err) {
  struct rc_buffer *text = &blocks->scratch;
  const char *path = blocks->source->stream.path;
  while (blocks->rows_per_block == 0 || *rows < blocks->rows_per_block) {
    const char *at = (const char *)text->data + blocks->scratch_at, *end = (const char *)text->data + text->size;
    const bool whole_line = at < end && memchr(at, '\n', (size_t)(end - at)) != NULL;
    if (!whole_line && !blocks->ended) {
      const rowcast_status status = more_lines(blocks, err);
      if (status != ROWCAST_OK) return status;
      continue;
    }
    const bool more = at < end;
    const rowcast_status status = more ? rc_csv_line(&blocks->csv, &at, end, elements, rows, path, err)
                                       : rc_csv_finish(&blocks->csv, elements, rows, path, err);
    if (status != ROWCAST_OK) return status;
    if (!more) break;
    blocks->scratch_at = (size_t)(at - (const char *)text->data);
    if (blocks->rows_per_block == 0 && blocks->csv.cols > 0) {
      const size_t fit = blocks->block_bytes / (blocks->csv.cols * sizeof(float));
      blocks->rows_per_block = fit > 0 ? fit : 1;
    }
  }
  if (*rows == 0 && blocks->done == 0) return rc_report(err, ROWCAST_ERR_FORMAT, path, "CSV: no line holds a number");
  return ROWCAST_OK;
}

rowcast_status rc_blocks_next(struct rc_blocks *blocks, struct rc_buffer *elements, size_t *rows, rowcast_error *err) {
  *rows = 0;
  elements->size = 0;
  const rowcast_status status = blocks->source->kind == RC_CSV ? next_lines(blocks, elements, rows, err)
                                                               : next_elements(blocks, elements, rows, err);
  blocks->done += *rows;
  return status;
}

void rc_blocks_end(struct rc_blocks *blocks) {
  rc_csv_end(&blocks->csv);
  rc_buffer_free(&blocks->scratch);
}
