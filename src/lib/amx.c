/* SPDX-License-Identifier: BSD-3-Clause */
/* rowcast_allow_amx(). Source: Linux Documentation/arch/x86/xstate.rst, arch/x86/include/uapi/asm/prctl.h. */
#include "amx.h"

#include <rowcast/cpu.h>

#include "error.h"

#if defined(__x86_64__) && defined(__linux__)

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { GET_PERMISSIONS = 0x1022, REQUEST_PERMISSION = 0x1023, TILE_DATA = 18 };

bool rc_amx_permitted(void) {
  const int before = errno;
  unsigned long long components = 0;
  const bool told = syscall(SYS_arch_prctl, GET_PERMISSIONS, &components) == 0;
  errno = before;
  return told && (components >> TILE_DATA & 1) != 0;
}

rowcast_status rowcast_allow_amx(rowcast_error *err) {
  const int before = errno;
  const int failure = syscall(SYS_arch_prctl, REQUEST_PERMISSION, TILE_DATA) == 0 ? 0 : errno;
  errno = before;
  if (failure == 0) return ROWCAST_OK;
  if (failure == ENOSPC)
    return rc_fail(err, ROWCAST_ERR_LIMIT,
                   "AMX: a thread's alternative signal stack (sigaltstack) is too small for it");
  return rc_fail(err, ROWCAST_ERR_UNSUPPORTED,
                 failure == EPERM || failure == ENOSYS ? "AMX: the system refuses arch_prctl()"
                                                       : "AMX: the CPU or the kernel does not have it");
}

#else

bool rc_amx_permitted(void) { return false; }

rowcast_status rowcast_allow_amx(rowcast_error *err) {
  return rc_fail(err, ROWCAST_ERR_UNSUPPORTED, "AMX: needs Linux on x86-64");
}

#endif
