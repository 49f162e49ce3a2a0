/* SPDX-License-Identifier: BSD-3-Clause */
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "report.h"

enum { FIRST_GUESS = 1 << 16 };

/* Available bytes as the kernel estimates them; 0: unknown. */
static size_t available_memory(void) {
  FILE *file = fopen("/proc/meminfo", "re");
  if (file == NULL) return 0;
  char line[128];
  unsigned long long kib = 0;
  while (fgets(line, sizeof line, file) != NULL)
    if (sscanf(line, "MemAvailable: %llu kB", &kib) == 1) break;
  fclose(file);
  return kib > SIZE_MAX / 1024 ? SIZE_MAX : (size_t)kib * 1024;
}

/* The limit of this process's control group (version 2); SIZE_MAX: none or unknown. */
static size_t cgroup_memory(void) {
  FILE *file = fopen("/sys/fs/cgroup/memory.max", "re");
  if (file == NULL) return SIZE_MAX;
  unsigned long long bytes;
  const int found = fscanf(file, "%llu", &bytes);
  fclose(file);
  return found == 1 && bytes < SIZE_MAX ? (size_t)bytes : SIZE_MAX;
}

size_t rc_default_max_bytes(void) {
  const size_t available = available_memory(), limit = cgroup_memory();
  const size_t least = available > 0 && available < limit ? available : limit;
  return least / 2;
}

/* Reads until the end of the file; the buffer grows when the file is longer than it was said to be. */
static rowcast_status read_all(struct rc_buffer *buffer, int fd, const char *path, size_t max_bytes,
                               rowcast_error *err) {
  for (;;) {
    if (buffer->size == buffer->capacity) {
      const size_t grown = buffer->capacity < FIRST_GUESS ? FIRST_GUESS : buffer->capacity * 2;
      if (buffer->capacity > SIZE_MAX / 4 || !rc_buffer_reserve(buffer, grown))
        return rc_report(err, ROWCAST_ERR_MEMORY, path, "out of memory after %zu bytes", buffer->size);
    }
    const ssize_t got = read(fd, buffer->data + buffer->size, buffer->capacity - buffer->size);
    if (got < 0) {
      if (errno == EINTR) continue;
      return rc_report_errno(err, path, "cannot read", errno);
    }
    if (got == 0) return ROWCAST_OK;
    buffer->size += (size_t)got;
    if (buffer->size > max_bytes)
      return rc_report(err, ROWCAST_ERR_MEMORY, path, "larger than the limit of %zu bytes", max_bytes);
  }
}

rowcast_status rc_read_file(struct rc_buffer *buffer, const char *path, size_t max_bytes, rowcast_error *err) {
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return rc_report_errno(err, path, "cannot open", errno);
  struct stat info;
  rowcast_status status = ROWCAST_OK;
  if (fstat(fd, &info) != 0)
    status = rc_report_errno(err, path, "cannot read", errno);
  else if (S_ISDIR(info.st_mode))
    status = rc_report(err, ROWCAST_ERR_IO, path, "is a directory");
  else if (S_ISREG(info.st_mode) && (uintmax_t)info.st_size > max_bytes)
    status = rc_report(err, ROWCAST_ERR_MEMORY, path, "%ju bytes are more than the limit of %zu",
                       (uintmax_t)info.st_size, max_bytes);
  else if (S_ISREG(info.st_mode) && info.st_size > 0 && !rc_buffer_reserve(buffer, (size_t)info.st_size + 1))
    status = rc_report(err, ROWCAST_ERR_MEMORY, path, "out of memory for %ju bytes", (uintmax_t)info.st_size);
  if (status == ROWCAST_OK) status = read_all(buffer, fd, path, max_bytes, err);
  close(fd);
  if (status != ROWCAST_OK) rc_buffer_free(buffer);
  return status;
}
