/* SPDX-License-Identifier: BSD-3-Clause */
/* Locales that this system may not have, compiled from the definitions of Debian's package `locales`. */
#ifndef TEST_LOCALES_H
#define TEST_LOCALES_H

/* A new folder with the locale of that name, such as "tr_TR.UTF-8", for LOCPATH; folder_remove() it. NULL: it cannot be
 * had here (no localedef, or no definitions). */
char *locale_make(const char *name);

#endif
