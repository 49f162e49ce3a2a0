/* SPDX-License-Identifier: BSD-3-Clause */
/* Files into memory that NumPy looks at in place: the type Matrix exports a rowcast_matrix by the buffer protocol. */
#include <stddef.h>
#include <string.h>

#include "core.h"

struct matrix {
  PyObject_HEAD /* a comment, for clang-format to know where it ends */
    rowcast_matrix matrix;
  char *data; /* of the first row that is exported */
  int rank;
  Py_ssize_t shape[2], strides[2];
};

static void deallocate(PyObject *object) {
  PyTypeObject *type = Py_TYPE(object);
  rowcast_matrix_free(&((struct matrix *)object)->matrix);
  ((freefunc)PyType_GetSlot(type, Py_tp_free))(object);
  Py_DECREF(type);
}

static int export(PyObject *object, Py_buffer *view, int flags) {
  struct matrix *self = (struct matrix *)object;
  (void)flags; /* elements are contiguous and may be written: whatever is asked for is granted */
  static char byte[] = "B", single[] = "f", nothing[8];
  view->buf = self->matrix.data != NULL ? self->data : nothing;
  view->itemsize = self->matrix.dtype == ROWCAST_U8 ? 1 : 4;
  view->len = self->shape[0] * (self->rank == 2 ? self->shape[1] : 1) * view->itemsize;
  view->readonly = 0;
  view->ndim = self->rank;
  view->format = self->matrix.dtype == ROWCAST_U8 ? byte : single;
  view->shape = self->shape;
  view->strides = self->strides;
  view->suboffsets = NULL;
  view->internal = NULL;
  Py_INCREF(object);
  view->obj = object;
  return 0;
}

/* The members of rowcast_read_options by name. */
enum kind { SIZE, FLAG, TEXT, MARK };
static const struct {
  const char *name;
  enum kind kind;
  size_t offset;
} members[] = {{"max_bytes", SIZE, offsetof(rowcast_read_options, max_bytes)},
               {"allow_trailing", FLAG, offsetof(rowcast_read_options, allow_trailing)},
               {"array", TEXT, offsetof(rowcast_read_options, array)},
               {"member", TEXT, offsetof(rowcast_read_options, member)},
               {"skip_lines", SIZE, offsetof(rowcast_read_options, skip_lines)},
               {"columns_from", SIZE, offsetof(rowcast_read_options, columns_from)},
               {"columns_to", SIZE, offsetof(rowcast_read_options, columns_to)},
               {"delimiter", MARK, offsetof(rowcast_read_options, delimiter)},
               {"decimal", MARK, offsetof(rowcast_read_options, decimal)},
               {"comment", MARK, offsetof(rowcast_read_options, comment)},
               {"raw_type", TEXT, offsetof(rowcast_read_options, raw_type)},
               {"raw_offset", SIZE, offsetof(rowcast_read_options, raw_offset)},
               {"raw_fortran", FLAG, offsetof(rowcast_read_options, raw_fortran)}};

/* value to the member at `place`; texts are kept alive by `texts`. */
static int set_member(char *place, enum kind kind, PyObject *value, PyObject *texts) {
  if (kind == FLAG) {
    const int truth = PyObject_IsTrue(value);
    *(bool *)place = truth == 1;
    return truth < 0 ? -1 : 0;
  }
  if (kind == SIZE) {
    *(size_t *)(void *)place = PyLong_AsSize_t(value);
    return PyErr_Occurred() ? -1 : 0;
  }
  if (kind == MARK && value == Py_False) { /* no comments */
    *(int *)(void *)place = ROWCAST_NO_COMMENTS;
    return 0;
  }
  PyObject *bytes = PyUnicode_AsUTF8String(value);
  if (bytes == NULL || PyList_Append(texts, bytes) != 0) {
    Py_XDECREF(bytes);
    return -1;
  }
  char *text;
  Py_ssize_t length;
  const int status = PyBytes_AsStringAndSize(bytes, &text, kind == MARK ? &length : NULL); /* no NUL within a text */
  Py_DECREF(bytes);
  if (status != 0) return -1;
  if (kind == TEXT) *(const char **)(void *)place = text;
  else if (length == 1) *(int *)(void *)place = *(unsigned char *)text;
  else {
    PyErr_Format(PyExc_ValueError, "%R is not one character of ASCII", value);
    return -1;
  }
  return 0;
}

