/* SPDX-License-Identifier: BSD-3-Clause */
#include "explain.h"

#include <stdlib.h>
#include <string.h>

#include <rowcast/cpu.h>
#include <rowcast/experimental.h>

#include "data/ranks.h"
#include "measure.h"
#include "probes/probe.h"
#include "stats.h"
#include "study/roofs.h"
#include "terminal/report.h"
#include "terminal/table.h"

enum { ROUNDS = 9 };

/* Operations a cycle that rowcast_kernel_cycles() counts with. */
static const double FLOPS_A_CYCLE = 32.0;

struct product {
  const rowcast_plan *plan;
  const struct rows *rows;
  float *c;
  size_t ldc;
};

static void make_product(void *context) {
  const struct product *p = context;
  rowcast_matmul(p->plan, p->rows->m, p->rows->x, p->rows->ldx, p->c, p->ldc);
}

/* The level whose multiply-adds are the limit: the kernel's, or for scalar code the highest there is a probe for. */
static bool probed_level(rowcast_isa isa, rowcast_isa *level) {
  rowcast_cpu cpu;
  if (rowcast_cpu_detect(&cpu, sizeof cpu, NULL) != ROWCAST_OK) return false;
  bool found = false;
  for (int i = ROWCAST_SCALAR; i < ROWCAST_ISA_COUNT; i++) {
    if (!cpu.usable[i] || !probe_has((rowcast_isa)i)) continue;
    *level = (rowcast_isa)i;
    found = true;
    if (i == (int)isa) break;
  }
  return found;
}

static double row_bytes(const struct rows *rows) { return (double)rows->k * (double)dtype_bytes(rows->dtype); }

int explain(struct explanation *e, const rowcast_plan *plan, const struct rows *rows, float *c, size_t ldc,
            double first) {
  rowcast_plan_describe(plan, &e->plan, sizeof e->plan);
  e->rows = rows->m;
  rowcast_status status = rowcast_plan_explain(plan, rows->m, rows->x, rows->ldx, &e->choice, sizeof e->choice);
  if (status != ROWCAST_OK) {
    complain("--explain: %s", rowcast_status_text(status));
    return EXIT_FAILED;
  }
  e->first = e->measured = e->best = first;

  struct product product = {plan, rows, c, ldc};
  struct probe_fma fma = {ROWCAST_SCALAR, e->choice.threads};
  struct probe_read read = roofs_lines(rows, rows->m, e->choice.threads);
  double samples[3][ROUNDS];
  struct bench_candidate timed[3];
  size_t count = 0, fma_at = 0, read_at = 0;
  const bool again = first <= 0.1 && rows->m > 0;
  if (again) timed[count++] = (struct bench_candidate){.run = make_product, .context = &product};
  const bool has_fma = probed_level(e->plan.isa, &fma.isa);
  if (has_fma) timed[fma_at = count++] = (struct bench_candidate){.run = probe_run_fma, .context = &fma};
  if (read.bytes > 0) probe_choose_way(&read);
  if (read.bytes > 0) timed[read_at = count++] = (struct bench_candidate){.run = probe_run_read, .context = &read};
  for (size_t i = 0; i < count; i++) timed[i].samples = samples[i];
  if (!bench_measure(timed, count, &(struct bench_settings){.rounds = ROUNDS, .seed = 1}))
    return complain_of_memory("the measurement");

  struct bench_summary summary[3] = {0};
  for (size_t i = 0; i < count; i++) summary[i] = bench_summarise(samples[i], ROUNDS);
  if (again) e->measured = summary[0].median, e->best = summary[0].minimum, e->runs = ROUNDS;
  /* What the machine can do at most is what the probes did at best. */
  if (has_fma) e->flops_per_s = probe_fma_flops(fma.isa) * e->choice.threads / summary[fma_at].minimum;
  if (read.bytes > 0) e->bytes_per_s = probe_read_bytes(&read) / summary[read_at].minimum;
  if (has_fma) e->arithmetic = e->choice.cycles * FLOPS_A_CYCLE * (double)rows->m / e->flops_per_s;
  if (e->bytes_per_s > 0.0) e->memory = row_bytes(rows) * (double)rows->m / e->bytes_per_s;
  if (has_fma) e->expected = e->arithmetic > e->memory ? e->arithmetic : e->memory;
  return EXIT_DONE;
}

