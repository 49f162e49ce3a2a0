/* SPDX-License-Identifier: BSD-3-Clause */
/* rowcast: takes the command line apart and hands it to a subcommand. */
#include <fcntl.h>
#include <locale.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include <rowcast/version.h>

#include "command.h"
#include "options.h"
#include "report.h"
#include "signals.h"

static const struct command commands[] = {
  {"matmul", FOR_MATMUL, "multiply images by weights",
   "Loads images and weights, multiplies all selected rows, and prints a summary and the\n"
   "result: whole when it is small, else its first and last three rows and columns.",
   command_matmul},
  {"predict", FOR_PREDICT, "classify images, and count the right ones",
   "Takes the largest of X * W + bias as each row's class, without storing the product. Without --weights\n"
   "it uses those that are shipped, trained on 50,000 MNIST images, on the 10,000 test images; with labels\n"
   "it prints the share of right classes and which digits are taken for which.",
   command_predict},
  {"convert", FOR_CONVERT, "write a file's rows in another format",
   "Reads any format that matmul reads and writes NPY, NPZ, CSV, JSON or elements alone. Bytes stay\n"
   "bytes and everything else is float32; --dtype u8 makes bytes of float32 that are all n/256. An NPY\n"
   "keeps the dimensions; the others have one row a line.",
   command_convert},
  {"cpu", FOR_CPU, "list what this CPU has, and which kernels can run",
   "Lists the CPU's features as the CPU reports and the operating system enables them,\n"
   "caches and cores, and every kernel with the reason why it can be used or not.",
   command_cpu},
  {"verify", FOR_VERIFY, "check every kernel's bits and errors on real rows",
   "Multiplies the selected rows with every usable kernel, driver and thread count, and\n"
   "compares each result with the plain model of its order, bit by bit, and with float64,\n"
   "within the derived bound. Fails if any check does.",
   command_verify},
  {"bench", FOR_BENCH, "time every kernel: the ladder",
   "Times every rung and kernel on 5 rows and on all rows, float32 and bytes, interleaved in rounds\n"
   "with probes of the machine's limits. A kernel whose result is wrong is not timed.",
   command_bench},
  {"scale", FOR_SCALE, "throughput for each thread count",
   "Times a kernel with 1, 2, ... threads, all in the same rounds: rows a second, speed-up against one\n"
   "thread and against the best serial kernel, efficiency, and the serial fraction that would explain it\n"
   "(Karp-Flatt); beside it how the machine itself scales: multiply-adds (FMA's) and reading memory.",
   command_scale},
  {"roofline", FOR_ROOFLINE, "how near the kernels come to the machine's limits",
   "Times every kernel beside probes of multiply-adds and of reading memory, and compares it with\n"
   "the least of the two at its intensity.",
   command_roofline},
  {"compare", FOR_COMPARE, "put results of several runs side by side",
   "Reads what bench, scale, roofline and the article's methods printed with --format json, and shows\n"
   "them side by side, matched by shape, kernel and threads: times, how many times as fast as the first\n"
   "file each is, and whether the results had the same bits. One file alone is shown as its command did.",
   command_compare},
  {"show", FOR_SHOW, "draw images in the terminal",
   "Draws rows as pictures, several side by side, with index and label.", command_show},
};
enum { COMMAND_COUNT = sizeof commands / sizeof commands[0] };

static const struct command *find_command(const char *name) {
  for (size_t i = 0; i < COMMAND_COUNT; i++)
    if (strcmp(commands[i].name, name) == 0) return &commands[i];
  return NULL;
}

static int help(void) {
  out("usage: rowcast COMMAND [options]\n\n"
      "Multiplies many rows by a small weight matrix, with the same bits on every machine.\n\ncommands:\n");
  for (size_t i = 0; i < COMMAND_COUNT; i++) out("  %-8s  %s\n", commands[i].name, commands[i].summary);
  out("\n  rowcast COMMAND --help   a command's options (also: rowcast help COMMAND)\n"
      "  rowcast --version        version, build and licence\n\n"
      "environment:\n"
      "  ROWCAST_ISA    highest ISA level to use: scalar, avx2, avx512 or neon\n"
      "  ROWCAST_DATA   folder with the MNIST files\n"
      "  NO_COLOR       no colours unless --color always\n"
      "  OMP_*          as OpenMP defines them; the default thread count never exceeds the CPUs\n\n"
      "exit status: 0 done; 1 the work failed; 2 the command line was wrong\n");
  return EXIT_DONE;
}

static int help_of(const struct command *command) {
  out("usage: rowcast %s [options]%s\n\n%s\n\noptions:\n", command->name, command->bit == FOR_COMPARE ? " FILE..." : "",
      command->description);
  options_help(command);
  return EXIT_DONE;
}

static int version(void) {
  out("rowcast %s\nbuilt with %s; Jansson %s\n"
      "licence: BSD-3-Clause; MNIST, by Y. LeCun, C. Cortes and C. Burges: CC BY-SA 3.0\n",
      rowcast_version(), rowcast_build_info(), JANSSON_VERSION);
  return EXIT_DONE;
}

static int refuse(const char *what, const char *text) {
  complain("%s '%s'; try rowcast --help", what, text);
  return EXIT_USAGE;
}

static int run(int argc, char **argv) {
  if (argc < 2) {
    complain("a command is missing; try rowcast --help");
    return EXIT_USAGE;
  }
  const char *first = argv[1];
  const bool asks_help = strcmp(first, "--help") == 0 || strcmp(first, "-h") == 0;
  const bool asks_version = strcmp(first, "--version") == 0 || strcmp(first, "-V") == 0;
  if ((asks_help || asks_version) && argc > 2) return refuse("unexpected argument", argv[2]);
  if (asks_help) return help();
  if (asks_version) return version();
  if (strcmp(first, "help") == 0) {
    if (argc == 2) return help();
    if (argc > 3) return refuse("unexpected argument", argv[3]);
    const struct command *topic = find_command(argv[2]);
    return topic != NULL ? help_of(topic) : refuse("unknown command", argv[2]);
  }
  if (first[0] == '-') return refuse("unknown option", first);
  const struct command *command = find_command(first);
  if (command == NULL) return refuse("unknown command", first);

  struct options options;
  switch (options_parse(&options, command, argc - 1, argv + 1)) {
  case PARSE_RUN: return command->run(&options);
  case PARSE_HELP: return help_of(command);
  case PARSE_ERROR: break;
  }
  return EXIT_USAGE;
}

/* A standard stream that was closed would be taken by the next file opened, and text meant for it would end
 * there. Opened the wrong way round it fails instead. */
static void keep_standard_streams(void) {
  for (int fd = 0; fd <= 2; fd++)
    if (fcntl(fd, F_GETFD) == -1 && open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) != fd) _exit(EXIT_FAILED);
}

int main(int argc, char **argv) {
  keep_standard_streams();
  signals_install();
  setlocale(LC_CTYPE, ""); /* for the character set alone; numbers stay those of C */
  return out_finish(run(argc, argv));
}
