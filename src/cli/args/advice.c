/* SPDX-License-Identifier: BSD-3-Clause */
#include "args/advice.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "args/option_table.h"
#include "terminal/report.h"

/* Members of the library's structs, and what says the same here: a key of files, and an option. */
static const struct advised {
  const char *member, *key; /* NULL: there is no such key */
  int option;
} all_advised[] = {
  {"array", "array", OPTION_ARRAY},
  {"member", "member", OPTION_MEMBER},
  {"skip_lines", "skip-lines", OPTION_SKIP_LINES},
  {"columns_from", "columns", OPTION_COLUMNS},
  {"columns_to", "columns", OPTION_COLUMNS},
  {"delimiter", "delimiter", OPTION_DELIMITER},
  {"decimal", "decimal", OPTION_DECIMAL},
  {"comment", "comment", OPTION_COMMENT},
  {"raw_rank", "shape", OPTION_DIMS},
  {"raw_dims", "shape", OPTION_DIMS},
  {"raw_type", "dtype", OPTION_DTYPE},
  {"allow_trailing", "allow-trailing", OPTION_ALLOW_TRAILING},
  {"max_bytes", NULL, OPTION_MAX_BYTES},
  {"format", NULL, OPTION_FILE_FORMAT},
  {"overwrite", NULL, OPTION_FORCE},
};
enum { ADVISED = sizeof all_advised / sizeof all_advised[0], VALUE = 2 * ROWCAST_ADVICE_TEXT };

static const struct command *current;

void advice_is_for(const struct command *command) { current = command; }

/* The command's option; NULL: it has none of that kind. */
static const struct option_line *option_of(int id) {
  for (size_t i = 0; current != NULL && i < OPTION_LINES; i++)
    if (option_lines[i].id == id && (option_lines[i].commands & current->bit)) return &option_lines[i];
  return NULL;
}

static const struct input_file_key *key_of(const char *name) {
  const struct input_file_key *key = input_file_keys;
  while (name != NULL && key->name != NULL && strcmp(key->name, name) != 0) key++;
  return name != NULL && key->name != NULL ? key : NULL;
}

/* One thing to type. */
struct typed {
  const struct advised *what;
  char value[VALUE]; /* "": none is known */
};

/* Characters that a shell takes as they are. */
#define PLAIN "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.,:%+/-"

/* What stands before and after a text so that a shell takes it as it is. */
static const char *quote_of(const char *text, const char *plain) {
  return strspn(text, plain) < strlen(text) ? "'" : "";
}

static void quote(char to[VALUE], const char *value) {
  snprintf(to, VALUE, "%s%s%s", quote_of(value, PLAIN), value, quote_of(value, PLAIN));
}

/* Adds NAME=VALUE to what is to be typed; what two members say here is one thing. */
static size_t take(struct typed *typed, size_t count, const char *name, const char *value) {
  const struct advised *what = all_advised;
  while (what < all_advised + ADVISED && strcmp(what->member, name) != 0) what++;
  if (what == all_advised + ADVISED) return count;
  struct typed *to = &typed[count];
  const bool again = count > 0 && typed[count - 1].what->option == what->option;
  if (again) to--;
  else *to = (struct typed){.what = what};
  if (strcmp(name, "columns_from") == 0) snprintf(to->value, sizeof to->value, "%s:", value);
  else if (strcmp(name, "columns_to") == 0) {
    const size_t length = strlen(to->value);
    snprintf(to->value + length, sizeof to->value - length, "%s%s", again ? "" : ":", value);
  } else if (strcmp(name, "comment") == 0 && strcmp(value, "-1") == 0) snprintf(to->value, sizeof to->value, "none");
  else quote(to->value, value);
  return count + !again;
}

/* Are the images' options given with their name, or not options of this command at all? */
static bool wants_keys(const struct input_file *file, const struct typed *typed, size_t count) {
  if (file == NULL) return false;
  if (!file->dashed) return true;
  if (file->given == NULL) return false;
  if (file->path != file->given) return true;
  for (size_t i = 0; i < count; i++)
    if (typed[i].what->option == OPTION_DIMS && option_of(OPTION_DIMS) == NULL) return true;
  return false;
}

