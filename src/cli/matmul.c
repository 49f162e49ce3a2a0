/* SPDX-License-Identifier: BSD-3-Clause */
/* `rowcast matmul`: the main job. Loads, packs, multiplies, writes, and says what it did. */
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <rowcast/rowcast.h>

#include "command.h"
#include "explain.h"
#include "input.h"
#include "predict.h"
#include "product.h"
#include "report.h"
#include "signals.h"
#include "sink.h"
#include "table.h"
#include "terminal.h"

struct seconds {
  double load, pack, matmul, write, total;
};

struct job {
  const struct options *options;
  struct input input;
  struct rows rows;                     /* of the block there */
  rowcast_matrix weights, bias, result; /* bias: empty without --bias; result: of the block there */
  rowcast_plan *plan;
  rowcast_plan_info info;
  struct sink sink;
  struct table table;
  size_t m, blocks; /* multiplied */
  unsigned threads; /* that multiplied */
  unsigned long crc32;
  struct prediction prediction;
  struct explanation explanation; /* with --explain */
  struct seconds seconds;
};

static int check_kept(const struct job *job) {
  const char *const inputs[] = {job->input.path, job->input.labels_path, job->options->weights, job->options->bias};
  return sink_keeps(&job->sink, inputs, sizeof inputs / sizeof inputs[0]);
}

/* What needs all rows at once, or again, cannot have blocks. */
static int check_blocks(const struct job *job) {
  const struct options *options = job->options;
  if (job->input.reader == NULL || (!options->explain && options->repeat <= 1)) return EXIT_DONE;
  complain("%s: %s needs all rows in memory, and they are more than --max-bytes allows", job->input.path,
           options->explain ? "--explain" : "--repeat");
  return EXIT_FAILED;
}

static int load(struct job *job) {
  const struct options *options = job->options;
  int status = input_begin(&job->input, options, SIZE_MAX);
  if (status == EXIT_DONE) status = check_blocks(job);
  if (status == EXIT_DONE && options->predict && job->input.labels_path == NULL) {
    complain("%s: --predict needs --labels, for none are known; try rowcast matmul --help", job->input.path);
    status = EXIT_USAGE;
  }
  if (status == EXIT_DONE && (options->predict || options->labels != NULL)) status = input_load_labels(&job->input);
  if (status == EXIT_DONE) status = check_kept(job);
  if (status == EXIT_DONE)
    status = rows_prepare(&job->rows, &job->input, options->dtype, input_scale(&job->input, options));
  if (status == EXIT_DONE) status = weights_load(&job->weights, job->rows.m, job->rows.k, options);
  if (status == EXIT_DONE && options->bias != NULL) status = bias_load(&job->bias, options->bias, job->weights.cols);
  return status;
}

/* Room for a block's result, whose pages are made before the clock starts. */
static int make_room(struct job *job) {
  rowcast_matrix *result = &job->result;
  if (result->owner == NULL || result->rows < job->rows.m) {
    rowcast_matrix_free(result);
    if (rowcast_matrix_alloc(result, ROWCAST_F32, job->rows.m, job->weights.cols) != ROWCAST_OK) return complain_of_memory("the result");
    if (result->rows > 0) memset(result->data, 0, result->rows * result->stride * sizeof(float));
  }
  result->rows = job->rows.m;
  return EXIT_DONE;
}

/* Multiplies the block there and hands its result on. */
static int multiply(struct job *job) {
  const struct rows *rows = &job->rows;
  rowcast_matrix *result = &job->result;
  int done = make_room(job);
  if (done != EXIT_DONE) return done;
  const double start = clock_seconds();
  const rowcast_status status = rowcast_matmul(job->plan, rows->m, rows->x, rows->ldx, result->data, result->stride);
  job->seconds.matmul += clock_seconds() - start;
  if (status != ROWCAST_OK) {
    complain("the product: %s", rowcast_status_text(status));
    return EXIT_FAILED;
  }
  job->crc32 = rowcast_crc32_f32_next(job->crc32, result->data, result->rows, result->cols, result->stride);
  if (job->options->predict) predict(&job->prediction, result, &job->input);
  if (!table_keep(&job->table, result->data, result->rows, result->cols, result->stride)) return complain_of_memory("the table");
  job->m += rows->m;
  job->blocks++;
  return sink_rows(&job->sink, result->data, result->rows, result->stride);
}

