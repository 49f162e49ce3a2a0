/* SPDX-License-Identifier: BSD-3-Clause */
/* Products and predictions: arrays in, arrays out, without the GIL, and ended by Ctrl-C. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <omp.h>

#include "plan.h"
#include "view.h"

/* What one call multiplies. */
struct job {
  const rowcast_plan *plan;
  size_t rows;
  const char *x;
  size_t ldx, row_bytes;  /* in elements; bytes from row to row */
  const void **scattered; /* NULL, or the rows, which are not equally spaced: to be released with free() */
  float *c;               /* NULL: classes */
  size_t ldc;
  int32_t *classes;
  bool whole; /* in one call of the library, which must see all of X and C */
};

/* The threads that OpenMP allowed when the module was loaded. */
static int threads_at_first;

void rcpy_remember_limit(void) { threads_at_first = omp_get_max_threads(); }

static rowcast_status multiply(const struct job *job, size_t begin, size_t rows) {
  const char *x = job->x + begin * job->row_bytes;
  if (job->scattered != NULL) {
    const void *const *scattered = job->scattered + begin;
    return job->c != NULL ? rowcast_matmul_gather(job->plan, rows, scattered, job->c + begin * job->ldc, job->ldc)
                          : rowcast_predict_gather(job->plan, rows, scattered, job->classes + begin);
  }
  return job->c != NULL ? rowcast_matmul(job->plan, rows, x, job->ldx, job->c + begin * job->ldc, job->ldc)
                        : rowcast_predict(job->plan, rows, x, job->ldx, job->classes + begin);
}

static double seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* Work that takes a microsecond keeps the GIL, whose release would cost a tenth of that. Longer work is divided into
 * blocks between which a signal can end it: the first takes some 30 ms at the slowest kernel's pace, 2 multiply-adds a
 * nanosecond; where one took less than 10 ms, the next has twice the rows. */
static int run(const struct job *job, size_t work_of_row) {
  enum { SHORT = 1 << 16, FIRST = 1 << 26 };
  rowcast_status status = ROWCAST_OK;
  if (job->rows <= SHORT / (work_of_row + 1)) status = multiply(job, 0, job->rows);
  else {
    size_t block = job->whole ? job->rows : FIRST / (work_of_row + 1) + 1;
    double before = seconds(), asked = before;
    PyThreadState *thread = PyEval_SaveThread();
    for (size_t done = 0, rows; done < job->rows && status == ROWCAST_OK; done += rows) {
      rows = block < job->rows - done ? block : job->rows - done;
      status = multiply(job, done, rows);
      const double now = seconds();
      if (now - before < 0.01) block *= 2;
      else if (now - before > 0.05) block = block / 2 + 1;
      before = now;
      if (now - asked < 0.03 || done + rows == job->rows) continue;
      asked = now;
      if (rcpy_interrupted(NULL)) status = ROWCAST_ERR_CANCELLED;
    }
    PyEval_RestoreThread(thread);
  }
  if (status == ROWCAST_OK) return 0;
  /* The library has no words for these two; all else that can be wrong was looked for here. */
  if (status == ROWCAST_ERR_ARGUMENT && job->classes != NULL)
    PyErr_Format(PyExc_ValueError, "predict: plans of at most %d outputs have classes", ROWCAST_MAX_CLASSES);
  else if (status == ROWCAST_ERR_ARGUMENT) PyErr_SetString(PyExc_ValueError, "out: it overlaps x, or its own rows do");
  else rcpy_raise(status, NULL, NULL);
  return -1;
}

/* Sets the exception for rows of another type. A plan of bytes is no place for numbers, nor one of numbers for bytes
 * without saying so. */
