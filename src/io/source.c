/* SPDX-License-Identifier: BSD-3-Clause */
/* Reads everything a file holds into one matrix. */
#include "source.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "convert.h"
#include "csv.h"
#include "limits.h"
#include "npz.h"
#include "pickle.h"
#include "../lib/status_text.h"
#include "../lib/struct_size.h"
#include "report.h"
#include "safetensors.h"

/* Of the matrix: unsigned bytes stay such, everything else becomes float32. */
static bool is_bytes(const struct rc_header *header) { return header->kind == 'u' && header->element == 1; }

/* Looks at the beginning. If that is too short or too damaged to tell, the error is reported once all of it is read. */
static rowcast_status look(struct rc_source *source, rowcast_error *err) {
  struct rc_stream *stream = &source->stream;
  const unsigned char *data;
  size_t size;
  rowcast_status status = rc_stream_peek(stream, RC_HEADER_MAX, &data, &size, err);
  if (status != ROWCAST_OK) return stream->from_start && status == ROWCAST_ERR_FORMAT ? ROWCAST_OK : status;
  const bool whole = size == RC_HEADER_MAX;
  status = rc_source_detect(&source->kind, &source->header, data, size, &source->options, stream->path, err);
  if (status == ROWCAST_OK || whole) return status;
  source->kind = RC_UNKNOWN;
  return ROWCAST_OK;
}

static rowcast_status opened(struct rc_source *source, rowcast_status status, rowcast_error *err) {
  if (source->options.max_bytes == 0) source->options.max_bytes = rc_default_max_bytes();
  if (status != ROWCAST_OK) return status;
  status = look(source, err);
  if (status != ROWCAST_OK) rc_source_close(source);
  return status;
}

rowcast_status rc_source_options(rowcast_read_options *own, const rowcast_read_options *given, const char *path,
                                 rowcast_error *err) {
  const size_t first = offsetof(rowcast_read_options, user) + sizeof(void *); /* as of version 0.1 */
  const rowcast_read_options defaults = ROWCAST_READ_DEFAULTS;
  rowcast_status status;
  const char *wrong = rc_take_struct(own, sizeof *own, first, given != NULL ? given : &defaults, &status);
  if (wrong != NULL) return rc_report(err, status, path, "read options: %s", wrong);
  struct rc_header header;
  if (own->raw_type != NULL) wrong = rc_raw_header(&header, own);
  if (wrong != NULL) return rc_report(err, ROWCAST_ERR_ARGUMENT, path, "raw: %s", wrong);
  wrong = rc_csv_check(own);
  if (wrong != NULL)
    return rc_advise(err, rc_report(err, ROWCAST_ERR_ARGUMENT, path, "CSV: %s", wrong), "%s",
                     wrong == rc_csv_comment_separates ? "comment=-1" : "");
  const char *asked = own->raw_type != NULL ? rc_csv_asked(own) : NULL;
  return asked == NULL ? ROWCAST_OK
                       : rc_report(err, ROWCAST_ERR_ARGUMENT, path, "raw elements, but %s are for CSV only", asked);
}

rowcast_status rc_source_open(struct rc_source *source, const char *path, const rowcast_read_options *options,
                              rowcast_error *err) {
  *source = (struct rc_source){.options = *options};
  const struct rc_ask ask = rc_ask_of(options->cancelled, options->user);
  return opened(source, rc_stream_open(&source->stream, path, options->allow_trailing, &ask, err), err);
}

rowcast_status rc_source_open_fd(struct rc_source *source, int fd, const char *name,
                                 const rowcast_read_options *options, rowcast_error *err) {
  *source = (struct rc_source){.options = *options};
  const struct rc_ask ask = rc_ask_of(options->cancelled, options->user);
  return opened(source, rc_stream_open_fd(&source->stream, fd, name, options->allow_trailing, &ask, err), err);
}

rowcast_status rc_source_open_calls(struct rc_source *source, const rowcast_stream *from, const char *name,
                                    const rowcast_read_options *options, rowcast_error *err) {
  *source = (struct rc_source){.options = *options};
  const struct rc_ask ask = rc_ask_of(options->cancelled, options->user);
  return opened(source, rc_stream_open_calls(&source->stream, from, name, options->allow_trailing, &ask, err), err);
}

rowcast_status rc_source_stream(rowcast_stream *own, const rowcast_stream *given, const char *name,
                                rowcast_error *err) {
  const size_t first = offsetof(rowcast_stream, size) + sizeof given->size; /* as of version 0.1 */
  rowcast_status status;
  if (given == NULL) return rc_report(err, ROWCAST_ERR_ARGUMENT, name, "the stream is NULL");
  const char *wrong = rc_take_struct(own, sizeof *own, first, given, &status);
  if (wrong != NULL) return rc_report(err, status, name, "stream: %s", wrong);
  if (own->read == NULL && own->read_at == NULL)
    return rc_report(err, ROWCAST_ERR_ARGUMENT, name, "stream: it has neither read nor read_at");
  if (own->read_at != NULL && own->size == NULL)
    return rc_report(err, ROWCAST_ERR_ARGUMENT, name, "stream: it has read_at, but no size");
  return ROWCAST_OK;
}

