/* SPDX-License-Identifier: BSD-3-Clause */
/* All lines of a ladder as a table, which a script makes sortable. */
#ifndef ROWCAST_CLI_LADDER_TABLE_H
#define ROWCAST_CLI_LADDER_TABLE_H

#include <stdio.h>

#include "html/material.h"

/* The table of a product. */
void ladder_table(FILE *page, const struct material *material, size_t product);

#endif
