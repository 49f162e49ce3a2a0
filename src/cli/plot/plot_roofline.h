/* SPDX-License-Identifier: BSD-3-Clause */
/* The roofline: operations a second over operations a byte, both logarithmic; a panel for each thread count with its
 * roof, and the others' faintly; a point for each kernel and element type. */
#ifndef ROWCAST_CLI_PLOT_ROOFLINE_H
#define ROWCAST_CLI_PLOT_ROOFLINE_H

#include "plot/plot_values.h"

plot_picture plot_roofline;

#endif
