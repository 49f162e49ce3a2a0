/* SPDX-License-Identifier: BSD-3-Clause */
/* BGZF in: the table of blocks, ranges of the content, and files that contradict themselves. Each case is read from
 * memory and from a file, by both inflaters, whole and in parts (bgzf_builder.h). */
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <io/bgzf.h>

#include "bgzf_builder.h"
#include "fixture.h"

enum { SMALL = 700, PART = 250 };

static void expect_bgzf(const struct bytes *bytes, const struct bytes *content, size_t blocks) {
  struct bgzf_verdict verdict = bgzf_read_all(bytes, false);
  cr_assert_eq(verdict.kind, VERDICT_BGZF, "%s", verdict.error.text);
  cr_assert(verdict.blocks == blocks, "%zu blocks, not %zu", verdict.blocks, blocks);
  cr_assert(verdict.content.size == content->size, "%zu bytes, not %zu", verdict.content.size, content->size);
  cr_assert(content->size == 0 || memcmp(verdict.content.data, content->data, content->size) == 0);
  bytes_free(&verdict.content);
}

static void expect_not(const struct bytes *bytes, bool allow_trailing) {
  struct bgzf_verdict verdict = bgzf_read_all(bytes, allow_trailing);
  cr_assert_eq(verdict.kind, VERDICT_NOT, "%d: %s", (int)verdict.kind, verdict.error.text);
}

static void expect_error(const struct bytes *bytes, const char *part) {
  struct bgzf_verdict verdict = bgzf_read_all(bytes, false);
  cr_assert_eq(verdict.kind, VERDICT_ERROR, "not refused: %s", part);
  cr_assert_eq(verdict.error.status, ROWCAST_ERR_FORMAT);
  cr_assert(strncmp(verdict.error.text, "file: BGZF: ", 12) == 0, "%s", verdict.error.text);
  cr_assert(strstr(verdict.error.text, part) != NULL, "'%s' is not in: %s", part, verdict.error.text);
}

Test(bgzf, blocks_of_any_size) {
  static const size_t parts[] = {1, 7, 100, 4096, 65279, 65280, 65281, 65536};
  struct bytes content = mixed_bytes(200001);
  for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
    struct bytes some = content;
    if (parts[i] < 100) some.size = 300 * parts[i];
    struct bytes bytes = bgzf_of(&some, parts[i]);
    expect_bgzf(&bytes, &some, (some.size + parts[i] - 1) / parts[i] + 1);
    bytes_free(&bytes);
  }
  bytes_free(&content);
}

Test(bgzf, no_content) {
  struct bytes bytes = {0}, content = {0};
  expect_not(&bytes, false);
  for (size_t blocks = 1; blocks < 100; blocks++) {
    add_end(&bytes);
    expect_bgzf(&bytes, &content, blocks);
  }
  bytes_free(&bytes);
}

/* Empty blocks between others, as appending to a file leaves them. */
Test(bgzf, empty_blocks_between) {
  struct bytes content = mixed_bytes(1000), bytes = {0};
  add_end(&bytes);
  add_block(&bytes, &(struct bgzf_spec){.content = content.data, .size = 300});
  add_end(&bytes);
  add_end(&bytes);
  add_block(&bytes, &(struct bgzf_spec){.content = content.data + 300, .size = 700, .stored = true});
  add_end(&bytes);
  add_end(&bytes);
  expect_bgzf(&bytes, &content, 7);
  /* Each is checked, whoever reads all content, in whatever parts: bit 3 of a stored length's first byte is a fault. */
  for (size_t i = 0, seen = 0; i + 28 <= bytes.size; i++) {
    if (memcmp(bytes.data + i, "\x1f\x8b\x08\x04", 4) != 0 || bytes.data[i + 16] != 27) continue;
    bytes.data[i + 20] ^= 1; /* its CRC */
    expect_error(&bytes, "wrong CRC");
    bytes.data[i + 20] ^= 1;
    cr_assert(++seen <= 5);
  }
  bytes_free(&bytes);
  bytes_free(&content);
}

