/* SPDX-License-Identifier: BSD-3-Clause */
/* Matrices in files: IDX, NPY, NPZ, safetensors, Python pickles of NumPy arrays, CSV and raw elements, plain, gzipped
 * or compressed by zstd. Rows block by block: reader.h; writing: writer.h.
 *
 * A file's format is told from its bytes, never from its name. Errors name the file, what is wrong and
 * where: "train.idx.gz: gzip: wrong CRC at byte 1234". The formats: docs/formats.md. */
#ifndef ROWCAST_MATRIX_H
#define ROWCAST_MATRIX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <rowcast/export.h>
#include <rowcast/status.h>
#include <rowcast/types.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { ROWCAST_MAX_RANK = 32 };
enum { ROWCAST_NO_COMMENTS = -1 };

/* What was done with a CSV's first line if it is 0,1,...,K-1 (K >= 2), which pandas writes above unnamed columns,
 * perhaps with fields before or after the numbers that are not numbers. The line is left out if K is 3 or more, no
 * lines were skipped and the next line does not continue with K; otherwise it is kept as a row. */
typedef enum rowcast_headings {
  ROWCAST_HEADINGS_NONE,     /* the first line is not such a line */
  ROWCAST_HEADINGS_LEFT_OUT, /* it was taken for headings, and left out */
  ROWCAST_HEADINGS_KEPT      /* it was taken for a row, but could be headings */
} rowcast_headings;

/* What a file says of its matrix. The library makes it and releases it with the matrix; later versions may add members
 * at the end, and struct_size tells how much of it this library fills. */
typedef struct rowcast_file_info {
  size_t struct_size;
  size_t rank;                   /* as the file states it, 1..ROWCAST_MAX_RANK (0: an NPY scalar, 1 x 1) */
  size_t dims[ROWCAST_MAX_RANK]; /* dims[0] is the number of rows in the file; SIZE_MAX: not known yet (reader.h) */
  const char *element; /* element type in the file, NumPy's letters: "b1", "u1", ... "f8", "bf16"; "f4" for CSV */
  const char *format;  /* "idx", "npy", "npz", "safetensors", "pickle", "csv" or "raw" */
  const char *name; /* of an .npz's array, a tensor or a pickle's member, such as "x_train" or "train.x", whole, in the
                     * file's bytes; else "" */
  bool gzipped;     /* the file was compressed, by gzip or zstd */
  unsigned char headings; /* a rowcast_headings, for CSV */
} rowcast_file_info;

/* A matrix in memory. Rank-1 data has cols == 1; ranks above 2 are flattened to (dims[0], the rest). This struct will
 * not change: what later versions have to say of a file stands in rowcast_file_info. */
typedef struct rowcast_matrix {
  rowcast_dtype dtype;
  size_t rows, cols;
  size_t stride;                 /* elements from one row to the next, >= cols */
  void *data;                    /* first element; owned by the matrix; a multiple of the element size */
  float unit;                    /* the file's value of a 1 stored here: 1; 1/256 after rowcast_matrix_to_bytes() */
  const rowcast_file_info *file; /* NULL: it was made in memory. Valid until rowcast_matrix_free(); of a reader's block
                                  * or shape: until the reader is closed */
  void *owner;                   /* private: what rowcast_matrix_free() releases; NULL: nothing */
} rowcast_matrix;

/* Start from ROWCAST_READ_DEFAULTS; every other member has a meaning when zero. Later versions may add members at the
 * end; struct_size tells the library which ones the caller knows (ROWCAST_ERR_ARGUMENT: it is not set). The strings are
 * needed during the call only; what cancelled and user point to must stay valid until the call returns, of a reader
 * (reader.h) until it is closed. */
