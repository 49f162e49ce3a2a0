/* SPDX-License-Identifier: BSD-3-Clause */
/* The parser over the option table (getopt_long), and its help. */
#include "args/options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "args/advice.h"
#include "args/csv_options.h"
#include "args/option_table.h"
#include "args/store_options.h"
#include "terminal/report.h"
#include "terminal/standard.h"

static enum parse_result refuse(const struct command *command, const char *what, const char *text) {
  complain("%s '%s'; try rowcast %s --help", what, text, command->name);
  return PARSE_ERROR;
}

static enum parse_result refuse_value(const struct command *command, const char *option, const char *value,
                                      const char *wanted) {
  complain("--%s: '%s' is not %s; try rowcast %s --help", option, value, wanted, command->name);
  return PARSE_ERROR;
}

/* A value's own reason. */
static enum parse_result refuse_for(const struct command *command, const char *option, const char *reason) {
  complain("--%s: %s; try rowcast %s --help", option, reason, command->name);
  return PARSE_ERROR;
}

/* Takes the files' names apart, once all is said of them. */
static enum parse_result name_files(struct options *options, const struct command *command) {
  struct input_file *const files[] = {&options->images, &options->labels, &options->weights, &options->bias};
  const char *const names[] = {command->bit == FOR_CONVERT ? "input" : "images", "labels", "weights", "bias"};
  for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
    const char *given = files[i]->given, *wanted = NULL;
    uint64_t seed;
    if (given == NULL) continue;
    if (files[i] == &options->weights && value_is_randn(given)) {
      files[i]->path = given;
      if (!value_randn(given, &seed)) wanted = "randn:SEED with a whole number from 0 to 18446744073709551615";
    } else wanted = input_file_parse(files[i], &given);
    if (wanted != NULL) return refuse_value(command, names[i], given, wanted);
  }
  return PARSE_RUN;
}

static enum parse_result refuse_shared(const struct command *command, const char *first, const char *second) {
  complain("only one file can be read from standard input or a pipe; '%s' and '%s' are one; try rowcast %s --help",
           first, second, command->name);
  return PARSE_ERROR;
}

/* No two inputs may read one stream. One that is standard input by another name is called "-" from here on, for no
 * other file is to be looked for beside it, and a socket cannot be opened by name. */
static enum parse_result share_streams(struct options *options, const struct command *command) {
  const char **const names[] = {&options->images.path, &options->labels.path, &options->weights.path,
                                &options->bias.path};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
    for (size_t j = 0; j < i; j++)
      if (standard_is_shared(*names[j], *names[i])) return refuse_shared(command, *names[j], *names[i]);
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
    if (standard_input_is(*names[i])) *names[i] = "-";
  return PARSE_RUN;
}

/* An option getopt did not know: perhaps another command's. */
static enum parse_result refuse_option(const struct command *command, const char *argument, int letter) {
  if (letter > 0 && letter < 256) {
    const char text[] = {'-', (char)letter, '\0'};
    return refuse(command, "unknown option", text);
  }
  /* Without its value; argv's text is not ours to change. */
  char *text = strndup(argument, strcspn(argument, "="));
  if (text == NULL) return refuse(command, "unknown option", argument);
  bool here = false, elsewhere = false, abbreviates = false;
  for (size_t i = 0; i < OPTION_LINES; i++) {
    const bool ours = option_lines[i].commands & command->bit;
    if (strncmp(text, "--", 2) != 0 || strncmp(text + 2, option_lines[i].name, strlen(text + 2)) != 0) continue;
    const bool exact = strcmp(text + 2, option_lines[i].name) == 0;
    here |= exact && ours;
    elsewhere |= exact && !ours;
    abbreviates |= ours;
  }
  const enum parse_result result = refuse(command,
                                          here          ? "no value is allowed for"
                                          : elsewhere   ? "this command has no option"
                                          : abbreviates ? "ambiguous option"
                                                        : "unknown option",
                                          text);
  free(text);
  return result;
}

/* The arguments of compare and report, which getopt_long() has put after the options. */
static enum parse_result store_files(struct options *options, const struct command *command, int count, char **files) {
  static char standard[] = "-";
  options->files = files;
  options->file_count = (size_t)count;
  for (int i = 0; i < count; i++) {
    if (files[i][0] == '\0') return refuse(command, "there is no file named", files[i]);
    /* Regular files may be thousands, and each be named again; streams are few. */
    if (standard_reads_again(files[i])) continue;
    for (int j = 0; j < count; j++)
      if (j != i && standard_is_shared(files[j], files[i])) return refuse_shared(command, files[j], files[i]);
  }
  for (int i = 0; i < count; i++)
    if (standard_input_is(files[i])) files[i] = standard;
  return PARSE_RUN;
}