static int set_dims(rowcast_read_options *options, PyObject *dims) {
  const Py_ssize_t rank = PySequence_Size(dims);
  if (rank < 0) return -1;
  if (rank > ROWCAST_MAX_RANK) {
    PyErr_SetString(PyExc_ValueError, "raw_dims: too many dimensions");
    return -1;
  }
  options->raw_rank = (size_t)rank;
  for (Py_ssize_t i = 0; i < rank; i++) {
    PyObject *length = PySequence_GetItem(dims, i);
    if (length != NULL) options->raw_dims[i] = PyLong_AsSize_t(length);
    Py_XDECREF(length);
    if (PyErr_Occurred()) return -1;
  }
  return 0;
}

static int take_options(rowcast_read_options *options, PyObject *dict, PyObject *texts) {
  PyObject *key, *value;
  Py_ssize_t position = 0;
  while (PyDict_Next(dict, &position, &key, &value)) {
    if (value == Py_None) continue;
    if (PyUnicode_CompareWithASCIIString(key, "raw_dims") == 0) {
      if (set_dims(options, value) != 0) return -1;
      continue;
    }
    size_t i = 0;
    const size_t count = sizeof members / sizeof members[0];
    while (i < count && PyUnicode_CompareWithASCIIString(key, members[i].name) != 0) i++;
    if (i == count) {
      PyErr_Format(PyExc_TypeError, "load() has no argument %R", key);
      return -1;
    }
    if (set_member((char *)options + members[i].offset, members[i].kind, value, texts) != 0) return -1;
  }
  return 0;
}

/* What is read, and where from. */
struct request {
  PyObject *path;        /* bytes: the file's name, also for messages */
  Py_buffer *content;    /* NULL: it is in the file */
  Py_ssize_t begin, end; /* rows; end < 0: up to the last */
  rowcast_read_options options;
};

/* What came. */
struct answer {
  rowcast_matrix matrix;
  size_t rank;  /* the file's */
  size_t first; /* the number of the first row in the matrix */
};

static rowcast_status read_whole(const struct request *request, struct answer *answer, rowcast_error *err) {
  const char *name = PyBytes_AsString(request->path);
  const rowcast_read_options *options = &request->options;
  const Py_buffer *content = request->content;
  rowcast_status status;
  if (content == NULL) status = rowcast_matrix_read(&answer->matrix, name, options, err);
  else {
    const size_t size = (size_t)content->len;
    status = rowcast_matrix_read_memory(&answer->matrix, content->buf, size, name, options, err);
  }
  if (status == ROWCAST_OK) answer->rank = answer->matrix.file->rank;
  return status;
}

/* Where rows can be read by their numbers, these alone. */
static rowcast_status read_rows(const struct request *request, struct answer *answer, rowcast_error *err) {
  rowcast_reader *reader;
  rowcast_status status = rowcast_reader_open(&reader, PyBytes_AsString(request->path), &request->options, err);
  if (status != ROWCAST_OK) return status;
  const rowcast_matrix *shape = rowcast_reader_shape(reader);
  const size_t begin = (size_t)request->begin, end = request->end < 0 ? shape->rows : (size_t)request->end;
  if (!rowcast_reader_seekable(reader) || begin > end || end > shape->rows) {
    rowcast_reader_close(reader);
    return read_whole(request, answer, err);
  }
  answer->rank = shape->file->rank;
  answer->first = begin;
  status = rowcast_matrix_alloc(&answer->matrix, shape->dtype, end - begin, shape->cols);
  if (status == ROWCAST_OK)
    status = rowcast_reader_rows(reader, begin, end, answer->matrix.data, answer->matrix.stride, err);
  else PyOS_snprintf(err->text, sizeof err->text, "%s: no memory for these rows", PyBytes_AsString(request->path));
  if (status != ROWCAST_OK) rowcast_matrix_free(&answer->matrix);
  rowcast_reader_close(reader);
  return status;
}

