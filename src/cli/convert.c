/* SPDX-License-Identifier: BSD-3-Clause */
/* `rowcast convert`: rows of any format that is read into any that is written. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <rowcast/io.h>
#include <rowcast/rowcast.h>

#include "args/options.h"
#include "commands.h"
#include "data/input.h"
#include "data/join.h"
#include "data/rows.h"
#include "data/sink.h"
#include "terminal/progress.h"
#include "terminal/report.h"
#include "terminal/signals.h"

struct convert_job {
  const struct options *options;
  struct input input;
  struct rows rows; /* of the block at hand */
  struct sink sink;
  size_t written;
};

/* The rows of the block at hand, in the element type that is written: multiplied first, then as bytes where those are
 * asked for. */
static int prepare_block(struct convert_job *job) {
  const struct options *options = job->options;
  rows_free(&job->rows);
  if (options->scale == 0.0f || (options->scale == 1.0f && options->dtype == DTYPE_U8))
    return rows_prepare(&job->rows, &job->input, options->dtype, 1.0f);
  const int status = rows_prepare(&job->rows, &job->input, DTYPE_F32, options->scale);
  struct rows *rows = &job->rows;
  if (status == EXIT_DONE && rows->scale != 1.0f) {
    /* Float32 that were float32 in the file: in a copy, for the input's own stay as they are. */
    if (rowcast_matrix_alloc(&rows->storage, ROWCAST_F32, rows->m, rows->k) != ROWCAST_OK)
      return complain_of_memory("the rows");
    float *to = rows->storage.data;
    for (size_t i = 0; i < rows->m; i++)
      for (size_t k = 0; k < rows->k; k++)
        to[i * rows->k + k] = ((const float *)rows->x)[i * rows->ldx + k] * rows->scale;
    rows->x = to;
    rows->ldx = rows->k;
  }
  if (status != EXIT_DONE || options->dtype != DTYPE_U8) return status;
  if (rows->storage.data == NULL || !rowcast_matrix_to_bytes(&rows->storage)) {
    complain("%s: its elements times --scale are not all n/256 with n from 0 to 255, so --dtype u8 cannot take them",
             job->input.path);
    return EXIT_FAILED;
  }
  rows->dtype = ROWCAST_U8;
  rows->x = rows->storage.data;
  rows->ldx = rows->storage.stride;
  return EXIT_DONE;
}

static int open_sink(struct convert_job *job) {
  const struct input *input = &job->input;
  const rowcast_matrix *images = &input->images;
  rowcast_layout layout = {.dtype = job->rows.dtype == ROWCAST_U8 ? ROWCAST_U8 : ROWCAST_F32, .rank = 2};
  layout.dims[0] = input->all_to == SIZE_MAX ? SIZE_MAX : input->all_to - input->all_from;
  layout.dims[1] = job->input.columns;
  const bool keeps_dims = job->sink.format == ROWCAST_FILE_NPY || job->sink.format == ROWCAST_FILE_NPZ ||
                          job->sink.format == ROWCAST_FILE_IDX;
  const size_t rank = images->file->rank;
  if (job->input.columns == images->cols && (rank == 1 || (keeps_dims && rank > 2))) {
    layout.rank = rank;
    memcpy(layout.dims + 1, images->file->dims + 1, (rank - 1) * sizeof layout.dims[0]);
    if (input->transposed && rank > 2) {
      layout.dims[rank - 2] = images->file->dims[rank - 1];
      layout.dims[rank - 1] = images->file->dims[rank - 2];
    }
  }
  return sink_open(&job->sink, &layout);
}

static int write_block(struct convert_job *job) {
  job->written += job->rows.m;
  return sink_rows(&job->sink, job->rows.x, job->rows.m, job->rows.ldx);
}

static int load_and_write(struct convert_job *job) {
  progress_begin("converting", job->options->quiet);
  int status = input_begin(&job->input, job->options, SIZE_MAX, INPUT_COPIED);
  const char *const kept[] = {job->input.path};
  if (status == EXIT_DONE) status = sink_keeps(&job->sink, kept, 1);
  if (status == EXIT_DONE) status = prepare_block(job);
  if (status == EXIT_DONE) status = open_sink(job);
  if (status == EXIT_DONE) status = write_block(job);
  while (input_advance(&job->input, &status)) {
    status = prepare_block(job);
    if (status == EXIT_DONE) status = write_block(job);
  }
  if (status == EXIT_DONE) status = sink_commit(&job->sink);
  status = join_counts(status, &(size_t *){&job->written}, 1);
  progress_end();
  if (status != EXIT_DONE || job->options->quiet) return status;
  if (sink_is_stdout(job->options)) {
    input_note_rows(&job->input);
    if (element_is_rounded(&job->input.images))
      note("%s: %s rounded to float32", job->input.path, job->input.images.file->element);
    return EXIT_DONE;
  }
  if (job->options->json)
    return out_json(json_pack("{s:s, s:o, s:s, s:s, s:I, s:I, s:I, s:I, s:o}", "version", rowcast_version(), "input",
                              json_text(job->input.path), "format", job->input.images.file->format, "element",
                              job->input.images.file->element, "first_row", (json_int_t)job->input.all_from, "rows",
                              (json_int_t)job->written, "all_rows", (json_int_t)job->input.all, "cols",
                              (json_int_t)job->rows.k, "output", json_text(job->options->output)));
  char rows[ROWS_TEXT];
  out("%s: %zu rows of %zu", printable(job->input.path), job->written, job->rows.k);
  if (input_leaves_rows(&job->input)) out(" (%s)", input_rows_text(&job->input, rows));
  out(", %s%s -> %s\n", job->input.images.file->element,
      element_is_rounded(&job->input.images) ? " (rounded to float32)" : "", printable(job->options->output));
  return EXIT_DONE;
}

int command_convert(const struct options *options) {
  struct convert_job job = {.options = options};
  int status = sink_check(&job.sink, options, "convert", NULL);
  if (status == EXIT_DONE && options->output == NULL) {
    complain("--output is missing; try rowcast convert --help");
    status = EXIT_USAGE;
  }
  if (status == EXIT_DONE) status = load_and_write(&job);
  sink_free(&job.sink);
  rows_free(&job.rows);
  input_free(&job.input);
  return status;
}
