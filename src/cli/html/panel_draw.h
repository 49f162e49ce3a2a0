/* SPDX-License-Identifier: BSD-3-Clause */
/* Pictures of a machine's roof and the kernels under it, in SVG. */
#ifndef ROWCAST_CLI_PANEL_DRAW_H
#define ROWCAST_CLI_PANEL_DRAW_H

#include <stdio.h>

#include "html/panels.h"

/* A picture of a panel; number is its own. */
void panel_draw(FILE *page, const struct material *material, const struct panels *panels, size_t number);

#endif
