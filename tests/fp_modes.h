/* SPDX-License-Identifier: BSD-3-Clause */
/* Floating-point modes that callers set. */
#ifndef TEST_FP_MODES_H
#define TEST_FP_MODES_H

/* The bits of the control registers, the exception flags among them. */
enum { FP_CONTROL = 3 };
void fp_control(unsigned long control[FP_CONTROL]);

/* From now on the calling thread takes subnormal numbers for zero, and makes them zero (FTZ and DAZ, or FZ). */
void fp_flush_subnormals(void);

#endif
