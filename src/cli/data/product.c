/* SPDX-License-Identifier: BSD-3-Clause */
#include "data/product.h"

#include "args/advice.h"
#include "terminal/report.h"

int check_kernel(const char *kernel, rowcast_order order) {
  /* The library's own refusals, with its list of names, come from making a plan: the smallest one. */
  const float weight = 1.0f;
  rowcast_plan_options options = ROWCAST_PLAN_DEFAULTS;
  rowcast_plan *plan;
  rowcast_error error;
  options.kernel = kernel;
  options.order = order;
  if (rowcast_plan_create(&plan, 1, 1, &weight, 1, &options, &error) != ROWCAST_OK) return complain_of(&error);
  rowcast_plan_destroy(plan);
  return EXIT_DONE;
}

int make_plan(rowcast_plan **plan, const struct rows *rows, const rowcast_matrix *weights,
              const rowcast_plan_options *asked) {
  rowcast_plan_options options = *asked;
  rowcast_error error;
  options.struct_size = sizeof options;
  options.dtype = rows->dtype;
  options.scale = rows->scale;
  const rowcast_status status =
    rowcast_plan_create(plan, rows->k, weights->cols, weights->data, weights->stride, &options, &error);
  return status == ROWCAST_OK ? EXIT_DONE : complain_of(&error);
}

int complain_of_product(rowcast_status status, bool classes) {
  complain("%s: %s", classes ? "the classes" : "the product", rowcast_status_text(status));
  return EXIT_FAILED;
}
