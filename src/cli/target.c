/* SPDX-License-Identifier: BSD-3-Clause */
#include "target.h"

#include <sys/stat.h>

#include <rowcast/matrix.h>
#include <rowcast/writer.h>

#include "command.h"
#include "report.h"

int target_check(const char *path, bool force) {
  struct stat found;
  rowcast_error error;
  if (!force && stat(path, &found) == 0 && S_ISREG(found.st_mode)) {
    complain("%s: exists; --force replaces it", path);
    return EXIT_FAILED;
  }
  return rowcast_write_check(path, force, &error) == ROWCAST_OK ? EXIT_DONE : complain_of(&error);
}
