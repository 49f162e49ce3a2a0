/* SPDX-License-Identifier: BSD-3-Clause */
/* Writing results: NPY, NPZ, CSV, JSON, IDX and raw elements, in one call or block by block. */
#ifndef ROWCAST_WRITER_H
#define ROWCAST_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <rowcast/export.h>
#include <rowcast/matrix.h>
#include <rowcast/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/* How a result is written. */
typedef enum rowcast_file_format {
  ROWCAST_FILE_NPY = 0, /* NPY 1.0, little-endian, C order; the bytes numpy.save() writes */
  ROWCAST_FILE_CSV = 1, /* one row a line, "%.9g" (reads back to the same float32), commas, "\n" */
  ROWCAST_FILE_NPZ = 2, /* a zip archive with arr_0.npy, uncompressed; made in memory; needs libzip */
  ROWCAST_FILE_JSON =
    3, /* an array of rows, each an array of "%.9g"; of rank 1: of numbers. NaN and infinities are null */
  ROWCAST_FILE_RAW = 4, /* raw elements, little-endian, C order */
  /* IDX, of ROWCAST_U8 alone, with dimensions below 2^32, as MNIST's files are (docs/formats.md); all else is
   * ROWCAST_ERR_UNSUPPORTED */
  ROWCAST_FILE_IDX = 5
} rowcast_file_format;

/* Start from ROWCAST_WRITE_DEFAULTS; every other member has a meaning when zero. Later versions may add members at the
 * end; struct_size tells the library which ones the caller knows (ROWCAST_ERR_ARGUMENT: it is not set). What cancelled
 * and user point to must stay valid as long as the writer. */
typedef struct rowcast_write_options {
  size_t struct_size; /* sizeof(rowcast_write_options) */
  rowcast_file_format format;
  bool overwrite; /* replace an existing regular file; false: ROWCAST_ERR_EXISTS */
  /* Called between blocks of a few MB, and about ten times a second while a FIFO waits for its reader; if it returns
   * true, writing stops, what was written is removed and the call returns ROWCAST_ERR_CANCELLED. NULL: never called. */
  bool (*cancelled)(void *user);
  void *user;
  /* 1 to 12: gzipped at that level, 6 being usual and 12 smallest; 0: as it is. In blocks (BGZF, docs/formats.md),
   * which `threads` threads compress, the caller's among them (0: one), and the caller alone where no others can be
   * had. The bytes do not depend on how many; they do on the library that compresses, which is libdeflate, or zlib
   * without it. */
  int gzip_level;
  unsigned threads;
} rowcast_write_options;

#define ROWCAST_WRITE_DEFAULTS                                                                                         \
  { sizeof(rowcast_write_options), ROWCAST_FILE_NPY, false, NULL, NULL, 0, 0 }

/* The same defaults for programs that cannot use the macro; as rowcast_read_options_init() (matrix.h). */
ROWCAST_API void rowcast_write_options_init(rowcast_write_options *options, size_t size);

/* Writes rows x cols float32 at c (ldc >= cols elements between rows) to path. The file appears whole or not at all:
 * it is written in the same folder under a temporary name, flushed to the disk, and renamed. A symbolic link stays one:
 * the file that it names is written, or created, that way. Written to directly are existing paths that are not regular
 * files (a terminal, /dev/full, a FIFO), "-" for standard output, and names of what this process has open already
 * (/dev/stdout, /dev/fd/3, /proc/self/fd/3): there the bytes continue at the descriptor's position, and overwrite has
 * no effect. Binary formats are not written to a terminal (ROWCAST_ERR_ARGUMENT). On any failure, that of the close
 * included, nothing is left behind: ROWCAST_ERR_NOT_FOUND: there is no such folder; _EXISTS: see overwrite; _IO: the
 * system refuses, and err->system_error says why; _CANCELLED: cancelled() returned true; _ARGUMENT, _OVERFLOW: of c and
 * the options; _MEMORY; _UNSUPPORTED: NPZ, but no libzip; IDX, which takes bytes alone; or an option of a later
 * version. */
ROWCAST_API rowcast_status rowcast_write_f32(const char *path, const float *c, size_t rows, size_t cols, size_t ldc,
                                             const rowcast_write_options *options, rowcast_error *err);

/* Could a writer open path now? For a check before long work: it writes nothing, and the answer may change until the
 * file is written. Errors as for rowcast_write_f32(). */
