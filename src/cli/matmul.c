/* SPDX-License-Identifier: BSD-3-Clause */
/* `rowcast matmul`: the main job. Loads, packs, multiplies, writes, and says what it did. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rowcast/experimental.h>
#include <rowcast/io.h>
#include <rowcast/rowcast.h>

#include "args/options.h"
#include "commands.h"
#include "data/input.h"
#include "data/join.h"
#include "data/product.h"
#include "data/ranks.h"
#include "data/sink.h"
#include "data/sources.h"
#include "data/tally.h"
#include "data/units.h"
#include "data/walk.h"
#include "data/weights.h"
#include "explain.h"
#include "terminal/progress.h"
#include "terminal/report.h"
#include "terminal/signals.h"
#include "terminal/table.h"
#include "terminal/terminal.h"

enum { PREDICTIONS = 10 /* shown of --predict */ };

struct seconds {
  double load, pack, read, matmul, write, total; /* of rows by number, read and matmul are the threads' mean */
};

struct matmul_job {
  const struct options *options;
  struct input input;
  struct walk walk; /* over its rows */
  float scale;
  rowcast_matrix weights, bias, result; /* bias: empty without --bias; result: of the block at hand */
  rowcast_plan *plan;
  rowcast_plan_info info;
  rowcast_choice first; /* how the first block is multiplied */
  struct sink sink;
  struct table table;
  size_t m; /* multiplied */
  unsigned long crc32;
  struct tally tally;             /* with --predict */
  struct explanation explanation; /* with --explain */
  struct ranks_work work;
  struct rank_passes passes; /* of several ranks with --repeat */
  struct seconds seconds;
};

static int check_kept(const struct matmul_job *job) {
  const char *const inputs[] = {job->input.path, job->input.labels_file.path, job->options->weights.path,
                                job->options->bias.path};
  return sink_keeps(&job->sink, inputs, sizeof inputs / sizeof inputs[0]);
}

/* What needs all rows at once, or again, cannot have blocks. */
static int check_blocks(const struct matmul_job *job) {
  const struct options *options = job->options;
  if (job->input.reader == NULL || job->input.share || (!options->explain && options->repeat <= 1)) return EXIT_DONE;
  complain("%s: %s needs all rows in memory, and they take more than --max-bytes allows", job->input.path,
           options->explain ? "--explain" : "--repeat");
  return EXIT_FAILED;
}

static int load_inputs(struct matmul_job *job) {
  const struct options *options = job->options;
  int status = input_begin(&job->input, options, SIZE_MAX, INPUT_MULTIPLIED);
  if (status == EXIT_DONE) status = check_blocks(job);
  if (status == EXIT_DONE && options->predict && !input_has_labels(&job->input)) {
    complain("%s: --predict needs --labels, as none are known; try rowcast matmul --help", job->input.path);
    status = EXIT_USAGE;
  }
  if (status == EXIT_DONE && (options->predict || options->labels.path != NULL))
    status = input_load_labels(&job->input);
  if (status == EXIT_DONE && options->predict && job->input.labels.values.data == NULL) {
    complain("%s: --predict needs --labels; try rowcast matmul --help", job->input.path);
    status = EXIT_USAGE;
  }
  if (status == EXIT_DONE) status = check_kept(job);
  if (status != EXIT_DONE) return status;
  job->scale = units_scale(&job->input, options);
  status = walk_begin(&job->walk, &job->input, options->dtype, job->scale);
  const struct rows *rows = &job->walk.rows;
  if (status == EXIT_DONE) status = weights_load(&job->weights, rows->m, rows->k, options);
  if (status == EXIT_DONE && options->bias.path != NULL)
    status = bias_load(&job->bias, &options->bias, job->weights.cols);
  return status == EXIT_DONE && options->predict ? tally_begin(&job->tally, job->weights.cols, false) : status;
}

/* Room for the result of so many rows. */
static int make_room(struct matmul_job *job, size_t rows) {
  rowcast_matrix *result = &job->result;
  if (result->owner == NULL || result->rows < rows) {
    rowcast_matrix_free(result);
    if (rowcast_matrix_alloc(result, ROWCAST_F32, rows, job->weights.cols) != ROWCAST_OK)
      return complain_of_memory("the result");
    /* The pages of a block are made before its clock starts. */
    if (rows > 0 && !job->input.by_number) memset(result->data, 0, rows * result->stride * sizeof(float));
  }
  result->rows = rows;
  return EXIT_DONE;
}

/* Hands on the result of the rows from `first` on. */
static int hand_on(struct matmul_job *job, size_t first) {
  const rowcast_matrix *result = &job->result;
  job->crc32 = rowcast_crc32_f32_next(job->crc32, result->data, result->rows, result->cols, result->stride);
  if (job->options->predict) tally_add_product(&job->tally, result, &job->input.labels, first);
  if (!table_keep(&job->table, result->data, result->rows, result->cols, result->stride))
    return complain_of_memory("the table");
  job->m += result->rows;
  return sink_rows(&job->sink, result->data, result->rows, result->stride);
}

