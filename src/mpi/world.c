/* SPDX-License-Identifier: BSD-3-Clause */
#include "world.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "data/ranks.h"
#include "keeper.h"
#include "parts.h"
#include "terminal/report.h"
#include "terminal/signals.h"
#include "terminal/standard.h"
#include "watch.h"

static struct {
  bool begun;  /* MPI_Init_thread() has succeeded */
  bool failed; /* all know that one of them has */
  bool left;   /* a signal came, or MPI has failed: no more calls */
  bool broken; /* MPI has failed */
  bool parted; /* some ranks share the work, in a communicator of their own; */
  bool idle;   /* this one is not among them */
  bool told;   /* this rank has said what it complains of */
  MPI_Comm part;
  /* Complaints of this rank, until all know who was the first. */
  FILE *complaints;
  char *text;
  size_t length;
} world;

static struct ranks ranks = {
  .threads = cpus_threads,
  .share = exchange_share,
  .agree = world_agree,
  .among = world_among,
  .broadcast = exchange_broadcast,
  .sum = exchange_sum,
  .largest = exchange_largest,
  .gather = exchange_gather,
  .crc32 = exchange_crc32,
  .output_open = output_open,
  .output_commit = output_commit,
  .output_abandon = output_abandon,
};

const char *world_library(void) {
  static char text[MPI_MAX_LIBRARY_VERSION_STRING];
  int length;
  if (MPI_Get_library_version(text, &length) != MPI_SUCCESS) return "MPI";
  text[strcspn(text, ",\n")] = '\0';
  /* MPICH's begins "MPICH Version:<tab>4.0.2". */
  for (char *c = text; *c != '\0'; c++)
    if (*c == '\t') *c = ' ';
  return text;
}

/* What launchers tell those they start: how many there are, and which one this is. Slurm's are those of a step: in a
 * batch script itself, which is one process, there is no number of tasks of a step. */
static const struct launcher {
  const char *name, *size, *rank;
} launchers[] = {
  {"Open MPI's mpirun", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_RANK"},
  {"MPICH's mpiexec", "PMI_SIZE", "PMI_RANK"},
  {"srun", "SLURM_STEP_NUM_TASKS", "SLURM_PROCID"},
};
enum { LAUNCHERS = sizeof launchers / sizeof launchers[0] };

static long number_in(const char *variable) {
  const char *text = getenv(variable);
  return text != NULL ? strtol(text, NULL, 10) : 0;
}

/* Who has started this process as one of some; NULL: nobody. */
static const struct launcher *launcher(void) {
  for (size_t i = 0; i < LAUNCHERS; i++)
    if (number_in(launchers[i].size) > 0) return &launchers[i];
  return NULL;
}

/* Started as one of several, but alone in its communicator: all of them would do all of the work, and write one file.
 */
static bool is_alone(const struct launcher *by) {
  const long size = number_in(by->size);
  if (size <= 1) return false;
  if (number_in(by->rank) == 0)
    complain("%s started %ld processes, but each is alone: this program is built with %s, and needs its launcher",
             by->name, size, world_library());
  return true;
}

/* Rank 0 alone is heard. */
static bool keep_quiet(void) {
  const int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
  const bool done = nowhere >= 0 && dup2(nowhere, STDOUT_FILENO) >= 0;
  if (nowhere > STDERR_FILENO) close(nowhere);
  notes_off();
  return done;
}

bool world_begin(void) {
  const struct launcher *by = launcher();
  int provided, rank, size;
  if (by == NULL) return true;
  setenv("NO_COLOR", "1", 0); /* what looks like a terminal here may be a file behind the launcher */
  standard_output_forwarded();
  keeper_begin();
  if (MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &provided) != MPI_SUCCESS) {
    complain("MPI cannot be initialised");
    return false;
  }
  world.begun = true;
  MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  if (size == 1 && is_alone(by)) return false;
  if (size == 1) return true;
  ranks.rank = (unsigned)rank;
  ranks.size = ranks.all = (unsigned)size;
  world.complaints = open_memstream(&world.text, &world.length);
  if (world.complaints == NULL || (rank > 0 && !keep_quiet())) {
    complain("rank %d cannot start", rank);
    MPI_Abort(MPI_COMM_WORLD, EXIT_FAILED);
  }
  complain_to(world.complaints);
  ranks_use(&ranks);
  cpus_look();
  watch_begin(ranks.rank);
  return true;
}

