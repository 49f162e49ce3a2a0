/* SPDX-License-Identifier: BSD-3-Clause */
/* Part of documents' results, by kernel and by rows. */
#ifndef ROWCAST_CLI_DOCUMENT_SELECT_H
#define ROWCAST_CLI_DOCUMENT_SELECT_H

#include <stddef.h>

#include <jansson.h>

#include "args/options.h"

/* Leaves in the documents only the results of the kernels and of the numbers of rows that options name; of what they do
 * not name, all. A ratio to the result before is null where that one is left out. An exit status; not EXIT_DONE, with a
 * line said: a kernel or number is in no document, or no result has both (EXIT_USAGE), or there is no memory. */
int documents_select(json_t *const *documents, size_t count, const struct options *options);

#endif
