/* SPDX-License-Identifier: BSD-3-Clause */
/* rowcast: the tool, in one process. */
#include "command_line.h"
#include "commands.h"
#include "terminal/report.h"

int main(int argc, char **argv) {
  command_line_begin();
  return out_finish(command_line_run(commands_all(), argc, argv));
}
