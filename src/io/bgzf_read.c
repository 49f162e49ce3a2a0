/* SPDX-License-Identifier: BSD-3-Clause */
/* Ranges of BGZF content, block by block. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#if ROWCAST_HAVE_LIBDEFLATE
#include <libdeflate.h>
#endif

#include "bgzf.h"
#include "report.h"

enum { PACKED = 256 << 10 /* bytes of the file read at once; holds every block */ };

struct rc_bgzf_worker {
  unsigned char *content; /* one block's, for those of which a part is wanted */
  size_t kept;            /* the number of the block that is in it; SIZE_MAX: none */
  unsigned char *packed;  /* NULL: the file is in memory */
#if ROWCAST_HAVE_LIBDEFLATE
  struct libdeflate_decompressor *libdeflate; /* NULL: zlib inflates */
#endif
  z_stream zlib;
  bool zlib_begun;
};

struct rc_bgzf_worker *rc_bgzf_worker_create(const struct rc_bgzf *bgzf, enum rc_inflater inflater) {
  struct rc_bgzf_worker *worker = calloc(1, sizeof *worker);
  if (worker == NULL) return NULL;
  worker->kept = SIZE_MAX;
  worker->content = malloc(RC_BGZF_CONTENT_MAX);
  bool whole = worker->content != NULL;
  if (bgzf->file.data == NULL) whole = (worker->packed = malloc(PACKED)) != NULL && whole;
#if ROWCAST_HAVE_LIBDEFLATE
  if (inflater == RC_INFLATE_LIBDEFLATE)
    whole = (worker->libdeflate = libdeflate_alloc_decompressor()) != NULL && whole;
#endif
  (void)inflater;
  if (whole) return worker;
  rc_bgzf_worker_destroy(worker);
  return NULL;
}

void rc_bgzf_worker_destroy(struct rc_bgzf_worker *worker) {
  if (worker == NULL) return;
  if (worker->zlib_begun) inflateEnd(&worker->zlib);
#if ROWCAST_HAVE_LIBDEFLATE
  if (worker->libdeflate != NULL) libdeflate_free_decompressor(worker->libdeflate);
#endif
  free(worker->packed);
  free(worker->content);
  free(worker);
}

size_t rc_bgzf_worker_keeps(const struct rc_bgzf_worker *worker) { return worker->kept; }

static const char out_of_memory[] = "out of memory inflating";
static const char changed[] = "it has changed while it was read";

/* Inflates data that must give exactly `length` bytes and end where they end. NULL, or what is wrong with them. */
static const char *inflate_zlib(struct rc_bgzf_worker *worker, const unsigned char *data, size_t size,
                                unsigned char *out, size_t length) {
  z_stream *zlib = &worker->zlib;
  if (worker->zlib_begun ? inflateReset(zlib) != Z_OK : inflateInit2(zlib, -MAX_WBITS) != Z_OK) return out_of_memory;
  worker->zlib_begun = true;
  zlib->next_in = (z_const Bytef *)(uintptr_t)data;
  zlib->avail_in = (uInt)size;
  zlib->next_out = out;
  zlib->avail_out = (uInt)length;
  const int result = inflate(zlib, Z_FINISH);
  if (result == Z_MEM_ERROR) return out_of_memory;
  if (result == Z_STREAM_END && zlib->avail_in > 0) return "its data end before its size says";
  if (result == Z_STREAM_END) return zlib->avail_out > 0 ? "wrong length in the trailer" : NULL;
  if (result != Z_OK && result != Z_BUF_ERROR) return "damaged data";
  return zlib->avail_in == 0 ? "its data do not end where its size says" : "wrong length in the trailer";
}

/* The same, by what the worker has. Where libdeflate refuses data, zlib tells why. */
static const char *inflate_data(struct rc_bgzf_worker *worker, const unsigned char *data, size_t size,
                                unsigned char *out, size_t length) {
#if ROWCAST_HAVE_LIBDEFLATE
  size_t used, written;
  if (worker->libdeflate != NULL &&
      libdeflate_deflate_decompress_ex(worker->libdeflate, data, size, out, length, &used, &written) ==
        LIBDEFLATE_SUCCESS &&
      used == size && written == length)
    return NULL;
#endif
  return inflate_zlib(worker, data, size, out, length);
}

static uint32_t crc_of(const unsigned char *content, size_t size) {
#if ROWCAST_HAVE_LIBDEFLATE
  return libdeflate_crc32(0, content, size);
#else
  return (uint32_t)crc32(crc32(0, NULL, 0), content, (uInt)size);
#endif
}

