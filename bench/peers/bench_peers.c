/* SPDX-License-Identifier: BSD-3-Clause */
/* bench_peers: rowcast's `auto` against other libraries on the same float32 rows, in the same rounds, over a list of N or
 * of K. Every peer's result is checked against float64. Rows are MNIST's when K is 784, else made.
 *
 *   bench_peers [--images FILE] [--rows M] [--k K,...] [--n N,...] [--threads T] [--rounds R] [--cblas NAME=FILE]...
 *
 * Prints the median of each in ms, and the median ratio (with its 95 % interval) of the best peer to rowcast. */
#include <getopt.h>
#include <omp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <rowcast/rowcast.h>

#include "check.h"
#include "measure.h"
#include "peer.h"
#include "probes/probe.h"
#include "stats.h"

enum { MAX_LIST = 128, MAX_EXTRA = 8, CHECKED_ROWS = 64, FIXED = 4 };

static void fail(const char *text) {
  fprintf(stderr, "bench_peers: %s\n", text);
  exit(1);
}

struct settings {
  const char *images;
  size_t rows, rounds, k_count, n_count, extra_count;
  unsigned threads;
  size_t k[MAX_LIST], n[MAX_LIST];
  char *extra[MAX_EXTRA];
};

static void *allocate(size_t bytes) {
  const size_t page = (size_t)2 << 20;
  void *memory = aligned_alloc(page, (bytes / page + 1) * page);
  if (memory == NULL) fail("out of memory");
  madvise(memory, bytes, MADV_HUGEPAGE);
  return memory;
}

/* One shape: the rows in both types, the weights and two results. */
struct shape {
  size_t m, k, n;
  unsigned char *bytes;
  float *floats, *weights, *c;
};

struct ours {
  const struct shape *shape;
  rowcast_plan *plan;
  const void *x;
};

static void run_ours(void *context) {
  const struct ours *ours = context;
  rowcast_matmul(ours->plan, ours->shape->m, ours->x, ours->shape->k, ours->shape->c, ours->shape->n);
}

struct theirs {
  const struct peer *peer;
  struct peer_product product;
  unsigned threads;
};

static void run_theirs(void *context) {
  const struct theirs *theirs = context;
  theirs->peer->multiply(theirs->peer, &theirs->product);
}

static struct shape make_shape(const struct settings *settings, size_t k, size_t n) {
  struct shape shape = {.m = settings->rows, .k = k, .n = n};
  rowcast_matrix images = {0};
  rowcast_error err;
  if (k == 784 && rowcast_matrix_read(&images, settings->images, NULL, &err) != ROWCAST_OK) fail(err.text);
  if (images.data != NULL && images.rows < shape.m) shape.m = images.rows;
  shape.bytes = allocate(shape.m * k);
  shape.floats = allocate(shape.m * k * sizeof(float));
  shape.weights = allocate(k * n * sizeof(float));
  shape.c = allocate(shape.m * n * sizeof(float));
  uint32_t state = 1;
  for (size_t i = 0; i < shape.m * k; i++) {
    state = state * 1664525u + 1013904223u;
    shape.bytes[i] = images.data != NULL ? ((const unsigned char *)images.data)[i] : (unsigned char)(1 + (state >> 8) % 255);
    shape.floats[i] = (float)shape.bytes[i] / 256.0f;
  }
  rowcast_randn(1, shape.weights, k * n);
  memset(shape.c, 0, shape.m * n * sizeof(float));
  rowcast_matrix_free(&images);
  return shape;
}

/* Is what stands in C right, for the first rows? */
static bool is_right(const struct shape *shape) {
  const struct check_product product = {
    .dtype = ROWCAST_F32, .m = shape->m < CHECKED_ROWS ? shape->m : CHECKED_ROWS, .k = shape->k, .n = shape->n,
    .x = shape->floats, .ldx = shape->k, .w = shape->weights, .ldw = shape->n, .scale = 1.0f};
  return check_float64(&product, shape->c, shape->n).over == 0;
}

static rowcast_plan *make_plan(const struct settings *settings, const struct shape *shape, rowcast_dtype dtype) {
  const rowcast_plan_options options = {
    .dtype = dtype, .scale = dtype == ROWCAST_U8 ? 1.0f / 256.0f : 1.0f, .threads = settings->threads};
  rowcast_plan *plan;
  rowcast_error err;
  if (rowcast_plan_create(&plan, shape->k, shape->n, shape->weights, shape->n, &options, &err) != ROWCAST_OK) fail(err.text);
  return plan;
}

