/* SPDX-License-Identifier: BSD-3-Clause */
#include "x86/tiles_amx.h"

#include "amx.h"

#define TILES_RUN hardware_tiles_run
#include "tiles_run.h"
