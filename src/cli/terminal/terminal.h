/* SPDX-License-Identifier: BSD-3-Clause */
/* What stdout is connected to: colours, width, character set; and the clock. */
#ifndef ROWCAST_CLI_TERMINAL_H
#define ROWCAST_CLI_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>

enum color_choice { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

/* May stdout get colours? COLOR_AUTO: on a terminal that is not "dumb", unless NO_COLOR is set to something. */
bool terminal_colors(enum color_choice choice);

/* Columns of stdout's terminal; 80 where there is none. */
size_t terminal_width(void);

/* Does the locale print UTF-8? Needs setlocale(LC_CTYPE, ""). */
bool terminal_utf8(void);

/* Seconds of a monotonic clock. */
double clock_seconds(void);

#endif