bool world_began(int result) {
  char text[MPI_MAX_ERROR_STRING];
  int length;
  if (result == MPI_SUCCESS) return true;
  world.left = world.broken = true;
  if (MPI_Error_string(result, text, &length) != MPI_SUCCESS) text[0] = '\0';
  complain_to(NULL);
  complain("rank %u cannot reach the others: %s", ranks.rank, text);
  return false;
}

MPI_Comm world_comm(void) { return world.parted ? world.part : MPI_COMM_WORLD; }

/* An idle rank leaves the CPU to those that are measured. */
bool world_wait(MPI_Request *request) {
  enum { EAGER = 2000 /* looks without a pause: longer than a message takes within a host */ };
  const struct timespec pause = {0, world.idle ? 10000000 : 50000};
  for (unsigned looks = 0;; looks++) {
    int done;
    if (!world_began(MPI_Test(request, &done, MPI_STATUS_IGNORE))) return false;
    if (done) return true;
    if (signals_pending(NULL)) {
      world.left = true;
      return false;
    }
    if (looks > EAGER || world.idle) nanosleep(&pause, NULL);
  }
}

/* Prints what this rank has said, and which one that was. */
static void tell(void) {
  char host[MPI_MAX_PROCESSOR_NAME];
  int length;
  fflush(world.complaints);
  size_t end = world.length;
  while (end > 0 && world.text[end - 1] == '\n') end--;
  if (end == 0 || world.told) return;
  world.told = true;
  if (ranks.rank == 0) fprintf(stderr, "%.*s\n", (int)end, world.text);
  else if (MPI_Get_processor_name(host, &length) == MPI_SUCCESS)
    fprintf(stderr, "%.*s (rank %u, on %s)\n", (int)end, world.text, ranks.rank, host);
}

int world_agree(int status) {
  enum { STATUSES = 1024 };
  if (world.failed || world.left) return status != EXIT_DONE ? status : EXIT_FAILED;
  const long long own = status == EXIT_DONE ? LLONG_MAX : (long long)ranks.rank * STATUSES + status;
  long long first;
  MPI_Request request;
  if (!world_began(MPI_Iallreduce(&own, &first, 1, MPI_LONG_LONG, MPI_MIN, world_comm(), &request)) ||
      !world_wait(&request))
    return EXIT_FAILED;
  if (first == LLONG_MAX) return EXIT_DONE;
  world.failed = true;
  if (first == own) tell();
  return (int)(first % STATUSES);
}

/* All ranks are in one communicator again. Those that share the work agree first: others of them may wait for this one
 * there, where it has failed. What they know is news to those that had no part. */
static int join_all(int status) {
  if (world.parted) status = world_agree(status);
  if (world.left) return status;
  if (world.parted && MPI_Comm_free(&world.part) == MPI_SUCCESS) world.failed = false;
  world.parted = false;
  return status;
}

int world_among(int status, unsigned count) {
  status = world_agree(join_all(status));
  world.idle = false;
  if (status != EXIT_DONE) return status;
  ranks.size = count;
  world.idle = ranks.rank >= count;
  if (count == ranks.all) return status;
  const int colour = world.idle ? MPI_UNDEFINED : 0;
  if (!world_began(MPI_Comm_split(MPI_COMM_WORLD, colour, (int)ranks.rank, &world.part))) return EXIT_FAILED;
  world.parted = !world.idle;
  return status;
}

int world_finish(int status) {
  if (!world.begun) return status;
  if (ranks.all > 1) {
    status = world_agree(join_all(status));
    if (!world.failed && !world.left && ranks.rank == 0) tell();
    complain_to(NULL);
    fclose(world.complaints);
    free(world.text);
  }
  watch_end();
  if (world.broken) MPI_Abort(MPI_COMM_WORLD, status);
  MPI_Finalize();
  return status;
}
