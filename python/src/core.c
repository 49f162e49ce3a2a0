/* SPDX-License-Identifier: BSD-3-Clause */
/* The module rowcast._core: errors, and what it takes from NumPy. */
#include "core.h"

struct rcpy_state rcpy;

static const char *const status_names[] = {"ok",          "argument",  "overflow", "memory", "limit",  "unknown",
                                           "unsupported", "not found", "exists",   "io",     "format", "cancelled"};

/* OSError chooses its subclass by the number. */
static void raise_system(const rowcast_error *err, PyObject *path) {
  const char *format = path == NULL ? "is" : "isO";
  PyObject *error = PyObject_CallFunction(PyExc_OSError, format, err->system_error, err->text, path);
  if (error != NULL) PyErr_SetObject((PyObject *)Py_TYPE(error), error);
  Py_XDECREF(error);
}

void rcpy_raise(rowcast_status status, const rowcast_error *err, PyObject *path) {
  if (PyErr_Occurred()) return;
  const char *text = err != NULL ? err->text : rowcast_status_text(status), *advice = err != NULL ? err->advice : "";
  if (status == ROWCAST_ERR_MEMORY) {
    PyErr_SetString(PyExc_MemoryError, text);
    return;
  }
  if (err != NULL && err->system_error != 0) {
    raise_system(err, path);
    return;
  }
  PyObject *message = PyUnicode_FromFormat(*advice == '\0' ? "%s" : "%s (%s)", text, advice);
  PyObject *error = message == NULL ? NULL : PyObject_CallFunctionObjArgs(rcpy.error, message, NULL);
  Py_XDECREF(message);
  if (error == NULL) return;
  const size_t known = sizeof status_names / sizeof status_names[0];
  PyObject *name = PyUnicode_FromString((size_t)status < known ? status_names[status] : "unknown");
  PyObject *words = PyUnicode_FromString(advice);
  if (name != NULL && words != NULL && PyObject_SetAttrString(error, "status", name) == 0 &&
      PyObject_SetAttrString(error, "advice", words) == 0)
    PyErr_SetObject(rcpy.error, error);
  Py_XDECREF(name);
  Py_XDECREF(words);
  Py_DECREF(error);
}

bool rcpy_interrupted(void *unused) {
  (void)unused;
  const PyGILState_STATE state = PyGILState_Ensure();
  const bool raised = PyErr_Occurred() != NULL || PyErr_CheckSignals() != 0;
  PyGILState_Release(state);
  return raised;
}

static int take_numpy(void) {
  PyObject *numpy = PyImport_ImportModule("numpy");
  if (numpy == NULL) return -1;
  rcpy.asarray = PyObject_GetAttrString(numpy, "asarray");
  rcpy.empty = PyObject_GetAttrString(numpy, "empty");
  rcpy.ndarray = PyObject_GetAttrString(numpy, "ndarray");
  rcpy.dtype = PyObject_GetAttrString(numpy, "dtype");
  rcpy.f32 = PyObject_CallFunction(rcpy.dtype, "s", "float32");
  rcpy.u8 = PyObject_CallFunction(rcpy.dtype, "s", "uint8");
  rcpy.i32 = PyObject_CallFunction(rcpy.dtype, "s", "int32");
  rcpy.dlpack = PyUnicode_InternFromString("__dlpack__");
  Py_DECREF(numpy);
  return PyErr_Occurred() ? -1 : 0;
}

static int add_error(PyObject *module) {
  static const char documentation[] =
    "What the library refused, in its words. status is the kind ('format', 'not found', 'unknown', ...), advice the "
    "arguments that would help, such as 'skip_lines=12', or ''.";
  PyObject *members = Py_BuildValue("{ssss}", "status", "", "advice", "");
  if (members == NULL) return -1;
  rcpy.error = PyErr_NewExceptionWithDoc("rowcast.RowcastError", documentation, PyExc_ValueError, members);
  Py_DECREF(members);
  return rcpy.error == NULL ? -1 : PyModule_AddObjectRef(module, "RowcastError", rcpy.error);
}

/* Initialised in one phase: the module is one interpreter's. */
PyMODINIT_FUNC PyInit__core(void);
PyMODINIT_FUNC PyInit__core(void) {
  static struct PyModuleDef definition = {.m_base = PyModuleDef_HEAD_INIT,
                                          .m_name = "rowcast._core",
                                          .m_doc = "rowcast in C; use the package rowcast",
                                          .m_size = -1,
                                          .m_methods = rcpy_machine_methods};
  PyObject *module = PyModule_Create(&definition);
  if (module == NULL) return NULL;
  if (take_numpy() == 0 && add_error(module) == 0 && rcpy_add_plan(module) == 0 && rcpy_add_files(module) == 0 &&
      PyModule_AddStringConstant(module, "__version__", rowcast_version()) == 0 &&
      PyModule_AddStringConstant(module, "build_info", rowcast_build_info()) == 0)
    return module;
  Py_DECREF(module);
  return NULL;
}
