/* SPDX-License-Identifier: BSD-3-Clause */
/* Kernels of AMX on CPUs without it: with tiles in plain C, which are compared with the hardware's where there is some.
 * Where there is, the suite tests the kernels themselves as well. Also the permission that a process needs. */
#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include <rowcast/experimental.h>
#include <rowcast/rowcast.h>

#include "check_plan.h"
#include "each_kernel.h"
#include "pack.h"
#include "process.h"
#include "scene.h"

#if defined(TEST_AMX_IN_C)

#include "amx/amx.h"

static rowcast_cpu detect(void) {
  rowcast_cpu cpu;
  cr_assert(rowcast_cpu_detect(&cpu, sizeof cpu, NULL) == ROWCAST_OK);
  return cpu;
}

static bool usable(rowcast_isa isa) { return detect().usable[isa]; }

/* ---- The kernel, with tiles in plain C ---- */

struct instance {
  struct rc_weights w;
  float *packed;
};

static void destroy(void *instance) {
  struct instance *own = instance;
  free(own->packed);
  free(own);
}

static void *create(const struct check_subject *subject, size_t k, size_t n, const float *w, size_t ldw, float scale) {
  (void)subject;
  struct instance *own = calloc(1, sizeof *own);
  if (own == NULL) return NULL;
  const size_t bytes = rc_round_up(rc_pack_digits8.count(k, n) * sizeof(float), RC_ALIGNMENT);
  own->packed = aligned_alloc(RC_ALIGNMENT, bytes > 0 ? bytes : RC_ALIGNMENT);
  if (own->packed == NULL) return free(own), NULL;
  const struct rc_source source = {
    .data = w, .k_step = ldw, .n_step = 1, .type = RC_W_F32, .scale = scale == 0.0f ? 1.0f : scale};
  own->w = (struct rc_weights){.k = k, .n = n, .packed = own->packed, .panels = rc_pack_digits8.panels(k, n)};
  own->w.finite = rc_pack_digits8.pack(own->packed, &source, k, n);
  return own;
}

static bool run(void *instance, size_t m, const void *x, size_t ldx, float *c, size_t ldc) {
  in_c_amx_digits_u8(&((struct instance *)instance)->w, m, x, ldx, c, ldc);
  return true;
}

static const struct check_subject in_c = {.name = "amx-digits in C",
                                          .order = ROWCAST_EXACT,
                                          .dtype = ROWCAST_U8,
                                          .create = create,
                                          .run = run,
                                          .destroy = destroy};

static void need_avx512vnni(void) {
  if (!usable(ROWCAST_AVX512VNNI)) cr_skip_test("the kernel needs avx512vnni besides tiles");
  check_report_faults();
}

Test(amx, shapes, .timeout = 300) {
  need_avx512vnni();
  struct check_tally tally = {0};
  check_shapes(&in_c, CHECK_REDUCED, test_seed(), &tally);
  expect_none_failed(&tally);
}

Test(amx, special_values_and_batches, .timeout = 300) {
  need_avx512vnni();
  struct check_tally tally = {0};
  check_special_values(&in_c, CHECK_REDUCED, test_seed(), &tally);
  check_all_batches(&in_c, CHECK_REDUCED, test_seed(), &tally);
  expect_none_failed(&tally);
}

/* Sums that need all digits: rows of one panel and of several, of a last tile that is not full, and more of them than
 * begin with all digits at once. */
Test(amx, all_digits, .timeout = 300) {
  need_avx512vnni();
  static const size_t rows[] = {5, 16, 23, 300}, columns[] = {1, 5, 10, 33};
  char text[CHECK_TEXT];
  for (size_t r = 0; r < sizeof rows / sizeof *rows; r++)
    for (size_t n = 0; n < sizeof columns / sizeof *columns; n++) {
      const struct check_case check = {
        .m = rows[r], .k = 270 + n, .n = columns[n], .seed = test_seed() + r, .values = CHECK_FAR_APART};
      cr_assert(check_kernel(&in_c, &check, text), "%s", text);
    }
}

