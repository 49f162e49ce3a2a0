/* SPDX-License-Identifier: BSD-3-Clause */
/* Matrices in files: IDX, NPY, NPZ, Python pickles of NumPy arrays, CSV and raw elements, plain or gzipped.
 * Rows block by block: reader.h; writing: writer.h.
 *
 * What a file is, is read off its bytes, never off its name. Errors name the file, what is wrong and
 * where: "train.idx.gz: gzip: wrong CRC at byte 1234". The formats: docs/formats.md. */
#ifndef ROWCAST_MATRIX_H
#define ROWCAST_MATRIX_H

#include <stdbool.h>
#include <stddef.h>

#include <rowcast/export.h>
#include <rowcast/status.h>
#include <rowcast/types.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { ROWCAST_MAX_RANK = 32 };
enum { ROWCAST_NO_COMMENTS = -1 };

/* What was made of a CSV's first line where it is 0,1,...,K-1 (K >= 2), which pandas writes above unnamed columns,
 * perhaps with fields before or after it that are not numbers. It is left out where K is 3 or more, no lines were
 * skipped and the next line does not go on with K; else kept as a row. */
typedef enum rowcast_headings {
  ROWCAST_HEADINGS_NONE,     /* the first line is another */
  ROWCAST_HEADINGS_LEFT_OUT, /* it is headings, and no row */
  ROWCAST_HEADINGS_KEPT      /* it is a row, and could be headings */
} rowcast_headings;

/* A matrix in memory. Rank-1 data has cols == 1; ranks above 2 are flattened to (dims[0], the rest). */
typedef struct rowcast_matrix {
  rowcast_dtype dtype;
  size_t rows, cols;
  size_t stride; /* elements from one row to the next, >= cols */
  void *data;    /* first element; owned by the matrix; a multiple of the element size */
  size_t rank;   /* as the file states it, 1..ROWCAST_MAX_RANK (0: an NPY scalar, 1 x 1) */
  size_t dims[ROWCAST_MAX_RANK];
  char element[4]; /* element type in the file, NumPy's letters: "b1", "i1", "u1", ... "f8"; "f4" for CSV */
  char format[8];  /* "idx", "npy", "npz", "pickle", "csv" or "raw" */
  char name[64];   /* of the array in an .npz or of the member of a pickle, such as "x_train", "train.x"; else empty */
  bool gzipped;    /* the file was compressed */
  unsigned char headings; /* a rowcast_headings: of CSV */
  float unit;             /* what 1 stored here was in the file: 1; 1/256 after rowcast_matrix_to_bytes() */
  void *owner;            /* private: what rowcast_matrix_free() releases */
} rowcast_matrix;

/* Start from ROWCAST_READ_DEFAULTS; every other member has a meaning when zero. Later versions may add members at the
 * end; struct_size tells the library which ones the caller knows (ROWCAST_ERR_ARGUMENT: it is not set). The strings are
 * needed as long as the reader that they were given to. */
