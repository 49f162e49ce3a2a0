/* SPDX-License-Identifier: BSD-3-Clause */
/* What a command line says of a CSV beside the lines to skip. */
#ifndef ROWCAST_CLI_CSV_OPTIONS_H
#define ROWCAST_CLI_CSV_OPTIONS_H

#include <rowcast/matrix.h>

#include "args/values.h"

/* Sets what the key (delimiter, decimal, comment or headings) stands for; NULL, or what the value should have been. */
const char *csv_option_set(rowcast_read_options *read, const char *key, const char *value);

/* The columns are the only ones that a CSV's reader has to parse. */
void csv_options_columns(rowcast_read_options *read, const struct row_range *columns);

/* The key given that has a meaning for CSV only, such as "delimiter"; NULL: none was. */
const char *csv_option_given(const rowcast_read_options *read);

#endif
