/* SPDX-License-Identifier: BSD-3-Clause */
/* The machine this runs on, as far as it can be told without asking for privileges. */
#ifndef ROWCAST_CLI_MACHINE_H
#define ROWCAST_CLI_MACHINE_H

#include <stddef.h>

#include <rowcast/cpu.h>
#include <rowcast/experimental.h>

struct cache {
  unsigned level;
  char *type; /* "Data", "Instruction", "Unified" */
  size_t bytes;
  char *shared_by; /* a list of CPUs, e.g. "0-1"; empty: not told */
};

/* What /proc/cpuinfo says a CPU is, beside its name, which is anonymous on many servers. */
struct trait {
  const char *key; /* "cpu_family" */
  char *value;     /* as it stands there: "26", "0xb002147" */
};
enum { MACHINE_TRAITS = 6 };

struct node {
  size_t number;
  char *cpus; /* as a list; empty: not told, or it has memory only */
};

/* Counts of 0 mean that the system does not tell. It owns what it points to. */
struct machine {
  rowcast_cpu cpu;
  char *system;                 /* "Linux 6.1.0 x86_64" */
  size_t cpus, cores, packages; /* online */
  size_t threads_per_core;      /* of the first CPU this process may run on */
  int smt;                      /* are several threads a core in use anywhere? -1: not told */
  char *governor;               /* of that CPU's clock; empty: not told */
  char *huge_pages;             /* transparent ones: "always", "madvise", "never"; empty: not told */
  size_t trait_count;           /* of the first CPU that is listed */
  struct trait traits[MACHINE_TRAITS];
  rowcast_thread_choice threads; /* the default thread count and its reasons */
  size_t node_count;
  struct node *nodes;
  size_t cache_count;
  struct cache *caches; /* as CPU 0 sees them */
};

/* Fills *machine; ROWCAST_ISA must be valid already, or its error is returned, or that of missing memory. Release with
 * machine_free() in any case. */
rowcast_status machine_read(struct machine *machine, rowcast_error *error);
void machine_free(struct machine *machine);

/* Why an ISA level can or cannot be used: the reason its kernels have. */
void machine_isa_reason(const struct machine *machine, rowcast_isa isa, char *text, size_t size);

#endif
