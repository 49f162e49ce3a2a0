/* SPDX-License-Identifier: BSD-3-Clause */
/* gzip: members, headers, trailers, what follows them, limits. Every case goes through both inflaters, which must
 * give the same verdict and the same content. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include <io/gzip.h>

#include "file_builder.h"
#include "fixture.h"

enum { PLENTY = 1 << 24 };

/* A case varies what is expected and allowed; the rest is filled in. */
static const struct rc_gzip plain = {.max_bytes = PLENTY};

/* Inflates with both and checks that they agree. On success the content is in *out. The input ends at an
 * unreadable page, so that reading past it is noticed. */
static rowcast_status inflate_both(const struct bytes *input, const struct rc_gzip *request, struct rc_buffer *out,
                                   rowcast_error *error) {
  struct guarded guard = guarded_alloc(input->size, GUARD_AFTER, 0);
  if (input->size > 0) memcpy(guard.data, input->data, input->size);
  guarded_make_readonly(&guard);
  struct rc_buffer results[2] = {{0}, {0}};
  rowcast_error errors[2] = {{.status = ROWCAST_OK}, {.status = ROWCAST_OK}};
  rowcast_status verdicts[2];
  static const enum rc_inflater inflaters[2] = {RC_INFLATE_ZLIB, RC_INFLATE_LIBDEFLATE};
  for (int i = 0; i < 2; i++) {
    struct rc_gzip gzip = *request;
    gzip.data = guard.data, gzip.size = input->size, gzip.path = "file", gzip.inflater = inflaters[i];
    verdicts[i] = rc_gunzip(&results[i], &gzip, &errors[i]);
    if (verdicts[i] != ROWCAST_OK) {
      cr_assert(results[i].data == NULL && results[i].size == 0, "a failure left a buffer");
      cr_assert(strncmp(errors[i].text, "file: ", 6) == 0, "no path in: %s", errors[i].text);
    } else {
      cr_assert_str_empty(errors[i].text);
    }
  }
  cr_assert(verdicts[0] == verdicts[1], "zlib: %s (%s), libdeflate: %s (%s)", rowcast_status_text(verdicts[0]),
            errors[0].text, rowcast_status_text(verdicts[1]), errors[1].text);
  cr_assert_str_eq(errors[0].text, errors[1].text);
  cr_assert_eq(results[0].size, results[1].size);
  cr_assert(results[0].size == 0 || memcmp(results[0].data, results[1].data, results[0].size) == 0);
  if (error != NULL) *error = errors[0];
  *out = results[0];
  rc_buffer_free(&results[1]);
  guarded_free(&guard);
  return verdicts[0];
}

static void expect_content(const struct bytes *input, const struct rc_gzip *request, const void *content, size_t size) {
  struct rc_buffer out;
  rowcast_error error;
  cr_assert(inflate_both(input, request, &out, &error) == ROWCAST_OK, "%s", error.text);
  cr_assert(out.size == size, "%zu bytes instead of %zu", out.size, size);
  cr_assert(size == 0 || memcmp(out.data, content, size) == 0, "wrong content");
  rc_buffer_free(&out);
}

/* Refused with the status, and the text says so. */
static void expect_refused(const struct bytes *input, const struct rc_gzip *request, rowcast_status status,
                           const char *part) {
  struct rc_buffer out;
  rowcast_error error;
  const rowcast_status got = inflate_both(input, request, &out, &error);
  cr_assert(got == status, "%s (%s) instead of %s", rowcast_status_text(got), error.text, rowcast_status_text(status));
  cr_assert(strstr(error.text, part) != NULL, "'%s' is not in: %s", part, error.text);
}

static const char text[] = "the quick brown fox, the quick brown fox, the quick brown fox and the lazy dog";
enum { TEXT = sizeof text - 1 };

static struct bytes one(struct gzip_member member) {
  struct bytes bytes = {0};
  if (member.content == NULL) member.content = text, member.size = TEXT;
  add_gzip(&bytes, &member);
  return bytes;
}

Test(gzip, recognised_by_two_bytes) {
  cr_expect(rc_is_gzip((const unsigned char *)"\x1f\x8b", 2));
  cr_expect_not(rc_is_gzip((const unsigned char *)"\x1f\x8b", 1));
  cr_expect_not(rc_is_gzip((const unsigned char *)"\x1f\x8c", 2));
  cr_expect_not(rc_is_gzip((const unsigned char *)"", 0));
}

