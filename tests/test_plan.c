/* SPDX-License-Identifier: BSD-3-Clause */
/* Plans: what is refused and how, empty shapes, and what a plan tells about itself. The numbers themselves are
 * tested elsewhere. */
#include <criterion/criterion.h>
#include <limits.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <rowcast/experimental.h>
#include <rowcast/rowcast.h>

#include "fixture.h"
#include "sanitized.h"
#include "needs_openmp.h"

static const rowcast_plan_options defaults = ROWCAST_PLAN_DEFAULTS;

static rowcast_plan *make_plan(size_t k, size_t n, const float *w, size_t ldw, const rowcast_plan_options *options) {
  rowcast_plan *plan = NULL;
  rowcast_error err = {.status = ROWCAST_OK, .text = "untouched"};
  cr_assert(rowcast_plan_create(&plan, k, n, w, ldw, options, &err) == ROWCAST_OK, "%zu x %zu: %s", k, n, err.text);
  cr_assert_not_null(plan);
  cr_assert_str_eq(err.text, "untouched");
  return plan;
}

/* The plan is refused with the status, with and without somebody to read the text. */
static void expect_refused(size_t k, size_t n, const float *w, size_t ldw, const rowcast_plan_options *options,
                           rowcast_status status) {
  rowcast_plan *plan = (rowcast_plan *)&plan;
  rowcast_error err = {.status = ROWCAST_OK, .text = ""};
  const rowcast_status got = rowcast_plan_create(&plan, k, n, w, ldw, options, &err);
  cr_assert(got == status, "%zu x %zu, stride %zu: %s (%s), expected %s", k, n, ldw, rowcast_status_text(got), err.text,
            rowcast_status_text(status));
  cr_assert_null(plan, "the plan is not NULL after a failure");
  cr_assert(err.status == status && err.text[0] != '\0', "no text");
  cr_assert(strchr(err.text, '\n') == NULL, "a text is one line");
  plan = (rowcast_plan *)&plan;
  cr_assert(rowcast_plan_create(&plan, k, n, w, ldw, options, NULL) == status);
  cr_assert_null(plan);
}

static const float weights[6] = {1, 2, 3, 4, 5, 6};

Test(plan, null_arguments) {
  rowcast_error err = {.status = ROWCAST_OK, .text = ""};
  cr_assert(rowcast_plan_create(NULL, 2, 3, weights, 3, NULL, &err) == ROWCAST_ERR_ARGUMENT);
  cr_assert(err.status == ROWCAST_ERR_ARGUMENT && err.text[0] != '\0');
  cr_assert(rowcast_plan_create(NULL, 2, 3, weights, 3, NULL, NULL) == ROWCAST_ERR_ARGUMENT);
  expect_refused(2, 3, NULL, 3, NULL, ROWCAST_ERR_ARGUMENT);
  rowcast_plan_destroy(make_plan(2, 3, weights, 3, NULL));
  rowcast_plan_destroy(NULL);
}

Test(plan, stride_of_the_weights) {
  expect_refused(2, 3, weights, 2, NULL, ROWCAST_ERR_ARGUMENT);
  expect_refused(2, 3, weights, 0, NULL, ROWCAST_ERR_ARGUMENT);
  rowcast_plan_destroy(make_plan(2, 2, weights, 3, NULL));
}

Test(plan, scale) {
  static const float wrong[] = {NAN, INFINITY, -INFINITY, -0.0f};
  rowcast_plan_options options = defaults;
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    options.scale = wrong[i];
    expect_refused(2, 3, weights, 3, &options, ROWCAST_ERR_ARGUMENT);
  }
  /* What one unit of X is worth: (1, 10) * W * scale. */
  static const float scales[] = {0, 1, 0.5f, -2, 0x1p-149f};
  const float x[2] = {1, 10};
  for (size_t i = 0; i < sizeof scales / sizeof scales[0]; i++) {
    options.scale = scales[i];
    rowcast_plan *plan = make_plan(2, 3, weights, 3, &options);
    float c[3];
    cr_assert(rowcast_matmul(plan, 1, x, 2, c, 3) == ROWCAST_OK);
    const float unit = scales[i] == 0 ? 1 : scales[i];
    for (size_t j = 0; j < 3; j++)
      cr_assert(c[j] == (weights[j] + 10 * weights[3 + j]) * unit, "scale %g, column %zu: %g", (double)scales[i], j,
                (double)c[j]);
    rowcast_plan_destroy(plan);
  }
}

