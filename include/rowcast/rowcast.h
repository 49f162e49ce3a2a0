/* SPDX-License-Identifier: BSD-3-Clause */
/* rowcast: tall-skinny matrix products, the same bits on every machine. Includes the whole API.
 *
 * For all of it, where a call does not say otherwise:
 *   threads    Calls on different objects may run at the same time. A plan may be used by any number of threads at
 * once; a matrix, a reader and a writer by one at a time. Calls without an object are thread-safe. units      Strides
 * and offsets between rows in elements, sizes in bytes where the name says bytes. ownership  What a call creates
 * belongs to the caller and has a call that releases it. Names that are returned are static. Options, names and buffers
 * that are passed are needed during the call only. errors     A rowcast_status, and a line of text in a rowcast_error
 * where there is one. What failed has changed nothing that the caller can see, but for the error and for what it would
 * have filled: NULL, zeros, or not to be used. manners    Nothing is printed, no signal is raised or handled;
 * floating-point state, locale, environment and working directory stay as they are. The environment variable
 * ROWCAST_ISA is read, and when the library is loaded OpenMP's OMP_NUM_THREADS, OMP_STACKSIZE and GOMP_STACKSIZE; no
 * others. versions   docs/design.md of the source says what may change when. */
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
