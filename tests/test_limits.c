/* SPDX-License-Identifier: BSD-3-Clause */
/* Control groups, cores and memory, on trees of files that are made for it. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "io/limits.h"
#include "lib/cpu_limits.h"
#include "process.h"

static const char two_mounts[] = "22 1 8:1 / / rw,relatime - ext4 /dev/vda1 rw\n"
                                 "30 22 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n";
static const char one_mounts[] =
  "31 22 0:27 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n"
  "32 22 0:28 / /sys/fs/cgroup/cpu,cpuacct rw,nosuid shared:10 master:2 - cgroup cgroup rw,cpu,cpuacct\n";

/* Writes folder/path, with the folders on its way. */
static void put(const char *folder, const char *path, const char *text) {
  char *name = path_in(folder, path);
  for (char *at = name + strlen(folder) + 1; (at = strchr(at, '/')) != NULL; *at++ = '/') {
    *at = '\0';
    cr_assert(mkdir(name, 0700) == 0 || errno == EEXIST, "%s: %s", name, strerror(errno));
  }
  FILE *file = fopen(name, "w");
  cr_assert_not_null(file, "%s: %s", name, strerror(errno));
  cr_assert(fputs(text, file) >= 0 && fclose(file) == 0);
  free(name);
}

/* The quota of a tree of pairs path, text; the list ends with NULL. */
static struct rc_quota quota_of(const char *const *pairs) {
  char *folder = folder_make();
  for (; pairs[0] != NULL; pairs += 2) put(folder, pairs[0], pairs[1]);
  const struct rc_quota quota = rc_read_quota(folder);
  folder_remove(folder);
  return quota;
}
#define QUOTA(...) quota_of((const char *const[]){__VA_ARGS__, NULL})

static void expect_quota(struct rc_quota quota, double cpus, long long throttled) {
  cr_assert(quota.cpus == cpus && quota.throttled == throttled, "%g CPUs, throttled %lld", quota.cpus, quota.throttled);
}

#define GROUP2 "proc/self/cgroup", "0::/a/b\n", "proc/self/mountinfo", two_mounts

Test(limits, version_2) {
  expect_quota(QUOTA(GROUP2, "sys/fs/cgroup/a/b/cpu.max", "150000 100000\n"), 1.5, -1);
  expect_quota(QUOTA(GROUP2, "sys/fs/cgroup/a/b/cpu.max", "25000 50000"), 0.5, -1);
  expect_quota(QUOTA(GROUP2, "sys/fs/cgroup/a/b/cpu.max", "max 100000\n"), 0.0, -1);
  expect_quota(QUOTA(GROUP2, "sys/fs/cgroup/a/other/cpu.max", "100000 100000\n"), 0.0, -1);
}

/* The least of the group and all above it, the mount point (a container's own group) included. */
Test(limits, version_2_nested) {
  expect_quota(
    QUOTA(GROUP2, "sys/fs/cgroup/a/b/cpu.max", "400000 100000\n", "sys/fs/cgroup/a/cpu.max", "300000 100000\n"), 3.0,
    -1);
  expect_quota(
    QUOTA(GROUP2, "sys/fs/cgroup/a/b/cpu.max", "200000 100000\n", "sys/fs/cgroup/a/cpu.max", "300000 100000\n"), 2.0,
    -1);
  expect_quota(QUOTA(GROUP2, "sys/fs/cgroup/a/b/cpu.max", "max 100000\n", "sys/fs/cgroup/a/cpu.max", "300000 100000\n"),
               3.0, -1);
  expect_quota(QUOTA(GROUP2, "sys/fs/cgroup/a/b/cpu.max", "max 100000\n", "sys/fs/cgroup/cpu.max", "70000 100000\n"),
               0.7, -1);
}

