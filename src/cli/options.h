/* SPDX-License-Identifier: BSD-3-Clause */
/* The option table and what a command line says. Parsing and help both follow from the table. */
#ifndef ROWCAST_CLI_OPTIONS_H
#define ROWCAST_CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <rowcast/matrix.h>
#include <rowcast/types.h>

#include "command.h"
#include "pin.h"
#include "values.h"

/* One option as a user sees it. A name may have a line for each command it means something else to. */
struct option_line {
  const char *name;
  char letter;          /* 0: none */
  const char *argument; /* what its value is called; NULL: it takes none */
  const char *help;
  unsigned commands; /* FOR_* bits */
  int id;            /* what the parser switches on */
};

/* The whole table, for help texts and their like. */
const struct option_line *option_table(size_t *count);

enum color_choice { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };
enum dtype_choice { DTYPE_AUTO, DTYPE_F32, DTYPE_U8 };
enum data_set { SET_TRAIN, SET_TEST };

enum output_format { FORMAT_TABLE, FORMAT_MARKDOWN, FORMAT_CSV, FORMAT_JSON, FORMAT_JSONL };

enum { LIST_MAX = 64, FILES_MAX = 16, BENCH_ROUNDS = 31, BENCH_SEED = 1 };

struct number_list {
  size_t count, values[LIST_MAX];
};

/* What the command line said; a zero is "not said" unless a comment says otherwise. */
struct options {
  const char *images, *labels, *weights, *bias, *kernel, *output;
  const char *array, *member;  /* of the images' file */
  size_t skip_lines, max_bytes; /* max_bytes 0: the library's default */
  rowcast_read_options csv;    /* its members for CSV alone */
  const char *element;         /* --dtype as NumPy names it, of elements alone */
  size_t dims[ROWCAST_MAX_RANK], rank; /* --shape of elements alone; rank 0: none */
  bool fortran;
  size_t offset;
  size_t repeat;               /* 0: once */
  int file_format;             /* -1: by the output's name, else a rowcast_file_format */
  struct row_range rows, columns;
  enum data_set set;
  bool set_given;
  float scale;
  enum dtype_choice dtype;
  size_t cols;
  struct number_list threads;
  size_t width;
  enum color_choice color;
  bool ascii, json, quiet, force, predict, explain;

  /* Of studies: */
  enum output_format format; /* --json is FORMAT_JSON */
  struct number_list row_counts, k_list, col_list;
  struct shape shapes[LIST_MAX];
  size_t shape_count;
  bool dtypes[ROWCAST_DTYPE_COUNT]; /* none set: all */
  size_t rounds;                    /* BENCH_ROUNDS unless said */
  const char *label, *plot;
  bool keep_plot, weak, bench, made;
  size_t ldx; /* elements; 0: the columns */
  struct pin pin;
  const char *driver; /* of more than one thread */
  size_t chunk;       /* rows, of openmp-dynamic */

  const char *files[FILES_MAX]; /* arguments behind the options */
  size_t file_count;
};

enum parse_result { PARSE_RUN, PARSE_HELP, PARSE_ERROR };

/* Reads the arguments behind the command's name (argv[0] is the name). On PARSE_ERROR a line on stderr has
 * said what is wrong; on PARSE_HELP help was asked for. The strings stay argv's. */
enum parse_result options_parse(struct options *options, const struct command *command, int argc, char **argv);

/* Prints a command's options, one a line, to stdout. */
void options_help(const struct command *command);

#endif
