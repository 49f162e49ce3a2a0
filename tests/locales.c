/* SPDX-License-Identifier: BSD-3-Clause */
#include "locales.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "process.h"

char *locale_make(const char *name) {
  const char *charset = strchr(name, '.');
  char *folder = folder_make(), *target = path_in(folder, name), *command = NULL;
  const bool made = charset != NULL &&
                    asprintf(&command, "localedef -i %.*s -f %s '%s' >/dev/null 2>&1", (int)(charset - name), name,
                             charset + 1, target) > 0 &&
                    system(command) == 0;
  free(command);
  free(target);
  if (made) return folder;
  folder_remove(folder);
  return NULL;
}
