/* SPDX-License-Identifier: BSD-3-Clause */
/* rowcast_reader: rows in order, from blocks that a thread reads ahead (ahead.c) or from all of them in memory; and
 * rows by their numbers (by_number.c). */
#include <rowcast/reader.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ahead.h"
#include "by_number.h"
#include "process.h"
#include "report.h"
#include "../lib/extent.h"
#include "../lib/uncancelled.h"

/* Of plain data three fit a third-level cache. Blocks of 256 KB, for a second-level one, are no faster: from a pipe of
 * 47 MB rowcast matmul takes as long, and rowcast convert 4 % longer (Zen 4). */
enum { LARGEST_BLOCK = 4 << 20, PLAIN_BLOCK = 1 << 20 };
static const size_t WHOLE_MAX = (size_t)1 << 30;

struct rowcast_reader {
  uint64_t process; /* that opened it */
  struct rc_source source;
  char *path, *array, *member, *raw_type; /* copies of the caller's */
  rowcast_matrix shape;
  struct rc_info info;   /* what the shape and all blocks say of the file */
  rowcast_status failed; /* ROWCAST_OK: nothing has */
  bool streamed;         /* it comes in blocks; else whole */
  bool numbered;         /* rows can be read by their numbers from where they are */
  size_t next;           /* the row that comes next in order, from the block at hand or after it */
  /* The block at hand: rows [at, rows) of it are still to come. */
  const unsigned char *block;
  size_t block_at, block_rows;
  /* Of one that reads whole: */
  rowcast_matrix whole;
  bool loaded;
  /* Of one that comes in blocks: */
  struct rc_ahead ahead;
  size_t block_bytes;
  bool finished;
};

/* Roughly what reading everything takes. */
static size_t need_of(const struct rc_source *source) {
  const struct rc_header *header = &source->header;
  const size_t file = source->stream.file_size;
  size_t need = file;
  if (source->kind == RC_CSV) {
    if (file == 0 || source->stream.gzipped) return SIZE_MAX; /* its size is unknown */
    return __builtin_mul_overflow(file, (size_t)3, &need) ? SIZE_MAX : need;
  }
  if (source->kind != RC_IDX && source->kind != RC_NPY && source->kind != RC_RAW) return need;
  if (!source->stream.gzipped) need = 0;
  if (__builtin_add_overflow(need, header->offset + header->bytes, &need)) return SIZE_MAX;
  size_t converted = 0;
  if (!rc_is_native_u8(header) && !rc_is_native_f32(header)) converted = header->bytes / header->element;
  return __builtin_mul_overflow(converted, sizeof(float), &converted) || __builtin_add_overflow(need, converted, &need)
           ? SIZE_MAX
           : need;
}

/* What is known before the elements are read. */
static void describe(struct rowcast_reader *reader) {
  static const char *const formats[] = {
    [RC_UNKNOWN] = "",      [RC_IDX] = "idx", [RC_NPY] = "npy", [RC_NPZ] = "npz",
    [RC_PICKLE] = "pickle", [RC_CSV] = "csv", [RC_RAW] = "raw", [RC_SAFETENSORS] = "safetensors"};
  const struct rc_source *source = &reader->source;
  const enum rc_kind kind = source->kind;
  struct rc_info *info = &reader->info;
  reader->shape = (rowcast_matrix){.rows = SIZE_MAX, .unit = 1.0f, .file = &info->file};
  rc_info_begin(info, formats[kind], SIZE_MAX, 2);
  info->file.gzipped = source->stream.gzipped;
  if (kind == RC_CSV) memcpy(info->element, "f4", sizeof "f4");
  if (kind == RC_IDX || kind == RC_RAW || (kind == RC_NPY && source->options.array == NULL))
    rc_source_shape(&reader->shape, info, &source->header);
}

