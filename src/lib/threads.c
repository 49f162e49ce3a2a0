/* SPDX-License-Identifier: BSD-3-Clause */
/* The default thread count: asks OpenMP, the scheduler and cpu_limits.c, and takes the least. */
#include "threads.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpu_limits.h"
#include "mode.h"
#include "openmp.h"
#include "struct_size.h"
#include "team.h"

void rc_choose_threads(rowcast_thread_choice *choice) {
  unsigned threads = choice->affinity;
  choice->decided_by = ROWCAST_BY_AFFINITY;
  snprintf(choice->reason, sizeof choice->reason, "as many as the CPUs this process may run on");
  if (choice->openmp > 0) {
    /* Whoever asks OpenMP for threads knows better than a count of cores; CPUs outside the mask would only be
     * shared. */
    if (choice->openmp <= threads) {
      threads = choice->openmp;
      choice->decided_by = ROWCAST_BY_OPENMP;
      snprintf(choice->reason, sizeof choice->reason,
               "what OpenMP was asked for (OMP_NUM_THREADS, omp_set_num_threads)");
    } else {
      snprintf(choice->reason, sizeof choice->reason,
               "as many as the CPUs this process may run on, for OpenMP was asked for more (%u)", choice->openmp);
    }
  } else {
    if (choice->cores > 0 && choice->cores < threads) {
      threads = choice->cores;
      choice->decided_by = ROWCAST_BY_CORES;
      snprintf(choice->reason, sizeof choice->reason,
               "one for each physical core of the %u CPUs this process may run on", choice->affinity);
    }
    if (choice->quota > 0.0 && choice->quota <= (double)threads - 1.0) {
      threads = (unsigned)choice->quota;
      threads += (double)threads < choice->quota; /* a part of a CPU takes a thread, too */
      choice->decided_by = ROWCAST_BY_QUOTA;
      /* Not by %f: its point is the locale's. */
      const unsigned hundredths = (unsigned)(choice->quota * 100.0 + 0.5);
      snprintf(choice->reason, sizeof choice->reason, "the control group's quota of CPU time, %u.%02u CPUs",
               hundredths / 100, hundredths % 100);
    }
  }
  if (choice->limit > 0 && choice->limit < threads) {
    threads = choice->limit;
    choice->decided_by = ROWCAST_BY_LIMIT;
    snprintf(choice->reason, sizeof choice->reason, "OpenMP's limit (OMP_THREAD_LIMIT)");
  }
  choice->threads = threads;
}

/* ---- What OpenMP was asked for ---- */

bool rc_asks_for_threads(const char *text) {
  static const char spaces[] = " \t\n\v\f\r";
  if (text == NULL) return false;
  for (;; text++) {
    char *end;
    errno = 0;
    const unsigned long number = strtoul(text, &end, 10);
    if (errno != 0 || end == text || number == 0 || number > LONG_MAX) return false;
    text = end + strspn(end, spaces);
    if (*text == '\0') return true;
    if (*text != ',') return false;
  }
}

unsigned rc_asked_threads(bool by_environment, unsigned most, unsigned procs, unsigned procs_before) {
  if (most == 0 || by_environment) return most;
  /* Its own default is the CPUs there were at its start. */
  return most == procs || (most > procs && most == procs_before) ? 0 : most;
}

static bool by_environment;
static unsigned procs_before;

/* CPUs of the calling thread's mask; 0: not told. */
static unsigned count_mask(void) {
  const size_t size = CPU_ALLOC_SIZE(RC_CPUS);
  cpu_set_t *mask = CPU_ALLOC(RC_CPUS);
  const unsigned count = mask != NULL && sched_getaffinity(0, size, mask) == 0 ? (unsigned)CPU_COUNT_S(size, mask) : 0;
  CPU_FREE(mask);
  return count;
}

/* OpenMP does not tell whether it was asked for as many threads as there are CPUs, or for nothing. It reads the
 * variable when it is loaded, and so does this: what a program sets later asks nobody. */
__attribute__((constructor(101))) static void begin(void) {
  by_environment = rc_asks_for_threads(getenv("OMP_NUM_THREADS"));
  procs_before = count_mask();
}

/* ---- What the system has ---- */

/* Files of /proc and /sys are read once per process: 0.2 ms with two CPUs, and more with more. The affinity mask is
 * asked for each time. */
static struct rc_cores cores;
static double quota;
static pthread_once_t read_once = PTHREAD_ONCE_INIT;

static void read_limits(void) {
  rc_read_cores("", &cores);
  quota = rc_read_quota("").cpus;
}

/* The CPUs OpenMP may use, and how many entries there are up to the last of them; 0: not told. A thread that
 * OMP_PROC_BIND bound has a mask of its own place only, so places count where there are any. */
static unsigned read_cpus(bool cpus[RC_CPUS]) {
  unsigned count = 0;
  const int places = omp_get_num_places();
  for (int place = 0; place < places; place++) {
    const int procs = omp_get_place_num_procs(place);
    int *ids = procs > 0 ? malloc((size_t)procs * sizeof *ids) : NULL;
    if (ids == NULL) continue;
    omp_get_place_proc_ids(place, ids);
    for (int i = 0; i < procs; i++) {
      if (ids[i] < 0 || ids[i] >= RC_CPUS) continue;
      cpus[ids[i]] = true;
      if ((unsigned)ids[i] >= count) count = (unsigned)ids[i] + 1;
    }
    free(ids);
  }
  if (places > 0) return count;
  const size_t size = CPU_ALLOC_SIZE(RC_CPUS);
  cpu_set_t *mask = CPU_ALLOC(RC_CPUS);
  if (mask != NULL && sched_getaffinity(0, size, mask) == 0)
    for (int left = CPU_COUNT_S(size, mask); left > 0 && count < RC_CPUS; count++) {
      cpus[count] = CPU_ISSET_S(count, size, mask);
      left -= cpus[count];
    }
  CPU_FREE(mask);
  return count;
}

