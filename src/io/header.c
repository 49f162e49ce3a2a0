/* SPDX-License-Identifier: BSD-3-Clause */
#include "header.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

bool rc_header_finish(struct rc_header *header) {
  size_t cols = 1;
  /* A dimension of 0 makes the product 0 but not the others legal: they are multiplied without it. */
  size_t others = header->element;
  for (size_t i = 0; i < header->rank; i++) {
    if (i > 0 && __builtin_mul_overflow(cols, header->dims[i], &cols)) return false;
    if (header->dims[i] > 0 && __builtin_mul_overflow(others, header->dims[i], &others)) return false;
  }
  header->rows = header->rank > 0 ? header->dims[0] : 1;
  header->cols = cols;
  header->bytes = header->rows == 0 || cols == 0 ? 0 : others;
  return others <= PTRDIFF_MAX && header->offset <= PTRDIFF_MAX - others;
}

static bool begins(const unsigned char *data, size_t size, const char *text) {
  const size_t length = strlen(text);
  return size >= length && memcmp(data, text, length) == 0;
}

const char *rc_describe_unknown(const unsigned char *data, size_t size) {
  if (size == 0) return "is empty";
  if (size >= 5 && (strncasecmp((const char *)data, "<!doc", 5) == 0 || strncasecmp((const char *)data, "<html", 5) == 0))
    return "is an HTML page, not data: the download failed";
  if (begins(data, size, "version https://git-lfs"))
    return "is a Git LFS pointer, not the data: run `git lfs pull`";
  if (begins(data, size, "PK\x03\x04") || begins(data, size, "PK\x05\x06")) return "is a zip archive (.npz): not supported";
  if (begins(data, size, "\x1f\x8b")) return "is gzip inside gzip: inflate it once first";
  if (size >= 2 && data[0] == 0x80 && data[1] >= 2 && data[1] <= 5) return "is a Python pickle: not supported";
  if (begins(data, size, "cnumpy") || begins(data, size, "(cnumpy") || begins(data, size, "((cnumpy"))
    return "is a Python pickle: not supported";
  return "is neither IDX nor NPY, plain or gzipped";
}