typedef struct rowcast_read_options {
  size_t struct_size;  /* sizeof(rowcast_read_options) */
  size_t max_bytes;    /* most bytes a file may take when read or inflated (more: ROWCAST_ERR_LIMIT); 0: half the free
                        * memory */
  size_t plain_bytes;  /* for a reader (reader.h): what is not gzipped, nor CSV, and has more bytes than this comes in
                        * blocks that fit a CPU's cache; 0: it is held whole like any other. rowcast_matrix_read()
                        * ignores it */
  bool allow_trailing; /* ignore bytes after the data; false: they are an error */
  const char *array;   /* which array: of an .npz by its name, with or without ".npy", of safetensors by its name; of
                        * several arrays one after another in an .npy by its number from 0. NULL: the .npz's or
                        * safetensors' only one of 2 or 3 dimensions, the .npy's first */
  const char *member; /* which array of a pickle: keys or numbers with dots between them, such as "0.1" or "weights.w0";
                       * in tuples, train, valid, test stand for 0, 1, 2 and x, y for 0, 1. NULL: the first array */
  size_t skip_lines; /* CSV: lines before the numbers. CSV has more options below; each of them except the columns means
                      * that the file is CSV, whatever its first bytes look like */
  /* Raw elements, without a header. raw_type is NumPy's name of their type, such as "|u1", "<f4", ">i2"; NULL: the file
   * is not raw. The file must hold exactly raw_offset bytes and the elements. */
  const char *raw_type;
  size_t raw_rank, raw_dims[ROWCAST_MAX_RANK];
  size_t raw_offset; /* bytes before the first element */
  bool raw_fortran;  /* column-major */
  /* Called about ten times a second, on the calling thread, while a call opens, reads, inflates or parses the file or
   * waits for a reader's thread (reader.h); but not within one member of a gzip file that is read whole. If it returns
   * true, the call returns ROWCAST_ERR_CANCELLED. NULL: never called. */
  bool (*cancelled)(void *user);
  void *user;
  /* CSV only, like skip_lines; other formats are read with all their columns. */
  size_t columns_from, columns_to; /* take only columns [from, to) of each line; the others are not parsed, and may be
                                    * text. columns_to 0: up to the last */
  int delimiter; /* what separates numbers: an ASCII punctuation mark or a tab, or ' ' for runs of spaces and tabs; 0:
                  * the first of comma, semicolon, tab and spaces that the first line contains */
  int decimal;   /* ',': decimal commas; '.' or 0: points */
  int comment;   /* what begins a comment, which runs to the end of the line; 0: '#'; ROWCAST_NO_COMMENTS: nothing */
  rowcast_headings headings; /* ROWCAST_HEADINGS_KEPT: a first line of 0,1,...,K-1 is a row; _NONE: decided as above */
} rowcast_read_options;

#define ROWCAST_READ_DEFAULTS                                                                                          \
  {                                                                                                                    \
    sizeof(rowcast_read_options), 0, 0, false, NULL, NULL, 0, NULL, 0, {0}, 0, false, NULL, NULL, 0, 0, 0, 0, 0,       \
      ROWCAST_HEADINGS_NONE                                                                                            \
  }

/* The same defaults for programs that cannot use the macro: fills the `size` bytes at options, sizeof of the struct as
 * the caller knows it, with zeros, and struct_size with size. Does nothing if options is NULL or size is less than
 * sizeof(size_t); what is too small for options to be is refused by the calls that take it. */
ROWCAST_API void rowcast_read_options_init(rowcast_read_options *options, size_t size);

/* Reads the matrix in the file at path; "-" is standard input. Unsigned bytes stay bytes; every other
 * element type becomes float32 (round to nearest). options may be NULL. On success, release *matrix with
 * rowcast_matrix_free(); on failure, it is zeroed and *err says why:
 *
 * - ROWCAST_ERR_NOT_FOUND: there is no such file; it has no such array, member or columns
 * - _ARGUMENT: the options cannot be; of several arrays, options->array or ->member must name one
 * - _IO: the system refuses, and err->system_error says why; _CANCELLED: cancelled() returned true
 * - _LIMIT: it takes more than max_bytes; _MEMORY: there is no memory; _OVERFLOW: no memory could hold it
 * - _FORMAT: the file is damaged, or in a format that is not read; _UNSUPPORTED: an .npz, but no libzip; an option that
 *   is set is of a later version
 *
 * A file that shrinks while it is read is an error, not a signal. Nothing in a file is ever executed or looked up.
 * Thread-safe. Memory: the elements, and for gzip and .npz also the compressed file until it returns. */