static void wrong_type(const struct rcpy_plan *self, const struct rcpy_view *view) {
  const bool bytes = self->info.dtype == ROWCAST_U8;
  const char *wanted = bytes ? "uint8" : "float32";
  if (view->dtype == ROWCAST_U8 || view->dtype == ROWCAST_F32)
    PyErr_Format(PyExc_TypeError, "x: elements must be %s, not %s; Plan(..., dtype=numpy.%s) takes them as they are",
                 wanted, view->type, view->type);
  else
    PyErr_Format(PyExc_TypeError,
                 bytes ? "x: elements must be %s, not %s; x.astype(numpy.uint8) makes bytes of whole numbers 0..255"
                       : "x: elements must be %s, not %s; x.astype(numpy.float32) copies them so, or copy=True",
                 wanted, view->type);
}

/* Looks at x. *copies tells, on failure, whether a copy would do. */
static int look_at_rows(const struct rcpy_plan *self, struct rcpy_view *view, PyObject *x, bool *copies) {
  *copies = false;
  if (rcpy_view_get(view, x, "x") != 0) {
    *copies = PyErr_ExceptionMatches(PyExc_TypeError) && PyObject_IsInstance(x, rcpy.ndarray) == 0;
    return -1;
  }
  if (view->dtype != (int)self->info.dtype) {
    *copies = true;
    wrong_type(self, view);
  } else if (view->rank == 0 || view->shape[view->rank - 1] != self->recipe.k) {
    if (view->rank == 0) PyErr_Format(PyExc_ValueError, "x: shape (..., %zd) needed, not a number", self->recipe.k);
    else
      PyErr_Format(PyExc_ValueError, "x: shape (..., %zd) needed, not (%s%zd)", self->recipe.k,
                   view->rank > 1 ? "..., " : "", view->shape[view->rank - 1]);
  } else if (!rcpy_view_rows_adjacent(view)) {
    *copies = true;
    PyErr_SetString(PyExc_ValueError, "x: the elements of a row must be adjacent and aligned; "
                                      "numpy.ascontiguousarray(x) copies them so, or copy=True");
  } else return 0;
  rcpy_view_release(view);
  return -1;
}

/* A copy that the plan can use, or NULL; what cannot be converted without loss of its kind is refused. */
static PyObject *copy_of(const struct rcpy_plan *self, PyObject *x) {
  PyObject *array = PyObject_CallFunctionObjArgs(rcpy.asarray, x, NULL);
  if (array == NULL) return NULL;
  PyObject *copy =
    PyObject_CallMethod(array, "astype", "Oss", self->info.dtype == ROWCAST_U8 ? rcpy.u8 : rcpy.f32, "C", "same_kind");
  Py_DECREF(array);
  return copy;
}

static int take_rows(const struct rcpy_plan *self, struct rcpy_view *view, PyObject *x, bool copy) {
  bool copies;
  if (look_at_rows(self, view, x, &copies) == 0) return 0;
  if (!copy || !copies) return -1;
  PyErr_Clear();
  PyObject *made = copy_of(self, x);
  if (made == NULL) return -1;
  const int status = look_at_rows(self, view, made, &copies); /* the view keeps it */
  Py_DECREF(made);
  return status;
}

/* How the rows lie. Rows that are not equally spaced are listed. */
static int lay_out(struct job *job, const struct rcpy_view *view) {
  size_t rows = 1, list;
  bool overflows = false; /* dimensions of zero steps may be as long as they like */
  for (int i = 0; i < view->rank - 1; i++) overflows |= __builtin_mul_overflow(rows, (size_t)view->shape[i], &rows);
  overflows |= __builtin_mul_overflow(rows, sizeof *job->scattered, &list);
  if (overflows) {
    PyErr_NoMemory();
    return -1;
  }
  job->rows = rows;
  job->x = view->data;
  Py_ssize_t stride;
  if (rcpy_view_row_stride(view, (Py_ssize_t)rows, &stride)) {
    job->row_bytes = (size_t)stride;
    job->ldx = (size_t)(stride / view->item);
    return 0;
  }
  job->scattered = malloc(list);
  if (job->scattered == NULL) {
    PyErr_NoMemory();
    return -1;
  }
  Py_ssize_t index[RCPY_MAX_RANK] = {0};
  const char *place = view->data;
  for (size_t row = 0; row < rows; row++) {
    job->scattered[row] = place;
    for (int i = view->rank - 1; i-- > 0;) { /* to the next row */
      place += view->strides[i];
      if (++index[i] < view->shape[i]) break;
      place -= view->strides[i] * view->shape[i];
      index[i] = 0;
    }
  }
  return 0;
}

