/* SPDX-License-Identifier: BSD-3-Clause */
/* The table of BGZF blocks and ranges of the content, against the same bytes as ordinary gzip. What is read as BGZF is
 * what gzip reads; a range is that slice of the whole, and so are rows of elements alone, by their numbers. */
#include <string.h>

#include "fuzz.h"
#include "read_both.h"
#include "io/bgzf.h"

enum { MOST = 1 << 20, RANGES = 8, ROWS = 50 };

/* All content; false: refused. */
static bool read_all(const struct rc_bgzf *bgzf, enum rc_inflater inflater, unsigned char *out) {
  struct rc_bgzf_worker *worker = rc_bgzf_worker_create(bgzf, inflater);
  MUST(worker != NULL);
  const bool read = rc_bgzf_read(bgzf, worker, 0, bgzf->size, out, NULL, NULL) == ROWCAST_OK;
  rc_bgzf_worker_destroy(worker);
  return read;
}

/* Ranges that the input chooses; of memory as large as they are. */
static void read_ranges(const struct rc_bgzf *bgzf, const unsigned char *content, uint32_t seed) {
  struct rc_bgzf_worker *worker = rc_bgzf_worker_create(bgzf, RC_INFLATE_BEST);
  MUST(worker != NULL);
  for (size_t i = 0; i < RANGES; i++) {
    seed = seed * 1664525 + 1013904223;
    const uint64_t from = (seed >> 8) % (bgzf->size + 1);
    seed = seed * 1664525 + 1013904223;
    const uint64_t to = from + (seed >> 8) % (bgzf->size - from + 1);
    unsigned char *out = malloc((size_t)(to - from) + 1);
    MUST(out != NULL);
    out[to - from] = 0xa5;
    MUST(rc_bgzf_read(bgzf, worker, from, to, out, NULL, NULL) == ROWCAST_OK);
    MUST(memcmp(out, content + from, (size_t)(to - from)) == 0 && out[to - from] == 0xa5);
    free(out);
  }
  rc_bgzf_worker_destroy(worker);
}

/* The content as rows of bytes; what is too little for another row comes before them. */
static void read_rows(const uint8_t *data, size_t size, size_t content_size) {
  rowcast_read_options options = ROWCAST_READ_DEFAULTS;
  options.max_bytes = MOST;
  options.raw_type = "u1";
  options.raw_rank = 2;
  options.raw_dims[1] = content_size / ROWS + 1;
  options.raw_dims[0] = content_size / options.raw_dims[1];
  options.raw_offset = content_size % options.raw_dims[1];
  read_both(data, size, &options);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct rc_bgzf bgzf;
  bool is;
  const struct rc_bgzf_file file = {.data = data, .size = size, .path = "input"};
  const struct rc_bgzf_options options = {.max_bytes = MOST};
  if (rc_bgzf_open(&bgzf, &is, &file, &options, NULL) != ROWCAST_OK || !is) return 0;
  if (bgzf.size <= MOST) {
    const size_t bytes = (size_t)bgzf.size;
    unsigned char *content = malloc(bytes + 1), *again = malloc(bytes + 1);
    MUST(content != NULL && again != NULL);
    const bool zlib = read_all(&bgzf, RC_INFLATE_ZLIB, content), best = read_all(&bgzf, RC_INFLATE_BEST, again);
    MUST(best || !zlib); /* libdeflate lets a little more pass */
    if (zlib) {
      struct rc_buffer out = {0};
      const struct rc_gzip gzip = {.data = data, .size = size, .path = "input", .max_bytes = MOST};
      MUST(memcmp(content, again, bytes) == 0);
      MUST(rc_gunzip(&out, &gzip, NULL) == ROWCAST_OK);
      MUST(out.size == bytes && memcmp(out.data, content, bytes) == 0);
      rc_buffer_free(&out);
      read_ranges(&bgzf, content, (uint32_t)size * 2654435761u + (size > 20 ? data[20] : 0));
      read_rows(data, size, bytes);
    }
    free(content);
    free(again);
  }
  rc_bgzf_close(&bgzf);
  return 0;
}
