/* SPDX-License-Identifier: BSD-3-Clause */
#include "view.h"

#include <stdint.h>
#include <string.h>

#include "../../kernels/half.h"
#include "../../kernels/mode.h"

/* DLPack's structs, as its header defines them for versions 0.x (capsule "dltensor") and 1.x ("dltensor_versioned").
 */
struct dl_tensor {
  void *data;
  int32_t device_type, device_id;
  int32_t rank;
  uint8_t code, bits;
  uint16_t lanes;
  int64_t *shape, *strides; /* in elements; no strides: one row after another */
  uint64_t byte_offset;
};
struct dl_versioned {
  uint32_t major, minor;
  void *manager;
  void (*deleter)(struct dl_versioned *self);
  uint64_t flags;
  struct dl_tensor tensor;
};
enum { DL_CPU = 1, DL_INT = 0, DL_UINT = 1, DL_FLOAT = 2, DL_BFLOAT = 4, DL_COMPLEX = 5, DL_BOOL = 6 };
enum { DL_READ_ONLY = 1 };

static void set_type(struct rcpy_view *view, int dtype, const char *type, Py_ssize_t item) {
  view->dtype = dtype;
  view->type = type;
  view->item = item;
}

/* The element type by the letter that the module struct has for it, after a mark of the byte order. */
static void type_of_format(struct rcpy_view *view, const char *format, Py_ssize_t item) {
  static const struct {
    const char *letter, *name;
    int dtype, item;
  } types[] = {{"f", "float32", ROWCAST_F32, 4},
               {"B", "uint8", ROWCAST_U8, 1},
               {"d", "float64", ROWCAST_F64, 8},
               {"e", "float16", ROWCAST_F16, 2},
               {"i", "int32", ROWCAST_I32, 4},
               {"b", "int8", ROWCAST_I8, 1},
               {"l", "int64", -1, 8},
               {"q", "int64", -1, 8},
               {"h", "int16", -1, 2},
               {"?", "bool", -1, 1}};
  const uint16_t one = 1;
  const char own = *(const unsigned char *)&one == 1 ? '<' : '>';
  if (format == NULL) format = "B";
  const char *letter = *format == own || *format == '@' || *format == '=' ? format + 1 : format;
  for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
    if (strcmp(letter, types[i].letter) != 0 || item != types[i].item) continue;
    set_type(view, types[i].dtype, types[i].name, item);
    return;
  }
  set_type(view, -1, format, item);
}

static void type_of_dlpack(struct rcpy_view *view, const struct dl_tensor *tensor) {
  static const struct {
    int code, bits, dtype;
  } types[] = {{DL_FLOAT, 32, ROWCAST_F32}, {DL_UINT, 8, ROWCAST_U8},      {DL_FLOAT, 64, ROWCAST_F64},
               {DL_FLOAT, 16, ROWCAST_F16}, {DL_BFLOAT, 16, ROWCAST_BF16}, {DL_INT, 32, ROWCAST_I32}};
  static const char *const kinds[] = {"int", "uint", "float", "opaque", "bfloat", "complex", "bool"};
  const char *kind = tensor->code <= DL_BOOL ? kinds[tensor->code] : "type";
  PyOS_snprintf(view->text, sizeof view->text, "%s%d", kind, tensor->bits);
  set_type(view, -1, view->text, tensor->bits / 8);
  for (size_t i = 0; tensor->lanes == 1 && i < sizeof types / sizeof types[0]; i++)
    if (tensor->code == types[i].code && tensor->bits == types[i].bits) view->dtype = types[i].dtype;
}

static int too_many_dimensions(const char *name, int rank) {
  PyErr_Format(PyExc_ValueError, "%s: %d dimensions are too many", name, rank);
  return -1;
}

static int from_buffer(struct rcpy_view *view, const char *name) {
  const Py_buffer *buffer = &view->buffer;
  if (buffer->ndim > RCPY_MAX_RANK) return too_many_dimensions(name, buffer->ndim);
  type_of_format(view, buffer->format, buffer->itemsize);
  view->data = buffer->buf;
  view->rank = buffer->ndim;
  view->readonly = buffer->readonly != 0;
  for (int i = 0; i < buffer->ndim; i++) {
    view->shape[i] = buffer->shape[i];
    view->strides[i] = buffer->strides[i];
  }
  return 0;
}

