/* SPDX-License-Identifier: BSD-3-Clause */
/* bench_kernels: every usable kernel on a set of shapes, beside probes of the machine's limits taken in the same
 * rounds. A kernel whose result is not its order's bits is not timed.
 *
 *   bench_kernels [--images FILE] [--rows M] [--k K] [--n N] [--threads T,T...] [--rounds R] [--kernel NAME]
 *                 [--ldx ELEMENTS] [--shift ELEMENTS]
 *
 * Without --k the rows are those of FILE; with it they are made: uniform bytes, no zeros to skip. --ldx is the distance
 * of rows (K), --shift where the first one begins (0: on a huge page); --kernel a part of names to take. */
#include <getopt.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <rowcast/rowcast.h>

#include "check.h"
#include "measure.h"
#include "probes/probe.h"
#include "stats.h"

enum { MAX_THREADS_LISTED = 16, MAX_CANDIDATES = 256, CHECKED_ROWS = 97 };

static void fail(const char *text) {
  fprintf(stderr, "bench_kernels: %s\n", text);
  exit(1);
}

struct settings {
  const char *images, *kernel;
  size_t rows, k, n, ldx, shift, rounds, threads_count;
  unsigned threads[MAX_THREADS_LISTED];
};

/* The rows in both element types, on huge pages: they are ours. */
struct data {
  size_t m, k, ldx;
  unsigned char *bytes_memory, *bytes;
  float *floats_memory, *floats;
};

static void *allocate(size_t bytes) {
  const size_t page = (size_t)2 << 20;
  void *memory = aligned_alloc(page, (bytes + page - 1) / page * page);
  if (memory == NULL) fail("out of memory");
  madvise(memory, bytes, MADV_HUGEPAGE);
  return memory;
}

static struct data load(const struct settings *settings) {
  struct data data = {0};
  rowcast_matrix matrix = {0};
  rowcast_error err;
  if (settings->k == 0) {
    if (rowcast_matrix_read(&matrix, settings->images, NULL, &err) != ROWCAST_OK) fail(err.text);
    if (matrix.dtype != ROWCAST_U8) fail("the images are not bytes");
    data.k = matrix.cols;
    data.m = settings->rows > 0 && settings->rows < matrix.rows ? settings->rows : matrix.rows;
  } else {
    data.k = settings->k;
    data.m = settings->rows;
  }
  data.ldx = settings->ldx > data.k ? settings->ldx : data.k;
  const size_t count = data.m * data.ldx + settings->shift;
  data.bytes_memory = allocate(count);
  data.floats_memory = allocate(count * sizeof(float));
  data.bytes = data.bytes_memory + settings->shift;
  data.floats = data.floats_memory + settings->shift;
  memset(data.bytes_memory, 0, count);
  memset(data.floats_memory, 0, count * sizeof(float));
  uint32_t state = 1;
  for (size_t i = 0; i < data.m * data.k; i++) {
    state = state * 1664525u + 1013904223u;
    const size_t at = i / data.k * data.ldx + i % data.k;
    data.bytes[at] = matrix.data != NULL ? ((const unsigned char *)matrix.data)[i]
                                         : (unsigned char)(1 + (state >> 8) % 255);
    data.floats[at] = (float)data.bytes[at] / 256.0f;
  }
  rowcast_matrix_free(&matrix);
  return data;
}

struct candidate {
  rowcast_plan *plan;
  const char *kernel;
  rowcast_order order;
  rowcast_dtype dtype;
  unsigned threads;
  const struct data *data;
  float *c;
  size_t n;
};

static void multiply(void *context) {
  const struct candidate *candidate = context;
  const struct data *data = candidate->data;
  const void *x = candidate->dtype == ROWCAST_U8 ? (const void *)data->bytes : (const void *)data->floats;
  rowcast_matmul(candidate->plan, data->m, x, data->ldx, candidate->c, candidate->n);
}

