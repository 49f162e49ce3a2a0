/* SPDX-License-Identifier: BSD-3-Clause */
/* `rowcast show`: rows as pictures, as many side by side as the terminal is wide, each under its index and
 * label. */
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <rowcast/version.h>

#include "args/options.h"
#include "commands.h"
#include "data/classifier.h"
#include "data/input.h"
#include "data/matrix_at.h"
#include "terminal/picture.h"
#include "terminal/progress.h"
#include "terminal/report.h"
#include "terminal/terminal.h"

enum { DEFAULT_ROWS = 10, GAP = 2, CAPTION_TEXT = 64 };

/* The values drawn as no ink and full ink: all of a byte's range, or the shown rows' own. */
static void find_range(const struct input *input, struct picture *picture) {
  const rowcast_matrix *images = &input->images;
  picture->low = 0.0f;
  picture->high = 255.0f;
  if (images->dtype == ROWCAST_U8) return;
  picture->high = 0.0f;
  for (size_t row = input->from; row < input->to; row++)
    for (size_t k = 0; k < images->cols; k++) {
      const float value = matrix_at(images, row, k);
      if (isfinite(value) && value < picture->low) picture->low = value;
      if (isfinite(value) && value > picture->high) picture->high = value;
    }
}

/* Index and label; with classes also what the row was taken for, where that is not its label. */
static void caption(const struct input *input, const int32_t *classes, size_t row, char text[CAPTION_TEXT]) {
  const long label = labels_class(&input->labels, row, SIZE_MAX),
             class = classes != NULL ? classes[row - input->from] : label;
  int length = snprintf(text, CAPTION_TEXT, "%zu", row);
  if (label >= 0) length += snprintf(text + length, CAPTION_TEXT - (size_t)length, ": %ld", label);
  else if (label == LABEL_NO_CLASS) length += snprintf(text + length, CAPTION_TEXT - (size_t)length, ": ?");
  if (class != label)
    snprintf(text + length, CAPTION_TEXT - (size_t)length, "%s %ld", label != LABEL_NONE ? " taken for" : ": class",
             class);
}

/* The columns that a picture and its caption take. */
static size_t cell_width(const struct input *input, const int32_t *classes, size_t picture_width) {
  char text[CAPTION_TEXT];
  size_t cell = picture_width;
  for (size_t row = input->from; row < input->to; row++) {
    caption(input, classes, row, text);
    if (strlen(text) > cell) cell = strlen(text);
  }
  return cell;
}

/* A terminal too narrow for one picture gets one abreast, and wraps it; a width asked for is refused. */
static int draw(const struct input *input, const int32_t *classes, const struct options *options,
                const struct picture *shape) {
  const rowcast_matrix *images = &input->images;
  struct picture picture = *shape;
  char text[CAPTION_TEXT];
  const size_t cell = cell_width(input, classes, picture.width);
  if (options->width > 0 && options->width < cell) {
    complain("--width: %zu is less than the %zu columns of one picture; try rowcast show --help", options->width, cell);
    return EXIT_USAGE;
  }
  const size_t columns = options->width > 0 ? options->width : terminal_width();
  const size_t fit = (columns + GAP) / (cell + GAP), abreast = fit > 0 ? fit : 1;
  for (size_t first = input->from; first < input->to; first += abreast) {
    const size_t count = input->to - first < abreast ? input->to - first : abreast;
    if (first > input->from) out("\n");
    for (size_t i = 0; i < count; i++) {
      caption(input, classes, first + i, text);
      const bool wrong = strstr(text, "taken for") != NULL && terminal_colors(options->color);
      out("%s%-*s%s", wrong ? "\033[31m" : "", i + 1 < count ? (int)(cell + GAP) : 0, text, wrong ? "\033[0m" : "");
    }
    out("\n");
    for (size_t line = 0; line < picture_lines(&picture); line++) {
      for (size_t i = 0; i < count; i++) {
        const size_t element = images->dtype == ROWCAST_U8 ? 1 : sizeof(float);
        picture.pixels = (const unsigned char *)images->data + (first + i) * images->stride * element;
        picture_line(&picture, line);
        if (i + 1 < count) out("%*s", (int)(cell - picture.width + GAP), "");
      }
      out("\n");
    }
  }
  return EXIT_DONE;
}