Test(limits, version_1) {
#define GROUP1 "proc/self/cgroup", "5:cpuset:/z\n4:cpu,cpuacct:/a/b\n", "proc/self/mountinfo", one_mounts
#define V1     "sys/fs/cgroup/cpu,cpuacct"
  expect_quota(QUOTA(GROUP1, V1 "/a/b/cpu.cfs_quota_us", "250000\n", V1 "/a/b/cpu.cfs_period_us", "100000\n"), 2.5, -1);
  expect_quota(QUOTA(GROUP1, V1 "/a/b/cpu.cfs_quota_us", "-1\n", V1 "/a/b/cpu.cfs_period_us", "100000\n"), 0.0, -1);
  expect_quota(QUOTA(GROUP1, V1 "/a/b/cpu.cfs_quota_us", "-1\n", V1 "/a/b/cpu.cfs_period_us", "100000\n",
                     V1 "/a/cpu.cfs_quota_us", "50000\n", V1 "/a/cpu.cfs_period_us", "20000\n"),
               2.5, -1);
  expect_quota(QUOTA(GROUP1, V1 "/a/b/cpu.cfs_quota_us", "250000\n"), 0.0, -1);
  /* The controller cpuset's group and mount are not the CPU time's. */
  expect_quota(QUOTA(GROUP1, "sys/fs/cgroup/cpuset/z/cpu.cfs_quota_us", "1000\n",
                     "sys/fs/cgroup/cpuset/z/cpu.cfs_period_us", "1000\n"),
               0.0, -1);
}

/* Both at once: systemd's hybrid set-up has the controller in version 1 and an empty version 2 tree; both count. */
Test(limits, hybrid) {
  static const char both[] = "30 22 0:26 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"
                             "32 22 0:28 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n";
#define HYBRID "proc/self/cgroup", "4:cpu:/a\n1:name=systemd:/cpu\n0::/b\n", "proc/self/mountinfo", both
  expect_quota(QUOTA(HYBRID, "sys/fs/cgroup/cpu/a/cpu.cfs_quota_us", "300000\n",
                     "sys/fs/cgroup/cpu/a/cpu.cfs_period_us", "100000\n"),
               3.0, -1);
  expect_quota(QUOTA(HYBRID, "sys/fs/cgroup/cpu/a/cpu.cfs_quota_us", "300000\n",
                     "sys/fs/cgroup/cpu/a/cpu.cfs_period_us", "100000\n", "sys/fs/cgroup/unified/b/cpu.max",
                     "200000 100000\n"),
               2.0, -1);
}

/* A container sees the host's path of its group in cgroup, and mountinfo tells which part of it is mounted. */
Test(limits, part_of_a_tree_is_mounted) {
  static const char part[] = "30 22 0:26 /pod/x\\040y /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n";
  static const char elsewhere[] = "30 22 0:26 /pod/x /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n";
  static const char usual[] = "sys/fs/cgroup/cpu.max", deeper[] = "sys/fs/cgroup/in/cpu.max";
  expect_quota(QUOTA("proc/self/cgroup", "0::/pod/x y\n", "proc/self/mountinfo", part, usual, "200000 100000\n"), 2.0,
               -1);
  expect_quota(QUOTA("proc/self/cgroup", "0::/pod/x y/in\n", "proc/self/mountinfo", part, usual, "200000 100000\n",
                     deeper, "100000 100000\n"),
               1.0, -1);
  /* /pod/x y is not below /pod/x: whatever is there is another group's. */
  expect_quota(QUOTA("proc/self/cgroup", "0::/pod/x y\n", "proc/self/mountinfo", elsewhere, usual, "200000 100000\n"),
               0.0, -1);
  expect_quota(QUOTA("proc/self/cgroup", "0::/../q\n", "proc/self/mountinfo", two_mounts, usual, "200000 100000\n"),
               0.0, -1);
  static const char twice[] =
    "30 22 0:26 /else /mnt rw - cgroup2 cgroup2 rw\n30 22 0:26 / /odd rw - cgroup2 cgroup2 rw\n";
  expect_quota(QUOTA("proc/self/cgroup", "0::/a\n", "proc/self/mountinfo", twice, "mnt/cpu.max", "100000 100000\n",
                     "odd/a/cpu.max", "500000 100000\n"),
               5.0, -1);
}

