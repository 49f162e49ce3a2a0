/* SPDX-License-Identifier: BSD-3-Clause */
/* Dispatch, help, manual pages and completions follow from this table. */
#include "commands.h"

#include <stdio.h>
#include <string.h>

#include <rowcast/cpu.h>
#include <rowcast/experimental.h>

static const struct command commands[] = {
  {"matmul", FOR_MATMUL, "multiply images by weights",
   "Loads images and weights, multiplies all selected rows, and prints a summary and the\n"
   "result: in full if it is small, else its first and last three rows and columns.",
   "",
   "rowcast matmul --rows 50000:60000 --predict\0other rows, their classes, and how many are right\0"
   "rowcast matmul --images x.npy --weights w.npy --output y.npy\0your own data; the product in a file\0"
   "zcat big.gz | rowcast matmul -i - --max-bytes 100M -o y.npy\0rows from a pipe, more than fit in memory\0",
   command_matmul},
  {"predict", FOR_PREDICT, "classify images and count how many are right",
   "Takes the largest column of X * W + bias as each row's class, without storing the product. Without\n"
   "--weights it uses the shipped ones, trained on 50,000 MNIST images, on the 10,000 test images. With\n"
   "labels it prints the accuracy and which digits are mistaken for which.",
   "",
   "rowcast predict\0the shipped weights on the 10,000 test images\0"
   "rowcast predict -i x.npy --output classes.csv\0classes of your own images\0",
   command_predict},
  {"convert", FOR_CONVERT, "write a file's rows in another format",
   "Reads any format that matmul reads, and writes NPY, NPZ, IDX, CSV, JSON or raw elements. Bytes stay\n"
   "bytes and everything else is float32; --dtype u8 turns float32 that are all n/256 into bytes. NPY\n"
   "keeps the dimensions; the other formats have one row a line.",
   "",
   "rowcast convert -i x.npz -o x.csv\0an archive's array as text\0"
   "rowcast convert -i mnist.pkl.gz --member valid.x -o valid.npy\0one array of a pickle\0",
   command_convert},
  {"cpu", FOR_CPU, "list what this CPU has, and which kernels can run",
   "Lists the CPU's features, as the CPU reports them and the operating system enables them,\n"
   "its caches and cores, and every kernel, with the reason why it can or cannot be used.",
   "",
   "rowcast cpu\0features, kernels, threads\0"
   "rowcast cpu --bench\0also the speed of each kernel\0",
   command_cpu},
  {"verify", FOR_VERIFY, "check every kernel's bits and errors on real rows",
   "Multiplies the selected rows with every usable kernel, driver and thread count, and\n"
   "compares each result bit by bit with the plain model of its order, and with float64\n"
   "within the derived bound. Fails if any check does. Also tells how far each order is\n"
   "from exact, the correctly rounded result.",
   "", "rowcast verify --rows 0:1000\0every kernel on a thousand rows\0", command_verify},
  {"bench", FOR_BENCH, "time every kernel: the ladder",
   "Times every rung and kernel on 5 rows and on all rows, float32 and bytes, interleaved in rounds\n"
   "with probes of the machine's limits. A kernel whose result is wrong is not timed.",
   "",
   "rowcast bench --format json > a.json\0all samples, for rowcast compare\0"
   "rowcast bench --shape 10000x64x1,10000x64x16\0made-up rows of other shapes\0",
   command_bench},
  {"scale", FOR_SCALE, "throughput for each thread count",
   "Times a kernel with 1, 2, ... threads, all in the same rounds: rows a second, speed-up against one\n"
   "thread and against the best serial kernel, efficiency, and the serial fraction that would explain it\n"
   "(Karp-Flatt); beside them, how the machine itself scales: multiply-adds (FMA x) and memory reads (read x).",
   "", "rowcast scale --threads 1-8 --plot scale.svg\0one to eight threads, and a picture\0", command_scale},
  {"roofline", FOR_ROOFLINE, "how near the kernels come to the machine's limits",
   "Times every kernel beside probes of multiply-adds and of reading memory, and compares it with\n"
   "the lower of the two limits at its intensity.",
   "", "rowcast roofline --plot roofline.svg\0the roofs, and a point for each kernel\0", command_roofline},
  {"compare", FOR_COMPARE, "put results of several runs side by side",
   "Reads the results that bench, scale, roofline, bench_peers and the article's methods print with --format json\n"
   "or jsonl, and shows them side by side, matched by shape, kernel and threads: times, speed relative to the\n"
   "first file, and whether the results had the same bits; of what verify prints, how far each order is from\n"
   "exact. A single file is shown as its command showed it; - is standard input. --kernel and --rows select\n"
   "results, for tables and pictures alike.\n"
   "Whether a side is faster than the first takes several runs of both: --runs N takes N files in a row for\n"
   "runs of one side, and --measure A B runs two programs in turns, each run a process of its own; a study and its\n"
   "options may follow them behind two dashes.",
   "FILE|-...",
   "rowcast compare a.json b.json\0two runs side by side\0"
   "rowcast compare --measure ./old ./new\0two builds, with a verdict\0"
   "rowcast compare a.json --kernel avx2-tile,auto --rows 50000 --plot -\0part of a run, in characters\0"
   "rowcast bench --format jsonl | rowcast compare a.json -\0a saved run and a new one\0",
   command_compare},
  {"report", FOR_REPORT, "make one page of results",
   "Makes one page of the results that bench, scale, roofline, cpu --bench, compare, bench_peers, the article's\n"
   "methods and rowcast-mpi scale print with --format json or jsonl: machines, checksums, the ladder, threads, the\n"
   "roofline, a comparison, what casts doubt, every sample, and the commands. It needs nothing but itself: it opens\n"
   "from a disk, a mail or a web server, also without JavaScript. Without a FILE it first measures bench, scale and\n"
   "roofline on this machine. Documents of one build on one machine are a side, and sides are compared. --kernel and\n"
   "--rows select results, or say what is measured. A page has at most 2 MB: beyond that the documents in it and then\n"
   "every sample are left out, and it says so.",
   "[FILE|-]...",
   "rowcast report -o report.html\0this machine, measured now: a minute or two\0"
   "rowcast report a/*.json b/*.json -o report.html\0two machines, from their results\0"
   "rowcast bench --json | rowcast report - -o - > bench.html\0a page of one run, through pipes\0",
   command_report},
  {"show", FOR_SHOW, "draw images in the terminal",
   "Draws rows as pictures, several side by side, with index and label.", "",
   "rowcast show --rows 0:8 --predict\0eight digits and their predicted classes\0", command_show},
};
enum { COMMAND_COUNT = sizeof commands / sizeof commands[0] };

