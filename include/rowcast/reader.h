/* SPDX-License-Identifier: BSD-3-Clause */
/* Rows in order, for data larger than memory: a thread of the reader reads, inflates and converts the next block while
 * the caller works on the last one. And rows by their numbers, on any number of threads. */
#ifndef ROWCAST_READER_H
#define ROWCAST_READER_H

#include <stdbool.h>
#include <stddef.h>

#include <rowcast/export.h>
#include <rowcast/matrix.h>
#include <rowcast/status.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct rowcast_reader rowcast_reader;

/* Opens any file that rowcast_matrix_read() reads. options->max_bytes bounds all memory the reader takes, but for the
 * window of a zstd frame (128 MiB at most) and the inflaters of rowcast_reader_rows().
 *
 * - Data that fit are read whole when the first block is asked for, and are that block. This holds up to 1 GiB, however
 *   large max_bytes is, and for plain data but CSV up to plain_bytes if that is set.
 * - Larger IDX, C-ordered NPY, raw elements and CSV come in blocks of an eighth of max_bytes, but at most 4 MB and at
 *   least one row. A row may take up to a quarter of max_bytes.
 * - Larger data in other formats, and longer rows, are refused (ROWCAST_ERR_LIMIT).
 *
 * A plain file whose rows can be read by their numbers (rowcast_reader_seekable()) must be as long as its header says
 * when it is opened. Such a reader takes neither blocks nor a thread before the first call of rowcast_reader_next(),
 * where rows that are too long for blocks are refused.
 *
 * Errors as for rowcast_matrix_read(). On success, release *reader with rowcast_reader_close(); on failure, it is NULL.
 */
ROWCAST_API rowcast_status rowcast_reader_open(rowcast_reader **reader, const char *path,
                                               const rowcast_read_options *options, rowcast_error *err);

/* The same for what can be read from the descriptor fd, from its position on; name is for messages. The reader keeps a
 * copy, which is closed on exec, so that the caller may close fd at once; but both share the position, which must be
 * left alone, and is anywhere afterwards. */
ROWCAST_API rowcast_status rowcast_reader_open_fd(rowcast_reader **reader, int fd, const char *name,
                                                  const rowcast_read_options *options, rowcast_error *err);

/* The same for what a program's own functions give (matrix.h). What stream->user points to must stay valid until the
 * reader is closed, which waits for a read() that is under way. */
ROWCAST_API rowcast_status rowcast_reader_open_stream(rowcast_reader **reader, const rowcast_stream *stream,
                                                      const char *name, const rowcast_read_options *options,
                                                      rowcast_error *err);

/* The shape and element type, and what the file says, without elements; valid until the reader is closed. Known at once
 * for IDX, NPY and raw elements, compressed or not; after the first row or block for .npz, pickles, and the array of a
 * number in an NPY; and for CSV the columns then, the rows at the end or when it was read whole. What is not known yet:
 * rows is SIZE_MAX, cols 0. NULL when reader is NULL. */
ROWCAST_API const rowcast_matrix *rowcast_reader_shape(const rowcast_reader *reader);

/* Rows in order. The next three calls move one place, which is at row 0 first, and can follow one another in any order:
 * what one has returned or left out, the others do not return again. After a failure of one every further call of
 * them fails (one for a wrong argument changes nothing). One thread at a time may call them. Errors as for
 * rowcast_matrix_read(); ROWCAST_ERR_ARGUMENT also in a child of fork(), see rowcast_reader_close().
 *
 * rowcast_reader_next(): the next rows, block->rows of them, 0 at the end. The elements belong to the reader and stay
 * valid until the next of these calls, block->file until the reader is closed; rowcast_matrix_free() on a block zeroes
 * it and releases nothing. */
ROWCAST_API rowcast_status rowcast_reader_next(rowcast_reader *reader, rowcast_matrix *block, rowcast_error *err);

/* Copies the next rows, at most `most`, to x, in elements of the shape's dtype, ldx of them from row to row; *rows is
 * how many came, fewer only at the end. x has room for `most` rows. ROWCAST_ERR_ARGUMENT: ldx is less than a row,
 * unless `most` is 1, where it is ignored. Where rows can be read by their numbers and no block was asked for, they are
 * read straight to x on this thread. */
ROWCAST_API rowcast_status rowcast_reader_read(rowcast_reader *reader, size_t most, void *x, size_t ldx, size_t *rows,
                                               rowcast_error *err);

/* Leaves out the next rows, at most `rows`; *skipped is how many there were, fewer only at the end. Where rows can be
 * read by their numbers, they are not read; else they are read and dropped. */
ROWCAST_API rowcast_status rowcast_reader_skip(rowcast_reader *reader, size_t rows, size_t *skipped,
                                               rowcast_error *err);

/* Can rows be read by their numbers? From the beginning for IDX, C-ordered NPY and raw elements, of any element type,
 * plain or as the only content of BGZF (gzip in blocks, as bgzip writes it), in regular files or from a stream with
 * read_at; for all else once the first block was read, if that was all of the data, until it is taken. BGZF is read in
 * order, as any gzip is, if the sizes that its blocks state contradict one another or the header, or if max_bytes is
 * less than 1 MiB, or than 16 times the table of its blocks, which takes 16 bytes for each. */
ROWCAST_API bool rowcast_reader_seekable(const rowcast_reader *reader);

/* Rows [begin, end) to x, in elements of the shape's dtype, ldx of them from row to row. Any number of threads may do
 * this at the same time with one reader, without waiting for one another, as long as no other call with it, but for
 * those that only ask, is under way; rows in order stay where they were, and a failure is that call's alone. Memory:
 * 8 KiB of stack; elements that are in the file as they are in memory go straight to x where ldx is a row's length. Of
 * BGZF every block of which rows are wanted is inflated and checked, by an inflater of the call's own: some 400 KiB,
 * kept for later calls. A call for the rows that follow those of an earlier one finds their common block inflated.
 * options->cancelled() is called about ten times a second on each thread that is in a long call.
 *
 * ROWCAST_ERR_UNSUPPORTED: not of this reader, see above. ROWCAST_ERR_ARGUMENT: no such rows, or ldx is less than a
 * row; ROWCAST_ERR_FORMAT: the file has become shorter, with the byte at which it ends now, or a block of BGZF is
 * damaged or has changed, with its number and byte; ROWCAST_ERR_MEMORY, ROWCAST_ERR_CANCELLED, ROWCAST_ERR_IO. After a
 * failure what x holds is not to be used. */
ROWCAST_API rowcast_status rowcast_reader_rows(const rowcast_reader *reader, size_t begin, size_t end, void *x,
                                               size_t ldx, rowcast_error *err);

/* If the reader has read the data whole, in its first block, moves all of them, also rows that were returned or left
 * out before, to *matrix, which the caller then releases with rowcast_matrix_free(), and is at its end; false: they
 * come in blocks. */
ROWCAST_API bool rowcast_reader_take(rowcast_reader *reader, rowcast_matrix *matrix);

/* Ends the thread and releases everything. NULL is allowed.
 *
 * A child of fork() that inherits a reader has not its thread, and shares its place in the file with the parent. There
 * the calls that read in order fail, rowcast_reader_rows() works as in the parent (of a stream, if its read_at does),
 * and this call closes the child's descriptor and waits for nothing; blocks that the thread was at work on at the fork
 * stay allocated. The parent's reader goes on. If another thread was in a call with the reader at the fork, but for
 * rowcast_reader_rows(), the child must leave it alone. */
ROWCAST_API void rowcast_reader_close(rowcast_reader *reader);

#ifdef __cplusplus
}
#endif
#endif
