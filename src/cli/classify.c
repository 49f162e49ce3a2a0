/* SPDX-License-Identifier: BSD-3-Clause */
/* `rowcast predict`: classes of images by weights, their accuracy, and which classes are taken for which. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <rowcast/rowcast.h>

#include "classifier.h"
#include "command.h"
#include "input.h"
#include "product.h"
#include "report.h"
#include "sink.h"
#include "table.h"
#include "terminal.h"

/* A table of more classes is not printed. */
enum { MOST_SHOWN = 20, FIRST = 20 };

struct job {
  const struct options *options;
  struct input input;
  struct classifier classifier;
  struct sink sink;
  size_t *confusion; /* N x N: rows by label, columns by class */
  size_t m, labelled, correct;
  int32_t first[FIRST];
  json_t *classes;  /* with --json, where all rows are in memory */
  unsigned threads; /* of the first block */
  double seconds;
};

static int load(struct job *job) {
  struct options options = *job->options;
  if (!options.set_given) options.set = SET_TEST;
  int status = input_begin(&job->input, &options, SIZE_MAX);
  if (status == EXIT_DONE && job->input.labels_path != NULL) status = input_load_labels(&job->input);
  if (status == EXIT_DONE) status = classifier_make(&job->classifier, &options, &job->input);
  const char *const inputs[] = {job->input.path, job->input.labels_path, job->classifier.weights_name, job->classifier.bias_name};
  return status == EXIT_DONE ? sink_keeps(&job->sink, inputs, sizeof inputs / sizeof inputs[0]) : status;
}

static int count(struct job *job, size_t row, int32_t class) {
  const long label = input_label(&job->input, row);
  const size_t n = job->classifier.weights.cols;
  if (job->m < FIRST) job->first[job->m] = class;
  job->m++;
  if (job->classes != NULL && json_array_append_new(job->classes, json_integer(class)) != 0) return complain_of_memory("the classes");
  if (label < 0) return EXIT_DONE;
  job->labelled++;
  job->correct += class == label;
  if ((size_t)label < n && class >= 0) job->confusion[(size_t)label * n + (size_t)class]++;
  return EXIT_DONE;
}

/* Classifies the block there. */
static int classify_block(struct job *job) {
  struct classifier *classifier = &job->classifier;
  size_t from, to;
  input_selected(&job->input, &from, &to);
  const double start = clock_seconds();
  int status = classifier_run(classifier);
  job->seconds += clock_seconds() - start;
  for (size_t i = 0; i < classifier->rows.m && status == EXIT_DONE; i++)
    status = count(job, job->input.first + from + i, classifier->classes[i]);
  return status == EXIT_DONE ? sink_rows(&job->sink, classifier->classes, classifier->rows.m, 1) : status;
}

static int classify(struct job *job) {
  const size_t n = job->classifier.weights.cols;
  const struct input *input = &job->input;
  job->confusion = calloc(n * n + 1, sizeof *job->confusion);
  if (job->options->json && input->reader == NULL) job->classes = json_array();
  if (job->confusion == NULL) return complain_of_memory("the classes");
  job->threads = rowcast_plan_threads_for(job->classifier.plan, job->classifier.rows.m);
  const rowcast_layout layout = {
    .element = ROWCAST_ELEMENT_I32, .rank = 1, .dims = {input->to == SIZE_MAX ? SIZE_MAX : input->to - input->from}};
  int status = sink_open(&job->sink, &layout);
  if (status == EXIT_DONE) status = classify_block(job);
  while (status == EXIT_DONE && input->reader != NULL) {
    status = input_next(&job->input);
    if (status != EXIT_DONE || input->images.rows == 0) break;
    status = classifier_next(&job->classifier, input);
    if (status == EXIT_DONE) status = classify_block(job);
  }
  if (status == EXIT_DONE) status = input_check_labels(input);
  return status == EXIT_DONE ? sink_commit(&job->sink) : status;
}

