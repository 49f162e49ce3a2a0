/* SPDX-License-Identifier: BSD-3-Clause */
#include "halves.h"

#include <pthread.h>
#include <signal.h>
#include <sys/types.h>
#include <unistd.h>

struct part {
  int fd;
  unsigned char *to;
  size_t offset, size, got;
};

static void *read_part(void *argument) {
  struct part *part = argument;
  while (part->got < part->size) {
    const ssize_t count =
      pread(part->fd, part->to + part->got, part->size - part->got, (off_t)(part->offset + part->got));
    if (count <= 0) break;
    part->got += (size_t)count;
  }
  return NULL;
}

size_t rc_read_halves(int fd, unsigned char *to, size_t offset, size_t size) {
  const size_t half = size / 2;
  struct part first = {.fd = fd, .to = to, .offset = offset, .size = half};
  struct part second = {.fd = fd, .to = to + half, .offset = offset + half, .size = size - half};
  pthread_t thread;
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, &before); /* signals are the caller's */
  const int failed = pthread_create(&thread, NULL, read_part, &second);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  read_part(&first);
  if (failed) return first.got; /* no thread to be had: the rest is read as any file is */
  pthread_join(thread, NULL);
  return first.got == half ? half + second.got : first.got;
}
