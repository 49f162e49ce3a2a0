/* SPDX-License-Identifier: BSD-3-Clause */
/* rowcast_cpu_detect(): acquire and decode once per process; permission and cap at each call. */
#include <rowcast/cpu.h>

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "amx.h"
#include "cpu_acquire.h"
#include "cpu_decode.h"
#include "error.h"
#include "struct_size.h"

/* A hypervisor has each CPUID trapped, so that a few take 50 us. In a child of a fork during the first call, the C
 * library has it done again. */
static rowcast_cpu found;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void detect(void) {
#if defined(__x86_64__)
  struct rc_x86_raw raw;
  rc_acquire_x86(&raw);
  rc_decode_x86(&raw, &found);
#elif defined(__aarch64__)
  struct rc_arm_raw raw;
  rc_acquire_arm(&raw);
  rc_decode_arm(&raw, &found);
#else
  memcpy(found.model, "unknown", sizeof "unknown");
  found.runs[ROWCAST_SCALAR] = found.usable[ROWCAST_SCALAR] = true;
#endif
}

rowcast_status rowcast_cpu_detect(rowcast_cpu *cpu, size_t size, rowcast_error *err) {
  pthread_once(&once, detect);
  rowcast_cpu own = found;
  own.struct_size = size < sizeof own ? size : sizeof own;
  if (rc_cpu_has_amx(&own) && !rc_amx_permitted()) rc_cpu_forbid_amx(&own);
  const rowcast_status status = rc_cpu_cap(&own, getenv("ROWCAST_ISA"), err);
  if (rc_give_struct(cpu, size, RC_FIRST_CPU, &own, sizeof own)) return status;
  return rc_fail(err, ROWCAST_ERR_ARGUMENT, "rowcast_cpu_detect: cpu is NULL, or its size is wrong");
}
