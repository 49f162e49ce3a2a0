/* SPDX-License-Identifier: BSD-3-Clause */
/* Sources: libgomp's team.c and env.c, fork(2), madvise(2), setrlimit(2). libgomp keeps a pool of threads for every
 * thread that starts teams; a child has a copy of its parent's pool, and waits for ever for threads that it does not
 * have. It ends the process when pthread_create() fails, or malloc() does. */
#include "team.h"

#include <errno.h>
#include <fenv.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <rowcast/experimental.h>
#include <rowcast/plan.h>

#include "openmp.h"

/* Of LLVM's runtime alone; NULL: this is another one, which is taken for libgomp. */
extern size_t kmp_get_stacksize_s(void) __attribute__((weak));

void rc_meet_openmp(void) {
  static _Thread_local bool met;
  if (met) return;
  met = true;
  fenv_t environment;
  fegetenv(&environment);
  omp_in_parallel();
  fesetenv(&environment);
}

/* ---- Processes ---- */

/* The process that may have teams. The number alone would not do: it is used again, and in another PID namespace both
 * parent and child can be 1. So a page that the kernel empties in a child has it, too; NULL: there is no such page. */
static _Atomic pid_t home;
static _Atomic pid_t *mark;

/* A caller's pool of threads. In a child the copy of this has another process's number, and says nothing. */
static _Thread_local struct pool {
  pid_t pid;
  bool released;    /* they ended, for a fork to come */
  unsigned started; /* most threads a team had */
  unsigned last;    /* threads of the last team */
  unsigned tried;   /* most threads that could be started */
  unsigned most;    /* more were refused; 0: that has not happened */
} pool __attribute__((tls_model("initial-exec")));

/* Of the fork this thread is about: no threads of OpenMP are lost in the child. */
static _Thread_local bool fork_is_clean __attribute__((tls_model("initial-exec")));

/* One caller at a time tries and starts threads: what one has found free another might take. */
static pthread_mutex_t growing = PTHREAD_MUTEX_INITIALIZER;
static size_t stack_size;

static void settle(void) {
  const pid_t pid = getpid();
  if (mark != NULL) atomic_store(mark, pid);
  atomic_store(&home, pid);
}

static bool is_home(pid_t pid) { return atomic_load(&home) == pid && (mark == NULL || atomic_load(mark) == pid); }

/* Does this process have one thread only? Then no team is lost in a child: libgomp's threads wait for the next one. */
static bool alone(void) {
  struct stat status;
  return stat("/proc/self/task", &status) == 0 && status.st_nlink == 3;
}

static void before_fork(void) {
  const pid_t pid = getpid();
  fork_is_clean = is_home(pid) && ((pool.released && pool.pid == pid) || alone());
}

/* A child that is made by other means than fork() stays without teams. */
static void in_child(void) {
  if (!fork_is_clean) return;
  /* Another thread of the parent may have held it. */
  growing = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
  settle();
}

/* Before the constructors of programs, which may want a product already. OpenMP reads its environment now, too. */
__attribute__((constructor(101))) static void begin(void) {
  const long page = sysconf(_SC_PAGESIZE);
  void *memory = mmap(NULL, (size_t)page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory != MAP_FAILED) {
    if (madvise(memory, (size_t)page, MADV_WIPEONFORK) == 0) mark = memory;
    else munmap(memory, (size_t)page);
  }
  stack_size = rc_parse_stack(getenv("OMP_STACKSIZE"));
  if (stack_size == 0) stack_size = rc_parse_stack(getenv("GOMP_STACKSIZE"));
  /* Without the handler no child has teams. */
  pthread_atfork(before_fork, NULL, in_child);
  settle();
}

/* False: it cannot be done. LLVM's runtime looks after forks itself, and does not survive one after this. */
static bool end_pool(void) {
#if __GNUC__ >= 9 || !defined(_OPENMP) || _OPENMP >= 201811 /* GCC has it since then, and tells of OpenMP 4.5 */
  return omp_pause_resource_all(omp_pause_hard) == 0;
#else
  return false;
#endif
}

rowcast_status rowcast_prepare_fork(void) {
  rc_meet_openmp();
  const pid_t pid = getpid();
  if (omp_in_parallel()) return ROWCAST_ERR_ARGUMENT;
  /* The pool of a child's parent cannot be ended from here. */
  if (!is_home(pid)) return ROWCAST_OK;
  if (kmp_get_stacksize_s == NULL && !end_pool()) return ROWCAST_ERR_UNSUPPORTED;
  pool = (struct pool){.pid = pid, .released = true, .most = pool.pid == pid ? pool.most : 0};
  return ROWCAST_OK;
}

/* ---- Threads ---- */

size_t rc_parse_stack(const char *text) {
  static const char units[] = "bkmg";
  static const char spaces[] = " \t\n\v\f\r";
  if (text == NULL) return 0;
  text += strspn(text, spaces);
  char *end;
  errno = 0;
  const unsigned long number = strtoul(text, &end, 10);
  if (errno != 0 || end == text) return 0;
  end += strspn(end, spaces);
  unsigned shift = 10;
  if (*end != '\0') {
    const char *unit = strchr(units, *end >= 'A' && *end <= 'Z' ? *end - 'A' + 'a' : *end);
    if (unit == NULL) return 0;
    shift = 10 * (unsigned)(unit - units);
    end++;
    end += strspn(end, spaces);
  }
  return *end == '\0' && number << shift >> shift == number ? number << shift : 0;
}

/* A thread's least stack in bytes: a block of rows to classify has 15 KiB (driver.c), copies of rows 12 (gather.c), a
 * kernel's floats 16, and a signal's frame with AMX's tiles 12. */
