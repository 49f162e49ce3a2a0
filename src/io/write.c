/* SPDX-License-Identifier: BSD-3-Clause */
/* rowcast_writer: rows through a format into an output; and the checksum of a result. */
#include <rowcast/writer.h>

#include <endian.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <zlib.h>

#if ROWCAST_HAVE_LIBDEFLATE
#include <libdeflate.h>
#endif

#include "buffer.h"
#include "format.h"
#include "npz.h"
#include "output.h"
#include "packed.h"
#include "../lib/extent.h"
#include "../lib/struct_size.h"
#include "../lib/uncancelled.h"
#include "report.h"

enum { BLOCK = 4 << 20 /* bytes written between two looks at cancelled() */ };

struct rowcast_writer {
  struct rc_output output;
  struct rc_packed packed; /* what is written, on its way to the output */
  char *path;
  rowcast_write_options options;
  rowcast_layout layout;
  const struct rc_format *format;
  size_t cols, row_bytes; /* elements of a row, and most bytes it takes */
  size_t written;         /* rows */
  size_t block_bytes;
  char *block;
  bool failed;  /* it can only be abandoned */
  bool archive; /* NPZ: everything goes to `npy` first */
  struct rc_buffer npy;
};

static const struct rc_format *format_of(rowcast_file_format format) {
  switch (format) {
  case ROWCAST_FILE_NPY:
  case ROWCAST_FILE_NPZ: return &rc_format_npy;
  case ROWCAST_FILE_CSV: return &rc_format_csv;
  case ROWCAST_FILE_JSON: return &rc_format_json;
  case ROWCAST_FILE_RAW: return &rc_format_raw;
  case ROWCAST_FILE_IDX: return &rc_format_idx;
  }
  return NULL;
}

static rowcast_status refuse_child(const rowcast_writer *writer, rowcast_error *err) {
  return rc_report(err, ROWCAST_ERR_ARGUMENT, writer->path,
                   "only the process that opened it may write it, not a child of fork()");
}

static rowcast_status emit(rowcast_writer *writer, const char *bytes, size_t size, rowcast_error *err) {
  if (!writer->archive) return rc_packed_write(&writer->packed, bytes, size, err);
  struct rc_buffer *npy = &writer->npy;
  if (npy->capacity - npy->size < size &&
      !rc_buffer_reserve(npy, npy->size * 2 > npy->size + size ? npy->size * 2 : npy->size + size))
    return rc_report(err, ROWCAST_ERR_MEMORY, writer->path, "out of memory writing");
  if (size > 0) memcpy(npy->data + npy->size, bytes, size);
  npy->size += size;
  return ROWCAST_OK;
}

/* What IDX has no room for. rows: as many as there are or will be. */
static rowcast_status check_idx(const rowcast_writer *writer, size_t rows, rowcast_error *err) {
  static const char *const types[] = {"float32", "bytes", "int32"};
  const rowcast_layout *layout = &writer->layout;
  if (!writer->format->bytes_only) return ROWCAST_OK;
  if (layout->dtype != ROWCAST_U8)
    return rc_advise(err,
                     rc_report(err, ROWCAST_ERR_UNSUPPORTED, writer->path,
                               "IDX is written of bytes alone, and these are %s: NPY takes them", types[layout->dtype]),
                     "format");
  size_t largest = rows;
  for (size_t d = 1; d < layout->rank; d++)
    if (layout->dims[d] > largest) largest = layout->dims[d];
  return largest <= RC_IDX_DIMENSION_MAX
           ? ROWCAST_OK
           : rc_advise(err,
                       rc_report(err, ROWCAST_ERR_UNSUPPORTED, writer->path,
                                 "IDX has 32 bits for a dimension, and %zu is more: NPY takes it", largest),
                       "format");
}

