/* SPDX-License-Identifier: BSD-3-Clause */
/* BGZF in: the table of blocks, and files that contradict themselves. Each case is read from memory and from a file, by
 * both inflaters, whole and in parts (bgzf_builder.h). */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include <io/bgzf.h>

#include "bgzf_builder.h"

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
