/* SPDX-License-Identifier: BSD-3-Clause */
#include "args/manual.h"

#include <assert.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "args/input_file.h"
#include "args/option_table.h"
#include "terminal/report.h"

/* Of the pages, not of the build: the same source gives the same pages. */
#define PAGE_DATE "November 23, 2026"

enum { LINE_MOST = 72 };

/* Does a word end with three points, which end no sentence? */
static bool points(const char *text, size_t length) { return length >= 3 && memcmp(text + length - 3, "...", 3) == 0; }

/* A word as roff takes it: a backslash is an escape, and so is a point or an apostrophe that begins a line. */
static int word(const char *text, size_t length, bool begins) {
  int printed = (int)length;
  if (begins && (text[0] == '.' || text[0] == '\'')) out("\\&"), printed += 2;
  for (size_t i = 0; i < length; i++) {
    if (text[i] == '\\') out("\\e");
    else out("%c", text[i]);
  }
  if (points(text, length)) out("\\&"), printed += 2;
  return printed;
}

/* Running text: lines of moderate length, a new one for each sentence, as mandoc's lint wants it. */
static void paragraph(const char *text) {
  int column = 0;
  bool ended = false;
  while (*text != '\0') {
    text += strspn(text, " \n");
    const size_t length = strcspn(text, " \n");
    if (length == 0) break;
    if (column > 0 && (ended || column + 1 + (int)length > LINE_MOST)) out("\n"), column = 0;
    else if (column > 0) out(" "), column++;
    column += word(text, length, column == 0);
    ended = text[length - 1] == '.' && !points(text, length);
    text += length;
  }
  if (column > 0) out("\n");
}

/* ASCII's capital, whatever the user's language: a Turkish one makes another letter of an i. */
static char capital(char c) { return c >= 'a' && c <= 'z' ? (char)(c - ('a' - 'A')) : c; }

static void beginning(const char *name, const char *summary) {
  out(".\\\" Made by help --man; the source is the tool's tables of commands and options.\n.Dd " PAGE_DATE "\n.Dt ");
  for (const char *c = name; *c != '\0'; c++) out("%c", capital(*c));
  out(" 1\n.Os\n.Sh NAME\n.Nm %s\n.Nd %s\n.Sh SYNOPSIS\n", name, summary);
}

static void exit_status(void) {
  out(".Sh EXIT STATUS\n.Bl -tag -width Ds -compact\n"
      ".It 0\ndone\n.It 1\nthe work failed; one line on standard error says why\n"
      ".It 2\nthe command line was wrong\n.El\n"
      "If a signal ends it, its exit status is 128 plus the signal's number.\n"
      "A result file appears whole or not at all.\n");
}

static void option_item(const struct option_line *line) {
  out(".It ");
  if (line->letter != 0) out("Fl %c , ", line->letter);
  out("Fl -%s", line->name);
  if (line->argument != NULL) out(" Ar %s", line->argument);
  out("\n");
  paragraph(line->help);
}

static void examples(const struct command *command) {
  out(".Sh EXAMPLES\n");
  for (const char *line = command->examples; *line != '\0';) {
    const char *meaning = line + strlen(line) + 1;
    out("%c", capital(*meaning));
    paragraph(meaning + 1);
    out(".Pp\n.Dl ");
    word(line, strlen(line), false);
    line = meaning + strlen(meaning) + 1;
    out("\n%s", *line != '\0' ? ".Pp\n" : "");
  }
}

static void environment(const struct command_set *all) {
  out(".Sh ENVIRONMENT\n.Bl -tag -width ROWCAST_DATA\n");
  for (size_t i = 0; i < all->variable_count; i++) {
    out(".It Ev %s\n", all->variables[i].name);
    paragraph(all->variables[i].text);
  }
  out(".El\n");
}

static void file_keys(void) {
  out(".Ss Keys of a file\n");
  paragraph(input_file_keys_about);
  out(".Bl -tag -width Ds\n");
  for (const struct input_file_key *key = input_file_keys; key->name != NULL; key++) {
    out(".It Cm %s Ns = Ns Ar %s\n", key->name, key->argument);
    paragraph(key->meaning);
  }
  out(".El\n");
}

static void page_of_command(const struct command_set *all, const struct command *command) {
  char name[32];
  snprintf(name, sizeof name, "%s-%s", all->program, command->name);
  beginning(name, command->summary);
  out(".Nm %s Cm %s\n.Op Ar options\n", all->program, command->name);
  if (command->arguments[0] != '\0') out(".Ar %s\n", command->arguments);
  out(".Sh DESCRIPTION\n");
  paragraph(command->description);
  out(".Pp\nThe options:\n.Bl -tag -width Ds\n");
  for (size_t i = 0; i < OPTION_LINES; i++)
    if (option_lines[i].commands & command->bit) option_item(&option_lines[i]);
  out(".El\n");
  if (command->bit & (FOR_READERS | FOR_STUDY)) file_keys();
  exit_status();
  examples(command);
  out(".Sh SEE ALSO\n.Xr %s 1\n", all->program);
}

static int by_name(const void *a, const void *b) {
  return strcmp((*(const struct command *const *)a)->name, (*(const struct command *const *)b)->name);
}

static void page_of_tool(const struct command_set *all) {
  const size_t count = all->count;
  const struct command *commands = all->commands;
  beginning(all->program, all->summary);
  out(".Nm\n.Ar command\n.Op Ar options\n.Nm\n.Cm help\n.Op Ar command\n.Nm\n.Cm help Fl -man\n.Op Ar command\n"
      ".Nm\n.Cm help Fl -completion\n.Cm bash | zsh | fish\n.Nm\n.Fl -version\n.Sh DESCRIPTION\n"
      ".Nm\n");
  paragraph(all->manual);
  out(".Pp\nThe commands:\n.Bl -tag -width roofline\n");
  for (size_t i = 0; i < count; i++) {
    out(".It Cm %s\n", commands[i].name);
    paragraph(commands[i].summary);
  }
  out(".It Cm help\nprint help, a manual page or a script for a shell's completion\n.El\n"
      ".Pp\nEach but help has a page of its own, and a list of its options with\n.Fl -help .\n");
  environment(all);
  exit_status();
  out(".Sh SEE ALSO\n");
  const struct command *sorted[32]; /* ours, not a user's */
  assert(count <= sizeof sorted / sizeof sorted[0]);
  for (size_t i = 0; i < count; i++) sorted[i] = &commands[i];
  qsort(sorted, count, sizeof sorted[0], by_name);
  const bool other = strcmp(all->program, "rowcast") != 0; /* it refers to the tool, which refers to the library */
  if (other) out(".Xr rowcast 1 ,\n");
  for (size_t i = 0; i < count; i++)
    out(".Xr %s-%s 1%s\n", all->program, sorted[i]->name, other && i + 1 == count ? "" : " ,");
  if (!other) out(".Xr rowcast 3\n");
}

void manual_print(const struct command_set *all, const struct command *command) {
  if (command == NULL) page_of_tool(all);
  else page_of_command(all, command);
}