Test(bgzf, zeros_after_the_end) {
  struct bytes content = mixed_bytes(SMALL), bytes = bgzf_of(&content, PART);
  bytes_add_fill(&bytes, 0, 1);
  expect_bgzf(&bytes, &content, 4);
  bytes_add_fill(&bytes, 0, 20000);
  expect_bgzf(&bytes, &content, 4);
  bytes_add_fill(&bytes, 1, 1);
  expect_error(&bytes, "20002 bytes follow the last block");
  expect_not(&bytes, true);
  bytes_free(&bytes);
  bytes_free(&content);
}

Test(bgzf, any_range_is_that_slice) {
  static const size_t parts[] = {1, 3, 250, 4096, 65280};
  struct bytes content = mixed_bytes(150000);
  struct random random = random_from(test_seed());
  for (size_t p = 0; p < sizeof parts / sizeof parts[0]; p++) {
    struct bytes some = content;
    if (parts[p] < 250) some.size = 200 * parts[p];
    struct bytes bytes = bgzf_of(&some, parts[p]);
    struct rc_bgzf bgzf;
    bool is;
    const struct rc_bgzf_file file = {.data = bytes.data, .fd = -1, .size = bytes.size, .path = "file"};
    cr_assert(rc_bgzf_open(&bgzf, &is, &file, &(struct rc_bgzf_options){.max_bytes = 1 << 20}, NULL) == ROWCAST_OK);
    cr_assert(is && bgzf.size == some.size);
    struct rc_bgzf_worker *worker = rc_bgzf_worker_create(&bgzf, RC_INFLATE_BEST);
    for (size_t i = 0; i < 600; i++) {
      /* Half of them begin or end beside the edge of a block. */
      size_t ends[2];
      for (int e = 0; e < 2; e++) {
        ends[e] = random_below(&random, some.size + 1);
        if (random_below(&random, 2) == 0) ends[e] = ends[e] / parts[p] * parts[p] + random_below(&random, 3);
        if (random_below(&random, 2) == 0 && ends[e] > 0) ends[e]--;
        if (ends[e] > some.size) ends[e] = some.size;
      }
      const size_t from = ends[0] < ends[1] ? ends[0] : ends[1], to = ends[0] < ends[1] ? ends[1] : ends[0];
      struct guarded out = guarded_alloc(to - from, i % 2 ? GUARD_AFTER : GUARD_BEFORE, 0);
      cr_assert(rc_bgzf_read(&bgzf, worker, from, to, out.data, NULL, NULL) == ROWCAST_OK);
      cr_assert(memcmp(out.data, some.data + from, to - from) == 0, "[%zu, %zu)", from, to);
      cr_assert(guarded_surroundings_intact(&out));
      guarded_free(&out);
    }
    rc_bgzf_worker_destroy(worker);
    rc_bgzf_close(&bgzf);
    bytes_free(&bytes);
  }
  bytes_free(&content);
}

/* Whoever reads a truncated file is told. */
Test(bgzf, truncated_anywhere) {
  struct bytes content = mixed_bytes(SMALL), bytes = bgzf_of(&content, PART), cut = bytes, out = {0};
  for (cut.size = 0; cut.size < bytes.size; cut.size++) {
    struct bgzf_verdict verdict = bgzf_read_all(&cut, false);
    cr_assert(verdict.kind != VERDICT_BGZF, "%zu bytes", cut.size);
    cr_assert(verdict.kind == VERDICT_ERROR || !gzip_read_all(&cut, false, &out), "%zu bytes", cut.size);
    if (verdict.kind == VERDICT_ERROR)
      cr_assert(strstr(verdict.error.text, "truncated") != NULL ||
                  strstr(verdict.error.text, " 1 bytes follow") != NULL,
                "%zu bytes: %s", cut.size, verdict.error.text);
    /* Nor is it excused. */
    verdict = bgzf_read_all(&cut, true);
    cr_assert(verdict.kind != VERDICT_BGZF);
    bytes_free(&out);
  }
  cut.size = bytes.size - 28;
  expect_error(&cut, "truncated after block 2, at byte ");
  bytes_free(&bytes);
  bytes_free(&content);
}

