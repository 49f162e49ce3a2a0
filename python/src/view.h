/* SPDX-License-Identifier: BSD-3-Clause */
/* Somebody else's array, looked at in place: by the buffer protocol, else by DLPack (https://dmlc.github.io/dlpack). */
#ifndef RCPY_VIEW_H
#define RCPY_VIEW_H

#include "core.h"

enum { RCPY_MAX_RANK = 64 };

struct rcpy_view {
  char *data;
  int dtype;        /* a rowcast_dtype, or -1: another type, which `type` names */
  const char *type; /* for messages: "float64", or a format of the module struct */
  Py_ssize_t item;  /* bytes of an element */
  int rank;         /* 0..RCPY_MAX_RANK */
  bool readonly;
  Py_ssize_t shape[RCPY_MAX_RANK], strides[RCPY_MAX_RANK]; /* strides in bytes */
  Py_buffer buffer;                                        /* private: what is released */
  PyObject *capsule;
  char text[16];
};

/* Looks at object's elements, which stay where they are until rcpy_view_release(). `name` is for messages. Refused are
 * objects with neither protocol and masked arrays, and by DLPack what is on another device or requires a gradient. */
int rcpy_view_get(struct rcpy_view *view, PyObject *object, const char *name);
void rcpy_view_release(struct rcpy_view *view);

/* Bytes from one row to the next, where the last dimension is a row and the others count rows: all rows are equally
 * spaced, and not backwards. false: they are not. */
bool rcpy_view_row_stride(const struct rcpy_view *view, Py_ssize_t rows, Py_ssize_t *stride);

/* Are the elements of the last dimension adjacent, and all elements naturally aligned? */
bool rcpy_view_rows_adjacent(const struct rcpy_view *view);

/* The elements as float, one after another, to out; their type is F32, F64, F16 or BF16. */
void rcpy_view_floats(const struct rcpy_view *view, float *out);

#endif
