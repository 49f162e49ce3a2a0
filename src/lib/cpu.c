/* SPDX-License-Identifier: BSD-3-Clause */
/* rowcast_cpu_detect(): acquire, decode, cap. */
#include <rowcast/cpu.h>

#include <stdlib.h>
#include <string.h>

#include "cpu_acquire.h"
#include "cpu_decode.h"
#include "error.h"

rowcast_status rowcast_cpu_detect(rowcast_cpu *cpu, rowcast_error *err) {
  if (cpu == NULL) return rc_fail(err, ROWCAST_ERR_ARGUMENT, "rowcast_cpu_detect: cpu is NULL");
#if defined(__x86_64__)
  struct rc_x86_raw raw;
  rc_acquire_x86(&raw);
  rc_decode_x86(&raw, cpu);
#elif defined(__aarch64__)
  struct rc_arm_raw raw;
  rc_acquire_arm(&raw);
  rc_decode_arm(&raw, cpu);
#else
  memset(cpu, 0, sizeof *cpu);
  memcpy(cpu->model, "unknown", sizeof "unknown");
  cpu->runs[ROWCAST_SCALAR] = cpu->usable[ROWCAST_SCALAR] = true;
#endif
  return rc_cpu_cap(cpu, getenv("ROWCAST_ISA"), err);
}
