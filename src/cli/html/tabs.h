/* SPDX-License-Identifier: BSD-3-Clause */
/* One panel a product: the first ones as tabs, which are radio buttons and need no script, the others folded away. */
#ifndef ROWCAST_CLI_TABS_H
#define ROWCAST_CLI_TABS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "html/material.h"

/* Has the section anything of the product? */
typedef bool tab_wanted(const struct material *material, size_t product);

/* Writes the panel of a product, below its heading. False: no memory. */
typedef bool tab_panel(FILE *page, const struct material *material, size_t product);

/* "50,000 rows, bytes"; in full where other products have other K, N or data. */
void product_name(FILE *page, const struct material *material, size_t product);

/* "50,000 x 784 times 784 x 10", with signs. */
void shape_name(FILE *page, const struct product *product);

/* All panels that are wanted; name is the group's, of plain letters. Where the page has no room for further products,
 * or only for tables of them, table writes their panels (NULL: there is none), and what is left out is told. False: no
 * memory. */
bool tabs(FILE *page, const struct material *material, const char *name, tab_wanted *wanted, tab_panel *panel,
          tab_panel *table);

#endif
