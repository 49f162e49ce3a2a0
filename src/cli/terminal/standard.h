/* SPDX-License-Identifier: BSD-3-Clause */
/* Which names on a command line are standard input or standard output, whatever they are called: /dev/stdout,
 * /dev/fd/1, the FIFO or the file that a shell opened there. Names may be NULL, and stand for nothing then. */
#ifndef ROWCAST_CLI_STANDARD_H
#define ROWCAST_CLI_STANDARD_H

#include <stdbool.h>

/* "-" and /dev/stdout, or the file that standard output is. /dev/null by its own name is a file as any: nothing can be
 * mixed in it. */
bool standard_output_is(const char *name);

/* From here on a launcher takes what is written to standard output: what looks like a terminal may be a file behind it.
 */
void standard_output_forwarded(void);
bool standard_output_is_forwarded(void);

/* Is it a terminal that somebody looks at, as far as can be known? */
bool standard_output_is_terminal(void);

/* "-", or the pipe, socket or terminal that standard input is. A regular file can be opened again by its name. */
bool standard_input_is(const char *name);

/* Can what is read from there be read again? Not from "-", a pipe, a socket or a terminal. */
bool standard_reads_again(const char *name);

/* Do two inputs stand for one stream, of which each would get a part? */
bool standard_is_shared(const char *a, const char *b);

/* Are both the same file? As an input "-" is standard input; as an output it is standard output. */
bool standard_is_same_file(const char *input, const char *output);

#endif
