/* SPDX-License-Identifier: BSD-3-Clause */
/* Rows block by block, for data larger than memory: reading, inflating and converting go on in a thread of the reader's
 * own while the caller works on the block before. */
#ifndef ROWCAST_READER_H
#define ROWCAST_READER_H

#include <stddef.h>

#include <rowcast/export.h>
#include <rowcast/matrix.h>
#include <rowcast/status.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct rowcast_reader rowcast_reader;

/* Opens what rowcast_matrix_read() reads. options->max_bytes bounds all memory the reader takes: data that fit are read
 * whole when the first block is asked for, which is then all of them; larger IDX, C-ordered NPY, raw elements and CSV
 * come in blocks of an eighth of it, 4 MB at most, one row at least, which may take a quarter of it; other formats, and
 * longer rows, are refused then (ROWCAST_ERR_MEMORY). Data are held whole up to 1 GiB, however large max_bytes is, and
 * plain files up to plain_bytes where that is set. Errors as rowcast_matrix_read()'s. */
ROWCAST_API rowcast_status rowcast_reader_open(rowcast_reader **reader, const char *path,
                                               const rowcast_read_options *options, rowcast_error *err);

/* Shape and element type, without elements: after the first block if the data were read whole, else at once. rows is
 * SIZE_MAX while they are unknown: of CSV in blocks before its end. Valid until the next call with this reader. */
ROWCAST_API const rowcast_matrix *rowcast_reader_shape(const rowcast_reader *reader);

/* The next rows, in order: block->rows of them, 0 at the end. The elements belong to the reader and stay until the next
 * call; rowcast_matrix_free() on a block does nothing. After a failure every further call fails; only
 * rowcast_reader_close() is of use then. One thread at a time may use one reader. ROWCAST_ERR_IO, _FORMAT, _MEMORY as
 * rowcast_matrix_read(). */
ROWCAST_API rowcast_status rowcast_reader_next(rowcast_reader *reader, rowcast_matrix *block, rowcast_error *err);

/* Takes the whole matrix over from a reader that has read it whole, in its first block; false: it comes in blocks. */
ROWCAST_API bool rowcast_reader_take(rowcast_reader *reader, rowcast_matrix *matrix);

/* Ends the thread and releases everything. NULL is allowed. */
ROWCAST_API void rowcast_reader_close(rowcast_reader *reader);

#ifdef __cplusplus
}
#endif
#endif
