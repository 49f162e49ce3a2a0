/* SPDX-License-Identifier: BSD-3-Clause */
/* Sources: Linux Documentation/admin-guide/cgroup-v2.rst (cpu.max, cpu.stat), Documentation/scheduler/sched-bwc.rst
 * (cpu.cfs_quota_us), cgroups(7), proc(5) (mountinfo), Documentation/ABI/stable/sysfs-devices-system-cpu. */
#include "cpu_limits.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "uncancelled.h"

/* Longest path, and longest line that counts: a line of mountinfo holds two paths, and options of a page at most. */
enum { PATH_SIZE = 4096, LINE_SIZE = 16384 };
/* Where reading gives up: a file with more lines than any system has mounts. */
enum { LINES_MAX = 1 << 20 };

/* ---- Files ---- */

/* root/a/b/c as one path; false: it is too long. */
static bool join(char path[PATH_SIZE], const char *root, const char *a, const char *b, const char *c) {
  const int length = snprintf(path, PATH_SIZE, "%s%s%s%s", root, a, b, c);
  return length >= 0 && length < PATH_SIZE;
}

/* The next line without its end; lines that do not fit are passed over. */
static bool next_line(FILE *file, char *line, size_t size) {
  while (fgets(line, (int)size, file) != NULL) {
    const size_t length = strlen(line);
    if (length > 0 && line[length - 1] == '\n') {
      line[length - 1] = '\0';
      return true;
    }
    if (length + 1 < size) return true; /* the last line, without an end */
    int c;
    while ((c = getc(file)) != '\n' && c != EOF) continue;
  }
  return false;
}

/* The first line of a file; false: there is no such file, or no line that fits. */
static bool first_line(const char *path, char *line, size_t size) {
  FILE *file = fopen(path, "re");
  if (file == NULL) return false;
  const bool read = next_line(file, line, size);
  fclose(file);
  return read;
}

/* Digits up to `end` as a number; false: they are something else, or too many. */
static bool parse_count(const char *text, char end, unsigned long long *number, const char **rest) {
  char *stop;
  if (*text < '0' || *text > '9') return false;
  errno = 0;
  *number = strtoull(text, &stop, 10);
  if (errno != 0 || *stop != end) return false;
  if (rest != NULL) *rest = stop + 1;
  return true;
}

/* ---- Control groups ---- */

enum version { VERSION_1 = 1, VERSION_2 = 2 };

/* Lowers the quota to one of this many microseconds in each period. No kernel accepts a 0. */
static void apply_quota(struct rc_quota *quota, unsigned long long us, unsigned long long period_us) {
  if (us == 0 || period_us == 0) return;
  const double cpus = (double)us / (double)period_us;
  if (quota->cpus == 0.0 || cpus < quota->cpus) quota->cpus = cpus;
}

/* What reading a quota needs at a time, too much for the stacks of some threads. */
struct scratch {
  char groups[3][PATH_SIZE]; /* this process's, by version; empty: none */
  char group[PATH_SIZE], path[PATH_SIZE], line[LINE_SIZE];
};

static void read_throttled(struct rc_quota *quota, const char *group, char path[PATH_SIZE]) {
  char line[128];
  unsigned long long count;
  static const char key[] = "nr_throttled ";
  FILE *file = join(path, group, "/cpu.stat", "", "") ? fopen(path, "re") : NULL;
  if (file == NULL) return;
  for (int lines = 0; lines < LINES_MAX && next_line(file, line, sizeof line); lines++) {
    if (strncmp(line, key, sizeof key - 1) != 0) continue;
    const unsigned long long before = quota->throttled < 0 ? 0 : (unsigned long long)quota->throttled;
    if (parse_count(line + sizeof key - 1, '\0', &count, NULL) && count <= LLONG_MAX - before)
      quota->throttled = (long long)(before + count);
    break;
  }
  fclose(file);
}

/* The own limit of scratch->group. Without one version 2 says "max", version 1 -1. */
static void read_group(struct rc_quota *quota, struct scratch *scratch, enum version version) {
  const char *group = scratch->group;
  char *path = scratch->path, line[64];
  const char *rest;
  unsigned long long us, period;
  if (version == VERSION_2) {
    if (join(path, group, "/cpu.max", "", "") && first_line(path, line, sizeof line) &&
        parse_count(line, ' ', &us, &rest) && parse_count(rest, '\0', &period, NULL))
      apply_quota(quota, us, period);
  } else if (join(path, group, "/cpu.cfs_quota_us", "", "") && first_line(path, line, sizeof line) &&
             parse_count(line, '\0', &us, NULL) && join(path, group, "/cpu.cfs_period_us", "", "") &&
             first_line(path, line, sizeof line) && parse_count(line, '\0', &period, NULL)) {
    apply_quota(quota, us, period);
  }
  read_throttled(quota, group, path);
}

