/* SPDX-License-Identifier: BSD-3-Clause */
/* The tiles of kernels/x86/tiles_amx.h, which includes this, in plain C, so that kernels of AMX run on CPUs without it.
 * As the hardware does, the instructions refuse shapes that do not go together: the process ends. test_amx.c compares
 * them with the hardware's. Source: Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2, LDTILECFG,
 * TILELOADD, TDPBUSD. */
#ifndef TEST_TILES_IN_C_H
#define TEST_TILES_IN_C_H

#include <stdlib.h>
#include <string.h>

/* One thread uses them at a time. */
static struct tile_shapes shapes_in_c;
static unsigned char tiles_in_c[8][16][64];

RC_INLINE void tiles_see_memory(void) {}

static inline void tiles_begin(const struct tile_shapes *shapes) {
  if (shapes->palette != 1 || shapes->start_row != 0) abort();
  for (int t = 0; t < 16; t++)
    if (t < 8 ? shapes->rows[t] > 16 || shapes->bytes[t] > 64 || shapes->bytes[t] % 4 != 0
              : shapes->rows[t] != 0 || shapes->bytes[t] != 0)
      abort();
  shapes_in_c = *shapes;
  memset(tiles_in_c, 0, sizeof tiles_in_c);
}

static inline void tiles_end(void) { memset(&shapes_in_c, 0, sizeof shapes_in_c); }

/* A tile without rows is not there. */
static inline void need_tile(int tile) {
  if (shapes_in_c.palette == 0 || shapes_in_c.rows[tile] == 0 || shapes_in_c.bytes[tile] == 0) abort();
}

static inline void tile_zero_in_c(int tile) {
  need_tile(tile);
  memset(tiles_in_c[tile], 0, sizeof tiles_in_c[tile]);
}

static inline void tile_load_in_c(int tile, const void *from, size_t stride) {
  need_tile(tile);
  memset(tiles_in_c[tile], 0, sizeof tiles_in_c[tile]);
  for (size_t r = 0; r < shapes_in_c.rows[tile]; r++)
    memcpy(tiles_in_c[tile][r], (const char *)from + r * stride, shapes_in_c.bytes[tile]);
}

static inline void tile_store_in_c(int tile, void *to, size_t stride) {
  need_tile(tile);
  for (size_t r = 0; r < shapes_in_c.rows[tile]; r++)
    memcpy((char *)to + r * stride, tiles_in_c[tile][r], shapes_in_c.bytes[tile]);
}

static inline void tile_dot_in_c(int sum, int a, int b) {
  need_tile(sum), need_tile(a), need_tile(b);
  if (sum == a || sum == b || a == b || shapes_in_c.rows[sum] != shapes_in_c.rows[a] ||
      shapes_in_c.bytes[sum] != shapes_in_c.bytes[b] || shapes_in_c.bytes[a] != 4 * shapes_in_c.rows[b])
    abort();
  for (size_t i = 0; i < shapes_in_c.rows[a]; i++)
    for (size_t j = 0; j < shapes_in_c.bytes[b]; j += 4) {
      uint32_t total;
      memcpy(&total, &tiles_in_c[sum][i][j], sizeof total);
      for (size_t k = 0; k < shapes_in_c.rows[b]; k++)
        for (size_t l = 0; l < 4; l++)
          total += (uint32_t)((int)tiles_in_c[a][i][4 * k + l] * (int)(int8_t)tiles_in_c[b][k][j + l]);
      memcpy(&tiles_in_c[sum][i][j], &total, sizeof total);
    }
}

#define TILE_ZERO(tile)               tile_zero_in_c(tile)
#define TILE_LOAD(tile, from, stride) tile_load_in_c(tile, from, stride)
#define TILE_STORE(tile, to, stride)  tile_store_in_c(tile, to, stride)
#define TILE_DOT(sum, a, b)           tile_dot_in_c(sum, a, b)

#endif
