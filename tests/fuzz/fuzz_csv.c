/* SPDX-License-Identifier: BSD-3-Clause */
/* CSV, whole and in blocks, with and without headings. */
#include "read_both.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  read_both(data, size, &(rowcast_read_options){sizeof(rowcast_read_options), .max_bytes = 1 << 20});
  read_both(data, size, &(rowcast_read_options){sizeof(rowcast_read_options), .max_bytes = 1 << 20, .skip_lines = 1});
  return 0;
}
