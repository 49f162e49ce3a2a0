/* SPDX-License-Identifier: BSD-3-Clause */
#include "watch.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* Seconds without a word until a peer is asked, and between questions; how many, and milliseconds that what was sent
 * may wait for its receipt. */
enum { IDLE = 10, BETWEEN = 5, QUESTIONS = 4, UNCONFIRMED_MS = 30000 };

static struct {
  atomic_bool ended;
  unsigned rank;
} watch;

/* Sees to it that a dead peer is noticed. Again and again: descriptors come and go. */
static void ask_peer(int fd) {
  const int on = 1, idle = IDLE, between = BETWEEN, questions = QUESTIONS;
  const unsigned unconfirmed = UNCONFIRMED_MS;
  setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof idle);
  setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &between, sizeof between);
  setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &questions, sizeof questions);
  setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &unconfirmed, sizeof unconfirmed);
}

/* Is it a TCP connection that has ended because nobody answered? One that is open is seen to. */
static bool is_lost(int fd) {
  struct tcp_info info;
  int domain, number;
  socklen_t size = sizeof domain, info_size = sizeof info, number_size = sizeof number;
  if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) != 0 || (domain != AF_INET && domain != AF_INET6))
    return false;
  if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &info_size) != 0) return false;
  if (info.tcpi_state == TCP_ESTABLISHED) ask_peer(fd);
  if (info.tcpi_state != TCP_CLOSE) return false;
  /* Reading it takes it away from whoever made the connection: one that was reset is left to them, as it was. */
  return getsockopt(fd, SOL_SOCKET, SO_ERROR, &number, &number_size) == 0 &&
         (number == ETIMEDOUT || number == EHOSTUNREACH || number == ENETUNREACH);
}

static bool any_lost(void) {
  DIR *open_files = opendir("/proc/self/fd");
  bool lost = false;
  if (open_files == NULL) return false;
  for (const struct dirent *entry; !lost && (entry = readdir(open_files)) != NULL;)
    if (entry->d_name[0] != '.') lost = is_lost((int)strtol(entry->d_name, NULL, 10));
  closedir(open_files);
  return lost;
}

static void *look(void *unused) {
  const struct timespec second = {1, 0};
  while (!atomic_load(&watch.ended)) {
    if (any_lost() && !atomic_load(&watch.ended)) {
      dprintf(STDERR_FILENO, "rowcast-mpi: rank %u cannot reach another host any more\n", watch.rank);
      kill(getpid(), SIGKILL); /* MPICH's launcher goes on waiting for a rank that exits otherwise */
    }
    nanosleep(&second, NULL);
  }
  return unused;
}

void watch_begin(unsigned rank) {
  sigset_t all, before;
  pthread_t thread;
  watch.rank = rank;
  /* Signals are for the thread that works. */
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  if (pthread_create(&thread, NULL, look, NULL) == 0) pthread_detach(thread);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void watch_end(void) { atomic_store(&watch.ended, true); }
