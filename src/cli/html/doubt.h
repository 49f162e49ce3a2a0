/* SPDX-License-Identifier: BSD-3-Clause */
/* How much casts doubt on a page's figures. */
#ifndef ROWCAST_CLI_DOUBT_H
#define ROWCAST_CLI_DOUBT_H

#include <stdbool.h>
#include <stddef.h>

#include "html/material.h"

struct doubts {
  size_t notes; /* sentences of the documents */
  size_t above; /* results that leave nothing out and are above their roof */
};
struct doubts doubts_of(const struct material *material);

/* Is it above its roof, by more than probes vary, though it leaves nothing out? */
bool is_above_roof(const json_t *result);

#endif
