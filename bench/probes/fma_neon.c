/* SPDX-License-Identifier: BSD-3-Clause */
/* The multiply-add rate of NEON: twenty chains, for cores that start four a cycle. */
#include "fma.h"

void probe_fma_neon(size_t iterations) {
  if (iterations == 0) return;
  __asm__ volatile(
    "movi v0.4s, #0\n\t"
    "movi v1.4s, #0\n\t"
    "movi v2.4s, #0\n\t"
    "movi v3.4s, #0\n\t"
    "movi v4.4s, #0\n\t"
    "movi v5.4s, #0\n\t"
    "movi v6.4s, #0\n\t"
    "movi v7.4s, #0\n\t"
    "movi v8.4s, #0\n\t"
    "movi v9.4s, #0\n\t"
    "movi v10.4s, #0\n\t"
    "movi v11.4s, #0\n\t"
    "movi v12.4s, #0\n\t"
    "movi v13.4s, #0\n\t"
    "movi v14.4s, #0\n\t"
    "movi v15.4s, #0\n\t"
    "movi v16.4s, #0\n\t"
    "movi v17.4s, #0\n\t"
    "movi v18.4s, #0\n\t"
    "movi v19.4s, #0\n\t"
    "movi v30.4s, #0\n\t"
    "movi v31.4s, #0\n"
    "1:\n\t"
    "fmla v0.4s, v30.4s, v31.4s\n\t"
    "fmla v1.4s, v30.4s, v31.4s\n\t"
    "fmla v2.4s, v30.4s, v31.4s\n\t"
    "fmla v3.4s, v30.4s, v31.4s\n\t"
    "fmla v4.4s, v30.4s, v31.4s\n\t"
    "fmla v5.4s, v30.4s, v31.4s\n\t"
    "fmla v6.4s, v30.4s, v31.4s\n\t"
    "fmla v7.4s, v30.4s, v31.4s\n\t"
    "fmla v8.4s, v30.4s, v31.4s\n\t"
    "fmla v9.4s, v30.4s, v31.4s\n\t"
    "fmla v10.4s, v30.4s, v31.4s\n\t"
    "fmla v11.4s, v30.4s, v31.4s\n\t"
    "fmla v12.4s, v30.4s, v31.4s\n\t"
    "fmla v13.4s, v30.4s, v31.4s\n\t"
    "fmla v14.4s, v30.4s, v31.4s\n\t"
    "fmla v15.4s, v30.4s, v31.4s\n\t"
    "fmla v16.4s, v30.4s, v31.4s\n\t"
    "fmla v17.4s, v30.4s, v31.4s\n\t"
    "fmla v18.4s, v30.4s, v31.4s\n\t"
    "fmla v19.4s, v30.4s, v31.4s\n\t"
    "subs %0, %0, #1\n\t"
    "b.ne 1b"
    : "+r"(iterations)
    :
    : "v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7", "v8", "v9", "v10", "v11", "v12", "v13", "v14", "v15", "v16",
      "v17", "v18", "v19", "v30", "v31", "cc");
}