/* Multiplies the next rows and hands their result on. */
static int multiply_rows(struct matmul_job *job) {
  struct walk *walk = &job->walk;
  int status = make_room(job, walk->next);
  if (status == EXIT_DONE) status = walk_multiply(walk, job->result.data, NULL);
  job->result.rows = walk->count;
  return status == EXIT_DONE ? hand_on(job, walk->first) : status;
}

static size_t repeat_of(const struct matmul_job *job) { return job->options->repeat > 0 ? job->options->repeat : 1; }

/* The rows again, by several ranks: all begin together. What is found of them is what was found before, if the result
 * is, bit for bit. */
static int multiply_again(struct matmul_job *job, int status) {
  struct walk *walk = &job->walk;
  const rowcast_matrix *result = &job->result;
  const double before = walk->multiply;
  status = ranks_here()->agree(status);
  if (status == EXIT_DONE) status = walk_multiply(walk, result->data, NULL);
  if (status != EXIT_DONE) return status;
  if (rowcast_crc32_f32(result->data, result->rows, result->cols, result->stride) != job->crc32) {
    complain("--repeat: the result has other bits than before: this machine, or this program, is at fault");
    return EXIT_FAILED;
  }
  status = sink_rows(&job->sink, result->data, result->rows, result->stride);
  return join_pass(status, &job->passes, walk->multiply - before);
}

/* Once more after the first time, `repeat` times in all. */
static int repeat_rows(struct matmul_job *job, int status) {
  const size_t repeat = repeat_of(job);
  if (ranks_several() && repeat > 1) status = join_pass(status, &job->passes, job->walk.multiply);
  for (size_t i = 1; i < repeat && status == EXIT_DONE; i++)
    if (signals_pending(NULL)) status = EXIT_FAILED; /* sink_free() ends us */
    else status = ranks_several() ? multiply_again(job, status) : multiply_rows(job);
  return status;
}

static int open_sink(struct matmul_job *job) {
  const struct input *input = &job->input;
  rowcast_layout layout = {.dtype = ROWCAST_F32, .rank = 2, .dims = {SIZE_MAX, job->weights.cols}};
  const size_t repeat = repeat_of(job);
  if (input->all_to != SIZE_MAX && __builtin_mul_overflow(input->all_to - input->all_from, repeat, &layout.dims[0])) {
    complain("--repeat: %zu times %zu rows is too many", repeat, input->all_to - input->all_from);
    return EXIT_FAILED;
  }
  return sink_open(&job->sink, &layout);
}

/* All rows; those at hand once, or again and again. */
static int multiply_all(struct matmul_job *job) {
  struct walk *walk = &job->walk;
  int status = open_sink(job);
  /* Do the values matter to what is said of them? */
  if (!job->options->quiet || job->options->json) walk_look(walk, true);
  if (status == EXIT_DONE) status = walk_plan(walk, job->plan, job->weights.cols, false);
  do {
    if (status == EXIT_DONE) status = multiply_rows(job);
    if (status == EXIT_DONE) status = repeat_rows(job, status);
  } while (walk_advance(walk, &status));
  job->seconds.read = walk->read;
  job->seconds.matmul = walk->multiply;
  if (job->input.by_number) {
    job->first.threads = walk->team.threads;
    job->first.driver = walk->team.threads > 1 ? "openmp-dynamic" : "serial";
  }
  return status == EXIT_DONE ? sink_commit(&job->sink) : status;
}

/* What all ranks have come to. */
static int join(struct matmul_job *job, int status) {
  const struct findings findings = {&job->input,
                                    &job->crc32,
                                    job->m * job->weights.cols * sizeof(float),
                                    &job->m,
                                    &job->walk.blocks,
                                    &job->seconds.read,
                                    &job->seconds.matmul,
                                    &job->walk.seen,
                                    &job->tally,
                                    &job->table,
                                    NULL,
                                    &job->work,
                                    repeat_of(job),
                                    &job->passes};
  return join_findings(status, &findings);
}

static double per_second(double amount, double seconds) { return seconds > 0.0 ? amount / seconds : 0.0; }

static double gflops(const struct matmul_job *job) {
  return per_second(2e-9 * (double)job->m * (double)job->walk.rows.k * (double)job->info.n, job->seconds.matmul);
}

static double gbytes_per_s(const struct matmul_job *job) {
  const double element = job->walk.rows.dtype == ROWCAST_U8 ? 1.0 : (double)sizeof(float);
  return per_second(1e-9 * (double)job->m * (double)job->walk.rows.k * element, job->seconds.matmul);
}