/* Every flipped bit is told, or the content is what it was. */
Test(bgzf, flipped_bits) {
  struct bytes content = mixed_bytes(SMALL), bytes = bgzf_of(&content, PART);
  size_t counts[3] = {0};
  for (size_t bit = 0; bit < 8 * bytes.size; bit++) {
    bytes.data[bit / 8] ^= (unsigned char)(1u << bit % 8);
    struct bgzf_verdict verdict = bgzf_read_all(&bytes, false);
    if (verdict.kind != VERDICT_NOT || gzip_read_all(&bytes, false, &verdict.content))
      cr_assert(verdict.kind == VERDICT_ERROR ||
                  (verdict.content.size == content.size && memcmp(verdict.content.data, content.data, SMALL) == 0),
                "bit %zu of byte %zu: %d, %zu bytes", bit % 8, bit / 8, (int)verdict.kind, verdict.content.size);
    bytes_free(&verdict.content);
    counts[verdict.kind]++;
    bytes.data[bit / 8] ^= (unsigned char)(1u << bit % 8);
  }
  /* Times and systems in headers, and the bits after the data in their last byte, are all that may be otherwise. */
  cr_assert(counts[VERDICT_BGZF] >= 4 * 6 * 8 && counts[VERDICT_BGZF] <= 4 * (6 * 8 + 7), "%zu", counts[VERDICT_BGZF]);
  cr_assert(counts[VERDICT_ERROR] > counts[VERDICT_NOT]);
  bytes_free(&bytes);
  bytes_free(&content);
}

/* A file of four blocks, of which the second is as the case has it. */
static struct bytes with_second(struct bgzf_spec second) {
  static const char text[] = "The content of one block, and of one more, and of the one after it.";
  struct bytes bytes = {0};
  if (second.content == NULL) second.content = text, second.size = sizeof text;
  add_block(&bytes, &(struct bgzf_spec){.content = text, .size = sizeof text});
  add_block(&bytes, &second);
  add_block(&bytes, &(struct bgzf_spec){.content = text, .size = sizeof text});
  add_end(&bytes);
  return bytes;
}

Test(bgzf, tables_that_lie) {
  static const struct {
    struct bgzf_spec second;
    const char *text;
  } cases[] = {
    {{.size_difference = 1}, "no block at byte"},
    {{.size_difference = -1}, "no block at byte"},
    {{.size_difference = 2000}, "truncated, "},
    {{.size_difference = -30}, "no block at byte"},
    {{.size_difference = -60}, "is too small"},
    {{.length_difference = 1}, "wrong length in the trailer"},
    {{.length_difference = 128}, "wrong length in the trailer"},
    {{.crc_difference = 1}, "wrong CRC"},
    {{.crc_difference = 0x80000000}, "wrong CRC"},
    {{.extra_data = 1}, "its data end before its size says"},
    {{.extra_data = 100}, "its data end before its size says"},
  };
  struct bytes right = with_second((struct bgzf_spec){0});
  const size_t first = (size_t)right.data[16] + 1;
  bytes_free(&right);
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct bytes bytes = with_second(cases[i].second);
    char place[64];
    snprintf(place, sizeof place, "block 1 at byte %zu", first);
    expect_error(&bytes, cases[i].text);
    expect_error(&bytes, place);
    bytes_free(&bytes);
  }
}

/* A block's size leads into another block, or over one. */
Test(bgzf, sizes_that_lead_elsewhere) {
  struct bytes right = with_second((struct bgzf_spec){0}), bytes = {0};
  const size_t block = (size_t)right.data[16] + 1;
  /* Over the third block to the end: the second's data end before its size says. */
  bytes_add(&bytes, right.data, right.size);
  bytes.data[block + 16] = (unsigned char)(2 * block - 1);
  expect_error(&bytes, "block 1 at byte");
  bytes_free(&bytes);
  /* A whole file, as what is stored in a block of another: its blocks are no blocks of this one. */
  add_block(&bytes, &(struct bgzf_spec){.content = right.data, .size = right.size, .stored = true});
  add_end(&bytes);
  expect_bgzf(&bytes, &right, 2);
  bytes.data[16] = 18 + 5 - 1;
  bytes.data[17] = 0;
  expect_error(&bytes, "its size of 23 bytes is too small");
  bytes_free(&bytes);
  bytes_free(&right);
}

