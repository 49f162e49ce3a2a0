/* SPDX-License-Identifier: BSD-3-Clause */
/* The type rowcast.Plan. */
#ifndef RCPY_PLAN_H
#define RCPY_PLAN_H

#include "core.h"

/* All that a plan follows from; what is pickled. The objects are references that the plan owns. */
struct rcpy_recipe {
  Py_ssize_t k, n;
  PyObject *weights; /* bytes: K x N or N x K elements of w_dtype, one after another */
  rowcast_w_layout w_layout;
  rowcast_dtype w_dtype;
  PyObject *bias; /* bytes: N floats; or None */
  rowcast_dtype dtype;
  float scale; /* 0: 1 */
  rowcast_order order;
  PyObject *kernel; /* str, or None: chosen */
  unsigned threads; /* 0: the default */
};

struct rcpy_plan {
  PyObject_HEAD /* a comment, for clang-format to know where it ends */
    struct rcpy_recipe recipe;
  rowcast_plan *plan;
  rowcast_plan_info info;
  PyObject *narrow; /* the same plan with fewer threads, or NULL: the last that a limit asked for */
};

/* The plan of these weights for at most `threads` threads: a new reference. */
PyObject *rcpy_plan_with_threads(struct rcpy_plan *self, unsigned threads);

/* Methods of a plan: matmul(x, out=None, *, copy=False), predict(x, *, copy=False), and the call. */
PyObject *rcpy_matmul(PyObject *self, PyObject *const *args, Py_ssize_t count, PyObject *names);
PyObject *rcpy_predict(PyObject *self, PyObject *const *args, Py_ssize_t count, PyObject *names);
PyObject *rcpy_call(PyObject *self, PyObject *args, PyObject *names);

/* Everything on the calling thread from now on: another OpenMP runtime's threads were left behind by a fork before this
 * module was loaded. */
PyObject *rcpy_stay_serial(PyObject *module, PyObject *none);
extern bool rcpy_serial;

/* What OpenMP's omp_get_max_threads() was when the module was loaded; a smaller number since then is a limit. */
void rcpy_remember_limit(void);

#endif
