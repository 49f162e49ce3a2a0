/* SPDX-License-Identifier: BSD-3-Clause */
/* The options that programs fill: sizes of other versions, order, level, allocator; and ranges of rows. */
#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>
#include <rowcast/experimental.h>
#include <rowcast/io.h>
#include <rowcast/rowcast.h>

enum { K = 40, N = 10, M = 33 };

static void fill(float *values, size_t count) { cr_assert_eq(rowcast_randn(7, values, count), ROWCAST_OK); }

static rowcast_status create(const rowcast_plan_options *options, rowcast_plan_info *info, rowcast_error *err) {
  float w[K * N];
  rowcast_plan *plan;
  fill(w, K * N);
  const rowcast_status status = rowcast_plan_create(&plan, K, N, w, N, options, err);
  cr_assert((plan != NULL) == (status == ROWCAST_OK));
  if (plan != NULL && info != NULL) rowcast_plan_describe(plan, info, sizeof *info);
  rowcast_plan_destroy(plan);
  return status;
}

/* As a program of a later version would have it: two more members. */
struct later {
  rowcast_plan_options now;
  size_t more;
  const char *other;
};

Test(options, sizes_of_other_versions) {
  const rowcast_plan_options defaults = ROWCAST_PLAN_DEFAULTS;
  rowcast_error err;
  struct later later = {.now = defaults};
  later.now.struct_size = sizeof later;
  later.now.threads = 1;
  rowcast_plan_info info;
  cr_expect_eq(create(&later.now, &info, &err), ROWCAST_OK);
  cr_expect_eq(info.threads, 1);
  later.other = "x";
  cr_expect_eq(create(&later.now, NULL, &err), ROWCAST_ERR_UNSUPPORTED);
  cr_expect(strstr(err.text, "does not know") != NULL, "%s", err.text);

  const rowcast_plan_options zero = {0};
  cr_expect_eq(create(&zero, NULL, &err), ROWCAST_ERR_ARGUMENT);
  cr_expect(strstr(err.text, "struct_size") != NULL, "%s", err.text);
  rowcast_plan_options shorter = ROWCAST_PLAN_DEFAULTS;
  shorter.struct_size--;
  cr_expect_eq(create(&shorter, NULL, &err), ROWCAST_ERR_ARGUMENT);
}

Test(options, sizes_of_readers_and_writers) {
  rowcast_error err;
  rowcast_matrix matrix;
  struct {
    rowcast_read_options now;
    size_t more;
  } read = {.now = ROWCAST_READ_DEFAULTS};
  read.now.struct_size = sizeof read;
  cr_expect_eq(rowcast_matrix_read_memory(&matrix, "1,2\n", 4, "csv", &read.now, &err), ROWCAST_OK);
  rowcast_matrix_free(&matrix);
  read.more = 1;
  cr_expect_eq(rowcast_matrix_read_memory(&matrix, "1,2\n", 4, "csv", &read.now, &err), ROWCAST_ERR_UNSUPPORTED);
  rowcast_reader *reader;
  cr_expect_eq(rowcast_reader_open(&reader, "/dev/null", &read.now, &err), ROWCAST_ERR_UNSUPPORTED);
  const rowcast_read_options none = {0};
  cr_expect_eq(rowcast_matrix_read_memory(&matrix, "1,2\n", 4, "csv", &none, &err), ROWCAST_ERR_ARGUMENT);
  cr_expect_eq(rowcast_reader_open(&reader, "/dev/null", &none, &err), ROWCAST_ERR_ARGUMENT);
  cr_expect(strstr(err.text, "struct_size") != NULL, "%s", err.text);

  struct {
    rowcast_write_options now;
    size_t more;
  } write = {.now = ROWCAST_WRITE_DEFAULTS};
  const float value = 1;
  write.now.struct_size = sizeof write;
  cr_expect_eq(rowcast_write_f32("/dev/null", &value, 1, 1, 1, &write.now, &err), ROWCAST_OK);
  write.more = 1;
  cr_expect_eq(rowcast_write_f32("/dev/null", &value, 1, 1, 1, &write.now, &err), ROWCAST_ERR_UNSUPPORTED);
  cr_expect_eq(rowcast_write_f32("/dev/null", &value, 1, 1, 1, &(rowcast_write_options){0}, &err),
               ROWCAST_ERR_ARGUMENT);
}

/* What the library fills has the caller's size. Bytes behind it stay; those of a newer caller's struct become zero;
 * a size that no version's struct has is refused, and nothing is written then. */