/* Do the first rows have the bits of the kernel's order? */
static bool is_right(const struct candidate *candidate, const float *weights) {
  const struct data *data = candidate->data;
  const size_t rows = data->m < CHECKED_ROWS ? data->m : CHECKED_ROWS;
  const struct check_product product = {
    .dtype = candidate->dtype, .m = rows, .k = data->k, .n = candidate->n,
    .x = candidate->dtype == ROWCAST_U8 ? (const void *)data->bytes : (const void *)data->floats,
    .ldx = data->ldx, .w = weights, .ldw = candidate->n,
    .scale = candidate->dtype == ROWCAST_U8 ? 1.0f / 256.0f : 1.0f,
  };
  float *model = malloc((rows * candidate->n + 1) * sizeof *model);
  if (model == NULL) fail("out of memory");
  check_model(&product, candidate->order, model, candidate->n);
  multiply((void *)(uintptr_t)candidate);
  const bool right = check_bits(candidate->c, candidate->n, model, candidate->n, rows, candidate->n).count == 0;
  free(model);
  return right;
}

static size_t parse_size(const char *text) {
  char *end;
  const unsigned long long value = strtoull(text, &end, 10);
  if (*text == '\0' || *end != '\0' || value == 0 || value > (1u << 30)) fail("a number is not one");
  return (size_t)value;
}

static struct settings parse(int argc, char **argv) {
  struct settings s = {.images = "data/train-images-idx3-ubyte.gz", .n = 10, .rounds = 31, .rows = 50000};
  static const struct option options[] = {
    {"images", 1, NULL, 'i'}, {"rows", 1, NULL, 'm'},   {"k", 1, NULL, 'k'},      {"n", 1, NULL, 'n'},
    {"threads", 1, NULL, 't'}, {"rounds", 1, NULL, 'r'}, {"kernel", 1, NULL, 'K'},
    {"ldx", 1, NULL, 'l'}, {"shift", 1, NULL, 's'}, {0}};
  for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) switch (option) {
    case 'i': s.images = optarg; break;
    case 'm': s.rows = parse_size(optarg); break;
    case 'k': s.k = parse_size(optarg); break;
    case 'n': s.n = parse_size(optarg); break;
    case 'r': s.rounds = parse_size(optarg); break;
    case 'K': s.kernel = optarg; break;
    case 'l': s.ldx = parse_size(optarg); break;
    case 's': s.shift = parse_size(optarg); break;
    case 't':
      for (char *part = strtok(optarg, ","); part != NULL && s.threads_count < MAX_THREADS_LISTED;
           part = strtok(NULL, ","))
        s.threads[s.threads_count++] = (unsigned)parse_size(part);
      break;
    default: exit(2);
    }
  if (s.threads_count == 0) {
    s.threads[s.threads_count++] = 1;
    if (rowcast_default_threads() > 1) s.threads[s.threads_count++] = rowcast_default_threads();
  }
  return s;
}

