/* SPDX-License-Identifier: BSD-3-Clause */
/* Elements of any type and byte order to float32. */
#ifndef RC_IO_CONVERT_H
#define RC_IO_CONVERT_H

#include "header.h"

/* Writes the elements at from (header->bytes of them) to out as rows x cols float32, row-major, rounded to nearest. */
void rc_convert_f32(const struct rc_header *header, const unsigned char *from, float *out);

/* Column-major bytes to row-major. */
void rc_transpose_u8(const struct rc_header *header, const unsigned char *from, unsigned char *out);

/* Are these float32 all n/256, n = 0..255 (and no -0)? Then out gets the n; else it may hold anything. */
bool rc_bytes_of_f32(const float *from, size_t count, unsigned char *out);

/* count elements of a row-major array to float32, from any place in it. */
void rc_convert_run(const struct rc_header *header, const unsigned char *from, size_t count, float *out);

#endif