/* Where subnormal numbers are taken for zero (as -ffast-math sets it), one is still not the zero that means 1. */
Test(plan, scale_where_subnormal_numbers_are_zero) {
#if defined __x86_64__
  enum { FLUSH_TO_ZERO = 0x8000, DENORMALS_ARE_ZERO = 0x40 };
  rowcast_plan_options options = defaults;
  const float x[2] = {1, 10};
  static const float scales[] = {0x1p-140f, -0x1p-140f};
  for (size_t i = 0; i < 2; i++) {
    float c[3];
    const unsigned mode = __builtin_ia32_stmxcsr();
    options.scale = scales[i];
    __builtin_ia32_ldmxcsr(mode | FLUSH_TO_ZERO | DENORMALS_ARE_ZERO);
    rowcast_plan *plan = make_plan(2, 3, weights, 3, &options);
    const rowcast_status status = rowcast_matmul(plan, 1, x, 2, c, 3);
    __builtin_ia32_ldmxcsr(mode);
    cr_assert_eq(status, ROWCAST_OK);
    for (size_t j = 0; j < 3; j++) cr_expect(fabsf(c[j]) < 1e-30f, "column %zu: %g", j, (double)c[j]);
    rowcast_plan_destroy(plan);
  }
#else
  cr_skip_test("the mode is set the x86 way");
#endif
}

Test(plan, element_type) {
  rowcast_plan_options options = defaults;
  for (int dtype = ROWCAST_DTYPE_COUNT; rowcast_dtype_name((rowcast_dtype)dtype) != NULL; dtype++) {
    options.dtype = (rowcast_dtype)dtype;
    expect_refused(2, 3, weights, 3, &options, ROWCAST_ERR_UNSUPPORTED);
  }
  options.dtype = (rowcast_dtype)(ROWCAST_I8 + 1);
  expect_refused(2, 3, weights, 3, &options, ROWCAST_ERR_ARGUMENT);
  options.dtype = (rowcast_dtype)-1;
  expect_refused(2, 3, weights, 3, &options, ROWCAST_ERR_ARGUMENT);
}

Test(plan, thread_counts) {
  NEEDS_OPENMP();
  rowcast_plan_options options = defaults;
  rowcast_plan_info info;
  options.threads = ROWCAST_MAX_THREADS + 1;
  expect_refused(2, 3, weights, 3, &options, ROWCAST_ERR_ARGUMENT);
  options.threads = UINT_MAX;
  expect_refused(2, 3, weights, 3, &options, ROWCAST_ERR_ARGUMENT);
  static const unsigned allowed[] = {1, 2, 3, 16, ROWCAST_MAX_THREADS};
  for (size_t i = 0; i < sizeof allowed / sizeof allowed[0]; i++) {
    options.threads = allowed[i];
    rowcast_plan *plan = make_plan(2, 3, weights, 3, &options);
    rowcast_plan_describe(plan, &info, sizeof info);
    cr_assert(info.threads == allowed[i]);
    rowcast_plan_destroy(plan);
  }
  rowcast_plan *plan = make_plan(2, 3, weights, 3, NULL);
  rowcast_plan_describe(plan, &info, sizeof info);
  cr_assert(info.threads == rowcast_default_threads());
  rowcast_plan_destroy(plan);
}

