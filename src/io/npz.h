/* SPDX-License-Identifier: BSD-3-Clause */
/* NPZ: a zip archive of NPY files (numpy.savez, numpy.savez_compressed), read with libzip. */
#ifndef RC_IO_NPZ_H
#define RC_IO_NPZ_H

#include <stdbool.h>
#include <stddef.h>

#include <rowcast/status.h>

#include "ask.h"
#include "buffer.h"

bool rc_is_zip(const unsigned char *data, size_t size);

/* Extracts one array, an NPY, from the archive in `archive` into *npy, which must be empty: the one of that name, with
 * or without ".npy", or (NULL) the only one of 2 or 3 dimensions. *name becomes its name without ".npy", to be freed.
 * The whole directory is checked first: at most 4096 entries, stored or deflated, no encryption, no folders, no
 * duplicate names, no overlapping entries. *ask: whether to give up, now and then (ROWCAST_ERR_CANCELLED).
 * ROWCAST_ERR_UNSUPPORTED where the library was built without libzip. */
rowcast_status rc_npz_extract(struct rc_buffer *npy, const struct rc_buffer *archive, const char *array, char **name,
                              size_t max_bytes, struct rc_ask *ask, const char *path, rowcast_error *err);

/* An archive with the one array arr_0, as numpy.savez(file, array) names it, in *archive, which is empty. npy must stay
 * until it returns. */
rowcast_status rc_npz_make(struct rc_buffer *archive, const void *npy, size_t size, const char *path,
                           rowcast_error *err);

#endif