/* Sizes, checked. */
static rowcast_status measure(rowcast_writer *writer, rowcast_error *err) {
  const rowcast_layout *layout = &writer->layout;
  writer->cols = 1;
  bool fits = layout->rank > 0 && layout->rank <= ROWCAST_MAX_RANK;
  for (size_t d = 1; fits && d < layout->rank; d++)
    fits = !__builtin_mul_overflow(writer->cols, layout->dims[d], &writer->cols);
  fits = fits && !__builtin_mul_overflow(writer->cols, writer->format->number_max, &writer->row_bytes) &&
         writer->row_bytes <= PTRDIFF_MAX / 2;
  if (!fits)
    return rc_report(err, ROWCAST_ERR_OVERFLOW, writer->path, "a row of %zu numbers is too long", writer->cols);
  /* Without rows no room is needed for one, however long it would be. */
  writer->row_bytes = layout->dims[0] == 0 ? 0 : writer->row_bytes + writer->format->row_max;
  writer->block_bytes = writer->row_bytes > BLOCK ? writer->row_bytes : BLOCK;
  if (writer->block_bytes < RC_HEADER_WRITTEN_MAX) writer->block_bytes = RC_HEADER_WRITTEN_MAX;
  return ROWCAST_OK;
}

/* Has the beginning of the output the number of rows, which may be another in the end? An archive is made then. */
static bool rewrites_head(const rowcast_writer *writer) {
  return writer->format->headed != NULL && writer->options.format != ROWCAST_FILE_NPZ;
}

static rowcast_status emit_head(rowcast_writer *writer, rowcast_error *err) {
  const size_t size = writer->format->begin(writer->block, &writer->layout);
  return rewrites_head(writer) ? rc_packed_head(&writer->packed, writer->block, size, err)
                               : emit(writer, writer->block, size, err);
}

/* sink NULL: to the path. */
static rowcast_status open_writer(rowcast_writer *writer, const rowcast_sink *sink, rowcast_error *err) {
  const rowcast_write_options *options = &writer->options;
  if (writer->format == NULL)
    return rc_report(err, ROWCAST_ERR_ARGUMENT, writer->path, "unknown format %d", (int)options->format);
  if ((unsigned)writer->layout.dtype > ROWCAST_I8)
    return rc_report(err, ROWCAST_ERR_ARGUMENT, writer->path, "unknown element type %d", (int)writer->layout.dtype);
  if ((unsigned)writer->layout.dtype > ROWCAST_I32)
    return rc_report(err, ROWCAST_ERR_UNSUPPORTED, writer->path,
                     "float32, bytes and int32 are written, not element type %d", (int)writer->layout.dtype);
  if (options->gzip_level < 0 || options->gzip_level > RC_BGZF_LEVEL_MAX)
    return rc_report(err, ROWCAST_ERR_ARGUMENT, writer->path, "gzip has levels 1 to %d, not %d", (int)RC_BGZF_LEVEL_MAX,
                     options->gzip_level);
  const size_t announced = writer->layout.dims[0];
  const bool headed = announced == SIZE_MAX && rewrites_head(writer);
  if (sink != NULL && headed)
    return rc_advise(
      err,
      rc_report(err, ROWCAST_ERR_ARGUMENT, writer->path,
                "%s begins with the number of rows, which is not known yet, and a sink takes bytes in order",
                writer->format->headed),
      "format");
  rowcast_status status = measure(writer, err);
  if (status == ROWCAST_OK) status = check_idx(writer, announced == SIZE_MAX ? 0 : announced, err);
  if (status != ROWCAST_OK) return status;
  writer->archive = options->format == ROWCAST_FILE_NPZ;
  writer->block = malloc(writer->block_bytes);
  if (writer->block == NULL) return rc_report(err, ROWCAST_ERR_MEMORY, writer->path, "out of memory writing");
  const struct rc_ask ask = rc_ask_of(options->cancelled, options->user);
  if (sink != NULL) rc_output_open_calls(&writer->output, sink, writer->path);
  else status = rc_output_open(&writer->output, writer->path, options->overwrite, &ask, err);
  if (status != ROWCAST_OK) return status;
  if (sink == NULL && (writer->format->binary || options->gzip_level > 0) && isatty(writer->output.fd))
    status = rc_advise(
      err, rc_report(err, ROWCAST_ERR_ARGUMENT, writer->output.path, "is a terminal, and this format is not text"),
      "format");
  else if (headed && rc_output_is_direct(&writer->output))
    status = rc_advise(err,
                       rc_report(err, ROWCAST_ERR_ARGUMENT, writer->output.path,
                                 "%s file begins with the number of rows, which is not known yet: write to a file",
                                 writer->format->headed),
                       "format");
  if (status == ROWCAST_OK)
    status = rc_packed_begin(&writer->packed, &writer->output, options->gzip_level, options->threads, &ask, err);
  if (status == ROWCAST_OK) status = emit_head(writer, err);
  if (status != ROWCAST_OK) rc_output_abandon(&writer->output);
  return status;
}

