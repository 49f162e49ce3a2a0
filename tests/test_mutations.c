/* SPDX-License-Identifier: BSD-3-Clause */
/* Small good files, damaged in every simple way: cut at every byte, every bit flipped, every byte replaced by
 * a few telling values, every pair of neighbours swapped. Each is refused with a text that names the file, or
 * is a consistent matrix of which every element can be read (read_checked()); none crashes. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file_builder.h"
#include "process.h"

static char *folder, *path;

static void set_up(void) { folder = folder_make(), path = path_in(folder, "file"); }
static void tear_down(void) { free(path), folder_remove(folder); }

TestSuite(mutations, .init = set_up, .fini = tear_down);

/* What a damaged file may take at most: no damage may make a small file claim all the memory. */
static const rowcast_read_options strict = {sizeof(rowcast_read_options), .max_bytes = 1 << 20};
static const rowcast_read_options trailing = {sizeof(rowcast_read_options), .max_bytes = 1 << 20,
                                              .allow_trailing = true};

enum { ORIGINALS = 8 };

/* The originals: IDX and NPY of several types, plain and gzipped. */
static struct bytes original(size_t which) {
  struct bytes bytes = {0};
  switch (which / 2) {
  case 0:
    add_idx_header(&bytes, 0x08, 3, (const size_t[]){3, 2, 2});
    bytes_add(&bytes, "abcdefghijkl", 12);
    break;
  case 1:
    add_idx_header(&bytes, 0x0e, 2, (const size_t[]){2, 1});
    bytes_add(&bytes, "\x3f\xf0\0\0\0\0\0\0\x40\x09\x21\xfb\x54\x44\x2d\x18", 16);
    break;
  case 2:
    add_npy_header(&bytes, 1, "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2), }");
    bytes_add(&bytes, "abcdefghijklmnopqrstuvwx", 24);
    break;
  default:
    add_npy_header(&bytes, 2, "{'descr': '>i2', 'fortran_order': True, 'shape': (2, 3, 1), }");
    bytes_add(&bytes, "abcdefghijkl", 12);
    break;
  }
  if (which % 2 == 0) return bytes;
  struct bytes packed = {0};
  add_gzip(&packed, &(struct gzip_member){.content = bytes.data, .size = bytes.size, .name = "n", .header_crc = true});
  bytes_free(&bytes);
  return packed;
}

/* Counts over all damaged files, so that a test that damages nothing is noticed. */
static struct { size_t refused, accepted; } seen;

static rowcast_status read_damaged(const struct bytes *bytes) {
  bytes_write(bytes, path);
  const rowcast_status status = read_checked(NULL, path, &strict, NULL);
  const rowcast_status lenient = read_checked(NULL, path, &trailing, NULL);
  cr_assert(status != ROWCAST_OK || lenient == ROWCAST_OK, "accepted, but not when more is allowed");
  cr_assert(status == ROWCAST_OK || status == ROWCAST_ERR_FORMAT || status == ROWCAST_ERR_LIMIT, "%s",
            rowcast_status_text(status));
  if (status == ROWCAST_OK) seen.accepted++;
  else seen.refused++;
  return status;
}

Test(mutations, originals_are_accepted) {
  for (size_t which = 0; which < ORIGINALS; which++) {
    struct bytes bytes = original(which);
    cr_expect_eq(read_damaged(&bytes), ROWCAST_OK, "original %zu", which);
    bytes_free(&bytes);
  }
}

Test(mutations, cut_at_every_byte) {
  for (size_t which = 0; which < ORIGINALS; which++) {
    struct bytes bytes = original(which), cut = bytes;
    for (cut.size = 0; cut.size < bytes.size; cut.size++)
      cr_expect_eq(read_damaged(&cut), ROWCAST_ERR_FORMAT, "original %zu cut at %zu", which, cut.size);
    bytes_free(&bytes);
  }
}

Test(mutations, something_after) {
  for (size_t which = 0; which < ORIGINALS; which++)
    for (unsigned value = 1; value < 256; value++) {
      struct bytes bytes = original(which);
      bytes_add_fill(&bytes, (unsigned char)value, 1);
      cr_expect_eq(read_damaged(&bytes), ROWCAST_ERR_FORMAT, "original %zu", which);
      bytes_free(&bytes);
    }
}

