/* SPDX-License-Identifier: BSD-3-Clause */
/* OpenMP's functions, also in a build without OpenMP (cc without -fopenmp, or ROWCAST_WITH_OPENMP=OFF). */
#ifndef RC_OPENMP_H
#define RC_OPENMP_H

#ifdef _OPENMP
#include <omp.h>
enum { RC_HAS_OPENMP = 1 };
#else
#include "omp/none/omp.h"
enum { RC_HAS_OPENMP = 0 };
#endif

#endif
