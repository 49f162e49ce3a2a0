/* SPDX-License-Identifier: BSD-3-Clause */
/* The option table, from which parsing, help texts and their like follow. */
#ifndef ROWCAST_CLI_OPTION_TABLE_H
#define ROWCAST_CLI_OPTION_TABLE_H

enum option_id {
  OPTION_IMAGES = 256,
  OPTION_LABELS,
  OPTION_SET,
  OPTION_WEIGHTS,
  OPTION_BIAS,
  OPTION_TRANSPOSE,
  OPTION_TRANSPOSE_IMAGES,
  OPTION_ALLOW_TRAILING,
  OPTION_COLS,
  OPTION_ROWS,
  OPTION_COLUMNS,
  OPTION_SCALE,
  OPTION_DTYPE,
  OPTION_KERNEL,
  OPTION_ORDER,
  OPTION_THREADS,
  OPTION_OUTPUT,
  OPTION_FILE_FORMAT,
  OPTION_ARRAY,
  OPTION_MEMBER,
  OPTION_SKIP_LINES,
  OPTION_HEADINGS,
  OPTION_DELIMITER,
  OPTION_DECIMAL,
  OPTION_COMMENT,
  OPTION_DIMS,
  OPTION_LAYOUT,
  OPTION_OFFSET,
  OPTION_MAX_BYTES,
  OPTION_REPEAT,
  OPTION_FORCE,
  OPTION_PREDICT,
  OPTION_EXPLAIN,
  OPTION_BENCH,
  OPTION_MADE,
  OPTION_LDX,
  OPTION_SHAPE,
  OPTION_K,
  OPTION_ROUNDS,
  OPTION_SEED,
  OPTION_MEASURE,
  OPTION_RUNS,
  OPTION_NOISE,
  OPTION_WIDE,
  OPTION_JUDGE_DISTURBED,
  OPTION_FAIL_IF_SLOWER,
  OPTION_PIN,
  OPTION_SCHEDULE,
  OPTION_WEAK,
  OPTION_RANKS,
  OPTION_FORMAT,
  OPTION_LABEL,
  OPTION_PLOT,
  OPTION_KEEP_PLOT,
  OPTION_WIDTH,
  OPTION_ASCII,
  OPTION_JSON,
  OPTION_QUIET,
  OPTION_COLOR,
  OPTION_HELP
};

/* One option as a user sees it. A name may have a line for each command it means something else to. */
struct option_line {
  const char *name;
  char letter;          /* 0: none */
  const char *argument; /* what its value is called; NULL: it takes none */
  const char *help;
  unsigned commands; /* FOR_* bits */
  int id;            /* an enum option_id: what the parser switches on */
};

enum { OPTION_LINES = 93 };
extern const struct option_line option_lines[OPTION_LINES];

#endif
