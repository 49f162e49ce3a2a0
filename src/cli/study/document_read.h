/* SPDX-License-Identifier: BSD-3-Clause */
/* Result documents, read back from files and standard input. */
#ifndef ROWCAST_CLI_DOCUMENT_READ_H
#define ROWCAST_CLI_DOCUMENT_READ_H

#include <stdio.h>

#include <jansson.h>

#include "study/sha256.h"

/* Reads a document, as --format json or jsonl prints it, perhaps after a byte order mark; "-" is standard input. Checks
 * that it is one. NULL, with a line said: it is not. */
json_t *document_read(const char *path);

/* The same from an open file, which is closed unless it is stdin; the name is for messages. */
json_t *document_read_from(FILE *file, const char *name);

/* The same of a page's: a comparison, whose lines have no time of their own, is a document as well, and results are
 * also checked for what a page shows and tables do not. sum becomes the SHA-256 of all bytes that were read. */
json_t *document_read_any(const char *path, char sum[SHA256_TEXT]);
json_t *document_read_any_from(FILE *file, const char *name, char sum[SHA256_TEXT]);

#endif
