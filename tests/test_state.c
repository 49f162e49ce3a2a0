/* SPDX-License-Identifier: BSD-3-Clause */
/* What belongs to the caller stays as it was, whatever is called, and when the library is loaded: floating-point modes,
 * signal handlers and mask, environment, locale, the standard streams' descriptors. And numbers in text are the same in
 * every locale. */
#include <criterion/criterion.h>
#include <dlfcn.h>
#include <fenv.h>
#include <locale.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <rowcast/experimental.h>
#include <rowcast/io.h>
#include <rowcast/rowcast.h>

#include "fp_modes.h"
#include "lib/threads.h"
#include "locales.h"
#include "process.h"
#include "scene.h"

extern char **environ;

/* ---- A caller's state ---- */

struct state {
  unsigned long control[FP_CONTROL];
  int rounding;
  struct sigaction action[65];
  sigset_t mask;
  stack_t stack;
  char **environment;
  char text[16384]; /* of the environment */
  char locale[512];
  mode_t umask;
  int cancel_state, cancel_type; /* pthread_cancel() */
};

static void read_state(struct state *state) {
  memset(state, 0, sizeof *state);
  fp_control(state->control);
  state->rounding = fegetround();
  for (int number = 1; number <= 64; number++) {
    struct sigaction action;
    /* 32 and 33 are the C library's own. */
    if (sigaction(number, NULL, &action) != 0) continue;
    state->action[number].sa_handler = action.sa_handler;
    /* 64 signals; what follows them is not filled in. */
    memcpy(&state->action[number].sa_mask, &action.sa_mask, 8);
    state->action[number].sa_flags = action.sa_flags;
  }
  pthread_sigmask(SIG_SETMASK, NULL, &state->mask);
  sigaltstack(NULL, &state->stack);
  state->environment = environ;
  size_t length = 0;
  for (char **at = environ; *at != NULL && length < sizeof state->text; at++)
    length += (size_t)snprintf(state->text + length, sizeof state->text - length, "%p %s\n", (void *)*at, *at);
  snprintf(state->locale, sizeof state->locale, "%s", setlocale(LC_ALL, NULL));
  state->umask = umask(0);
  umask(state->umask);
  pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state->cancel_state);
  pthread_setcancelstate(state->cancel_state, NULL);
  pthread_setcanceltype(PTHREAD_CANCEL_DEFERRED, &state->cancel_type);
  pthread_setcanceltype(state->cancel_type, NULL);
}

static void ignore(int number) { (void)number; }

/* Nothing as it is by default, where that can be. */
static void make_unusual(void) {
  struct sigaction action = {.sa_handler = ignore, .sa_flags = SA_RESTART};
  sigaction(SIGILL, &action, NULL);
  sigaction(SIGSEGV, &action, NULL);
  sigaction(SIGUSR2, &action, NULL);
  action.sa_handler = SIG_IGN;
  sigaction(SIGPIPE, &action, NULL);
  sigset_t mask;
  sigemptyset(&mask);
  sigaddset(&mask, SIGUSR1);
  pthread_sigmask(SIG_SETMASK, &mask, NULL);
  setenv("ROWCAST_TEST_NOTHING", "", 1);
  umask(027);
  fp_flush_subnormals();
  fesetround(FE_DOWNWARD);
}

static struct state before, after;

