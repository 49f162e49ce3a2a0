/* SPDX-License-Identifier: BSD-3-Clause */
/* A process's permission to use AMX. */
#ifndef RC_AMX_H
#define RC_AMX_H

#include <stdbool.h>

bool rc_amx_permitted(void);

#endif
