/* SPDX-License-Identifier: BSD-3-Clause */
#include "check_plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rowcast/plan.h>

static void *create(const struct check_subject *subject, size_t k, size_t n, const float *w, size_t ldw, float scale) {
  const struct check_plan *plan = subject->context;
  rowcast_plan_options options = ROWCAST_PLAN_DEFAULTS;
  options.kernel = plan->kernel;
  options.driver = plan->driver;
  options.threads = plan->threads;
  options.dtype = subject->dtype;
  options.scale = scale;
  rowcast_plan *created = NULL;
  rowcast_error err = {0};
  if (rowcast_plan_create(&created, k, n, w, ldw, &options, &err) == ROWCAST_OK) return created;
  fprintf(stderr, "%s: %s\n", subject->name, err.text);
  return NULL;
}

static bool run(void *instance, size_t m, const void *x, size_t ldx, float *c, size_t ldc) {
  return rowcast_matmul(instance, m, x, ldx, c, ldc) == ROWCAST_OK;
}

static void destroy(void *instance) { rowcast_plan_destroy(instance); }

static void init(struct check_plan *plan, const char *kernel, rowcast_order order, bool auto_order, const char *driver,
                 unsigned threads, rowcast_dtype dtype) {
  plan->kernel = kernel;
  plan->driver = driver;
  plan->threads = threads;
  snprintf(plan->name, sizeof plan->name, "%s %s %s x%u", kernel, rowcast_dtype_name(dtype), driver, threads);
  plan->subject = (struct check_subject){
    .name = plan->name,
    .order = order,
    .auto_order = auto_order,
    .dtype = dtype,
    .context = plan,
    .create = create,
    .run = run,
    .destroy = destroy,
  };
}

void check_plan_init(struct check_plan *plan, const rowcast_kernel_info *kernel, const char *driver, unsigned threads,
                     rowcast_dtype dtype) {
  init(plan, kernel->name, kernel->order, false, driver, threads, dtype);
}

void check_plan_init_auto(struct check_plan *plan, const char *driver, unsigned threads, rowcast_dtype dtype) {
  init(plan, "auto", ROWCAST_LANES8, true, driver, threads, dtype);
}

rowcast_kernel_info check_kernel_info(size_t i) {
  rowcast_cpu cpu;
  rowcast_error err;
  rowcast_kernel_info info;
  rowcast_allow_amx(NULL); /* where there is none it changes nothing */
  if (rowcast_cpu_detect(&cpu, sizeof cpu, &err) != ROWCAST_OK) {
    fprintf(stderr, "%s\n", err.text);
    exit(1);
  }
  if (rowcast_kernel_at(i, &cpu, &info, sizeof info) != ROWCAST_OK) {
    fprintf(stderr, "no kernel %zu\n", i);
    exit(1);
  }
  return info;
}
