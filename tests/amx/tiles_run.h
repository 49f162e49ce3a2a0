/* SPDX-License-Identifier: BSD-3-Clause */
/* Defines TILES_RUN, a function of amx.h, by the tiles that were included before. */

void TILES_RUN(struct tiles_case *io) {
  struct tile_shapes shapes = {.palette = 1};
  shapes.rows[0] = shapes.rows[1] = (uint8_t)io->rows, shapes.bytes[0] = shapes.bytes[2] = (uint16_t)(4 * io->columns);
  shapes.bytes[1] = (uint16_t)(4 * io->steps), shapes.rows[2] = (uint8_t)io->steps;
  tiles_begin(&shapes);
  TILE_LOAD(0, io->sums, io->stride);
  TILE_LOAD(1, io->a, io->stride);
  TILE_LOAD(2, io->b, io->stride);
  TILE_DOT(0, 1, 2);
  TILE_STORE(0, io->sums, io->stride);
  TILE_ZERO(0);
  TILE_DOT(0, 1, 2);
  TILE_STORE(0, io->products, io->stride);
  tiles_end();
}
