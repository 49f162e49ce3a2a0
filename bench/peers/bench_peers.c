/* SPDX-License-Identifier: BSD-3-Clause */
/* bench_peers: rowcast's `auto` against other libraries on the same float32 rows, in the same rounds. It is a study
 * like `rowcast bench`, with the same options and documents, and one more option: --cblas. Not installed. */
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include <rowcast/cpu.h>

#include "args/command.h"
#include "peer.h"
#include "plot/plot.h"
#include "race.h"
#include "study/document.h"
#include "study/peers_grid.h"
#include "study/study.h"
#include "terminal/report.h"
#include "terminal/signals.h"

static const struct command program = {
  "bench_peers",
  FOR_PEERS,
  "rowcast beside other libraries",
  "Times rowcast, on float32 and on bytes, and whichever of OpenBLAS, BLIS, oneDNN, libxsmm and Eigen are\n"
  "found, on the same float32 rows, in the same rounds. Every result is compared with float64; a wrong\n"
  "one is not timed. Prints the speed of each relative to the fastest of the other libraries, and names\n"
  "those that were not found. scripts/get-peers fetches them.",
  "",
  "build/bench/bench_peers --cols 1-64\0narrow and wide weights\0"
  "build/bench/bench_peers $(scripts/get-peers) --format json >peers.json\0with MKL; for rowcast compare\0",
  NULL};

static int help(void) {
  out("usage: bench_peers [options]\n\n%s\n\noptions:\n"
      "      --cblas NAME=FILE       another library with cblas_sgemm, such as libmkl_rt.so; may be repeated\n",
      program.description);
  options_help(&program);
  out("\nfor example:\n");
  for (const char *line = program.examples; *line != '\0';) {
    const char *meaning = line + strlen(line) + 1;
    out("  %s\n      %s\n", line, meaning);
    line = meaning + strlen(meaning) + 1;
  }
  return EXIT_DONE;
}

static const char *const names[] = {"auto", "OpenBLAS", "BLIS", "oneDNN", "libxsmm", "Eigen"};

/* Is it NAME=FILE, with a name that no other line of the table has? */
static bool is_extra(const char *value, const char *const *others, size_t count) {
  const char *equals = strchr(value, '=');
  if (equals == NULL || equals == value || equals[1] == '\0') {
    complain("--cblas: '%s' is not NAME=FILE; try rowcast bench_peers --help", value);
    return false;
  }
  const size_t length = (size_t)(equals - value);
  bool taken = false;
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
    taken |= strlen(names[i]) == length && strncmp(value, names[i], length) == 0;
  for (size_t i = 0; i < count; i++) taken |= strncmp(value, others[i], length + 1) == 0;
  if (taken) complain("--cblas: the name in '%s' is already taken; choose another", value);
  return !taken;
}

/* Takes --cblas out of the command line, whose rest is the study's. Returns how many there were; -1: wrong, and said
 * so. */
static int take_extra(int *argc, char **argv, const char **extra) {
  size_t count = 0;
  int left = 1;
  for (int i = 1; i < *argc; i++) {
    const bool joined = strncmp(argv[i], "--cblas=", 8) == 0;
    if (!joined && strcmp(argv[i], "--cblas") != 0) {
      argv[left++] = argv[i];
      continue;
    }
    if (!joined && i + 1 == *argc) {
      complain("'--cblas' needs a value; try rowcast bench_peers --help");
      return -1;
    }
    const char *value = joined ? argv[i] + 8 : argv[++i];
    if (!is_extra(value, extra, count)) return -1;
    extra[count++] = value;
  }
  argv[left] = NULL;
  *argc = left;
  return (int)count;
}

/* Every library asked for by name must be found; else that is said and nothing is measured. */
static int check_extra(const struct peers *peers, size_t extra_count) {
  for (size_t i = peers->count - extra_count; i < peers->count; i++)
    if (peers->list[i].missing[0] != '\0') {
      complain("--cblas: %s: %s", peers->list[i].name, peers->list[i].missing);
      return EXIT_FAILED;
    }
  return EXIT_DONE;
}

static int note_missing(json_t *document, const struct peers *peers) {
  for (size_t i = 0; i < peers->count; i++)
    if (peers->list[i].missing[0] != '\0' &&
        !document_add_disturbance(document, "without %s: %s", peers->list[i].name, peers->list[i].missing))
      return complain_of_memory("the results");
  return EXIT_DONE;
}

static int measure(const struct options *options, const struct peers *peers) {
  const struct study_defaults defaults = {.every_kernel = false, .counts = COUNTS_ENDS};
  struct study study = {0};
  bool wrong = false;
  int status = plot_check(options, program.name);
  if (status == EXIT_DONE && options->ldx > 0) {
    complain("--ldx: the other libraries are only measured on rows without gaps between them");
    status = EXIT_USAGE;
  }
  if (status == EXIT_DONE) status = study_begin(&study, "peers", options, &defaults);
  if (status == EXIT_DONE) status = note_missing(study.document, peers);
  if (status == EXIT_DONE) status = race(&study, peers, &wrong);
  if (status == EXIT_DONE) status = document_print(study.document, &peers_grid, options);
  if (status == EXIT_DONE) status = plot_draw(&study.document, 1, options);
  study_end(&study);
  return status == EXIT_DONE && wrong ? EXIT_FAILED : status;
}

static int measure_from_command_line(int argc, char **argv) {
  const char **extra = calloc((size_t)argc + 1, sizeof *extra);
  struct options options = {0};
  struct peers peers = {0};
  int status = extra != NULL ? EXIT_DONE : complain_of_memory("the command line");
  const int extra_count = status == EXIT_DONE ? take_extra(&argc, argv, extra) : -1;
  if (status == EXIT_DONE && extra_count < 0) status = EXIT_USAGE;
  if (status == EXIT_DONE) switch (options_parse(&options, &program, argc, argv)) {
    case PARSE_HELP: status = help(); break;
    case PARSE_ERROR: status = EXIT_USAGE; break;
    case PARSE_RUN:
      if (options.quiet) notes_off();
      if (!peers_find(&peers, extra, (size_t)extra_count)) status = complain_of_memory("the other libraries");
      if (status == EXIT_DONE) status = check_extra(&peers, (size_t)extra_count);
      if (status == EXIT_DONE) status = measure(&options, &peers);
    }
  options_free(&options);
  peers_free(&peers);
  free(extra);
  return status;
}

int main(int argc, char **argv) {
  complain_as(program.name);
  signals_install();
  rowcast_allow_amx(NULL); /* as the tool does */
  setlocale(LC_CTYPE, ""); /* for the character set alone; numbers stay those of C */
  return out_finish(measure_from_command_line(argc, argv));
}
