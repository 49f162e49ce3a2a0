/* SPDX-License-Identifier: BSD-3-Clause */
/* `rowcast matmul`: the main job. Loads, packs, multiplies, writes, and says what it did. */
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <rowcast/rowcast.h>

#include "command.h"
#include "explain.h"
#include "input.h"
#include "predict.h"
#include "product.h"
#include "report.h"
#include "signals.h"
#include "table.h"
#include "target.h"
#include "terminal.h"

struct seconds {
  double load, pack, matmul, write, total;
};

struct job {
  const struct options *options;
  struct input input;
  struct rows rows;
  rowcast_matrix weights, bias, result; /* bias: empty without --bias */
  rowcast_plan *plan;
  rowcast_plan_info info;
  rowcast_file_format format; /* of --output */
  unsigned threads;           /* that multiplied */
  unsigned long crc32;
  struct prediction prediction;
  struct explanation explanation; /* with --explain */
  struct seconds seconds;
};

/* The suffix of --output names its format; that it can be written is found out before the work. */
static int check_output(struct job *job) {
  const char *path = job->options->output;
  if (path == NULL) return EXIT_DONE;
  const char *slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path;
  const char *dot = strrchr(name, '.');
  if (dot != NULL && strcmp(dot, ".npy") == 0) job->format = ROWCAST_FILE_NPY;
  else if (dot != NULL && strcmp(dot, ".csv") == 0) job->format = ROWCAST_FILE_CSV;
  else {
    complain("--output: '%s' does not end in .npy or .csv; try rowcast matmul --help", path);
    return EXIT_USAGE;
  }
  return target_check(path, job->options->force);
}

static bool same_file(const char *a, const char *b) {
  struct stat first, second;
  return a != NULL && b != NULL && stat(a, &first) == 0 && stat(b, &second) == 0 && first.st_dev == second.st_dev &&
         first.st_ino == second.st_ino;
}

/* --force must not turn an input into the output. */
static int check_inputs_kept(const struct job *job) {
  const char *output = job->options->output;
  if (!same_file(output, job->input.path) && !same_file(output, job->input.labels_path) &&
      !same_file(output, job->options->weights) && !same_file(output, job->options->bias))
    return EXIT_DONE;
  complain("%s: is an input, and is not written over", output);
  return EXIT_USAGE;
}

static int load(struct job *job) {
  const struct options *options = job->options;
  int status = input_load(&job->input, options, SIZE_MAX);
  if (status == EXIT_DONE && options->predict && job->input.labels_path == NULL) {
    complain("%s: --predict needs --labels, for none are known; try rowcast matmul --help", job->input.path);
    status = EXIT_USAGE;
  }
  if (status == EXIT_DONE && (options->predict || options->labels != NULL)) status = input_load_labels(&job->input);
  if (status == EXIT_DONE) status = check_inputs_kept(job);
  if (status == EXIT_DONE)
    status = rows_prepare(&job->rows, &job->input, options->dtype, input_scale(&job->input, options));
  if (status == EXIT_DONE) status = weights_load(&job->weights, job->rows.m, job->rows.k, options);
  if (status == EXIT_DONE && options->bias != NULL) status = bias_load(&job->bias, options->bias, job->weights.cols);
  return status;
}

static int multiply(struct job *job) {
  const struct rows *rows = &job->rows;
  rowcast_matrix *result = &job->result;
  if (rowcast_matrix_alloc(result, ROWCAST_F32, rows->m, job->weights.cols) != ROWCAST_OK)
    return complain_of_memory("the result");
  /* Its pages are made before the clock starts. */
  if (result->rows > 0) memset(result->data, 0, result->rows * result->stride * sizeof(float));
  const double start = clock_seconds();
  const rowcast_status status = rowcast_matmul(job->plan, rows->m, rows->x, rows->ldx, result->data, result->stride);
  job->seconds.matmul = clock_seconds() - start;
  if (status != ROWCAST_OK) {
    complain("the product: %s", rowcast_status_text(status));
    return EXIT_FAILED;
  }
  job->crc32 = rowcast_crc32_f32(result->data, result->rows, result->cols, result->stride);
  if (job->options->predict) predict(&job->prediction, result, &job->input);
  return EXIT_DONE;
}

static int write_result(struct job *job) {
  rowcast_error error;
  const rowcast_write_options options = {job->format, job->options->force, signals_pending, NULL};
  /* A file has a temporary one to remove; writing to a FIFO may wait for ever, and leaves nothing. */
  struct stat found;
  const bool file = stat(job->options->output, &found) != 0 || S_ISREG(found.st_mode);
  const double start = clock_seconds();
  if (file) signals_hold();
  const rowcast_status status = rowcast_write_f32(job->options->output, job->result.data, job->result.rows,
                                                  job->result.cols, job->result.stride, &options, &error);
  signals_release();
  job->seconds.write = clock_seconds() - start;
  return status == ROWCAST_OK ? EXIT_DONE : complain_of(&error);
}

