/* SPDX-License-Identifier: BSD-3-Clause */
/* Result documents, read back from files and standard input. */
#ifndef ROWCAST_CLI_DOCUMENT_READ_H
#define ROWCAST_CLI_DOCUMENT_READ_H

#include <stdio.h>

#include <jansson.h>

/* Reads a document, as --format json or jsonl prints it, perhaps after a byte order mark; "-" is standard input. Checks
 * that it is one. NULL, with a line said: it is not. */
json_t *document_read(const char *path);

/* The same from an open file, which is closed unless it is stdin; the name is for messages. */
json_t *document_read_from(FILE *file, const char *name);

#endif
