/* SPDX-License-Identifier: BSD-3-Clause */
/* Files of formats that are not read: what they are, and the command that converts them. */
#ifndef RC_IO_FOREIGN_H
#define RC_IO_FOREIGN_H

#include <stddef.h>

/* "is ...: what helps", and what rc_advise() is to add; words are NULL: no known format. */
struct rc_foreign {
  const char *words, *advice;
};

/* A file that begins with these bytes. */
struct rc_foreign rc_foreign_described(const unsigned char *data, size_t size);

/* A zip archive with an entry of that name. */
struct rc_foreign rc_foreign_zip_described(const char *entry);

#endif
