/* SPDX-License-Identifier: BSD-3-Clause */
/* CSV, whole and in blocks, with and without its options. */
#include "read_both.h"

#define OPTIONS .struct_size = sizeof(rowcast_read_options), .max_bytes = 1 << 20

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const rowcast_read_options options[] = {
    {OPTIONS},
    {OPTIONS, .skip_lines = 1},
    {OPTIONS, .headings = ROWCAST_HEADINGS_KEPT, .comment = ROWCAST_NO_COMMENTS},
    {OPTIONS, .columns_from = 1},
    {OPTIONS, .columns_to = 1, .comment = '%'},
    {OPTIONS, .columns_from = 1, .columns_to = 2, .delimiter = ' '},
    {OPTIONS, .decimal = ','},
    {OPTIONS, .delimiter = ';', .decimal = ',', .columns_from = 2},
    {OPTIONS, .delimiter = '\t'},
  };
  for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) read_both(data, size, &options[i]);
  return 0;
}
