/* SPDX-License-Identifier: BSD-3-Clause */
/* For tests of teams of threads: skips them in a build without OpenMP. */
#ifndef TEST_NEEDS_OPENMP_H
#define TEST_NEEDS_OPENMP_H

#ifdef _OPENMP
#define NEEDS_OPENMP() ((void)0)
#else
#define NEEDS_OPENMP() cr_skip_test("built without OpenMP: one thread")
#endif

#endif
