/* SPDX-License-Identifier: BSD-3-Clause */
/* `rowcast report`: one page of many documents, or of this machine, measured for it. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "args/options.h"
#include "commands.h"
#include "data/sink.h"
#include "data/target.h"
#include "html/page.h"
#include "study/document_read.h"
#include "study/document_select.h"
#include "study_command.h"
#include "terminal/printable.h"
#include "terminal/report.h"

/* Says what is wrong with what was asked for. */
static int check_options(const struct options *options) {
  if (options->output == NULL) {
    complain("--output is missing, such as -o report.html, or -o - for standard output; try rowcast report --help");
    return EXIT_USAGE;
  }
  if (options->json && sink_is_stdout(options)) {
    complain("--json and --output %s would both write to standard output; try rowcast report --help", options->output);
    return EXIT_USAGE;
  }
  if (options->file_count == 0) return EXIT_DONE;
  const char *given = options->label != NULL       ? "label"
                      : options->threads.count > 0 ? "threads"
                      : options->measuring         ? "rounds and --seed"
                                                   : NULL;
  if (given == NULL) return EXIT_DONE;
  complain("--%s: of a measurement, and nothing is measured where files are named; try rowcast report --help", given);
  return EXIT_USAGE;
}

/* Before any work: is there a place for the page, which is none of the files that are read? */
static int check_place(const struct options *options) {
  const struct sink sink = {.path = options->output};
  const int status = sink_is_stdout(options) ? EXIT_DONE : target_check(options->output, options->force);
  return status == EXIT_DONE ? sink_keeps(&sink, (const char *const *)options->files, options->file_count) : status;
}

static int read_sources(struct source *sources, const struct options *options) {
  for (size_t i = 0; i < options->file_count; i++) {
    sources[i].name = options->files[i];
    sources[i].document = document_read_any(sources[i].name, sources[i].sum);
    if (sources[i].document == NULL) return EXIT_FAILED;
  }
  if (options->kernel == NULL && options->row_counts.count == 0) return EXIT_DONE;
  json_t **documents = calloc(options->file_count, sizeof(json_t *));
  if (documents == NULL) return complain_of_memory("the documents");
  for (size_t i = 0; i < options->file_count; i++) documents[i] = sources[i].document;
  const int status = documents_select(documents, options->file_count, options);
  free(documents);
  return status;
}

/* Bench, scale and roofline of this machine. */
enum { MEASURED = 3 };

static int measure_sources(struct source *sources, const struct options *options, bool *wrong) {
  static study_measuring *const measure[MEASURED] = {measure_bench, measure_scale, measure_roofline};
  struct options once = *options;
  /* Files are this command's own arguments, and studies have none; scale has kernels of its own. */
  once.files = NULL;
  once.file_count = 0;
  int status = EXIT_DONE;
  for (size_t i = 0; i < MEASURED && status == EXIT_DONE; i++) status = measure[i](&once, &sources[i].document, wrong);
  return status;
}

static int write_page(const struct page *page, const struct options *options) {
  struct sink sink;
  int status = sink_open_bytes(&sink, options->output, options->force);
  if (status == EXIT_DONE) status = sink_rows(&sink, page->text, page->size, 1);
  if (status == EXIT_DONE) status = sink_commit(&sink);
  sink_free(&sink);
  return status;
}

static int tell(const struct page *page, size_t documents, const struct options *options) {
  if (options->quiet || sink_is_stdout(options)) return EXIT_DONE;
  if (options->json)
    return out_json(json_pack("{s:o, s:I, s:I}", "output", json_text(options->output), "bytes", (json_int_t)page->size,
                              "documents", (json_int_t)documents));
  out("%zu document%s -> %s (%.0f kB)\n", documents, documents == 1 ? "" : "s", printable(options->output),
      1e-3 * (double)page->size);
  return EXIT_DONE;
}

int command_report(const struct options *options) {
  const size_t count = options->file_count > 0 ? options->file_count : MEASURED;
  struct page page = {0};
  bool wrong = false;
  int status = check_options(options);
  if (status == EXIT_DONE) status = check_place(options);
  struct source *sources = status == EXIT_DONE ? calloc(count, sizeof *sources) : NULL;
  if (status == EXIT_DONE && sources == NULL) status = complain_of_memory("the documents");
  if (status == EXIT_DONE)
    status = options->file_count > 0 ? read_sources(sources, options) : measure_sources(sources, options, &wrong);
  if (status == EXIT_DONE) status = page_make(&page, sources, count, options);
  if (status == EXIT_DONE) status = write_page(&page, options);
  if (status == EXIT_DONE) status = tell(&page, count, options);
  free(page.text);
  for (size_t i = 0; sources != NULL && i < count; i++) json_decref(sources[i].document);
  free(sources);
  return status == EXIT_DONE && wrong ? EXIT_FAILED : status;
}
