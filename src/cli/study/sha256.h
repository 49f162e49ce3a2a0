/* SPDX-License-Identifier: BSD-3-Clause */
/* SHA-256 (FIPS 180-4) of a file, as sha256sum prints it. */
#ifndef ROWCAST_CLI_SHA256_H
#define ROWCAST_CLI_SHA256_H

#include <stdbool.h>

enum { SHA256_TEXT = 65 };

/* False: the file cannot be read. */
bool sha256_of_file(const char *path, char text[SHA256_TEXT]);

#endif
