/* SPDX-License-Identifier: BSD-3-Clause */
/* Documents as one page: HTML that needs nothing else, from a network or at all. */
#ifndef ROWCAST_CLI_PAGE_H
#define ROWCAST_CLI_PAGE_H

#include <stddef.h>

#include "args/options.h"
#include "html/sides.h"

/* The most bytes of a page. */
enum { PAGE_MOST = 2000000 };

struct page {
  char *text; /* owned */
  size_t size;
};

/* Makes the page of these documents, which stay the caller's, and whose sides it finds; of the options: --noise, and
 * what selected the documents' results, which the page tells. The same documents under the same names give the same
 * bytes. What has no room is left
 * out, and the page says so: the documents themselves, then every sample, then pictures and tables of products beyond
 * the first eight, at last the tables of the others. An exit status; not EXIT_DONE, with a line said: there is no
 * memory, or the page would still be too large. page->text is to be freed in any case. */
int page_make(struct page *page, struct source *sources, size_t count, const struct options *options);

#endif
