/* SPDX-License-Identifier: BSD-3-Clause */
/* Affinity through sched_setaffinity(2) from within a team: libgomp keeps a team's threads for the next one of its
 * size, and needs no variable set before the start. */
#include "study/pin.h"

#include <errno.h>
#include <omp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rowcast/experimental.h>

#include "terminal/report.h"

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

/* The process's affinity mask. A kernel refuses one that is too small for the CPUs it may have with EINVAL. */
static bool read_allowed(struct pin *pin) {
  for (size_t cpus = CPU_SETSIZE; cpus <= (size_t)1 << 20; cpus *= 2) {
    pin->size = CPU_ALLOC_SIZE(cpus);
    pin->allowed = CPU_ALLOC(cpus);
    if (pin->allowed == NULL || sched_getaffinity(0, pin->size, pin->allowed) == 0) break;
    const int number = errno;
    CPU_FREE(pin->allowed);
    pin->allowed = NULL;
    errno = number;
    if (number != EINVAL) break;
  }
  if (pin->allowed == NULL) complain("--pin: %s", strerror(errno));
  return pin->allowed != NULL;
}

/* The CPUs allowed, in the order of packages and cores. False: no memory. */
static bool order_allowed(struct pin *pin) {
  const size_t count = (size_t)CPU_COUNT_S(pin->size, pin->allowed);
  struct place *places = calloc(count + 1, sizeof *places);
  size_t found = 0;
  bool made = places != NULL;
  for (unsigned cpu = 0; made && found < count; cpu++)
    if (CPU_ISSET_S(cpu, pin->size, pin->allowed))
      places[found++] = (struct place){topology(cpu, "physical_package_id"), topology(cpu, "core_id"), cpu};
  if (made) qsort(places, found, sizeof *places, by_place);
  for (size_t i = 0; i < found && made; i++) made = list_add(&pin->cpus, places[i].cpu);
  free(places);
  return made;
}

bool pin_prepare(struct pin *pin, const struct pin_choice *asked) {
  *pin = (struct pin){.kind = asked->kind};
  if (pin->kind == PIN_NONE) return true;
  if (!read_allowed(pin)) return false;
  if (pin->kind == PIN_LIST ? !list_copy(&pin->cpus, &asked->cpus) : !order_allowed(pin)) {
    complain_of_memory("the CPUs of --pin");
    return false;
  }
  for (size_t i = 0; i < pin->cpus.count; i++)
    if (!CPU_ISSET_S(pin->cpus.values[i], pin->size, pin->allowed)) {
      complain("--pin: this process may not run on CPU %zu", pin->cpus.values[i]);
      return false;
    }
  return true;
}

void pin_free(struct pin *pin) {
  list_free(&pin->cpus);
  CPU_FREE(pin->allowed);
  pin->allowed = NULL;
}

int pin_cpu(const struct pin *pin, unsigned thread, unsigned threads) {
  const size_t count = pin->cpus.count;
  if (pin->kind == PIN_NONE || count == 0) return -1;
  if (pin->kind == PIN_SPREAD && threads < count) return (int)pin->cpus.values[thread * count / threads];
  return (int)pin->cpus.values[thread % count];
}

unsigned pin_cpus_of(const struct pin *pin, unsigned threads) {
  if (pin == NULL || pin->kind == PIN_NONE || pin->cpus.count == 0) return rowcast_available_cpus();
  bool known[PIN_CPU_MOST + 1] = {false};
  unsigned count = 0;
  for (unsigned i = 0; i < threads; i++) {
    const int cpu = pin_cpu(pin, i, threads);
    count += !known[cpu];
    known[cpu] = true;
  }
  return count;
}

/* Each thread's mask: the one CPU of its place. */
static void place_thread(const struct team *team) {
  const int cpu = pin_cpu(team->pin, (unsigned)omp_get_thread_num(), team->threads);
  cpu_set_t *set = CPU_ALLOC((size_t)cpu + 1);
  if (set == NULL) return; /* the CPUs seen tell */
  const size_t size = CPU_ALLOC_SIZE((size_t)cpu + 1);
  CPU_ZERO_S(size, set);
  CPU_SET_S((size_t)cpu, size, set);
  /* It was allowed when the pin was prepared; should that have changed, the CPUs seen tell. */
  sched_setaffinity(0, size, set);
  CPU_FREE(set);
}

void team_place(const struct team *team) {
  if (team->pin == NULL || team->pin->kind == PIN_NONE || team->pin->cpus.count == 0) return;
#pragma omp parallel num_threads((int)team->threads) default(none) shared(team)
  place_thread(team);
}

/* One thread at a time. */
static void note_cpu(struct team *team, int cpu) {
  team->started++;
  if (cpu < 0) return;
  const size_t at = (size_t)cpu;
  if (at >= team->seen_count) {
    const size_t count = 2 * at + 64;
    unsigned *grown = reallocarray(team->seen, count, sizeof *grown);
    if (grown == NULL) {
      team->failed = true;
      return;
    }
    memset(grown + team->seen_count, 0, (count - team->seen_count) * sizeof *grown);
    team->seen = grown;
    team->seen_count = count;
  }
  team->shared |= team->seen[at] == team->looks;
  team->seen[at] = team->looks;
}

void team_see(struct team *team) {
  team->started = 0;
  team->looks++;
#pragma omp parallel num_threads((int)team->threads) default(none) shared(team)
  {
    const int cpu = sched_getcpu();
#pragma omp critical(rowcast_team_see)
    note_cpu(team, cpu);
  }
}

void team_release(const struct pin *pin, unsigned threads) {
  (void)threads; /* not used without OpenMP */
  if (pin == NULL || pin->kind == PIN_NONE) return;
#pragma omp parallel num_threads((int)threads) default(none) shared(pin)
  sched_setaffinity(0, pin->size, pin->allowed);
}

json_t *team_json(const struct team *team) {
  json_t *array = team->failed ? NULL : json_array();
  for (size_t i = 0; i < team->seen_count; i++)
    if (team->seen[i] > 0 && json_array_append_new(array, json_integer((json_int_t)i)) != 0) {
      json_decref(array);
      return NULL;
    }
  return array;
}

void team_free(struct team *team) {
  free(team->seen);
  team->seen = NULL;
  team->seen_count = 0;
}
