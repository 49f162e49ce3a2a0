/* SPDX-License-Identifier: BSD-3-Clause */
/* `rowcast predict`: classes of images by weights, their accuracy, and which classes are taken for which. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <rowcast/io.h>
#include <rowcast/rowcast.h>

#include "args/options.h"
#include "commands.h"
#include "data/classifier.h"
#include "data/input.h"
#include "data/join.h"
#include "data/product.h"
#include "data/sink.h"
#include "data/tally.h"
#include "terminal/progress.h"
#include "terminal/report.h"
#include "terminal/table.h"
#include "terminal/terminal.h"

struct predict_job {
  struct options options; /* as given, but for the default set */
  struct input input;
  struct classifier classifier;
  struct sink sink;
  struct tally tally;
  json_t *classes;  /* with --json */
  unsigned threads; /* of the first block */
  struct ranks_work work;
};

static int load_inputs(struct predict_job *job) {
  if (!job->options.set_given) job->options.set = SET_TEST;
  int status = input_begin(&job->input, &job->options, SIZE_MAX, INPUT_CLASSIFIED);
  if (status == EXIT_DONE) status = input_load_labels(&job->input);
  if (status == EXIT_DONE) status = classifier_make(&job->classifier, &job->options, &job->input);
  const struct options *taken = &job->classifier.options;
  const char *const inputs[] = {job->input.path, job->input.labels_file.path, taken->weights.path, taken->bias.path};
  return status == EXIT_DONE ? sink_keeps(&job->sink, inputs, sizeof inputs / sizeof inputs[0]) : status;
}

static int count(struct predict_job *job, size_t row, int32_t class) {
  tally_add(&job->tally, class, labels_class(&job->input.labels, row, job->tally.classes));
  if (job->classes != NULL && json_array_append_new(job->classes, json_integer(class)) != 0)
    return complain_of_memory("the classes");
  return EXIT_DONE;
}

/* Hands on the classes there are. */
static int hand_on(struct predict_job *job) {
  const struct classifier *classifier = &job->classifier;
  const struct walk *walk = &classifier->walk;
  int status = EXIT_DONE;
  for (size_t i = 0; i < walk->count && status == EXIT_DONE; i++)
    status = count(job, walk->first + i, classifier->classes[i]);
  return status == EXIT_DONE ? sink_rows(&job->sink, classifier->classes, walk->count, 1) : status;
}

static int classify_all(struct predict_job *job) {
  const struct input *input = &job->input;
  struct classifier *classifier = &job->classifier;
  int status = tally_begin(&job->tally, classifier->weights.cols, true);
  if (status != EXIT_DONE) return status;
  if (job->options.json) job->classes = json_array();
  job->threads = input->by_number ? classifier->walk.team.threads
                                  : rowcast_plan_threads_for(classifier->plan, classifier->walk.rows.m);
  const size_t rows = input->all_to == SIZE_MAX ? SIZE_MAX : input->all_to - input->all_from;
  const rowcast_layout layout = {.dtype = ROWCAST_I32, .rank = 1, .dims = {rows}};
  status = sink_open(&job->sink, &layout);
  do {
    if (status == EXIT_DONE) status = classifier_run(classifier);
    if (status == EXIT_DONE) status = hand_on(job);
  } while (classifier_advance(classifier, &status));
  return status == EXIT_DONE ? sink_commit(&job->sink) : status;
}

/* What all ranks have come to. */
static int join(struct predict_job *job, int status) {
  const struct findings findings = {.input = &job->input,
                                    .rows = &job->tally.rows,
                                    .read = &job->classifier.walk.read,
                                    .compute = &job->classifier.walk.multiply,
                                    .seen = &job->classifier.seen,
                                    .tally = &job->tally,
                                    .classes = job->classes,
                                    .work = &job->work};
  return join_findings(status, &findings);
}

static void print(const struct predict_job *job) {
  const struct tally *tally = &job->tally;
  const size_t shown = tally->rows < TALLY_FIRST ? tally->rows : TALLY_FIRST;
  char time[TIME_TEXT];
  const struct sources sources = classifier_sources(&job->classifier, &job->input);
  sources_print(&sources);
  out("time     %s for %zu rows, %u thread%s", time_text(job->classifier.walk.multiply, time), tally->rows,
      job->threads, job->threads > 1 ? "s" : "");
  if (job->input.by_number)
    out("; %s to read%s them", time_text(job->classifier.walk.read, time),
        job->classifier.walk.team.inflates ? " and inflate" : "");
  out("\n");
  join_print_work(&job->work);
  out("classes  ");
  for (size_t i = 0; i < shown; i++) out(" %ld", tally->predicted[i]);
  out("%s\n", tally->rows > shown ? " ..." : "");
  if (job->options.output != NULL) out("output   %s\n", printable(job->options.output));
  tally_print(tally);
  tally_print_confusion(tally, terminal_colors(job->options.color));
}

static int print_json(const struct predict_job *job) {
  const struct sources sources = classifier_sources(&job->classifier, &job->input);
  json_t *object = json_pack("{s:s, s:I, s:I, s:I, s:f, s:f, s:s}", "version", rowcast_version(), "rows",
                             (json_int_t)job->tally.rows, "k", (json_int_t)job->classifier.walk.rows.k, "n",
                             (json_int_t)job->tally.classes, "seconds", job->classifier.walk.multiply, "read_seconds",
                             job->classifier.walk.read, "reading", input_reading(&job->input));
  bool failed = object == NULL || !sources_json(&sources, object) || !tally_json(&job->tally, object) ||
                !join_work_json(&job->work, object);
  failed = failed || json_object_set_new(object, "confusion", tally_confusion_json(&job->tally)) != 0;
  failed = failed || json_object_set(object, "classes", job->classes) != 0;
  if (failed) {
    json_decref(object);
    object = NULL;
  }
  return out_json(object);
}

static int load_classify_and_print(struct predict_job *job) {
  progress_begin("loading", job->options.quiet);
  int status = load_inputs(job);
  progress_end();
  if (status == EXIT_DONE) status = join(job, classify_all(job));
  if (status != EXIT_DONE) return status;
  if (job->options.json) return print_json(job);
  if (job->options.quiet) return EXIT_DONE;
  if (sink_is_stdout(&job->options)) {
    const struct sources sources = classifier_sources(&job->classifier, &job->input);
    sources_remark(&sources);
  } else print(job);
  return EXIT_DONE;
}

int command_predict(const struct options *options) {
  struct predict_job job = {.options = *options};
  int status = sink_check(&job.sink, options, "predict", "classes as int32");
  if (status == EXIT_DONE) status = check_kernel(options->kernel, options->order);
  if (status == EXIT_DONE) status = load_classify_and_print(&job);
  sink_free(&job.sink);
  json_decref(job.classes);
  tally_free(&job.tally);
  classifier_free(&job.classifier);
  input_free(&job.input);
  return status;
}
