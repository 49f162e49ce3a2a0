/* SPDX-License-Identifier: BSD-3-Clause */
/* The shapes that documents have results of: rows, elements of a row and columns. */
#ifndef ROWCAST_CLI_PLOT_SHAPES_H
#define ROWCAST_CLI_PLOT_SHAPES_H

#include <stddef.h>

#include <jansson.h>

/* A result of each shape that there is, the most work first, to be freed; *found: how many. NULL: no memory. */
const json_t **plot_shapes(json_t *const *documents, size_t count, size_t *found);

#endif