ROWCAST_API rowcast_status rowcast_write_check(const char *path, bool overwrite, rowcast_error *err);

/* A file that is being written, some rows at a time, in the way of rowcast_write_f32(). One thread at a time may use
 * one. */
typedef struct rowcast_writer rowcast_writer;

/* What is written. */
typedef struct rowcast_layout {
  rowcast_dtype dtype;           /* ROWCAST_F32, _U8 or _I32; others are ROWCAST_ERR_UNSUPPORTED */
  size_t rank;                   /* 1 or more */
  size_t dims[ROWCAST_MAX_RANK]; /* dims[0] is the number of rows; SIZE_MAX: not known yet, allowed for text, and for
                                    NPY, NPZ and IDX in files */
} rowcast_layout;

/* Opens path. On success exactly one of rowcast_writer_commit() and rowcast_writer_abandon() must follow.
 *
 * A child of fork() that inherits a writer can only abandon it, which leaves the parent's file alone: all else fails
 * (ROWCAST_ERR_ARGUMENT). If another thread was in a call with the writer at the fork, not even that. */
ROWCAST_API rowcast_status rowcast_writer_open(rowcast_writer **writer, const char *path, const rowcast_layout *layout,
                                               const rowcast_write_options *options, rowcast_error *err);

/* Where a program's own function takes the bytes. */
typedef struct rowcast_sink {
  size_t struct_size; /* sizeof(rowcast_sink) */
  const char *name;   /* for messages, copied; NULL: "the sink" */
  void *user;
  /* Takes all of the bytes, which follow those before, and returns 0; or returns -1 and sets errno, or leaves it 0 if
   * it knows no reason. Called with `user` on the thread that is in a call with the writer. */
  int (*write)(void *user, const void *data, size_t bytes);
} rowcast_sink;

#define ROWCAST_SINK_DEFAULTS                                                                                          \
  { sizeof(rowcast_sink), NULL, NULL, NULL }

/* The same for a sink; *sink is copied, and what user points to must stay valid as long as the writer. What the sink
 * was given stays there, whatever becomes of the writer: rowcast_writer_commit() gives it the rest, and
 * rowcast_writer_abandon() nothing more. NPZ is made in memory, and given to it by the commit. ROWCAST_ERR_ARGUMENT: an
 * NPY or IDX of an unknown number of rows, which stands at its beginning. options->overwrite has no effect. */
ROWCAST_API rowcast_status rowcast_writer_open_sink(rowcast_writer **writer, const rowcast_sink *sink,
                                                    const rowcast_layout *layout, const rowcast_write_options *options,
                                                    rowcast_error *err);

/* Appends rows, each the product of dims[1..] elements, ld elements apart. ROWCAST_ERR_ARGUMENT: more rows than were
 * announced, ld is less than a row has elements, or data is NULL although there are some; ROWCAST_ERR_OVERFLOW: their
 * extent in bytes does not fit. After a failure every further call except rowcast_writer_abandon() fails, the commit
 * too. */
ROWCAST_API rowcast_status rowcast_writer_rows(rowcast_writer *writer, const void *data, size_t rows, size_t ld,
                                               rowcast_error *err);

/* Flushes the file to the disk, which may take long, and puts it in its place. ROWCAST_ERR_ARGUMENT when fewer rows
 * were written than announced. Releases the writer in any case; on failure nothing is left behind. */
ROWCAST_API rowcast_status rowcast_writer_commit(rowcast_writer *writer, rowcast_error *err);

/* Removes what was written and releases the writer. NULL is allowed. */
ROWCAST_API void rowcast_writer_abandon(rowcast_writer *writer);

/* CRC-32 (ISO-HDLC, like zlib's crc32) of the rows x cols floats at c, ldc elements from row to row, as little-endian
 * bytes, row-major; of none if c is NULL. Cannot fail. Cost: one pass over them, at some GB/s. Thread-safe. */
ROWCAST_API unsigned long rowcast_crc32_f32(const float *c, size_t rows, size_t cols, size_t ldc);

/* The same, continued from the CRC of the rows before (0: there are none). */
ROWCAST_API unsigned long rowcast_crc32_f32_next(unsigned long crc, const float *c, size_t rows, size_t cols,
                                                 size_t ldc);

#ifdef __cplusplus
}
#endif
#endif
