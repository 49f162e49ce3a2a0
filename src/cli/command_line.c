/* SPDX-License-Identifier: BSD-3-Clause */
#include "command_line.h"

#include <fcntl.h>
#include <locale.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include <rowcast/cpu.h>
#include <rowcast/io.h>
#include <rowcast/version.h>

#include "args/completion.h"
#include "args/manual.h"
#include "args/options.h"
#include "terminal/report.h"
#include "terminal/signals.h"

static int help(const struct command_set *all) {
  const char *name = all->program;
  out("usage: %s COMMAND [options]\n\n%s\n\ncommands:\n", name, all->about);
  for (size_t i = 0; i < all->count; i++) out("  %-8s  %s\n", all->commands[i].name, all->commands[i].summary);
  out("\n  %s COMMAND --help                     a command's options (also: %s help COMMAND)\n"
      "  %s help --man [COMMAND]               its manual page, for man -l -\n"
      "  %s help --completion bash|zsh|fish    a script that completes command lines\n"
      "  %s --version                          version, build and licence\n\n"
      "environment:\n",
      name, name, name, name, name);
  for (size_t i = 0; i < all->variable_count; i++) out("  %-13s  %s\n", all->variables[i].name, all->variables[i].text);
  out("\nexit status: 0 done; 1 the work failed; 2 the command line was wrong\n");
  return EXIT_DONE;
}

static int help_of(const struct command_set *all, const struct command *command) {
  out("usage: %s %s [options]%s%s\n\n%s\n\noptions:\n", all->program, command->name,
      command->arguments[0] != '\0' ? " " : "", command->arguments, command->description);
  options_help(command);
  if (command->bit & (FOR_READERS | FOR_STUDY)) {
    out("\n%s\n", input_file_keys_about);
    for (const struct input_file_key *key = input_file_keys; key->name != NULL; key++) {
      const int width = (int)(strlen(key->name) + strlen(key->argument));
      out("  %s=%s%*s  %s\n", key->name, key->argument, 21 - width, "", key->meaning);
    }
  }
  out("\nfor example:\n");
  for (const char *line = command->examples; *line != '\0';) {
    const char *meaning = line + strlen(line) + 1;
    out("  %s\n      %s\n", line, meaning);
    line = meaning + strlen(meaning) + 1;
  }
  return EXIT_DONE;
}

static int version(const struct command_set *all) {
  out("%s %s\nbuilt with %s; %s; Jansson %s%s%s\n"
      "licence: BSD-3-Clause; MNIST, by Y. LeCun, C. Cortes and C. Burges: CC BY-SA 3.0\n",
      all->program, rowcast_version(), rowcast_build_info(), rowcast_io_build_info(), JANSSON_VERSION,
      all->built_with != NULL ? "; " : "", all->built_with != NULL ? all->built_with : "");
  return EXIT_DONE;
}

static int refuse(const char *what, const char *text) {
  complain("%s '%s'; try rowcast --help", what, text);
  return EXIT_USAGE;
}

static const struct command *command_called(const struct command_set *all, const char *name) {
  for (size_t i = 0; i < all->count; i++)
    if (strcmp(all->commands[i].name, name) == 0) return &all->commands[i];
  return NULL;
}

static bool asks_help(const char *argument) { return strcmp(argument, "--help") == 0 || strcmp(argument, "-h") == 0; }

/* rowcast help [COMMAND | --man [COMMAND] | --completion SHELL], and rowcast --help [...] alike. A --help before or
 * after the rest asks for what is asked for already: people add it to anything. */
static int help_on(const struct command_set *all, int argc, char **argv) {
  for (; argc > 0 && asks_help(argv[0]); argc--) argv++;
  while (argc > 0 && asks_help(argv[argc - 1])) argc--;
  if (argc == 0) return help(all);
  const bool man = strcmp(argv[0], "--man") == 0, completion = strcmp(argv[0], "--completion") == 0;
  const int most = man || completion ? 2 : 1;
  if (argc > most) return refuse("unexpected argument", argv[most]);
  if (completion) {
    if (argc == 1) {
      complain("'%s' needs a shell: bash, zsh or fish; try rowcast --help", argv[0]);
      return EXIT_USAGE;
    }
    return completion_print(all, argv[1]) ? EXIT_DONE : refuse("unknown shell", argv[1]);
  }
  if (man && argc == 1) {
    manual_print(all, NULL);
    return EXIT_DONE;
  }
  const char *name = argv[most - 1];
  if (strcmp(name, "help") == 0) return man ? (manual_print(all, NULL), EXIT_DONE) : help(all);
  const struct command *topic = command_called(all, name);
  if (topic == NULL) return refuse(argv[0][0] == '-' && !man ? "unknown option" : "unknown command", name);
  if (!man) return help_of(all, topic);
  manual_print(all, topic);
  return EXIT_DONE;
}

int command_line_run(const struct command_set *all, int argc, char **argv) {
  if (argc < 2) {
    complain("no command is given; try rowcast --help");
    return EXIT_USAGE;
  }
  const char *first = argv[1];
  const bool asks_version = strcmp(first, "--version") == 0 || strcmp(first, "-V") == 0;
  if (asks_version && argc > 2) return refuse("unexpected argument", argv[2]);
  if (asks_version) return version(all);
  if (strcmp(first, "help") == 0 || asks_help(first)) return help_on(all, argc - 2, argv + 2);
  if (first[0] == '-') return refuse("unknown option", first);
  const struct command *command = command_called(all, first);
  if (command == NULL) return refuse("unknown command", first);

  struct options options;
  int status = EXIT_USAGE;
  switch (options_parse(&options, command, argc - 1, argv + 1)) {
  case PARSE_RUN:
    if (options.quiet) notes_off();
    status = command->run(&options);
    break;
  case PARSE_HELP: status = help_of(all, command); break;
  case PARSE_ERROR: break;
  }
  options_free(&options);
  return status;
}

/* A standard stream that was closed would be taken by the next file opened, and text meant for it would end
 * there. Opened the wrong way round it fails instead. */
static void keep_standard_streams(void) {
  for (int fd = 0; fd <= 2; fd++)
    if (fcntl(fd, F_GETFD) == -1 && open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) != fd) _exit(EXIT_FAILED);
}

void command_line_begin(void) {
  keep_standard_streams();
  signals_install();
  rowcast_allow_amx(NULL); /* refused or not: rowcast_cpu_detect() finds out */
  setlocale(LC_CTYPE, ""); /* for the character set alone; numbers stay those of C */
}
