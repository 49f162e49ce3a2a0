/* SPDX-License-Identifier: BSD-3-Clause */
/* Where the shipped MNIST files are, and whether given images are theirs. */
#ifndef ROWCAST_CLI_FIND_DATA_H
#define ROWCAST_CLI_FIND_DATA_H

#include <rowcast/matrix.h>
#include <rowcast/reader.h>

#include "args/options.h"

/* Finds a set's images, and its labels where they lie beside them (else *labels is NULL), with or without
 * ".gz": in ROWCAST_DATA alone if that is set, else beside the program (build tree), in ../share/rowcast of
 * it, and where this build is installed. The strings are to be freed. On failure says where it looked and
 * returns the exit status. */
int find_data(enum data_set set, char **images, char **labels);

/* Finds another shipped file by its name, in the same folders; `option` names what a user can say instead. The string
 * is to be freed. On failure says where it looked and returns the exit status. */
int find_file(const char *name, const char *option, char **path);

/* The shipped labels of the set with that data set's name; NULL: not found. To be freed. */
char *find_labels(const char *data_set);

/* "mnist-train" or "mnist-test" if the matrix has bytes of that shape and those pixels, all of them; else NULL. */
const char *recognise_data(const rowcast_matrix *images);

/* The same for what can be read by its rows' numbers. */
const char *recognise_rows(const rowcast_reader *reader);

/* The same for a file, which is read block by block; what cannot be read is no set. */
const char *recognise_file(const char *path, const rowcast_read_options *options);

#endif
