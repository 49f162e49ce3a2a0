/* SPDX-License-Identifier: BSD-3-Clause */
#include "cost.h"

#include <math.h>

double rc_cost_of_row(const struct rc_kernel *kernel, const struct rc_packing *packing, enum rc_core core, size_t k,
                      size_t n, double nonzero_share) {
  const struct rc_cost *cost = &kernel->cost[core];
  while (cost->pad == 0 && cost > kernel->cost) cost--;
  const double pad = (double)cost->pad, columns = ceil((double)n / pad) * pad;
  double steps = ceil((double)k / 8.0);
  if (kernel->strategy == RC_SKIP) steps *= nonzero_share;
  const double panels = packing->panels == NULL ? 0.0 : (double)packing->panels(k, n).count;
  return cost->row + columns * (cost->output + cost->step * steps) + panels * cost->panel * steps;
}