/* A new array of x's shape with its last dimension replaced, or without it (last < 0). */
static PyObject *new_array(const struct rcpy_view *x, Py_ssize_t last, PyObject *dtype) {
  const int rank = x->rank - (last < 0);
  PyObject *shape = PyTuple_New(rank);
  for (int i = 0; shape != NULL && i < rank; i++) {
    PyObject *length = PyLong_FromSsize_t(i == x->rank - 1 ? last : x->shape[i]);
    if (length == NULL || PyTuple_SetItem(shape, i, length) != 0) Py_CLEAR(shape);
  }
  PyObject *array = shape == NULL ? NULL : PyObject_CallFunctionObjArgs(rcpy.empty, shape, dtype, NULL);
  Py_XDECREF(shape);
  return array;
}

/* May two arrays share memory, as far as their bounds tell? */
static bool bounds_meet(const struct rcpy_view *a, const struct rcpy_view *b) {
  uintptr_t low[2], high[2];
  const struct rcpy_view *views[2] = {a, b};
  for (int v = 0; v < 2; v++) {
    low[v] = high[v] = (uintptr_t)views[v]->data;
    high[v] += (uintptr_t)views[v]->item;
    for (int i = 0; i < views[v]->rank; i++) {
      const Py_ssize_t reach = views[v]->strides[i] * (views[v]->shape[i] - 1);
      if (views[v]->shape[i] == 0) return false;
      if (reach < 0) low[v] -= (uintptr_t)-reach;
      else high[v] += (uintptr_t)reach;
    }
  }
  return low[0] < high[1] && low[1] < high[0];
}

/* Looks at out, which must have x's shape but for the last dimension. */
static int look_at_out(const struct rcpy_plan *self, const struct rcpy_view *x, struct rcpy_view *out, PyObject *object,
                       struct job *job) {
  if (rcpy_view_get(out, object, "out") != 0) return -1;
  bool shape = out->rank == x->rank && out->shape[out->rank - 1] == self->recipe.n;
  for (int i = 0; shape && i < x->rank - 1; i++) shape = out->shape[i] == x->shape[i];
  Py_ssize_t stride = 0;
  if (out->dtype != ROWCAST_F32) PyErr_Format(PyExc_TypeError, "out: elements must be float32, not %s", out->type);
  else if (!shape)
    PyErr_Format(PyExc_ValueError, "out: the shape of x needed, but %zd in the last dimension", self->recipe.n);
  else if (out->readonly) PyErr_SetString(PyExc_ValueError, "out: it is read-only");
  else if (!rcpy_view_rows_adjacent(out) || !rcpy_view_row_stride(out, (Py_ssize_t)job->rows, &stride) ||
           (job->rows > 1 && stride < self->recipe.n * out->item))
    PyErr_SetString(PyExc_ValueError, "out: the elements of a row must be adjacent, and its rows equally spaced, one "
                                      "after another");
  else {
    job->c = (float *)(void *)out->data;
    job->ldc = (size_t)(stride / out->item);
    job->whole = bounds_meet(x, out);
    return 0;
  }
  rcpy_view_release(out);
  return -1;
}

/* The plan to use now: with fewer threads where OpenMP's own limit has been lowered since the module was loaded
 * (threadpoolctl, omp_set_num_threads()). A new reference. */
static PyObject *plan_for_now(PyObject *object) {
  struct rcpy_plan *self = (struct rcpy_plan *)object;
  const int limit = omp_get_max_threads();
  if (limit < threads_at_first && (unsigned)limit < self->info.threads)
    return rcpy_plan_with_threads(self, (unsigned)limit);
  Py_INCREF(object);
  return object;
}