/* In blocks or whole? */
static rowcast_status begin(struct rowcast_reader *reader, rowcast_error *err) {
  const struct rc_source *source = &reader->source;
  describe(reader);
  const rowcast_status status = rc_by_number_begin(&reader->source, &reader->numbered, err);
  if (status != ROWCAST_OK) return status;
  const size_t max_bytes = source->options.max_bytes, plain_bytes = source->options.plain_bytes;
  const bool plain = plain_bytes > 0 && !source->stream.gzipped && source->kind != RC_CSV;
  size_t limit = max_bytes < WHOLE_MAX ? max_bytes : WHOLE_MAX;
  if (plain && plain_bytes < limit) limit = plain_bytes;
  reader->streamed = rc_blocks_possible(source) && need_of(source) > limit;
  const size_t eighth = max_bytes / 8, most = plain ? PLAIN_BLOCK : LARGEST_BLOCK;
  reader->block_bytes = eighth < most ? eighth : most;
  /* Who reads by numbers needs neither blocks nor a thread. */
  if (!reader->streamed || reader->numbered) return ROWCAST_OK;
  return rc_ahead_begin(&reader->ahead, &reader->source, reader->block_bytes, 0, err);
}

/* A copy of a string that may be NULL. */
static bool copy(char **to, const char *text) {
  *to = text != NULL ? strdup(text) : NULL;
  return text == NULL || *to != NULL;
}

static void release(struct rowcast_reader *reader) {
  free(reader->path);
  free(reader->array);
  free(reader->member);
  free(reader->raw_type);
  free(reader);
}

/* A reader with copies of what it was given; NULL, and then *status says why. */
static struct rowcast_reader *make(rowcast_reader **reader, const char *call, const char *path,
                                   rowcast_read_options *own, const rowcast_read_options *given, rowcast_status *status,
                                   rowcast_error *err) {
  if (reader != NULL) *reader = NULL;
  if (path == NULL || reader == NULL) {
    *status = path == NULL ? rc_report(err, ROWCAST_ERR_ARGUMENT, call, "the path or name is NULL")
                           : rc_report(err, ROWCAST_ERR_ARGUMENT, path, "the reader is NULL");
    return NULL;
  }
  *status = rc_source_options(own, given, path, err);
  if (*status != ROWCAST_OK) return NULL;
  struct rowcast_reader *made = calloc(1, sizeof *made);
  if (made == NULL || !copy(&made->path, path) || !copy(&made->array, own->array) ||
      !copy(&made->member, own->member) || !copy(&made->raw_type, own->raw_type)) {
    if (made != NULL) release(made);
    *status = rc_report(err, ROWCAST_ERR_MEMORY, path, "out of memory");
    return NULL;
  }
  own->array = made->array;
  own->member = made->member;
  own->raw_type = made->raw_type;
  made->process = rc_process();
  made->source.stream.fd = -1;
  return made;
}

/* Goes on with a source that was opened, or not. */
static rowcast_status opened(rowcast_reader **reader, struct rowcast_reader *made, rowcast_status status,
                             rowcast_error *err) {
  if (status == ROWCAST_OK) status = begin(made, err);
  if (status != ROWCAST_OK) rowcast_reader_close(made);
  else *reader = made;
  return status;
}

rowcast_status rowcast_reader_open(rowcast_reader **reader, const char *path, const rowcast_read_options *options,
                                   rowcast_error *err) {
  RC_UNCANCELLED(before);
  rowcast_read_options own;
  rowcast_status status;
  struct rowcast_reader *made = make(reader, "rowcast_reader_open", path, &own, options, &status, err);
  if (made == NULL) return status;
  return opened(reader, made, rc_source_open(&made->source, made->path, &own, err), err);
}

rowcast_status rowcast_reader_open_fd(rowcast_reader **reader, int fd, const char *name,
                                      const rowcast_read_options *options, rowcast_error *err) {
  RC_UNCANCELLED(before);
  rowcast_read_options own;
  rowcast_status status;
  struct rowcast_reader *made = make(reader, "rowcast_reader_open_fd", name, &own, options, &status, err);
  if (made == NULL) return status;
  return opened(reader, made, rc_source_open_fd(&made->source, fd, made->path, &own, err), err);
}

rowcast_status rowcast_reader_open_stream(rowcast_reader **reader, const rowcast_stream *stream, const char *name,
                                          const rowcast_read_options *options, rowcast_error *err) {
  RC_UNCANCELLED(before);
  rowcast_read_options own;
  rowcast_stream from;
  rowcast_status status;
  struct rowcast_reader *made = make(reader, "rowcast_reader_open_stream", name, &own, options, &status, err);
  if (made == NULL) return status;
  status = rc_source_stream(&from, stream, name, err);
  if (status == ROWCAST_OK) status = rc_source_open_calls(&made->source, &from, made->path, &own, err);
  return opened(reader, made, status, err);
}

