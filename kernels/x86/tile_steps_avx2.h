/* SPDX-License-Identifier: BSD-3-Clause */
/* The steps of a tile of tile_lanes8.h in one asm: twelve sums, three rows and the weights of a column take all sixteen
 * registers, and GCC 12 moves sums from one to another and to the stack, loads rows again, and keeps an address for
 * every row. Gives STEPS(), as described there. In both dialects of asm. Sanitizers do not see what it reads; guard
 * pages and valgrind do. */
#ifndef RC_X86_TILE_STEPS_AVX2_H
#define RC_X86_TILE_STEPS_AVX2_H

#include "avx2.h"
#include "tile_lanes8.h"

/* Sums are a0, a1, ... of the first row, b0, ... and d0, ... */
#define EACH_COLUMN_3(X) X(0) X(1) X(2)
#define EACH_COLUMN_4(X) EACH_COLUMN_3(X) X(3)
#define EACH_COLUMN_5(X) EACH_COLUMN_4(X) X(4)

/* Eight elements of row r go to register 12, 13 or 14, `x`; the weights of a column to 15. */
#define LINE(text) text "\n\t"
#define LOAD_ROW_F32(r, x, n) \
  LINE("vmovups {32*" #n "(%[r" #r "], %[i], 4), %%ymm" #x "|ymm" #x ", [%[r" #r "]+%[i]*4+32*" #n "]}")
#define LOAD_ROW_U8(r, x, n)                                                                               \
  LINE("vpmovzxbd {8*" #n "(%[r" #r "], %[i]), %%ymm" #x "|ymm" #x ", [%[r" #r "]+%[i]+8*" #n "]}") \
  LINE("vcvtdq2ps {%%ymm" #x ", %%ymm" #x "|ymm" #x ", ymm" #x "}")
#define LOAD_ROWS_2(dtype, n) LOAD_ROW_##dtype(0, 12, n) LOAD_ROW_##dtype(1, 13, n)
#define LOAD_ROWS_3(dtype, n) LOAD_ROWS_2(dtype, n) LOAD_ROW_##dtype(2, 14, n)

#define LOAD_WEIGHTS(columns, j, n) \
  LINE("vmovaps {32*" #columns "*" #n "+32*" #j "(%[w]), %%ymm15|ymm15, [%[w]+32*" #columns "*" #n "+32*" #j "]}")
#define ADD(row, j, x) LINE("vfmadd231ps {%%ymm15, %%ymm" #x ", %[" #row #j "]|%[" #row #j "], ymm" #x ", ymm15}")
#define ADD_ROWS_2(j) ADD(a, j, 12) ADD(b, j, 13)
#define ADD_ROWS_3(j) ADD_ROWS_2(j) ADD(d, j, 14)
#define ADD_COLUMN(columns, rows, j, n) LOAD_WEIGHTS(columns, j, n) ADD_ROWS_##rows(j)
#define ADD_COLUMNS_3(columns, rows, n) \
  ADD_COLUMN(columns, rows, 0, n) ADD_COLUMN(columns, rows, 1, n) ADD_COLUMN(columns, rows, 2, n)
#define ADD_COLUMNS_4(columns, rows, n) ADD_COLUMNS_3(columns, rows, n) ADD_COLUMN(columns, rows, 3, n)
#define ADD_COLUMNS_5(columns, rows, n) ADD_COLUMNS_4(columns, rows, n) ADD_COLUMN(columns, rows, 4, n)
#define STEP(columns, rows, dtype, n) LOAD_ROWS_##rows(dtype, n) ADD_COLUMNS_##columns(columns, rows, n)

/* Prefetches of a turn of eight steps, of half a turn and of one step, by pace: `apart` bytes from one to the next.
 * Half a turn that is alone has one with a pace of 1, too. */
#define AHEAD_ALONE LINE("prefetcht1 {(%[ahead])|[%[ahead]]}") LINE("add {%[apart], %[ahead]|%[ahead], %[apart]}")
#define AHEAD LINE("prefetcht1 {(%[ahead])|[%[ahead]]}")
#define AND_NEXT                                                \
  LINE("prefetcht1 {(%[ahead], %[apart])|[%[ahead]+%[apart]]}") \
  LINE("lea {(%[ahead], %[apart], 2), %[ahead]|%[ahead], [%[ahead]+%[apart]*2]}")
#define TWO_STEPS(n, m, ...) STEP(__VA_ARGS__, n) STEP(__VA_ARGS__, m)
#define FOUR_STEPS(n, m, o, p, ...) TWO_STEPS(n, m, __VA_ARGS__) TWO_STEPS(o, p, __VA_ARGS__)
#define HALF_0(n, m, o, p, ...) FOUR_STEPS(n, m, o, p, __VA_ARGS__)
#define HALF_1(n, m, o, p, ...) AHEAD_ALONE FOUR_STEPS(n, m, o, p, __VA_ARGS__)
#define HALF_2 HALF_1
#define HALF_4(n, m, o, p, ...) AHEAD TWO_STEPS(n, m, __VA_ARGS__) AND_NEXT TWO_STEPS(o, p, __VA_ARGS__)
#define HALF_8(n, m, o, p, ...)                         \
  AHEAD STEP(__VA_ARGS__, n) AND_NEXT STEP(__VA_ARGS__, m) \
  AHEAD STEP(__VA_ARGS__, o) AND_NEXT STEP(__VA_ARGS__, p)
#define HALF_16(n, m, o, p, ...)                                      \
  AHEAD AND_NEXT STEP(__VA_ARGS__, n) AHEAD AND_NEXT STEP(__VA_ARGS__, m) \
  AHEAD AND_NEXT STEP(__VA_ARGS__, o) AHEAD AND_NEXT STEP(__VA_ARGS__, p)
#define TURN_0(...) HALF_0(0, 1, 2, 3, __VA_ARGS__) HALF_0(4, 5, 6, 7, __VA_ARGS__)
#define TURN_1(...) HALF_1(0, 1, 2, 3, __VA_ARGS__) HALF_0(4, 5, 6, 7, __VA_ARGS__)
#define TURN_2(...) HALF_2(0, 1, 2, 3, __VA_ARGS__) HALF_2(4, 5, 6, 7, __VA_ARGS__)
#define TURN_4(...) HALF_4(0, 1, 2, 3, __VA_ARGS__) HALF_4(4, 5, 6, 7, __VA_ARGS__)
#define TURN_8(...) HALF_8(0, 1, 2, 3, __VA_ARGS__) HALF_8(4, 5, 6, 7, __VA_ARGS__)
#define TURN_16(...) HALF_16(0, 1, 2, 3, __VA_ARGS__) HALF_16(4, 5, 6, 7, __VA_ARGS__)
#define ONE_0(...) STEP(__VA_ARGS__, 0)
#define ONE_1 ONE_0
#define ONE_2 ONE_0
#define ONE_4(...) AHEAD_ALONE STEP(__VA_ARGS__, 0)
#define ONE_8 ONE_4
#define ONE_16(...) AHEAD AND_NEXT STEP(__VA_ARGS__, 0)

/* Sums begin at +0, or at what is in memory. */
#define ZERO(row, j) LINE("vxorps %x[" #row #j "], %x[" #row #j "], %x[" #row #j "]")
#define ZEROS_2(j) ZERO(a, j) ZERO(b, j)
#define ZEROS_3(j) ZEROS_2(j) ZERO(d, j)
#define LOAD_SUMS_2(j)                                               \
  LINE("vmovaps {32*" #j "(%[from]), %[a" #j "]|%[a" #j "], [%[from]+32*" #j "]}") \
  LINE("vmovaps {32*" #j "(%[from], %[stride], 4), %[b" #j "]|%[b" #j "], [%[from]+%[stride]*4+32*" #j "]}")
#define LOAD_SUMS_3(j) \
  LOAD_SUMS_2(j)       \
  LINE("vmovaps {32*" #j "(%[from], %[stride], 8), %[d" #j "]|%[d" #j "], [%[from]+%[stride]*8+32*" #j "]}")

#define SUMS_2(j) [a##j] "=&x"(t.s0.c##j), [b##j] "=&x"(t.s1.c##j),
#define SUMS_3(j) SUMS_2(j) [d##j] "=&x"(t.s2.c##j),

#define NEXT(columns, steps)                           \
  LINE("add {$8*" #steps ", %[i]|%[i], 8*" #steps "}") \
  LINE("add {$32*" #columns "*" #steps ", %[w]|%[w], 32*" #columns "*" #steps "}")
#define STEPS(columns, rows, dtype, pace)                                                                             \
  __asm__ volatile(                                                                                                   \
    LINE("test %[from], %[from]")                                                                                     \
    LINE("jz 1f")                                                                                                     \
    EACH_COLUMN_##columns(LOAD_SUMS_##rows)                                                                           \
    LINE("jmp 2f")                                                                                                    \
    "1:\n\t"                                                                                                          \
    EACH_COLUMN_##columns(ZEROS_##rows)                                                                               \
    "2:\n\t"                                                                                                          \
    LINE("cmp {%[whole], %[i]|%[i], %[whole]}")                                                                       \
    LINE("jae 4f")                                                                                                    \
    ".p2align 5\n\t"                                                                                                  \
    "3:\n\t"                                                                                                          \
    TURN_##pace(columns, rows, dtype)                                                                                 \
    NEXT(columns, 8)                                                                                                  \
    LINE("cmp {%[whole], %[i]|%[i], %[whole]}")                                                                       \
    LINE("jb 3b")                                                                                                     \
    "4:\n\t"                                                                                                          \
    LINE("test {$32, %[rest]|%[rest], 32}")                                                                           \
    LINE("jz 5f")                                                                                                     \
    HALF_##pace(0, 1, 2, 3, columns, rows, dtype)                                                                     \
    NEXT(columns, 4)                                                                                                  \
    "5:\n\t"                                                                                                          \
    LINE("and {$31, %[rest]|%[rest], 31}")                                                                            \
    LINE("jz 7f")                                                                                                     \
    "6:\n\t"                                                                                                          \
    ONE_##pace(columns, rows, dtype)                                                                                  \
    NEXT(columns, 1)                                                                                                  \
    LINE("sub {$8, %[rest]|%[rest], 8}")                                                                              \
    LINE("jnz 6b")                                                                                                    \
    "7:"                                                                                                              \
    : EACH_COLUMN_##columns(SUMS_##rows) [i] "+&r"(t.i), [w] "+&r"(t.w), [ahead] "+&r"(t.ahead), [rest] "+&r"(t.rest) \
    : [r0] "r"(t.row0), [r1] "r"(t.row1), [r2] "r"(t.row2), [from] "r"(t.from), [stride] "r"(t.stride),               \
      [whole] "r"(t.whole), [apart] "r"(t.apart)                                                                      \
    : "memory", "cc", "xmm12", "xmm13", "xmm14", "xmm15")

#endif