ROWCAST_API rowcast_status rowcast_matrix_read(rowcast_matrix *matrix, const char *path,
                                               const rowcast_read_options *options, rowcast_error *err);

/* The same for a file's content in memory: the size bytes at data, which are neither changed nor kept. name is for
 * messages. */
ROWCAST_API rowcast_status rowcast_matrix_read_memory(rowcast_matrix *matrix, const void *data, size_t size,
                                                      const char *name, const rowcast_read_options *options,
                                                      rowcast_error *err);

/* The same for what can be read from the descriptor fd, from its position on. It stays the caller's, and may be closed
 * afterwards; its position is then anywhere. */
ROWCAST_API rowcast_status rowcast_matrix_read_fd(rowcast_matrix *matrix, int fd, const char *name,
                                                  const rowcast_read_options *options, rowcast_error *err);

/* Bytes from a program's own functions. They are called with `user`; on failure they return -1 and set errno, or leave
 * it 0 if they know no reason. The struct is copied. Rows in order are read by one thread at a time, which is the
 * caller's or a reader's own, on which all signals are blocked. */
typedef struct rowcast_stream {
  size_t struct_size; /* sizeof(rowcast_stream) */
  void *user;
  /* The next bytes, at most `bytes`: how many there are, 0 only at the end. Not used, and may be NULL, where there is
   * read_at. */
  ptrdiff_t (*read)(void *user, void *buffer, size_t bytes);
  /* NULL, or: the bytes from `offset` on, in the same way; also called by any number of threads at the same time that
   * are in rowcast_reader_rows(). */
  ptrdiff_t (*read_at)(void *user, void *buffer, size_t bytes, uint64_t offset);
  /* How many bytes there are, -1 on failure; needed with read_at. Called once, when the stream is opened. */
  int64_t (*size)(void *user);
} rowcast_stream;

#define ROWCAST_STREAM_DEFAULTS                                                                                        \
  { sizeof(rowcast_stream), NULL, NULL, NULL, NULL }

/* The same for what these functions give. */
ROWCAST_API rowcast_status rowcast_matrix_read_stream(rowcast_matrix *matrix, const rowcast_stream *stream,
                                                      const char *name, const rowcast_read_options *options,
                                                      rowcast_error *err);

/* Turns a float32 matrix whose elements are all n/256, n = 0..255, into bytes n, which take a quarter of the memory:
 * dtype is then ROWCAST_U8 and unit 1/256. Of a reader's block the bytes become the caller's, to be released with
 * rowcast_matrix_free(). False: some element has another value (-0 counts as one), or there is no
 * memory; nothing has changed then. Products with scale 1/256 have the same bits as before, unless a weight is below
 * 2^-118 (w/256 must be a normal number). Cost: one pass over the elements, up to the first with another value. */
ROWCAST_API bool rowcast_matrix_to_bytes(rowcast_matrix *matrix);

/* Makes an uninitialised rows x cols matrix, stride == cols, data aligned to 64 bytes, file NULL; to be released with
 * rowcast_matrix_free(). ROWCAST_ERR_ARGUMENT, _UNSUPPORTED (dtype is neither F32 nor U8), _OVERFLOW, _MEMORY. */
ROWCAST_API rowcast_status rowcast_matrix_alloc(rowcast_matrix *matrix, rowcast_dtype dtype, size_t rows, size_t cols);

/* Releases the elements and what *file is, and zeroes *matrix. NULL and a zeroed matrix are allowed. */
ROWCAST_API void rowcast_matrix_free(rowcast_matrix *matrix);

#ifdef __cplusplus
}
#endif
#endif