union filled {
  unsigned char bytes[4096 + 16];
  max_align_t aligned;
};

typedef rowcast_status fill_fn(void *to, size_t size);

static rowcast_status fill_cpu(void *to, size_t size) { return rowcast_cpu_detect(to, size, NULL); }

static rowcast_status fill_threads(void *to, size_t size) { return rowcast_default_threads_explain(to, size); }

static rowcast_status fill_kernel(void *to, size_t size) {
  rowcast_cpu cpu;
  cr_assert_eq(rowcast_cpu_detect(&cpu, sizeof cpu, NULL), ROWCAST_OK);
  return rowcast_kernel_at(0, &cpu, to, size);
}

static rowcast_status with_plan(bool explain, void *to, size_t size) {
  const float w[] = {1, 2, 3, 4};
  rowcast_plan *plan;
  cr_assert_eq(rowcast_plan_create(&plan, 2, 2, w, 2, NULL, NULL), ROWCAST_OK);
  const rowcast_status status =
    explain ? rowcast_plan_explain(plan, 1, w, 2, to, size) : rowcast_plan_describe(plan, to, size);
  rowcast_plan_destroy(plan);
  return status;
}

static rowcast_status fill_info(void *to, size_t size) { return with_plan(false, to, size); }
static rowcast_status fill_choice(void *to, size_t size) { return with_plan(true, to, size); }

Test(options, filled_structs_have_the_callers_size) {
  static const struct {
    const char *name;
    fill_fn *fill;
    size_t size;
  } all[] = {
    {"cpu", fill_cpu, sizeof(rowcast_cpu)},
    {"thread choice", fill_threads, sizeof(rowcast_thread_choice)},
    {"kernel", fill_kernel, sizeof(rowcast_kernel_info)},
    {"plan", fill_info, sizeof(rowcast_plan_info)},
    {"choice", fill_choice, sizeof(rowcast_choice)},
  };
  for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
    union filled room, same;
    memset(&same, 0x5a, sizeof same);
    const size_t wrong[] = {0, sizeof(size_t), all[i].size - 1, 4097, SIZE_MAX};
    for (size_t j = 0; j < sizeof wrong / sizeof wrong[0]; j++) {
      memset(&room, 0x5a, sizeof room);
      cr_expect_eq(all[i].fill(&room, wrong[j]), ROWCAST_ERR_ARGUMENT, "%s: %zu", all[i].name, wrong[j]);
      cr_expect(memcmp(&room, &same, sizeof room) == 0, "%s: %zu: something was written", all[i].name, wrong[j]);
    }
    for (size_t more = 0; more <= 64; more += 8) {
      memset(&room, 0x5a, sizeof room);
      cr_assert_eq(all[i].fill(&room, all[i].size + more), ROWCAST_OK, "%s", all[i].name);
      for (size_t at = 0; at < more; at++) cr_expect_eq(room.bytes[all[i].size + at], 0, "%s", all[i].name);
      for (size_t at = all[i].size + more; at < sizeof room; at++)
        cr_assert_eq(room.bytes[at], 0x5a, "%s", all[i].name);
    }
  }
}

Test(options, order) {
  rowcast_error err;
  for (int order = 1; order < ROWCAST_ORDER_COUNT; order++) {
    rowcast_plan_options options = ROWCAST_PLAN_DEFAULTS;
    rowcast_plan_info info;
    options.order = (rowcast_order)order;
    cr_assert_eq(create(&options, &info, &err), ROWCAST_OK, "%s", err.text);
    cr_expect_eq((int)info.order, order);
    options.kernel = info.kernel;
    cr_expect_eq(create(&options, &info, &err), ROWCAST_OK);
    options.order = (rowcast_order)(order % (ROWCAST_ORDER_COUNT - 1) + 1);
    cr_expect_eq(create(&options, &info, &err), ROWCAST_ERR_ARGUMENT);
    cr_expect(strstr(err.text, rowcast_order_name(options.order)) != NULL && strstr(err.text, options.kernel) != NULL,
              "%s", err.text);
  }
  rowcast_plan_options options = ROWCAST_PLAN_DEFAULTS;
  const int unknown[] = {ROWCAST_ORDER_COUNT, 77, -1};
  for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++) {
    options.order = (rowcast_order)unknown[i];
    char number[16];
    snprintf(number, sizeof number, "%d", unknown[i]);
    cr_expect_eq(create(&options, NULL, &err), ROWCAST_ERR_UNKNOWN);
    cr_expect(strstr(err.text, "order") != NULL && strstr(err.text, number) != NULL, "%s", err.text);
  }
}

