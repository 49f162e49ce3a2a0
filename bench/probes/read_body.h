/* SPDX-License-Identifier: BSD-3-Clause */
/* The body of a file of read.h, which defines WIDTH, the bytes of a load, and NAME, the function. */
#include "read.h"

typedef uint64_t lanes __attribute__((vector_size(WIDTH), aligned(WIDTH)));
enum { LOADS = 64 / WIDTH };

/* One line: all of it is read, as a kernel does. The sums of a stream keep the operations off the path that is
 * measured. */
static inline __attribute__((always_inline)) void read_line(const unsigned char *at, lanes *sums, size_t ahead) {
  const lanes *line = (const lanes *)(const void *)at;
  if (ahead > 0) __builtin_prefetch(at + ahead, 0, 2);
  for (int i = 0; i < LOADS; i++) sums[i] |= line[i];
}

static inline __attribute__((always_inline)) uint64_t read_streams(const unsigned char *data, size_t lines,
                                                                   unsigned streams, size_t ahead) {
  lanes sums[4][LOADS] = {{{0}}};
  const size_t each = lines / streams, apart = 64 * each;
  for (size_t i = 0; i < each; i++)
#pragma GCC unroll 4
    for (unsigned s = 0; s < streams; s++) read_line(data + s * apart + 64 * i, sums[s], ahead);
  for (size_t i = each * streams; i < lines; i++) read_line(data + 64 * i, sums[0], 0);
  lanes all = sums[0][0];
  for (unsigned s = 0; s < streams; s++)
    for (int i = 0; i < LOADS; i++) all |= sums[s][i];
  uint64_t any = 0;
  for (size_t i = 0; i < WIDTH / sizeof any; i++) any |= all[i];
  return any;
}

/* Constants, so that each way is a loop of its own. */
uint64_t NAME(const unsigned char *data, size_t lines, unsigned streams, size_t ahead) {
  if (ahead > 0)
    return streams == 1   ? read_streams(data, lines, 1, ahead)
           : streams == 2 ? read_streams(data, lines, 2, ahead)
                          : read_streams(data, lines, 4, ahead);
  return streams == 1   ? read_streams(data, lines, 1, 0)
         : streams == 2 ? read_streams(data, lines, 2, 0)
                        : read_streams(data, lines, 4, 0);
}