/* No weights of these sizes exist; nothing may be read before that is noticed. */
Test(plan, sizes_that_overflow) {
  static const struct {
    size_t k, n, ldw;
  } huge[] = {
    {SIZE_MAX, SIZE_MAX, SIZE_MAX},
    {SIZE_MAX, 1, 1},
    {1, SIZE_MAX, SIZE_MAX},
    {SIZE_MAX / 2, 4, 4},
    {SIZE_MAX / 4 + 1, 1, 1}, /* its bytes wrap around to 0 */
    {(size_t)1 << 32, (size_t)1 << 32, (size_t)1 << 32},
    {(size_t)1 << 31, (size_t)1 << 31, (size_t)1 << 31},
    {2, 1, SIZE_MAX}, /* only the stride is too large */
    {3, 1, SIZE_MAX / 8},
    {1, SIZE_MAX / 8 + 1, SIZE_MAX / 8 + 1}, /* more than PTRDIFF_MAX bytes */
  };
  for (size_t i = 0; i < sizeof huge / sizeof huge[0]; i++)
    expect_refused(huge[i].k, huge[i].n, weights, huge[i].ldw, NULL, ROWCAST_ERR_OVERFLOW);
}

/* W fits in the address space; packed, where K = 1 is padded to 8, it does not. */
Test(plan, packed_sizes_that_overflow) {
  rowcast_plan_options options = defaults;
  options.kernel = "scalar-dot";
  expect_refused(1, SIZE_MAX / 8 - 64, weights, SIZE_MAX / 8 - 64, &options, ROWCAST_ERR_OVERFLOW);
}

Test(plan, out_of_memory) {
#if SANITIZED
  cr_skip_test("a sanitizer's allocator ends the program instead of returning NULL");
#else
  const size_t n = (size_t)1 << 46; /* 2^48 bytes: more than user space */
  expect_refused(1, n, weights, n, NULL, ROWCAST_ERR_MEMORY);
#endif
}

/* An empty sum is +0, for every kernel, element type and driver. */
Test(plan, empty_shapes) {
  rowcast_cpu cpu;
  cr_assert(rowcast_cpu_detect(&cpu, sizeof cpu, NULL) == ROWCAST_OK);
  for (size_t i = 0; i < rowcast_kernel_count(); i++) {
    rowcast_kernel_info kernel;
    cr_assert(rowcast_kernel_at(i, &cpu, &kernel, sizeof kernel) == ROWCAST_OK);
    if (!kernel.usable) continue;
    for (unsigned variant = 0; variant < 4; variant++) {
      rowcast_plan_options options = defaults;
      options.kernel = kernel.name;
      options.dtype = variant & 1 ? ROWCAST_U8 : ROWCAST_F32;
      options.driver = variant & 2 ? "openmp" : "serial";
      options.threads = 2;
      const float zero[24] = {0}, x[24] = {1};
      float c[24];

      rowcast_plan *plan = make_plan(0, 3, NULL, 0, &options); /* K = 0 */
      memset(c, 0xff, sizeof c);
      cr_assert(rowcast_matmul(plan, 8, NULL, 0, c, 3) == ROWCAST_OK);
      cr_assert(memcmp(c, zero, sizeof c) == 0, "%s", kernel.name);
      cr_assert(rowcast_matmul(plan, 8, NULL, 0, NULL, 3) == ROWCAST_ERR_ARGUMENT);
      /* What is not there may be any distance apart; UBSan sees whether an address is reckoned from it. */
      memset(c, 0xff, sizeof c);
      cr_assert(rowcast_matmul(plan, 8, NULL, 5, c, 3) == ROWCAST_OK);
      cr_assert(rowcast_matmul(plan, 8, x, SIZE_MAX / 4, c, 3) == ROWCAST_OK);
      cr_assert(rowcast_matmul_rows(plan, 1, 8, NULL, 5, c, 3) == ROWCAST_OK);
      cr_assert(memcmp(c, zero, sizeof c) == 0, "%s", kernel.name);
      rowcast_plan_destroy(plan);

      plan = make_plan(3, 0, NULL, 0, &options); /* N = 0 */
      cr_assert(rowcast_matmul(plan, 2, x, 3, NULL, 0) == ROWCAST_OK);
      rowcast_plan_destroy(plan);

      plan = make_plan(0, 0, NULL, 0, &options);
      cr_assert(rowcast_matmul(plan, 2, NULL, 0, NULL, 0) == ROWCAST_OK);
      rowcast_plan_destroy(plan);

      plan = make_plan(2, 3, weights, 3, &options); /* M = 0 */
      memset(c, 0x5a, sizeof c);
      float before[24];
      memcpy(before, c, sizeof c);
      cr_assert(rowcast_matmul(plan, 0, NULL, 0, NULL, 0) == ROWCAST_OK);
      cr_assert(rowcast_matmul(plan, 0, x, 2, c, 3) == ROWCAST_OK);
      cr_assert(memcmp(c, before, sizeof c) == 0, "%s", kernel.name);
      rowcast_plan_destroy(plan);
    }
  }
}

