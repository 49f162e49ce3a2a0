/* SPDX-License-Identifier: BSD-3-Clause */
/* Options that callers fill may gain members from version to version. Each such struct begins with a size_t
 * struct_size, the sizeof in the header its caller was compiled with, and ends without padding; new members go to the
 * end and mean nothing when zero. So an old caller's shorter struct is filled up with zeros, and a newer caller's
 * longer one is taken as long as it asks for nothing this library does not know. (The rule of Linux's
 * copy_struct_from_user().) */
#ifndef RC_STRUCT_SIZE_H
#define RC_STRUCT_SIZE_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include <rowcast/status.h>

/* No version's struct is larger; a size above it was never set. */
enum { RC_LARGEST_STRUCT = 4096 };

/* Makes the `size` bytes at options a struct that asks for nothing: all defaults mean that. Nothing is done to one that
 * has no room for its struct_size. */
static inline void rc_init_struct(void *options, size_t size) {
  if (options == NULL || size < sizeof size) return;
  memset(options, 0, size);
  memcpy(options, &size, sizeof size);
}

/* Copies *given into *own, a struct of `size` bytes whose first version had `first`. NULL, or what is wrong: then *own
 * is not to be used, and *status says of which kind the fault is. */
static inline const char *rc_take_struct(void *own, size_t size, size_t first, const void *given,
                                         rowcast_status *status) {
  size_t said;
  memcpy(&said, given, sizeof said);
  *status = ROWCAST_ERR_ARGUMENT;
  if (said < first) return "struct_size is too small; start from the header's ..._DEFAULTS";
  if (said > RC_LARGEST_STRUCT) return "struct_size is too large; start from the header's ..._DEFAULTS";
  *status = ROWCAST_ERR_UNSUPPORTED;
  for (size_t i = size; i < said; i++)
    if (((const unsigned char *)given)[i] != 0)
      return "an option is set that this version of the library does not know";
  *status = ROWCAST_OK;
  memset(own, 0, size);
  memcpy(own, given, said < size ? said : size);
  memcpy(own, &size, sizeof size);
  return NULL;
}

/* What the library fills grows the same way, and its size comes from the caller: of the `mine` bytes at *own, as many
 * as the caller's struct of `size` bytes has room for go to *to; what a newer caller's has beyond them becomes zero.
 * `first` is the size in the first version. False: to is NULL, or the size cannot be that of such a struct. */
static inline bool rc_give_struct(void *to, size_t size, size_t first, const void *own, size_t mine) {
  if (to == NULL || size < first || size > RC_LARGEST_STRUCT) return false;
  memset(to, 0, size);
  memcpy(to, own, mine < size ? mine : size);
  return true;
}

#endif
