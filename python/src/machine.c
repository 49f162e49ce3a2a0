/* SPDX-License-Identifier: BSD-3-Clause */
/* What the machine has, as dicts, and functions of no plan: random weights and checksums. */
#include <string.h>

#include <rowcast/experimental.h>

#include "core.h"
#include "view.h"

/* Sets dict[key], and takes the reference to value, which may be NULL after a failure. */
static int put(PyObject *dict, const char *key, PyObject *value) {
  const int status = value == NULL ? -1 : PyDict_SetItemString(dict, key, value);
  Py_XDECREF(value);
  return status;
}

static int detect(rowcast_cpu *cpu) {
  rowcast_error err;
  const rowcast_status status = rowcast_cpu_detect(cpu, sizeof *cpu, &err);
  if (status != ROWCAST_OK) rcpy_raise(status, &err, NULL);
  return status == ROWCAST_OK ? 0 : -1;
}

static PyObject *features_of(const rowcast_cpu *cpu) {
  PyObject *features = PyDict_New();
  for (size_t i = 0; features != NULL && i < cpu->feature_count; i++)
    if (put(features, cpu->features[i].name,
            PyUnicode_FromString(rowcast_feature_state_name(cpu->features[i].state))) != 0)
      Py_CLEAR(features);
  return features;
}

/* The names of the levels that are true. */
static PyObject *levels_of(const bool levels[ROWCAST_ISA_MAX]) {
  PyObject *list = PyList_New(0);
  const char *name;
  for (int i = 1; list != NULL && (name = rowcast_isa_name((rowcast_isa)i)) != NULL; i++) {
    if (!levels[i]) continue;
    PyObject *text = PyUnicode_FromString(name);
    if (text == NULL || PyList_Append(list, text) != 0) Py_CLEAR(list);
    Py_XDECREF(text);
  }
  return list;
}

static PyObject *cpu(PyObject *module, PyObject *none) {
  (void)module, (void)none;
  rowcast_cpu seen;
  if (detect(&seen) != 0) return NULL;
  PyObject *dict = PyDict_New();
  if (dict == NULL) return NULL;
  if (put(dict, "model", PyUnicode_DecodeUTF8(seen.model, (Py_ssize_t)strlen(seen.model), "replace")) == 0 &&
      put(dict, "runs", levels_of(seen.runs)) == 0 && put(dict, "usable", levels_of(seen.usable)) == 0 &&
      put(dict, "cap", PyUnicode_FromString(seen.cap)) == 0 &&
      put(dict, "full_width_512", PyBool_FromLong(seen.full_width_512)) == 0 &&
      put(dict, "features", features_of(&seen)) == 0 &&
      put(dict, "cpus", PyLong_FromUnsignedLong(rowcast_available_cpus())) == 0 &&
      put(dict, "default_threads", PyLong_FromUnsignedLong(rowcast_default_threads())) == 0)
    return dict;
  Py_DECREF(dict);
  return NULL;
}

static PyObject *allow_amx(PyObject *module, PyObject *none) {
  (void)module, (void)none;
  rowcast_error err;
  const rowcast_status status = rowcast_allow_amx(&err);
  if (status == ROWCAST_OK) Py_RETURN_NONE;
  rcpy_raise(status, &err, NULL);
  return NULL;
}

static PyObject *describe(const rowcast_kernel_info *info) {
  return Py_BuildValue("{sssssNsNsNss}", "isa", rowcast_isa_name(info->isa), "order", rowcast_order_name(info->order),
                       "skips_zeros", PyBool_FromLong(info->skips_zeros), "built", PyBool_FromLong(info->built),
                       "usable", PyBool_FromLong(info->usable), "reason", info->reason);
}

static PyObject *kernels(PyObject *module, PyObject *none) {
  (void)module, (void)none;
  rowcast_cpu seen;
  if (detect(&seen) != 0) return NULL;
  PyObject *dict = PyDict_New();
  rowcast_kernel_info info;
  for (size_t i = 0; dict != NULL && rowcast_kernel_at(i, &seen, &info, sizeof info) == ROWCAST_OK; i++)
    if (put(dict, info.name, describe(&info)) != 0) Py_CLEAR(dict);
  return dict;
}

