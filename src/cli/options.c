/* SPDX-License-Identifier: BSD-3-Clause */
/* The parser over the option table (getopt_long), and its help. */
#include "options.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include <rowcast/cpu.h>
#include <rowcast/plan.h>

#include "csv_options.h"
#include "option_table.h"
#include "report.h"

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

/* The place of `value` among `names`; -1: none. */
static int choice(const char *value, const char *const *names, int count) {
  for (int i = 0; i < count; i++)
    if (strcmp(value, names[i]) == 0) return i;
  return -1;
}

/* What a name to be read must be, when it is not. */
static const char *store_name(const char **name, const char *value) {
  *name = value;
  return value[0] == '\0' ? "a file's name" : NULL;
}

static bool is_stdin(const char *name) { return name != NULL && strcmp(name, "-") == 0; }

/* The seed is read here, so that a wrong one is known before any file is. */
static const char *store_weights(struct options *options, const char *value) {
  uint64_t seed;
  if (!value_is_randn(value)) return store_name(&options->weights, value);
  options->weights = value;
  return value_randn(value, &seed) ? NULL : "randn:SEED with a whole number from 0 to 18446744073709551615";
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

static bool store_shapes(struct options *options, const char *value) {
  char text[64];
  options->shape_count = 0;
  for (const char *at = value;; at++) {
    const size_t length = strcspn(at, ",");
    if (length >= sizeof text || options->shape_count == LIST_MAX) return false;
    memcpy(text, at, length);
    text[length] = '\0';
    if (!value_shape(text, MOST_SIZE, &options->shapes[options->shape_count++])) return false;
    at += length;
    if (*at == '\0') return true;
  }
}

/* --dtype of a command that reads rows: ours, or (with --shape) one that NumPy names. */
static bool store_dtype(struct options *options, const char *value) {
  static const char *const dtypes[] = {"auto", "f32", "u8"};
  const int chosen = choice(value, dtypes, 3);
  if (chosen >= 0) {
    options->dtype = (enum dtype_choice)chosen;
    return true;
  }
  static const char *const kinds[] = {"b1", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f2", "f4", "f8"};
  const char *kind = value[0] != '\0' && strchr("<>|=", value[0]) != NULL ? value + 1 : value;
  options->element = value;
  return choice(kind, kinds, 12) >= 0;
}

/* "AxBxC". */
static bool store_dims(struct options *options, const char *value) {
  options->rank = 0;
  for (const char *at = value; options->rank < ROWCAST_MAX_RANK; at++) {
    char text[24];
    uint64_t number;
    const size_t length = strcspn(at, "x");
    if (length >= sizeof text) return false;
    memcpy(text, at, length);
    text[length] = '\0';
    if (!value_number(text, 0, SIZE_MAX / 2, &number)) return false;
    options->dims[options->rank++] = (size_t)number;
    at += length;
    if (*at == '\0') return true;
  }
  return false;
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

static bool store_list(struct number_list *list, size_t most, const char *value) {
  return value_list(value, 1, most, list->values, LIST_MAX, &list->count);
}

/* "all": the one count that takes every CPU this process may run on. */
static bool store_threads(struct number_list *list, size_t capacity, const char *value) {
  if (strcmp(value, "all") != 0) return value_list(value, 1, ROWCAST_MAX_THREADS, list->values, capacity, &list->count);
  const unsigned cpus = rowcast_available_cpus();
  list->values[0] = cpus < ROWCAST_MAX_THREADS ? cpus : ROWCAST_MAX_THREADS;
  list->count = 1;
  return true;
}

/* What a value must be, when it is not. */
static const char *store_value(struct options *options, const struct command *command, int id,
                               const char *value) {
  static const char *const sets[] = {"train", "test"};
  static const char *const orders[] = {"C", "F"};
  static const char *const file_formats[] = {"npy", "csv", "npz", "json", "raw"}; /* as rowcast_file_format counts them */
  static const char *const colors[] = {"auto", "always", "never"};
  static const char *const formats[] = {"table", "md", "csv", "json", "jsonl"};
  static const char *const a_list = "a list of numbers such as 1,2,4 or 1-8 or 1-64*2, from 1 to 16777216";
  uint64_t number;
  int chosen = 0;
  switch (id) {
  case OPTION_IMAGES: return store_name(&options->images, value);
  case OPTION_LABELS: return store_name(&options->labels, value);
  case OPTION_WEIGHTS: return store_weights(options, value);
  case OPTION_BIAS: return store_name(&options->bias, value);
  case OPTION_KERNEL: options->kernel = value; break;
  case OPTION_OUTPUT: options->output = value; break;
  case OPTION_SET:
    if ((chosen = choice(value, sets, 2)) < 0) return "train or test";
    options->set = (enum data_set)chosen;
    options->set_given = true;
    break;
  case OPTION_DTYPE:
    if (command->bit & FOR_STUDY) return store_dtypes(options, value) < 0 ? "a list of f32 and u8" : NULL;
    if (!store_dtype(options, value)) return "auto, f32, u8, or with --shape a type such as <f4, >i2 or |u1";
    break;
  case OPTION_ARRAY: return store_name(&options->array, value) != NULL ? "an array's name" : NULL;
  case OPTION_MEMBER: return store_name(&options->member, value) != NULL ? "a member's name" : NULL;
  case OPTION_SKIP_LINES:
    if (!value_number(value, 0, MOST_SIZE, &number)) return "a number from 0 to 16777216";
    options->skip_lines = options->csv.skip_lines = (size_t)number;
    break;
  case OPTION_HEADINGS: return csv_option_set(&options->csv, "headings", value);
  case OPTION_DELIMITER: return csv_option_set(&options->csv, "delimiter", value);
  case OPTION_DECIMAL: return csv_option_set(&options->csv, "decimal", value);
  case OPTION_COMMENT: return csv_option_set(&options->csv, "comment", value);
  case OPTION_DIMS: return store_dims(options, value) ? NULL : "a shape such as 50000x784 or 60000x28x28";
  case OPTION_ORDER:
    if ((chosen = choice(value, orders, 2)) < 0) return "C or F";
    options->fortran = chosen == 1;
    break;
  case OPTION_OFFSET:
    if (!value_number(value, 0, SIZE_MAX / 2, &number)) return "a number of bytes";
    options->offset = (size_t)number;
    break;
  case OPTION_MAX_BYTES: return value_bytes(value, &options->max_bytes) ? NULL : "a number of bytes such as 1000000, 64K, 100M or 2G, from 64K";
  case OPTION_REPEAT:
    if (!value_number(value, 1, UINT32_MAX, &number)) return "a number from 1 to 4294967295";
    options->repeat = (size_t)number;
    break;
  case OPTION_FILE_FORMAT:
    if ((chosen = choice(value, file_formats, 5)) < 0) return "npy, npz, csv, json or raw";
    options->file_format = chosen;
    break;
  case OPTION_COLOR:
    if ((chosen = choice(value, colors, 3)) < 0) return "auto, always or never";
    options->color = (enum color_choice)chosen;
    break;
  case OPTION_ROWS:
    if (command->bit & FOR_STUDY) return store_list(&options->row_counts, MOST_SIZE, value) ? NULL : a_list;
    if (!value_rows(value, &options->rows)) return "a range A:B of rows, A not above B, such as 0:100, 100: or :100";
    break;
  case OPTION_COLUMNS:
    if (!value_rows(value, &options->columns)) return "a range A:B of columns, A not above B, such as 1:785, 1: or :784";
    break;
  case OPTION_SCALE:
    if (!value_scale(value, &options->scale)) return "a number or fraction such as 0.5 or 1/256, and not 0";
    break;
  case OPTION_COLS:
    if (command->bit & FOR_STUDY) return store_list(&options->col_list, MOST_SIZE, value) ? NULL : a_list;
    if (!value_number(value, 1, MOST_SIZE, &number)) return "a number from 1 to 16777216";
    options->cols = (size_t)number;
    break;
  case OPTION_WIDTH:
    if (!value_number(value, 1, 100000, &number)) return "a number from 1 to 100000";
    options->width = (size_t)number;
    break;
  case OPTION_THREADS:
    if (!(command->bit & (FOR_MATMUL | FOR_PREDICT)))
      return store_threads(&options->threads, LIST_MAX, value) ? NULL : "a list of numbers from 1 to 4096, or all";
    return store_threads(&options->threads, 1, value) ? NULL : "a number from 1 to 4096, or all";
  case OPTION_K: return store_list(&options->k_list, MOST_SIZE, value) ? NULL : a_list;
  case OPTION_SHAPE:
    return store_shapes(options, value) ? NULL : "a shape such as 50000x784x10, each number from 1 to 16777216";
  case OPTION_ROUNDS:
    if (!value_number(value, 1, 100000, &number)) return "a number from 1 to 100000";
    options->rounds = (size_t)number;
    break;
  case OPTION_LDX:
    if (!value_number(value, 1, MOST_SIZE, &number)) return "a number from 1 to 16777216";
    options->ldx = (size_t)number;
    break;
  case OPTION_PIN:
    return pin_parse(value, &options->pin) ? NULL : "none, compact, spread, or CPUs such as 0,2,4-7";
  case OPTION_SCHEDULE: return store_schedule(options, value) ? NULL : "static, dynamic, or dynamic,ROWS";
  case OPTION_FORMAT:
    if ((chosen = choice(value, formats, 5)) < 0) return "table, md, csv, json or jsonl";
    options->format = (enum output_format)chosen;
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
  case OPTION_PREDICT: options->predict = true; break;
  case OPTION_EXPLAIN: options->explain = true; break;
  case OPTION_ASCII: options->ascii = true; break;
  case OPTION_JSON:
    options->json = true;
    options->format = FORMAT_JSON;
    break;
  case OPTION_WEAK: options->weak = true; break;
  case OPTION_BENCH: options->bench = true; break;
  case OPTION_MADE: options->made = true; break;
  case OPTION_KEEP_PLOT: options->keep_plot = true; break;
  case OPTION_QUIET: options->quiet = true; break;
  default: break;
  }
}

/* An option getopt did not know: perhaps another command's. */
static enum parse_result refuse_option(const struct command *command, const char *argument, int letter) {
  char text[64];
  if (letter > 0 && letter < 256) {
    snprintf(text, sizeof text, "-%c", letter);
    return refuse(command, "unknown option", text);
  }
  const size_t length = strcspn(argument, "=");
  snprintf(text, sizeof text, "%.*s", (int)(length < 60 ? length : 60), argument);
  bool elsewhere = false, abbreviates = false;
  for (size_t i = 0; i < OPTION_LINES; i++) {
    const bool here = option_lines[i].commands & command->bit;
    if (strncmp(text, "--", 2) != 0 || strncmp(text + 2, option_lines[i].name, strlen(text + 2)) != 0) continue;
    if (strcmp(text + 2, option_lines[i].name) == 0) {
      if (here) return refuse(command, "no value belongs to", text);
      elsewhere = true;
    }
    abbreviates |= here;
  }
  if (elsewhere) return refuse(command, "this command has no option", text);
  return refuse(command, abbreviates ? "ambiguous option" : "unknown option", text);
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

  memset(options, 0, sizeof *options);
  options->rounds = BENCH_ROUNDS;
  options->file_format = -1;
  options->driver = "openmp";
  opterr = 0;
  optind = 0;
  bool help = false;
  int id;
  while ((id = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
    if (id == ':') return refuse(command, "a value is missing behind", argv[optind - 1]);
    if (id == '?') return refuse_option(command, argv[optind - 1], optopt);
    const struct option_line *line = NULL;
    for (size_t i = 0; i < count; i++)
      if (lines[i]->id == id || (lines[i]->letter != 0 && lines[i]->letter == id)) line = lines[i];
    if (line == NULL) return refuse(command, "unknown option", argv[optind - 1]);
    if (line->id == OPTION_HELP) help = true;
    else if (line->argument == NULL) store_flag(options, line->id);
    else {
      const char *wanted = store_value(options, command, line->id, optarg);
      if (wanted != NULL) return refuse_value(command, line->name, optarg, wanted);
    }
  }
  if (help) return PARSE_HELP;
  for (; command->bit == FOR_COMPARE && optind < argc && options->file_count < FILES_MAX; optind++) {
    const char *wanted = store_name(&options->files[options->file_count++], argv[optind]);
    if (wanted != NULL) return refuse(command, "no file is called", argv[optind]);
  }
  if (command->bit == FOR_COMPARE && optind < argc) {
    complain("more than %d files; try rowcast compare --help", FILES_MAX);
    return PARSE_ERROR;
  }
  if (optind < argc) return refuse(command, "unexpected argument", argv[optind]);
  if (options->images != NULL && options->set_given)
    return refuse(command, "--set has no meaning beside --images", options->images);
  if (is_stdin(options->images) + is_stdin(options->labels) + is_stdin(options->weights) + is_stdin(options->bias) > 1)
    return refuse(command, "only one file can be read from standard input", "-");
  const bool typed = options->element != NULL || (command->bit & (FOR_PREDICT | FOR_SHOW) && options->dtype != DTYPE_AUTO);
  if (command->bit & FOR_READERS && options->rank == 0 && (typed || options->fortran || options->offset > 0))
    return refuse(command, "--shape is missing: elements alone need one, and only they take",
                  typed ? "--dtype" : options->fortran ? "--order" : "--offset");
  if (options->rank > 0 && csv_option_given(&options->csv) != NULL)
    return refuse(command, "--shape is for elements alone, and only CSV takes", csv_option_given(&options->csv));
  if (options->rank > 0 && options->element == NULL) {
    if (options->dtype == DTYPE_AUTO) return refuse(command, "--dtype is missing: elements alone need one beside", "--shape");
    options->element = options->dtype == DTYPE_U8 ? "|u1" : "<f4";
  }
  return PARSE_RUN;
}

void options_help(const struct command *command) {
  int widest = 0;
  char left[64];
  for (int pass = 0; pass < 2; pass++)
    for (size_t i = 0; i < OPTION_LINES; i++) {
      if (!(option_lines[i].commands & command->bit)) continue;
      char letter[5] = "    ";
      if (option_lines[i].letter != 0) snprintf(letter, sizeof letter, "-%c, ", option_lines[i].letter);
      const int length = snprintf(left, sizeof left, "%s--%s%s%s", letter, option_lines[i].name,
                                  option_lines[i].argument != NULL ? " " : "",
                                  option_lines[i].argument != NULL ? option_lines[i].argument : "");
      if (length > widest) widest = length;
      if (pass == 1) out("  %-*s  %s\n", widest, left, option_lines[i].help);
    }
}
