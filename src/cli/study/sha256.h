/* SPDX-License-Identifier: BSD-3-Clause */
/* SHA-256 (FIPS 180-4) of a file or of bytes, as sha256sum prints it. */
#ifndef ROWCAST_CLI_SHA256_H
#define ROWCAST_CLI_SHA256_H

#include <stdbool.h>
#include <stddef.h>

enum { SHA256_TEXT = 65 };

void sha256_of_bytes(const void *bytes, size_t size, char text[SHA256_TEXT]);

/* False: the file cannot be read. */
bool sha256_of_file(const char *path, char text[SHA256_TEXT]);

#endif