/* What was done in between left all as it was. */
static void expect_unchanged(const char *what) {
  read_state(&after);
  const int failures = scene_failures;
  SCENE_EXPECT(memcmp(before.control, after.control, sizeof before.control) == 0);
  SCENE_EXPECT(before.rounding == after.rounding);
  SCENE_EXPECT(memcmp(before.action, after.action, sizeof before.action) == 0);
  SCENE_EXPECT(memcmp(&before.mask, &after.mask, sizeof before.mask) == 0);
  SCENE_EXPECT(before.stack.ss_sp == after.stack.ss_sp && before.stack.ss_flags == after.stack.ss_flags);
  SCENE_EXPECT(before.environment == after.environment && strcmp(before.text, after.text) == 0);
  SCENE_EXPECT(strcmp(before.locale, after.locale) == 0);
  SCENE_EXPECT(before.umask == after.umask);
  SCENE_EXPECT(before.cancel_state == after.cancel_state && before.cancel_type == after.cancel_type);
  if (scene_failures > failures) fprintf(stderr, "  by %s\n", what);
}
#define UNCHANGED(call)                                                                                                \
  do {                                                                                                                 \
    (void)(call);                                                                                                      \
    expect_unchanged(#call);                                                                                           \
  } while (0)

/* ---- Every call ---- */

enum { ROWS = 500, K = 100, N = 10 };
static float w[K * N], bias[N], c[ROWS * N];
static unsigned char bytes[ROWS * K];
static float x[ROWS * K];
static int32_t classes[ROWS];

static unsigned plans;
static void call_with_plans(rowcast_dtype dtype, const char *kernel, const char *driver) {
  const void *rows = dtype == ROWCAST_U8 ? (const void *)bytes : x;
  rowcast_plan_options options = ROWCAST_PLAN_DEFAULTS;
  options.kernel = kernel;
  options.driver = driver;
  options.dtype = dtype;
  options.scale = 1.0f / 256.0f;
  options.threads = 3;
  options.bias = bias;
  rowcast_plan *plan = NULL;
  rowcast_plan_info info;
  rowcast_choice choice;
  rowcast_error error;
  UNCHANGED(rowcast_plan_create(&plan, K, N, w, N, &options, &error));
  if (plan == NULL) return; /* this CPU lacks what the kernel needs */
  plans++;
  UNCHANGED(rowcast_plan_threads_for(plan, ROWS));
  UNCHANGED(rowcast_matmul(plan, ROWS, rows, K, c, N));
  UNCHANGED(rowcast_matmul_rows(plan, 3, 40, rows, K, c, N));
  UNCHANGED(rowcast_predict(plan, ROWS, rows, K, classes));
  UNCHANGED(rowcast_matmul(plan, ROWS, NULL, K, c, N));
  rowcast_plan_describe(plan, &info, sizeof info);
  expect_unchanged("rowcast_plan_describe");
  UNCHANGED(rowcast_plan_explain(plan, ROWS, rows, K, &choice, sizeof choice));
  rowcast_plan_destroy(plan);
  expect_unchanged("rowcast_plan_destroy");
}

static void call_files(void) {
  char *folder = folder_make();
  rowcast_error error;
  rowcast_matrix matrix;
  static const char *const names[] = {"c.npy", "c.csv", "no/such"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    char *path = path_in(folder, names[i]);
    const rowcast_write_options options = {sizeof(rowcast_write_options),
                                           .format = i == 0 ? ROWCAST_FILE_NPY : ROWCAST_FILE_CSV};
    UNCHANGED(rowcast_write_check(path, false, &error));
    UNCHANGED(rowcast_write_f32(path, c, ROWS, N, N, &options, &error));
    UNCHANGED(rowcast_matrix_read(&matrix, path, NULL, &error));
    rowcast_matrix_free(&matrix);
    free(path);
  }
  UNCHANGED(rowcast_matrix_read(&matrix, ROWCAST_SOURCE_DIR "/data/t10k-labels-idx1-ubyte.gz", NULL, &error));
  rowcast_matrix_free(&matrix);
  UNCHANGED(rowcast_matrix_alloc(&matrix, ROWCAST_F32, 10, 10));
  rowcast_matrix_free(&matrix);
  expect_unchanged("rowcast_matrix_free");
  UNCHANGED(rowcast_crc32_f32(c, ROWS, N, N));
  folder_remove(folder);
}

SCENE(every_call) {
  make_unusual();
  for (size_t i = 0; i < ROWS * K; i++) bytes[i] = (unsigned char)(i * 7), x[i] = 1e-39f * (float)(i % 300);
  for (size_t i = 0; i < K * N; i++) w[i] = (float)(i % 13) - 6.3f;
  read_state(&before);
  rowcast_cpu cpu;
  rowcast_error error;
  rowcast_thread_choice threads;
  UNCHANGED(rowcast_cpu_detect(&cpu, sizeof cpu, &error));
  UNCHANGED(rowcast_default_threads());
  rowcast_default_threads_explain(&threads, sizeof threads);
  expect_unchanged("rowcast_default_threads_explain");
  UNCHANGED(rowcast_available_cpus());
  UNCHANGED(rowcast_startable_threads(5));
  UNCHANGED(rowcast_kernel_cycles(0, &cpu, K, N, 1.0));
  UNCHANGED(rowcast_auto_order(K, N));
  UNCHANGED(rowcast_randn(1, w, K * N));
  static const char *const drivers[] = {"auto", "serial", "openmp", "openmp-dynamic"};
  for (int dtype = 0; dtype < ROWCAST_DTYPE_COUNT; dtype++)
    for (size_t d = 0; d < sizeof drivers / sizeof drivers[0]; d++) {
      call_with_plans((rowcast_dtype)dtype, NULL, drivers[d]);
      for (size_t i = 0; i < rowcast_kernel_count(); i++) {
        rowcast_kernel_info info;
        UNCHANGED(rowcast_kernel_at(i, &cpu, &info, sizeof info));
        call_with_plans((rowcast_dtype)dtype, info.name, drivers[d]);
      }
    }
  SCENE_EXPECT(plans >= 2 * sizeof drivers / sizeof drivers[0]);
  call_files();
  UNCHANGED(rowcast_prepare_fork());
  return scene_failures;
}
Test(state, stays_in_every_call, .timeout = 120) { cr_expect_eq(scene_play("every_call", NULL), 0); }

/* ---- Loading ---- */

#ifdef ROWCAST_SHARED
static void load(const char *path, const char *function) {
  void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  expect_unchanged("dlopen");
  SCENE_EXPECT(library != NULL);
  if (library == NULL) return;
  SCENE_EXPECT(scene_tasks() == 1);
  SCENE_EXPECT(dlsym(library, function) != NULL);
  /* It stays loaded, and its handlers for fork() with it. */
  SCENE_EXPECT(dlclose(library) == 0);
  SCENE_EXPECT(dlopen(path, RTLD_NOW | RTLD_NOLOAD) == library);
  expect_unchanged("dlclose");
}
#endif

SCENE(loading) {
#ifdef ROWCAST_SHARED
  make_unusual();
  read_state(&before);
  load(ROWCAST_SHARED, "rowcast_prepare_fork");
  load(ROWCAST_IO_SHARED, "rowcast_reader_open");
  const pid_t child = fork();
  if (child == 0) _exit(0);
  SCENE_EXPECT(child > 0 && scene_wait(child) == 0);
#endif
  return scene_failures;
}
Test(state, stays_when_the_library_is_loaded, .timeout = 60) {
#ifndef ROWCAST_SHARED
  cr_skip_test("this build has no shared library");
#endif
  cr_expect_eq(scene_play("loading", NULL), 0);
}

/* ---- Locales ---- */

static char *read_text(const char *path) {
  static char text[4096];
  FILE *file = fopen(path, "r");
  if (file == NULL) return NULL;
  text[fread(text, 1, sizeof text - 1, file)] = '\0';
  fclose(file);
  return text;
}

/* In the locale of the environment. */
SCENE(comma) {
  SCENE_EXPECT(setlocale(LC_ALL, "") != NULL && strcmp(localeconv()->decimal_point, ",") == 0);
  read_state(&before);
  static const float values[] = {1.5f, -2.25f, 0.1f, 1e-45f, 3.4e38f, 1000000.0f};
  char *folder = folder_make(), *path = path_in(folder, "c.csv");
  UNCHANGED(rowcast_write_f32(
    path, values, 2, 3, 3, &(rowcast_write_options){sizeof(rowcast_write_options), .format = ROWCAST_FILE_CSV}, NULL));
  const char *text = read_text(path);
  SCENE_EXPECT(text != NULL && strcmp(text, "1.5,-2.25,0.100000001\n1.40129846e-45,3.39999995e+38,1000000\n") == 0);
  rowcast_thread_choice choice = {.affinity = 8, .quota = 1.5};
  rc_choose_threads(&choice);
  SCENE_EXPECT(strstr(choice.reason, " 1.50 CPUs") != NULL);
  read_state(&before); /* that was no call of the library's, and may raise flags */
  /* NPY's header has no numbers with a point; its bytes are those of the C locale. */
  char *npy = path_in(folder, "c.npy");
  UNCHANGED(rowcast_write_f32(
    npy, values, 2, 3, 3, &(rowcast_write_options){sizeof(rowcast_write_options), .format = ROWCAST_FILE_NPY}, NULL));
  rowcast_matrix matrix;
  UNCHANGED(rowcast_matrix_read(&matrix, npy, NULL, NULL));
  SCENE_EXPECT(matrix.rows == 2 && matrix.cols == 3 && memcmp(matrix.data, values, sizeof values) == 0);
  rowcast_matrix_free(&matrix);
  free(npy);
  free(path);
  folder_remove(folder);
  return scene_failures;
}

/* What the tool prints, with numbers that differ from run to run left out. */
static char *tool_output(const char *const *arguments, const char *const *environment) {
  struct process_result result = process_run(arguments, &(struct process_options){.environment = environment});
  cr_expect_eq(result.status, 0, "%s", result.err);
  free(result.err);
  return result.out;
}

Test(state, numbers_in_text_are_the_same_in_every_locale, .timeout = 120) {
  char *folder = locale_make("de_DE.UTF-8");
  if (folder == NULL) cr_skip_test("localedef is not here, or has no de_DE");
  char *place;
  cr_assert(asprintf(&place, "LOCPATH=%s", folder) > 0);
  const char *const german[] = {place, "LC_ALL=de_DE.UTF-8", "LANG=de_DE.UTF-8", NULL};
  const char *const plain[] = {"LC_ALL=C", NULL};
  cr_expect_eq(scene_play("comma", &(struct scene_options){.environment = german}), 0);
  /* The tool: a file, and what it prints of the result. */
  char *paths[2] = {path_in(folder, "german.csv"), path_in(folder, "plain.csv")};
  char *tables[2], *files[2];
  for (int i = 0; i < 2; i++) {
    const char *const *environment = i == 0 ? german : plain;
    char *text =
      tool_output(ROWCAST_ARGUMENTS("matmul", "--rows", "0:7", "-o", paths[i], "--scale", "0.00390625"), environment);
    const char *table = strstr(text, "\n\n");
    cr_assert_not_null(table, "%s", text);
    tables[i] = strdup(table);
    free(text);
    const char *file = read_text(paths[i]);
    cr_assert_not_null(file);
    files[i] = strdup(file);
    text = tool_output(ROWCAST_ARGUMENTS("matmul", "--rows", "0:7", "--json"), environment);
    cr_expect_not_null(strstr(text, "\"gflops\": "));
    cr_expect_null(strstr(strstr(text, "\"gflops\": ") == NULL ? "" : strstr(text, "\"gflops\": "), ",0"), "%s", text);
    free(text);
  }
  cr_expect_str_eq(tables[0], tables[1]);
  cr_expect_str_eq(files[0], files[1]);
  for (int i = 0; i < 2; i++) free(tables[i]), free(files[i]), free(paths[i]);
  free(place);
  folder_remove(folder);
}
