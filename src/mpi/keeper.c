/* SPDX-License-Identifier: BSD-3-Clause */
#include "keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

/* Names go through the pipe whole, in one write. */
enum { NAME = PIPE_BUF < PATH_MAX ? PIPE_BUF : PATH_MAX };

static int to_keeper = -1;

/* Reads names until the other end is closed, as it is when its process ends, however that was. */
static void keep(int from) {
  char last[NAME] = "", name[NAME];
  for (size_t got = 0;;) {
    const ssize_t bytes = read(from, name + got, sizeof name - got);
    if (bytes < 0 && errno == EINTR) continue;
    if (bytes <= 0) break;
    got += (size_t)bytes;
    if (got < sizeof name) continue;
    memcpy(last, name, sizeof last);
    got = 0;
  }
  if (last[0] != '\0') unlink(last);
  _exit(0);
}

void keeper_begin(void) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return;
  const pid_t child = fork();
  if (child == 0) {
    setsid();
    /* Whoever waits for the end of the rank's output must not wait for this process. */
    for (int fd = 0; fd < 256; fd++)
      if (fd != ends[0]) close(fd);
    for (int number = 1; number <= SIGRTMAX; number++) signal(number, SIG_IGN);
    keep(ends[0]);
  }
  close(ends[0]);
  if (child > 0) to_keeper = ends[1];
  else close(ends[1]);
}

void keeper_watch(const char *path) {
  char name[NAME] = "";
  if (to_keeper < 0 || strlen(path) >= sizeof name) return;
  strcpy(name, path);
  while (write(to_keeper, name, sizeof name) < 0 && errno == EINTR) continue;
}
