/* SPDX-License-Identifier: BSD-3-Clause */
/* Reading by loads of 64 bytes. */
#define WIDTH 64
#define NAME  probe_read_avx512
#include "read_body.h"
