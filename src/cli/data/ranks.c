/* SPDX-License-Identifier: BSD-3-Clause */
#include "data/ranks.h"

#include <assert.h>

#include "terminal/report.h"

static const struct ranks one = {.rank = 0, .size = 1, .all = 1};
static const struct ranks *here = &one;

const struct ranks *ranks_here(void) { return here; }

void ranks_use(const struct ranks *ranks) { here = ranks; }

bool ranks_several(void) { return here->size > 1; }

int ranks_matrix(int status, rowcast_matrix *matrix) {
  size_t shape[2] = {matrix->rows, matrix->cols};
  if (!ranks_several()) return status;
  assert(here->rank > 0 || status != EXIT_DONE || (matrix->dtype == ROWCAST_F32 && matrix->stride == matrix->cols));
  status = here->broadcast(status, shape, sizeof shape);
  if (status != EXIT_DONE) return status;
  if (here->rank > 0 && rowcast_matrix_alloc(matrix, ROWCAST_F32, shape[0], shape[1]) != ROWCAST_OK)
    status = complain_of_memory("the weights");
  return here->broadcast(status, matrix->data, shape[0] * shape[1] * sizeof(float));
}
