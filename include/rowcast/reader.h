/* SPDX-License-Identifier: BSD-3-Clause */
/* Rows block by block, for data larger than memory: a thread of the reader reads, inflates and converts the next block
 * while the caller works on the last one. */
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

/* Opens any file that rowcast_matrix_read() reads. options->max_bytes bounds all memory the reader takes.
 *
 * - Data that fit are read whole when the first block is asked for, and are that block. This holds up to 1 GiB, however
 *   large max_bytes is, and for plain files up to plain_bytes if that is set.
 * - Larger IDX, C-ordered NPY, raw elements and CSV come in blocks of an eighth of max_bytes, but at most 4 MB and at
 *   least one row. A row may take up to a quarter of max_bytes.
 * - Larger data in other formats, and longer rows, are refused (ROWCAST_ERR_MEMORY).
 *
 * Errors as for rowcast_matrix_read(). On success, release *reader with rowcast_reader_close(); on failure, it is NULL.
 */
ROWCAST_API rowcast_status rowcast_reader_open(rowcast_reader **reader, const char *path,
                                               const rowcast_read_options *options, rowcast_error *err);

/* The shape and element type, without elements: known at once, or after the first block if the data are read whole.
 * rows is SIZE_MAX as long as it is unknown, which is for CSV in blocks before its end. Valid until the next call with
 * this reader. NULL when reader is NULL. */
ROWCAST_API const rowcast_matrix *rowcast_reader_shape(const rowcast_reader *reader);

/* The next rows, in order: block->rows of them, 0 at the end. The elements belong to the reader and stay valid until
 * the next call, block->file until the reader is closed; rowcast_matrix_free() on a block zeroes it and releases
 * nothing. After a failure every further call fails, and only
 * rowcast_reader_close() is of use. One thread at a time may use one reader. ROWCAST_ERR_IO, _FORMAT and _MEMORY as for
 * rowcast_matrix_read(); _ARGUMENT in a child of fork(), see rowcast_reader_close(). */
ROWCAST_API rowcast_status rowcast_reader_next(rowcast_reader *reader, rowcast_matrix *block, rowcast_error *err);

/* If the reader has read the data whole, in its first block, moves them to *matrix, which the caller then releases with
 * rowcast_matrix_free(); false: they come in blocks. */
ROWCAST_API bool rowcast_reader_take(rowcast_reader *reader, rowcast_matrix *matrix);

/* Ends the thread and releases everything. NULL is allowed.
 *
 * A child of fork() that inherits a reader has not its thread, and shares its place in the file with the parent. There
 * rowcast_reader_next() fails, and this call closes the child's descriptor and waits for nothing; blocks that the
 * thread was at work on at the fork stay allocated. The parent's reader goes on. If another thread was in a call with
 * the reader at the fork, the child must leave it alone. */
ROWCAST_API void rowcast_reader_close(rowcast_reader *reader);

#ifdef __cplusplus
}
#endif
#endif