/* One thread count: probes and kernels interleaved, then a line each. */
static void run(const struct settings *settings, const struct data *data, const rowcast_cpu *cpu,
                const float *weights, unsigned threads) {
  static struct candidate candidates[MAX_CANDIDATES];
  static struct bench_candidate timed[MAX_CANDIDATES + ROWCAST_ISA_COUNT + 1];
  size_t count = 0, probes = 0;
  struct probe_fma fma[ROWCAST_ISA_COUNT];
  struct probe_read read = {data->floats_memory, data->m * data->k * sizeof(float) / 64 * 64, threads, 1};
  timed[probes++] = (struct bench_candidate){.run = probe_run_read, .context = &read};
  size_t probe_of[ROWCAST_ISA_COUNT] = {0};
  for (int isa = 0; isa < ROWCAST_ISA_COUNT; isa++) {
    if (!cpu->usable[isa] || !probe_has((rowcast_isa)isa)) continue;
    fma[isa] = (struct probe_fma){(rowcast_isa)isa, threads};
    probe_of[isa] = probes;
    timed[probes++] = (struct bench_candidate){.run = probe_run_fma, .context = &fma[isa]};
  }
  float *c = allocate((data->m * settings->n + 1) * sizeof *c);
  for (size_t i = 0; i <= rowcast_kernel_count(); i++) {
    rowcast_kernel_info kernel = {.name = "auto", .order = rowcast_auto_order(data->k, settings->n), .usable = true};
    if (i < rowcast_kernel_count()) rowcast_kernel_at(i, cpu, &kernel);
    if (!kernel.usable || (settings->kernel != NULL && strstr(kernel.name, settings->kernel) == NULL)) continue;
    for (int dtype = 0; dtype < ROWCAST_DTYPE_COUNT && count < MAX_CANDIDATES; dtype++) {
      struct candidate *candidate = &candidates[count];
      *candidate = (struct candidate){.kernel = kernel.name, .order = kernel.order, .dtype = (rowcast_dtype)dtype,
                                      .threads = threads, .data = data, .c = c, .n = settings->n};
      const rowcast_plan_options options = {kernel.name, NULL, (rowcast_dtype)dtype,
                                            dtype == ROWCAST_U8 ? 1.0f / 256.0f : 1.0f, threads, 0};
      rowcast_error err;
      if (rowcast_plan_create(&candidate->plan, data->k, settings->n, weights, settings->n, &options, &err) !=
          ROWCAST_OK)
        fail(err.text);
      if (!is_right(candidate, weights)) {
        printf("%-18s %s: WRONG, not timed\n", candidate->kernel, rowcast_dtype_name(candidate->dtype));
        rowcast_plan_destroy(candidate->plan);
        continue;
      }
      timed[probes + count] = (struct bench_candidate){.run = multiply, .context = candidate};
      count++;
    }
  }
  double *samples = malloc((probes + count) * settings->rounds * sizeof *samples);
  if (samples == NULL) fail("out of memory");
  for (size_t i = 0; i < probes + count; i++) timed[i].samples = samples + i * settings->rounds;
  if (!bench_measure(timed, probes + count, &(struct bench_settings){.rounds = settings->rounds, .seed = 1}))
    fail("out of memory");

  struct bench_summary summary[MAX_CANDIDATES + ROWCAST_ISA_COUNT + 1];
  for (size_t i = 0; i < probes + count; i++) summary[i] = bench_summarise(timed[i].samples, settings->rounds);

  const double bandwidth = (double)read.bytes / summary[0].median;
  printf("\n%u thread%s, %zu x %zu x %zu; read %.1f GB/s", threads, threads > 1 ? "s" : "", data->m, data->k,
         settings->n, bandwidth / 1e9);
  double peak = 0.0; /* of the highest level: the machine's */
  for (int isa = 0; isa < ROWCAST_ISA_COUNT; isa++)
    if (probe_of[isa] > 0) {
      const double rate = probe_fma_flops((rowcast_isa)isa) * threads / summary[probe_of[isa]].median;
      printf(", FMA %s %.1f GFLOP/s", rowcast_isa_name((rowcast_isa)isa), rate / 1e9);
      if (rate > peak) peak = rate;
    }
  printf("\n%-18s %-5s %10s %10s %19s %8s %8s %8s\n", "kernel", "dtype", "min ms", "median ms", "95% CI ms", "GFLOP/s",
         "of FMA", "of roof");
  const double flops = 2.0 * (double)data->m * (double)data->k * (double)settings->n;
  for (size_t i = 0; i < count; i++) {
    const struct bench_summary s = summary[probes + i];
    const double bytes = (double)data->m * (double)data->k * (candidates[i].dtype == ROWCAST_U8 ? 1.0 : 4.0);
    const double roof = peak > 0.0 && flops / peak > bytes / bandwidth ? flops / peak : bytes / bandwidth;
    printf("%-18s %-5s %10.4f %10.4f %9.4f-%9.4f %8.1f %8.2f %8.2f\n", candidates[i].kernel,
           rowcast_dtype_name(candidates[i].dtype), s.minimum * 1e3, s.median * 1e3, s.low * 1e3, s.high * 1e3,
           flops / s.median / 1e9, peak > 0.0 ? flops / s.median / peak : 0.0, roof / s.median);
    rowcast_plan_destroy(candidates[i].plan);
  }
  free(samples);
  free(c);
}

int main(int argc, char **argv) {
  const struct settings settings = parse(argc, argv);
  rowcast_cpu cpu;
  rowcast_error err;
  if (rowcast_cpu_detect(&cpu, &err) != ROWCAST_OK) fail(err.text);
  const struct data data = load(&settings);
  float *weights = malloc(data.k * settings.n * sizeof *weights);
  if (weights == NULL) fail("out of memory");
  rowcast_randn(1, weights, data.k * settings.n);
  printf("%s; rowcast %s (%s); %zu rounds, interleaved\n", cpu.model, rowcast_version(), rowcast_build_info(),
         settings.rounds);
  for (size_t i = 0; i < settings.threads_count; i++) run(&settings, &data, &cpu, weights, settings.threads[i]);
  free(weights);
  free(data.bytes_memory);
  free(data.floats_memory);
  return 0;
}
