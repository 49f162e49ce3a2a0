/* SPDX-License-Identifier: BSD-3-Clause */
#include "args/completion.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include <rowcast/kernels.h>

#include "args/input_file.h"
#include "args/option_table.h"
#include "terminal/report.h"

/* What an option's value is: nothing that could be proposed, a file, or one of some words. */
enum value_kind { VALUE_NONE, VALUE_FREE, VALUE_FILE, VALUE_WORDS };

enum { WORDS_SIZE = 512 };

static void add_word(char *words, const char *word, size_t length) {
  const size_t at = strlen(words);
  assert(at + 1 + length < WORDS_SIZE); /* the tables' words, which the suite has all of them print */
  snprintf(words + at, WORDS_SIZE - at, "%s%.*s", at > 0 ? " " : "", (int)length, word);
}

static bool has(const char *text, size_t length, int (*class)(int)) {
  for (size_t i = 0; i < length; i++)
    if (class((unsigned char)text[i])) return true;
  return false;
}

/* Read off what the help text calls the value: words in small letters are meant literally ("auto|f32|u8"), and "C|F";
 * capitals stand for something ("N", "FILE"), kernels for their names. */
static enum value_kind value_of(const struct option_line *line, char words[WORDS_SIZE]) {
  words[0] = '\0';
  const char *argument = line->argument;
  if (argument == NULL) return VALUE_NONE;
  if (strstr(argument, "FILE") != NULL) return VALUE_FILE;
  if (strncmp(argument, "NAME", 4) == 0 && strcmp(line->name, "kernel") == 0)
    for (size_t i = 0; i < rowcast_kernel_count(); i++) {
      rowcast_kernel_info info;
      static const rowcast_cpu none = {.struct_size = sizeof none}; /* names are the same for all */
      if (rowcast_kernel_at(i, &none, &info, sizeof info) == ROWCAST_OK) add_word(words, info.name, strlen(info.name));
    }
  for (const char *part = argument; *part != '\0';) {
    size_t length = strcspn(part, "|"), literal = strcspn(part, "|[");
    const bool letters = has(part, literal, islower) && !has(part, literal, isupper);
    if (letters || strcmp(argument, "C|F") == 0) add_word(words, part, literal);
    part += length;
    if (*part == '|') part++;
  }
  return words[0] != '\0' ? VALUE_WORDS : VALUE_FREE;
}

/* Within single quotes: bash's and zsh's way, with a backslash before each of `special`. */
static void quoted(const char *text, const char *special) {
  for (; *text != '\0'; text++) {
    if (*text == '\'') out("'\\''");
    else if (strchr(special, *text) != NULL) out("\\%c", *text);
    else out("%c", *text);
  }
}

static void bash_values(const struct command *command) {
  char words[WORDS_SIZE];
  for (size_t i = 0; i < OPTION_LINES; i++) {
    if (!(option_lines[i].commands & command->bit)) continue;
    const enum value_kind kind = value_of(&option_lines[i], words);
    if (kind == VALUE_NONE) continue;
    out("    '%s --%s'", command->name, option_lines[i].name);
    if (option_lines[i].letter != 0) out("|'%s -%c'", command->name, option_lines[i].letter);
    if (kind == VALUE_FILE) out(") files=1 ;;\n");
    else out(") words='%s' ;;\n", words);
  }
}

static void bash(const struct command_set *all) {
  const char *name = all->program;
  out("# bash completion for %s; made by: %s help --completion bash\n"
      "_%s() {\n"
      "  local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} words='' files='' options=''\n"
      "  local command=${COMP_WORDS[1]} commands='",
      name, name, name);
  for (size_t i = 0; i < all->count; i++) out("%s ", all->commands[i].name);
  out("help'\n"
      "  COMPREPLY=()\n"
      "  # \"--option=value\" comes as three words.\n"
      "  if [[ $current == '=' ]]; then current='';\n"
      "  elif [[ $before == '=' ]] && ((COMP_CWORD > 2)); then before=${COMP_WORDS[COMP_CWORD-2]}; fi\n"
      "  if ((COMP_CWORD == 1)); then\n"
      "    COMPREPLY=($(compgen -W \"$commands --help --version\" -- \"$current\"))\n"
      "    return\n"
      "  fi\n"
      "  case $command in\n");
  for (size_t i = 0; i < all->count; i++) {
    out("    %s) options='", all->commands[i].name);
    for (size_t j = 0; j < OPTION_LINES; j++) {
      if (!(option_lines[j].commands & all->commands[i].bit)) continue;
      out("--%s ", option_lines[j].name);
      if (option_lines[j].letter != 0) out("-%c ", option_lines[j].letter);
    }
    out("' ;;\n");
  }
  out("    help) words=\"$commands --man --completion\" ;;\n  esac\n"
      "  case \"$command $before\" in\n"
      "    'help --man') words=$commands ;;\n"
      "    'help --completion') words='bash zsh fish' ;;\n");
  for (size_t i = 0; i < all->count; i++) bash_values(&all->commands[i]);
  for (size_t i = 0; i < all->count; i++)
    if (all->commands[i].arguments[0] != '\0')
      out("    '%s '*) [[ $current == -* ]] && words=$options || files=1 ;;\n", all->commands[i].name);
  out("    *) [[ -z $words ]] && words=$options ;;\n"
      "  esac\n"
      "  if [[ -n $files ]]; then\n"
      "    compopt -o filenames 2>/dev/null\n"
      "    local IFS=$'\\n'\n"
      "    COMPREPLY=($(compgen -f -- \"$current\"))\n"
      "  else\n"
      "    COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
      "  fi\n"
      "}\n"
      "complete -F _%s %s\n",
      name, name);
}

