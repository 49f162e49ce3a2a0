/* SPDX-License-Identifier: BSD-3-Clause */
/* Preloaded by scripts/checks/mpi: files without a name cannot be read. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

ssize_t pread64(int fd, void *to, size_t bytes, off64_t at) {
  struct stat info;
  ssize_t (*const real)(int, void *, size_t, off64_t) =
    (ssize_t(*)(int, void *, size_t, off64_t))dlsym(RTLD_NEXT, "pread64");
  if (fstat(fd, &info) == 0 && S_ISREG(info.st_mode) && info.st_nlink == 0) {
    errno = EIO;
    return -1;
  }
  return real(fd, to, bytes, at);
}

ssize_t pread(int fd, void *to, size_t bytes, off_t at) { return pread64(fd, to, bytes, at); }