/* Ordinary gzip that is no BGZF, alone and between blocks; all of it can be read as gzip. */
Test(bgzf, what_is_none) {
  static const char text[] = "ordinary";
  static const struct gzip_member members[] = {
    {.content = text, .size = 8},
    {.content = text, .size = 8, .name = "name"},
    {.content = text, .size = 8, .extra = "AB\2-xy"},
    {.content = text, .size = 8, .header_crc = true},
  };
  for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
    struct bytes alone = {0}, mixed = {0}, out = {0};
    add_gzip(&alone, &members[i]);
    expect_not(&alone, false);
    add_block(&mixed, &(struct bgzf_spec){.content = text, .size = 8});
    add_gzip(&mixed, &members[i]);
    add_end(&mixed);
    expect_not(&mixed, false);
    cr_assert(gzip_read_all(&mixed, false, &out) && out.size == 16);
    bytes_free(&out);
    bytes_free(&alone);
    bytes_free(&mixed);
  }
  struct bytes other = {0};
  bytes_add_text(&other, "BC no gzip at all, and long enough for a header");
  expect_not(&other, false);
  bytes_free(&other);
}

/* Subfields of the header besides BC. */
Test(bgzf, other_subfields) {
  static const struct {
    struct bytes before, after;
    int kind;
  } cases[] = {
    {.before = {(unsigned char *)"RA\0\0", 4, 0}, .kind = VERDICT_BGZF},
    {.after = {(unsigned char *)"RA\3\0xyz", 7, 0}, .kind = VERDICT_BGZF},
    {.before = {(unsigned char *)"BB\2\0BC", 6, 0}, .after = {(unsigned char *)"BD\1\0x", 5, 0}, .kind = VERDICT_BGZF},
    {.before = {(unsigned char *)"BC\3\0\x1b\0\0", 7, 0}, .kind = VERDICT_BGZF}, /* somebody else's, and ours */
    {.before = {(unsigned char *)"BC\0\0", 4, 0}, .kind = VERDICT_BGZF},
    {.before = {(unsigned char *)"RA\xff\xff", 4, 0}, .kind = VERDICT_NOT},
    {.before = {(unsigned char *)"RA\6\0", 4, 0}, .kind = VERDICT_NOT}, /* BC is within it */
    {.before = {(unsigned char *)"BC\2\0\x1b\0", 6, 0}, .kind = VERDICT_ERROR},
    {.after = {(unsigned char *)"BC\2\0\x1b\0", 6, 0}, .kind = VERDICT_ERROR},
    {.after = {(unsigned char *)"RA\4\0xyz", 7, 0}, .kind = VERDICT_ERROR},
    {.after = {(unsigned char *)"RA\0", 3, 0}, .kind = VERDICT_ERROR},
    {.after = {(unsigned char *)"R", 1, 0}, .kind = VERDICT_ERROR},
    {.after = {(unsigned char *)"RA\xff\xff", 4, 0}, .kind = VERDICT_ERROR},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct bytes bytes = with_second((struct bgzf_spec){.before = cases[i].before, .after = cases[i].after}), out = {0};
    cr_assert(gzip_read_all(&bytes, false, &out));
    if (cases[i].kind == VERDICT_BGZF) expect_bgzf(&bytes, &out, 4);
    else if (cases[i].kind == VERDICT_NOT) expect_not(&bytes, false);
    else expect_error(&bytes, "block 1 at byte ");
    bytes_free(&bytes);
    bytes_free(&out);
  }
}

/* Headers on both sides of what is read at once, and the longest that there can be. */
Test(bgzf, long_headers) {
  static const size_t extras[] = {470, 480, 490, 500, 510, 4085, 4086, 4087, 4088, 65400};
  for (size_t i = 0; i < sizeof extras / sizeof extras[0]; i++) {
    struct bytes before = {0}, out = {0};
    bytes_add_text(&before, "RA");
    bytes_add_number(&before, extras[i], 2, false);
    bytes_add_fill(&before, 'x', extras[i]);
    struct bytes bytes = with_second((struct bgzf_spec){.before = before});
    cr_assert(gzip_read_all(&bytes, false, &out));
    expect_bgzf(&bytes, &out, 4);
    bytes_free(&before);
    bytes_free(&bytes);
    bytes_free(&out);
  }
}

