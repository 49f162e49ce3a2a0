/* SPDX-License-Identifier: BSD-3-Clause */
/* safetensors: named tensors, as Hugging Face's library writes them. A length of 8 bytes, little-endian; JSON of that
 * length, which names each tensor's type, shape and place; the elements. Source:
 * https://github.com/huggingface/safetensors, README.md, "Format". */
#ifndef RC_IO_SAFETENSORS_H
#define RC_IO_SAFETENSORS_H

#include <stdbool.h>
#include <stddef.h>

#include <rowcast/status.h>

#include "buffer.h"
#include "header.h"

bool rc_is_safetensors(const unsigned char *data, size_t size);

/* Finds the tensor of that name, or (NULL) the only one, or the only one of 2 or 3 dimensions, in the file that the
 * content is; header->offset becomes the place of its elements in it. *name becomes the tensor's, to be freed. All of
 * the header is checked first: no name twice, and the tensors fill the file, without gaps or overlaps, to its end
 * (allow_trailing: to any end). Names and strings in the header may have been decoded in place. */
rowcast_status rc_safetensors_find(struct rc_header *header, char **name, struct rc_buffer *content, const char *array,
                                   bool allow_trailing, const char *path, rowcast_error *err);

#endif
