/* SPDX-License-Identifier: BSD-3-Clause */
#include "archive.h"

#include <stdbool.h>
#include <string.h>

static const char name[] = "arr_0.npy";
enum { NAME = sizeof name - 1, VERSION = 10, VERSION_64 = 45, MADE_BY_UNIX = 0x033f, DATE = 0x21 /* 1980-01-01 */ };

struct bytes {
  unsigned char *at;
};

/* Little-endian. */
static void put(struct bytes *to, uint64_t value, int bytes) {
  for (int i = 0; i < bytes; i++) *to->at++ = (unsigned char)(value >> 8 * i);
}

static void put_name(struct bytes *to) {
  memcpy(to->at, name, NAME);
  to->at += NAME;
}

static bool is_long(uint64_t size) { return size >= UINT32_MAX; }

/* A number, or what says that zip64's fields have it. */
static uint64_t short_of(uint64_t size) { return is_long(size) ? UINT32_MAX : size; }

/* What both headers of a member have in common: from the version that reads it to the length of the extra field. */
static void put_member(struct bytes *to, uint64_t size, unsigned long crc) {
  put(to, is_long(size) ? VERSION_64 : VERSION, 2);
  put(to, 0, 2); /* no flags */
  put(to, 0, 2); /* stored */
  put(to, 0, 2); /* 0 o'clock */
  put(to, DATE, 2);
  put(to, crc, 4);
  put(to, short_of(size), 4);
  put(to, short_of(size), 4);
  put(to, NAME, 2);
  put(to, is_long(size) ? 20 : 0, 2);
}

static void put_sizes(struct bytes *to, uint64_t size) {
  if (!is_long(size)) return;
  put(to, 1, 2);
  put(to, 16, 2);
  put(to, size, 8);
  put(to, size, 8);
}

size_t archive_begin(unsigned char to[ARCHIVE_MOST], uint64_t size, unsigned long crc) {
  struct bytes bytes = {to};
  put(&bytes, 0x04034b50, 4);
  put_member(&bytes, size, crc);
  put_name(&bytes);
  put_sizes(&bytes, size);
  return (size_t)(bytes.at - to);
}

size_t archive_end(unsigned char to[ARCHIVE_MOST], uint64_t size, unsigned long crc) {
  unsigned char begin[ARCHIVE_MOST];
  const uint64_t directory = archive_begin(begin, size, crc) + size;
  struct bytes bytes = {to};
  put(&bytes, 0x02014b50, 4);
  put(&bytes, MADE_BY_UNIX, 2);
  put_member(&bytes, size, crc);
  put(&bytes, 0, 6);                       /* no comment, the first disk, no text */
  put(&bytes, (uint64_t)0100666 << 16, 4); /* a file that all may read and write */
  put(&bytes, 0, 4);                       /* where it begins */
  put_name(&bytes);
  put_sizes(&bytes, size);
  const uint64_t length = (uint64_t)(bytes.at - to), end = directory + length;
  if (is_long(directory)) {
    put(&bytes, 0x06064b50, 4);
    put(&bytes, 44, 8);         /* bytes that follow of this record */
    put(&bytes, VERSION_64, 2); /* made by */
    put(&bytes, VERSION_64, 2);
    put(&bytes, 0, 8); /* the first disk */
    put(&bytes, 1, 8);
    put(&bytes, 1, 8);
    put(&bytes, length, 8);
    put(&bytes, directory, 8);
    put(&bytes, 0x07064b50, 4);
    put(&bytes, 0, 4);
    put(&bytes, end, 8);
    put(&bytes, 1, 4);
  }
  put(&bytes, 0x06054b50, 4);
  put(&bytes, 0, 4);
  put(&bytes, 1, 2);
  put(&bytes, 1, 2);
  put(&bytes, length, 4);
  put(&bytes, short_of(directory), 4);
  put(&bytes, 0, 2);
  return (size_t)(bytes.at - to);
}