/* More content than a block may have: its size is true, and gzip reads it. */
Test(bgzf, too_much_content) {
  struct bytes zeros = {0}, bytes = {0}, out = {0};
  bytes_add_fill(&zeros, 0, 65537);
  add_block(&bytes, &(struct bgzf_spec){.content = zeros.data, .size = 65536});
  add_end(&bytes);
  struct bytes most = {zeros.data, 65536, 0};
  expect_bgzf(&bytes, &most, 2);
  bytes.size = 0;
  add_block(&bytes, &(struct bgzf_spec){.content = zeros.data, .size = 65537});
  add_end(&bytes);
  expect_not(&bytes, false);
  cr_assert(gzip_read_all(&bytes, false, &out) && out.size == 65537);
  bytes_free(&out);
  bytes_free(&bytes);
  bytes_free(&zeros);
}

static int asked;
static bool yes(void *user) {
  (void)user;
  return ++asked > 0;
}

Test(bgzf, limits_and_cancelling) {
  struct bytes content = mixed_bytes(3000), bytes = bgzf_of(&content, 1);
  struct rc_bgzf bgzf;
  rowcast_error error;
  unsigned char out[3000];
  bool is;
  const struct rc_bgzf_file file = {.data = bytes.data, .fd = -1, .size = bytes.size, .path = "file"};
  const size_t needed = 3002 * sizeof(struct rc_bgzf_block);
  cr_assert(needed == (size_t)3002 * 16);
  struct rc_bgzf_options options = {.max_bytes = needed - 1};
  cr_assert_eq(rc_bgzf_open(&bgzf, &is, &file, &options, &error), ROWCAST_ERR_LIMIT);
  cr_assert(!is && strstr(error.text, "too many for a limit of 48031 bytes") != NULL, "%s", error.text);
  options.max_bytes = needed;
  cr_assert_eq(rc_bgzf_open(&bgzf, &is, &file, &options, &error), ROWCAST_OK);
  struct rc_bgzf_worker *worker = rc_bgzf_worker_create(&bgzf, RC_INFLATE_BEST);
  struct rc_ask ask = rc_ask_of(yes, NULL);
  ask.due = 1;
  cr_assert_eq(rc_bgzf_read(&bgzf, worker, 0, 3000, out, &ask, &error), ROWCAST_ERR_CANCELLED);
  cr_assert(asked == 1 && strcmp(error.text, "file: interrupted") == 0);
  rc_bgzf_close(&bgzf);
  rc_bgzf_worker_destroy(worker);
  ask = rc_ask_of(yes, NULL);
  ask.due = 1;
  options.ask = &ask;
  cr_assert_eq(rc_bgzf_open(&bgzf, &is, &file, &options, &error), ROWCAST_ERR_CANCELLED);
  cr_assert(asked == 2 && !is);
  bytes_free(&content);
  bytes_free(&bytes);
}