/* Rows around the multiples of a tile's 16, K around those of its 64 bytes, panels of every number of tiles; and the
 * longest K whose sums fit 32 bits, of which a part is skipped. */
Test(amx, edges_of_tiles, .timeout = 300) {
  need_avx512vnni();
  static const size_t rows[] = {4, 15, 16, 17, 31, 33, 64}, sizes[] = {1, 63, 64, 65, 127, 128, 129, 784},
                      columns[] = {1, 2, 4, 5, 9, 10, 13, 17};
  char text[CHECK_TEXT];
  uint64_t seed = test_seed();
  for (size_t r = 0; r < sizeof rows / sizeof *rows; r++)
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++)
      for (size_t n = 0; n < sizeof columns / sizeof *columns; n++) {
        const struct check_case check = {.m = rows[r],
                                         .k = sizes[k],
                                         .n = columns[n],
                                         .x_padding = (r + n) % 3,
                                         .side = n % 2 ? GUARD_AFTER : GUARD_BEFORE,
                                         .seed = seed++,
                                         .values = (enum check_values)((r + k) % 2 ? CHECK_PIXELS : CHECK_MIXED)};
        cr_assert(check_kernel(&in_c, &check, text), "%s", text);
      }
  for (size_t k = 65535; k <= 65537; k++) {
    const struct check_case check = {
      .m = 5, .k = k, .n = 1, .side = GUARD_AFTER, .seed = seed++, .values = CHECK_MIXED};
    cr_assert(check_kernel(&in_c, &check, text), "%s", text);
  }
}

/* ---- The tiles ---- */

static uint64_t state;

static unsigned char next_byte(void) {
  state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return (unsigned char)(state >> 56);
}

static void fill(unsigned char *bytes) {
  for (size_t i = 0; i < TILES_SIZE; i++) bytes[i] = next_byte();
}

Test(amx, tiles_in_c_are_those_of_the_hardware) {
  if (rowcast_allow_amx(NULL) != ROWCAST_OK || !detect().runs[ROWCAST_AMX]) cr_skip_test("no AMX here");
  state = test_seed();
  for (size_t i = 0; i < 20000; i++) {
    struct tiles_case one = {.rows = 1 + next_byte() % 16u,
                             .columns = 1 + next_byte() % 16u,
                             .steps = 1 + next_byte() % 16u,
                             .stride = 64 + next_byte() % 17u};
    fill(one.a), fill(one.b), fill(one.sums), fill(one.products);
    if (i % 8 == 0) memset(one.a, 255, sizeof one.a), memset(one.b, 128, sizeof one.b);
    struct tiles_case other = one;
    in_c_tiles_run(&one);
    hardware_tiles_run(&other);
    cr_assert(memcmp(&one, &other, sizeof one) == 0, "case %zu: %zu x %zu x %zu", i, one.rows, one.steps, one.columns);
  }
}

#endif

/* ---- The permission ---- */

static rowcast_feature_state state_of_tiles(const rowcast_cpu *cpu) {
  for (size_t i = 0; i < cpu->feature_count; i++)
    if (strcmp(cpu->features[i].name, "amx_tile") == 0) return cpu->features[i].state;
  return ROWCAST_FEATURE_ABSENT;
}

/* The kernel that a plan takes for bytes in the order exact. */
static bool plan_takes_amx(void) {
  static const float w[1024 * 2] = {1.0f, 2.0f};
  rowcast_plan_options options = ROWCAST_PLAN_DEFAULTS;
  options.dtype = ROWCAST_U8, options.order = ROWCAST_EXACT;
  rowcast_plan *plan;
  rowcast_plan_info info;
  if (rowcast_plan_create(&plan, 1024, 2, w, 2, &options, NULL) != ROWCAST_OK) return false;
  rowcast_plan_describe(plan, &info, sizeof info);
  const bool takes = strcmp(info.kernel, "amx-digits") == 0;
  rowcast_plan_destroy(plan);
  return takes;
}