const rowcast_matrix *rowcast_reader_shape(const rowcast_reader *reader) {
  return reader == NULL ? NULL : &reader->shape;
}

static size_t element_size(const struct rowcast_reader *reader) {
  return reader->shape.dtype == ROWCAST_U8 ? sizeof(unsigned char) : sizeof(float);
}

/* All rows in memory, if they still are the reader's. */
static bool holds_all(const struct rowcast_reader *reader) { return reader->loaded && reader->whole.owner != NULL; }

static rowcast_status load(struct rowcast_reader *reader, rowcast_error *err) {
  const rowcast_status status = rc_source_read(&reader->source, &reader->whole, err);
  if (status != ROWCAST_OK) return status;
  const struct rc_owner *owner = reader->whole.owner;
  if (!rc_info_copy(&reader->info, &owner->info))
    return rc_report(err, ROWCAST_ERR_MEMORY, reader->source.stream.path, "out of memory");
  reader->loaded = true;
  reader->shape = reader->whole;
  reader->shape.data = reader->shape.owner = NULL;
  reader->shape.file = &reader->info.file; /* outlives the matrix */
  return ROWCAST_OK;
}

/* The next block of those that are read ahead. */
static rowcast_status fetch_ahead(struct rowcast_reader *reader, int cancel_state, rowcast_error *err) {
  rowcast_matrix *shape = &reader->shape;
  rowcast_file_info *file = &reader->info.file;
  rowcast_status status = ROWCAST_OK;
  if (reader->finished) return ROWCAST_OK;
  if (!reader->ahead.begun)
    status = rc_ahead_begin(&reader->ahead, &reader->source, reader->block_bytes, reader->next, err);
  if (status == ROWCAST_OK)
    status = rc_ahead_next(&reader->ahead, &reader->block, &reader->block_rows, cancel_state, err);
  if (status != ROWCAST_OK) return status;
  reader->finished = reader->block_rows == 0;
  if (reader->source.kind != RC_CSV) return ROWCAST_OK;
  const struct rc_blocks *blocks = &reader->ahead.blocks;
  shape->cols = shape->stride = file->dims[1] = blocks->csv.cols;
  file->headings = (unsigned char)blocks->csv.headings;
  if (reader->finished) shape->rows = file->dims[0] = blocks->done;
  return ROWCAST_OK;
}

/* Takes the next block in hand: at the end it has no rows. */
static rowcast_status fetch(struct rowcast_reader *reader, int cancel_state, rowcast_error *err) {
  reader->block_at = reader->block_rows = 0;
  if (reader->streamed) return fetch_ahead(reader, cancel_state, err);
  const rowcast_status status = reader->loaded ? ROWCAST_OK : load(reader, err);
  if (status != ROWCAST_OK || !holds_all(reader)) return status;
  reader->block_rows = reader->whole.rows - reader->next;
  if (reader->block_rows > 0 && reader->whole.cols > 0)
    reader->block =
      (const unsigned char *)reader->whole.data + reader->next * reader->whole.stride * element_size(reader);
  else reader->block = reader->whole.data;
  return ROWCAST_OK;
}

/* Of the block at hand: up to `most` rows, taken from it. */
static const unsigned char *take_rows(struct rowcast_reader *reader, size_t most, size_t *rows) {
  const size_t left = reader->block_rows - reader->block_at;
  *rows = most < left ? most : left;
  const unsigned char *first = reader->block;
  if (reader->shape.cols > 0 && *rows > 0) first += reader->block_at * reader->shape.cols * element_size(reader);
  reader->block_at += *rows;
  reader->next += *rows;
  return first;
}

/* May the calls that read in order go on? */
static rowcast_status check(const struct rowcast_reader *reader, const char *call, rowcast_error *err) {
  if (reader == NULL) return rc_report(err, ROWCAST_ERR_ARGUMENT, call, "the reader is NULL");
  if (reader->process != rc_process())
    return rc_report(err, ROWCAST_ERR_ARGUMENT, reader->path,
                     "only the process that opened it may read it, not a child of fork()");
  if (reader->failed != ROWCAST_OK) return rc_report(err, reader->failed, reader->path, "reading has failed before");
  return ROWCAST_OK;
}

