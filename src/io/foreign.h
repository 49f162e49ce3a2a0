/* SPDX-License-Identifier: BSD-3-Clause */
/* Files of formats that are not read: what they are, and the command that converts them. */
#ifndef RC_IO_FOREIGN_H
#define RC_IO_FOREIGN_H

#include <stddef.h>

/* "is ...: what helps" for a file that begins with these bytes; NULL: no known format. */
const char *rc_foreign_described(const unsigned char *data, size_t size);

/* The same for a zip archive with an entry of that name. */
const char *rc_foreign_zip_described(const char *entry);

#endif
