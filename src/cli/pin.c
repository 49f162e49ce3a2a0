/* SPDX-License-Identifier: BSD-3-Clause */
/* Affinity through sched_setaffinity(2) from within a team: libgomp keeps a team's threads for the next one of its
 * size, and needs no variable set before the start. */
#include "pin.h"

#include <errno.h>
#include <omp.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"
#include "values.h"

/* Where the process might run before anything was placed. */
static cpu_set_t allowed;

bool pin_parse(const char *text, struct pin *pin) {
  static const char *const names[] = {"none", "compact", "spread"};
  memset(pin, 0, sizeof *pin);
  for (int i = 0; i < 3; i++)
    if (strcmp(text, names[i]) == 0) {
      pin->kind = (enum pin_kind)i;
      return true;
    }
  size_t cpus[PIN_CPUS];
  if (!value_list(text, 0, PIN_CPUS - 1, cpus, PIN_CPUS, &pin->count)) return false;
  pin->kind = PIN_LIST;
  for (size_t i = 0; i < pin->count; i++) pin->cpus[i] = (unsigned short)cpus[i];
  return true;
}

static long topology(unsigned cpu, const char *what) {
  char path[96];
  long value = 0;
  snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%u/topology/%s", cpu, what);
  FILE *file = fopen(path, "re");
  if (file == NULL) return 0;
  if (fscanf(file, "%ld", &value) != 1) value = 0;
  fclose(file);
  return value;
}

struct place {
  long package, core;
  unsigned cpu;
};

static int by_place(const void *left, const void *right) {
  const struct place *a = left, *b = right;
  if (a->package != b->package) return a->package < b->package ? -1 : 1;
  if (a->core != b->core) return a->core < b->core ? -1 : 1;
  return (a->cpu > b->cpu) - (a->cpu < b->cpu);
}

bool pin_prepare(struct pin *pin) {
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) {
    complain("--pin: %s", strerror(errno));
    return false;
  }
  if (pin->kind == PIN_LIST) {
    for (size_t i = 0; i < pin->count; i++)
      if (!CPU_ISSET(pin->cpus[i], &allowed)) {
        complain("--pin: this process may not run on CPU %u", pin->cpus[i]);
        return false;
      }
    return true;
  }
  struct place places[PIN_CPUS];
  pin->count = 0;
  for (unsigned cpu = 0; cpu < PIN_CPUS && cpu < CPU_SETSIZE; cpu++)
    if (CPU_ISSET(cpu, &allowed))
      places[pin->count++] = (struct place){topology(cpu, "physical_package_id"), topology(cpu, "core_id"), cpu};
  qsort(places, pin->count, sizeof *places, by_place);
  for (size_t i = 0; i < pin->count; i++) pin->cpus[i] = (unsigned short)places[i].cpu;
  return true;
}

int pin_cpu(const struct pin *pin, unsigned thread, unsigned threads) {
  if (pin->kind == PIN_NONE || pin->count == 0) return -1;
  if (pin->kind == PIN_SPREAD && threads < pin->count) return pin->cpus[thread * pin->count / threads];
  return pin->cpus[thread % pin->count];
}

void team_place(const struct team *team) {
  if (team->pin == NULL || team->pin->kind == PIN_NONE) return;
#pragma omp parallel num_threads((int)team->threads) default(none) shared(team)
  {
    cpu_set_t set;
    const int cpu = pin_cpu(team->pin, (unsigned)omp_get_thread_num(), team->threads);
    CPU_ZERO(&set);
    CPU_SET((size_t)cpu, &set);
    /* It was allowed when the pin was prepared; should that have changed, the CPUs seen tell. */
    sched_setaffinity(0, sizeof set, &set);
  }
}

void team_see(struct team *team) {
  unsigned started = 0;
  bool shared = false;
  unsigned char now[PIN_CPUS] = {0};
#pragma omp parallel num_threads((int)team->threads) default(none) shared(started, shared, now)
  {
    const int cpu = sched_getcpu();
#pragma omp critical(rowcast_team_see)
    {
      started++;
      if (cpu >= 0 && cpu < PIN_CPUS) {
        shared |= now[cpu] != 0;
        now[cpu] = 1;
      }
    }
  }
  team->started = started;
  team->shared |= shared;
  for (size_t i = 0; i < PIN_CPUS; i++) team->seen[i] |= now[i];
}

void team_release(const struct pin *pin, unsigned threads) {
  if (pin == NULL || pin->kind == PIN_NONE) return;
#pragma omp parallel num_threads((int)threads) default(none) shared(allowed)
  sched_setaffinity(0, sizeof allowed, &allowed);
}

json_t *team_json(const struct team *team) {
  json_t *array = json_array();
  for (size_t i = 0; i < PIN_CPUS; i++)
    if (team->seen[i] && json_array_append_new(array, json_integer((json_int_t)i)) != 0) {
      json_decref(array);
      return NULL;
    }
  return array;
}
