/* SPDX-License-Identifier: BSD-3-Clause */
/* Documents made into a page: up to three, apart by the byte 30 (a record separator, which JSON has nowhere). */
#include <string.h>

#include "../well_formed.h"
#include "cli/html/page.h"
#include "cli/study/document_read.h"
#include "cli/terminal/report.h"
#include "fuzz.h"

enum { MOST = 3, SEPARATOR = 30 };

static json_t *document_of(const uint8_t *data, size_t size, char sum[SHA256_TEXT]) {
  FILE *file = size > 0 ? fmemopen((void *)(uintptr_t)data, size, "rb") : NULL;
  return file != NULL ? document_read_any_from(file, "a/x.json", sum) : NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const char *const names[MOST] = {"a/x.json", "a/y.json", "b/x.json"};
  static FILE *silent;
  struct source sources[MOST] = {{0}};
  struct page page = {0};
  size_t count = 0;
  if (silent == NULL) complain_to(silent = fopen("/dev/null", "w"));
  for (const uint8_t *at = data, *end = data + size; at < end && count < MOST;) {
    const uint8_t *close = memchr(at, SEPARATOR, (size_t)(end - at)), *to = close != NULL ? close : end;
    sources[count].document = document_of(at, (size_t)(to - at), sources[count].sum);
    sources[count].name = names[count];
    count += sources[count].document != NULL;
    at = to < end ? to + 1 : end;
  }
  if (count > 0 && page_make(&page, sources, count, &(struct options){.noise = 0.02}) == EXIT_DONE) {
    MUST(page.size <= PAGE_MOST);
    const char *fault = markup_fault(page.text, page.size);
    if (fault != NULL) fprintf(stderr, "%s\n", fault);
    MUST(fault == NULL);
  }
  free(page.text);
  for (size_t i = 0; i < count; i++) json_decref(sources[i].document);
  printable_free();
  return 0;
}