static json_t *row_json(const struct input *input, const int32_t *classes, size_t row, size_t height, size_t width) {
  const rowcast_matrix *images = &input->images;
  const long label = labels_class(&input->labels, row, SIZE_MAX);
  json_t *lines = json_array();
  for (size_t y = 0; y < height; y++) {
    json_t *line = json_array();
    for (size_t x = 0; x < width; x++) {
      const float value = matrix_at(images, row, y * width + x);
      json_array_append_new(line,
                            images->dtype == ROWCAST_U8 ? json_integer((json_int_t)value) : json_number((double)value));
    }
    json_array_append_new(lines, line);
  }
  json_t *object = json_pack("{s:I, s:o, s:o}", "index", (json_int_t)row, "label",
                             label >= 0 ? json_integer(label) : json_null(), "pixels", lines);
  if (classes != NULL) json_object_set_new(object, "class", json_integer(classes[row - input->from]));
  return object;
}

static int print_json(const struct input *input, const int32_t *classes, size_t height, size_t width) {
  json_t *results = json_array();
  bool failed = results == NULL;
  for (size_t row = input->from; row < input->to; row++)
    failed |= json_array_append_new(results, row_json(input, classes, row, height, width)) != 0;
  json_t *object =
    json_pack("{s:s, s:o, s:I, s:I, s:o}", "version", rowcast_version(), "images", json_text(input->path), "height",
              (json_int_t)height, "width", (json_int_t)width, "results", results);
  if (failed) {
    json_decref(object);
    object = NULL;
  }
  return out_json(object);
}

static int load_and_draw(struct input *input, struct classifier *classifier, const struct options *options) {
  progress_begin("loading", options->quiet);
  int status = input_load(input, options, DEFAULT_ROWS);
  if (status == EXIT_DONE) status = input_load_labels(input);
  progress_end();
  if (status != EXIT_DONE) return status;
  struct picture picture = {.dtype = input->images.dtype};
  if (!input_picture(input, &picture.height, &picture.width)) {
    complain(
      "%s: its rows of %zu elements are not pictures: the file states no height x width, and they are not square",
      input->path, input->images.cols);
    return EXIT_FAILED;
  }
  if (options->predict) {
    status = classifier_make(classifier, options, input);
    if (status == EXIT_DONE) status = classifier_run(classifier);
    if (status != EXIT_DONE) return status;
    const struct sources sources = classifier_sources(classifier, input);
    sources_remark(&sources);
  }
  const int32_t *classes = classifier->classes;
  if (options->json) return print_json(input, classes, picture.height, picture.width);
  if (options->quiet) return EXIT_DONE;
  const bool ascii = options->ascii || !terminal_utf8();
  picture.style = !terminal_colors(options->color) ? PICTURE_RAMP : ascii ? PICTURE_GREY : PICTURE_HALF_BLOCKS;
  find_range(input, &picture);
  return draw(input, classes, options, &picture);
}

int command_show(const struct options *options) {
  struct input input;
  memset(&input, 0, sizeof input);
  struct classifier classifier = {0};
  if (!options->predict && (options->weights.path != NULL || options->bias.path != NULL)) {
    complain("--weights and --bias need --predict; try rowcast show --help");
    return EXIT_USAGE;
  }
  if (!options->predict && (options->transpose || options->scale != 0.0f)) {
    complain("--transpose and --scale need --predict; try rowcast show --help");
    return EXIT_USAGE;
  }
  const int status = load_and_draw(&input, &classifier, options);
  classifier_free(&classifier);
  input_free(&input);
  return status;
}
