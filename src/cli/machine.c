/* SPDX-License-Identifier: BSD-3-Clause */
/* Reads /sys (Linux, Documentation/ABI/stable/sysfs-devices-system-cpu); what is absent is left out. */
#include "machine.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <rowcast/kernels.h>

#include "values.h"

#define SYS "/sys/devices/system/"

/* The first line of a file under SYS; false: there is none. */
static bool read_line(char *line, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));
static bool read_line(char *line, size_t size, const char *format, ...) {
  char path[128] = SYS;
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(path + sizeof SYS - 1, sizeof path - sizeof SYS, format, arguments);
  va_end(arguments);
  FILE *file = fopen(path, "re");
  if (file == NULL) return false;
  const bool read = fgets(line, (int)size, file) != NULL;
  fclose(file);
  if (read) line[strcspn(line, "\n")] = '\0';
  return read && line[0] != '\0';
}

/* "512K" and its like in bytes. */
static size_t size_of_text(const char *text) {
  char *end;
  size_t size = strtoull(text, &end, 10);
  if (*end == 'K') size <<= 10;
  else if (*end == 'M') size <<= 20;
  else if (*end == 'G') size <<= 30;
  return size;
}

static void read_caches(struct machine *machine) {
  char line[MACHINE_TEXT];
  for (int i = 0; i < MACHINE_CACHES; i++) {
    struct cache *cache = &machine->caches[machine->cache_count];
    if (!read_line(line, sizeof line, "cpu/cpu0/cache/index%d/level", i)) break;
    cache->level = (unsigned)strtoul(line, NULL, 10);
    if (!read_line(cache->type, sizeof cache->type, "cpu/cpu0/cache/index%d/type", i)) continue;
    if (!read_line(line, sizeof line, "cpu/cpu0/cache/index%d/size", i)) continue;
    cache->bytes = size_of_text(line);
    if (!read_line(cache->shared_by, sizeof cache->shared_by, "cpu/cpu0/cache/index%d/shared_cpu_list", i))
      cache->shared_by[0] = '\0';
    machine->cache_count++;
  }
}

/* A CPU counts as a core when it is the first of its siblings, as a package when it is the first seen of it. */
static void read_topology(struct machine *machine) {
  enum { PACKAGES = 64 };
  unsigned long packages[PACKAGES];
  char line[MACHINE_TEXT];
  const long configured = sysconf(_SC_NPROCESSORS_CONF);
  for (long cpu = 0; cpu < configured; cpu++) {
    if (!read_line(line, sizeof line, "cpu/cpu%ld/topology/thread_siblings_list", cpu)) continue; /* offline */
    if (strtol(line, NULL, 10) == cpu) machine->cores++;
    if (!read_line(line, sizeof line, "cpu/cpu%ld/topology/physical_package_id", cpu)) continue;
    const unsigned long package = strtoul(line, NULL, 10);
    size_t i = 0;
    while (i < machine->packages && packages[i] != package) i++;
    if (i == machine->packages && i < PACKAGES) packages[machine->packages++] = package;
  }
}

/* SMT, and the clock's governor, as the first CPU this process may run on tells them. */
static void read_first_cpu(struct machine *machine) {
  char line[MACHINE_LIST];
  size_t siblings[MACHINE_SIBLINGS];
  const unsigned long cpu = strtoul(machine->threads.cpus, NULL, 10);
  if (read_line(line, sizeof line, "cpu/cpu%lu/topology/thread_siblings_list", cpu) &&
      !value_list(line, 0, MACHINE_CPU_MOST, siblings, MACHINE_SIBLINGS, &machine->threads_per_core))
    machine->threads_per_core = 0;
  if (!read_line(machine->governor, sizeof machine->governor, "cpu/cpu%lu/cpufreq/scaling_governor", cpu))
    machine->governor[0] = '\0';
  machine->smt = read_line(line, sizeof line, "cpu/smt/active") ? line[0] == '1' : -1;
}

static void read_nodes(struct machine *machine) {
  char line[MACHINE_LIST];
  size_t online[MACHINE_NODES], count;
  if (!read_line(line, sizeof line, "node/online") || !value_list(line, 0, MACHINE_CPU_MOST, online, MACHINE_NODES, &count))
    return;
  for (size_t i = 0; i < count; i++) {
    struct node *node = &machine->nodes[machine->node_count++];
    node->number = online[i];
    if (!read_line(node->cpus, sizeof node->cpus, "node/node%zu/cpulist", online[i])) node->cpus[0] = '\0';
  }
}

rowcast_status machine_read(struct machine *machine, rowcast_error *error) {
  memset(machine, 0, sizeof *machine);
  const rowcast_status status = rowcast_cpu_detect(&machine->cpu, error);
  if (status != ROWCAST_OK) return status;
  struct utsname name;
  if (uname(&name) == 0)
    snprintf(machine->system, sizeof machine->system, "%s %s %s", name.sysname, name.release, name.machine);
  const long online = sysconf(_SC_NPROCESSORS_ONLN);
  machine->cpus = online > 0 ? (size_t)online : 0;
  rowcast_default_threads_explain(&machine->threads);
  read_topology(machine);
  read_first_cpu(machine);
  read_nodes(machine);
  read_caches(machine);
  return ROWCAST_OK;
}

void machine_isa_reason(const struct machine *machine, rowcast_isa isa, char *text, size_t size) {
  rowcast_kernel_info info;
  snprintf(text, size, "no kernel is made for it");
  for (size_t i = 0; i < rowcast_kernel_count(); i++)
    if (rowcast_kernel_at(i, &machine->cpu, &info) == ROWCAST_OK && info.isa == isa) {
      snprintf(text, size, "%s", info.reason);
      return;
    }
}
