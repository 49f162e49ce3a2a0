/* SPDX-License-Identifier: BSD-3-Clause */
/* The CPUs of a host that ranks share: each takes its part of them by default. */
#include <sched.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <mpi.h>

#include <rowcast/cpu.h>
#include <rowcast/experimental.h>

#include "data/ranks.h"
#include "parts.h"
#include "terminal/report.h"
#include "world.h"

/* CPUs that a process may run on, of as many as Linux can have. */
enum { MASK_BYTES = 1024, MASK_WORDS = MASK_BYTES / sizeof(unsigned long) };
struct mask {
  unsigned long words[MASK_WORDS];
};

static struct {
  unsigned ranks;  /* on this host */
  unsigned rivals; /* of them that have CPUs of this one's, itself included */
  unsigned own;    /* CPUs of this rank's */
  unsigned all;    /* CPUs of the host's ranks, together */
  unsigned online; /* of the host */
} host = {1, 1, 1, 1, 1};

static unsigned count(const struct mask *mask) {
  unsigned cpus = 0;
  for (size_t i = 0; i < MASK_WORDS; i++) cpus += (unsigned)__builtin_popcountl(mask->words[i]);
  return cpus;
}

void cpus_look(void) {
  MPI_Comm together;
  struct mask own = {{0}}, all = {{0}};
  int size;
  if (MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &together) != MPI_SUCCESS) return;
  MPI_Comm_size(together, &size);
  struct mask *masks = calloc((size_t)size, sizeof *masks);
  const bool known = masks != NULL && sched_getaffinity(0, sizeof own, (cpu_set_t *)&own) == 0;
  if (masks == NULL) MPI_Abort(MPI_COMM_WORLD, EXIT_FAILED);
  MPI_Allgather(&own, sizeof own, MPI_BYTE, masks, sizeof own, MPI_BYTE, together);
  MPI_Comm_free(&together);
  host.ranks = (unsigned)size;
  host.rivals = known ? 0 : (unsigned)size;
  for (int i = 0; i < size; i++) {
    bool shared = false;
    for (size_t j = 0; j < MASK_WORDS; j++) {
      shared |= (masks[i].words[j] & own.words[j]) != 0;
      all.words[j] |= masks[i].words[j];
    }
    host.rivals += shared;
  }
  host.own = count(&own);
  host.all = count(&all);
  host.online = (unsigned)sysconf(_SC_NPROCESSORS_ONLN);
  free(masks);
}

unsigned cpus_threads(void) {
  rowcast_thread_choice choice;
  if (rowcast_default_threads_explain(&choice, sizeof choice) != ROWCAST_OK) return 1;
  if (choice.decided_by == ROWCAST_BY_OPENMP || choice.decided_by == ROWCAST_BY_BUILD) return 0;
  /* A quota is one control group's, whatever CPUs each rank has of it. */
  const unsigned rivals = choice.decided_by == ROWCAST_BY_QUOTA ? host.ranks : host.rivals;
  return rivals == 0 || choice.threads <= rivals ? 1 : choice.threads / rivals;
}

int cpus_note(unsigned threads) {
  if (threads == 0) threads = cpus_threads();
  if (threads == 0) threads = rowcast_default_threads();
  const unsigned taken = host.ranks * threads;
  uint64_t ranks[2] = {host.own == 1 && host.online > host.all, (taken > host.all)};
  const int status = exchange_sum(EXIT_DONE, ranks, 2);
  if (status != EXIT_DONE) return status;
  const unsigned long long bound = ranks[0], crowded = ranks[1];
  if (bound > 0)
    note("%llu of %u ranks may run on one CPU only, of a host that has more; mpirun --bind-to none gives them all",
         bound, ranks_here()->size);
  if (crowded > 0)
    note("%llu of %u ranks share a host that has fewer CPUs than they have threads: here %u ranks, %u CPUs", crowded,
         ranks_here()->size, host.ranks, host.all);
  return status;
}
