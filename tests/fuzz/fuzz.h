/* SPDX-License-Identifier: BSD-3-Clause */
/* What every fuzz target is: one function, called by libFuzzer, by AFL++ or by replay.c, that must return 0 and end the
 * program when something does not hold. */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>

#include "../must.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
