/* SPDX-License-Identifier: BSD-3-Clause */
/* Parts of tests that need a process of their own: with an environment of its own, with limits, and without the threads
 * that Criterion has. The test program is started anew, and the scene is played before its main(). */
#ifndef TEST_SCENE_H
#define TEST_SCENE_H

#include <stdbool.h>

/* SCENE(name) { ...; return 0; }: its number is the exit status. */
#define SCENE(name)                                                                                                    \
  static int scene_##name(void);                                                                                       \
  __attribute__((constructor(1000))) static void offer_##name(void) { scene_offer(#name, scene_##name); }              \
  static int scene_##name(void)

void scene_offer(const char *name, int (*play)(void));

/* How to play it; all zero: in this environment. */
struct scene_options {
  const char *const *environment; /* "NAME=VALUE", up to NULL; may be NULL */
  bool (*before)(void);           /* called in the new process before it is that program; false: it cannot be played */
};

/* The exit status, or minus the signal that ended it; SCENE_IMPOSSIBLE: before() said so. It is ended after a minute.
 * options may be NULL. */
enum { SCENE_IMPOSSIBLE = 77 };
int scene_play(const char *name, const struct scene_options *options);

/* Calls play() in a child of fork(), and returns as scene_play(); -SIGALRM: it took more
 * than five seconds. scene_wait() waits for a child that was made otherwise. */
int scene_child(int (*play)(void));
int scene_wait(int pid);

/* In a scene: says what failed, and counts it. */
#define SCENE_EXPECT(truth) scene_expect(truth, #truth, __FILE__, __LINE__)
void scene_expect(bool truth, const char *what, const char *file, int line);
extern int scene_failures;

/* Is OpenMP's runtime LLVM's? It ends itself for some values of OMP_NUM_THREADS, and keeps threads whose caller is
 * gone. */
bool scene_llvm_openmp(void);

/* Threads of this process, as the operating system counts them. */
unsigned scene_tasks(void);

/* Is there one again, once threads were joined? The kernel counts them for some microseconds longer. */
bool scene_is_alone(void);

#endif