/* True where the attribute is there and holds; an error counts as false. */
static bool holds(PyObject *object, const char *attribute) {
  PyObject *value = PyObject_GetAttrString(object, attribute);
  const int truth = value == NULL ? 0 : PyObject_IsTrue(value);
  Py_XDECREF(value);
  PyErr_Clear();
  return truth == 1;
}

static int check_device(PyObject *object, const char *name) {
  PyObject *device = PyObject_CallMethod(object, "__dlpack_device__", NULL);
  if (device == NULL) return -1;
  PyObject *kind = PySequence_GetItem(device, 0);
  Py_DECREF(device);
  if (kind == NULL) return -1;
  const long type = PyLong_AsLong(kind); /* an enum of int */
  Py_DECREF(kind);
  if (type == -1 && PyErr_Occurred()) return -1;
  if (type == DL_CPU) return 0;
  PyErr_Format(PyExc_ValueError, "%s: it is on another device (DLPack's number %ld); %s.cpu() copies it here", name,
               type, name);
  return -1;
}

/* A capsule of version 1 if the producer has it, which tells whether the elements may be written. */
static PyObject *ask_for_capsule(PyObject *object) {
  PyObject *method = PyObject_GetAttr(object, rcpy.dlpack);
  if (method == NULL) return NULL;
  PyObject *none = PyTuple_New(0), *options = Py_BuildValue("{s(ii)}", "max_version", 1, 1), *capsule = NULL;
  if (none != NULL && options != NULL) {
    capsule = PyObject_Call(method, none, options);
    if (capsule == NULL && PyErr_ExceptionMatches(PyExc_TypeError)) {
      PyErr_Clear();
      capsule = PyObject_CallNoArgs(method);
    }
  }
  Py_XDECREF(none);
  Py_XDECREF(options);
  Py_DECREF(method);
  return capsule;
}

static int from_dlpack(struct rcpy_view *view, PyObject *object, const char *name) {
  if (holds(object, "requires_grad")) {
    PyErr_Format(PyExc_ValueError,
                 "%s: it requires a gradient, which rowcast does not compute; %s.detach() shares the "
                 "elements without it",
                 name, name);
    return -1;
  }
  if (check_device(object, name) != 0) return -1;
  view->capsule = ask_for_capsule(object);
  if (view->capsule == NULL) return -1;
  /* The capsule stays unused, so that its own destructor releases the tensor. */
  struct dl_tensor *tensor;
  if (PyCapsule_IsValid(view->capsule, "dltensor_versioned")) {
    struct dl_versioned *versioned = PyCapsule_GetPointer(view->capsule, "dltensor_versioned");
    if (versioned->major != 1) {
      PyErr_Format(PyExc_ValueError, "%s: DLPack %u is not known", name, versioned->major);
      return -1;
    }
    tensor = &versioned->tensor;
    view->readonly = (versioned->flags & DL_READ_ONLY) != 0;
  } else {
    /* The tensor stands first in the struct of version 0. */
    tensor = PyCapsule_GetPointer(view->capsule, "dltensor");
    if (tensor == NULL) return -1;
    view->readonly = false;
  }
  if (tensor->rank > RCPY_MAX_RANK) return too_many_dimensions(name, tensor->rank);
  type_of_dlpack(view, tensor);
  view->data = (char *)tensor->data + tensor->byte_offset;
  view->rank = tensor->rank;
  Py_ssize_t compact = view->item;
  for (int i = tensor->rank; i-- > 0;) {
    view->shape[i] = (Py_ssize_t)tensor->shape[i];
    view->strides[i] = tensor->strides == NULL ? compact : (Py_ssize_t)tensor->strides[i] * view->item;
    compact *= view->shape[i];
  }
  return 0;
}

