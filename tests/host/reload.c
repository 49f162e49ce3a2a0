/* SPDX-License-Identifier: BSD-3-Clause */
/* A program with plugins: it loads the shared library, multiplies with a team of threads, unloads it and goes on, many
 * times over. It is linked with neither the library nor OpenMP, which therefore come and go as the library does.
 *   reload LIBRARY */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <rowcast/plan.h>

enum { ROUNDS = 200, SETTLED = 10, ROWS = 500, K = 100, N = 10, ALLOWED_KIB = 512, ALLOWED_MAPPINGS = 20 };

static float x[ROWS * K], w[K * N], c[ROWS * N], expected[ROWS * N];

/* What the process has of the system. */
struct footprint {
  long kib, threads, mappings;
};

static struct footprint footprint(void) {
  struct footprint now = {0, 0, 0};
  char line[512];
  FILE *file = fopen("/proc/self/status", "re");
  while (file != NULL && fgets(line, sizeof line, file) != NULL) {
    if (strncmp(line, "VmSize:", 7) == 0) now.kib = strtol(line + 7, NULL, 10);
    if (strncmp(line, "Threads:", 8) == 0) now.threads = strtol(line + 8, NULL, 10);
  }
  if (file != NULL) fclose(file);
  file = fopen("/proc/self/maps", "re");
  while (file != NULL && fgets(line, sizeof line, file) != NULL) now.mappings += strchr(line, '\n') != NULL;
  if (file != NULL) fclose(file);
  return now;
}

/* dlsym() returns an object pointer. */
static void find(void *library, const char *name, void *function) {
  void *found = dlsym(library, name);
  if (found == NULL) {
    fprintf(stderr, "reload: %s\n", dlerror());
    exit(1);
  }
  memcpy(function, &found, sizeof found);
}

static void *load(const char *path) {
  void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (library != NULL) return library;
  fprintf(stderr, "reload: %s\n", dlerror());
  exit(1);
}

static void multiply(void *library, const char *driver, float *to) {
  __typeof__(&rowcast_plan_create) create;
  __typeof__(&rowcast_matmul) matmul;
  __typeof__(&rowcast_plan_destroy) destroy;
  find(library, "rowcast_plan_create", &create);
  find(library, "rowcast_matmul", &matmul);
  find(library, "rowcast_plan_destroy", &destroy);
  rowcast_plan_options options = ROWCAST_PLAN_DEFAULTS;
  options.driver = driver;
  options.threads = 3;
  rowcast_plan *plan;
  rowcast_error error;
  if (create(&plan, K, N, w, N, &options, &error) != ROWCAST_OK) {
    fprintf(stderr, "reload: %s\n", error.text);
    exit(1);
  }
  memset(to, 0xff, sizeof c);
  if (matmul(plan, ROWS, x, K, to, N) != ROWCAST_OK) exit(1);
  destroy(plan);
}

int main(int argc, char **argv) {
  if (argc == 2 && strcmp(argv[1], "--help") == 0) {
    printf("usage: reload LIBRARY\n");
    return 0;
  }
  if (argc != 2 || argv[1][0] == '-') {
    fprintf(stderr, "usage: reload LIBRARY\n");
    return 2;
  }
  for (size_t i = 0; i < ROWS * K; i++) x[i] = (float)(i % 251) - 100.5f;
  for (size_t i = 0; i < K * N; i++) w[i] = (float)(i % 13) - 6.3f;
  struct footprint settled = {0, 0, 0};
  /* Loaded only; then used as well. */
  for (int used = 0; used < 2; used++) {
    for (int i = 0; i < ROUNDS; i++) {
      void *library = load(argv[1]);
      if (used && i == 0) multiply(library, "serial", expected);
      if (used) multiply(library, "openmp", c);
      if (dlclose(library) != 0) return 1;
      if (used && memcmp(c, expected, sizeof c) != 0) {
        fprintf(stderr, "reload: round %d has other bits\n", i);
        return 1;
      }
      if (i == SETTLED) settled = footprint();
    }
    /* Its threads wait for work, in code that must still be there. */
    nanosleep(&(struct timespec){0, 50000000}, NULL);
    const struct footprint last = footprint();
    printf("%s: %ld KiB, %ld threads, %ld mappings; after %d more rounds %ld, %ld, %ld\n", used ? "used" : "loaded",
           settled.kib, settled.threads, settled.mappings, ROUNDS - SETTLED, last.kib, last.threads, last.mappings);
    if (last.kib > settled.kib + ALLOWED_KIB || last.threads > settled.threads ||
        last.mappings > settled.mappings + ALLOWED_MAPPINGS) {
      fprintf(stderr, "reload: it grows\n");
      return 1;
    }
  }
  return 0;
}
