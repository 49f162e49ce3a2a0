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
#include "table.h"
#include "terminal.h"

/* A table of more classes is not printed. */
enum { MOST_SHOWN = 20, FIRST = 20 };

struct job {
  const struct options *options;
  struct input input;
  struct classifier classifier;
  size_t *confusion; /* N x N: rows by label, columns by class */
  size_t labelled, correct;
  double seconds;
};

static int load(struct job *job) {
  struct options options = *job->options;
  if (!options.set_given) options.set = SET_TEST;
  int status = input_load(&job->input, &options, SIZE_MAX);
  if (status == EXIT_DONE && job->input.labels_path != NULL) status = input_load_labels(&job->input);
  return status == EXIT_DONE ? classifier_make(&job->classifier, &options, &job->input) : status;
}

static int classify(struct job *job) {
  const struct classifier *classifier = &job->classifier;
  const size_t m = classifier->rows.m, n = classifier->weights.cols;
  job->confusion = calloc(n * n + 1, sizeof *job->confusion);
  if (job->confusion == NULL) return complain_of_memory("the classes");
  const double start = clock_seconds();
  const int status = classifier_run(&job->classifier);
  job->seconds = clock_seconds() - start;
  if (status != EXIT_DONE) return status;
  for (size_t i = 0; i < m; i++) {
    const long label = input_label(&job->input, job->input.from + i), class = classifier->classes[i];
    if (label < 0) continue;
    job->labelled++;
    job->correct += class == label;
    if ((size_t)label < n && class >= 0) job->confusion[(size_t)label * n + (size_t)class]++;
  }
  return EXIT_DONE;
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
  const size_t m = job->classifier.rows.m, shown = m < FIRST ? m : FIRST;
  char time[TIME_TEXT];
  out("images   %s\n         rows %zu:%zu of %zu\n", job->input.path, job->input.from, job->input.to, job->input.images.rows);
  out("weights  %s%s%s\n", job->classifier.weights_name, job->classifier.bias_name != NULL ? "\nbias     " : "",
      job->classifier.bias_name != NULL ? job->classifier.bias_name : "");
  out("time     %s for %zu rows, %u thread%s\n", time_text(job->seconds, time), m, rowcast_plan_threads_for(job->classifier.plan, m),
      rowcast_plan_threads_for(job->classifier.plan, m) > 1 ? "s" : "");
  out("classes  ");
  for (size_t i = 0; i < shown; i++) out(" %d", (int)job->classifier.classes[i]);
  out("%s\n", m > shown ? " ..." : "");
  if (job->labelled == 0) return;
  out("accuracy %.2f %% (%zu of %zu)\n", 100.0 * (double)job->correct / (double)job->labelled, job->correct, job->labelled);
  print_confusion(job);
}

static int print_json(const struct job *job) {
  const size_t n = job->classifier.weights.cols;
  json_t *classes = json_array(), *confusion = json_array();
  bool failed = classes == NULL || confusion == NULL;
  for (size_t i = 0; i < job->classifier.rows.m && !failed; i++)
    failed = json_array_append_new(classes, json_integer(job->classifier.classes[i])) != 0;
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
    (json_int_t)job->classifier.rows.m, "k", (json_int_t)job->classifier.rows.k, "n", (json_int_t)n, "seconds", job->seconds, "labelled",
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
  progress_begin("loading", job->options->quiet);
  int status = load(job);
  progress_end();
  if (status == EXIT_DONE) status = classify(job);
  if (status != EXIT_DONE) return status;
  if (job->options->json) return print_json(job);
  if (!job->options->quiet) print(job);
  return EXIT_DONE;
}

int command_predict(const struct options *options) {
  struct job job = {.options = options};
  int status = check_kernel(options->kernel);
  if (status == EXIT_DONE) status = run(&job);
  free(job.confusion);
  classifier_free(&job.classifier);
  input_free(&job.input);
  return status;
}
