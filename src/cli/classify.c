/* SPDX-License-Identifier: BSD-3-Clause */
/* `rowcast predict`: classes of images by weights, their accuracy, and which classes are taken for which. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <rowcast/rowcast.h>

#include "command.h"
#include "find_data.h"
#include "input.h"
#include "product.h"
#include "report.h"
#include "table.h"
#include "terminal.h"

/* A table of more classes is not printed. */
enum { MOST_SHOWN = 20, FIRST = 20 };

struct job {
  struct options options; /* with the shipped files filled in */
  char *weights_path, *bias_path;
  struct input input;
  struct rows rows;
  rowcast_matrix weights, bias;
  rowcast_plan *plan;
  int32_t *classes;
  size_t *confusion; /* N x N: rows by label, columns by class */
  size_t labelled, correct;
  double seconds;
};

/* Without --weights those that are shipped, with their bias. */
static int choose_files(struct job *job) {
  int status = EXIT_DONE;
  if (!job->options.set_given) job->options.set = SET_TEST;
  if (job->options.weights != NULL) return status;
  status = find_file("softmax-weights.npy", "--weights", &job->weights_path);
  if (status == EXIT_DONE && job->options.bias == NULL)
    status = find_file("softmax-bias.npy", "--bias", &job->bias_path);
  job->options.weights = job->weights_path;
  if (job->options.bias == NULL) job->options.bias = job->bias_path;
  return status;
}

static int load(struct job *job) {
  const struct options *options = &job->options;
  int status = input_load(&job->input, options, SIZE_MAX);
  if (status == EXIT_DONE && job->input.labels_path != NULL) status = input_load_labels(&job->input);
  if (status == EXIT_DONE) status = rows_prepare(&job->rows, &job->input, DTYPE_AUTO, input_scale(&job->input, options));
  if (status == EXIT_DONE) status = weights_load(&job->weights, job->rows.m, job->rows.k, options);
  if (status == EXIT_DONE && options->bias != NULL) status = bias_load(&job->bias, options->bias, job->weights.cols);
  if (status == EXIT_DONE && job->weights.cols > ROWCAST_MAX_CLASSES) {
    complain("%s: has %zu columns, and classes are at most %d", options->weights, job->weights.cols, ROWCAST_MAX_CLASSES);
    status = EXIT_FAILED;
  }
  return status;
}

static int classify(struct job *job) {
  const size_t m = job->rows.m, n = job->weights.cols;
  job->classes = calloc(m + 1, sizeof *job->classes);
  job->confusion = calloc(n * n + 1, sizeof *job->confusion);
  if (job->classes == NULL || job->confusion == NULL) return complain_of_memory("the classes");
  const double start = clock_seconds();
  const rowcast_status status = rowcast_predict(job->plan, m, job->rows.x, job->rows.ldx, job->classes);
  job->seconds = clock_seconds() - start;
  if (status != ROWCAST_OK) {
    complain("the classes: %s", rowcast_status_text(status));
    return EXIT_FAILED;
  }
  for (size_t i = 0; i < m; i++) {
    const long label = input_label(&job->input, job->input.from + i), class = job->classes[i];
    if (label < 0) continue;
    job->labelled++;
    job->correct += class == label;
    if ((size_t)label < n && class >= 0) job->confusion[(size_t)label * n + (size_t)class]++;
  }
  return EXIT_DONE;
}

static void print_confusion(const struct job *job) {
  const size_t n = job->weights.cols;
  if (n > MOST_SHOWN) return;
  out("\nlabels down, classes across\n      ");
  for (size_t j = 0; j < n; j++) out(" %6zu", j);
  out("\n");
  for (size_t i = 0; i < n; i++) {
    out("%6zu", i);
    for (size_t j = 0; j < n; j++) {
      const bool bold = i == j && terminal_colors(&job->options);
      out(" %s%6zu%s", bold ? "\033[1m" : "", job->confusion[i * n + j], bold ? "\033[0m" : "");
    }
    out("\n");
  }
}