/* Nothing to pack must not mean walking 2^64 empty columns. */
Test(plan, empty_but_huge, .timeout = 20) {
  static const char *const kernels[] = {NULL, "scalar-dot", "scalar-naive"};
  for (size_t i = 0; i < sizeof kernels / sizeof kernels[0]; i++) {
    rowcast_plan_options options = defaults;
    options.kernel = kernels[i];
    static const size_t shapes[][2] = {{0, SIZE_MAX}, {SIZE_MAX, 0}, {0, SIZE_MAX / 8}, {SIZE_MAX / 8, 0}};
    for (size_t s = 0; s < sizeof shapes / sizeof shapes[0]; s++) {
      rowcast_plan *plan = NULL;
      const rowcast_status status =
        rowcast_plan_create(&plan, shapes[s][0], shapes[s][1], NULL, shapes[s][1], &options, NULL);
      cr_assert(status == ROWCAST_OK || status == ROWCAST_ERR_OVERFLOW, "%s", rowcast_status_text(status));
      cr_assert((plan != NULL) == (status == ROWCAST_OK));
      rowcast_plan_destroy(plan);
    }
  }
}

Test(plan, arguments_of_matmul) {
  const float x[6] = {1, 2, 3, 4, 5, 6};
  float c[9];
  memset(c, 0x5a, sizeof c);
  float before[9];
  memcpy(before, c, sizeof c);
  rowcast_plan *plan = make_plan(2, 3, weights, 3, NULL);
  cr_assert(rowcast_matmul(NULL, 1, x, 2, c, 3) == ROWCAST_ERR_ARGUMENT);
  cr_assert(rowcast_matmul(plan, 1, NULL, 2, c, 3) == ROWCAST_ERR_ARGUMENT);
  cr_assert(rowcast_matmul(plan, 1, x, 2, NULL, 3) == ROWCAST_ERR_ARGUMENT);
  cr_assert(rowcast_matmul(plan, 3, x, 2, c, 2) == ROWCAST_ERR_ARGUMENT);
  cr_assert(rowcast_matmul(plan, 3, x, 2, c, 0) == ROWCAST_ERR_ARGUMENT);
  cr_assert(rowcast_matmul(plan, SIZE_MAX, x, 2, c, 3) == ROWCAST_ERR_OVERFLOW);
  cr_assert(rowcast_matmul(plan, SIZE_MAX / 8, x, 2, c, 3) == ROWCAST_ERR_OVERFLOW); /* C alone */
  cr_assert(rowcast_matmul(plan, 3, x, SIZE_MAX, c, 3) == ROWCAST_ERR_OVERFLOW);
  cr_assert(rowcast_matmul(plan, 3, x, 2, c, SIZE_MAX / 2) == ROWCAST_ERR_OVERFLOW);
  cr_assert(rowcast_matmul(plan, 2, x, SIZE_MAX / 4 + 1, c, 3) == ROWCAST_ERR_OVERFLOW);
  cr_assert(rowcast_matmul(plan, SIZE_MAX / 8, x, 0, c, 3) == ROWCAST_ERR_OVERFLOW); /* of C: X is one row */
  cr_assert(memcmp(c, before, sizeof c) == 0, "a refused call wrote to C");
  cr_assert(rowcast_matmul(plan, 3, x, 2, c, 3) == ROWCAST_OK);
  cr_assert(c[0] == 9 && c[8] == 5 * 3 + 6 * 6);
  rowcast_plan_destroy(plan);
}