/* The group at `inside` below a mount point, and all above it up to the mount point itself. */
static void read_groups(struct rc_quota *quota, struct scratch *scratch, const char *root, const char *mount,
                        const char *inside, enum version version) {
  char *group = scratch->group;
  if (!join(group, root, mount, inside, "")) return;
  const size_t top = strlen(root) + strlen(mount);
  size_t length = strlen(group);
  for (;;) {
    while (length > top && group[length - 1] == '/') length--;
    group[length] = '\0';
    read_group(quota, scratch, version);
    if (length <= top) return;
    while (length > top && group[length - 1] != '/') length--;
  }
}

/* Is `word` one of a list's words, with commas between them? */
static bool has_word(const char *list, const char *word) {
  const size_t length = strlen(word);
  for (const char *at = list; *at != '\0'; at += strcspn(at, ","), at += *at == ',')
    if (strncmp(at, word, length) == 0 && (at[length] == ',' || at[length] == '\0')) return true;
  return false;
}

/* Undoes mountinfo's \040 and its like, in place. */
static void unescape(char *text) {
  char *to = text;
  for (const char *from = text; *from != '\0';) {
    if (from[0] == '\\' && from[1] >= '0' && from[1] <= '3' && from[2] >= '0' && from[2] <= '7' && from[3] >= '0' &&
        from[3] <= '7') {
      *to++ = (char)((from[1] - '0') << 6 | (from[2] - '0') << 3 | (from[3] - '0'));
      from += 4;
    } else {
      *to++ = *from++;
    }
  }
  *to = '\0';
}

/* What of a path is below `top`; NULL: it is elsewhere. "/" is above everything. */
static const char *path_below(const char *path, const char *top) {
  const size_t length = strcmp(top, "/") == 0 ? 0 : strlen(top);
  if (strncmp(path, top, length) != 0 || (path[length] != '/' && path[length] != '\0')) return NULL;
  /* Outside a cgroup namespace's root: "/../other". */
  return strstr(path + length, "/..") == NULL ? path + length : NULL;
}

/* Which version a line of mountinfo mounts, and what of it and where; false: no group with a limit on CPU time.
 *   36 35 0:30 /root /mount/point rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate */
static bool parse_mount(char *line, enum version *version, char **top, char **point) {
  char *rest = NULL, *separator = strstr(line, " - ");
  if (separator == NULL) return false;
  *separator = '\0';
  if (strtok_r(line, " ", &rest) == NULL || strtok_r(NULL, " ", &rest) == NULL || strtok_r(NULL, " ", &rest) == NULL ||
      (*top = strtok_r(NULL, " ", &rest)) == NULL || (*point = strtok_r(NULL, " ", &rest)) == NULL)
    return false;
  const char *type = strtok_r(separator + 3, " ", &rest), *options;
  if (type == NULL || strtok_r(NULL, " ", &rest) == NULL || (options = strtok_r(NULL, " ", &rest)) == NULL)
    return false;
  if (strcmp(type, "cgroup2") == 0) *version = VERSION_2;
  else if (strcmp(type, "cgroup") == 0 && has_word(options, "cpu")) *version = VERSION_1;
  else return false;
  unescape(*top);
  unescape(*point);
  return true;
}

/* The usual places, for a system that does not tell its mounts. */
static const struct {
  const char *point;
  enum version version;
} usual_mounts[] = {
  {"/sys/fs/cgroup", VERSION_2},
  {"/sys/fs/cgroup/unified", VERSION_2},
  {"/sys/fs/cgroup/cpu", VERSION_1},
  {"/sys/fs/cgroup/cpu,cpuacct", VERSION_1},
};

static void read_mounts(struct rc_quota *quota, struct scratch *scratch, const char *root) {
  char *path = scratch->path, *line = scratch->line;
  FILE *file = join(path, root, "/proc/self/mountinfo", "", "") ? fopen(path, "re") : NULL;
  if (file == NULL) {
    for (size_t i = 0; i < sizeof usual_mounts / sizeof usual_mounts[0]; i++) {
      const char *group = scratch->groups[usual_mounts[i].version];
      if (group[0] != '\0' && path_below(group, "/") != NULL)
        read_groups(quota, scratch, root, usual_mounts[i].point, group, usual_mounts[i].version);
    }
    return;
  }
  /* A hierarchy mounted twice would have its throttled periods counted twice. */
  bool seen[3] = {false};
  for (int lines = 0; lines < LINES_MAX && next_line(file, line, LINE_SIZE); lines++) {
    enum version version;
    char *top, *point;
    if (!parse_mount(line, &version, &top, &point) || seen[version]) continue;
    const char *inside = scratch->groups[version][0] == '\0' ? NULL : path_below(scratch->groups[version], top);
    if (inside == NULL) continue;
    seen[version] = true;
    read_groups(quota, scratch, root, point, inside, version);
  }
  fclose(file);
}