enum { LEAST_STACK = 64 << 10 };

struct tried_thread {
  pthread_t thread;
  pid_t id;
  pthread_mutex_t *gate;
  sem_t *ready;
  void *memory;
};

static void *wait_at_gate(void *argument) {
  struct tried_thread *self = argument;
  self->id = (pid_t)syscall(SYS_gettid);
  /* Threads of LLVM's allocate, and with an arena of their own take 64 MB of the address space. */
  if (kmp_get_stacksize_s != NULL) {
    self->memory = malloc(1);
    sem_post(self->ready);
  }
  pthread_mutex_lock(self->gate);
  pthread_mutex_unlock(self->gate);
  return NULL;
}

/* A thread is joined a little before the kernel counts it no more. */
static void wait_until_gone(pid_t pid, const struct tried_thread *tried, size_t count) {
  static const struct timespec pause = {0, 20000};
  enum { PATIENCE = 50000 };
  int waits = 0;
  for (size_t i = 0; i < count; i++)
    while (syscall(SYS_tgkill, pid, tried[i].id, 0) == 0 && waits < PATIENCE) {
      if (waits++ < 100) sched_yield();
      else nanosleep(&pause, NULL);
    }
}

/* As OpenMP's threads are started. False: they are not fit to be. */
static bool set_attributes(pthread_attr_t *attributes) {
  size_t stack = kmp_get_stacksize_s != NULL ? kmp_get_stacksize_s() : stack_size;
  /* One below the system's least is not used by libgomp either. */
  if (stack > 0) pthread_attr_setstacksize(attributes, stack);
  return pthread_attr_getstacksize(attributes, &stack) == 0 && stack >= LEAST_STACK;
}

/* Of `count` threads beside those there are, how many can be started? */
static size_t try_threads(size_t count) {
  /* What libgomp will want for itself, and the list: held while the threads are there. */
  const size_t bytes = ((size_t)1 << 20) + count * 1024;
  struct tried_thread *tried =
    mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (tried == MAP_FAILED) return 0;
  pthread_attr_t attributes;
  if (pthread_attr_init(&attributes) != 0) {
    munmap(tried, bytes);
    return 0;
  }
  if (!set_attributes(&attributes)) count = 0;
  /* The caller's signals are not for these threads, and it is not cancelled between their start and end. */
  sigset_t all, before;
  int cancel;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel);
  pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
  pthread_mutex_lock(&gate);
  sem_t ready;
  sem_init(&ready, 0, 0);
  size_t started = 0;
  for (; started < count; started++) {
    tried[started].gate = &gate;
    tried[started].ready = &ready;
    if (pthread_create(&tried[started].thread, &attributes, wait_at_gate, &tried[started]) != 0) break;
    /* Its arena before the next one's stack: no order of LLVM's threads takes more. */
    while (kmp_get_stacksize_s != NULL && sem_wait(&ready) != 0) continue;
  }
  pthread_mutex_unlock(&gate);
  for (size_t i = 0; i < started; i++) {
    pthread_join(tried[i].thread, NULL);
    free(tried[i].memory);
  }
  wait_until_gone(getpid(), tried, started);
  sem_destroy(&ready);
  pthread_mutex_destroy(&gate);
  pthread_setcancelstate(cancel, NULL);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  pthread_attr_destroy(&attributes);
  munmap(tried, bytes);
  return started;
}

/* Makes libgomp start its threads. */
static void start_threads(unsigned threads) {
  (void)threads; /* not used without OpenMP */
#pragma omp parallel num_threads((int)threads)
  atomic_signal_fence(memory_order_seq_cst);
}

/* Lowers `wanted` to what can be; with `start` they are started. */
static unsigned grow(unsigned wanted, bool start) {
  pthread_mutex_lock(&growing);
  const unsigned there = pool.last > 0 ? pool.last : 1;
  unsigned can = wanted;
  if (wanted > there) can = there + (unsigned)try_threads(wanted - there);
  if (can < wanted) pool.most = can;
  if (can > pool.tried) pool.tried = can;
  if (start) {
    if (can > 1) start_threads(can);
    if (can > pool.started) pool.started = can;
    pool.last = can;
  }
  pthread_mutex_unlock(&growing);
  return can;
}

unsigned rc_team_known(unsigned wanted) {
  if (wanted <= 1 || !RC_HAS_OPENMP) return 1;
  rc_meet_openmp();
  if (omp_in_parallel()) return 1;
  const pid_t pid = getpid();
  if (!is_home(pid)) return 1;
  return pool.pid == pid && pool.most > 0 && pool.most < wanted ? pool.most : wanted;
}

/* `wanted` is more than 1. */
static unsigned size(unsigned wanted, bool start) {
  wanted = rc_team_known(wanted);
  if (wanted <= 1) return 1;
  const pid_t pid = atomic_load(&home);
  if (pool.pid != pid) pool = (struct pool){.pid = pid};
  if (start) pool.released = false;
  if (wanted <= (start ? pool.started : pool.tried)) {
    if (start) pool.last = wanted;
    return wanted;
  }
  return grow(wanted, start);
}

unsigned rc_team_size(unsigned wanted) { return wanted <= 1 ? 1 : size(wanted, false); }

unsigned rc_team_start(unsigned wanted) { return wanted <= 1 ? 1 : size(wanted, true); }

unsigned rowcast_startable_threads(unsigned wanted) {
  return rc_team_start(wanted < ROWCAST_MAX_THREADS ? wanted : ROWCAST_MAX_THREADS);
}