static void release(rowcast_writer *writer) {
  rc_packed_free(&writer->packed);
  rc_buffer_free(&writer->npy);
  free(writer->block);
  free(writer->path);
  free(writer);
}

/* Opens the path, or the sink under that name. */
static rowcast_status open_either(rowcast_writer **writer, const char *path, const rowcast_sink *sink,
                                  const rowcast_layout *layout, const rowcast_write_options *options,
                                  rowcast_error *err) {
  if (writer == NULL || layout == NULL)
    return rc_report(err, ROWCAST_ERR_ARGUMENT, path, "the writer or its layout is NULL");
  const size_t first = offsetof(rowcast_write_options, user) + sizeof(void *); /* as of version 0.1 */
  const rowcast_write_options defaults = ROWCAST_WRITE_DEFAULTS;
  rowcast_write_options own;
  rowcast_status status;
  const char *wrong = rc_take_struct(&own, sizeof own, first, options != NULL ? options : &defaults, &status);
  if (wrong != NULL) return rc_report(err, status, path, "write options: %s", wrong);
  rowcast_writer *made = calloc(1, sizeof *made);
  if (made != NULL) made->path = strdup(path);
  if (made == NULL || made->path == NULL) {
    free(made);
    return rc_report(err, ROWCAST_ERR_MEMORY, path, "out of memory writing");
  }
  made->options = own;
  made->layout = *layout;
  made->format = format_of(made->options.format);
  made->output.fd = -1;
  status = open_writer(made, sink, err);
  if (status != ROWCAST_OK) release(made);
  else *writer = made;
  return status;
}

rowcast_status rowcast_writer_open(rowcast_writer **writer, const char *path, const rowcast_layout *layout,
                                   const rowcast_write_options *options, rowcast_error *err) {
  RC_UNCANCELLED(before);
  if (writer != NULL) *writer = NULL;
  if (path == NULL) return rc_report(err, ROWCAST_ERR_ARGUMENT, "rowcast_writer_open", "the path is NULL");
  return open_either(writer, path, NULL, layout, options, err);
}

rowcast_status rowcast_writer_open_sink(rowcast_writer **writer, const rowcast_sink *sink, const rowcast_layout *layout,
                                        const rowcast_write_options *options, rowcast_error *err) {
  RC_UNCANCELLED(before);
  static const char call[] = "rowcast_writer_open_sink";
  const size_t first = offsetof(rowcast_sink, write) + sizeof sink->write; /* as of version 0.1 */
  rowcast_sink own;
  rowcast_status status;
  if (writer != NULL) *writer = NULL;
  if (sink == NULL) return rc_report(err, ROWCAST_ERR_ARGUMENT, call, "the sink is NULL");
  const char *wrong = rc_take_struct(&own, sizeof own, first, sink, &status);
  if (wrong != NULL) return rc_report(err, status, call, "sink: %s", wrong);
  if (own.name == NULL) own.name = "the sink";
  if (own.write == NULL) return rc_report(err, ROWCAST_ERR_ARGUMENT, own.name, "its write is NULL");
  return open_either(writer, own.name, &own, layout, options, err);
}

void rowcast_write_options_init(rowcast_write_options *options, size_t size) { rc_init_struct(options, size); }

