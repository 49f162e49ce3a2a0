/* SPDX-License-Identifier: BSD-3-Clause */
/* rowcast: tall-skinny matrix products, the same bits on every machine. Includes the whole API. */
#ifndef ROWCAST_H
#define ROWCAST_H

#include <rowcast/cpu.h>
#include <rowcast/kernels.h>
#include <rowcast/matrix.h>
#include <rowcast/plan.h>
#include <rowcast/randn.h>
#include <rowcast/reader.h>
#include <rowcast/status.h>
#include <rowcast/types.h>
#include <rowcast/version.h>
#include <rowcast/writer.h>

#endif
