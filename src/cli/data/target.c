/* SPDX-License-Identifier: BSD-3-Clause */
#include "data/target.h"

#include <rowcast/matrix.h>
#include <rowcast/writer.h>

#include "args/advice.h"
#include "terminal/report.h"

int target_check(const char *path, bool force) {
  rowcast_error error;
  const rowcast_status status = rowcast_write_check(path, force, &error);
  if (status == ROWCAST_OK) return EXIT_DONE;
  if (status != ROWCAST_ERR_EXISTS) return complain_of(&error);
  complain("%s: exists; --force replaces it", path);
  return EXIT_FAILED;
}