/* Were zeros left out, where they need not be? Then rates count products that were not made. */
static bool skipped(const struct matmul_job *job) {
  return job->info.skip_kernel != NULL && strcmp(job->first.kernel, job->info.skip_kernel) == 0;
}

static const char *weights_name(const struct options *options) {
  return options->weights.path != NULL ? options->weights.path : "randn:1";
}

static struct sources sources_of(const struct matmul_job *job) {
  return (struct sources){
    .input = &job->input,
    .scale = job->scale,
    .note = units_note(job->options, job->input.images.dtype, units_range(&job->walk.seen), false),
    .weights_name = weights_name(job->options),
    .weights = &job->weights,
    .bias_name = job->options->bias.path,
    .bias = &job->bias,
  };
}

static int print_json(struct matmul_job *job) {
  const struct sources sources = sources_of(job);
  json_t *object =
    json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:s?}", "version", rowcast_version(), "kernel",
              job->first.kernel, "isa", rowcast_isa_name(job->info.isa), "order", rowcast_order_name(job->info.order),
              "dtype", rowcast_dtype_name(job->info.dtype), "driver", job->first.driver, "threads",
              (json_int_t)job->first.threads, "rows", (json_int_t)job->m, "k", (json_int_t)job->walk.rows.k, "n",
              (json_int_t)job->info.n, "data_set", input_data_set(&job->input));
  const struct seconds *s = &job->seconds;
  json_t *seconds = json_pack("{s:f, s:f, s:f, s:f, s:f, s:f}", "load", s->load, "pack", s->pack, "read", s->read,
                              "matmul", s->matmul, "write", s->write, "total", s->total);
  char crc32[16];
  snprintf(crc32, sizeof crc32, "%08lx", job->crc32);
  bool failed = json_object_set_new(object, "seconds", seconds) != 0;
  failed |= !sources_json(&sources, object) || !join_work_json(&job->work, object);
  failed |= json_object_set_new(object, "reading", json_string(input_reading(&job->input))) != 0;
  failed |= json_object_set_new(object, "zeros_skipped", json_boolean(skipped(job))) != 0;
  failed |= json_object_set_new(object, "gflops", json_number(gflops(job))) != 0;
  failed |= json_object_set_new(object, "gbytes_per_s", json_number(gbytes_per_s(job))) != 0;
  failed |= json_object_set_new(object, "crc32", json_string(crc32)) != 0;
  if (job->options->output != NULL)
    failed |= json_object_set_new(object, "output", json_text(job->options->output)) != 0;
  if (job->options->predict) failed |= !tally_first_json(&job->tally, job->input.all_from, PREDICTIONS, object);
  if (job->options->explain) failed |= !explain_json(&job->explanation, object);
  if (job->input.explained)
    failed |= json_object_set_new(object, "reading_without_explain",
                                  json_pack("{s:s, s:I}", "reading", "by number", "threads",
                                            (json_int_t)by_number_threads(&job->input, job->plan))) != 0;
  if (failed) {
    json_decref(object);
    object = NULL;
  }
  return out_json(object);
}

static void print_blocks(const struct matmul_job *job) {
  const char *done = job->walk.team.inflates ? "inflated" : "read";
  if (job->first.threads > 1)
    out("         in %zu block%s, each %s by the thread that multiplies it\n", job->walk.blocks,
        job->walk.blocks == 1 ? "" : "s", done);
  else
    out("         in %zu block%s, each multiplied when it is %s\n", job->walk.blocks, job->walk.blocks == 1 ? "" : "s",
        done);
}

/* Which way the rows take with --explain, and without. */
static void print_road(const struct matmul_job *job) {
  out("         read whole before they are multiplied, as --explain asks for\n");
  if (!job->input.explained) return;
  const bool inflates = job->input.images.file->gzipped;
  const unsigned threads = by_number_threads(&job->input, job->plan);
  out("         without it read by number, on %u thread%s, each of which %s the rows that it multiplies%s\n", threads,
      threads > 1 ? "s" : "", inflates ? "inflates" : "reads",
      threads > job->first.threads ? ": more than the product is worth, for inflating takes longer" : "");
}