Test(mutations, every_bit_flipped) {
  for (size_t which = 0; which < ORIGINALS; which++) {
    struct bytes bytes = original(which);
    for (size_t bit = 0; bit < 8 * bytes.size; bit++) {
      bytes.data[bit / 8] ^= (unsigned char)(1u << bit % 8);
      const rowcast_status status = read_damaged(&bytes);
      /* In a gzipped file all is under a CRC but the bits that fill the last byte of the deflate data up. */
      cr_expect(which % 2 == 0 || status != ROWCAST_OK || bit / 8 == bytes.size - 9, "original %zu, bit %zu", which,
                bit);
      bytes.data[bit / 8] ^= (unsigned char)(1u << bit % 8);
    }
    bytes_free(&bytes);
  }
  /* Flipped element bits are other elements, flipped header bits mostly nonsense. */
  cr_expect(seen.refused > 4000 && seen.accepted > 500, "%zu refused, %zu accepted", seen.refused, seen.accepted);
}

Test(mutations, every_byte_replaced) {
  static const unsigned char values[] = {0,   1,   '\'', '(', ')',  ',',  '-',  '0',
                                         '9', 'L', '{',  '}', 0x7f, 0x80, 0xfe, 0xff};
  for (size_t which = 0; which < ORIGINALS; which += 2) {
    struct bytes bytes = original(which);
    for (size_t at = 0; at < bytes.size; at++) {
      const unsigned char right = bytes.data[at];
      for (size_t v = 0; v < sizeof values; v++) {
        bytes.data[at] = values[v];
        read_damaged(&bytes);
      }
      bytes.data[at] = right;
    }
    bytes_free(&bytes);
  }
  cr_expect(seen.refused > 500 && seen.accepted > 500, "%zu refused, %zu accepted", seen.refused, seen.accepted);
}

/* The same damage inside a gzip member whose CRC is right: nothing but the parser stands in its way. */
Test(mutations, every_bit_flipped_inside_gzip) {
  for (size_t which = 0; which < ORIGINALS; which += 2) {
    struct bytes bytes = original(which);
    for (size_t bit = 0; bit < 8 * bytes.size; bit++) {
      bytes.data[bit / 8] ^= (unsigned char)(1u << bit % 8);
      bytes_write(&bytes, path);
      const rowcast_status plain = read_checked(NULL, path, &strict, NULL);
      struct bytes packed = gzip_of(&bytes);
      const rowcast_status gzipped = read_damaged(&packed);
      cr_expect((plain == ROWCAST_OK) == (gzipped == ROWCAST_OK), "original %zu, bit %zu: %s, gzipped %s", which, bit,
                rowcast_status_text(plain), rowcast_status_text(gzipped));
      bytes_free(&packed);
      bytes.data[bit / 8] ^= (unsigned char)(1u << bit % 8);
    }
    bytes_free(&bytes);
  }
  cr_expect(seen.refused > 1000 && seen.accepted > 500, "%zu refused, %zu accepted", seen.refused, seen.accepted);
}

Test(mutations, neighbours_swapped_and_bytes_left_out) {
  for (size_t which = 0; which < ORIGINALS; which++) {
    struct bytes bytes = original(which);
    for (size_t at = 0; at + 1 < bytes.size; at++) {
      const unsigned char first = bytes.data[at], second = bytes.data[at + 1];
      bytes.data[at] = second, bytes.data[at + 1] = first;
      read_damaged(&bytes);
      bytes.data[at] = first, bytes.data[at + 1] = second;
      struct bytes shorter = {0};
      bytes_add(&shorter, bytes.data, at);
      bytes_add(&shorter, bytes.data + at + 1, bytes.size - at - 1);
      read_damaged(&shorter);
      bytes_free(&shorter);
    }
    bytes_free(&bytes);
  }
  cr_expect(seen.refused > 500, "%zu refused", seen.refused);
}
