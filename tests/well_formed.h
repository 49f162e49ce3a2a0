/* SPDX-License-Identifier: BSD-3-Clause */
/* Is a page's markup what the program wrote, and nothing that a text in it has brought? */
#ifndef TEST_WELL_FORMED_H
#define TEST_WELL_FORMED_H

#include <stddef.h>

/* NULL: every element that is opened is closed in its place, attributes are in double quotes, no character is a
 * control, nothing but the page's own script is one, and nothing refers to another place. Else what is wrong; a static
 * text. */
const char *markup_fault(const char *text, size_t size);

#endif
