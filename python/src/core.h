/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files of the extension module rowcast._core share. It is built on CPython's limited API of 3.11, so that one
 * wheel serves every later version; NumPy is imported, never compiled against.
 *
 * Functions that return an int return -1 with a Python exception set, or 0; those that return a pointer NULL. */
#ifndef RCPY_CORE_H
#define RCPY_CORE_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <stdbool.h>
#include <stddef.h>

#include <rowcast/io.h>
#include <rowcast/rowcast.h>

/* What the module holds for its whole life: one interpreter's, as NumPy's own. */
struct rcpy_state {
  PyObject *error;           /* rowcast.RowcastError */
  PyObject *asarray, *empty; /* numpy.asarray, numpy.empty */
  PyObject *ndarray, *dtype; /* the types */
  PyObject *f32, *u8, *i32;  /* numpy.dtype objects */
  PyObject *plan, *matrix;   /* types of this module */
  PyObject *dlpack;          /* the name "__dlpack__" */
};
extern struct rcpy_state rcpy;

/* Sets the Python exception for a status: OSError with its number, FileNotFoundError among them, MemoryError, or
 * RowcastError with `status` and `advice`. If one is set already, by a callback for instance, that is kept. */
void rcpy_raise(rowcast_status status, const rowcast_error *err, PyObject *path);

/* Of a callback cancelled() and of a thread without the GIL: did a signal's handler raise? Takes the GIL. */
bool rcpy_interrupted(void *unused);

int rcpy_add_plan(PyObject *module);
int rcpy_add_files(PyObject *module);
extern PyMethodDef rcpy_machine_methods[];

#endif
