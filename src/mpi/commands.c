/* SPDX-License-Identifier: BSD-3-Clause */
/* The tool's commands that ranks can share, with what is to be said of them here. */
#include "mpi_commands.h"

#include "../cli/commands.h"
#include "data/ranks.h"
#include "parts.h"
#include "terminal/report.h"
#include "world.h"

/* Once the command line is read: what is to be known of the CPUs. */
static int run(const struct options *options, int (*command)(const struct options *options)) {
  const unsigned threads = options->threads.count > 0 ? (unsigned)options->threads.values[0] : 0;
  const int status = ranks_several() ? cpus_note(threads) : EXIT_DONE;
  return status == EXIT_DONE ? command(options) : status;
}

static int run_matmul(const struct options *options) { return run(options, command_matmul); }
static int run_predict(const struct options *options) { return run(options, command_predict); }
static int run_convert(const struct options *options) { return run(options, command_convert); }

static int run_scale(const struct options *options) { return run(options, command_scale); }

static const struct command commands[] = {
  {"matmul", FOR_MATMUL, "multiply images by weights, each rank its share of the rows",
   "As rowcast matmul, with the same bits, checksum and file for any number of ranks. Rows that can be\n"
   "reached by their numbers are needed: IDX, NPY or raw elements, in a file that all hosts see under\n"
   "one name. The weights are read by rank 0. Ranks write .npy, .csv and .raw, with .gz behind it or not, and\n"
   ".npz together; JSON, .npz.gz, standard output, and with --repeat all but .npy and .raw, rank 0 alone.",
   "",
   "mpirun -n 4 rowcast-mpi matmul -i x.npy -w w.npy -o y.npy\0four processes on this machine\0"
   "mpirun --hostfile hosts --map-by ppr:1:node --bind-to none rowcast-mpi matmul -i x.npy -w w.npy -o y.npy\0"
   "one process a host, with all its cores\0",
   run_matmul},
  {"predict", FOR_PREDICT, "classify images, each rank its share of the rows",
   "As rowcast predict, with the same classes, counts and file for any number of ranks. Rows that can be\n"
   "reached by their numbers are needed: IDX, NPY or raw elements. Ranks write .npy, .csv and .raw, with .gz\n"
   "behind it or not, and .npz together; JSON, .npz.gz and standard output rank 0 alone.",
   "", "mpirun -n 4 rowcast-mpi predict -i x.npy -l y.npy --scale 1/256\0accuracy and confusion of all rows\0",
   run_predict},
  {"convert", FOR_CONVERT, "write a file's rows in another format, each rank its share",
   "As rowcast convert, from rows that can be reached by their numbers: IDX, NPY or raw elements. Ranks write\n"
   ".npy, .csv, .idx and .raw, with .gz behind it or not, and .npz together; JSON, .npz.gz and standard\n"
   "output rank 0 alone.",
   "", "mpirun -n 4 rowcast-mpi convert -i x.npy -o x.raw --dtype f32\0raw elements of an array\0", run_convert},
  {"scale", FOR_SCALE | FOR_RANKS, "throughput for each count of ranks and of threads",
   "As rowcast scale, for 1, 2, 4, ... and all ranks: each has its share of the rows, with --weak all of them,\n"
   "and a sample ends with the slowest rank. Times have in them what it costs to begin and end together; the\n"
   "limits beside them are those of these ranks. Ranks that do not take part wait and do nothing.",
   "",
   "mpirun -n 4 --bind-to none rowcast-mpi scale\0one, two and four ranks\0"
   "mpirun -n 4 --bind-to none rowcast-mpi scale --ranks 4 --threads 1-8\0four ranks of one to eight threads\0",
   run_scale},
};

const struct command_set *mpi_commands(void) {
  static struct named_text variables[] = {
    {"ROWCAST_ISA", "use no more than this ISA level needs, as rowcast --help lists them"},
    {"ROWCAST_DATA", "folder with the MNIST files"},
    {"OMP_*", "as OpenMP defines them; the default thread count is each rank's part of its host's CPUs"},
  };
  static struct command_set all = {
    .program = "rowcast-mpi",
    .summary = "multiply many rows by a small weight matrix, on several machines",
    .about = "Multiplies many rows by a small weight matrix, divided among the ranks that mpirun or srun has started.",
    .manual = "does what rowcast does, with its options, on rows that are divided among the processes, ranks, that "
              "mpirun or srun has started. The result has the same bits for any number of ranks and threads. Rank 0 "
              "alone prints. A rank that fails says why in one line, and all end with its status; an output file is "
              "whole or not there. Started alone, it does the work of rowcast in one process.",
    .count = sizeof commands / sizeof commands[0],
    .commands = commands,
    .variable_count = sizeof variables / sizeof variables[0],
    .variables = variables,
  };
  all.built_with = world_library();
  return &all;
}
