/* SPDX-License-Identifier: BSD-3-Clause */
/* rowcast: tall-skinny matrix products, the same bits on every machine. Includes what librowcast has but
 * experimental.h: plans and what they need. Matrices in files are another library's, librowcast-io: io.h.
 *
 * For both libraries, where a call does not say otherwise:
 *
 * - Threads: calls on different objects may run at the same time. Any number of threads may use one plan at once; a
 *   matrix, a reader or a writer may be used by one thread at a time, but for rowcast_reader_rows(). Calls without an
 *   object are thread-safe.
 * - Units: strides and offsets between rows are in elements; sizes are in bytes where the name says bytes.
 * - Ownership: what a call creates belongs to the caller, and there is a call that releases it. Names that are returned
 *   are static. Names, buffers and options that are passed in are needed only during the call; but what the callbacks
 *   of a reader or writer use, and a plan's allocator and pool, as long as that exists.
 * - Errors: a rowcast_status, and where there is one, a line of text in a rowcast_error. A call that fails has changed
 *   nothing the caller can see, except the error and what it would have filled, which is NULL, zero or not to be used.
 * - NULL: a rowcast_error and options may be, and so may arrays without elements and what is to be released. Any other
 *   pointer that is NULL gives ROWCAST_ERR_ARGUMENT; calls that return no status then return NULL, 0 or false, or do
 *   nothing.
 * - Structs may gain members at their end with a later version. Of options, struct_size tells which ones the caller
 *   knows. Of what the library fills, the caller passes the size; members that the library does not know become zero.
 *   A size above 4,096 is ROWCAST_ERR_ARGUMENT, as one that is too small: it was never set.
 * - Callbacks (cancelled() of options, functions of an allocator or a sink, a pool's run()) run on the thread that made
 *   the call, those of a stream also on a reader's own (matrix.h), and must return: no exception of C++, longjmp() or
 *   pthread_exit() may leave one. They must not use the object of that call.
 * - Signal handlers may call rowcast_matmul_rows() and, for an N up to 3840, rowcast_predict_rows(), with a plan that
 *   exists and 40 KiB of stack beside what the system stores there (AT_MINSIGSTKSZ of getauxval(): some 3 KiB, or 12
 *   where CPU and kernel have AMX), and the calls that return static names; all others may allocate, lock or wait.
 * - fork(): a child may go on using matrices, and plans with the same bits (plan.h says on how many threads), and
 *   create what it likes. An inherited reader or writer is its parent's, and can only be closed or abandoned, but for
 *   rowcast_reader_rows(). An object that another thread was using in a call at the fork, plans excepted, must be left
 *   alone. A child of vfork() may call nothing.
 * - pthread_cancel() of a thread in a call that may wait takes effect at its end, and leaves nothing behind; a reader's
 *   calls that read in order can be cancelled while they wait for a block, and it then be closed. Threads whose
 *   cancellation is asynchronous must not call. What is to be interrupted has a callback, cancelled().
 * - Unloading: the shared libraries stay loaded after dlclose(). A plugin that contains an archive must be linked with
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
#include <rowcast/plan.h>
#include <rowcast/status.h>
#include <rowcast/types.h>
#include <rowcast/version.h>

#endif