Test(gzip, one_member) {
  struct bytes bytes = one((struct gzip_member){.stored = false});
  expect_content(&bytes, &plain, text, TEXT);
  bytes_free(&bytes);
  bytes = one((struct gzip_member){.stored = true});
  expect_content(&bytes, &plain, text, TEXT);
  bytes_free(&bytes);
  bytes = one((struct gzip_member){.content = "", .size = 0});
  expect_content(&bytes, &plain, "", 0);
  bytes_free(&bytes);
}

Test(gzip, members_in_a_row) {
  struct bytes bytes = {0};
  add_gzip(&bytes, &(struct gzip_member){.content = text, .size = 10});
  add_gzip(&bytes, &(struct gzip_member){.content = "", .size = 0});
  add_gzip(&bytes, &(struct gzip_member){.content = text + 10, .size = 20, .name = "second", .stored = true});
  add_gzip(&bytes, &(struct gzip_member){.content = text + 30, .size = TEXT - 30, .header_crc = true});
  expect_content(&bytes, &plain, text, TEXT);
  /* A fault in the last member counts as much as one in the first. */
  bytes.data[bytes.size - 5] ^= 1;
  expect_refused(&bytes, &plain, ROWCAST_ERR_FORMAT, "wrong CRC at byte");
  bytes_free(&bytes);
}

Test(gzip, optional_header_fields) {
  for (unsigned i = 0; i < 16; i++) {
    struct bytes bytes = one((struct gzip_member){.extra = i & 1 ? "AB\x02-xy" : NULL,
                                                  .name = i & 2 ? "train-images" : NULL,
                                                  .comment = i & 4 ? "" : NULL,
                                                  .header_crc = (i & 8) != 0});
    expect_content(&bytes, &plain, text, TEXT);
    bytes_free(&bytes);
  }
}

Test(gzip, header_faults) {
  struct bytes bytes = one((struct gzip_member){.name = "n", .header_crc = true, .header_crc_difference = 0x100});
  expect_refused(&bytes, &plain, ROWCAST_ERR_FORMAT, "wrong header CRC at byte 0");
  bytes_free(&bytes);
  for (unsigned flag = 0x20; flag <= 0x80; flag *= 2) {
    bytes = one((struct gzip_member){.reserved_flags = flag});
    expect_refused(&bytes, &plain, ROWCAST_ERR_FORMAT, "reserved header flags");
    bytes_free(&bytes);
  }
  bytes = one((struct gzip_member){.method_difference = 1});
  expect_refused(&bytes, &plain, ROWCAST_ERR_FORMAT, "unknown compression method");
  bytes_free(&bytes);
  /* An extra field that says it is longer than the file; a name without an end. */
  bytes = one((struct gzip_member){.extra = "xx"});
  bytes.data[10] = bytes.data[11] = 0xff;
  expect_refused(&bytes, &plain, ROWCAST_ERR_FORMAT, "truncated in a member's header");
  bytes.size = 0;
  bytes_add(&bytes, "\x1f\x8b\x08\x08\0\0\0\0\0\xff", 10);
  bytes_add_fill(&bytes, 'n', 100);
  expect_refused(&bytes, &plain, ROWCAST_ERR_FORMAT, "truncated in a member's header");
  bytes_free(&bytes);
  expect_refused(&(struct bytes){0}, &plain, ROWCAST_ERR_FORMAT, "truncated in a member's header");
}

Test(gzip, wrong_crc) {
  for (unsigned bit = 0; bit < 32; bit++) {
    struct bytes bytes = one((struct gzip_member){.crc_difference = 1u << bit});
    expect_refused(&bytes, &plain, ROWCAST_ERR_FORMAT, "wrong CRC");
    bytes_free(&bytes);
  }
}

/* The stated length is compared, and never used to allocate: 0, less, more, the largest. */
Test(gzip, wrong_length) {
  static const uint32_t stated[] = {0, 1, TEXT - 1, TEXT + 1, 0x7fffffff, 0xffffffff};
  for (size_t i = 0; i < sizeof stated / sizeof stated[0]; i++) {
    struct bytes bytes = one((struct gzip_member){.length_difference = stated[i] ^ (uint32_t)TEXT});
    expect_refused(&bytes, &plain, ROWCAST_ERR_FORMAT, "wrong length in the trailer");
    bytes_free(&bytes);
  }
}

