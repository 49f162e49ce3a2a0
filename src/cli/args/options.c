/* SPDX-License-Identifier: BSD-3-Clause */
/* The parser over the option table (getopt_long), and its help. */
#include "args/options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include <rowcast/cpu.h>
#include <rowcast/experimental.h>
#include <rowcast/kernels.h>
#include <rowcast/plan.h>

#include "args/advice.h"
#include "args/csv_options.h"
#include "args/option_table.h"
#include "terminal/report.h"
#include "terminal/standard.h"

/* The largest number of rows or columns. */
static const size_t MOST_SIZE = (size_t)1 << 24;

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

/* The place of `value` among `names`; -1: none. */
static int choice(const char *value, const char *const *names, int count) {
  for (int i = 0; i < count; i++)
    if (strcmp(value, names[i]) == 0) return i;
  return -1;
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

/* Names with commas between them; -1 where one is not among them, else how many there are. */
static int store_dtypes(struct options *options, const char *value) {
  memset(options->dtypes, 0, sizeof options->dtypes);
  for (const char *at = value;; at++) {
    const size_t length = strcspn(at, ",");
    bool known = false;
    for (int dtype = 0; dtype < ROWCAST_DTYPE_COUNT; dtype++) {
      const char *name = rowcast_dtype_name((rowcast_dtype)dtype);
      if (strlen(name) != length || strncmp(at, name, length) != 0) continue;
      options->dtypes[dtype] = known = true;
    }
    if (!known) return -1;
    at += length;
    if (*at == '\0') return 0;
  }
}

/* --dtype of a command that reads rows: ours, or (with --shape) one that NumPy names. */
static const char *store_dtype(struct options *options, const char *value) {
  static const char *const dtypes[] = {"auto", "f32", "u8"};
  const int chosen = choice(value, dtypes, 3);
  if (chosen >= 0) options->dtype = (enum dtype_choice)chosen;
  else if (input_file_set(&options->images, "dtype", value) != NULL)
    return "auto, f32, u8, or with --shape a type such as <f4, >i2 or |u1";
  return NULL;
}

static bool store_schedule(struct options *options, const char *value) {
  uint64_t rows = 0;
  if (strcmp(value, "static") == 0) options->driver = "openmp";
  else if (strcmp(value, "dynamic") == 0) options->driver = "openmp-dynamic";
  else if (strncmp(value, "dynamic,", 8) == 0 && value_number(value + 8, 1, MOST_SIZE, &rows))
    options->driver = "openmp-dynamic";
  else return false;
  options->chunk = (size_t)rows;
  return true;
}

/* What a list must be where it is none; a list is refused by *fault. */
static const char *store_list(struct number_list *list, size_t most, const char *value, struct list_fault *fault) {
  return list_read(list, value, 1, most, fault) ? NULL : "a list of numbers such as 1,2,4 or 1-8 or 1-64*2";
}

/* "all": the one count that takes every CPU this process may run on. */
static bool store_threads(struct number_list *list, const char *value, struct list_fault *fault) {
  if (strcmp(value, "all") != 0) return list_read(list, value, 1, ROWCAST_MAX_THREADS, fault);
  const unsigned cpus = rowcast_available_cpus();
  list->count = 0;
  return list_add(list, cpus < ROWCAST_MAX_THREADS ? cpus : ROWCAST_MAX_THREADS);
}

/* The one count of a command that takes no list. */
static bool store_thread_count(struct number_list *list, const char *value, struct list_fault *fault) {
  uint64_t number;
  const bool stored = (strcmp(value, "all") == 0 || value_number(value, 1, ROWCAST_MAX_THREADS, &number)) &&
                      store_threads(list, value, fault);
  if (!stored) fault->text[0] = '\0';
  return stored;
}

/* What a value must be, when it is not; *given is then the part of it that is not. Where *fault has a text, that is the
 * reason. */
static const char *store_value(struct options *options, const struct command *command, const struct option_line *line,
                               const char **given, struct list_fault *fault) {
  const char *const value = *given;
  const int id = line->id;
  static const char *const sets[] = {"train", "test"};
  static const char *const file_formats[] = {"npy",  "csv", "npz",
                                             "json", "raw", "idx"}; /* as rowcast_file_format counts them */
  static const char *const colors[] = {"auto", "always", "never"};
  static const char *const formats[] = {"table", "md", "csv", "json", "jsonl"};
  uint64_t number;
  int chosen = 0;
  switch (id) {
  case OPTION_IMAGES: options->images.given = value; break;
  case OPTION_LABELS: options->labels.given = value; break;
  case OPTION_WEIGHTS: options->weights.given = value; break;
  case OPTION_BIAS: options->bias.given = value; break;
  case OPTION_KERNEL: options->kernel = value; break;
  case OPTION_ORDER:
    if (rowcast_order_from_name(value, &options->order) != ROWCAST_OK)
      return command->bit & FOR_READERS && (strcmp(value, "C") == 0 || strcmp(value, "F") == 0)
               ? "an order of summation: auto, naive, sequential, lanes8 or exact (--layout is that of raw elements)"
               : "auto, naive, sequential, lanes8 or exact";
    break;
  case OPTION_OUTPUT: options->output = value; break;
  case OPTION_SET:
    if ((chosen = choice(value, sets, 2)) < 0) return "train or test";
    options->set = (enum data_set)chosen;
    options->set_given = true;
    break;
  case OPTION_DTYPE:
    if (command->bit & FOR_STUDY) return store_dtypes(options, value) < 0 ? "a list of f32 and u8" : NULL;
    return store_dtype(options, value);
  case OPTION_ARRAY:
  case OPTION_MEMBER:
  case OPTION_SKIP_LINES:
  case OPTION_HEADINGS:
  case OPTION_DELIMITER:
  case OPTION_DECIMAL:
  case OPTION_COMMENT:
  case OPTION_COLUMNS:
  case OPTION_DIMS:
  case OPTION_LAYOUT:
  case OPTION_OFFSET: return input_file_set(&options->images, line->name, value);
  case OPTION_MAX_BYTES:
    return value_bytes(value, &options->max_bytes) ? NULL
                                                   : "a number of bytes such as 1000000, 64K, 100M or 2G, from 64K";
  case OPTION_REPEAT:
    if (!value_number(value, 1, UINT32_MAX, &number)) return "a number from 1 to 4294967295";
    options->repeat = (size_t)number;
    break;
  case OPTION_FILE_FORMAT:
    if ((chosen = choice(value, file_formats, 6)) < 0)
      return command->bit & FOR_CONVERT ? "npy, npz, csv, json, idx or raw" : "npy, npz, csv, json or raw";
    options->file_format = chosen;
    break;
  case OPTION_COLOR:
    if ((chosen = choice(value, colors, 3)) < 0) return "auto, always or never";
    options->color = (enum color_choice)chosen;
    break;
  case OPTION_ROWS:
    if (command->bit & (FOR_STUDY | FOR_COMPARE)) return store_list(&options->row_counts, MOST_SIZE, value, fault);
    if (!value_rows(value, &options->rows)) return "a range A:B of rows, A not above B, such as 0:100, 100: or :100";
    break;
  case OPTION_SCALE:
    if (!value_scale(value, &options->scale))
      return "a number or fraction such as 0.5 or 1/256, neither 0 nor infinite as float32";
    break;
  case OPTION_COLS:
    if (command->bit & FOR_STUDY) return store_list(&options->col_list, MOST_SIZE, value, fault);
    if (!value_number(value, 1, MOST_SIZE, &number)) return "a number from 1 to 16777216";
    options->cols = (size_t)number;
    break;
  case OPTION_WIDTH:
    if (!value_number(value, 1, 100000, &number)) return "a number from 1 to 100000";
    options->width = (size_t)number;
    break;
  case OPTION_THREADS:
    if (!(command->bit & (FOR_MATMUL | FOR_PREDICT)))
      return store_threads(&options->threads, value, fault) ? NULL : "a list of numbers from 1 to 4096, or all";
    return store_thread_count(&options->threads, value, fault) ? NULL : "a number from 1 to 4096, or all";
  case OPTION_K: return store_list(&options->k_list, MOST_SIZE, value, fault);
  case OPTION_SHAPE:
    return shapes_read(&options->shapes, value, MOST_SIZE, fault) ? NULL : "a list of shapes such as 50000x784x10";
  case OPTION_ROUNDS:
    if (!value_number(value, 1, 100000, &number)) return "a number from 1 to 100000";
    options->rounds = (size_t)number;
    options->measuring = true;
    break;
  case OPTION_RUNS:
    if (!value_number(value, 1, 1000, &number)) return "a number from 1 to 1000";
    options->runs = (size_t)number;
    break;
  case OPTION_NOISE:
    if (!value_percent(value, &options->noise)) return "a percentage from 0 to 1000";
    break;
  case OPTION_FAIL_IF_SLOWER:
    if (!value_percent(value, &options->slower)) return "a percentage from 0 to 1000";
    break;
  case OPTION_SEED:
    if (!value_number(value, 0, UINT32_MAX, &number)) return "a number from 0 to 4294967295";
    options->seed = (unsigned)number;
    options->measuring = true;
    break;
  case OPTION_LDX:
    if (!value_number(value, 1, MOST_SIZE, &number)) return "a number from 1 to 16777216";
    options->ldx = (size_t)number;
    break;
  case OPTION_PIN:
    options->measuring = true;
    return pin_choice_read(&options->pin, value, fault) ? NULL : "none, compact, spread, or CPUs such as 0,2,4-7";
  case OPTION_SCHEDULE: return store_schedule(options, value) ? NULL : "static, dynamic, or dynamic,ROWS";
  case OPTION_FORMAT:
    if ((chosen = choice(value, formats, 5)) < 0) return "table, md, csv, json or jsonl";
    options->format = (enum output_format)chosen;
    options->measuring = true;
    break;
  case OPTION_LABEL:
    for (const char *at = value; *at != '\0'; at++)
      if ((unsigned char)*at < ' ' || *at == 0x7f) return "a text without control characters";
    options->label = value;
    break;
  case OPTION_PLOT: options->plot = value; break;
  default: break;
  }
  return NULL;
}

static void store_flag(struct options *options, int id) {
  switch (id) {
  case OPTION_FORCE: options->force = true; break;
  case OPTION_TRANSPOSE: options->transpose = true; break;
  case OPTION_TRANSPOSE_IMAGES: options->transpose_images = true; break;
  case OPTION_ALLOW_TRAILING: options->images.read.allow_trailing = true; break;
  case OPTION_PREDICT: options->predict = true; break;
  case OPTION_EXPLAIN: options->explain = true; break;
  case OPTION_ASCII: options->ascii = true; break;
  case OPTION_JSON:
    options->json = true;
    options->format = FORMAT_JSON;
    break;
  case OPTION_WEAK: options->weak = true; break;
  case OPTION_BENCH: options->bench = true; break;
  case OPTION_MEASURE: options->measure = true; break;
  case OPTION_WIDE: options->wide = true; break;
  case OPTION_JUDGE_DISTURBED: options->judge_disturbed = true; break;
  case OPTION_MADE: options->made = true; break;
  case OPTION_KEEP_PLOT: options->keep_plot = true; break;
  case OPTION_QUIET: options->quiet = true; break;
  default: break;
  }
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

/* The arguments of compare, which getopt_long() has put after the options. */
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
  options->rounds = BENCH_ROUNDS;
  options->seed = any_seed();
  options->noise = 0.02;
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
    else if (line->argument == NULL) store_flag(options, line->id);
    else {
      struct list_fault fault = {""};
      const char *given = optarg, *wanted = store_value(options, command, line, &given, &fault);
      if (fault.text[0] != '\0') return refuse_for(command, line->name, fault.text);
      if (wanted != NULL) return refuse_value(command, line->name, given, wanted);
    }
  }
  if (help) return PARSE_HELP;
  if (command->bit == FOR_COMPARE) return store_files(options, command, argc - optind, argv + optind);
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
