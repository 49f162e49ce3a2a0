/* SPDX-License-Identifier: BSD-3-Clause */
/* A file to read, as a command line names it: FILE, or FILE:KEY=VALUE[:KEY=VALUE...] with the keys of input_file_keys.
 * For the images each key is an option of its own too. */
#ifndef ROWCAST_CLI_INPUT_FILE_H
#define ROWCAST_CLI_INPUT_FILE_H

#include <rowcast/matrix.h>

#include "args/values.h"

struct input_file {
  const char *given;  /* as it was named, keys and all; NULL: it was not */
  const char *option; /* what names it, such as "-l" */
  const char *path;   /* NULL: not named */
  char *owned;        /* what path and the strings of `read` lie in where the name had keys; NULL: none had */
  rowcast_read_options read;
  struct row_range columns;
  bool bounded;  /* --max-bytes is for it too */
  bool dashed;   /* its keys are options of the command: of the images */
  unsigned said; /* a bit for each key of input_file_keys that was */
};

/* What a key may be and what it means, for help; ended by a NULL name. */
struct input_file_key {
  const char *name, *argument, *meaning;
};
extern const struct input_file_key input_file_keys[];
extern const char input_file_keys_about[];

/* Of no file, with the library's defaults. */
struct input_file input_file_none(void);

/* Takes file->given apart. A file that is called just so is that file, whatever is in its name. Returns NULL; or what
 * the value that *wrong names (it lies in file->owned or in file->given) should have been. Once, when all options are
 * read: what they say stays, and a key may not say it again. */
const char *input_file_parse(struct input_file *file, const char **wrong);

/* Sets what a key stands for; NULL, or what the value should have been. `value` must stay. */
const char *input_file_set(struct input_file *file, const char *key, const char *value);

/* What is missing once everything is said, such as --dtype beside --shape: the key and the one that needs it; else
 * NULL. */
const char *input_file_missing(const struct input_file *file, const char **needed_by);

void input_file_free(struct input_file *file);

#endif
