/* SPDX-License-Identifier: BSD-3-Clause */
/* Asks the hardware and the operating system; decides nothing. */
#ifndef RC_CPU_ACQUIRE_H
#define RC_CPU_ACQUIRE_H

#include "cpu_decode.h"

#if defined(__x86_64__)
void rc_acquire_x86(struct rc_x86_raw *raw);
#elif defined(__aarch64__)
void rc_acquire_arm(struct rc_arm_raw *raw);
#endif

#endif