/* CPUs this process may run on. OpenMP counts all of the process's mask, also where its places are fewer: threads
 * beyond those would share them. */
static unsigned available(const bool *cpus, unsigned count) {
  const int procs = omp_get_num_procs();
  unsigned there = 0;
  for (unsigned cpu = 0; omp_get_num_places() > 0 && cpu < count; cpu++) there += cpus[cpu];
  if (procs > 0 && (there == 0 || (unsigned)procs < there)) there = (unsigned)procs;
  return there > 0 ? there : 1;
}

/* Clang asks OpenMP's runtime at the beginning of a function what is asked twice in it: that would be before
 * rc_meet_openmp(). */
#define NOT_INLINED __attribute__((noinline))

static NOT_INLINED unsigned available_now(void) {
  bool cpus[RC_CPUS] = {false};
  const unsigned count = omp_get_num_places() > 0 ? read_cpus(cpus) : 0;
  return available(cpus, count);
}

unsigned rowcast_available_cpus(void) {
  rc_meet_openmp();
  return available_now();
}

/* The CPUs as a list of ranges. */
static void list_cpus(const bool *cpus, unsigned count, char text[ROWCAST_CPUS_TEXT]) {
  size_t length = 0;
  text[0] = '\0';
  for (unsigned cpu = 0; cpu < count; cpu++) {
    const unsigned first = cpu;
    if (!cpus[cpu]) continue;
    while (cpu + 1 < count && cpus[cpu + 1]) cpu++;
    if (length + sizeof ",8191-8191,..." > ROWCAST_CPUS_TEXT) {
      snprintf(text + length, ROWCAST_CPUS_TEXT - length, ",...");
      return;
    }
    length += (size_t)snprintf(text + length, ROWCAST_CPUS_TEXT - length, "%s%u", length > 0 ? "," : "", first);
    if (cpu > first) length += (size_t)snprintf(text + length, ROWCAST_CPUS_TEXT - length, "-%u", cpu);
  }
}

/* Where there is no OpenMP, only a pool of the program's own has threads. */
static void keep_one(rowcast_thread_choice *choice) {
  choice->threads = 1;
  choice->openmp = choice->limit = 0;
  choice->decided_by = ROWCAST_BY_BUILD;
  snprintf(choice->reason, sizeof choice->reason, "the library was built without OpenMP");
}

/* All but the list of CPUs and `throttled`; cpus[] is zero at first. */
static NOT_INLINED void read_choice(rowcast_thread_choice *choice, bool cpus[RC_CPUS], unsigned *count) {
  const struct rc_mode caller = rc_mode_enter();
  pthread_once(&read_once, read_limits);
  const int procs = omp_get_num_procs();
  const int most = RC_HAS_OPENMP ? omp_get_max_threads() : 0, limit = RC_HAS_OPENMP ? omp_get_thread_limit() : 0;
  *count = read_cpus(cpus);
  choice->affinity = available(cpus, *count);
  choice->cores = rc_count_cores(&cores, cpus, *count);
  choice->quota = quota;
  if (most > 0) choice->openmp = rc_asked_threads(by_environment, (unsigned)most, (unsigned)procs, procs_before);
  else choice->openmp = 0;
  choice->limit = limit > 0 && limit < INT_MAX ? (unsigned)limit : 0;
  rc_choose_threads(choice);
  if (choice->decided_by == ROWCAST_BY_AFFINITY && choice->openmp == 0 && procs > 0 &&
      choice->affinity < (unsigned)procs)
    snprintf(choice->reason, sizeof choice->reason,
             "as many as the CPUs of OpenMP's places (OMP_PLACES, OMP_PROC_BIND)");
  rc_mode_leave(caller);
}

unsigned rc_system_threads(void) {
  rc_meet_openmp();
  bool cpus[RC_CPUS] = {false};
  unsigned count;
  rowcast_thread_choice choice;
  read_choice(&choice, cpus, &count);
  return choice.threads;
}

/* The size of rowcast_thread_choice in version 0.2. */
enum { FIRST_CHOICE = sizeof(rowcast_thread_choice) };

unsigned rowcast_default_threads(void) { return RC_HAS_OPENMP ? rc_system_threads() : 1; }

rowcast_status rowcast_default_threads_explain(rowcast_thread_choice *to, size_t size) {
  rowcast_thread_choice choice = {0};
  rc_meet_openmp();
  bool cpus[RC_CPUS] = {false};
  unsigned count;
  read_choice(&choice, cpus, &count);
  if (!RC_HAS_OPENMP) keep_one(&choice);
  list_cpus(cpus, count, choice.cpus);
  const struct rc_mode caller = rc_mode_enter();
  choice.throttled = rc_read_quota("").throttled;
  rc_mode_leave(caller);
  return rc_give_struct(to, size, FIRST_CHOICE, &choice, sizeof choice) ? ROWCAST_OK : ROWCAST_ERR_ARGUMENT;
}