Test(gzip, cut_at_every_byte) {
  struct bytes bytes =
    one((struct gzip_member){.extra = "abcd", .name = "name", .comment = "comment", .header_crc = true});
  const size_t first = bytes.size;
  add_gzip(&bytes, &(struct gzip_member){.content = text, .size = TEXT, .name = "n", .stored = true});
  struct bytes cut = bytes;
  for (cut.size = 0; cut.size < bytes.size; cut.size++) {
    if (cut.size == first) expect_content(&cut, &plain, text, TEXT);
    else if (cut.size == first + 1) /* 1f alone is not a member: it is a byte too many */
      expect_refused(&cut, &plain, ROWCAST_ERR_FORMAT, "1 bytes after the last member");
    else expect_refused(&cut, &plain, ROWCAST_ERR_FORMAT, "truncated");
    if (cut.size != first && cut.size != first + 1) /* allow_trailing does not excuse a cut member */
      expect_refused(&cut, &(struct rc_gzip){.max_bytes = PLENTY, .allow_trailing = true}, ROWCAST_ERR_FORMAT,
                     "truncated");
  }
  bytes_free(&bytes);
}

Test(gzip, after_the_last_member) {
  struct bytes bytes = one((struct gzip_member){.stored = false});
  const size_t member = bytes.size;
  bytes_add_fill(&bytes, 0, 1000);
  expect_content(&bytes, &plain, text, TEXT);
  bytes.size = member + 1;
  expect_content(&bytes, &plain, text, TEXT);

  bytes.size = member + 512;
  bytes.data[bytes.size - 1] = 1;
  expect_refused(&bytes, &plain, ROWCAST_ERR_FORMAT, "512 bytes after the last member");
  expect_content(&bytes, &(struct rc_gzip){.max_bytes = PLENTY, .allow_trailing = true}, text, TEXT);

  bytes.size = member;
  bytes_add_text(&bytes, "garbage");
  expect_refused(&bytes, &plain, ROWCAST_ERR_FORMAT, "7 bytes after the last member, at byte");
  expect_content(&bytes, &(struct rc_gzip){.max_bytes = PLENTY, .allow_trailing = true}, text, TEXT);

  /* A member after padding is not looked for: gzip(1) leaves it out, and leaving out data is an error here. */
  bytes.size = member;
  bytes_add_fill(&bytes, 0, 10);
  add_gzip(&bytes, &(struct gzip_member){.content = text, .size = TEXT});
  expect_refused(&bytes, &plain, ROWCAST_ERR_FORMAT, "after the last member");

  /* What begins like a member is one, and has to be valid. */
  bytes.size = member;
  bytes_add(&bytes, "\x1f\x8b\x07 garbage", 11);
  expect_refused(&bytes, &(struct rc_gzip){.max_bytes = PLENTY, .allow_trailing = true}, ROWCAST_ERR_FORMAT,
                 "unknown compression method");
  bytes_free(&bytes);
}

/* One level is inflated: what is inside is the content. */
Test(gzip, inside_gzip) {
  struct bytes inner = one((struct gzip_member){.stored = false}), outer = gzip_of(&inner);
  expect_content(&outer, &plain, inner.data, inner.size);
  bytes_free(&inner);
  bytes_free(&outer);
}

Test(gzip, bomb) {
  enum { ZEROS = 10000000 };
  struct bytes zeros = {0};
  bytes_add_fill(&zeros, 0, ZEROS);
  struct bytes bomb = gzip_of(&zeros);
  cr_assert_lt(bomb.size, ZEROS / 900);
  static const size_t limits[] = {1, 1000, 65536, 1000000, ZEROS - 1};
  for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++)
    expect_refused(&bomb, &(struct rc_gzip){.max_bytes = limits[i]}, ROWCAST_ERR_LIMIT, "more than the limit");
  expect_content(&bomb, &(struct rc_gzip){.max_bytes = ZEROS}, zeros.data, ZEROS);
  /* Many members are limited together. */
  const size_t member = bomb.size;
  struct bytes twice = {0};
  bytes_add(&twice, bomb.data, member);
  bytes_add(&twice, bomb.data, member);
  expect_refused(&twice, &(struct rc_gzip){.max_bytes = 2 * ZEROS - 1}, ROWCAST_ERR_LIMIT, "more than the limit");
  bytes_free(&zeros);
  bytes_free(&bomb);
  bytes_free(&twice);
}

/* The exact limit, around the sizes at which buffers are rounded. */
Test(gzip, limit_to_the_byte) {
  struct random random = random_from(test_seed());
  unsigned char noise[1024];
  for (size_t i = 0; i < sizeof noise; i++) noise[i] = (unsigned char)random_below(&random, 256);
  static const size_t sizes[] = {1, 62, 63, 64, 65, 127, 128, 129, 1023, 1024};
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    struct bytes bytes = one((struct gzip_member){.content = noise, .size = sizes[i]});
    expect_content(&bytes, &(struct rc_gzip){.max_bytes = sizes[i]}, noise, sizes[i]);
    expect_refused(&bytes, &(struct rc_gzip){.max_bytes = sizes[i] - 1}, ROWCAST_ERR_LIMIT, "more than the limit");
    bytes_free(&bytes);
  }
}