/* Rows begin..end of a batch, and no others. */
Test(plan, rows_of_a_batch) {
  const float x[8] = {1, 0, 0, 1, 1, 1, 2, 0};
  const float expected[12] = {1, 2, 3, 4, 5, 6, 5, 7, 9, 2, 4, 6};
  rowcast_plan *plan = make_plan(2, 3, weights, 3, NULL);
  for (size_t begin = 0; begin <= 4; begin++)
    for (size_t end = begin; end <= 4; end++) {
      float c[12];
      for (size_t i = 0; i < 12; i++) c[i] = -1;
      cr_assert(rowcast_matmul_rows(plan, begin, end, x, 2, c, 3) == ROWCAST_OK);
      for (size_t i = 0; i < 12; i++)
        cr_assert(c[i] == (i >= 3 * begin && i < 3 * end ? expected[i] : -1), "rows %zu..%zu, element %zu: %g", begin,
                  end, i, (double)c[i]);
    }
  float c[12];
  cr_assert(rowcast_matmul_rows(NULL, 0, 1, x, 2, c, 3) == ROWCAST_ERR_ARGUMENT);
  cr_assert(rowcast_matmul_rows(plan, 2, 1, x, 2, c, 3) == ROWCAST_ERR_ARGUMENT);
  cr_assert(rowcast_matmul_rows(plan, 0, 1, NULL, 2, c, 3) == ROWCAST_ERR_ARGUMENT);
  cr_assert(rowcast_matmul_rows(plan, 0, 1, x, 2, NULL, 3) == ROWCAST_ERR_ARGUMENT);
  cr_assert(rowcast_matmul_rows(plan, 0, 2, x, 2, c, 2) == ROWCAST_ERR_ARGUMENT);
  cr_assert(rowcast_matmul_rows(plan, SIZE_MAX - 1, SIZE_MAX, x, 2, c, 3) == ROWCAST_ERR_OVERFLOW);
  cr_assert(rowcast_matmul_rows(plan, 7, 7, NULL, 0, NULL, 0) == ROWCAST_OK);
  rowcast_plan_destroy(plan);
}

/* A row may begin within the row before it, and be that row. */
Test(plan, rows_that_overlap) {
  const float x[5] = {1, 2, 3, 4, 5};
  rowcast_plan *plan = make_plan(2, 3, weights, 3, NULL);
  for (size_t ldx = 0; ldx < 2; ldx++) {
    float c[12], part[12], none[3] = {-1, -1, -1};
    int32_t classes[4] = {-1, -1, -1, -1};
    for (size_t i = 0; i < 12; i++) part[i] = -1;
    cr_assert(rowcast_matmul(plan, 4, x, ldx, c, 3) == ROWCAST_OK);
    cr_assert(rowcast_matmul_rows(plan, 1, 4, x, ldx, part, 3) == ROWCAST_OK);
    cr_assert(rowcast_predict(plan, 4, x, ldx, classes) == ROWCAST_OK);
    for (size_t i = 0; i < 4; i++) {
      const float a = x[i * ldx], b = x[i * ldx + 1];
      for (size_t j = 0; j < 3; j++)
        cr_expect(c[3 * i + j] == a * weights[j] + b * weights[3 + j], "%zu apart, row %zu: %g", ldx, i,
                  (double)c[3 * i + j]);
      cr_expect(classes[i] == 2);
    }
    cr_expect(memcmp(part, none, sizeof none) == 0 && memcmp(part + 3, c + 3, 9 * sizeof *c) == 0);
  }
  rowcast_plan_destroy(plan);
}

