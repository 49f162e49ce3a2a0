/* SPDX-License-Identifier: BSD-3-Clause */
/* NPY, plain or gzipped: by its header alone, whole, and in blocks. */
#include "fuzz.h"
#include "io/header.h"
#include "read_both.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct rc_header header;
  if (rc_is_npy(data, size) && rc_npy_parse(&header, data, size) == NULL) {
    MUST(header.rank <= ROWCAST_MAX_RANK && header.element >= 1 && header.element <= 8 && header.offset <= size);
    MUST(header.bytes == 0 || header.bytes / header.element / header.cols == header.rows);
  }
  read_both(data, size, &(rowcast_read_options){sizeof(rowcast_read_options), .max_bytes = 1 << 20});
  read_both(data, size,
            &(rowcast_read_options){sizeof(rowcast_read_options), .max_bytes = 1 << 20, .allow_trailing = true});
  read_both(data, size, &(rowcast_read_options){sizeof(rowcast_read_options), .max_bytes = 1 << 20, .array = "1"});
  return 0;
}