static rowcast_status read_asked(const struct request *request, struct answer *answer, rowcast_error *err) {
  const bool all = request->begin == 0 && request->end < 0;
  /* Standard input is not to be opened twice. */
  const bool once = request->content != NULL || strcmp(PyBytes_AsString(request->path), "-") == 0;
  return all || once ? read_whole(request, answer, err) : read_rows(request, answer, err);
}

/* The rows that were asked for, of the matrix that came; takes the matrix. */
static PyObject *exporter(const struct request *request, struct answer *answer, PyObject *path) {
  rowcast_matrix *matrix = &answer->matrix;
  const Py_ssize_t item = matrix->dtype == ROWCAST_U8 ? 1 : 4, first = (Py_ssize_t)answer->first;
  const Py_ssize_t last = first + (Py_ssize_t)matrix->rows, end = request->end < 0 ? last : request->end;
  PyTypeObject *type = (PyTypeObject *)rcpy.matrix;
  struct matrix *self = NULL;
  if (request->begin > end || end > last)
    PyErr_Format(PyExc_ValueError, "rows: %U has %zd rows, not %zd:%zd", path, last, request->begin, end);
  else self = (struct matrix *)((allocfunc)PyType_GetSlot(type, Py_tp_alloc))(type, 0);
  if (self == NULL) {
    rowcast_matrix_free(matrix);
    return NULL;
  }
  self->matrix = *matrix;
  self->rank = answer->rank <= 1 ? 1 : 2;
  self->shape[0] = end - request->begin;
  self->shape[1] = (Py_ssize_t)matrix->cols;
  self->strides[0] = (Py_ssize_t)matrix->stride * item;
  self->strides[1] = item;
  self->data = (char *)matrix->data + (request->begin - first) * self->strides[0];
  return (PyObject *)self;
}

static PyObject *read_matrix(const struct request *request, PyObject *path) {
  struct answer answer = {0};
  rowcast_error err;
  memset(&err, 0, sizeof err);
  PyThreadState *thread = PyEval_SaveThread();
  const rowcast_status status = read_asked(request, &answer, &err);
  PyEval_RestoreThread(thread);
  if (status == ROWCAST_OK) return exporter(request, &answer, path);
  rcpy_raise(status, &err, path);
  return NULL;
}

/* _read(path: bytes, content: bytes or None, begin, end, options: dict) -> Matrix */
static PyObject *read_file(PyObject *module, PyObject *args) {
  (void)module;
  struct request request = {.options = ROWCAST_READ_DEFAULTS};
  PyObject *content, *dict;
  if (!PyArg_ParseTuple(args, "SOnnO!", &request.path, &content, &request.begin, &request.end, &PyDict_Type, &dict))
    return NULL;
  if (strlen(PyBytes_AsString(request.path)) != (size_t)PyBytes_Size(request.path)) {
    PyErr_SetString(PyExc_ValueError, "path: embedded null byte");
    return NULL;
  }
  request.options.cancelled = rcpy_interrupted;
  PyObject *texts = PyList_New(0), *result = NULL;
  PyObject *path = PyUnicode_DecodeFSDefault(PyBytes_AsString(request.path));
  Py_buffer buffer = {0};
  if (texts == NULL || path == NULL || take_options(&request.options, dict, texts) != 0) goto end;
  if (content != Py_None) {
    if (PyObject_GetBuffer(content, &buffer, PyBUF_SIMPLE) != 0) goto end;
    request.content = &buffer;
  }
  result = read_matrix(&request, path);
end:
  if (buffer.obj != NULL) PyBuffer_Release(&buffer);
  Py_XDECREF(texts);
  Py_XDECREF(path);
  return result;
}

static PyMethodDef functions[] = {{"_read", read_file, METH_VARARGS, NULL}, {NULL, NULL, 0, NULL}};

int rcpy_add_files(PyObject *module) {
  static PyType_Slot slots[] = {{Py_tp_dealloc, deallocate}, {Py_bf_getbuffer, export}, {0, NULL}};
  static PyType_Spec spec = {"rowcast._core.Matrix", sizeof(struct matrix), 0,
                             Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION, slots};
  rcpy.matrix = PyType_FromSpec(&spec);
  return rcpy.matrix == NULL ? -1 : PyModule_AddFunctions(module, functions);
}