Test(limits, usual_places_without_mountinfo) {
  expect_quota(QUOTA("proc/self/cgroup", "0::/a\n", "sys/fs/cgroup/a/cpu.max", "200000 100000\n"), 2.0, -1);
  expect_quota(QUOTA("proc/self/cgroup", "3:cpu:/a\n", "sys/fs/cgroup/cpu/a/cpu.cfs_quota_us", "200000\n",
                     "sys/fs/cgroup/cpu/a/cpu.cfs_period_us", "100000\n"),
               2.0, -1);
}

Test(limits, nothing_told) {
  expect_quota(QUOTA("empty", ""), 0.0, -1);
  expect_quota(QUOTA("proc/self/cgroup", "0::/a\n"), 0.0, -1);
  expect_quota(QUOTA("sys/fs/cgroup/cpu.max", "100000 100000\n"), 0.0, -1);
  expect_quota(rc_read_quota("/nowhere/at/all"), 0.0, -1);
}

Test(limits, throttled_periods_are_summed) {
  expect_quota(QUOTA(GROUP2, "sys/fs/cgroup/a/b/cpu.stat", "usage_usec 5\nnr_periods 9\nnr_throttled 4\n",
                     "sys/fs/cgroup/a/cpu.stat", "nr_throttled 3\n"),
               0.0, 7);
  expect_quota(QUOTA(GROUP2, "sys/fs/cgroup/a/b/cpu.stat", "nr_throttled 0\n"), 0.0, 0);
  expect_quota(QUOTA(GROUP2, "sys/fs/cgroup/a/b/cpu.stat", "usage_usec 5\n"), 0.0, -1);
  expect_quota(QUOTA(GROUP2, "sys/fs/cgroup/a/b/cpu.stat", "nr_throttled many\n"), 0.0, -1);
}

Test(limits, nonsense_is_no_limit) {
  static const char *const limits[] = {
    "",
    "\n",
    "max",
    "maximum 100000\n",
    "100000\n",
    "100000 \n",
    "100000 0\n",
    "0 100000\n",
    "-5 100000\n",
    "100000 -100000\n",
    "+100000 100000\n",
    " 100000 100000\n",
    "100000 100000 100000\n",
    "1e5 100000\n",
    "99999999999999999999999 100000\n",
    "100000000000000000000000000000000000000000000000000000000000000000000000 100000\n"};
  for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
    const struct rc_quota quota = QUOTA(GROUP2, "sys/fs/cgroup/a/b/cpu.max", limits[i]);
    cr_assert(quota.cpus == 0.0, "'%s' is taken for %g CPUs", limits[i], quota.cpus);
  }
  static const char *const groups[] = {"", "\n", "0::a\n", "0:\n", "::\n", "0:cpu\n", "1::/a\n", "4:cpux,xcpu:/a\n"};
  for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++) {
    const struct rc_quota quota = QUOTA("proc/self/cgroup", groups[i], "proc/self/mountinfo", two_mounts,
                                        "sys/fs/cgroup/cpu.max", "100000 100000\n");
    cr_assert(quota.cpus == 0.0, "'%s'", groups[i]);
  }
  static const char *const mounts[] = {"",
                                       "\n",
                                       " - cgroup2 cgroup2 rw\n",
                                       "1 2 3 / - cgroup2 cgroup2 rw\n",
                                       "1 2 3 / /sys/fs/cgroup rw - cgroup2\n",
                                       "1 2 3 / /sys/fs/cgroup rw cgroup2 c rw\n",
                                       "1 2 3 / /sys/fs/cgroup rw - cgroup3 c rw\n"};
  for (size_t i = 0; i < sizeof mounts / sizeof mounts[0]; i++) {
    const struct rc_quota quota =
      QUOTA("proc/self/cgroup", "0::/\n", "proc/self/mountinfo", mounts[i], "sys/fs/cgroup/cpu.max", "100000 100000\n");
    cr_assert(quota.cpus == 0.0, "'%s'", mounts[i]);
  }
}