static void run_shape(const struct settings *settings, const rowcast_cpu *cpu, struct peer *peers, size_t peer_count,
                      size_t k, size_t n) {
  struct shape shape = make_shape(settings, k, n);
  struct ours ours[2] = {{&shape, make_plan(settings, &shape, ROWCAST_F32), shape.floats},
                         {&shape, make_plan(settings, &shape, ROWCAST_U8), shape.bytes}};
  rowcast_isa top = ROWCAST_SCALAR;
  for (int isa = 0; isa < ROWCAST_ISA_COUNT; isa++)
    if (cpu->usable[isa] && probe_has((rowcast_isa)isa)) top = (rowcast_isa)isa;
  struct probe_fma fma = {top, settings->threads};
  struct probe_read read = {shape.floats, shape.m * k * sizeof(float) / 64 * 64, settings->threads, 1};
  struct bench_candidate timed[FIXED + PEER_MAX] = {
    {.run = run_ours, .context = &ours[0]}, {.run = run_ours, .context = &ours[1]},
    {.run = probe_run_fma, .context = &fma}, {.run = probe_run_read, .context = &read}};
  struct theirs theirs[PEER_MAX];
  size_t index[PEER_MAX];
  size_t count = FIXED;
  for (size_t i = 0; i < peer_count; i++) {
    theirs[i] = (struct theirs){&peers[i], {(int)shape.m, (int)n, (int)k, shape.floats, shape.weights, shape.c}, settings->threads};
    if (peers[i].set_threads != NULL) peers[i].set_threads((int)settings->threads);
    memset(shape.c, 0xff, shape.m * n * sizeof(float));
    run_theirs(&theirs[i]);
    index[i] = is_right(&shape) ? count : 0;
    if (index[i] > 0) timed[count++] = (struct bench_candidate){.run = run_theirs, .context = &theirs[i]};
  }
  const size_t rounds = settings->rounds;
  double *samples = malloc((count + 2) * rounds * sizeof *samples);
  if (samples == NULL) fail("out of memory");
  for (size_t i = 0; i < count; i++) timed[i].samples = samples + i * rounds;
  if (!bench_measure(timed, count, &(struct bench_settings){.rounds = rounds, .seed = 1})) fail("out of memory");

  /* The best peer has the least median; the ratios are taken round by round, before anything is sorted. */
  double *scratch = samples + count * rounds, *sorted = scratch + rounds;
  double median[FIXED + PEER_MAX];
  size_t best = 0;
  for (size_t i = 0; i < count; i++) {
    memcpy(sorted, timed[i].samples, rounds * sizeof *sorted);
    median[i] = bench_summarise(sorted, rounds).median;
    if (i >= FIXED && (best == 0 || median[i] < median[best])) best = i;
  }
  const double flops = 2.0 * (double)shape.m * (double)k * (double)n;
  const double peak = probe_fma_flops(top) * settings->threads / median[2];
  const double arithmetic = flops / peak, reading = (double)read.bytes > 0.0 ? median[3] : 0.0;
  printf("%5zu %5zu %9.4g %9.4g", k, n, median[0] * 1e3, median[1] * 1e3);
  for (size_t i = 0; i < peer_count; i++)
    index[i] > 0 ? printf(" %9.4g", median[index[i]] * 1e3) : printf(" %9s", "WRONG");
  printf(" %9.4g %5.2f", (arithmetic > reading ? arithmetic : reading) * 1e3,
         (arithmetic > reading ? arithmetic : reading) / median[0]);
  for (size_t i = 0; i < 2 && best > 0; i++) {
    const struct bench_summary ratio = bench_ratio(timed[best].samples, timed[i].samples, scratch, rounds);
    printf("  %5.2f (%.2f-%.2f)", ratio.median, ratio.low, ratio.high);
  }
  printf("\n");
  fflush(stdout);
  free(samples);
  for (size_t i = 0; i < 2; i++) rowcast_plan_destroy(ours[i].plan);
  free(shape.bytes), free(shape.floats), free(shape.weights), free(shape.c);
}

static size_t parse_list(char *text, size_t list[MAX_LIST]) {
  size_t count = 0;
  for (char *part = strtok(text, ","); part != NULL; part = strtok(NULL, ",")) {
    char *end;
    const unsigned long first = strtoul(part, &end, 10);
    const unsigned long last = *end == '-' ? strtoul(end + 1, &end, 10) : first;
    if (*end != '\0' || first == 0 || last < first || last > 1u << 20) fail("a list is one of numbers and ranges: 1,2,8-16");
    for (unsigned long value = first; value <= last && count < MAX_LIST; value++) list[count++] = value;
  }
  return count;
}

int main(int argc, char **argv) {
  struct settings s = {.images = "data/train-images-idx3-ubyte.gz", .rows = 50000, .rounds = 15, .threads = 1,
                       .k = {784}, .k_count = 1, .n = {10}, .n_count = 1};
  static const struct option options[] = {
    {"images", 1, NULL, 'i'},  {"rows", 1, NULL, 'm'},   {"k", 1, NULL, 'k'},     {"n", 1, NULL, 'n'},
    {"threads", 1, NULL, 't'}, {"rounds", 1, NULL, 'r'}, {"cblas", 1, NULL, 'c'}, {0}};
  size_t one[MAX_LIST];
  for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) switch (option) {
    case 'i': s.images = optarg; break;
    case 'm': if (parse_list(optarg, one) == 1) s.rows = one[0]; break;
    case 'r': if (parse_list(optarg, one) == 1) s.rounds = one[0]; break;
    case 't': if (parse_list(optarg, one) == 1) s.threads = (unsigned)one[0]; break;
    case 'k': s.k_count = parse_list(optarg, s.k); break;
    case 'n': s.n_count = parse_list(optarg, s.n); break;
    case 'c': if (s.extra_count < MAX_EXTRA) s.extra[s.extra_count++] = optarg; break;
    default: return 2;
    }
  rowcast_cpu cpu;
  rowcast_error err;
  if (rowcast_cpu_detect(&cpu, &err) != ROWCAST_OK) fail(err.text);
  struct peer peers[PEER_MAX];
  const size_t peer_count = peer_find(peers, s.extra, s.extra_count);
  omp_set_num_threads((int)s.threads);
  printf("%s; %zu rows, %u thread%s, %zu rounds interleaved; medians in ms\n", cpu.model, s.rows, s.threads,
         s.threads > 1 ? "s" : "", s.rounds);
  printf("%5s %5s %9s %9s", "K", "N", "f32", "u8");
  for (size_t i = 0; i < peer_count; i++) printf(" %9s", peers[i].name);
  printf(" %9s %5s  %s\n", "roof f32", "share", "best peer / f32        best peer / u8");
  for (size_t i = 0; i < s.k_count; i++)
    for (size_t j = 0; j < s.n_count; j++) run_shape(&s, &cpu, peers, peer_count, s.k[i], s.n[j]);
  return 0;
}