/* Checks what is to be written. */
static rowcast_status check_rows(struct rc_extent data, const char *path, rowcast_error *err) {
  if (data.first == NULL && data.rows > 0 && data.width > 0)
    return rc_report(err, ROWCAST_ERR_ARGUMENT, path, "no elements to write");
  if (data.rows > 1 && data.stride < data.width)
    return rc_report(err, ROWCAST_ERR_ARGUMENT, path, "a stride of %zu element%s is too short for %zu column%s",
                     data.stride, RC_S(data.stride), data.width, RC_S(data.width));
  if (rc_extent_bytes(data) == SIZE_MAX)
    return rc_report(err, ROWCAST_ERR_OVERFLOW, path, "%zu row%s of %zu elements, %zu apart: too long for any memory",
                     data.rows, RC_S(data.rows), data.width, data.stride);
  return ROWCAST_OK;
}

rowcast_status rowcast_writer_rows(rowcast_writer *writer, const void *data, size_t rows, size_t ld,
                                   rowcast_error *err) {
  RC_UNCANCELLED(before);
  if (writer == NULL) return rc_report(err, ROWCAST_ERR_ARGUMENT, "rowcast_writer_rows", "the writer is NULL");
  const size_t per_block =
    writer->row_bytes > 0 && writer->block_bytes / writer->row_bytes > 0 ? writer->block_bytes / writer->row_bytes : 1;
  const size_t stride = ld * rc_element_size(writer->layout.dtype), announced = writer->layout.dims[0];
  if (!rc_output_is_own(&writer->output)) return refuse_child(writer, err);
  if (!writer->failed && announced != SIZE_MAX && rows > announced - writer->written) {
    writer->failed = true;
    return rc_report(err, ROWCAST_ERR_ARGUMENT, writer->path, "more than the %zu row%s announced", announced,
                     announced == 1 ? " that was" : "s that were");
  }
  if (writer->failed) return rc_report(err, ROWCAST_ERR_ARGUMENT, writer->path, "writing has failed before");
  const struct rc_extent extent = {data, rows, writer->cols, ld, rc_element_size(writer->layout.dtype)};
  rowcast_status right = check_rows(extent, writer->path, err);
  if (right == ROWCAST_OK) right = check_idx(writer, writer->written + rows, err);
  writer->failed = right != ROWCAST_OK;
  if (writer->failed) return right;
  for (size_t i = 0; i < rows;) {
    const size_t end = rows - i < per_block ? rows : i + per_block;
    size_t length = 0;
    for (; i < end; i++)
      length += writer->format->row(writer->block + length, writer->cols > 0 ? (const char *)data + i * stride : NULL,
                                    writer->cols, &writer->layout, writer->written++);
    rowcast_status status = ROWCAST_OK;
    if (writer->options.cancelled != NULL && writer->options.cancelled(writer->options.user))
      status = rc_output_interrupted(&writer->output, err);
    if (status == ROWCAST_OK) status = emit(writer, writer->block, length, err);
    writer->failed = status != ROWCAST_OK;
    if (writer->failed) return status;
  }
  return ROWCAST_OK;
}

/* Writes what can only be written now: the end, the number of rows, the archive. */
static rowcast_status finish(rowcast_writer *writer, rowcast_error *err) {
  rowcast_layout *layout = &writer->layout;
  const bool counted = layout->dims[0] == SIZE_MAX;
  if (!rc_output_is_own(&writer->output)) return refuse_child(writer, err);
  if (writer->failed) return rc_report(err, ROWCAST_ERR_ARGUMENT, writer->path, "writing has failed before");
  if (!counted && layout->dims[0] != writer->written)
    return rc_report(err, ROWCAST_ERR_ARGUMENT, writer->path, "%zu row%s written, but %zu announced", writer->written,
                     writer->written == 1 ? " was" : "s were", layout->dims[0]);
  rowcast_status status = emit(writer, writer->block, writer->format->end(writer->block, layout), err);
  if (status != ROWCAST_OK) return status;
  size_t head = 0;
  if (counted) {
    layout->dims[0] = writer->written;
    head = writer->format->begin(writer->block, layout);
    if (writer->archive) memcpy(writer->npy.data, writer->block, head);
  }
  if (writer->archive) {
    struct rc_buffer archive = {0};
    status = rc_npz_make(&archive, writer->npy.data, writer->npy.size, writer->path, err);
    if (status == ROWCAST_OK) status = rc_packed_write(&writer->packed, archive.data, archive.size, err);
    rc_buffer_free(&archive);
  }
  if (status == ROWCAST_OK) status = rc_packed_end(&writer->packed, err);
  if (status == ROWCAST_OK && counted && rewrites_head(writer))
    status = rc_packed_replace_head(&writer->packed, writer->block, head, err);
  return status;
}

