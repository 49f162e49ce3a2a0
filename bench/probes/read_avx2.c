/* SPDX-License-Identifier: BSD-3-Clause */
/* Reading by loads of 32 bytes. */
#define WIDTH 32
#define NAME  probe_read_avx2
#include "read_body.h"