/* Was the key in the name? */
static bool has_key(const struct input_file *file, const char *key) {
  for (const char *at = file->given != NULL ? strchr(file->given, ':') : NULL; at != NULL; at = strchr(at + 1, ':'))
    if (strncmp(at + 1, key, strlen(key)) == 0 && at[1 + strlen(key)] == '=') return true;
  return false;
}

void advice_write_key(FILE *text, const struct input_file *file, const char *key, const char *value) {
  enum { LONGEST = 100 }; /* longer names are not said again, nor those that quotes alone do not help */
  const char *name = file->given != NULL ? file->given : file->path;
  if (strlen(name) > LONGEST || strchr(name, '\'') != NULL) name = "FILE";
  const char *mark = quote_of(name, PLAIN "="); /* of keys */
  if (!has_key(file, key)) fprintf(text, "%s%s%s:", mark, name, mark);
  fprintf(text, "%s=%s", key, value);
}

/* "y.csv:skip-lines=1:columns=1:"; false: it is none of a file's keys. */
static bool write_key(FILE *text, const struct typed *typed, const struct input_file *file, bool first) {
  const struct input_file_key *key = key_of(typed->what->key);
  if (key == NULL || (typed->what->option == OPTION_COLUMNS && file->dashed && option_of(OPTION_COLUMNS) == NULL))
    return false;
  const char *value = typed->what->option == OPTION_ALLOW_TRAILING ? "yes"
                      : typed->value[0] != '\0'                    ? typed->value
                                                                   : key->argument;
  fputs(first ? " (" : ":", text);
  if (first) advice_write_key(text, file, key->name, value);
  else fprintf(text, "%s=%s", key->name, value);
  return true;
}

/* "--skip-lines 1 --columns 1:"; false: it is none of the command's options. */
static bool write_option(FILE *text, const struct typed *typed, const struct input_file *file, bool first) {
  const struct option_line *option = option_of(typed->what->option);
  if (option == NULL || (option->id == OPTION_MAX_BYTES && file != NULL && !file->bounded)) return false;
  /* Of studies --dtype is what to measure. */
  if (option->id == OPTION_DTYPE && option_of(OPTION_DIMS) == NULL) return false;
  const struct input_file_key *key = key_of(typed->what->key);
  fprintf(text, "%s--%s", first ? " (" : " ", option->name);
  if (option->argument == NULL) return true;
  fprintf(text, " %s", typed->value[0] != '\0' ? typed->value : key != NULL ? key->argument : option->argument);
  return true;
}

void advice_write(FILE *text, const char *advice, const struct input_file *file) {
  struct typed typed[ADVISED];
  char copy[ROWCAST_ADVICE_TEXT], *rest = NULL;
  size_t count = 0;
  snprintf(copy, sizeof copy, "%s", advice);
  for (char *name = strtok_r(copy, " ", &rest); name != NULL && count < ADVISED; name = strtok_r(NULL, " ", &rest)) {
    char *equals = strchr(name, '=');
    if (equals != NULL) *equals = '\0';
    /* The text ends with a command, whose output is to be read. */
    if (strcmp(name, "path") == 0 && file != NULL) fprintf(text, " | rowcast ... %s -", file->option);
    else count = take(typed, count, name, equals != NULL ? equals + 1 : "");
  }
  const bool keys = wants_keys(file, typed, count);
  bool first = true;
  for (size_t i = 0; i < count; i++) {
    const bool written = (keys && typed[i].what->key != NULL) ? write_key(text, &typed[i], file, first)
                                                              : write_option(text, &typed[i], file, first);
    if (written) first = false;
  }
  if (!first) fputc(')', text);
}

int complain_of_file(const struct input_file *file, const rowcast_error *error) {
  char *said = NULL;
  size_t size;
  FILE *text = open_memstream(&said, &size);
  if (text != NULL) {
    fputs(error->text, text);
    advice_write(text, error->advice, file);
  }
  const bool whole = text != NULL && fclose(text) == 0;
  const int status = complain_of_status(error->status, whole ? said : error->text);
  free(said);
  return status;
}

int complain_of(const rowcast_error *error) { return complain_of_file(NULL, error); }

int complain_of_output(bool standard, const rowcast_error *error) {
  return standard && error->system_error == EPIPE ? 128 + SIGPIPE : complain_of(error);
}
