/* SPDX-License-Identifier: BSD-3-Clause */
/* Sources: proc(5) (meminfo), cgroups(7), Linux Documentation/admin-guide/cgroup-v2.rst (memory.max) and
 * cgroup-v1/memory.rst (memory.limit_in_bytes). */
#include "limits.h"

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static FILE *open_under(const char *root, const char *path) {
  char name[PATH_MAX]; /* no longer one can be opened */
  return (size_t)snprintf(name, sizeof name, "%s%s", root, path) < sizeof name ? fopen(name, "re") : NULL;
}

/* Available bytes as the kernel estimates them; SIZE_MAX: unknown. */
static size_t available_memory(const char *root) {
  FILE *file = open_under(root, "/proc/meminfo");
  if (file == NULL) return SIZE_MAX;
  char line[128];
  unsigned long long kib = 0;
  bool found = false;
  while (!found && fgets(line, sizeof line, file) != NULL) found = sscanf(line, "MemAvailable: %llu kB", &kib) == 1;
  fclose(file);
  return !found || kib > SIZE_MAX / 1024 ? SIZE_MAX : (size_t)kib * 1024;
}

/* The number in a file; SIZE_MAX: there is none ("max"). */
static size_t number_in(const char *root, const char *path) {
  FILE *file = open_under(root, path);
  if (file == NULL) return SIZE_MAX;
  unsigned long long bytes;
  const int found = fscanf(file, "%llu", &bytes);
  fclose(file);
  return found == 1 && bytes < SIZE_MAX ? (size_t)bytes : SIZE_MAX;
}

/* The smallest limit of a group and all above it, up to the mount point, which a container sees as its root. */
static size_t least_above(const char *root, const char *mount, char *group, const char *name) {
  size_t least = SIZE_MAX;
  for (;;) {
    char path[PATH_MAX];
    if ((size_t)snprintf(path, sizeof path, "%s%s/%s", mount, group, name) < sizeof path) {
      const size_t bytes = number_in(root, path);
      if (bytes < least) least = bytes;
    }
    char *slash = strrchr(group, '/');
    if (slash == NULL) return least;
    *slash = '\0';
  }
}

static size_t cgroup_memory(const char *root) {
  FILE *file = open_under(root, "/proc/self/cgroup");
  char line[PATH_MAX], root_group[1] = "";
  size_t least = least_above(root, "/sys/fs/cgroup", root_group, "memory.max");
  while (file != NULL && fgets(line, sizeof line, file) != NULL) {
    line[strcspn(line, "\n")] = '\0';
    char *controllers = strchr(line, ':'), *group = controllers != NULL ? strchr(controllers + 1, ':') : NULL;
    if (group == NULL) continue;
    *group++ = '\0';
    const bool version_2 = controllers[1] == '\0', memory = strstr(controllers, "memory") != NULL;
    if (!version_2 && !memory) continue;
    const size_t bytes = version_2 ? least_above(root, "/sys/fs/cgroup", group, "memory.max")
                                   : least_above(root, "/sys/fs/cgroup/memory", group, "memory.limit_in_bytes");
    if (bytes < least) least = bytes;
  }
  if (file != NULL) fclose(file);
  return least;
}

size_t rc_max_bytes_under(const char *root) {
  const size_t available = available_memory(root), limit = cgroup_memory(root);
  return (available < limit ? available : limit) / 2;
}

size_t rc_default_max_bytes(void) { return rc_max_bytes_under(""); }
