/* SPDX-License-Identifier: BSD-3-Clause */
#include "plot/plot.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "data/target.h"
#include "plot/gnuplot.h"
#include "plot/plot_ladder.h"
#include "plot/plot_roofline.h"
#include "plot/plot_scale.h"
#include "plot/plot_values.h"
#include "terminal/report.h"
#include "terminal/standard.h"
#include "terminal/terminal.h"

/* Is it none of the files that are read? */
static int check_inputs(const char *path, const struct options *options) {
  const char *const named[] = {options->images.path, options->labels.path, options->weights.path, options->bias.path};
  const size_t names = sizeof named / sizeof named[0];
  for (size_t i = 0; i < names + options->file_count; i++) {
    if (!standard_is_same_file(i < names ? named[i] : options->files[i - names], path)) continue;
    complain("%s: is an input, and is not overwritten", path);
    return EXIT_USAGE;
  }
  return EXIT_DONE;
}

/* Can a picture, or a file kept beside it, be put there? */
static int check_place(const char *path, const struct options *options, const char *command) {
  struct stat found;
  if (standard_output_is(path)) {
    complain("--plot: '%s' is standard output, where the table goes; try rowcast %s --help", path, command);
    return EXIT_USAGE;
  }
  if (lstat(path, &found) == 0 && stat(path, &found) != 0) {
    complain("%s: is a dangling symbolic link", path);
    return EXIT_FAILED;
  }
  if (stat(path, &found) == 0 && !S_ISREG(found.st_mode) && !S_ISDIR(found.st_mode)) {
    complain("%s: is not a regular file, and a picture replaces only those", path);
    return EXIT_FAILED;
  }
  const int status = target_check(path, options->force);
  return status == EXIT_DONE ? check_inputs(path, options) : status;
}

int plot_check(const struct options *options, const char *command) {
  if (options->plot == NULL) {
    if (!options->keep_plot) return EXIT_DONE;
    complain("--keep-plot needs --plot; try rowcast %s --help", command);
    return EXIT_USAGE;
  }
  if (!gnuplot_format(options->plot)) {
    complain("--plot: '%s' does not end in .svg, .png or .pdf, nor is it -; try rowcast %s --help", options->plot,
             command);
    return EXIT_USAGE;
  }
  if (strcmp(options->plot, "-") == 0) {
    const bool prints = !options->quiet && (options->format == FORMAT_TABLE || options->format == FORMAT_MARKDOWN);
    if (prints && !options->keep_plot) return gnuplot_check();
    complain("--plot - needs table or md output, and has no files to keep; try rowcast %s --help", command);
    return EXIT_USAGE;
  }
  int status = check_place(options->plot, options, command);
  for (int i = 0; options->keep_plot && i < 2 && status == EXIT_DONE; i++) {
    char *name;
    if (asprintf(&name, "%s%s", options->plot, i == 0 ? ".gp" : ".dat") < 0) return complain_of_memory("a file name");
    status = check_place(name, options, command);
    free(name);
  }
  return status == EXIT_DONE ? gnuplot_check() : status;
}

/* What all documents are of has its own picture; those of several commands have the ladder in common. */
static plot_picture *picture_of(json_t *const *documents, size_t count) {
  const char *command = plot_string(documents[0], "command");
  for (size_t d = 1; d < count; d++)
    if (strcmp(plot_string(documents[d], "command"), command) != 0) return plot_ladder;
  return strcmp(command, "scale") == 0 ? plot_scale : strcmp(command, "roofline") == 0 ? plot_roofline : plot_ladder;
}

int plot_draw(json_t *const *documents, size_t count, const struct options *options) {
  if (options->plot == NULL) return EXIT_DONE;
  char *script = NULL, *data = NULL;
  size_t script_size, data_size;
  FILE *script_file = open_memstream(&script, &script_size), *data_file = open_memstream(&data, &data_size);
  struct picture_size size = {.columns = strcmp(options->plot, "-") == 0 ? (unsigned)terminal_width() : 0};
  const struct picture_target target = {options->plot, options->keep_plot, options->force};
  bool written = script_file != NULL && data_file != NULL;
  int status = EXIT_DONE;
  if (written) status = picture_of(documents, count)(script_file, data_file, documents, count, &size);
  if (script_file != NULL) written = fclose(script_file) == 0 && written;
  if (data_file != NULL) written = fclose(data_file) == 0 && written;
  if (status == EXIT_DONE && !written) status = complain_of_memory("the picture");
  if (status == EXIT_DONE) status = gnuplot_draw(script, data, &target, &size);
  free(script);
  free(data);
  return status;
}
