/* SPDX-License-Identifier: BSD-3-Clause */
/* The kernel amx-digits with tiles in plain C, and what its tiles do to some bytes. */
#define RC_TILES          "amx/tiles_in_c.h"
#define rc_amx_digits_f32 in_c_amx_digits_f32
#define rc_amx_digits_u8  in_c_amx_digits_u8
#include "../../kernels/x86/digits_amx.c"

#include "amx.h"

#define TILES_RUN in_c_tiles_run
#include "tiles_run.h"
