/* SPDX-License-Identifier: BSD-3-Clause */
/* The bits are the same whatever floating-point mode the caller has set, before or after OpenMP's threads started. That
 * the mode, and the exception flags, are as before after each call: test_state.c. */
#include <criterion/criterion.h>
#include <fenv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rowcast/experimental.h>
#include <rowcast/io.h>
#include <rowcast/rowcast.h>

#include "fp_modes.h"
#include "process.h"
#include "scene.h"

enum { ROWS = 600, K = 37, N = 11, DRAWN = 40 };

/* ---- What is computed ---- */

/* Everything that rounds, or that a subnormal number passes through. */
struct results {
  float c[ROWCAST_DTYPE_COUNT][3][ROWS * N], some[ROWS * N];
  int32_t classes[2][ROWS];
  double nonzero_share[2], cycles[2];
  unsigned threads;
  float drawn[DRAWN], drawn_singly[3];
  float read[8], parsed[8];
  bool are_bytes;
  char text[2][512];
};

static float x[ROWS * K], w[K * N], bias[N];
static unsigned char bytes[ROWS * K];
static char *folder;

/* Sums of subnormal products, of subnormal numbers, and of others. */
static void make_data(void) {
  for (size_t i = 0; i < ROWS * K; i++) {
    x[i] = i % 3 == 0 ? 1e-39f * (float)(i % 300) : 1e-20f * (float)(i % 7 + 1) / 3.0f;
    bytes[i] = (unsigned char)(i * i % 256 * (i % 5 == 0));
  }
  for (size_t i = 0; i < K * N; i++) w[i] = i % 2 == 0 ? 1e-18f / (float)(i + 3) : 1e-41f * (float)(i % 13);
  for (size_t i = 0; i < N; i++) bias[i] = 1e-38f / (float)(i + 2);
}

static void multiply(struct results *to, rowcast_dtype dtype, int driver) {
  static const char *const drivers[] = {"serial", "openmp", "openmp-dynamic"};
  const void *rows = dtype == ROWCAST_U8 ? (const void *)bytes : x;
  rowcast_plan_options options = ROWCAST_PLAN_DEFAULTS;
  options.driver = drivers[driver];
  options.dtype = dtype;
  options.scale = dtype == ROWCAST_U8 ? 1.0f / 255.0f : 0.7f;
  options.threads = 3;
  options.chunk_rows = 50;
  options.bias = bias;
  rowcast_plan *plan = NULL;
  SCENE_EXPECT(rowcast_plan_create(&plan, K, N, w, N, &options, NULL) == ROWCAST_OK);
  if (plan == NULL) return;
  SCENE_EXPECT(rowcast_matmul(plan, ROWS, rows, K, to->c[dtype][driver], N) == ROWCAST_OK);
  if (driver == 1) {
    SCENE_EXPECT(rowcast_predict(plan, ROWS, rows, K, to->classes[dtype]) == ROWCAST_OK);
    rowcast_choice choice;
    SCENE_EXPECT(rowcast_plan_explain(plan, ROWS, rows, K, &choice, sizeof choice) == ROWCAST_OK);
    to->nonzero_share[dtype] = choice.nonzero_share, to->cycles[dtype] = choice.cycles;
  } else if (dtype == ROWCAST_F32)
    SCENE_EXPECT(rowcast_matmul_rows(plan, 5, ROWS - 5, rows, K, to->some, N) == ROWCAST_OK);
  rowcast_plan_destroy(plan);
}

static void read_into(float *to, const void *file, size_t size, const rowcast_read_options *options) {
  rowcast_matrix matrix;
  SCENE_EXPECT(rowcast_matrix_read_memory(&matrix, file, size, "made", options, NULL) == ROWCAST_OK);
  SCENE_EXPECT(matrix.rows * matrix.cols <= 8);
  if (matrix.data != NULL) memcpy(to, matrix.data, matrix.rows * matrix.cols * sizeof *to);
  rowcast_matrix_free(&matrix);
}

static void use_files(struct results *to) {
  static const double doubles[] = {0.1, -0.1, 1e-40, -3e-45, 1.0 / 3.0, 16777217.0};
  rowcast_read_options options = ROWCAST_READ_DEFAULTS;
  options.raw_type = "<f8", options.raw_rank = 2, options.raw_dims[0] = 2, options.raw_dims[1] = 3;
  read_into(to->read, doubles, sizeof doubles, &options);
  static const char csv[] = "0.1,-0.3333333333333333\n1e-40,0.12345678901234567\n-2e-45,0.7\n";
  read_into(to->parsed, csv, sizeof csv - 1, NULL);
  rowcast_matrix matrix;
  SCENE_EXPECT(rowcast_matrix_alloc(&matrix, ROWCAST_F32, 1, 2) == ROWCAST_OK);
  float *elements = matrix.data;
  elements[0] = 0.5f, elements[1] = 1e-40f;
  to->are_bytes = rowcast_matrix_to_bytes(&matrix);
  rowcast_matrix_free(&matrix);
  for (int json = 0; json < 2; json++) {
    static const float values[] = {0.1f, 1e-40f, -0.3f, 1.0f / 3.0f, 16777215.0f, 2.5e-7f};
    char *path = path_in(folder, "text");
    rowcast_write_options write = ROWCAST_WRITE_DEFAULTS;
    write.format = json ? ROWCAST_FILE_JSON : ROWCAST_FILE_CSV;
    write.overwrite = true;
    SCENE_EXPECT(rowcast_write_f32(path, values, 2, 3, 3, &write, NULL) == ROWCAST_OK);
    FILE *file = fopen(path, "r");
    if (file != NULL) {
      fread(to->text[json], 1, sizeof to->text[json] - 1, file);
      fclose(file);
    }
    free(path);
  }
}

