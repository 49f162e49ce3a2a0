/* SPDX-License-Identifier: BSD-3-Clause */
#include "limits.h"

#include <stdint.h>
#include <stdio.h>


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