typedef struct rowcast_read_options {
  size_t struct_size; /* sizeof(rowcast_read_options) */
  size_t max_bytes;   /* most bytes one inflated or read file may take; 0: half the memory free */
  size_t plain_bytes; /* of a reader (reader.h): a plain file of more bytes comes in blocks, which fit a CPU's cache; 0:
                       * one is held whole as others are. rowcast_matrix_read() leaves it alone */
  bool allow_trailing; /* bytes after the data are ignored instead of an error */
  const char
    *array; /* which array of an .npz: its name, with or without ".npy"; which of several arrays that follow one
             * another in an .npy: their number from 0. NULL: the only one of 2 or 3 dimensions; the first */
  const char *member; /* which array of a pickle: keys or numbers with dots between, such as "0.1" or "weights.w0";
                       * train, valid, test and x, y stand for 0, 1, 2 and 0, 1 of tuples. NULL: the first array */
  size_t skip_lines; /* of CSV: lines before the numbers. More of CSV's below; any of them but the columns says that the
                      * file is CSV, whatever its first bytes look like */
  /* Elements without a header. raw_type is NumPy's, such as "|u1", "<f4", ">i2"; NULL: the file says what it is. The
   * size of the file must be raw_offset and the elements, exactly. */
  const char *raw_type;
  size_t raw_rank, raw_dims[ROWCAST_MAX_RANK];
  size_t raw_offset; /* bytes before the first element */
  bool raw_fortran;  /* column-major */
  /* Asked about ten times a second while a reader (reader.h) waits for rows; a true answer makes it return
   * ROWCAST_ERR_IO. NULL: never asked. */
  bool (*cancelled)(void *user);
  void *user;
  /* Of CSV, as skip_lines; other formats are read whole. */
  size_t columns_from, columns_to; /* only columns [from, to) of each line are taken, and the others are not parsed:
                                    * text may stand there. columns_to 0: to the last */
  int delimiter; /* what separates numbers: a sign of ASCII, or ' ' for blanks and tabs, several at once; 0: comma,
                  * semicolon, tab or blanks, whichever of these the first line has first */
  int decimal;   /* ',': decimal commas; '.' or 0: points */
  int comment;   /* what begins a comment, to the end of the line; 0: '#'; ROWCAST_NO_COMMENTS: nothing */
  rowcast_headings headings; /* ROWCAST_HEADINGS_KEPT: a first line of 0,1,...,K-1 is a row; _NONE: it is looked at */
} rowcast_read_options;

#define ROWCAST_READ_DEFAULTS                                                                                          \
  {                                                                                                                    \
    sizeof(rowcast_read_options), 0, 0, false, NULL, NULL, 0, NULL, 0, {0}, 0, false, NULL, NULL, 0, 0, 0, 0, 0,       \
      ROWCAST_HEADINGS_NONE                                                                                            \
  }

/* Reads the matrix in the file at path; "-" is standard input. Unsigned bytes stay bytes; every other
 * element type becomes float32 (round to nearest). options may be NULL. On success release *matrix with
 * rowcast_matrix_free(); on failure it is zeroed and *err says why (ROWCAST_ERR_IO, _FORMAT, _OVERFLOW,
 * _MEMORY, _ARGUMENT, _UNSUPPORTED: an .npz where there is no libzip). A file that shrinks while it is read is an
 * error, not a signal. Nothing in a file is ever executed or looked up. Thread-safe. Memory: the elements once, and for
 * gzip and .npz the compressed file beside them until it returns. */
ROWCAST_API rowcast_status rowcast_matrix_read(rowcast_matrix *matrix, const char *path,
                                               const rowcast_read_options *options, rowcast_error *err);

/* The same for the size bytes of a file at data, which are not changed and not kept. name is for messages. */
ROWCAST_API rowcast_status rowcast_matrix_read_memory(rowcast_matrix *matrix, const void *data, size_t size,
                                                      const char *name, const rowcast_read_options *options,
                                                      rowcast_error *err);

/* Holds a float32 matrix whose elements are all n/256, n = 0..255, as bytes n, in a quarter of the memory: dtype is
 * then ROWCAST_U8 and unit 1/256. False: some element is another (-0 too), or there is no memory; nothing has changed.
 * Products with scale 1/256 have the same bits as before, unless a weight is below 2^-118 (w/256 must be a normal
 * number). Cost: one pass over the elements, up to the first that is another. */
ROWCAST_API bool rowcast_matrix_to_bytes(rowcast_matrix *matrix);

/* Makes an uninitialised rows x cols matrix, stride == cols, data aligned to 64 bytes; to be released with
 * rowcast_matrix_free(). ROWCAST_ERR_ARGUMENT, _OVERFLOW, _MEMORY. */
ROWCAST_API rowcast_status rowcast_matrix_alloc(rowcast_matrix *matrix, rowcast_dtype dtype, size_t rows, size_t cols);

/* Releases the elements and zeroes *matrix. NULL and a zeroed matrix are allowed. */
ROWCAST_API void rowcast_matrix_free(rowcast_matrix *matrix);

#ifdef __cplusplus
}
#endif
#endif
