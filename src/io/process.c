/* SPDX-License-Identifier: BSD-3-Clause */
#include "process.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/mman.h>
#include <unistd.h>

/* Pids alone would not do: they are used again, and in another namespace both parent and child can be 1. So there is a
 * number on a page that the kernel empties in a child, which then takes the next one. NULL: there is no such page. */
static _Atomic uint32_t *page;
static _Atomic uint32_t last;
static pthread_once_t made = PTHREAD_ONCE_INIT;

static void make_page(void) {
  const size_t size = (size_t)sysconf(_SC_PAGESIZE);
  void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return;
  if (madvise(memory, size, MADV_WIPEONFORK) == 0) page = memory;
  else munmap(memory, size);
}

uint64_t rc_process(void) {
  pthread_once(&made, make_page);
  const uint64_t pid = (uint64_t)getpid();
  if (page == NULL) return pid;
  uint32_t here = atomic_load(page);
  if (here == 0) {
    const uint32_t next = atomic_fetch_add(&last, 1) + 1;
    if (atomic_compare_exchange_strong(page, &here, next)) here = next;
  }
  return (uint64_t)here << 32 | pid;
}
