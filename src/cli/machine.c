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

#include "report.h"

#define SYS_CPU "/sys/devices/system/cpu/"

/* The first line of a file under SYS_CPU; false: there is none. */
static bool read_line(char *line, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));
static bool read_line(char *line, size_t size, const char *format, ...) {
  char path[128] = SYS_CPU;
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(path + sizeof SYS_CPU - 1, sizeof path - sizeof SYS_CPU, format, arguments);
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
    if (!read_line(line, sizeof line, "cpu0/cache/index%d/level", i)) break;
    cache->level = (unsigned)strtoul(line, NULL, 10);
    if (!read_line(cache->type, sizeof cache->type, "cpu0/cache/index%d/type", i)) continue;
    if (!read_line(line, sizeof line, "cpu0/cache/index%d/size", i)) continue;
    cache->bytes = size_of_text(line);
    if (!read_line(cache->shared_by, sizeof cache->shared_by, "cpu0/cache/index%d/shared_cpu_list", i))
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
    if (!read_line(line, sizeof line, "cpu%ld/topology/thread_siblings_list", cpu)) continue; /* offline */
    if (strtol(line, NULL, 10) == cpu) machine->cores++;
    if (!read_line(line, sizeof line, "cpu%ld/topology/physical_package_id", cpu)) continue;
    const unsigned long package = strtoul(line, NULL, 10);
    size_t i = 0;
    while (i < machine->packages && packages[i] != package) i++;
    if (i == machine->packages && i < PACKAGES) packages[machine->packages++] = package;
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
  machine->available = rowcast_available_cpus();
  machine->threads = rowcast_default_threads();
  read_topology(machine);
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

static json_t *caches_json(const struct machine *machine) {
  json_t *caches = json_array();
  for (size_t i = 0; i < machine->cache_count; i++) {
    const struct cache *cache = &machine->caches[i];
    json_array_append_new(caches, json_pack("{s:i, s:s, s:I, s:s}", "level", (int)cache->level, "type", cache->type,
                                            "bytes", (json_int_t)cache->bytes, "shared_by", cache->shared_by));
  }
  return caches;
}

static json_t *features_json(const struct machine *machine) {
  json_t *features = json_array();
  for (size_t i = 0; i < machine->cpu.feature_count; i++) {
    const rowcast_cpu_feature *feature = &machine->cpu.features[i];
    json_array_append_new(features, json_pack("{s:s, s:b, s:b}", "name", feature->name, "present",
                                              (int)feature->present, "enabled", (int)feature->enabled));
  }
  return features;
}

static json_t *levels_json(const struct machine *machine) {
  json_t *levels = json_array();
  for (int isa = 0; isa < ROWCAST_ISA_COUNT; isa++) {
    char reason[ROWCAST_REASON_TEXT];
    machine_isa_reason(machine, (rowcast_isa)isa, reason, sizeof reason);
    json_array_append_new(levels, json_pack("{s:s, s:b, s:s}", "isa", rowcast_isa_name((rowcast_isa)isa), "usable",
                                            (int)machine->cpu.usable[isa], "reason", reason));
  }
  return levels;
}

static json_t *count_json(size_t count) { return count > 0 ? json_integer((json_int_t)count) : json_null(); }

json_t *machine_json(const struct machine *machine) {
  return json_pack("{s:o, s:o, s:o, s:o, s:o, s:I, s:I, s:s, s:o, s:o, s:o}", "model",
                   json_text(machine->cpu.model), "system", json_text(machine->system), "cpus",
                   count_json(machine->cpus), "cores", count_json(machine->cores), "packages",
                   count_json(machine->packages), "available_cpus", (json_int_t)machine->available, "default_threads",
                   (json_int_t)machine->threads, "rowcast_isa", machine->cpu.cap, "caches", caches_json(machine),
                   "features", features_json(machine), "isa_levels", levels_json(machine));
}