rowcast_status rowcast_reader_next(rowcast_reader *reader, rowcast_matrix *block, rowcast_error *err) {
  RC_UNCANCELLED(before);
  if (block != NULL) memset(block, 0, sizeof *block);
  if (reader != NULL && block == NULL) return rc_report(err, ROWCAST_ERR_ARGUMENT, reader->path, "the block is NULL");
  const rowcast_status status = check(reader, "rowcast_reader_next", err);
  if (status != ROWCAST_OK) return status;
  const bool first = !reader->streamed && !reader->loaded; /* without rows too it tells what was read */
  if (reader->block_at == reader->block_rows) reader->failed = fetch(reader, before, err);
  if (reader->failed != ROWCAST_OK) return reader->failed;
  size_t rows;
  const unsigned char *data = take_rows(reader, SIZE_MAX, &rows);
  if (rows == 0 && !first) return ROWCAST_OK;
  *block = reader->shape;
  block->rows = rows;
  block->data = (void *)(uintptr_t)data;
  return ROWCAST_OK;
}

/* Is there room for that many of its rows at x? */
static rowcast_status check_room(const struct rowcast_reader *reader, const void *x, size_t rows, size_t ldx,
                                 rowcast_error *err) {
  const size_t cols = reader->shape.cols;
  if (x == NULL && rows > 0 && cols > 0) return rc_report(err, ROWCAST_ERR_ARGUMENT, reader->path, "x is NULL");
  if (rows > 1 && ldx < cols)
    return rc_report(err, ROWCAST_ERR_ARGUMENT, reader->path, "a stride of %zu element%s is too short for %zu column%s",
                     ldx, RC_S(ldx), cols, RC_S(cols));
  if (rc_extent_bytes((struct rc_extent){x, rows, cols, ldx, element_size(reader)}) == SIZE_MAX)
    return rc_report(err, ROWCAST_ERR_OVERFLOW, reader->path,
                     "%zu row%s of %zu elements, %zu apart: too long for any memory", rows, RC_S(rows), cols, ldx);
  return ROWCAST_OK;
}

static void place_rows(const struct rowcast_reader *reader, const unsigned char *from, size_t rows, unsigned char *x,
                       size_t ldx) {
  const size_t element = element_size(reader), row = reader->shape.cols * element;
  if (rows == 0 || row == 0) return; /* x may be NULL */
  if (ldx == reader->shape.cols) memcpy(x, from, rows * row);
  else
    for (size_t i = 0; i < rows; i++) memcpy(x + i * ldx * element, from + i * row, row);
}

/* Is the next row read by its number? As long as no block was asked for. */
static bool goes_by_number(const struct rowcast_reader *reader) {
  return reader->numbered && !reader->ahead.begun && !reader->loaded && !reader->finished;
}

/* Fetches until there is a row, or the end; *rows are left in the block at hand, 0 at the end. */
static rowcast_status need_rows(struct rowcast_reader *reader, int cancel_state, size_t *rows, rowcast_error *err) {
  if (reader->block_at == reader->block_rows) reader->failed = fetch(reader, cancel_state, err);
  *rows = reader->block_rows - reader->block_at;
  return reader->failed;
}

rowcast_status rowcast_reader_read(rowcast_reader *reader, size_t most, void *x, size_t ldx, size_t *rows,
                                   rowcast_error *err) {
  RC_UNCANCELLED(before);
  if (rows != NULL) *rows = 0;
  if (reader != NULL && rows == NULL) return rc_report(err, ROWCAST_ERR_ARGUMENT, reader->path, "rows is NULL");
  rowcast_status status = check(reader, "rowcast_reader_read", err);
  size_t left, got = 0;
  /* The columns may be known only now. */
  if (status == ROWCAST_OK && most > 0 && !goes_by_number(reader)) status = need_rows(reader, before, &left, err);
  if (status == ROWCAST_OK) status = check_room(reader, x, most, ldx, err);
  if (status != ROWCAST_OK) return status;
  while (got < most) {
    const size_t wanted = most - got;
    size_t part;
    unsigned char *to = x;
    if (got > 0 && reader->shape.cols > 0) to += got * ldx * element_size(reader);
    if (goes_by_number(reader)) {
      part = reader->shape.rows - reader->next < wanted ? reader->shape.rows - reader->next : wanted;
      reader->failed = rc_by_number_rows(&reader->source, reader->next, reader->next + part, to, ldx, err);
      reader->next += part;
    } else {
      reader->failed = need_rows(reader, before, &part, err);
      if (reader->failed != ROWCAST_OK) return reader->failed;
      const unsigned char *from = take_rows(reader, wanted, &part);
      place_rows(reader, from, part, to, ldx);
    }
    if (reader->failed != ROWCAST_OK) return reader->failed;
    if (part == 0) break;
    got += part;
  }
  *rows = got;
  return ROWCAST_OK;
}