/* What the content's own header states is enough, and what more would be is not inflated. */
Test(gzip, expected_size) {
  struct bytes bytes = one((struct gzip_member){.stored = false});
  static const size_t stated[] = {1, TEXT - 1, TEXT, TEXT + 1, 1000};
  for (size_t i = 0; i < sizeof stated / sizeof stated[0]; i++) {
    expect_content(&bytes, &(struct rc_gzip){.expected = stated[i], .max_bytes = PLENTY, .allow_trailing = true}, text,
                   TEXT);
    const struct rc_gzip strict = {.expected = stated[i], .max_bytes = PLENTY};
    if (stated[i] < TEXT) expect_refused(&bytes, &strict, ROWCAST_ERR_FORMAT, "inflates to more than its header's");
    else expect_content(&bytes, &strict, text, TEXT);
  }
  expect_refused(&bytes, &(struct rc_gzip){.expected = 1032 * bytes.size + 1, .max_bytes = PLENTY}, ROWCAST_ERR_FORMAT,
                 "its header states");
  expect_refused(&bytes, &(struct rc_gzip){.expected = SIZE_MAX, .max_bytes = SIZE_MAX}, ROWCAST_ERR_FORMAT,
                 "its header states");
  bytes_free(&bytes);
}

/* It stops where there is too much: the wrong checksum at the end is not reached. */
Test(gzip, more_than_expected_is_not_inflated) {
  enum { LARGE = 1 << 20, STATED = 1000 };
  unsigned char *zeros = calloc(LARGE, 1);
  cr_assert_not_null(zeros);
  struct bytes bytes = one((struct gzip_member){.content = zeros, .size = LARGE});
  bytes.data[bytes.size - 8] ^= 1;
  expect_refused(&bytes, &(struct rc_gzip){.expected = STATED, .max_bytes = PLENTY}, ROWCAST_ERR_FORMAT,
                 "more than its header's 1000 bytes");
  expect_refused(&bytes, &plain, ROWCAST_ERR_FORMAT, "wrong CRC");
  /* Nor is a member after the last that was wanted. */
  struct bytes two = one((struct gzip_member){.stored = false});
  bytes_add(&two, bytes.data, bytes.size);
  expect_refused(&two, &(struct rc_gzip){.expected = TEXT, .max_bytes = PLENTY}, ROWCAST_ERR_FORMAT,
                 "more than its header's");
  bytes_free(&two), bytes_free(&bytes);
  free(zeros);
}

/* Every byte of a small file replaced by every value: never two opinions, never a crash. */
Test(gzip, every_byte_changed) {
  struct bytes bytes = one((struct gzip_member){.content = "gzip", .size = 4, .name = "n", .header_crc = true});
  for (size_t at = 0; at < bytes.size; at++) {
    const unsigned char right = bytes.data[at];
    for (unsigned value = 0; value < 256; value++) {
      struct rc_buffer out;
      bytes.data[at] = (unsigned char)value;
      if (inflate_both(&bytes, &plain, &out, NULL) == ROWCAST_OK)
        cr_assert(out.size == 4 && memcmp(out.data, "gzip", 4) == 0);
      rc_buffer_free(&out);
    }
    bytes.data[at] = right;
  }
  bytes_free(&bytes);
}

Test(gzip, peek) {
  struct bytes bytes = one((struct gzip_member){.name = "n"});
  unsigned char head[2 * TEXT];
  cr_expect_eq(rc_gzip_peek(bytes.data, bytes.size, head, 9), 9);
  cr_expect(memcmp(head, text, 9) == 0);
  cr_expect_eq(rc_gzip_peek(bytes.data, bytes.size, head, sizeof head), TEXT);
  cr_expect(memcmp(head, text, TEXT) == 0);
  /* Cut input gives what there is; damaged input gives nothing. */
  const size_t cut = rc_gzip_peek(bytes.data, bytes.size - 20, head, sizeof head);
  cr_expect(cut > 0 && cut < TEXT && memcmp(head, text, cut) == 0);
  bytes.data[2] = 9;
  cr_expect_eq(rc_gzip_peek(bytes.data, bytes.size, head, sizeof head), 0);
  cr_expect_eq(rc_gzip_peek(bytes.data, 0, head, sizeof head), 0);
  bytes_free(&bytes);
}