/* Lines that no buffer holds, and as many as one likes, hide nothing after them. */
Test(limits, huge_files) {
  enum { LONG = 100000 };
  char *text = malloc(3 * LONG + 300);
  cr_assert_not_null(text);
  memset(text, 'x', LONG);
  strcpy(text + LONG, "\n0::/a/b\n");
  expect_quota(
    QUOTA("proc/self/cgroup", text, "proc/self/mountinfo", two_mounts, "sys/fs/cgroup/a/b/cpu.max", "300000 100000\n"),
    3.0, -1);
  memcpy(text, "0::/", 4); /* a path longer than any */
  strcpy(text + LONG, "\n");
  expect_quota(
    QUOTA("proc/self/cgroup", text, "proc/self/mountinfo", two_mounts, "sys/fs/cgroup/cpu.max", "300000 100000\n"), 0.0,
    -1);
  size_t length = 0;
  for (int i = 0; length < 3 * LONG - 100; i++)
    length += (size_t)sprintf(text + length, "%d 22 0:9 / /mnt/%d rw - tmpfs tmpfs rw\n", 100 + i, i);
  strcpy(text + length, two_mounts);
  expect_quota(
    QUOTA("proc/self/cgroup", "0::/a/b\n", "proc/self/mountinfo", text, "sys/fs/cgroup/a/b/cpu.max", "300000 100000\n"),
    3.0, -1);
  free(text);
}

/* ---- Cores ---- */

/* Cores among the first `count` CPUs of a tree, and among those that `mask` has a bit for. */
static unsigned cores_of(const char *possible, const char *const *siblings, unsigned count, unsigned mask) {
  char *folder = folder_make(), name[96];
  static struct rc_cores cores;
  bool cpus[RC_CPUS] = {false};
  if (possible != NULL) put(folder, "sys/devices/system/cpu/possible", possible);
  for (unsigned cpu = 0; cpu < count; cpu++) {
    cpus[cpu] = mask >> cpu & 1;
    if (siblings[cpu] == NULL) continue;
    snprintf(name, sizeof name, "sys/devices/system/cpu/cpu%u/topology/thread_siblings_list", cpu);
    put(folder, name, siblings[cpu]);
  }
  rc_read_cores(folder, &cores);
  folder_remove(folder);
  return rc_count_cores(&cores, cpus, count);
}

Test(limits, cores) {
  static const char *const far[] = {"0,2\n", "1,3\n", "0,2\n", "1,3\n"}, *const near[] = {"0-1\n", "0-1\n", "2-3\n",
                                                                                          "2-3"};
  static const char *const alone[] = {"0\n", "1\n", "2\n", "3\n"};
  cr_expect_eq(cores_of("0-3\n", far, 4, 0xf), 2);
  cr_expect_eq(cores_of("0-3\n", near, 4, 0xf), 2);
  cr_expect_eq(cores_of("0-3\n", alone, 4, 0xf), 4);
  /* Only those this process may run on. */
  cr_expect_eq(cores_of("0-3\n", near, 4, 0x3), 1);
  cr_expect_eq(cores_of("0-3\n", far, 4, 0x3), 2);
  cr_expect_eq(cores_of("0-3\n", near, 4, 0x8), 1);
  cr_expect_eq(cores_of("0-3\n", near, 4, 0), 0);
}

