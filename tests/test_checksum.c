/* SPDX-License-Identifier: BSD-3-Clause */
/* The product that README shows, all 50,000 training images times randn:1, against checksums written down here: a
 * change of bits that every kernel makes alike passes all comparisons of one kernel with another, and not this one. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rowcast/experimental.h>
#include <rowcast/io.h>
#include <rowcast/rowcast.h>

#include "check_plan.h"
#include "process.h"

enum { ROWS = 50000, K = 784, N = 10 };
static const float scale = 1.0f / 256.0f;

/* CRC-32 of the result as little-endian float32, by order. A change here changes every user's bits. */
static const unsigned long checksums[ROWCAST_ORDER_COUNT] = {
  [ROWCAST_NAIVE] = 0xdd6e0f78,
  [ROWCAST_SEQUENTIAL] = 0x6e86b9fb,
  [ROWCAST_LANES8] = 0xe7955140,
  [ROWCAST_EXACT] = 0x452c3d49,
};

static const unsigned thread_counts[] = {1, 2};
enum { THREAD_COUNTS = sizeof thread_counts / sizeof thread_counts[0] };

static unsigned long checksum_of(const char *kernel, rowcast_dtype dtype, const void *x, const float *w,
                                 unsigned threads) {
  rowcast_plan_options options = ROWCAST_PLAN_DEFAULTS;
  options.kernel = kernel;
  options.dtype = dtype;
  options.scale = dtype == ROWCAST_U8 ? scale : 1.0f;
  options.threads = threads;
  rowcast_plan *plan;
  rowcast_error error;
  cr_assert_eq(rowcast_plan_create(&plan, K, N, w, N, &options, &error), ROWCAST_OK, "%s", error.text);
  float *c = malloc(sizeof *c * ROWS * N);
  cr_assert_not_null(c);
  cr_assert_eq(rowcast_matmul(plan, ROWS, x, K, c, N), ROWCAST_OK);
  const unsigned long crc = rowcast_crc32_f32(c, ROWS, N, N);
  free(c);
  rowcast_plan_destroy(plan);
  return crc;
}

ParameterizedTestParameters(checksum, of_every_kernel) {
  static unsigned number[64];
  cr_assert(rowcast_kernel_count() <= sizeof number / sizeof number[0]);
  for (unsigned i = 0; i < rowcast_kernel_count(); i++) number[i] = i;
  return cr_make_param_array(unsigned, number, rowcast_kernel_count());
}

ParameterizedTest(const unsigned *number, checksum, of_every_kernel, .timeout = 300) {
  const rowcast_kernel_info kernel = check_kernel_info(*number);
  if (!kernel.usable) cr_skip_test("%s: %s", kernel.name, kernel.reason);
  rowcast_matrix images;
  rowcast_error error;
  cr_assert_eq(rowcast_matrix_read(&images, ROWCAST_SOURCE_DIR "/data/train-images-idx3-ubyte.gz", NULL, &error),
               ROWCAST_OK, "%s", error.text);
  cr_assert(images.dtype == ROWCAST_U8 && images.rows >= ROWS && images.cols == K && images.stride == K);
  float *w = malloc(sizeof *w * K * N), *floats = malloc(sizeof *floats * ROWS * K);
  cr_assert(w != NULL && floats != NULL);
  cr_assert_eq(rowcast_randn(1, w, K * N), ROWCAST_OK);
  const unsigned char *bytes = images.data;
  for (size_t i = 0; i < (size_t)ROWS * K; i++) floats[i] = (float)bytes[i] * scale;
  for (size_t t = 0; t < THREAD_COUNTS; t++) {
    const unsigned long of_bytes = checksum_of(kernel.name, ROWCAST_U8, bytes, w, thread_counts[t]);
    const unsigned long of_floats = checksum_of(kernel.name, ROWCAST_F32, floats, w, thread_counts[t]);
    cr_expect_eq(of_bytes, checksums[kernel.order], "%s, bytes, %u threads: %08lx", kernel.name, thread_counts[t],
                 of_bytes);
    cr_expect_eq(of_floats, checksums[kernel.order], "%s, float32, %u threads: %08lx", kernel.name, thread_counts[t],
                 of_floats);
  }
  free(w), free(floats);
  rowcast_matrix_free(&images);
}

/* And as users run it: the tool, capped to each level this machine has, with the kernel left to it. */
Test(checksum, of_the_tool_on_every_isa_level, .timeout = 300) {
  static const char *const dtypes[] = {"u8", "f32"}, *const threads[] = {"1", "2"};
  rowcast_cpu cpu;
  rowcast_error error;
  rowcast_allow_amx(NULL); /* as the tool does */
  cr_assert_eq(rowcast_cpu_detect(&cpu, sizeof cpu, &error), ROWCAST_OK, "%s", error.text);
  char wanted[32];
  snprintf(wanted, sizeof wanted, "\"crc32\": \"%08lx\"", checksums[ROWCAST_LANES8]);
  for (int isa = 1; isa < ROWCAST_ISA_COUNT; isa++) {
    if (!cpu.usable[isa]) continue;
    char cap[32];
    snprintf(cap, sizeof cap, "ROWCAST_ISA=%s", rowcast_isa_name((rowcast_isa)isa));
    const struct process_options options = {.environment = (const char *const[]){cap, NULL}};
    for (size_t i = 0; i < 4; i++) {
      const char *const dtype = dtypes[i / 2], *const thread = threads[i % 2];
      struct process_result result =
        process_run(ROWCAST_ARGUMENTS("matmul", "--dtype", dtype, "--threads", thread, "--json"), &options);
      cr_assert_eq(result.status, 0, "%s", result.err);
      cr_expect_not_null(strstr(result.out, wanted), "%s, %s, %s threads: %s", cap, dtype, thread, result.out);
      process_free(&result);
    }
  }
}