static void print(const struct job *job) {
  const size_t m = job->rows.m, shown = m < FIRST ? m : FIRST;
  char time[TIME_TEXT];
  out("images   %s\n         rows %zu:%zu of %zu\n", job->input.path, job->input.from, job->input.to, job->input.images.rows);
  out("weights  %s%s%s\n", job->options.weights, job->options.bias != NULL ? "\nbias     " : "",
      job->options.bias != NULL ? job->options.bias : "");
  out("time     %s for %zu rows, %u thread%s\n", time_text(job->seconds, time), m, rowcast_plan_threads_for(job->plan, m),
      rowcast_plan_threads_for(job->plan, m) > 1 ? "s" : "");
  out("classes  ");
  for (size_t i = 0; i < shown; i++) out(" %d", (int)job->classes[i]);
  out("%s\n", m > shown ? " ..." : "");
  if (job->labelled == 0) return;
  out("accuracy %.2f %% (%zu of %zu)\n", 100.0 * (double)job->correct / (double)job->labelled, job->correct, job->labelled);
  print_confusion(job);
}

static int print_json(const struct job *job) {
  const size_t n = job->weights.cols;
  json_t *classes = json_array(), *confusion = json_array();
  bool failed = classes == NULL || confusion == NULL;
  for (size_t i = 0; i < job->rows.m && !failed; i++)
    failed = json_array_append_new(classes, json_integer(job->classes[i])) != 0;
  for (size_t i = 0; i < n && !failed; i++) {
    json_t *line = json_array();
    for (size_t j = 0; j < n && !failed; j++)
      failed = json_array_append_new(line, json_integer((json_int_t)job->confusion[i * n + j])) != 0;
    failed |= json_array_append_new(confusion, line) != 0;
  }
  json_t *object = json_pack(
    "{s:s, s:o, s:o, s:o, s:I, s:I, s:I, s:I, s:f, s:I, s:I, s:o, s:o, s:o}", "version", rowcast_version(), "images",
    json_text(job->input.path), "weights", json_text(job->options.weights), "bias",
    job->options.bias != NULL ? json_text(job->options.bias) : json_null(), "first_row", (json_int_t)job->input.from, "rows",
    (json_int_t)job->rows.m, "k", (json_int_t)job->rows.k, "n", (json_int_t)n, "seconds", job->seconds, "labelled",
    (json_int_t)job->labelled, "correct", (json_int_t)job->correct, "accuracy",
    job->labelled > 0 ? json_real((double)job->correct / (double)job->labelled) : json_null(), "confusion", confusion,
    "classes", classes);
  if (failed) {
    json_decref(object);
    object = NULL;
  }
  return out_json(object);
}

static int run(struct job *job) {
  int status = choose_files(job);
  if (status != EXIT_DONE) return status;
  progress_begin("loading", job->options.quiet);
  status = load(job);
  progress_end();
  const struct plan_wish wish = {
    .kernel = job->options.kernel,
    .threads = job->options.threads.count > 0 ? (unsigned)job->options.threads.values[0] : 0,
    .bias = job->bias.data,
  };
  if (status == EXIT_DONE) status = make_plan(&job->plan, &job->rows, &job->weights, &wish);
  if (status == EXIT_DONE) status = classify(job);
  if (status != EXIT_DONE) return status;
  if (job->options.json) return print_json(job);
  if (!job->options.quiet) print(job);
  return EXIT_DONE;
}

int command_predict(const struct options *options) {
  struct job job = {.options = *options};
  int status = check_kernel(options->kernel);
  if (status == EXIT_DONE) status = run(&job);
  free(job.classes);
  free(job.confusion);
  rowcast_plan_destroy(job.plan);
  rowcast_matrix_free(&job.bias);
  rowcast_matrix_free(&job.weights);
  rows_free(&job.rows);
  input_free(&job.input);
  free(job.weights_path);
  free(job.bias_path);
  return status;
}