int explain_ranks(struct explanation *e, int status, const struct rows *rows, const rowcast_choice *first) {
  struct share own = {.rows = rows->m, .threads = first->threads};
  unsigned char *all;
  size_t *sizes;
  if (!ranks_several()) return status;
  own.bytes = own.rows * (size_t)row_bytes(rows);
  snprintf(own.kernel, sizeof own.kernel, "%s", first->kernel);
  status = ranks_here()->gather(status, &own, sizeof own, &all, &sizes);
  free(sizes);
  e->shares = (struct share *)(void *)all;
  return status;
}

void explain_free(struct explanation *e) { free(e->shares); }

static bool alike(const struct share *a, const struct share *b) {
  return a->rows == b->rows && a->threads == b->threads && strcmp(a->kernel, b->kernel) == 0;
}

/* A line for ranks in a row that do the same. */
static void print_shares(const struct explanation *e) {
  const unsigned count = ranks_here()->size;
  for (unsigned i = 0, end; e->shares != NULL && i < count; i = end) {
    const struct share *share = &e->shares[i];
    for (end = i + 1; end < count && alike(share, &e->shares[end]);) end++;
    if (end - i > 1) out("ranks    %u to %u, each: ", i, end - 1);
    else out("rank     %u: ", i);
    out("%zu row%s, %.3g MB, %s on %u thread%s\n", share->rows, share->rows == 1 ? "" : "s",
        1e-6 * (double)share->bytes, share->kernel, share->threads, share->threads == 1 ? "" : "s");
  }
  if (e->shares != NULL) out("         what follows is rank 0's, measured while the others wait\n");
}

static json_t *shares_json(const struct explanation *e) {
  json_t *all = json_array();
  for (unsigned i = 0; i < ranks_here()->size; i++) {
    const struct share *share = &e->shares[i];
    json_t *one = json_pack("{s:I, s:I, s:s, s:I}", "rows", (json_int_t)share->rows, "bytes", (json_int_t)share->bytes,
                            "kernel", share->kernel, "threads", (json_int_t)share->threads);
    if (json_array_append_new(all, one) != 0) {
      json_decref(all);
      return NULL;
    }
  }
  return all;
}

static const char *order_reason(const struct explanation *e, char *text, size_t size) {
  if (!e->choice.asked_for && e->plan.order != rowcast_auto_order(e->plan.k, e->plan.n))
    snprintf(text, size, "asked for");
  else if (!e->choice.asked_for)
    snprintf(text, size, "what K = %zu and N = %zu call for, on every machine", e->plan.k, e->plan.n);
  else snprintf(text, size, "the kernel's own");
  return text;
}

static const char *zeros_reason(const struct explanation *e, char *text, size_t size) {
  const rowcast_choice *choice = &e->choice;
  const char *done = choice->skips_zeros ? "skipped" : "multiplied";
  const char *named = choice->asked_for ? ", as the kernel named does" : "";
  if (choice->skips_zeros && e->plan.dtype == ROWCAST_F32)
    snprintf(text, size, "%s%s; expected as if there were none, for only bytes are sampled", done, named);
  else if (e->rows > 0 && (choice->skips_zeros || e->plan.skip_kernel != NULL))
    snprintf(text, size, "%s%s: of the steps of eight bytes in the rows sampled, %.0f %% are not all zero", done, named,
             100.0 * choice->nonzero_share);
  else
    snprintf(text, size, "%s%s%s", done, named,
             choice->asked_for              ? ""
             : e->rows == 0                 ? ": there are no rows"
             : e->plan.dtype == ROWCAST_F32 ? ": auto skips zeros of bytes only"
                                            : ": no kernel to skip them, or weights that are Inf or NaN");
  return text;
}

static const char *threads_reason(const struct explanation *e) {
  if (e->rows == 0 || e->choice.threads == e->plan.threads) return "";
  return e->choice.threads == e->rows ? ": no more than there are rows"
                                      : ": more would cost more to start than they save";
}

