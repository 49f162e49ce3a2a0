/* SPDX-License-Identifier: BSD-3-Clause */
/* rowcast-mpi: the tool on several processes. */
#include "../cli/command_line.h"
#include "mpi_commands.h"
#include "terminal/report.h"
#include "world.h"

int main(int argc, char **argv) {
  command_line_begin();
  complain_as(mpi_commands()->program);
  const int status = world_begin() ? command_line_run(mpi_commands(), argc, argv) : EXIT_FAILED;
  return out_finish(world_finish(status));
}