rowcast_status rc_source_open_memory(struct rc_source *source, const void *data, size_t size, const char *name,
                                     const rowcast_read_options *options, rowcast_error *err) {
  *source = (struct rc_source){.options = *options};
  return opened(source, rc_stream_open_memory(&source->stream, data, size, name, source->options.allow_trailing, err),
                err);
}

void rc_source_close(struct rc_source *source) { rc_stream_close(&source->stream); }

rowcast_status rc_source_truncated(const struct rc_header *header, size_t there, const char *path, rowcast_error *err) {
  const size_t row = header->rows > 0 ? header->bytes / header->rows : 0;
  return rc_report(err, ROWCAST_ERR_FORMAT, path, "truncated: %zu of %zu byte%s of elements, %zu of %zu whole row%s",
                   there, header->bytes, RC_S(header->bytes), row > 0 && !header->fortran ? there / row : 0,
                   header->rows, RC_S(header->rows));
}

bool rc_source_goes_on(const struct rc_header *header, const unsigned char *data, size_t size) {
  return strcmp(header->format, "npy") == 0 && rc_is_npy(data, size);
}

/* Is the content as long as the header says? */
static rowcast_status check_size(const struct rc_header *header, const struct rc_buffer *content, bool allow_trailing,
                                 const char *path, rowcast_error *err) {
  const size_t size = content->size, end = header->offset + header->bytes;
  const size_t there = size > header->offset ? size - header->offset : 0;
  if (there < header->bytes || size < header->offset) return rc_source_truncated(header, there, path, err);
  if (there == header->bytes || allow_trailing) return ROWCAST_OK;
  const bool again = rc_source_goes_on(header, content->data + end, size - end);
  return rc_advise(err,
                   rc_report(err, ROWCAST_ERR_FORMAT, path, "%zu bytes after the last element, at byte %zu%s",
                             there - header->bytes, end, again ? ": another array" : ""),
                   again ? "array=1" : "allow_trailing=1");
}

void rc_source_shape(rowcast_matrix *matrix, struct rc_info *info, const struct rc_header *header) {
  matrix->dtype = is_bytes(header) ? ROWCAST_U8 : ROWCAST_F32;
  matrix->rows = header->rows;
  matrix->cols = matrix->stride = header->cols;
  matrix->unit = 1.0f;
  matrix->file = &info->file;
  rc_info_shape(info, header);
}

/* Gives the content to the owner, converted where it must be. */
static rowcast_status take_elements(struct rc_owner *owner, void **data, struct rc_buffer *content,
                                    const struct rc_header *header, size_t max_bytes, const char *path,
                                    rowcast_error *err) {
  const bool bytes = is_bytes(header);
  if (rc_is_native_u8(header) || rc_is_native_f32(header)) {
    size_t offset = header->offset;
    if (!bytes && offset % sizeof(float) != 0) {
      /* Elements of a pickle stand anywhere. */
      if (header->bytes > 0) memmove(content->data, content->data + offset, header->bytes);
      offset = 0;
    }
    *data = content->data + offset;
    owner->elements = content->data;
    *content = (struct rc_buffer){0};
    return ROWCAST_OK;
  }
  /* Converted elements stand beside the content for a while, and may be larger. */
  const size_t converted = header->bytes / header->element;
  if (!bytes && converted > max_bytes / sizeof(float))
    return rc_report(err, ROWCAST_ERR_LIMIT, path, "%zu elements as float32 exceed the limit of %zu bytes", converted,
                     max_bytes);
  struct rc_buffer made = {0};
  if (!rc_buffer_reserve(&made, converted * (bytes ? 1 : sizeof(float))))
    return rc_report(err, ROWCAST_ERR_MEMORY, path, "%zu x %zu elements: %s", header->rows, header->cols,
                     rc_status_text(ROWCAST_ERR_MEMORY));
  *data = owner->elements = made.data;
  if (bytes) rc_transpose_u8(header, content->data + header->offset, made.data);
  else rc_convert_f32(header, content->data + header->offset, (float *)(void *)made.data);
  return ROWCAST_OK;
}

/* The array with that number, of several that follow one another in an NPY (numpy.save() into one open file). */
static rowcast_status skip_arrays(struct rc_header *header, const struct rc_buffer *content, const char *array,
                                  bool *last, const char *path, rowcast_error *err) {
  char *end;
  const unsigned long number = strtoul(array, &end, 10);
  if (array[0] < '0' || array[0] > '9' || *end != '\0' || number > 1000000)
    return rc_report(err, ROWCAST_ERR_NOT_FOUND, path,
                     "NPY: arrays have numbers from 0 here, not names: '%.80s' is not a number", array);
  size_t begin = 0;
  for (unsigned long i = 0;; i++) {
    if (begin == content->size)
      return rc_report(err, ROWCAST_ERR_NOT_FOUND, path, "NPY: it has %lu arrays, but none with number %lu", i, number);
    if (!rc_is_npy(content->data + begin, content->size - begin))
      return rc_report(err, ROWCAST_ERR_FORMAT, path, "NPY: no array begins at byte %zu", begin);
    const char *wrong = rc_npy_parse(header, content->data + begin, content->size - begin);
    if (wrong != NULL)
      return rc_report(err, ROWCAST_ERR_FORMAT, path, "NPY: %s, in the array at byte %zu", wrong, begin);
    header->offset += begin;
    const rowcast_status status = check_size(header, content, true, path, err);
    if (status != ROWCAST_OK) return status;
    begin = header->offset + header->bytes;
    if (i == number) break;
  }
  *last = begin == content->size;
  return ROWCAST_OK;
}

