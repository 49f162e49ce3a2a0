/* SPDX-License-Identifier: BSD-3-Clause */
/* Pickles: the first array, and an array and a list of a name. */
#include "read_both.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  read_both(data, size, &(rowcast_read_options){sizeof(rowcast_read_options), .max_bytes = 1 << 20});
  read_both(data, size,
            &(rowcast_read_options){sizeof(rowcast_read_options), .max_bytes = 1 << 20, .member = "train.x"});
  read_both(data, size,
            &(rowcast_read_options){sizeof(rowcast_read_options), .max_bytes = 1 << 20, .member = "labels"});
  return 0;
}