static void print_confusion(const struct job *job) {
  const size_t n = job->classifier.weights.cols;
  if (n > MOST_SHOWN) return;
  out("\nlabels down, classes across\n      ");
  for (size_t j = 0; j < n; j++) out(" %6zu", j);
  out("\n");
  for (size_t i = 0; i < n; i++) {
    out("%6zu", i);
    for (size_t j = 0; j < n; j++) {
      const bool bold = i == j && terminal_colors(job->options);
      out(" %s%6zu%s", bold ? "\033[1m" : "", job->confusion[i * n + j], bold ? "\033[0m" : "");
    }
    out("\n");
  }
}

static void print(const struct job *job) {
  const size_t m = job->m, shown = m < FIRST ? m : FIRST;
  char time[TIME_TEXT];
  out("images   %s\n         rows %zu:%zu of %zu\n", printable(job->input.path), job->input.from,
      job->input.to == SIZE_MAX ? job->input.all : job->input.to, job->input.all);
  out("weights  %s%s%s\n", printable(job->classifier.weights_name),
      job->classifier.bias_name != NULL ? "\nbias     " : "",
      job->classifier.bias_name != NULL ? printable(job->classifier.bias_name) : "");
  out("time     %s for %zu rows, %u thread%s\n", time_text(job->seconds, time), m, job->threads,
      job->threads > 1 ? "s" : "");
  out("classes  ");
  for (size_t i = 0; i < shown; i++) out(" %d", (int)job->first[i]);
  out("%s\n", m > shown ? " ..." : "");
  if (job->options->output != NULL) out("output   %s\n", printable(job->options->output));
  if (job->labelled == 0) return;
  out("accuracy %.2f %% (%zu of %zu)\n", 100.0 * (double)job->correct / (double)job->labelled, job->correct, job->labelled);
  print_confusion(job);
}

static int print_json(const struct job *job) {
  const size_t n = job->classifier.weights.cols;
  json_t *confusion = json_array();
  bool failed = confusion == NULL;
  for (size_t i = 0; i < n && !failed; i++) {
    json_t *line = json_array();
    for (size_t j = 0; j < n && !failed; j++)
      failed = json_array_append_new(line, json_integer((json_int_t)job->confusion[i * n + j])) != 0;
    failed |= json_array_append_new(confusion, line) != 0;
  }
  json_t *object = json_pack(
    "{s:s, s:o, s:o, s:o, s:I, s:I, s:I, s:I, s:f, s:I, s:I, s:o, s:o, s:o}", "version", rowcast_version(), "images",
    json_text(job->input.path), "weights", json_text(job->classifier.weights_name), "bias",
    job->classifier.bias_name != NULL ? json_text(job->classifier.bias_name) : json_null(), "first_row", (json_int_t)job->input.from, "rows",
    (json_int_t)job->m, "k", (json_int_t)job->classifier.rows.k, "n", (json_int_t)n, "seconds", job->seconds, "labelled",
    (json_int_t)job->labelled, "correct", (json_int_t)job->correct, "accuracy",
    job->labelled > 0 ? json_real((double)job->correct / (double)job->labelled) : json_null(), "confusion", confusion,
    "classes", job->classes != NULL ? json_incref(job->classes) : json_null());
  if (failed) {
    json_decref(object);
    object = NULL;
  }
  return out_json(object);
}

static int run(struct job *job) {
  progress_begin("loading", job->options->quiet);
  int status = load(job);
  progress_end();
  if (status == EXIT_DONE) status = classify(job);
  if (status != EXIT_DONE) return status;
  if (job->options->json) return print_json(job);
  if (!job->options->quiet && !sink_is_stdout(job->options)) print(job);
  return EXIT_DONE;
}

int command_predict(const struct options *options) {
  struct job job = {.options = options};
  int status = sink_check(&job.sink, options, "predict");
  if (status == EXIT_DONE) status = check_kernel(options->kernel);
  if (status == EXIT_DONE) status = run(&job);
  sink_free(&job.sink);
  json_decref(job.classes);
  free(job.confusion);
  classifier_free(&job.classifier);
  input_free(&job.input);
  return status;
}