static double per_second(double amount, double seconds) { return seconds > 0.0 ? amount / seconds : 0.0; }

static double gflops(const struct job *job) {
  return per_second(2e-9 * (double)job->rows.m * (double)job->rows.k * (double)job->info.n, job->seconds.matmul);
}

static double gbytes_per_s(const struct job *job) {
  const double element = job->rows.dtype == ROWCAST_U8 ? 1.0 : (double)sizeof(float);
  return per_second(1e-9 * (double)job->rows.m * (double)job->rows.k * element, job->seconds.matmul);
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
    "rows", (json_int_t)job->rows.m, "k", (json_int_t)job->rows.k, "n", (json_int_t)job->info.n, "first_row",
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
  out("images   %s\n", job->input.path);
  out("         rows %zu:%zu of %zu, %s x %s\n", job->input.from, job->input.to, job->input.images.rows,
      job->input.images.dtype == ROWCAST_U8 ? "bytes" : "float32",
      scale_text(input_scale(&job->input, job->options), scale));
  out("weights  %s\n", weights_name(job->options));
  out("product  %zu x %zu times %zu x %zu\n", job->rows.m, job->rows.k, job->info.k, job->info.n);
  out("kernel   %s (ISA %s, order %s, %s rows)\n", job->info.kernel, rowcast_isa_name(job->info.isa),
      rowcast_order_name(job->info.order), rowcast_dtype_name(job->info.dtype));
  out("threads  %u (driver %s)\n", job->threads, driver_name(job));
  out("time     load %s, pack %s, matmul %s%s%s, total %s\n", time_text(s->load, load), time_text(s->pack, pack),
      time_text(s->matmul, matmul), job->options->output != NULL ? ", write " : "",
      job->options->output != NULL ? time_text(s->write, write) : "", time_text(s->total, total));
  out("speed    %.2f GFLOP/s%s, %.2f GB/s of rows read\n", gflops(job), skipped(job) ? " effective (zeros skipped)" : "",
      gbytes_per_s(job));
  out("crc32    %08lx\n", job->crc32);
  if (job->options->output != NULL) out("output   %s\n", job->options->output);
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
  const unsigned threads = job->options->threads.count > 0 ? (unsigned)job->options->threads.values[0] : 0;
  const struct plan_wish wish = {.kernel = job->options->kernel, .threads = threads, .bias = job->bias.data};
  status = make_plan(&job->plan, &job->rows, &job->weights, &wish);
  if (status != EXIT_DONE) return status;
  job->seconds.load = loaded - start;
  job->seconds.pack = clock_seconds() - loaded;
  rowcast_plan_describe(job->plan, &job->info);
  /* What is said is the kernel that runs. */
  job->info.kernel = rowcast_plan_kernel_for(job->plan, job->rows.m, job->rows.x, job->rows.ldx);
  job->threads = rowcast_plan_threads_for(job->plan, job->rows.m);

  progress_begin("multiplying", quiet);
  status = multiply(job);
  progress_end();
  if (status == EXIT_DONE && job->options->output != NULL) {
    progress_begin("writing", quiet);
    status = write_result(job);
    progress_end();
  }
  job->seconds.total = clock_seconds() - start;
  if (status == EXIT_DONE && job->options->explain) {
    progress_begin("measuring", quiet);
    status = explain(&job->explanation, job->plan, &job->rows, job->result.data, job->result.stride, job->seconds.matmul);
    progress_end();
  }
  if (status != EXIT_DONE) return status;

  if (job->options->json) return print_json(job);
  if (quiet) return EXIT_DONE;
  print_summary(job);
  out("\n");
  table_print(job->result.data, job->result.rows, job->result.cols, job->result.stride);
  return EXIT_DONE;
}

int command_matmul(const struct options *options) {
  struct job job;
  memset(&job, 0, sizeof job);
  job.options = options;
  int status = check_output(&job);
  if (status == EXIT_DONE) status = check_kernel(options->kernel);
  if (status == EXIT_DONE) status = run(&job);
  rowcast_plan_destroy(job.plan);
  rowcast_matrix_free(&job.result);
  rowcast_matrix_free(&job.weights);
  rowcast_matrix_free(&job.bias);
  rows_free(&job.rows);
  input_free(&job.input);
  return status;
}