/* x, out (NULL: none was given) to the result. predict: classes instead. */
static PyObject *product(PyObject *object, PyObject *x, PyObject *out, bool copy, bool predict) {
  struct rcpy_plan *self = (struct rcpy_plan *)object;
  struct rcpy_view rows, place;
  if (take_rows(self, &rows, x, copy) != 0) return NULL;
  struct job job = {0};
  PyObject *result = NULL, *plan = NULL;
  if (lay_out(&job, &rows) != 0) goto end;
  if (out == NULL || out == Py_None)
    result = predict ? new_array(&rows, -1, rcpy.i32) : new_array(&rows, self->recipe.n, rcpy.f32);
  else {
    Py_INCREF(out);
    result = out;
  }
  if (result == NULL) goto end;
  plan = plan_for_now(object);
  const int seen = plan == NULL ? -1
                   : predict    ? rcpy_view_get(&place, result, "classes")
                                : look_at_out(self, &rows, &place, result, &job);
  int status = -1;
  if (seen == 0) {
    if (predict) job.classes = (int32_t *)(void *)place.data;
    job.plan = ((struct rcpy_plan *)plan)->plan;
    status = run(&job, (size_t)self->recipe.k * (size_t)self->recipe.n);
    rcpy_view_release(&place);
  }
  if (status != 0) Py_CLEAR(result);
end:
  free(job.scattered);
  Py_XDECREF(plan);
  rcpy_view_release(&rows);
  return result;
}

/* The arguments of a fast call: x, out where there may be one, and copy by its name. */
static int parse(PyObject *const *args, Py_ssize_t count, PyObject *names, bool may_out, PyObject *values[3]) {
  static const char *const known[] = {"x", "out", "copy"};
  const Py_ssize_t most = may_out ? 2 : 1, named = names == NULL ? 0 : PyTuple_Size(names);
  if (count > most) {
    PyErr_Format(PyExc_TypeError, "at most %zd positional arguments, not %zd", most, count);
    return -1;
  }
  for (Py_ssize_t i = 0; i < count; i++) values[i] = args[i];
  for (Py_ssize_t i = 0; i < named; i++) {
    PyObject *name = PyTuple_GetItem(names, i);
    int which = 0;
    while (which < 3 && ((which == 1 && !may_out) || PyUnicode_CompareWithASCIIString(name, known[which]) != 0))
      which++;
    if (which == 3 || values[which] != NULL) {
      PyErr_Format(PyExc_TypeError, which == 3 ? "there is no argument %R" : "argument %R is given twice", name);
      return -1;
    }
    values[which] = args[count + i];
  }
  if (values[0] == NULL) PyErr_SetString(PyExc_TypeError, "an argument is missing: x");
  return values[0] == NULL ? -1 : 0;
}

static PyObject *fast(PyObject *self, PyObject *const *args, Py_ssize_t count, PyObject *names, bool predict) {
  PyObject *values[3] = {NULL, NULL, NULL};
  if (parse(args, count, names, !predict, values) != 0) return NULL;
  const int copy = values[2] == NULL ? 0 : PyObject_IsTrue(values[2]);
  return copy < 0 ? NULL : product(self, values[0], values[1], copy == 1, predict);
}

PyObject *rcpy_matmul(PyObject *self, PyObject *const *args, Py_ssize_t count, PyObject *names) {
  return fast(self, args, count, names, false);
}

PyObject *rcpy_predict(PyObject *self, PyObject *const *args, Py_ssize_t count, PyObject *names) {
  return fast(self, args, count, names, true);
}

PyObject *rcpy_call(PyObject *self, PyObject *args, PyObject *keywords) {
  static char *names[] = {"x", "out", "copy", NULL};
  PyObject *x, *out = NULL;
  int copy = 0;
  if (keywords == NULL && PyTuple_Size(args) == 1) return product(self, PyTuple_GetItem(args, 0), NULL, false, false);
  if (!PyArg_ParseTupleAndKeywords(args, keywords, "O|O$p:Plan", names, &x, &out, &copy)) return NULL;
  return product(self, x, out, copy == 1, false);
}
