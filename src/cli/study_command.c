/* SPDX-License-Identifier: BSD-3-Clause */
#include "study_command.h"

#include "data/ranks.h"
#include "plot/plot.h"
#include "study/document.h"
#include "terminal/report.h"

int study_command(const char *name, study_measuring *measure, study_grid *grid, const struct options *options) {
  json_t *document = NULL;
  bool wrong = false;
  int status = plot_check(options, name);
  if (status == EXIT_DONE) status = measure(options, &document, &wrong);
  const bool tells = ranks_here()->rank == 0;
  if (status == EXIT_DONE && tells) status = document_print(document, grid(document), options);
  if (status == EXIT_DONE && tells) status = plot_draw(&document, 1, options);
  json_decref(document);
  return status == EXIT_DONE && wrong ? EXIT_FAILED : status;
}