static int open_sink(struct job *job) {
  const struct input *input = &job->input;
  rowcast_layout layout = {.element = ROWCAST_ELEMENT_F32, .rank = 2, .dims = {SIZE_MAX, job->weights.cols}};
  const size_t repeat = job->options->repeat > 0 ? job->options->repeat : 1;
  if (input->to != SIZE_MAX && __builtin_mul_overflow(input->to - input->from, repeat, &layout.dims[0])) {
    complain("--repeat: %zu times %zu rows are too many", repeat, input->to - input->from);
    return EXIT_FAILED;
  }
  return sink_open(&job->sink, &layout);
}

/* All rows: the block there again and again, or one block after another. */
static int multiply_all(struct job *job) {
  const struct options *options = job->options;
  int status = open_sink(job);
  if (status == EXIT_DONE) status = multiply(job);
  for (size_t i = 1; i < options->repeat && status == EXIT_DONE; i++) {
    if (signals_pending(NULL)) return EXIT_FAILED; /* sink_free() ends us */
    status = multiply(job);
  }
  while (status == EXIT_DONE && job->input.reader != NULL) {
    rows_free(&job->rows);
    status = input_next(&job->input);
    if (status != EXIT_DONE || job->input.images.rows == 0) break;
    status = rows_prepare(&job->rows, &job->input, options->dtype, input_scale(&job->input, options));
    if (status == EXIT_DONE) status = multiply(job);
  }
  if (status == EXIT_DONE) status = input_check_labels(&job->input);
  return status == EXIT_DONE ? sink_commit(&job->sink) : status;
}

static double per_second(double amount, double seconds) { return seconds > 0.0 ? amount / seconds : 0.0; }

static double gflops(const struct job *job) {
  return per_second(2e-9 * (double)job->m * (double)job->rows.k * (double)job->info.n, job->seconds.matmul);
}

static double gbytes_per_s(const struct job *job) {
  const double element = job->rows.dtype == ROWCAST_U8 ? 1.0 : (double)sizeof(float);
  return per_second(1e-9 * (double)job->m * (double)job->rows.k * element, job->seconds.matmul);
}

/* Were zeros left out? Then rates count products that were not made. */
static bool skipped(const struct job *job) {
  return job->info.skip_kernel != NULL && strcmp(job->info.kernel, job->info.skip_kernel) == 0;
}

static const char *weights_name(const struct options *options) {
  return options->weights != NULL ? options->weights : "randn:1";
}

static const char *driver_name(const struct job *job) {
  return strcmp(job->info.driver, "auto") != 0 ? job->info.driver : job->threads > 1 ? "openmp" : "serial";
}

static int print_json(const struct job *job) {
  json_t *object = json_pack(
    "{s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:o, s:o, s:s?, s:f}", "version", rowcast_version(),
    "kernel", job->info.kernel, "isa", rowcast_isa_name(job->info.isa), "order", rowcast_order_name(job->info.order),
    "dtype", rowcast_dtype_name(job->info.dtype), "driver", driver_name(job), "threads", (json_int_t)job->threads,
    "rows", (json_int_t)job->m, "k", (json_int_t)job->rows.k, "n", (json_int_t)job->info.n, "first_row",
    (json_int_t)job->input.from, "images", json_text(job->input.path), "weights",
    json_text(weights_name(job->options)), "data_set", job->input.data_set, "scale", (double)input_scale(&job->input, job->options));
  const struct seconds *s = &job->seconds;
  json_t *seconds = json_pack("{s:f, s:f, s:f, s:f, s:f}", "load", s->load, "pack", s->pack, "matmul", s->matmul,
                              "write", s->write, "total", s->total);
  char crc32[16];
  snprintf(crc32, sizeof crc32, "%08lx", job->crc32);
  bool failed = json_object_set_new(object, "seconds", seconds) != 0;
  failed |= json_object_set_new(object, "zeros_skipped", json_boolean(skipped(job))) != 0;
  failed |= json_object_set_new(object, "gflops", json_number(gflops(job))) != 0;
  failed |= json_object_set_new(object, "gbytes_per_s", json_number(gbytes_per_s(job))) != 0;
  failed |= json_object_set_new(object, "crc32", json_string(crc32)) != 0;
  if (job->options->output != NULL)
    failed |= json_object_set_new(object, "output", json_text(job->options->output)) != 0;
  if (job->options->predict) failed |= !predict_json(&job->prediction, object);
  if (job->options->explain) failed |= !explain_json(&job->explanation, object);
  if (failed) {
    json_decref(object);
    object = NULL;
  }
  return out_json(object);
}

