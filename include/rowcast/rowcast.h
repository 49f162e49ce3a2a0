/* SPDX-License-Identifier: BSD-3-Clause */
/* rowcast: tall-skinny matrix products, the same bits on every machine. Includes the whole API.
 *
 * For all of it, where a call does not say otherwise:
 *
 * - Threads: calls on different objects may run at the same time. Any number of threads may use one plan at once; a
 *   matrix, a reader or a writer may be used by one thread at a time. Calls without an object are thread-safe.
 * - Units: strides and offsets between rows are in elements; sizes are in bytes where the name says bytes.
 * - Ownership: what a call creates belongs to the caller, and there is a call that releases it. Names that are returned
 *   are static. Names and buffers that are passed in are needed only during the call; so are options, but the strings
 *   and callbacks in those of a reader or writer, and a plan's allocator and pool, as long as that exists.
 * - Errors: a rowcast_status, and where there is one, a line of text in a rowcast_error. A call that fails has changed
 *   nothing the caller can see, except the error and what it would have filled, which is NULL, zero or not to be used.
 * - NULL: a rowcast_error and options may be, and so may arrays without elements and what is to be released. Any other
 *   pointer that is NULL gives ROWCAST_ERR_ARGUMENT; calls that return no status then return NULL, 0 or false, or do
 *   nothing.
 * - Options: a struct_size above 4,096 is ROWCAST_ERR_ARGUMENT, as one that is too small: it was never set.
 * - Callbacks (cancelled() of options, an allocator's functions, a pool's run()) run on the thread that made the call,
 *   and must return: no exception of C++, longjmp() or pthread_exit() may leave one. They must not use the object of
 *   that call.
 * - Signal handlers may call rowcast_matmul_rows() and rowcast_predict_rows(), with a plan that exists and 32 KiB of
 *   stack, and the calls that return static names; all others may allocate, lock or wait.
 * - fork(): a child may go on using matrices, and plans with the same bits (plan.h says on how many threads), and
 *   create what it likes. An inherited reader or writer is its parent's, and can only be closed or abandoned. An object
 *   that another thread was using in a call at the fork, plans excepted, must be left alone. A child of vfork() may
 *   call nothing.
 * - pthread_cancel() of a thread in a call that may wait takes effect at its end, and leaves nothing behind;
 *   rowcast_reader_next() can be cancelled while it waits for a block, and the reader then be closed. Threads whose
 *   cancellation is asynchronous must not call. What is to be interrupted has a callback, cancelled().
 * - Unloading: the shared library stays loaded after dlclose(). A plugin that contains the archive must be linked with
 *   -Wl,-z,nodelete.
 * - Manners: nothing is printed. No signal is handled, and none is raised: SIGPIPE and SIGXFSZ of a write that fails
 *   are taken back, and the call returns the error. Floating-point state, locale, environment and working directory
 *   stay as they are. The environment variable ROWCAST_ISA is read and, when the library is loaded, OpenMP's
 *   OMP_NUM_THREADS, OMP_STACKSIZE and GOMP_STACKSIZE; no others.
 * - Floating point: whatever mode the caller has set, each call computes in the default one and restores the
 *   caller's, with its exception flags. Callbacks run in the caller's mode.
 * - Versions: docs/design.md in the source says what may change when. */
#ifndef ROWCAST_H
#define ROWCAST_H

#include <rowcast/cpu.h>
#include <rowcast/kernels.h>
#include <rowcast/matrix.h>
#include <rowcast/plan.h>
#include <rowcast/randn.h>
#include <rowcast/reader.h>
#include <rowcast/status.h>
#include <rowcast/types.h>
#include <rowcast/version.h>
#include <rowcast/writer.h>

#endif