void explain_print(const struct explanation *e) {
  const rowcast_choice *choice = &e->choice;
  char text[160], measured[TIME_TEXT], best[TIME_TEXT], first[TIME_TEXT];
  char expected[TIME_TEXT], arithmetic[TIME_TEXT], memory[TIME_TEXT];
  out("\nwhy\n");
  print_shares(e);
  out("order    %s: %s\n", rowcast_order_name(e->plan.order), order_reason(e, text, sizeof text));
  out("kernel   %s: %s, %.0f cycles a row expected", choice->kernel, choice->asked_for ? "asked for" : "costs least",
      choice->cycles);
  if (choice->runner_up != NULL) out("; %s %.0f", choice->runner_up, choice->runner_up_cycles);
  out("\ntile     %zu row%s x %zu column%s; K in blocks of %zu; %zu bytes of packed weights\n", choice->tile_rows,
      choice->tile_rows == 1 ? "" : "s", choice->tile_columns, choice->tile_columns == 1 ? "" : "s", choice->k_block,
      e->plan.packed_bytes);
  out("zeros    %s\n", zeros_reason(e, text, sizeof text));
  if (choice->exact != NULL)
    out("exact    --order exact, the correctly rounded product, is expected to be faster here: %s, %.0f cycles a row\n",
        choice->exact, choice->exact_cycles);
  out("threads  %u of at most %u%s\n", choice->threads, e->plan.threads, threads_reason(e));
  if (e->rows == 0) return;
  if (e->flops_per_s > 0.0)
    out("expected %s: arithmetic %s (%.1f GFLOP/s at most), memory %s (%.1f GB/s at most)\n",
        time_text(e->expected, expected), time_text(e->arithmetic, arithmetic), e->flops_per_s / 1e9,
        time_text(e->memory, memory), e->bytes_per_s / 1e9);
  else out("expected unknown: this machine's multiply-adds have no probe\n");
  out("measured %s", time_text(e->measured, measured));
  if (e->expected > 0.0) out(", %.2f times what is expected", e->measured / e->expected);
  if (e->runs > 0)
    out(" (median of %u; best %s, the first %s)", e->runs, time_text(e->best, best), time_text(e->first, first));
  out("\n");
}

bool explain_json(const struct explanation *e, json_t *object) {
  const rowcast_choice *choice = &e->choice;
  json_t *cycles = json_number(choice->cycles), *share = json_number(choice->nonzero_share);
  json_t *explain =
    json_pack("{s:s, s:s, s:b, s:o, s:s?, s:I, s:I, s:I, s:I, s:b, s:o, s:I, s:I}", "order",
              rowcast_order_name(e->plan.order), "kernel", choice->kernel, "asked_for", (int)choice->asked_for,
              "cycles_per_row", cycles, "runner_up", choice->runner_up, "tile_rows", (json_int_t)choice->tile_rows,
              "tile_columns", (json_int_t)choice->tile_columns, "k_block", (json_int_t)choice->k_block, "packed_bytes",
              (json_int_t)e->plan.packed_bytes, "zeros_skipped", (int)choice->skips_zeros, "nonzero_share", share,
              "threads", (json_int_t)choice->threads, "most_threads", (json_int_t)e->plan.threads);
  if (explain == NULL) return false;
  bool failed = json_object_set_new(object, "explain", explain) != 0;
  if (e->shares != NULL) failed |= json_object_set_new(explain, "ranks", shares_json(e)) != 0;
  if (choice->runner_up != NULL)
    failed |= json_object_set_new(explain, "runner_up_cycles_per_row", json_number(choice->runner_up_cycles)) != 0;
  if (choice->exact != NULL) {
    failed |= json_object_set_new(explain, "faster_exact", json_string(choice->exact)) != 0;
    failed |= json_object_set_new(explain, "faster_exact_cycles_per_row", json_number(choice->exact_cycles)) != 0;
  }
  failed |= json_object_set_new(explain, "measured_s", json_number(e->measured)) != 0;
  failed |= json_object_set_new(explain, "best_s", json_number(e->best)) != 0;
  failed |= json_object_set_new(explain, "runs", json_integer(e->runs)) != 0;
  failed |= json_object_set_new(explain, "first_s", json_number(e->first)) != 0;
  if (e->expected > 0.0) {
    failed |= json_object_set_new(explain, "expected_s", json_number(e->expected)) != 0;
    failed |= json_object_set_new(explain, "arithmetic_s", json_number(e->arithmetic)) != 0;
    failed |= json_object_set_new(explain, "memory_s", json_number(e->memory)) != 0;
    failed |= json_object_set_new(explain, "peak_gflops", json_number(e->flops_per_s / 1e9)) != 0;
    failed |= json_object_set_new(explain, "peak_gbytes_per_s", json_number(e->bytes_per_s / 1e9)) != 0;
  }
  return !failed;
}