/* A scale as people write it: 1/256, or its decimals. */
static const char *scale_text(float scale, char text[TIME_TEXT]) {
  const float inverse = 1.0f / scale;
  if (inverse > 1.0f && inverse <= 65536.0f && inverse == truncf(inverse) && 1.0f / inverse == scale)
    snprintf(text, TIME_TEXT, "1/%.0f", (double)inverse);
  else
    snprintf(text, TIME_TEXT, "%.9g", (double)scale);
  return text;
}

static void print_summary(const struct job *job) {
  const struct seconds *s = &job->seconds;
  char load[TIME_TEXT], pack[TIME_TEXT], matmul[TIME_TEXT], write[TIME_TEXT], total[TIME_TEXT],
    scale[TIME_TEXT];
  out("images   %s\n", printable(job->input.path));
  out("         rows %zu:%zu of %zu, %s x %s\n", job->input.from, job->input.to == SIZE_MAX ? job->input.all : job->input.to, job->input.all,
      job->input.images.dtype == ROWCAST_U8 ? "bytes" : "float32",
      scale_text(input_scale(&job->input, job->options), scale));
  out("weights  %s\n", printable(weights_name(job->options)));
  if (job->options->repeat > 1) out("         taken %zu times\n", job->options->repeat);
  else if (job->blocks > 1) out("         in %zu blocks\n", job->blocks);
  out("product  %zu x %zu times %zu x %zu\n", job->m, job->info.k, job->info.k, job->info.n);
  out("kernel   %s (ISA %s, order %s, %s rows)\n", job->info.kernel, rowcast_isa_name(job->info.isa),
      rowcast_order_name(job->info.order), rowcast_dtype_name(job->info.dtype));
  out("threads  %u (driver %s)\n", job->threads, driver_name(job));
  out("time     load %s, pack %s, matmul %s%s%s, total %s\n", time_text(s->load, load), time_text(s->pack, pack),
      time_text(s->matmul, matmul), job->options->output != NULL ? ", write " : "",
      job->options->output != NULL ? time_text(s->write, write) : "", time_text(s->total, total));
  out("speed    %.2f GFLOP/s%s, %.2f GB/s of rows read\n", gflops(job), skipped(job) ? " effective (zeros skipped)" : "",
      gbytes_per_s(job));
  out("crc32    %08lx\n", job->crc32);
  if (job->options->output != NULL) out("output   %s\n", printable(job->options->output));
  if (job->options->predict) predict_print(&job->prediction);
  if (job->options->explain) explain_print(&job->explanation);
}

static int run(struct job *job) {
  const double start = clock_seconds();
  const bool quiet = job->options->quiet;
  progress_begin("loading", quiet);
  int status = load(job);
  progress_end();
  if (status != EXIT_DONE) return status;
  const double loaded = clock_seconds();
  const struct plan_wish wish = {.kernel = job->options->kernel, .threads = input_threads(&job->input, job->options), .bias = job->bias.data};
  status = make_plan(&job->plan, &job->rows, &job->weights, &wish);
  if (status != EXIT_DONE) return status;
  job->seconds.load = loaded - start;
  job->seconds.pack = clock_seconds() - loaded;
  rowcast_plan_describe(job->plan, &job->info);
  /* What is said is the kernel that runs. */
  job->info.kernel = rowcast_plan_kernel_for(job->plan, job->rows.m, job->rows.x, job->rows.ldx);
  job->threads = rowcast_plan_threads_for(job->plan, job->rows.m);

  progress_begin("multiplying", quiet);
  status = multiply_all(job);
  progress_end();
  job->seconds.write = job->sink.seconds;
  job->seconds.total = clock_seconds() - start;
  if (status == EXIT_DONE && job->options->explain) {
    progress_begin("measuring", quiet);
    status = explain(&job->explanation, job->plan, &job->rows, job->result.data, job->result.stride, job->seconds.matmul);
    progress_end();
  }
  if (status != EXIT_DONE) return status;

  if (job->options->json) return print_json(job);
  if (quiet || sink_is_stdout(job->options)) return EXIT_DONE;
  print_summary(job);
  out("\n");
  table_print(&job->table);
  return EXIT_DONE;
}

int command_matmul(const struct options *options) {
  struct job job;
  memset(&job, 0, sizeof job);
  job.options = options;
  int status = sink_check(&job.sink, options, "matmul");
  if (status == EXIT_DONE) status = check_kernel(options->kernel);
  if (status == EXIT_DONE) status = run(&job);
  sink_free(&job.sink);
  table_free(&job.table);
  rowcast_plan_destroy(job.plan);
  rowcast_matrix_free(&job.result);
  rowcast_matrix_free(&job.weights);
  rowcast_matrix_free(&job.bias);
  rows_free(&job.rows);
  input_free(&job.input);
  return status;
}