static void compute(struct results *to) {
  for (int dtype = 0; dtype < ROWCAST_DTYPE_COUNT; dtype++)
    for (int driver = 0; driver < 3; driver++) multiply(to, (rowcast_dtype)dtype, driver);
  to->threads = rowcast_default_threads();
  SCENE_EXPECT(rowcast_randn(7, to->drawn, DRAWN) == ROWCAST_OK);
  SCENE_EXPECT(rowcast_randn(7, to->drawn_singly, 3) == ROWCAST_OK);
  use_files(to);
}

/* ---- In which mode ---- */

static void flush(void) { fp_flush_subnormals(); }
static void towards_zero(void) { fesetround(FE_TOWARDZERO); }
static void upwards(void) { fesetround(FE_UPWARD); }
static void flush_and_downwards(void) {
  fp_flush_subnormals();
  fesetround(FE_DOWNWARD);
}
/* Where the CPU can. */
static void trap(void) { feenableexcept(FE_DIVBYZERO | FE_INVALID | FE_OVERFLOW | FE_UNDERFLOW | FE_INEXACT); }

static const struct {
  const char *name;
  void (*set)(void);
} modes[] = {{"flushing subnormals", flush},
             {"towards zero", towards_zero},
             {"upwards", upwards},
             {"flushing, and downwards", flush_and_downwards},
             {"trapping", trap}};

static struct results plain, other;

#define SAME(member)                                                                                                   \
  do {                                                                                                                 \
    const int failures = scene_failures;                                                                               \
    SCENE_EXPECT(memcmp(&plain.member, &other.member, sizeof plain.member) == 0);                                      \
    if (scene_failures > failures) fprintf(stderr, "  %s\n", modes[i].name);                                           \
  } while (0)

static void compare_with_mode(size_t i) {
  unsigned long before[FP_CONTROL], after[FP_CONTROL];
  fenv_t environment;
  memset(&other, 0, sizeof other);
  fegetenv(&environment);
  modes[i].set();
  fp_control(before);
  compute(&other);
  fp_control(after);
  fesetenv(&environment);
  SCENE_EXPECT(memcmp(before, after, sizeof before) == 0);
  SAME(c);
  SAME(some);
  SAME(classes);
  SAME(nonzero_share);
  SAME(cycles);
  SAME(threads);
  SAME(drawn);
  SAME(drawn_singly);
  SAME(read);
  SAME(parsed);
  SAME(are_bytes);
  SAME(text);
}

/* The first team is started in the default mode. */
SCENE(team_before) {
  make_data();
  folder = folder_make();
  compute(&plain);
  for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) compare_with_mode(i);
  folder_remove(folder);
  return scene_failures;
}

/* The first team is started in the mode, and keeps it: the program's own regions find it as the program made it. */
SCENE(team_in_the_mode) {
  make_data();
  folder = folder_make();
  fenv_t environment;
  fegetenv(&environment);
  flush_and_downwards();
  compute(&other);
  int rounding[3] = {0};
#pragma omp parallel for num_threads(3) schedule(static, 1)
  for (int i = 0; i < 3; i++) rounding[i] = fegetround();
  fesetenv(&environment);
  for (int i = 0; i < 3; i++) SCENE_EXPECT(rounding[i] == FE_DOWNWARD);
  compute(&plain);
  for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) compare_with_mode(i);
  folder_remove(folder);
  return scene_failures;
}

Test(fp_mode, team_started_before, .timeout = 60) { cr_expect_eq(scene_play("team_before", NULL), 0); }
Test(fp_mode, team_started_in_the_mode, .timeout = 60) { cr_expect_eq(scene_play("team_in_the_mode", NULL), 0); }

/* libzip computes in floating point, and raises flags that a caller may have trapped. */
Test(fp_mode, npz_raises_no_flag) {
  char *place = folder_make(), *path = path_in(place, "x.npz");
  static const float c[4] = {1, 2, 3, 4};
  rowcast_write_options options = ROWCAST_WRITE_DEFAULTS;
  options.format = ROWCAST_FILE_NPZ;
  rowcast_matrix matrix;
  feclearexcept(FE_ALL_EXCEPT);
  const rowcast_status written = rowcast_write_f32(path, c, 2, 2, 2, &options, NULL);
  if (written == ROWCAST_ERR_UNSUPPORTED) cr_skip_test("libzip is not built in");
  cr_assert(written == ROWCAST_OK && fetestexcept(FE_ALL_EXCEPT) == 0);
  cr_assert(rowcast_matrix_read(&matrix, path, NULL, NULL) == ROWCAST_OK);
  cr_assert(fetestexcept(FE_ALL_EXCEPT) == 0, "flags %x", (unsigned)fetestexcept(FE_ALL_EXCEPT));
  rowcast_matrix_free(&matrix);
  free(path);
  folder_remove(place);
}
