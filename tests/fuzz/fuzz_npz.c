/* SPDX-License-Identifier: BSD-3-Clause */
/* NPZ: the first array, one of a name, the only one. */
#include "read_both.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  read_both(data, size, &(rowcast_read_options){sizeof(rowcast_read_options), .max_bytes = 1 << 20});
  read_both(data, size, &(rowcast_read_options){sizeof(rowcast_read_options), .max_bytes = 1 << 20, .array = "x"});
  return 0;
}
