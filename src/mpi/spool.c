/* SPDX-License-Identifier: BSD-3-Clause */
#include "spool.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool spool_open(struct spool *spool, const char *beside) {
  const char *slash = strrchr(beside, '/');
  const int length = slash != NULL ? (int)(slash - beside) + 1 : 0;
  char name[PATH_MAX];
  *spool = (struct spool){.fd = -1};
  if (snprintf(name, sizeof name, "%.*s.", length, beside) >= (int)sizeof name) {
    errno = ENAMETOOLONG;
    return false;
  }
  spool->fd = open(name, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (spool->fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL)) return spool->fd >= 0;
  /* A file system that has no files without a name, as NFS. */
  if (snprintf(name, sizeof name, "%s.XXXXXX", beside) >= (int)sizeof name) {
    errno = ENAMETOOLONG;
    return false;
  }
  spool->fd = mkostemp(name, O_CLOEXEC);
  if (spool->fd >= 0) unlink(name);
  return spool->fd >= 0;
}

bool spool_read(const struct spool *spool, uint64_t at, void *data, size_t bytes) {
  for (char *to = data; bytes > 0;) {
    const ssize_t got = pread(spool->fd, to, bytes, (off_t)at);
    if (got < 0 && errno == EINTR) continue;
    if (got == 0) errno = EIO; /* it has become shorter */
    if (got <= 0) return false;
    to += got;
    at += (uint64_t)got;
    bytes -= (size_t)got;
  }
  return true;
}

bool write_at(int fd, uint64_t at, const void *data, size_t bytes) {
  for (const char *from = data; bytes > 0;) {
    const ssize_t written = pwrite(fd, from, bytes, (off_t)at);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    from += written;
    at += (uint64_t)written;
    bytes -= (size_t)written;
  }
  return true;
}

int spool_append(void *user, const void *data, size_t bytes) {
  struct spool *spool = user;
  if (!write_at(spool->fd, spool->size, data, bytes)) return -1;
  spool->size += bytes;
  return 0;
}

bool spool_shorten(struct spool *spool, size_t bytes) {
  spool->size -= bytes;
  return ftruncate(spool->fd, (off_t)spool->size) == 0;
}

void spool_close(struct spool *spool) {
  if (spool->fd >= 0) close(spool->fd);
  *spool = (struct spool){.fd = -1};
}
