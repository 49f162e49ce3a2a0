/* SPDX-License-Identifier: BSD-3-Clause */
/* rowcast: tall-skinny matrix products, the same bits on every machine. Includes the whole API.
 *
 * For all of it, where a call does not say otherwise:
 *
 * - Threads: calls on different objects may run at the same time. Any number of threads may use one plan at once; a
 *   matrix, a reader or a writer may be used by one thread at a time. Calls without an object are thread-safe.
 * - Units: strides and offsets between rows are in elements; sizes are in bytes where the name says bytes.
 * - Ownership: what a call creates belongs to the caller, and there is a call that releases it. Names that are returned
 *   are static. Options, names and buffers that are passed in are needed only during the call.
 * - Errors: a rowcast_status, and where there is one, a line of text in a rowcast_error. A call that fails has changed
 *   nothing the caller can see, except the error and what it would have filled, which is NULL, zero or not to be used.
 * - NULL: a rowcast_error and options may be, and so may arrays without elements and what is to be released. Any other
 *   pointer that is NULL gives ROWCAST_ERR_ARGUMENT; calls that return no status then return NULL, 0 or false, or do
 *   nothing.
 * - Options: a struct_size above 4,096 is ROWCAST_ERR_ARGUMENT, as one that is too small: it was never set.
 * - Manners: nothing is printed, and no signal is raised or handled. Floating-point state, locale, environment and
 *   working directory stay as they are. The environment variable ROWCAST_ISA is read and, when the library is loaded,
 *   OpenMP's OMP_NUM_THREADS, OMP_STACKSIZE and GOMP_STACKSIZE; no others.
 * - Floating point: whatever mode the caller has set, each call computes in the default one and restores the caller's,
 *   with its exception flags. Callbacks run in the caller's mode.
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