/* One block, which must be as large as the table says, and so must its content. NULL, or what is wrong with it. */
static const char *inflate_block(struct rc_bgzf_worker *worker, const unsigned char *block, size_t size,
                                 unsigned char *out, size_t length) {
  size_t body, stated;
  if (rc_bgzf_parse(block, size, &body, &stated) != RC_BGZF_IS_BLOCK || stated != size) return changed;
  const unsigned char *trailer = block + size - RC_BGZF_TRAILER;
  if (block + body > trailer || rc_bgzf_little32(trailer + 4) != length) return changed;
  const char *wrong = inflate_data(worker, block + body, size - body - RC_BGZF_TRAILER, out, length);
  if (wrong != NULL) return wrong;
  return rc_bgzf_little32(trailer) == crc_of(out, length) ? NULL : "wrong CRC";
}

size_t rc_bgzf_find(const struct rc_bgzf *bgzf, uint64_t from) {
  size_t low = 0, high = bgzf->count;
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    const struct rc_bgzf_block *block = &bgzf->blocks[middle];
    if (block[1].content > from || block->content >= from) high = middle;
    else low = middle + 1;
  }
  return low;
}

/* Does a range up to there touch the block? One up to the content's end has the empty blocks there. */
static bool touches(const struct rc_bgzf *bgzf, size_t block, uint64_t to) {
  return block < bgzf->count && (bgzf->blocks[block].content < to || to == bgzf->size);
}

/* The bytes of the file from block `first` on: *end blocks at once, up to the end of the range. */
static rowcast_status fetch(const struct rc_bgzf *bgzf, struct rc_bgzf_worker *worker, size_t first, uint64_t to,
                            const unsigned char **data, size_t *end, struct rc_ask *ask, rowcast_error *err) {
  const struct rc_bgzf_block *blocks = bgzf->blocks;
  const uint64_t begin = blocks[first].at;
  *end = first + 1;
  while (touches(bgzf, *end, to) && blocks[*end + 1].at - begin <= PACKED) ++*end;
  if (bgzf->file.data != NULL) {
    *data = bgzf->file.data + begin;
    return ROWCAST_OK;
  }
  *data = worker->packed;
  const size_t want = (size_t)(blocks[*end].at - begin);
  size_t got;
  struct rc_ask nobody = {0};
  const rowcast_status status =
    rc_stream_raw_at(bgzf->file.stream, ask != NULL ? ask : &nobody, worker->packed, want, begin, &got, err);
  if (status != ROWCAST_OK || got == want) return status;
  return rc_report(err, ROWCAST_ERR_FORMAT, bgzf->file.path, "BGZF: block %zu at byte %llu: %s", first,
                   (unsigned long long)begin, changed);
}

/* Inflates block i, which lies at `packed`, to `content`. */
static rowcast_status inflate_to(const struct rc_bgzf *bgzf, struct rc_bgzf_worker *worker, size_t i,
                                 const unsigned char *packed, unsigned char *content, rowcast_error *err) {
  const struct rc_bgzf_block *block = &bgzf->blocks[i];
  const char *wrong = inflate_block(worker, packed, (size_t)(block[1].at - block->at), content,
                                    (size_t)(block[1].content - block->content));
  if (wrong == NULL) return ROWCAST_OK;
  return rc_report(err, wrong == out_of_memory ? ROWCAST_ERR_MEMORY : ROWCAST_ERR_FORMAT, bgzf->file.path,
                   "BGZF: block %zu at byte %llu: %s", i, (unsigned long long)block->at, wrong);
}

rowcast_status rc_bgzf_read(const struct rc_bgzf *bgzf, struct rc_bgzf_worker *worker, uint64_t from, uint64_t to,
                            unsigned char *out, struct rc_ask *ask, rowcast_error *err) {
  assert(from <= to && to <= bgzf->size && to - from <= SIZE_MAX);
  const unsigned char *data = NULL;
  uint64_t fetched_at = 0;
  for (size_t i = rc_bgzf_find(bgzf, from), fetched = i; touches(bgzf, i, to); i++) {
    const struct rc_bgzf_block *block = &bgzf->blocks[i];
    const uint64_t begin = block->content, end = block[1].content;
    const bool kept = i == worker->kept, in_place = begin >= from && end <= to && begin < end && !kept;
    rowcast_status status = ROWCAST_OK;
    if (ask != NULL && rc_ask_stop(ask)) return rc_report(err, ROWCAST_ERR_CANCELLED, bgzf->file.path, "interrupted");
    if (i == fetched && kept) fetched++;
    else if (i == fetched) {
      status = fetch(bgzf, worker, i, to, &data, &fetched, ask, err);
      fetched_at = block->at;
    }
    if (!kept && !in_place) worker->kept = SIZE_MAX;
    if (!kept && status == ROWCAST_OK)
      status = inflate_to(bgzf, worker, i, data + (block->at - fetched_at),
                          in_place ? out + (begin - from) : worker->content, err);
    if (status != ROWCAST_OK) return status;
    if (in_place) continue;
    if (begin < end) worker->kept = i;
    const uint64_t first = begin > from ? begin : from, last = end < to ? end : to;
    if (first < last) memcpy(out + (first - from), worker->content + (first - begin), (size_t)(last - first));
  }
  return ROWCAST_OK;
}