/* Is what was said of each file complete, and of use here? */
static enum parse_result check_files(struct options *options, const struct command *command) {
  struct input_file *images = &options->images;
  const struct input_file *const files[] = {images, &options->labels, &options->weights, &options->bias};
  if (images->read.raw_rank > 0 && images->read.raw_type == NULL && options->dtype != DTYPE_AUTO)
    images->read.raw_type = options->dtype == DTYPE_U8 ? "|u1" : "<f4";
  if (command->bit & (FOR_PREDICT | FOR_SHOW) && options->dtype != DTYPE_AUTO && images->read.raw_rank == 0)
    return refuse(command, "--shape is missing: only raw elements, which need it, take", "--dtype");
  if (images->columns.given && !(command->bit & (FOR_WRITERS | FOR_VERIFY)))
    return refuse(command, "this command takes whole rows, not some columns of", images->path);
  for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
    char text[32], what[96];
    const char *other, *dashes = files[i]->dashed ? "--" : "", *csv = csv_option_given(&files[i]->read);
    const char *missing = input_file_missing(files[i], &other);
    if (missing == NULL && (files[i]->read.raw_type == NULL || csv == NULL)) continue;
    snprintf(text, sizeof text, "%s%s", dashes, missing != NULL ? other : csv);
    snprintf(what, sizeof what, "%s%s", dashes,
             missing == NULL                 ? "shape is for raw elements, but only CSV takes"
             : strcmp(missing, "shape") == 0 ? "shape is missing: only raw elements, which need it, take"
                                             : "dtype is missing: raw elements need it together with");
    return refuse(command, what, text);
  }
  return PARSE_RUN;
}

/* Another in each run, so that what an order of rounds does to the times is not the same in all of them. */
static unsigned any_seed(void) {
  unsigned seed;
  if (getrandom(&seed, sizeof seed, GRND_NONBLOCK) == (ssize_t)sizeof seed) return seed;
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return (unsigned)now.tv_nsec ^ (unsigned)now.tv_sec;
}

enum parse_result options_parse(struct options *options, const struct command *command, int argc, char **argv) {
  struct option longs[OPTION_LINES + 1];
  char shorts[2 * OPTION_LINES + 2] = ":"; /* a missing value is told apart from an unknown option */
  const struct option_line *lines[OPTION_LINES];
  size_t count = 0, length = 1;
  memset(longs, 0, sizeof longs);
  for (size_t i = 0; i < OPTION_LINES; i++) {
    if (!(option_lines[i].commands & command->bit)) continue;
    longs[count].name = option_lines[i].name;
    longs[count].has_arg = option_lines[i].argument != NULL ? required_argument : no_argument;
    longs[count].val = option_lines[i].id;
    lines[count++] = &option_lines[i];
    if (option_lines[i].letter == 0) continue;
    shorts[length++] = option_lines[i].letter;
    if (option_lines[i].argument != NULL) shorts[length++] = ':';
  }
  shorts[length] = '\0';

  advice_is_for(command);
  memset(options, 0, sizeof *options);
  options->images = options->labels = options->weights = options->bias = input_file_none();
  options->images.dashed = true;
  options->images.bounded = options->labels.bounded = true;
  options->images.option = "-i", options->labels.option = "-l", options->weights.option = "-w",
  options->bias.option = "--bias";
  options->rounds = command->bit == FOR_REPORT ? REPORT_ROUNDS : BENCH_ROUNDS;
  options->seed = any_seed();
  options->noise = OPTIONS_NOISE;
  options->slower = -1.0;
  options->file_format = -1;
  options->driver = "openmp";
  opterr = 0;
  optind = 0;
  bool help = false;
  int id;
  while ((id = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
    if (id == ':') {
      complain("'%s' needs a value; try rowcast %s --help", argv[optind - 1], command->name);
      return PARSE_ERROR;
    }
    if (id == '?') return refuse_option(command, argv[optind - 1], optopt);
    const struct option_line *line = NULL;
    for (size_t i = 0; i < count; i++)
      if (lines[i]->id == id || (lines[i]->letter != 0 && lines[i]->letter == id)) line = lines[i];
    if (line == NULL) return refuse(command, "unknown option", argv[optind - 1]);
    if (line->id == OPTION_HELP) help = true;
    else if (line->argument == NULL) option_store_flag(options, line->id);
    else {
      struct list_fault fault = {""};
      const char *given = optarg, *wanted = option_store_value(options, command, line, &given, &fault);
      if (fault.text[0] != '\0') return refuse_for(command, line->name, fault.text);
      if (wanted != NULL) return refuse_value(command, line->name, given, wanted);
    }
  }
  if (help) return PARSE_HELP;
  if (command->bit & (FOR_COMPARE | FOR_REPORT)) return store_files(options, command, argc - optind, argv + optind);
  if (optind < argc) return refuse(command, "unexpected argument", argv[optind]);
  if (name_files(options, command) != PARSE_RUN) return PARSE_ERROR;
  if (options->images.path != NULL && options->set_given)
    return refuse(command, "--set is for the shipped images and cannot be used with --images", options->images.path);
  return share_streams(options, command) == PARSE_RUN ? check_files(options, command) : PARSE_ERROR;
}

void options_free(struct options *options) {
  input_file_free(&options->images);
  input_file_free(&options->labels);
  input_file_free(&options->weights);
  input_file_free(&options->bias);
  list_free(&options->threads);
  list_free(&options->row_counts);
  list_free(&options->k_list);
  list_free(&options->col_list);
  shapes_free(&options->shapes);
  list_free(&options->pin.cpus);
}

void options_help(const struct command *command) {
  size_t widest = 0;
  for (int pass = 0; pass < 2; pass++)
    for (size_t i = 0; i < OPTION_LINES; i++) {
      const struct option_line *line = &option_lines[i];
      const char *argument = line->argument != NULL ? line->argument : "";
      if (!(line->commands & command->bit)) continue;
      const size_t length = strlen(line->name) + (line->argument != NULL) + strlen(argument);
      if (length > widest) widest = length;
      if (pass == 0) continue;
      if (line->letter != 0) out("  -%c, ", line->letter);
      else out("      ");
      out("--%s%s%s%*s  %s\n", line->name, line->argument != NULL ? " " : "", argument, (int)(widest - length), "",
          line->help);
    }
}
