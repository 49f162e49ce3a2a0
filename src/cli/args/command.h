/* SPDX-License-Identifier: BSD-3-Clause */
/* The subcommands: one file each, one line each in the table of commands.c. */
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
  FOR_STUDY = FOR_BENCH | FOR_SCALE | FOR_ROOFLINE | FOR_PEERS,
  FOR_WRITERS = FOR_MATMUL | FOR_PREDICT | FOR_CONVERT, /* of rows, to --output */
  FOR_READERS = FOR_WRITERS | FOR_VERIFY | FOR_SHOW,    /* of images */
  FOR_ALL = FOR_READERS | FOR_CPU | FOR_STUDY | FOR_COMPARE
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

/* All of them, in the order of the help text; and the one of that name, or NULL. */
const struct command *command_table(size_t *count);
const struct command *command_called(const char *name);

/* What the environment variables that the tool obeys mean. */
struct named_text {
  const char *name, *text;
};
const struct named_text *command_environment(size_t *count);

/* Each returns an exit status and has said on stderr why it is not EXIT_DONE. */
int command_matmul(const struct options *options);
int command_predict(const struct options *options);
int command_convert(const struct options *options);
int command_cpu(const struct options *options);
int command_verify(const struct options *options);
int command_show(const struct options *options);
int command_bench(const struct options *options);
int command_scale(const struct options *options);
int command_roofline(const struct options *options);
int command_compare(const struct options *options);

#endif