/* A file that is another one after it was opened. */
Test(bgzf, files_that_change) {
  struct bytes content = mixed_bytes(400000), bytes = bgzf_of(&content, 65280);
  const int fd = memfd_create("bgzf", MFD_CLOEXEC);
  cr_assert(write(fd, bytes.data, bytes.size) == (ssize_t)bytes.size);
  struct rc_bgzf bgzf;
  rowcast_error error;
  bool is;
  const struct rc_bgzf_file file = {.fd = fd, .size = bytes.size, .path = "file"};
  const struct rc_bgzf_options options = {.max_bytes = 1 << 20};
  cr_assert_eq(rc_bgzf_open(&bgzf, &is, &file, &options, &error), ROWCAST_OK);
  struct rc_bgzf_worker *worker = rc_bgzf_worker_create(&bgzf, RC_INFLATE_BEST);
  unsigned char *out = malloc(content.size);
  const size_t last = (size_t)bgzf.blocks[5].at;
  cr_assert(pwrite(fd, "\x1c", 1, (off_t)last + 16) == 1); /* its size */
  cr_assert_eq(rc_bgzf_read(&bgzf, worker, 0, content.size, out, NULL, &error), ROWCAST_ERR_FORMAT);
  cr_assert(strstr(error.text, "BGZF: block 5 at byte ") != NULL && strstr(error.text, "has changed") != NULL, "%s",
            error.text);
  /* What does not touch it can be read. */
  cr_assert_eq(rc_bgzf_read(&bgzf, worker, 10, (uint64_t)5 * 65280, out, NULL, NULL), ROWCAST_OK);
  cr_assert(memcmp(out, content.data + 10, (size_t)5 * 65280 - 10) == 0);
  cr_assert(ftruncate(fd, (off_t)last + 100) == 0);
  cr_assert_eq(rc_bgzf_read(&bgzf, worker, 0, content.size, out, NULL, &error), ROWCAST_ERR_FORMAT);
  cr_assert(strstr(error.text, "has changed") != NULL, "%s", error.text);
  cr_assert_eq(rc_bgzf_open(&(struct rc_bgzf){0}, &is, &file, &options, &error), ROWCAST_ERR_FORMAT);
  cr_assert(strstr(error.text, "shorter while it was read") != NULL, "%s", error.text);
  close(fd);
  cr_assert_eq(rc_bgzf_read(&bgzf, worker, 0, content.size, out, NULL, &error), ROWCAST_ERR_IO);
  cr_assert(strstr(error.text, "cannot read: ") != NULL, "%s", error.text);
  free(out);
  rc_bgzf_worker_destroy(worker);
  rc_bgzf_close(&bgzf);
  bytes_free(&content);
  bytes_free(&bytes);
}

/* One table, one file, threads that read all of it in their own order. */
struct reading {
  const struct rc_bgzf *bgzf;
  const struct bytes *content;
  uint64_t seed;
  bool right;
};

static void *read_ranges(void *argument) {
  struct reading *reading = argument;
  const struct rc_bgzf *bgzf = reading->bgzf;
  struct random random = random_from(reading->seed);
  struct rc_bgzf_worker *worker = rc_bgzf_worker_create(bgzf, RC_INFLATE_BEST);
  unsigned char *out = malloc((size_t)bgzf->size);
  reading->right = worker != NULL && out != NULL;
  for (int i = 0; reading->right && i < 30; i++) {
    const size_t from = random_below(&random, (size_t)bgzf->size),
                 to = from + random_below(&random, (size_t)bgzf->size - from + 1);
    reading->right = rc_bgzf_read(bgzf, worker, from, to, out, NULL, NULL) == ROWCAST_OK &&
                     memcmp(out, reading->content->data + from, to - from) == 0;
  }
  free(out);
  rc_bgzf_worker_destroy(worker);
  return NULL;
}

Test(bgzf, threads) {
  enum { THREADS = 4 };
  struct bytes content = mixed_bytes(700000), bytes = bgzf_of(&content, 65280);
  const int fd = memfd_create("bgzf", MFD_CLOEXEC);
  cr_assert(write(fd, bytes.data, bytes.size) == (ssize_t)bytes.size);
  struct rc_bgzf bgzf;
  bool is;
  const struct rc_bgzf_file file = {.fd = fd, .size = bytes.size, .path = "file"};
  cr_assert(rc_bgzf_open(&bgzf, &is, &file, &(struct rc_bgzf_options){.max_bytes = 1 << 20}, NULL) == ROWCAST_OK && is);
  pthread_t threads[THREADS];
  struct reading readings[THREADS];
  for (size_t i = 0; i < THREADS; i++) {
    readings[i] = (struct reading){&bgzf, &content, i + 1, false};
    cr_assert(pthread_create(&threads[i], NULL, read_ranges, &readings[i]) == 0);
  }
  for (size_t i = 0; i < THREADS; i++) {
    pthread_join(threads[i], NULL);
    cr_expect(readings[i].right);
  }
  rc_bgzf_close(&bgzf);
  close(fd);
  bytes_free(&content);
  bytes_free(&bytes);
}