Test(options, level) {
  rowcast_cpu cpu;
  rowcast_error err;
  unsetenv("ROWCAST_ISA");
  cr_assert_eq(rowcast_cpu_detect(&cpu, sizeof cpu, NULL), ROWCAST_OK);
  for (int isa = 1; isa < ROWCAST_ISA_COUNT; isa++) {
    rowcast_plan_options options = ROWCAST_PLAN_DEFAULTS;
    rowcast_plan_info info;
    options.isa = (rowcast_isa)isa;
    const rowcast_status status = create(&options, &info, &err);
    cr_expect_eq(status, cpu.runs[isa] ? ROWCAST_OK : ROWCAST_ERR_UNSUPPORTED);
    if (status == ROWCAST_OK) cr_expect_leq((int)info.isa, isa);
    else cr_expect(strstr(err.text, rowcast_isa_name(options.isa)) != NULL, "%s", err.text);
  }
  rowcast_plan_options options = ROWCAST_PLAN_DEFAULTS;
  options.isa = (rowcast_isa)99;
  cr_expect_eq(create(&options, NULL, &err), ROWCAST_ERR_UNKNOWN);
  cr_expect(strstr(err.text, "isa") != NULL && strstr(err.text, "99") != NULL, "%s", err.text);
  /* A kernel beyond it is refused, and the reason is the option's. */
  options.isa = ROWCAST_SCALAR;
  for (size_t i = 0; i < rowcast_kernel_count(); i++) {
    rowcast_kernel_info kernel;
    cr_assert_eq(rowcast_kernel_at(i, &cpu, &kernel, sizeof kernel), ROWCAST_OK);
    if (!kernel.usable || kernel.isa == ROWCAST_SCALAR) continue;
    options.kernel = kernel.name;
    cr_expect_eq(create(&options, NULL, &err), ROWCAST_ERR_UNSUPPORTED);
    cr_expect(strstr(err.text, "option isa") != NULL && strstr(err.text, "ROWCAST_ISA") == NULL, "%s", err.text);
  }
}

struct account {
  size_t allocations, releases, bytes;
  bool refuse;
};

static void *counted_allocate(size_t bytes, size_t alignment, void *user) {
  struct account *account = user;
  if (account->refuse) return NULL;
  account->allocations++;
  account->bytes = bytes;
  void *memory = NULL;
  cr_assert(bytes > 0 && alignment >= sizeof(void *) && (alignment & (alignment - 1)) == 0);
  return posix_memalign(&memory, alignment, bytes) == 0 ? memory : NULL;
}

static void counted_release(void *memory, void *user) {
  struct account *account = user;
  cr_assert_not_null(memory);
  account->releases++;
  free(memory);
}

Test(options, allocator) {
  struct account account = {0};
  rowcast_error err;
  rowcast_plan_options options = ROWCAST_PLAN_DEFAULTS;
  float bias[N] = {1, 2, 3};
  options.bias = bias;
  options.allocator = (rowcast_allocator){counted_allocate, counted_release, &account};
  cr_assert_eq(create(&options, NULL, &err), ROWCAST_OK);
  cr_expect_eq(account.allocations, 1);
  cr_expect_eq(account.releases, 1);
  cr_expect_geq(account.bytes, (K * N + N) * sizeof(float));
  account.refuse = true;
  cr_expect_eq(create(&options, NULL, &err), ROWCAST_ERR_MEMORY);
  options.kernel = "no such";
  account.refuse = false;
  cr_expect_eq(create(&options, NULL, &err), ROWCAST_ERR_UNKNOWN);
  cr_expect_eq(account.allocations, 1);
  options.kernel = NULL;
  options.allocator.release = NULL;
  cr_expect_eq(create(&options, NULL, &err), ROWCAST_ERR_ARGUMENT);
}

static void *cancellable_allocate(size_t bytes, size_t alignment, void *user) {
  void *memory = counted_allocate(bytes, alignment, user);
  pthread_testcancel();
  return memory;
}

static void cancellable_release(void *memory, void *user) {
  pthread_testcancel();
  counted_release(memory, user);
}

static struct account of_cancelled;
static rowcast_plan *made_while_cancelled;

