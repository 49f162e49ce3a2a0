/* SPDX-License-Identifier: BSD-3-Clause */
/* Scaling: speed-up (weak: efficiency) and throughput over threads, with the ideal line and the probes' own. */
#ifndef ROWCAST_CLI_PLOT_SCALE_H
#define ROWCAST_CLI_PLOT_SCALE_H

#include "plot/plot_values.h"

plot_picture plot_scale;

#endif