/* So many that they are taken for more than a cache holds, and are prefetched: every kernel, with guard pages. */
Test(plan, many_rows_that_overlap, .timeout = 120) {
  enum { ROWS = 300000, K = 9, N = 3, BYTES_ROWS = 1100000 };
  rowcast_cpu cpu;
  cr_assert(rowcast_cpu_detect(&cpu, sizeof cpu, NULL) == ROWCAST_OK);
  float w[K * N], *one = malloc(sizeof *one * BYTES_ROWS * N), *c = malloc(sizeof *c * BYTES_ROWS * N);
  cr_assert(one != NULL && c != NULL);
  for (size_t i = 0; i < K * N; i++) w[i] = (float)i - 5.3f;
  for (size_t i = 0; i < rowcast_kernel_count(); i++) {
    rowcast_kernel_info kernel;
    cr_assert(rowcast_kernel_at(i, &cpu, &kernel, sizeof kernel) == ROWCAST_OK);
    for (int dtype = 0; kernel.usable && dtype < ROWCAST_DTYPE_COUNT; dtype++) {
      const size_t m = dtype == ROWCAST_U8 ? BYTES_ROWS : ROWS, element = dtype == ROWCAST_U8 ? 1 : sizeof(float);
      rowcast_plan_options options = defaults;
      options.kernel = kernel.name;
      options.dtype = (rowcast_dtype)dtype;
      options.threads = 1;
      struct guarded x = guarded_alloc((m + K - 1) * element, GUARD_AFTER, 0);
      for (size_t e = 0; e < m + K - 1; e++) {
        if (dtype == ROWCAST_U8) x.data[e] = (unsigned char)(e * e % 251);
        else ((float *)(void *)x.data)[e] = (float)(e * e % 251) / 251.0f;
      }
      rowcast_plan *plan = make_plan(K, N, w, N, &options);
      cr_assert(rowcast_matmul(plan, m, x.data, 1, c, N) == ROWCAST_OK);
      for (size_t row = 0; row < m; row++)
        cr_assert(rowcast_matmul(plan, 1, x.data + row * element, 0, one + row * N, 0) == ROWCAST_OK);
      cr_expect(memcmp(c, one, m * N * sizeof *c) == 0, "%s, %s", kernel.name, rowcast_dtype_name(options.dtype));
      rowcast_plan_destroy(plan);
      guarded_free(&x);
    }
  }
  free(one);
  free(c);
}

Test(plan, keeps_its_own_weights) {
  float w[6], c[3];
  memcpy(w, weights, sizeof w);
  rowcast_plan *plan = make_plan(2, 3, w, 3, NULL);
  memset(w, 0xff, sizeof w);
  const float x[2] = {1, 0};
  cr_assert(rowcast_matmul(plan, 1, x, 2, c, 3) == ROWCAST_OK);
  cr_assert(c[0] == 1 && c[1] == 2 && c[2] == 3);
  rowcast_plan_destroy(plan);
}

Test(plan, describe) {
  NEEDS_OPENMP();
  static const char *const drivers[] = {"serial", "openmp", "auto"};
  for (size_t i = 0; i < 3; i++) {
    rowcast_plan_options options = defaults;
    options.kernel = "scalar-broadcast";
    options.driver = drivers[i];
    options.dtype = ROWCAST_U8;
    options.threads = 3;
    rowcast_plan *plan = make_plan(2, 3, weights, 3, &options);
    rowcast_plan_info info;
    memset(&info, 0xa5, sizeof info);
    rowcast_plan_describe(plan, &info, sizeof info);
    cr_assert_str_eq(info.kernel, "scalar-broadcast");
    cr_assert_str_eq(info.driver, drivers[i]);
    cr_assert(info.isa == ROWCAST_SCALAR && info.order == ROWCAST_SEQUENTIAL && info.dtype == ROWCAST_U8);
    cr_assert(info.k == 2 && info.n == 3);
    cr_assert(info.threads == (i == 0 ? 1 : 3));
    cr_assert(info.packed_bytes == 6 * sizeof(float));
    rowcast_plan_destroy(plan);
  }
}

static const size_t batches[] = {0, 1, 2, 3, 5, 16, 100, 500, 1000, 2000, 5000, 10000, 50000, 1000000, SIZE_MAX};
enum { BATCHES = sizeof batches / sizeof batches[0] };