/* "use no more than this ISA level needs: scalar, avx2 or avx512"; returns text. */
static const char *levels_text(char *text, size_t size) {
  size_t length = (size_t)snprintf(text, size, "use no more than this ISA level needs:");
  for (int isa = 1; isa < ROWCAST_ISA_COUNT && length < size; isa++)
    length += (size_t)snprintf(text + length, size - length, "%s %s",
                               isa == ROWCAST_SCALAR         ? ""
                               : isa + 1 < ROWCAST_ISA_COUNT ? ","
                                                             : " or",
                               rowcast_isa_name((rowcast_isa)isa));
  return text;
}

const struct command_set *commands_all(void) {
  static char levels[256];
  static struct named_text variables[] = {
    {"ROWCAST_ISA", levels},
    {"ROWCAST_DATA", "folder with the MNIST files"},
    {"NO_COLOR", "no colours unless --color always"},
    {"OMP_*", "as OpenMP defines them; the default thread count never exceeds the CPUs"},
  };
  static const struct command_set all = {
    .program = "rowcast",
    .summary = "multiply many rows by a small weight matrix",
    .about = "Multiplies many rows by a small weight matrix, with the same bits on every machine.",
    .manual = "multiplies whole data sets by a small weight matrix. The result has the same bits on every machine: on "
              "every ISA level, for any number of threads and rows, and for bytes as for float32. Without a file name "
              "it works on MNIST, which is installed with it.",
    .count = COMMAND_COUNT,
    .commands = commands,
    .variable_count = sizeof variables / sizeof variables[0],
    .variables = variables,
  };
  levels_text(levels, sizeof levels);
  return &all;
}
