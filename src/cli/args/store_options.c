/* SPDX-License-Identifier: BSD-3-Clause */
#include "args/store_options.h"

#include <stdlib.h>
#include <string.h>

#include <rowcast/cpu.h>
#include <rowcast/experimental.h>
#include <rowcast/kernels.h>
#include <rowcast/plan.h>

/* The largest number of rows or columns. */
static const size_t MOST_SIZE = (size_t)1 << 24;

/* The place of `value` among `names`; -1: none. */
static int choice(const char *value, const char *const *names, int count) {
  for (int i = 0; i < count; i++)
    if (strcmp(value, names[i]) == 0) return i;
  return -1;
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

const char *option_store_value(struct options *options, const struct command *command, const struct option_line *line,
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
    if (command->bit & (FOR_STUDY | FOR_COMPARE | FOR_REPORT))
      return store_list(&options->row_counts, MOST_SIZE, value, fault);
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
  case OPTION_RANKS: return store_list(&options->ranks, MOST_SIZE, value, fault);
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

void option_store_flag(struct options *options, int id) {
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
