/* SPDX-License-Identifier: BSD-3-Clause */
#include "fp_modes.h"

void fp_control(unsigned long control[FP_CONTROL]) {
  control[0] = control[1] = control[2] = 0;
#if defined __x86_64__
  unsigned mxcsr;
  unsigned short x87, flags;
  __asm__ volatile("stmxcsr %0\n\tfnstcw %1\n\tfnstsw %2" : "=m"(mxcsr), "=m"(x87), "=m"(flags));
  control[0] = mxcsr;
  control[1] = x87;
  control[2] = flags & 0x3f;
#elif defined __aarch64__
  __asm__ volatile("mrs %0, fpcr\n\tmrs %1, fpsr" : "=r"(control[0]), "=r"(control[1]));
#endif
}

void fp_flush_subnormals(void) {
#if defined __x86_64__
  unsigned mxcsr;
  __asm__ volatile("stmxcsr %0" : "=m"(mxcsr));
  mxcsr |= 0x8040u;
  __asm__ volatile("ldmxcsr %0" : : "m"(mxcsr));
#elif defined __aarch64__
  unsigned long fpcr;
  __asm__ volatile("mrs %0, fpcr" : "=r"(fpcr));
  fpcr |= 1ul << 24;
  __asm__ volatile("msr fpcr, %0" : : "r"(fpcr));
#endif
}