/* False: the system does not tell the process's groups. */
static bool read_own_groups(struct scratch *scratch, const char *root) {
  char *path = scratch->path, *line = scratch->line;
  FILE *file = join(path, root, "/proc/self/cgroup", "", "") ? fopen(path, "re") : NULL;
  if (file == NULL) return false;
  /* 0::/path is version 2, 4:cpu,cpuacct:/path version 1; a path may have colons in it. */
  for (int lines = 0; lines < LINES_MAX && next_line(file, line, PATH_SIZE); lines++) {
    char *controllers = strchr(line, ':'), *group = controllers == NULL ? NULL : strchr(controllers + 1, ':');
    if (group == NULL || group[1] != '/') continue;
    *group++ = '\0';
    if (controllers[1] == '\0' && strncmp(line, "0:", 2) == 0)
      memcpy(scratch->groups[VERSION_2], group, strlen(group) + 1);
    else if (has_word(controllers + 1, "cpu")) memcpy(scratch->groups[VERSION_1], group, strlen(group) + 1);
  }
  fclose(file);
  return true;
}

struct rc_quota rc_read_quota(const char *root) {
  RC_UNCANCELLED(before);
  struct rc_quota quota = {0.0, -1};
  struct scratch *scratch = calloc(1, sizeof *scratch);
  if (scratch != NULL && read_own_groups(scratch, root)) read_mounts(&quota, scratch, root);
  free(scratch);
  return quota;
}

/* ---- Cores ---- */

/* The last number of a list such as "0-7" or "0,4-5", however long it is; false: the file is no such list. */
static bool last_number(const char *path, unsigned long long *last) {
  FILE *file = fopen(path, "re");
  if (file == NULL) return false;
  bool digits = false, right = true;
  int c;
  *last = 0;
  while (right && (c = getc(file)) != EOF && c != '\n') {
    if (c >= '0' && c <= '9')
      right = !__builtin_mul_overflow(digits ? *last : 0, 10ull, last) &&
              !__builtin_add_overflow(*last, (unsigned)(c - '0'), last);
    else right = digits && (c == '-' || c == ',');
    digits = c >= '0' && c <= '9';
  }
  fclose(file);
  return right && digits;
}

void rc_read_cores(const char *root, struct rc_cores *cores) {
  RC_UNCANCELLED(before);
  char path[PATH_SIZE], name[64], line[PATH_SIZE]; /* of siblings the first counts, and there are eight at most */
  for (unsigned cpu = 0; cpu < RC_CPUS; cpu++) cores->first[cpu] = RC_CPUS;
  unsigned long long last;
  if (!join(path, root, "/sys/devices/system/cpu/possible", "", "") || !last_number(path, &last)) return;
  for (unsigned cpu = 0; cpu < RC_CPUS && cpu <= last; cpu++) {
    snprintf(name, sizeof name, "/sys/devices/system/cpu/cpu%u/topology/thread_siblings_list", cpu);
    if (!join(path, root, name, "", "") || !first_line(path, line, sizeof line)) continue; /* offline */
    char *end;
    errno = 0;
    const unsigned long first = strtoul(line, &end, 10);
    if (line[0] >= '0' && line[0] <= '9' && errno == 0 && first <= cpu && (*end == '\0' || *end == ',' || *end == '-'))
      cores->first[cpu] = (unsigned short)first;
  }
}

unsigned rc_count_cores(const struct rc_cores *cores, const bool *cpus, unsigned count) {
  unsigned char seen[RC_CPUS / 8] = {0}; /* a bit each */
  unsigned known = 0, unknown = 0;
  for (unsigned cpu = 0; cpu < count && cpu < RC_CPUS; cpu++) {
    const unsigned first = cores->first[cpu];
    if (!cpus[cpu]) continue;
    if (first >= RC_CPUS) unknown++;
    else if (!(seen[first / 8] >> first % 8 & 1)) seen[first / 8] |= (unsigned char)(1u << first % 8), known++;
  }
  return known > 0 ? known + unknown : 0;
}
