/* SPDX-License-Identifier: BSD-3-Clause */
#include "scene.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const char variable[] = "ROWCAST_TEST_SCENE";

int scene_failures;

void scene_offer(const char *name, int (*play)(void)) {
  const char *wanted = getenv(variable);
  if (wanted != NULL && strcmp(wanted, name) == 0) _exit(play());
}

int scene_wait(int pid) {
  int status;
  pid_t ended;
  do ended = waitpid(pid, &status, __WALL);
  while (ended < 0 && errno == EINTR);
  if (ended < 0) return 126;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

int scene_play(const char *name, const struct scene_options *options) {
  static const struct scene_options defaults;
  if (options == NULL) options = &defaults;
  fflush(NULL);
  const pid_t pid = fork();
  if (pid < 0) return 126;
  if (pid == 0) {
    setenv(variable, name, 1);
    for (const char *const *at = options->environment; at != NULL && *at != NULL; at++) putenv((char *)(size_t)*at);
    alarm(60);
    if (options->before != NULL && !options->before()) _exit(SCENE_IMPOSSIBLE);
    execl("/proc/self/exe", "scene", (char *)NULL);
    _exit(127);
  }
  return scene_wait(pid);
}

int scene_child(int (*play)(void)) {
  const pid_t pid = fork();
  if (pid < 0) return 126;
  if (pid == 0) {
    scene_failures = 0;
    alarm(5);
    _exit(play());
  }
  return scene_wait(pid);
}

void scene_expect(bool truth, const char *what, const char *file, int line) {
  if (truth) return;
  scene_failures++;
  fprintf(stderr, "%s:%d: process %d: not so: %s\n", file, line, (int)getpid(), what);
}

unsigned scene_tasks(void) {
  struct stat status;
  return stat("/proc/self/task", &status) == 0 ? (unsigned)status.st_nlink - 2 : 0;
}

bool scene_is_alone(void) {
  for (int waits = 0; waits < 500 && scene_tasks() > 1; waits++) usleep(10000);
  return scene_tasks() == 1;
}

extern size_t kmp_get_stacksize_s(void) __attribute__((weak));

bool scene_llvm_openmp(void) { return kmp_get_stacksize_s != NULL; }