/* Rows that are left out without being read. */
static size_t jump(struct rowcast_reader *reader, size_t rows) {
  const size_t left = reader->shape.rows - reader->next, part = rows < left ? rows : left;
  rc_ahead_end(&reader->ahead);
  reader->block_at = reader->block_rows = 0;
  reader->next += part;
  return part;
}

rowcast_status rowcast_reader_skip(rowcast_reader *reader, size_t rows, size_t *skipped, rowcast_error *err) {
  RC_UNCANCELLED(before);
  if (skipped != NULL) *skipped = 0;
  if (reader != NULL && skipped == NULL) return rc_report(err, ROWCAST_ERR_ARGUMENT, reader->path, "skipped is NULL");
  rowcast_status status = check(reader, "rowcast_reader_skip", err);
  size_t done = 0, part = 1;
  while (status == ROWCAST_OK && done < rows && part > 0) {
    const size_t wanted = rows - done, ring = RC_AHEAD_BLOCKS * reader->ahead.blocks.rows_per_block;
    const bool by_number = reader->numbered && !reader->loaded && !reader->finished;
    if (reader->block_at == reader->block_rows && by_number && (!reader->ahead.begun || wanted > ring)) {
      part = jump(reader, wanted);
    } else {
      status = need_rows(reader, before, &part, err);
      if (status == ROWCAST_OK) take_rows(reader, wanted, &part);
    }
    done += part;
  }
  if (status == ROWCAST_OK) *skipped = done;
  return status;
}

bool rowcast_reader_seekable(const rowcast_reader *reader) {
  return reader != NULL && (reader->numbered || holds_all(reader));
}

rowcast_status rowcast_reader_rows(const rowcast_reader *reader, size_t begin, size_t end, void *x, size_t ldx,
                                   rowcast_error *err) {
  RC_UNCANCELLED(before);
  if (reader == NULL) return rc_report(err, ROWCAST_ERR_ARGUMENT, "rowcast_reader_rows", "the reader is NULL");
  if (!rowcast_reader_seekable(reader))
    return rc_report(err, ROWCAST_ERR_UNSUPPORTED, reader->path,
                     "its rows can be read in order only, not by their numbers");
  if (begin > end || end > reader->shape.rows)
    return rc_report(err, ROWCAST_ERR_ARGUMENT, reader->path, "it has no rows %zu:%zu, only %zu", begin, end,
                     reader->shape.rows);
  const rowcast_status status = check_room(reader, x, end - begin, ldx, err);
  if (status != ROWCAST_OK) return status;
  if (!holds_all(reader)) return rc_by_number_rows(&reader->source, begin, end, x, ldx, err);
  const unsigned char *from = reader->whole.data;
  if (begin < end && reader->shape.cols > 0) from += begin * reader->shape.cols * element_size(reader);
  place_rows(reader, from, end - begin, x, ldx);
  return ROWCAST_OK;
}

bool rowcast_reader_take(rowcast_reader *reader, rowcast_matrix *matrix) {
  if (reader == NULL || matrix == NULL || !holds_all(reader)) return false;
  *matrix = reader->whole;
  reader->whole.owner = NULL;
  reader->block_at = reader->block_rows = 0;
  return true;
}

void rowcast_reader_close(rowcast_reader *reader) {
  RC_UNCANCELLED(before);
  if (reader == NULL) return;
  bool intact = true;
  if (reader->process == rc_process()) rc_ahead_end(&reader->ahead);
  else intact = rc_ahead_leave(&reader->ahead);
  if (reader->whole.owner != NULL) rowcast_matrix_free(&reader->whole);
  rc_info_free(&reader->info);
  if (intact) rc_source_close(&reader->source);
  else rc_stream_leave(&reader->source.stream);
  release(reader);
}