/* A process has none unless it asks. */
SCENE(permission) {
  rowcast_cpu cpu;
  rowcast_error err = {.status = ROWCAST_OK};
  unsetenv("ROWCAST_ISA");
  SCENE_EXPECT(rowcast_cpu_detect(&cpu, sizeof cpu, NULL) == ROWCAST_OK && !cpu.usable[ROWCAST_AMX]);
  SCENE_EXPECT(!plan_takes_amx());
  errno = 0;
  if (!cpu.runs[ROWCAST_AMX]) {
    SCENE_EXPECT(rowcast_allow_amx(NULL) != ROWCAST_ERR_LIMIT && errno == 0);
    return scene_failures == 0 ? SCENE_IMPOSSIBLE : scene_failures;
  }
  for (size_t i = 0; i < rowcast_kernel_count(); i++) {
    rowcast_kernel_info info;
    SCENE_EXPECT(rowcast_kernel_at(i, &cpu, &info, sizeof info) == ROWCAST_OK);
    if (info.isa == ROWCAST_AMX)
      SCENE_EXPECT(!info.usable && strcmp(info.reason, "this process has no permission for amx_tile") == 0);
  }
  SCENE_EXPECT(state_of_tiles(&cpu) == ROWCAST_FEATURE_NOT_PERMITTED);
  SCENE_EXPECT(rowcast_allow_amx(&err) == ROWCAST_OK && err.status == ROWCAST_OK && errno == 0);
  SCENE_EXPECT(rowcast_allow_amx(NULL) == ROWCAST_OK);
  SCENE_EXPECT(rowcast_cpu_detect(&cpu, sizeof cpu, NULL) == ROWCAST_OK && cpu.usable[ROWCAST_AMX]);
  SCENE_EXPECT(state_of_tiles(&cpu) == ROWCAST_FEATURE_ENABLED && plan_takes_amx());
  return scene_failures;
}
Test(amx, needs_permission, .timeout = 60) {
  const int status = scene_play("permission", NULL);
  if (status == SCENE_IMPOSSIBLE) cr_skip_test("no AMX here");
  cr_assert_eq(status, 0);
}

/* A signal stack that AMX's state does not fit on: the permission is refused, and everything else goes on. */
SCENE(small_stack) {
  static char stack[8192];
  const stack_t small = {.ss_sp = stack, .ss_size = sizeof stack};
  rowcast_error err = {.status = ROWCAST_OK};
  rowcast_cpu cpu;
  unsetenv("ROWCAST_ISA");
  SCENE_EXPECT(rowcast_cpu_detect(&cpu, sizeof cpu, NULL) == ROWCAST_OK && sigaltstack(&small, NULL) == 0);
  if (!cpu.runs[ROWCAST_AMX]) return SCENE_IMPOSSIBLE;
  SCENE_EXPECT(rowcast_allow_amx(&err) == ROWCAST_ERR_LIMIT && strstr(err.text, "sigaltstack") != NULL);
  SCENE_EXPECT(rowcast_allow_amx(NULL) == ROWCAST_ERR_LIMIT);
  SCENE_EXPECT(rowcast_cpu_detect(&cpu, sizeof cpu, NULL) == ROWCAST_OK && !cpu.usable[ROWCAST_AMX]);
  SCENE_EXPECT(cpu.usable[ROWCAST_AVX512VNNI] == cpu.runs[ROWCAST_AVX512VNNI] && !plan_takes_amx());
  return scene_failures;
}
Test(amx, is_refused_to_small_signal_stacks, .timeout = 60) {
  const int status = scene_play("small_stack", NULL);
  if (status == SCENE_IMPOSSIBLE) cr_skip_test("no AMX here");
  cr_assert_eq(status, 0);
}
