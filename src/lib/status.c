/* SPDX-License-Identifier: BSD-3-Clause */
#include <rowcast/status.h>

#include "status_text.h"

const char *rowcast_status_text(rowcast_status status) { return rc_status_text(status); }
