/* SPDX-License-Identifier: BSD-3-Clause */
/* The sections of a page, one file each. All write their content below their heading, which page.c writes; false means
 * that there was no memory. A section that has nothing to show is left out with its link (its `has`). */
#ifndef ROWCAST_CLI_SECTIONS_H
#define ROWCAST_CLI_SECTIONS_H

#include <stdbool.h>
#include <stdio.h>

#include "html/material.h"

typedef bool section_has(const struct material *material);
typedef bool section_write(FILE *page, const struct material *material);

section_write section_summary;
section_write section_machines;
section_has section_bits_has;
section_write section_bits;
section_has section_ladder_has;
section_write section_ladder;
section_has section_threads_has;
section_write section_threads;
section_has section_roofline_has;
section_write section_roofline;
section_has section_compare_has;
section_write section_compare;
section_write section_doubt;
section_has section_samples_has;
section_write section_samples;
section_write section_reproduce;

/* What stands behind a heading; nothing where there is nothing to say. */
typedef void section_badge(FILE *page, const struct material *material);
section_badge badge_bits, badge_doubt;

#endif
