/* SPDX-License-Identifier: BSD-3-Clause */
/* safetensors: the only tensor, and one of a name, with bytes after the last and without. */
#include "read_both.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  read_both(data, size, &(rowcast_read_options){sizeof(rowcast_read_options), .max_bytes = 1 << 20});
  read_both(
    data, size,
    &(rowcast_read_options){sizeof(rowcast_read_options), .max_bytes = 1 << 20, .array = "w", .allow_trailing = true});
  return 0;
}
