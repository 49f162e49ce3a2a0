/* SPDX-License-Identifier: BSD-3-Clause */
/* The values options take, read strictly: nothing before or after them, nothing rounded into range. */
#ifndef ROWCAST_CLI_VALUES_H
#define ROWCAST_CLI_VALUES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Rows from:to, half open. */
struct row_range {
  bool given;
  size_t from, to; /* to is SIZE_MAX when the text left it out */
};

/* A decimal number of digits alone, from least to most. */
bool value_number(const char *text, uint64_t least, uint64_t most, uint64_t *number);

/* "A:B", "A:", ":B" or ":"; A must not be above B. */
bool value_rows(const char *text, struct row_range *rows);

/* "randn:SEED" with a seed of 64 bits. */
bool value_randn(const char *text, uint64_t *seed);

/* Does a text begin as "randn" or "randn:..." does? It is no file's name then; ./randn is. */
bool value_is_randn(const char *text);

/* A percentage from 0 to 1000, such as 2 or 0.5, as a part of 1. */
bool value_percent(const char *text, double *part);

/* A decimal number or a fraction of two, such as 0.5 or 1/256: finite as a float32, and not 0. */
bool value_scale(const char *text, float *scale);

/* A number of bytes, at least 64 KiB: digits, perhaps followed by K, M, G or T for powers of 1024. */
bool value_bytes(const char *text, size_t *bytes);

/* A product's shape. */
struct shape {
  size_t m, k, n;
};

#endif
