/* SPDX-License-Identifier: BSD-3-Clause */
/* What a subcommand is, and all of them together. */
#ifndef ROWCAST_CLI_COMMAND_H
#define ROWCAST_CLI_COMMAND_H

#include <stddef.h>

struct options;

/* One bit a command: the option table says with them which command takes what. */
enum {
  FOR_MATMUL = 1 << 0,
  FOR_CPU = 1 << 1,
  FOR_VERIFY = 1 << 2,
  FOR_SHOW = 1 << 3,
  FOR_BENCH = 1 << 4,
  FOR_SCALE = 1 << 5,
  FOR_ROOFLINE = 1 << 6,
  FOR_COMPARE = 1 << 7,
  FOR_PREDICT = 1 << 8,
  FOR_CONVERT = 1 << 9,
  FOR_PEERS = 1 << 10, /* bench/peers, a program of its own */
  FOR_REPORT = 1 << 11,
  FOR_RANKS = 1 << 12, /* of rowcast-mpi, beside its scale */
  FOR_STUDY = FOR_BENCH | FOR_SCALE | FOR_ROOFLINE | FOR_PEERS,
  FOR_WRITERS = FOR_MATMUL | FOR_PREDICT | FOR_CONVERT, /* of rows, to --output */
  FOR_READERS = FOR_WRITERS | FOR_VERIFY | FOR_SHOW,    /* of images */
  FOR_ALL = FOR_READERS | FOR_CPU | FOR_STUDY | FOR_COMPARE | FOR_REPORT
};

struct command {
  const char *name;
  unsigned bit;
  const char *summary;     /* half a line, for the list of commands */
  const char *description; /* a paragraph, for its own help */
  const char *arguments;   /* after the options, such as "FILE..."; "": none */
  const char *examples;    /* pairs of a command line and what it does, each ended by a zero, and one zero more */
  int (*run)(const struct options *options);
};

/* What an environment variable that the tool obeys means. */
struct named_text {
  const char *name, *text;
};

/* All that help texts, manual pages and completions are made from. */
struct command_set {
  const char *program;    /* "rowcast" */
  const char *summary;    /* half a line, for the manual's heading */
  const char *about;      /* one sentence, for the help text */
  const char *manual;     /* a paragraph, for the manual page */
  const char *built_with; /* besides what every program of rowcast's is; NULL: nothing */
  size_t count;
  const struct command *commands; /* in the order of the help text */
  size_t variable_count;
  const struct named_text *variables;
};

#endif