/* Arrays of the very type numpy.ndarray have no mask. */
static int refuse_masked(PyObject *object, const char *name) {
  if ((PyObject *)Py_TYPE(object) == rcpy.ndarray) return 0;
  const int array = PyObject_IsInstance(object, rcpy.ndarray);
  if (array != 1) return array;
  PyObject *module = PyImport_ImportModule("numpy.ma");
  PyObject *type = module == NULL ? NULL : PyObject_GetAttrString(module, "MaskedArray");
  const int masked = type == NULL ? -1 : PyObject_IsInstance(object, type);
  Py_XDECREF(module);
  Py_XDECREF(type);
  if (masked == 1)
    PyErr_Format(PyExc_TypeError, "%s: masked elements would be used; %s.filled() replaces them", name, name);
  return masked == 0 ? 0 : -1;
}

int rcpy_view_get(struct rcpy_view *view, PyObject *object, const char *name) {
  view->buffer.obj = NULL;
  view->capsule = NULL;
  if (refuse_masked(object, name) != 0) return -1;
  int status;
  if (PyObject_CheckBuffer(object)) {
    if (PyObject_GetBuffer(object, &view->buffer, PyBUF_RECORDS_RO) != 0) return -1;
    status = from_buffer(view, name);
  } else if (PyObject_HasAttr(object, rcpy.dlpack)) {
    status = from_dlpack(view, object, name);
  } else {
    PyObject *type = PyType_GetName(Py_TYPE(object));
    PyErr_Format(PyExc_TypeError,
                 "%s: %U has neither the buffer protocol nor DLPack; numpy.asarray(%s, numpy.float32) "
                 "makes an array of it",
                 name, type, name);
    Py_XDECREF(type);
    return -1;
  }
  if (status != 0) rcpy_view_release(view);
  return status;
}

void rcpy_view_release(struct rcpy_view *view) {
  if (view->buffer.obj != NULL) PyBuffer_Release(&view->buffer);
  Py_CLEAR(view->capsule);
}

bool rcpy_view_row_stride(const struct rcpy_view *view, Py_ssize_t rows, Py_ssize_t *stride) {
  const int last = view->rank - 1;
  *stride = view->shape[last] * view->item;
  if (rows <= 1) return true;
  bool first = true;
  Py_ssize_t extent = 0; /* of the dimensions so far */
  for (int i = last; i-- > 0;) {
    if (view->shape[i] == 1) continue;
    if (first) *stride = view->strides[i];
    else if (view->strides[i] != extent) return false;
    first = false;
    extent = view->strides[i] * view->shape[i];
  }
  return *stride >= 0;
}

bool rcpy_view_rows_adjacent(const struct rcpy_view *view) {
  const int last = view->rank - 1;
  if (view->shape[last] > 1 && view->strides[last] != view->item) return false;
  if ((uintptr_t)view->data % (size_t)view->item != 0) return false;
  for (int i = 0; i < last; i++)
    if (view->shape[i] > 1 && view->strides[i] % view->item != 0) return false;
  return true;
}

static float float_at(const char *place, int dtype) {
  double wide;
  float value;
  uint16_t half;
  switch (dtype) {
  case ROWCAST_F64: memcpy(&wide, place, sizeof wide); return (float)wide;
  case ROWCAST_F16: memcpy(&half, place, sizeof half); return rc_half(half);
  case ROWCAST_BF16: memcpy(&half, place, sizeof half); return rc_bfloat16(half);
  default: memcpy(&value, place, sizeof value); return value;
  }
}

void rcpy_view_floats(const struct rcpy_view *view, float *out) {
  Py_ssize_t count = 1, index[RCPY_MAX_RANK] = {0};
  for (int i = 0; i < view->rank; i++) count *= view->shape[i];
  const char *place = view->data;
  const struct rc_mode caller = rc_mode_enter(); /* rounded as the library rounds weights */
  for (Py_ssize_t done = 0; done < count; done++) {
    out[done] = float_at(place, view->dtype);
    for (int i = view->rank; i-- > 0;) { /* to the next element */
      place += view->strides[i];
      if (++index[i] < view->shape[i]) break;
      place -= view->strides[i] * view->shape[i];
      index[i] = 0;
    }
  }
  rc_mode_leave(caller);
}
