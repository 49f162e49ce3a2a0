/* SPDX-License-Identifier: BSD-3-Clause */
/* The floating-point mode that every bit is promised for: round to nearest, subnormal numbers kept, no exception
 * trapped.
 * A caller may have set another, and each of OpenMP's threads has one of its own, so whatever computes enters this mode
 * first and leaves it when done. The exception flags are then the caller's again, too. No callback may run in between,
 * and no thread may be started, which would inherit the mode. Both together take some nanoseconds. */
#ifndef RC_MODE_H
#define RC_MODE_H

#include <stdint.h>

/* The clobbered memory keeps loads and stores, and with them the arithmetic between, where they are. */
#if defined(__x86_64__)

/* MXCSR, and the control word of the x87, whose rounding glibc's strtof() and printf() take. */
struct rc_mode {
  uint32_t mxcsr;
  uint16_t x87;
};

static inline struct rc_mode rc_mode_enter(void) {
  enum { FLAGS = 0x3f };
  static const uint32_t mxcsr = 0x1f80;
  static const uint16_t x87 = 0x37f;
  struct rc_mode caller;
  __asm__ volatile("stmxcsr %0\n\tfnstcw %1" : "=m"(caller.mxcsr), "=m"(caller.x87) : : "memory");
  if ((caller.mxcsr & ~(uint32_t)FLAGS) != mxcsr) __asm__ volatile("ldmxcsr %0" : : "m"(mxcsr) : "memory");
  if (caller.x87 != x87) __asm__ volatile("fldcw %0" : : "m"(x87) : "memory");
  return caller;
}

static inline void rc_mode_leave(struct rc_mode caller) {
  __asm__ volatile("ldmxcsr %0" : : "m"(caller.mxcsr) : "memory");
  if (caller.x87 != 0x37f) __asm__ volatile("fldcw %0" : : "m"(caller.x87) : "memory");
}

#elif defined(__aarch64__)

struct rc_mode {
  uint64_t fpcr, fpsr;
};

static inline struct rc_mode rc_mode_enter(void) {
  struct rc_mode caller;
  __asm__ volatile("mrs %0, fpcr\n\tmrs %1, fpsr" : "=r"(caller.fpcr), "=r"(caller.fpsr) : : "memory");
  if (caller.fpcr != 0) __asm__ volatile("msr fpcr, xzr" : : : "memory");
  return caller;
}

static inline void rc_mode_leave(struct rc_mode caller) {
  if (caller.fpcr != 0) __asm__ volatile("msr fpcr, %0" : : "r"(caller.fpcr) : "memory");
  __asm__ volatile("msr fpsr, %0" : : "r"(caller.fpsr) : "memory");
}

#else

#include <fenv.h>

struct rc_mode {
  fenv_t environment;
};

static inline struct rc_mode rc_mode_enter(void) {
  struct rc_mode caller;
  fegetenv(&caller.environment);
  fesetenv(FE_DFL_ENV);
  return caller;
}

static inline void rc_mode_leave(struct rc_mode caller) { fesetenv(&caller.environment); }

#endif
#endif