static void *create_cancelled(void *w) {
  rowcast_plan_options options = ROWCAST_PLAN_DEFAULTS;
  options.allocator = (rowcast_allocator){cancellable_allocate, cancellable_release, &of_cancelled};
  pthread_cancel(pthread_self());
  rowcast_plan_create(&made_while_cancelled, K, N, w, N, &options, NULL);
  pthread_testcancel();
  return NULL;
}

static void *destroy_cancelled(void *plan) {
  pthread_cancel(pthread_self());
  rowcast_plan_destroy(plan);
  pthread_testcancel();
  return NULL;
}

/* An allocator may write a log, say, which is where a thread is cancelled: after the call, with nothing left behind. */
Test(options, allocator_is_not_cancelled) {
  float w[K * N];
  pthread_t thread;
  void *result;
  fill(w, K * N);
  cr_assert_eq(pthread_create(&thread, NULL, create_cancelled, w), 0);
  pthread_join(thread, &result);
  cr_expect(result == PTHREAD_CANCELED && of_cancelled.allocations == 1);
  cr_assert_not_null(made_while_cancelled);
  cr_assert_eq(pthread_create(&thread, NULL, destroy_cancelled, made_while_cancelled), 0);
  pthread_join(thread, &result);
  cr_expect(result == PTHREAD_CANCELED && of_cancelled.releases == 1);
}

/* What a plan will take is what it asks for, for every kernel and shape; and 0 where it would be refused. */
Test(options, bytes_of_a_plan) {
  static const size_t shapes[][2] = {{0, 0}, {0, 3}, {3, 0}, {1, 1}, {7, 5}, {784, 10}, {785, 11}, {64, 33}, {9, 4100}};
  static float w[9 * 4100], bias[4100];
  rowcast_cpu cpu;
  cr_assert_eq(rowcast_cpu_detect(&cpu, sizeof cpu, NULL), ROWCAST_OK);
  for (size_t i = 0; i <= rowcast_kernel_count(); i++)
    for (size_t s = 0; s < sizeof shapes / sizeof shapes[0]; s++)
      for (int variant = 0; variant < 4; variant++) {
        const size_t k = shapes[s][0], n = shapes[s][1];
        struct account account = {0};
        rowcast_plan_options options = ROWCAST_PLAN_DEFAULTS;
        rowcast_kernel_info kernel = {.usable = true};
        if (i > 0) cr_assert_eq(rowcast_kernel_at(i - 1, &cpu, &kernel, sizeof kernel), ROWCAST_OK);
        if (!kernel.usable) continue;
        options.kernel = kernel.name;
        options.bias = variant & 1 ? bias : NULL;
        options.w_layout = variant & 2 ? ROWCAST_N_BY_K : ROWCAST_K_BY_N;
        options.allocator = (rowcast_allocator){counted_allocate, counted_release, &account};
        size_t bytes = 5;
        cr_assert_eq(rowcast_plan_bytes(k, n, &options, &bytes, NULL), ROWCAST_OK);
        cr_expect_eq(account.allocations, 0);
        rowcast_plan *plan;
        cr_assert_eq(rowcast_plan_create(&plan, k, n, w, variant & 2 ? k : n, &options, NULL), ROWCAST_OK);
        cr_expect(account.allocations == 1 && account.bytes == bytes, "%s, %zu x %zu: %zu, not %zu",
                  kernel.name != NULL ? kernel.name : "auto", k, n, account.bytes, bytes);
        rowcast_plan_destroy(plan);
      }
  rowcast_error err;
  size_t bytes = 5;
  cr_expect_eq(rowcast_plan_bytes(SIZE_MAX, 2, NULL, &bytes, &err), ROWCAST_ERR_OVERFLOW);
  cr_expect(bytes == 0 && strstr(err.text, "do not fit") != NULL, "%s", err.text);
  rowcast_plan_options options = ROWCAST_PLAN_DEFAULTS;
  options.kernel = "no such";
  cr_expect_eq(rowcast_plan_bytes(3, 2, &options, &bytes, &err), ROWCAST_ERR_UNKNOWN);
  options.struct_size = 0;
  cr_expect_eq(rowcast_plan_bytes(3, 2, &options, &bytes, &err), ROWCAST_ERR_ARGUMENT);
}

