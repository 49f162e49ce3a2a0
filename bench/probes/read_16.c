/* SPDX-License-Identifier: BSD-3-Clause */
/* Reading by loads of 16 bytes. */
#define WIDTH 16
#define NAME  probe_read_16
#include "read_body.h"