Test(plan, threads_for) {
  NEEDS_OPENMP();
  static const struct { size_t k, n; } shapes[] = {{784, 10}, {1, 1}, {0, 3}, {3, 0}, {64, 64}};
  static const unsigned threads[] = {1, 2, 3, 16, ROWCAST_MAX_THREADS};
  static const char *const drivers[] = {"auto", "serial", "openmp"};
  float *w = calloc(784 * 10, sizeof *w);
  cr_assert_not_null(w);
  for (size_t s = 0; s < sizeof shapes / sizeof shapes[0]; s++)
    for (size_t t = 0; t < sizeof threads / sizeof threads[0]; t++)
      for (size_t d = 0; d < 3; d++) {
        rowcast_plan_options options = defaults;
        options.threads = threads[t];
        options.driver = drivers[d];
        rowcast_plan *plan = make_plan(shapes[s].k, shapes[s].n, w, shapes[s].n, &options);
        unsigned before = 1;
        for (size_t i = 0; i < BATCHES; i++) {
          const unsigned now = rowcast_plan_threads_for(plan, batches[i]);
          cr_assert(now >= before, "%s: fewer threads for %zu rows", drivers[d], batches[i]);
          cr_assert(now <= threads[t] && (now == 1 || now <= batches[i]));
          if (d == 1) cr_assert(now == 1, "the serial driver");
          if (d == 2 && batches[i] >= threads[t]) cr_assert(now == threads[t], "the openmp driver");
          before = now;
        }
        if (d == 0) /* five rows of the main job never pay for a team; all of them do */
          cr_assert(s != 0 || (rowcast_plan_threads_for(plan, 5) == 1 &&
                               (threads[t] > 16 || rowcast_plan_threads_for(plan, 50000) == threads[t])));
        rowcast_plan_destroy(plan);
      }
  free(w);
}

/* The strides of a single row are ignored, whatever they are: by every kernel, for every width of its tiles. */
Test(plan, one_row_with_any_stride) {
  enum { K = 20, MOST = 24 };
  static const size_t strides[] = {0, 1, SIZE_MAX, SIZE_MAX / 2 + 1, SIZE_MAX / 4 + 1};
  float w[K * MOST], x[K], right[MOST], c[MOST];
  unsigned char bytes[K];
  for (size_t i = 0; i < K * MOST; i++) w[i] = (float)(i % 17) - 8.0f;
  for (size_t i = 0; i < K; i++) x[i] = bytes[i] = (unsigned char)(i * 13 % 7);
  rowcast_cpu cpu;
  cr_assert(rowcast_cpu_detect(&cpu, sizeof cpu, NULL) == ROWCAST_OK);
  for (size_t i = 0; i < rowcast_kernel_count(); i++) {
    rowcast_kernel_info info;
    cr_assert(rowcast_kernel_at(i, &cpu, &info, sizeof info) == ROWCAST_OK);
    for (size_t n = 1; n <= MOST && info.usable; n++)
      for (int dtype = 0; dtype < ROWCAST_DTYPE_COUNT; dtype++) {
        rowcast_plan_options options = ROWCAST_PLAN_DEFAULTS;
        options.kernel = info.name, options.dtype = (rowcast_dtype)dtype;
        rowcast_plan *plan;
        cr_assert(rowcast_plan_create(&plan, K, n, w, MOST, &options, NULL) == ROWCAST_OK);
        const void *row = dtype == ROWCAST_U8 ? (const void *)bytes : x;
        cr_assert(rowcast_matmul(plan, 1, row, K, right, n) == ROWCAST_OK);
        for (size_t s = 0; s < sizeof strides / sizeof strides[0]; s++) {
          int32_t class;
          memset(c, 0xff, sizeof c);
          cr_assert(rowcast_matmul(plan, 1, row, strides[s], c, strides[s]) == ROWCAST_OK);
          cr_assert(memcmp(c, right, n * sizeof *c) == 0, "%s, %zu columns, stride %zu", info.name, n, strides[s]);
          cr_assert(rowcast_matmul_rows(plan, 0, 1, row, strides[s], c, strides[s]) == ROWCAST_OK);
          cr_assert(rowcast_predict(plan, 1, row, strides[s], &class) == ROWCAST_OK);
        }
        rowcast_plan_destroy(plan);
      }
  }
}