/* The elements of the content, whatever its format. */
static rowcast_status take_content(struct rc_source *source, rowcast_matrix *matrix, struct rc_owner *owner,
                                   struct rc_buffer *content, rowcast_error *err) {
  const rowcast_read_options *options = &source->options;
  const char *path = source->stream.path;
  struct rc_header header = {0};
  enum rc_kind kind;
  char *name = NULL;
  rowcast_headings headings = ROWCAST_HEADINGS_NONE;
  bool exact = !options->allow_trailing;
  rowcast_status status = rc_source_detect(&kind, &header, content->data, content->size, options, path, err);
  if (status != ROWCAST_OK) return status;
  if (options->member != NULL && kind != RC_PICKLE)
    return rc_report(err, ROWCAST_ERR_NOT_FOUND, path, "is not a pickle and has no member '%.80s'", options->member);
  if (options->array != NULL && kind != RC_NPZ && kind != RC_NPY && kind != RC_SAFETENSORS)
    return rc_report(err, ROWCAST_ERR_NOT_FOUND, path, "is neither NPZ, safetensors nor NPY and has no array '%.80s'",
                     options->array);
  if (kind == RC_NPY && options->array != NULL) {
    bool last;
    status = skip_arrays(&header, content, options->array, &last, path, err);
    exact = false;
  } else if (kind == RC_NPZ) {
    struct rc_buffer npy = {0};
    status = rc_npz_extract(&npy, content, options->array, &name, options->max_bytes, &source->stream.ask, path, err);
    if (status != ROWCAST_OK) return status;
    rc_info_take_name(&owner->info, name);
    rc_buffer_free(content);
    *content = npy;
    const char *wrong = rc_npy_parse(&header, content->data, content->size);
    if (wrong != NULL) return rc_report(err, ROWCAST_ERR_FORMAT, path, "NPZ: array '%.100s': %s", name, wrong);
    header.format = "npz";
  } else if (kind == RC_PICKLE) {
    status = rc_pickle_find(&header, &name, content, options->member, path, err);
    if (status == ROWCAST_OK) rc_info_take_name(&owner->info, name);
    exact = false;
  } else if (kind == RC_SAFETENSORS) {
    status = rc_safetensors_find(&header, &name, content, options->array, options->allow_trailing, path, err);
    if (status == ROWCAST_OK) rc_info_take_name(&owner->info, name);
    exact = false;
  } else if (kind == RC_CSV) {
    struct rc_buffer numbers = {0};
    status = rc_csv_read(&header, &numbers, content, options, &headings, path, err);
    if (status != ROWCAST_OK) return status;
    rc_buffer_free(content);
    *content = numbers;
  }
  if (status == ROWCAST_OK) status = check_size(&header, content, !exact, path, err);
  void *data = NULL;
  if (status == ROWCAST_OK) status = take_elements(owner, &data, content, &header, options->max_bytes, path, err);
  if (status != ROWCAST_OK) return status;
  rc_source_shape(matrix, &owner->info, &header);
  matrix->data = data;
  owner->info.file.gzipped = source->stream.gzipped;
  owner->info.file.headings = (unsigned char)headings;
  return ROWCAST_OK;
}

rowcast_status rc_source_read(struct rc_source *source, rowcast_matrix *matrix, rowcast_error *err) {
  const size_t max_bytes = source->options.max_bytes;
  size_t expected = 0;
  if ((source->kind == RC_IDX || source->kind == RC_NPY || source->kind == RC_RAW) && source->options.array == NULL) {
    expected = source->header.offset + source->header.bytes;
    /* A plain file's size can be checked at once. */
    if (expected > max_bytes && (source->stream.gzipped || source->stream.file_size == 0))
      return rc_report(err, ROWCAST_ERR_LIMIT, source->stream.path, "%zu bytes exceed the limit of %zu", expected,
                       max_bytes);
  }
  struct rc_buffer content = {0};
  rowcast_status status =
    rc_stream_rest(&source->stream, &content, source->stream.gzipped ? expected : 0, max_bytes, err);
  if (status != ROWCAST_OK) return status;
  rowcast_matrix made = {.owner = calloc(1, sizeof(struct rc_owner))};
  struct rc_owner *owner = made.owner;
  if (owner != NULL) {
    rc_info_begin(&owner->info, "", 0, 0);
    status = take_content(source, &made, owner, &content, err);
  } else status = rc_report(err, ROWCAST_ERR_MEMORY, source->stream.path, "out of memory");
  rc_buffer_free(&content);
  if (status == ROWCAST_OK) *matrix = made;
  else rowcast_matrix_free(&made);
  return status;
}
