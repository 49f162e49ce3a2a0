/* SPDX-License-Identifier: BSD-3-Clause */
/* AMX's eight tiles of 16 rows of 64 bytes. A test compiles kernels with plain C in place of these instructions, so
 * that they run on CPUs without AMX; it defines RC_TILES for that.
 * Source: Intel 64 and IA-32 Architectures Software Developer's Manual, volume 1, chapter 18. */
#ifndef RC_X86_TILES_AMX_H
#define RC_X86_TILES_AMX_H

#include <stdint.h>

#include "kernel.h"

/* Rows of a tile, and bytes of its rows. */
struct tile_shapes {
  uint8_t palette, start_row, reserved[14];
  uint16_t bytes[16];
  uint8_t rows[16];
};

#ifdef RC_TILES
#include RC_TILES
#else

/* Clang names its macros otherwise, and gets the flags. */
#if !defined(__clang__) && (!defined(__AMX_TILE__) || !defined(__AMX_INT8__))
#pragma GCC target("amx-tile,amx-int8")
#endif

#include <immintrin.h>

/* The compiler is not told by all of the intrinsics below that they read memory. */
RC_INLINE void tiles_see_memory(void) { __asm__ volatile("" ::: "memory"); }

/* Sets all tiles to zero. What a tile holds lasts until tiles_end() or other shapes. */
RC_INLINE void tiles_begin(const struct tile_shapes *shapes) {
  __asm__ volatile("" ::"m"(*shapes) : "memory");
  _tile_loadconfig(shapes);
}

RC_INLINE void tiles_end(void) { _tile_release(); }

/* `tile`, a, b and sum are constants. Rows in memory are `stride` bytes apart. */
#define TILE_ZERO(tile) _tile_zero(tile)
#define TILE_LOAD(tile, from, stride) _tile_loadd(tile, from, stride)
#define TILE_STORE(tile, to, stride) _tile_stored(tile, to, stride)
/* sum[i][j] += a[i][4 k + l] * b[k][4 j + l] over k and l: unsigned bytes times signed ones, modulo 2^32. */
#define TILE_DOT(sum, a, b) _tile_dpbusd(sum, a, b)

#endif
#endif