/* One _arguments specification. */
static void zsh_option(const struct option_line *line) {
  char words[WORDS_SIZE];
  const enum value_kind kind = value_of(line, words);
  const char *tail = kind == VALUE_NONE ? "" : "=";
  out("        ");
  if (line->letter != 0)
    out("'(-%c --%s)'{-%c%s,--%s%s}'[", line->letter, line->name, line->letter, kind == VALUE_NONE ? "" : "+",
        line->name, tail);
  else out("'--%s%s[", line->name, tail);
  quoted(line->help, "[]\\:");
  out("]");
  if (kind != VALUE_NONE) {
    out(":");
    quoted(line->argument, "[]\\:");
    out(":");
    if (kind == VALUE_FILE) out("_files");
    else if (kind == VALUE_WORDS) out("(%s)", words);
    else out(" ");
  }
  out("' \\\n");
}

static void zsh(const struct command_set *all) {
  const char *name = all->program;
  out("#compdef %s\n# zsh completion for %s; made by: %s help --completion zsh\n"
      "_%s() {\n  local -a commands\n  commands=(\n",
      name, name, name, name);
  for (size_t i = 0; i < all->count; i++) {
    out("    '%s:", all->commands[i].name);
    quoted(all->commands[i].summary, "\\:");
    out("'\n");
  }
  out("    'help:print help, a manual page or a completion script'\n  )\n"
      "  if ((CURRENT == 2)); then\n"
      "    _describe command commands\n"
      "    _arguments '--help[print help]' '--version[version, build and licence]'\n"
      "    return\n"
      "  fi\n"
      "  local command=$words[2]\n"
      "  shift words\n"
      "  ((CURRENT--))\n"
      "  case $command in\n");
  for (size_t i = 0; i < all->count; i++) {
    out("    %s)\n      _arguments -S \\\n", all->commands[i].name);
    for (size_t j = 0; j < OPTION_LINES; j++)
      if (option_lines[j].commands & all->commands[i].bit) zsh_option(&option_lines[j]);
    out("        %s ;;\n", all->commands[i].arguments[0] != '\0' ? "'*:FILE:_files'" : "");
  }
  out("    help)\n      _arguments '--man[a manual page]' "
      "'--completion[a script for a shell]:shell:(bash zsh fish)' '*:command:(");
  for (size_t i = 0; i < all->count; i++) out("%s%s", i > 0 ? " " : "", all->commands[i].name);
  out(")' ;;\n  esac\n}\n"
      "if [[ $funcstack[1] == _%s ]]; then _%s \"$@\"; else compdef _%s %s; fi\n",
      name, name, name, name);
}

static void fish(const struct command_set *all) {
  char words[WORDS_SIZE];
  const char *name = all->program;
  out("# fish completion for %s; made by: %s help --completion fish\n"
      "complete -c %s -f\n"
      "complete -c %s -n __fish_use_subcommand -l help -d 'print help'\n"
      "complete -c %s -n __fish_use_subcommand -l version -d 'version, build and licence'\n"
      "complete -c %s -n __fish_use_subcommand -a help -d 'print help, a manual page or a completion script'\n",
      name, name, name, name, name, name);
  for (size_t i = 0; i < all->count; i++) {
    out("complete -c %s -n __fish_use_subcommand -a %s -d '", name, all->commands[i].name);
    quoted(all->commands[i].summary, "\\");
    out("'\ncomplete -c %s -n '__fish_seen_subcommand_from help' -a %s\n", name, all->commands[i].name);
    if (all->commands[i].arguments[0] != '\0')
      out("complete -c %s -n '__fish_seen_subcommand_from %s' -F\n", name, all->commands[i].name);
    for (size_t j = 0; j < OPTION_LINES; j++) {
      if (!(option_lines[j].commands & all->commands[i].bit)) continue;
      const enum value_kind kind = value_of(&option_lines[j], words);
      out("complete -c %s -n '__fish_seen_subcommand_from %s' -l %s", name, all->commands[i].name,
          option_lines[j].name);
      if (option_lines[j].letter != 0) out(" -s %c", option_lines[j].letter);
      if (kind == VALUE_FILE) out(" -r -F");
      else if (kind == VALUE_WORDS) out(" -x -a '%s'", words);
      else if (kind == VALUE_FREE) out(" -x");
      out(" -d '");
      for (const char *c = option_lines[j].help; *c != '\0'; c++) out(strchr("'\\", *c) != NULL ? "\\%c" : "%c", *c);
      out("'\n");
    }
  }
  out("complete -c %s -n '__fish_seen_subcommand_from help' -l man -d 'a manual page'\n"
      "complete -c %s -n '__fish_seen_subcommand_from help' -l completion -x -a 'bash zsh fish' "
      "-d 'a script for a shell'\n",
      name, name);
}

bool completion_print(const struct command_set *all, const char *shell) {
  if (strcmp(shell, "bash") == 0) bash(all);
  else if (strcmp(shell, "zsh") == 0) zsh(all);
  else if (strcmp(shell, "fish") == 0) fish(all);
  else return false;
  return true;
}