static void print_summary(const struct matmul_job *job) {
  const struct seconds *s = &job->seconds;
  const struct sources sources = sources_of(job);
  char load[TIME_TEXT], pack[TIME_TEXT], read[TIME_TEXT], matmul[TIME_TEXT], write[TIME_TEXT], total[TIME_TEXT];
  sources_print(&sources);
  if (job->options->repeat > 1) out("         taken %zu times\n", job->options->repeat);
  else if (job->input.by_number) print_blocks(job);
  else if (job->walk.blocks > 1) out("         in %zu blocks\n", job->walk.blocks);
  if (job->options->explain) print_road(job);
  out("product  %zu x %zu times %zu x %zu\n", job->m, job->info.k, job->info.k, job->info.n);
  const char *of_block = job->walk.blocks > 1 ? ", for the first block" : "";
  out("kernel   %s (ISA %s, order %s, %s rows)%s\n", job->first.kernel, rowcast_isa_name(job->info.isa),
      rowcast_order_name(job->info.order), rowcast_dtype_name(job->info.dtype), of_block);
  out("threads  %u (driver %s)%s\n", job->first.threads, job->first.driver, job->input.by_number ? "" : of_block);
  join_print_work(&job->work);
  out("time     load %s, pack %s, ", time_text(s->load, load), time_text(s->pack, pack));
  if (job->input.by_number)
    out("%s %s and matmul %s%s", job->walk.team.inflates ? "read+inflate" : "read", time_text(s->read, read),
        time_text(s->matmul, matmul), job->first.threads > 1 ? " on each thread" : "");
  else out("matmul %s", time_text(s->matmul, matmul));
  out("%s%s, total %s\n", job->options->output != NULL ? ", write " : "",
      job->options->output != NULL ? time_text(s->write, write) : "", time_text(s->total, total));
  out("speed    %.2f GFLOP/s%s, %.2f GB/s of rows read\n", gflops(job),
      skipped(job) ? " effective (zeros skipped)" : "", gbytes_per_s(job));
  out("crc32    %08lx\n", job->crc32);
  if (job->options->output != NULL) out("output   %s\n", printable(job->options->output));
  if (job->options->predict && job->tally.rows == 0) out("accuracy none: there are no rows\n");
  if (job->options->predict) {
    tally_print(&job->tally);
    tally_print_first(&job->tally, PREDICTIONS);
  }
  if (job->options->explain) explain_print(&job->explanation);
}

static int load_multiply_and_print(struct matmul_job *job) {
  const double start = clock_seconds();
  const bool quiet = job->options->quiet;
  progress_begin("loading", quiet);
  int status = load_inputs(job);
  progress_end();
  if (status != EXIT_DONE) return status;
  const double loaded = clock_seconds();
  const rowcast_plan_options asked = {
    .kernel = job->options->kernel,
    .order = job->options->order,
    .threads = input_threads(&job->input, job->options),
    .bias = job->bias.data,
  };
  status = make_plan(&job->plan, &job->walk.rows, &job->weights, &asked);
  if (status != EXIT_DONE) return status;
  job->seconds.load = loaded - start;
  job->seconds.pack = clock_seconds() - loaded;
  rowcast_plan_describe(job->plan, &job->info, sizeof job->info);
  const struct rows *rows = &job->walk.rows;
  if (rowcast_plan_explain(job->plan, rows->m, rows->x, rows->ldx, &job->first, sizeof job->first) != ROWCAST_OK)
    job->first = (rowcast_choice){.kernel = job->info.kernel, .driver = job->info.driver}; /* multiplying says why */

  progress_begin("multiplying", quiet);
  status = multiply_all(job);
  const double own = job->seconds.matmul;
  status = join(job, status);
  progress_end();
  job->seconds.write = job->sink.seconds;
  job->seconds.total = clock_seconds() - start;
  if (job->options->explain) {
    status = explain_ranks(&job->explanation, status, rows, &job->first);
    progress_begin("measuring", quiet);
    if (status == EXIT_DONE && ranks_here()->rank == 0)
      status = explain(&job->explanation, job->plan, rows, job->result.data, job->result.stride, own);
    progress_end();
  }
  if (status != EXIT_DONE || ranks_here()->rank > 0) return status;

  if (job->options->json) return print_json(job);
  if (quiet) return EXIT_DONE;
  if (sink_is_stdout(job->options)) {
    const struct sources sources = sources_of(job);
    sources_remark(&sources);
    return EXIT_DONE;
  }
  print_summary(job);
  out("\n");
  table_print(&job->table);
  return EXIT_DONE;
}

int command_matmul(const struct options *options) {
  struct matmul_job job;
  memset(&job, 0, sizeof job);
  job.options = options;
  int status = sink_check(&job.sink, options, "matmul", "float32");
  if (status == EXIT_DONE) status = check_kernel(options->kernel, options->order);
  if (status == EXIT_DONE) status = load_multiply_and_print(&job);
  sink_free(&job.sink);
  explain_free(&job.explanation);
  walk_free(&job.walk);
  table_free(&job.table);
  tally_free(&job.tally);
  rowcast_plan_destroy(job.plan);
  rowcast_matrix_free(&job.result);
  rowcast_matrix_free(&job.weights);
  rowcast_matrix_free(&job.bias);
  input_free(&job.input);
  return status;
}
