/* SPDX-License-Identifier: BSD-3-Clause */
/* Reads /sys (Linux, Documentation/ABI/stable/sysfs-devices-system-cpu); what is absent is left out. */
#include "study/machine.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <rowcast/experimental.h>
#include <rowcast/kernels.h>

#include "args/lists.h"

/* No kernel numbers CPUs or nodes higher. */
enum { NUMBER_MOST = 8191 };

/* The first line of a file under /sys/devices/system/, however long, to be freed; empty: there is none. NULL: no
 * memory. */
static char *read_line(const char *format, ...) __attribute__((format(printf, 1, 2)));
static char *read_line(const char *format, ...) {
  char path[128]; /* fixed names and a number or two */
  va_list arguments;
  va_start(arguments, format);
  size_t length = (size_t)snprintf(path, sizeof path, "/sys/devices/system/");
  vsnprintf(path + length, sizeof path - length, format, arguments);
  va_end(arguments);
  char *line = NULL;
  FILE *file = fopen(path, "re");
  if (file == NULL) return strdup("");
  const bool read = getline(&line, &(size_t){0}, file) >= 0;
  fclose(file);
  if (read) line[strcspn(line, "\n")] = '\0';
  else {
    free(line);
    line = strdup("");
  }
  return line;
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

/* Room for one more of them, zeroed; NULL: no memory. */
static void *append(void **array, size_t count, size_t size) {
  char *grown = reallocarray(*array, count + 1, size);
  if (grown == NULL) return NULL;
  *array = grown;
  return memset(grown + count * size, 0, size);
}

static bool is_told(const char *line) { return line != NULL && line[0] != '\0'; }

/* False: no memory. */
static bool read_caches(struct machine *machine) {
  bool made = true, there = true;
  for (unsigned i = 0; made && there; i++) {
    char *level = read_line("cpu/cpu0/cache/index%u/level", i), *type = read_line("cpu/cpu0/cache/index%u/type", i);
    char *size = read_line("cpu/cpu0/cache/index%u/size", i),
         *shared_by = read_line("cpu/cpu0/cache/index%u/shared_cpu_list", i);
    made = level != NULL && type != NULL && size != NULL && shared_by != NULL;
    there = is_told(level);
    void *caches = machine->caches;
    struct cache *cache =
      made && there && is_told(type) && is_told(size) ? append(&caches, machine->cache_count, sizeof *cache) : NULL;
    machine->caches = caches;
    if (cache != NULL) {
      *cache = (struct cache){(unsigned)strtoul(level, NULL, 10), type, size_of_text(size), shared_by};
      type = shared_by = NULL;
      machine->cache_count++;
    } else {
      made = made && !(there && is_told(type) && is_told(size));
    }
    free(level), free(type), free(size), free(shared_by);
  }
  return made;
}

/* A CPU counts as a core when it is the first of its siblings, as a package when it is the first seen of it. */
static bool read_topology(struct machine *machine) {
  struct number_list packages = {0};
  bool made = true;
  const long configured = sysconf(_SC_NPROCESSORS_CONF);
  for (long cpu = 0; cpu < configured && made; cpu++) {
    char *siblings = read_line("cpu/cpu%ld/topology/thread_siblings_list", cpu);
    char *package = read_line("cpu/cpu%ld/topology/physical_package_id", cpu);
    made = siblings != NULL && package != NULL;
    if (is_told(siblings) && strtol(siblings, NULL, 10) == cpu) machine->cores++;
    if (is_told(siblings) && is_told(package)) { /* else it is offline */
      const size_t number = strtoul(package, NULL, 10);
      size_t i = 0;
      while (i < packages.count && packages.values[i] != number) i++;
      if (i == packages.count) made = made && list_add(&packages, number);
    }
    free(siblings), free(package);
  }
  machine->packages = packages.count;
  list_free(&packages);
  return made;
}

/* SMT, and the clock's governor, as the first CPU this process may run on tells them. */
static bool read_first_cpu(struct machine *machine) {
  const unsigned long cpu = strtoul(machine->threads.cpus, NULL, 10);
  struct number_list siblings = {0};
  struct list_fault fault;
  char *line = read_line("cpu/cpu%lu/topology/thread_siblings_list", cpu), *active = read_line("cpu/smt/active");
  if (is_told(line) && list_read(&siblings, line, 0, NUMBER_MOST, &fault)) machine->threads_per_core = siblings.count;
  machine->smt = is_told(active) ? active[0] == '1' : -1;
  machine->governor = read_line("cpu/cpu%lu/cpufreq/scaling_governor", cpu);
  const bool made = line != NULL && active != NULL && machine->governor != NULL;
  free(line), free(active);
  list_free(&siblings);
  return made;
}

/* The word in brackets: "always [madvise] never". */
static char *read_huge_pages(void) {
  char line[128] = "";
  FILE *file = fopen("/sys/kernel/mm/transparent_hugepage/enabled", "re");
  const bool read = file != NULL && fgets(line, sizeof line, file) != NULL;
  if (file != NULL) fclose(file);
  const char *begin = read ? strchr(line, '[') : NULL;
  return begin != NULL ? strndup(begin + 1, strcspn(begin + 1, "]")) : strdup("");
}

/* Lines "name<tab>: value", those of the first CPU first; of x86-64, then of AArch64. */
static bool read_traits(struct machine *machine) {
  static const struct {
    const char *name, *key;
  } known[] = {
    {"cpu family", "cpu_family"},
    {"model", "model"},
    {"stepping", "stepping"},
    {"microcode", "microcode"},
    {"CPU implementer", "cpu_implementer"},
    {"CPU architecture", "cpu_architecture"},
    {"CPU variant", "cpu_variant"},
    {"CPU part", "cpu_part"},
    {"CPU revision", "cpu_revision"},
  };
  FILE *file = fopen("/proc/cpuinfo", "re");
  char *line = NULL;
  size_t room = 0;
  bool made = true;
  while (made && file != NULL && machine->trait_count < MACHINE_TRAITS && getline(&line, &room, file) > 1) {
    const char *colon = strchr(line, ':');
    size_t length = colon != NULL ? (size_t)(colon - line) : 0;
    while (length > 0 && (line[length - 1] == '\t' || line[length - 1] == ' ')) length--;
    for (size_t i = 0; length > 0 && i < sizeof known / sizeof known[0]; i++) {
      if (strlen(known[i].name) != length || memcmp(known[i].name, line, length) != 0) continue;
      const char *value = colon + 1 + strspn(colon + 1, " ");
      struct trait *trait = &machine->traits[machine->trait_count];
      *trait = (struct trait){known[i].key, strndup(value, strcspn(value, "\n"))};
      made = trait->value != NULL;
      machine->trait_count += made;
    }
  }
  free(line);
  if (file != NULL) fclose(file);
  return made;
}

static bool read_nodes(struct machine *machine) {
  struct number_list online = {0};
  struct list_fault fault;
  char *line = read_line("node/online");
  bool made = line != NULL;
  const bool told = is_told(line) && list_read(&online, line, 0, NUMBER_MOST, &fault);
  for (size_t i = 0; told && made && i < online.count; i++) {
    void *nodes = machine->nodes;
    struct node *node = append(&nodes, machine->node_count, sizeof *node);
    machine->nodes = nodes;
    if ((made = node != NULL)) {
      machine->node_count++;
      *node = (struct node){online.values[i], read_line("node/node%zu/cpulist", online.values[i])};
      made = node->cpus != NULL;
    }
  }
  free(line);
  list_free(&online);
  return made;
}

static char *system_name(void) {
  struct utsname name;
  char *text;
  if (uname(&name) != 0) return strdup("");
  return asprintf(&text, "%s %s %s", name.sysname, name.release, name.machine) < 0 ? NULL : text;
}

rowcast_status machine_read(struct machine *machine, rowcast_error *error) {
  memset(machine, 0, sizeof *machine);
  const rowcast_status status = rowcast_cpu_detect(&machine->cpu, sizeof machine->cpu, error);
  if (status != ROWCAST_OK) return status;
  machine->system = system_name();
  const long online = sysconf(_SC_NPROCESSORS_ONLN);
  machine->cpus = online > 0 ? (size_t)online : 0;
  rowcast_default_threads_explain(&machine->threads, sizeof machine->threads);
  machine->huge_pages = read_huge_pages();
  if (machine->system != NULL && machine->huge_pages != NULL && read_traits(machine) && read_topology(machine) &&
      read_first_cpu(machine) && read_nodes(machine) && read_caches(machine))
    return ROWCAST_OK;
  *error = (rowcast_error){.status = ROWCAST_ERR_MEMORY, .text = "out of memory for what this machine has"};
  return error->status;
}

void machine_free(struct machine *machine) {
  for (size_t i = 0; i < machine->node_count; i++) free(machine->nodes[i].cpus);
  for (size_t i = 0; i < machine->cache_count; i++) free(machine->caches[i].type), free(machine->caches[i].shared_by);
  free(machine->nodes);
  free(machine->caches);
  free(machine->system);
  free(machine->governor);
  free(machine->huge_pages);
  for (size_t i = 0; i < machine->trait_count; i++) free(machine->traits[i].value);
}

void machine_isa_reason(const struct machine *machine, rowcast_isa isa, char *text, size_t size) {
  rowcast_kernel_info info;
  snprintf(text, size, "no kernel uses it");
  for (size_t i = 0; i < rowcast_kernel_count(); i++)
    if (rowcast_kernel_at(i, &machine->cpu, &info, sizeof info) == ROWCAST_OK && info.isa == isa) {
      snprintf(text, size, "%s", info.reason);
      return;
    }
}