rowcast_status rowcast_writer_commit(rowcast_writer *writer, rowcast_error *err) {
  RC_UNCANCELLED(before);
  if (writer == NULL) return rc_report(err, ROWCAST_ERR_ARGUMENT, "rowcast_writer_commit", "the writer is NULL");
  rowcast_status status = finish(writer, err);
  if (status == ROWCAST_OK) status = rc_output_commit(&writer->output, err);
  else rc_output_abandon(&writer->output);
  release(writer);
  return status;
}

void rowcast_writer_abandon(rowcast_writer *writer) {
  RC_UNCANCELLED(before);
  if (writer == NULL) return;
  rc_output_abandon(&writer->output);
  release(writer);
}

rowcast_status rowcast_write_f32(const char *path, const float *c, size_t rows, size_t cols, size_t ldc,
                                 const rowcast_write_options *options, rowcast_error *err) {
  RC_UNCANCELLED(before);
  if (path == NULL) return rc_report(err, ROWCAST_ERR_ARGUMENT, "rowcast_write_f32", "the path is NULL");
  rowcast_status status = check_rows((struct rc_extent){c, rows, cols, ldc, sizeof *c}, path, err);
  if (status != ROWCAST_OK) return status;
  const rowcast_layout layout = {.dtype = ROWCAST_F32, .rank = 2, .dims = {rows, cols}};
  rowcast_writer *writer;
  status = rowcast_writer_open(&writer, path, &layout, options, err);
  if (status != ROWCAST_OK) return status;
  status = rowcast_writer_rows(writer, c, rows, ldc, err);
  if (status == ROWCAST_OK) return rowcast_writer_commit(writer, err);
  rowcast_writer_abandon(writer);
  return status;
}

rowcast_status rowcast_write_check(const char *path, bool overwrite, rowcast_error *err) {
  RC_UNCANCELLED(before);
  if (path == NULL) return rc_report(err, ROWCAST_ERR_ARGUMENT, "rowcast_write_check", "the path is NULL");
  return rc_output_check(path, overwrite, err);
}

/* Continues a CRC; libdeflate's is several times faster. */
static unsigned long crc_of(unsigned long crc, const void *bytes, size_t size) {
#if ROWCAST_HAVE_LIBDEFLATE
  return libdeflate_crc32((uint32_t)crc, bytes, size);
#else
  for (size_t at = 0; at < size;) {
    const uInt part = size - at > (1u << 30) ? 1u << 30 : (uInt)(size - at);
    crc = crc32(crc, (const Bytef *)bytes + at, part);
    at += part;
  }
  return crc;
#endif
}

unsigned long rowcast_crc32_f32_next(unsigned long crc, const float *c, size_t rows, size_t cols, size_t ldc) {
  if (c == NULL) return crc;
  if (__BYTE_ORDER == __LITTLE_ENDIAN && (ldc == cols || rows <= 1)) return crc_of(crc, c, rows * cols * sizeof *c);
  char bytes[4 * 256];
  const rowcast_layout layout = {.dtype = ROWCAST_F32};
  for (size_t i = 0; i < rows; i++)
    for (size_t j = 0; j < cols; j += 256) {
      const size_t part = cols - j < 256 ? cols - j : 256;
      crc = crc_of(crc, bytes, rc_format_raw.row(bytes, c + i * ldc + j, part, &layout, 0));
    }
  return crc;
}

unsigned long rowcast_crc32_f32(const float *c, size_t rows, size_t cols, size_t ldc) {
  return rowcast_crc32_f32_next(0, c, rows, cols, ldc);
}
