/* SPDX-License-Identifier: BSD-3-Clause */
#include "data/target.h"

#include <rowcast/matrix.h>
#include <rowcast/writer.h>

#include "terminal/report.h"

int target_check(const char *path, bool force) {
  rowcast_error error;
  if (rowcast_write_check(path, force, &error) == ROWCAST_OK) return EXIT_DONE;
  if (force || rowcast_write_check(path, true, NULL) != ROWCAST_OK) return complain_of(&error);
  complain("%s: exists; --force replaces it", path);
  return EXIT_FAILED;
}
