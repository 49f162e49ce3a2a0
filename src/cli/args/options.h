/* SPDX-License-Identifier: BSD-3-Clause */
/* What a command line says. Parsing and help both follow from the option table. */
#ifndef ROWCAST_CLI_OPTIONS_H
#define ROWCAST_CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <rowcast/experimental.h>
#include <rowcast/types.h>

#include "args/command.h"
#include "args/input_file.h"
#include "args/lists.h"
#include "args/pin_choice.h"
#include "args/values.h"
#include "terminal/terminal.h"

enum dtype_choice { DTYPE_AUTO, DTYPE_F32, DTYPE_U8 };
enum data_set { SET_TRAIN, SET_TEST };

enum output_format { FORMAT_TABLE, FORMAT_MARKDOWN, FORMAT_CSV, FORMAT_JSON, FORMAT_JSONL };

/* Of studies; of a page that is measured, which are enough for intervals and for samples of two kinds to show. */
enum { BENCH_ROUNDS = 31, REPORT_ROUNDS = 11 };

/* What the command line said; a zero is "not said" unless a comment says otherwise. It owns its lists and the names of
 * files: a copy is a second view of them. */
/* Parts by which sides of a comparison must differ to be told apart, where --noise does not say. */
#define OPTIONS_NOISE 0.02

struct options {
  struct input_file images, labels, weights, bias;
  const char *kernel, *output;
  rowcast_order order; /* ROWCAST_ORDER_AUTO unless said */
  size_t max_bytes;    /* 0: the library's default */
  size_t repeat;       /* 0: once */
  int file_format;     /* -1: by the output's name, else a rowcast_file_format */
  struct row_range rows;
  bool transpose, transpose_images;
  enum data_set set;
  bool set_given;
  float scale;
  enum dtype_choice dtype;
  size_t cols;
  struct number_list threads;
  struct number_list ranks; /* of rowcast-mpi scale; empty: by default */
  size_t width;
  enum color_choice color;
  bool ascii, json, quiet, force, predict, explain;

  /* Of studies: */
  enum output_format format; /* --json is FORMAT_JSON */
  struct number_list row_counts, k_list, col_list;
  struct shape_list shapes;
  bool dtypes[ROWCAST_DTYPE_COUNT]; /* none set: all */
  size_t rounds;                    /* BENCH_ROUNDS or REPORT_ROUNDS unless said */
  unsigned seed;                    /* of the rounds' order; another in each run unless said */
  bool measuring;                   /* an option was given that only a measurement has */
  const char *label, *plot;
  bool keep_plot, weak, bench, made;
  size_t runs; /* of each side of a comparison; 0: not said */
  bool measure, judge_disturbed;
  bool wide;            /* tables have all columns, however narrow the terminal is */
  double noise, slower; /* of its verdicts, parts; slower is negative unless said */
  size_t ldx;           /* elements; 0: the columns */
  struct pin_choice pin;
  const char *driver; /* of more than one thread */
  size_t chunk;       /* rows, of openmp-dynamic */

  char *const *files; /* arguments after the options: argv's own */
  size_t file_count;
};

enum parse_result { PARSE_RUN, PARSE_HELP, PARSE_ERROR };

/* Reads the arguments after the command's name (argv[0] is the name). On PARSE_ERROR a line on stderr has said what is
 * wrong; on PARSE_HELP help was asked for. Strings are argv's, which must stay. options_free() in any case. */
enum parse_result options_parse(struct options *options, const struct command *command, int argc, char **argv);
void options_free(struct options *options);

/* Prints a command's options, one a line, to stdout. */
void options_help(const struct command *command);

#endif