Test(limits, cores_not_told) {
  static const char *const none[] = {NULL, NULL, NULL, NULL}, *const some[] = {"0-1\n", "0-1\n", NULL, NULL};
  static const char *const odd[] = {"x\n", "", "-2\n", "99999999999999999999\n"}, *const upwards[] = {"1\n", "1\n",
                                                                                                      "3x", "3"};
  cr_expect_eq(cores_of("0-3\n", none, 4, 0xf), 0);
  cr_expect_eq(cores_of("0-3\n", some, 4, 0xf), 3, "a CPU that is not told of is a core");
  cr_expect_eq(cores_of("0-3\n", odd, 4, 0xf), 0);
  cr_expect_eq(cores_of("0-3\n", upwards, 4, 0xf), 4, "the first sibling is never above the CPU");
  cr_expect_eq(cores_of(NULL, some, 4, 0xf), 0);
  cr_expect_eq(cores_of("all\n", some, 4, 0xf), 0);
  cr_expect_eq(cores_of("0-99999999999999999999\n", some, 4, 0xf), 0);
  cr_expect_eq(cores_of("0-99999\n", some, 4, 0xf), 3);
  cr_expect_eq(cores_of("0,,3\n", some, 4, 0xf), 0);
  cr_expect_eq(cores_of("0-\n", some, 4, 0xf), 0);
}

/* Every other CPU of 8192: the list is longer than a page. */
Test(limits, long_lists_of_cpus) {
  static const char *const siblings[] = {"0-1\n", "0-1\n", "2-3\n", "2-3\n"};
  char list[5 * 8192] = "0";
  for (int cpu = 2, at = 1; cpu < 8192; cpu += 2) at += sprintf(list + at, ",%d", cpu);
  strcat(list, "\n");
  cr_expect_eq(cores_of(list, siblings, 4, 0xf), 2);
}

/* The most bytes a file may take in a tree of pairs path, text. */
static size_t max_bytes_of(const char *const *pairs) {
  char *folder = folder_make();
  for (; pairs[0] != NULL; pairs += 2) put(folder, pairs[0], pairs[1]);
  const size_t bytes = rc_max_bytes_under(folder);
  folder_remove(folder);
  return bytes;
}
#define MAX_BYTES(...) max_bytes_of((const char *const[]){__VA_ARGS__, NULL})
#define MEMINFO        "proc/meminfo", "MemTotal: 9000 kB\nMemAvailable:    4000 kB\n"

Test(limits, memory) {
  cr_expect_eq(MAX_BYTES(MEMINFO), 2000 * 1024);
  cr_expect_eq(MAX_BYTES(MEMINFO, "sys/fs/cgroup/memory.max", "max\n"), 2000 * 1024);
  cr_expect_eq(MAX_BYTES(MEMINFO, "sys/fs/cgroup/memory.max", "1000000\n"), 500000);
  cr_expect_eq(MAX_BYTES(MEMINFO, "proc/self/cgroup", "0::/a/b\n", "sys/fs/cgroup/a/b/memory.max", "max\n",
                         "sys/fs/cgroup/a/memory.max", "600000\n"),
               300000);
  cr_expect_eq(MAX_BYTES(MEMINFO, "proc/self/cgroup", "0::/a/b\n", "sys/fs/cgroup/a/b/memory.max", "100\n",
                         "sys/fs/cgroup/a/memory.max", "600000\n"),
               50);
  cr_expect_eq(MAX_BYTES(MEMINFO, "proc/self/cgroup", "0::/a/b\n", "sys/fs/cgroup/a/c/memory.max", "100\n"),
               2000 * 1024);
  cr_expect_eq(MAX_BYTES(MEMINFO, "proc/self/cgroup", "7:cpu:/x\n5:memory:/docker/1\n",
                         "sys/fs/cgroup/memory/docker/1/memory.limit_in_bytes", "200\n"),
               100);
  cr_expect_eq(MAX_BYTES(MEMINFO, "proc/self/cgroup", "5:memory:/docker/1\n",
                         "sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n"),
               2000 * 1024);
  cr_expect_eq(MAX_BYTES("proc/other", ""), SIZE_MAX / 2);
}
