/* SPDX-License-Identifier: BSD-3-Clause */
#include "bgzf_builder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <zlib.h>

#include "fixture.h"
#include "must.h"

static void add_data(struct bytes *bytes, const struct bgzf_spec *spec) {
  struct bytes member = {0};
  add_gzip(&member, &(struct gzip_member){
                      .content = spec->size > 0 ? spec->content : "", .size = spec->size, .stored = spec->stored});
  bytes_add(bytes, member.data + 10, member.size - 18);
  bytes_add_fill(bytes, 0, spec->extra_data);
  bytes_free(&member);
}

void add_block(struct bytes *bytes, const struct bgzf_spec *spec) {
  struct bytes data = {0};
  add_data(&data, spec);
  const size_t extra = spec->before.size + 6 + spec->after.size, whole = 12 + extra + data.size + 8;
  bytes_add(bytes, "\x1f\x8b\x08\x04\0\0\0\0\0\xff", 10);
  bytes_add_number(bytes, extra, 2, false);
  bytes_add(bytes, spec->before.data, spec->before.size);
  bytes_add(bytes, "BC\2\0", 4);
  bytes_add_number(bytes, whole - 1 + (size_t)spec->size_difference, 2, false);
  bytes_add(bytes, spec->after.data, spec->after.size);
  bytes_add(bytes, data.data, data.size);
  const uLong crc = spec->size > 0 ? crc32(0, spec->content, (uInt)spec->size) : 0;
  bytes_add_number(bytes, (uint32_t)crc ^ spec->crc_difference, 4, false);
  bytes_add_number(bytes, (uint32_t)spec->size ^ spec->length_difference, 4, false);
  bytes_free(&data);
}

void add_end(struct bytes *bytes) {
  bytes_add(bytes, "\x1f\x8b\x08\x04\0\0\0\0\0\xff\6\0BC\2\0\x1b\0\3\0\0\0\0\0\0\0\0\0", 28);
}

struct bytes bgzf_of(const struct bytes *content, size_t part) {
  struct bytes bytes = {0};
  for (size_t at = 0; at < content->size; at += part)
    add_block(&bytes, &(struct bgzf_spec){.content = content->data + at,
                                          .size = content->size - at < part ? content->size - at : part});
  add_end(&bytes);
  return bytes;
}

/* The content in parts that end anywhere. */
static rowcast_status read_parts(const struct rc_bgzf *bgzf, struct rc_bgzf_worker *worker, unsigned char *out,
                                 struct random *random, rowcast_error *err) {
  rowcast_status status = ROWCAST_OK;
  uint64_t at = 0;
  do {
    const uint64_t left = bgzf->size - at, part = left > 0 ? random_below(random, (size_t)left) + 1 : 0;
    status = rc_bgzf_read(bgzf, worker, at, at + part, out + at, NULL, err);
    at += part;
  } while (status == ROWCAST_OK && at < bgzf->size);
  return status;
}

static struct bgzf_verdict read_once(const struct rc_bgzf_file *file, bool allow_trailing, enum rc_inflater inflater,
                                     bool parts) {
  struct bgzf_verdict verdict = {.kind = VERDICT_ERROR};
  struct rc_bgzf bgzf;
  struct random random = random_from(test_seed());
  bool is;
  const struct rc_bgzf_options options = {.max_bytes = 1 << 24, .allow_trailing = allow_trailing};
  rowcast_status status = rc_bgzf_open(&bgzf, &is, file, &options, &verdict.error);
  if (status != ROWCAST_OK || !is) {
    MUST(bgzf.blocks == NULL && !(is && status != ROWCAST_OK));
    if (status == ROWCAST_OK) verdict.kind = VERDICT_NOT;
    else MUST(status == verdict.error.status);
    return verdict;
  }
  struct guarded out = guarded_alloc((size_t)bgzf.size, GUARD_AFTER, 0);
  struct rc_bgzf_worker *worker = rc_bgzf_worker_create(&bgzf, inflater);
  MUST(worker != NULL);
  status = parts ? read_parts(&bgzf, worker, out.data, &random, &verdict.error)
                 : rc_bgzf_read(&bgzf, worker, 0, bgzf.size, out.data, NULL, &verdict.error);
  MUST(guarded_surroundings_intact(&out));
  if (status == ROWCAST_OK) {
    verdict.kind = VERDICT_BGZF;
    bytes_add(&verdict.content, out.data, (size_t)bgzf.size);
  }
  verdict.blocks = bgzf.count;
  rc_bgzf_worker_destroy(worker);
  rc_bgzf_close(&bgzf);
  guarded_free(&out);
  return verdict;
}

struct bgzf_verdict bgzf_read_all(const struct bytes *bytes, bool allow_trailing) {
  struct guarded guard = guarded_alloc(bytes->size, GUARD_AFTER, 0);
  if (bytes->size > 0) memcpy(guard.data, bytes->data, bytes->size);
  guarded_make_readonly(&guard);
  const int fd = memfd_create("bgzf", MFD_CLOEXEC);
  MUST(fd >= 0 && write(fd, guard.data, bytes->size) == (ssize_t)bytes->size);
  struct bgzf_verdict first = {0};
  for (unsigned way = 0; way < 8; way++) {
    const struct rc_stream stream = {.fd = fd, .path = "file"};
    const struct rc_bgzf_file file = {
      .data = way & 1 ? NULL : guard.data, .stream = &stream, .size = bytes->size, .path = "file"};
    struct bgzf_verdict verdict =
      read_once(&file, allow_trailing, way & 2 ? RC_INFLATE_ZLIB : RC_INFLATE_LIBDEFLATE, (way & 4) != 0);
    if (way == 0) {
      first = verdict;
      continue;
    }
    if (verdict.kind != first.kind || strcmp(verdict.error.text, first.error.text) != 0)
      fprintf(stderr, "way %u: %d (%s), not %d (%s)\n", way, (int)verdict.kind, verdict.error.text, (int)first.kind,
              first.error.text);
    MUST(verdict.kind == first.kind && strcmp(verdict.error.text, first.error.text) == 0);
    MUST(verdict.blocks == first.blocks && verdict.content.size == first.content.size);
    MUST(first.content.size == 0 || memcmp(verdict.content.data, first.content.data, first.content.size) == 0);
    bytes_free(&verdict.content);
  }
  close(fd);
  guarded_free(&guard);
  return first;
}

bool gzip_read_all(const struct bytes *bytes, bool allow_trailing, struct bytes *content) {
  struct rc_buffer out = {0};
  const struct rc_gzip gzip = {.data = bytes->data,
                               .size = bytes->size,
                               .path = "file",
                               .max_bytes = 1 << 28,
                               .allow_trailing = allow_trailing,
                               .inflater = RC_INFLATE_BEST};
  if (rc_gunzip(&out, &gzip, NULL) != ROWCAST_OK) return false;
  bytes_add(content, out.data, out.size);
  rc_buffer_free(&out);
  return true;
}

struct bytes mixed_bytes(size_t size) {
  struct bytes bytes = {0};
  struct random random = random_from(test_seed());
  while (bytes.size < size) {
    const size_t left = size - bytes.size, wanted = 1 + random_below(&random, 3000),
                 run = wanted < left ? wanted : left;
    const bool noise = random_below(&random, 3) == 0;
    const unsigned char value = (unsigned char)random_below(&random, 256);
    for (size_t i = 0; i < run; i++)
      bytes_add_fill(&bytes, noise ? (unsigned char)random_below(&random, 256) : value, 1);
  }
  return bytes;
}