static PyObject *randn(PyObject *module, PyObject *args, PyObject *keywords) {
  (void)module;
  static char *names[] = {"k", "n", "seed", NULL};
  Py_ssize_t k, n;
  PyObject *given = NULL;
  if (!PyArg_ParseTupleAndKeywords(args, keywords, "nn|O:randn", names, &k, &n, &given)) return NULL;
  PyObject *number = given == NULL ? PyLong_FromLong(1) : PyNumber_Index(given);
  const unsigned long long seed = number == NULL ? 0 : PyLong_AsUnsignedLongLong(number); /* what fits, alone */
  Py_XDECREF(number);
  if (PyErr_Occurred() != NULL) return NULL;
  PyObject *shape = Py_BuildValue("(nn)", k, n);
  PyObject *array = shape == NULL ? NULL : PyObject_CallFunctionObjArgs(rcpy.empty, shape, rcpy.f32, NULL);
  Py_XDECREF(shape);
  struct rcpy_view view;
  if (array == NULL || rcpy_view_get(&view, array, "out") != 0) return array;
  rowcast_randn(seed, (float *)(void *)view.data, (size_t)k * (size_t)n);
  rcpy_view_release(&view);
  return array;
}

static PyObject *crc32(PyObject *module, PyObject *object) {
  (void)module;
  struct rcpy_view view;
  if (rcpy_view_get(&view, object, "array") != 0) return NULL;
  size_t rows = 1, cols = 1;
  bool overflows = false;
  for (int i = 0; i < view.rank - 1; i++) overflows |= __builtin_mul_overflow(rows, (size_t)view.shape[i], &rows);
  if (view.rank > 0) cols = (size_t)view.shape[view.rank - 1];
  Py_ssize_t stride = 0;
  PyObject *result = NULL;
  if (overflows) PyErr_NoMemory();
  else if (view.dtype != ROWCAST_F32)
    PyErr_Format(PyExc_TypeError, "array: elements must be float32, not %s; array.astype(numpy.float32) converts them",
                 view.type);
  else if (view.rank > 0 &&
           (!rcpy_view_rows_adjacent(&view) || !rcpy_view_row_stride(&view, (Py_ssize_t)rows, &stride)))
    PyErr_SetString(PyExc_ValueError, "array: its rows must be equally spaced, and their elements adjacent; "
                                      "numpy.ascontiguousarray(array) copies them so");
  else {
    unsigned long crc;
    Py_BEGIN_ALLOW_THREADS;
    crc = rowcast_crc32_f32((const float *)(const void *)view.data, rows, cols, (size_t)stride / sizeof(float));
    Py_END_ALLOW_THREADS;
    result = PyLong_FromUnsignedLong(crc);
  }
  rcpy_view_release(&view);
  return result;
}

PyMethodDef rcpy_machine_methods[] = {
  {"cpu", cpu, METH_NOARGS,
   "cpu()\n--\n\nThis CPU: its model, features and ISA levels, and how many threads a plan uses by default."},
  {"allow_amx", allow_amx, METH_NOARGS,
   "allow_amx()\n--\n\nAsks the Linux kernel for this process's permission to use AMX, which plans made from then on "
   "use.\n\nFor the rest of the process's life signals need some 8 KiB more of stack, and alternative signal stacks "
   "that are too small for that are refused."},
  {"kernels", kernels, METH_NOARGS,
   "kernels()\n--\n\nEvery kernel by its name: ISA level, order, and whether it can run "
   "here, and why."},
  {"randn", (PyCFunction)(void (*)(void))randn, METH_VARARGS | METH_KEYWORDS,
   "randn(k, n, seed=1)\n--\n\ntorch.manual_seed(seed); torch.randn(k, n), to within 2e-6: K x N float32, the same "
   "bits on every machine."},
  {"crc32", crc32, METH_O,
   "crc32(array, /)\n--\n\nCRC-32 of float32 elements as little-endian bytes, row by row, as the tool prints it."},
  {NULL, NULL, 0, NULL}};