/* The function gives what the macro does, whatever version's struct it is given. */
Test(options, init) {
  const rowcast_plan_options defaults = ROWCAST_PLAN_DEFAULTS;
  struct later later, before;
  memset(&later, 0x5a, sizeof later);
  cr_assert_eq(rowcast_plan_options_init(&later.now, sizeof later.now), ROWCAST_OK);
  cr_expect(memcmp(&later.now, &defaults, sizeof defaults) == 0);
  memset(&before, 0x5a, sizeof before);
  cr_expect(memcmp(&later.more, &before.more, sizeof before.more) == 0, "wrote after the struct");
  cr_assert_eq(rowcast_plan_options_init(&later.now, sizeof later), ROWCAST_OK);
  cr_expect(later.now.struct_size == sizeof later && later.more == 0 && later.other == NULL);
  cr_expect_eq(create(&later.now, NULL, NULL), ROWCAST_OK);
  static const size_t sizes[] = {0, 8, sizeof(rowcast_plan_options) - 1, 4097, SIZE_MAX};
  memset(&later, 0x5a, sizeof later);
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    cr_expect_eq(rowcast_plan_options_init(&later.now, sizes[i]), ROWCAST_ERR_ARGUMENT, "%zu", sizes[i]);
    cr_expect(memcmp(&later, &before, sizeof later) == 0);
  }
  cr_expect_eq(rowcast_plan_options_init(NULL, sizeof defaults), ROWCAST_ERR_ARGUMENT);
}

static void *misaligned_allocate(size_t bytes, size_t alignment, void *user) {
  char *memory = counted_allocate(bytes + alignment, alignment, user);
  return memory == NULL ? NULL : memory + alignment / 2;
}

static void misaligned_release(void *memory, void *user) { counted_release((char *)memory - 32, user); }

/* An allocator that forgets the alignment, as malloc() does, is told so before a kernel trusts it. */
Test(options, allocator_that_does_not_align) {
  struct account account = {0};
  rowcast_error err;
  rowcast_plan_options options = ROWCAST_PLAN_DEFAULTS;
  options.allocator = (rowcast_allocator){misaligned_allocate, misaligned_release, &account};
  cr_expect_eq(create(&options, NULL, &err), ROWCAST_ERR_ARGUMENT);
  cr_expect(strstr(err.text, "aligned to 64 bytes") != NULL, "%s", err.text);
  cr_expect_eq(account.allocations, 1);
  cr_expect_eq(account.releases, 1);
}

/* Every range of rows has the bits of the whole, for classes as for products. */
Test(options, ranges_of_rows) {
  float w[K * N], x[M * K], whole[M * N], part[M * N];
  int32_t classes[M], ranged[M];
  rowcast_plan *plan;
  fill(w, K * N);
  fill(x, M * K);
  cr_assert_eq(rowcast_plan_create(&plan, K, N, w, N, NULL, NULL), ROWCAST_OK);
  cr_assert_eq(rowcast_matmul(plan, M, x, K, whole, N), ROWCAST_OK);
  cr_assert_eq(rowcast_predict(plan, M, x, K, classes), ROWCAST_OK);
  for (size_t begin = 0; begin <= M; begin += 3)
    for (size_t end = begin; end <= M; end += 5) {
      memset(part, 0xAA, sizeof part);
      memset(ranged, 0xAA, sizeof ranged);
      cr_assert_eq(rowcast_matmul_rows(plan, begin, end, x, K, part, N), ROWCAST_OK);
      cr_assert_eq(rowcast_predict_rows(plan, begin, end, x, K, ranged), ROWCAST_OK);
      cr_assert(memcmp(part + begin * N, whole + begin * N, (end - begin) * N * sizeof *part) == 0);
      cr_assert(memcmp(ranged + begin, classes + begin, (end - begin) * sizeof *ranged) == 0);
      for (size_t i = 0; i < M; i++)
        if (i < begin || i >= end) cr_assert_eq(ranged[i], (int32_t)0xAAAAAAAA, "row %zu of %zu:%zu", i, begin, end);
    }
  cr_expect_eq(rowcast_predict_rows(plan, 2, 1, x, K, ranged), ROWCAST_ERR_ARGUMENT);
  cr_expect_eq(rowcast_predict_rows(plan, 0, 2, NULL, K, ranged), ROWCAST_ERR_ARGUMENT);
  cr_expect_eq(rowcast_predict_rows(plan, 0, 2, x, K - 1, ranged), ROWCAST_OK); /* rows may overlap */
  cr_expect_eq(rowcast_predict_rows(plan, 0, 2, x, K, NULL), ROWCAST_ERR_ARGUMENT);
  cr_expect_eq(rowcast_predict_rows(NULL, 0, 2, x, K, ranged), ROWCAST_ERR_ARGUMENT);
  rowcast_plan_destroy(plan);
}
