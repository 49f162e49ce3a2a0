/* SPDX-License-Identifier: BSD-3-Clause */
/* Making plans from arrays and from pickles, and what they tell. */
#include "plan.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#include "view.h"

bool rcpy_serial = false;

PyObject *rcpy_stay_serial(PyObject *module, PyObject *none) {
  (void)module, (void)none;
  rcpy_serial = true;
  Py_RETURN_NONE;
}

static void clear_recipe(struct rcpy_recipe *recipe) {
  Py_CLEAR(recipe->weights);
  Py_CLEAR(recipe->bias);
  Py_CLEAR(recipe->kernel);
}

/* Takes the recipe's references, also on failure. */
static PyObject *make(PyTypeObject *type, struct rcpy_recipe *recipe) {
  const allocfunc allocate = (allocfunc)PyType_GetSlot(type, Py_tp_alloc);
  struct rcpy_plan *self = (struct rcpy_plan *)allocate(type, 0);
  if (self == NULL) {
    clear_recipe(recipe);
    return NULL;
  }
  self->recipe = *recipe;
  rowcast_plan_options options = ROWCAST_PLAN_DEFAULTS;
  options.dtype = recipe->dtype;
  options.scale = recipe->scale;
  options.order = recipe->order;
  options.w_layout = recipe->w_layout;
  options.w_dtype = recipe->w_dtype;
  options.threads = rcpy_serial ? 1 : recipe->threads;
  PyObject *kernel = recipe->kernel == Py_None ? NULL : PyUnicode_AsUTF8String(recipe->kernel);
  char *name = NULL;
  if (recipe->kernel != Py_None && (kernel == NULL || PyBytes_AsStringAndSize(kernel, &name, NULL) != 0)) {
    Py_XDECREF(kernel);
    goto fail;
  }
  options.kernel = name;
  if (recipe->bias != Py_None) options.bias = (const float *)(const void *)PyBytes_AsString(recipe->bias);
  const size_t k = (size_t)recipe->k, n = (size_t)recipe->n;
  rowcast_error err;
  const rowcast_status status = rowcast_plan_create(&self->plan, k, n, PyBytes_AsString(recipe->weights),
                                                    recipe->w_layout == ROWCAST_K_BY_N ? n : k, &options, &err);
  Py_XDECREF(kernel);
  if (status != ROWCAST_OK) {
    rcpy_raise(status, &err, NULL);
    goto fail;
  }
  rowcast_plan_describe(self->plan, &self->info, sizeof self->info);
  return (PyObject *)self;
fail:
  Py_DECREF(self);
  return NULL;
}

PyObject *rcpy_plan_with_threads(struct rcpy_plan *self, unsigned threads) {
  struct rcpy_plan *narrow = (struct rcpy_plan *)self->narrow;
  if (narrow == NULL || narrow->recipe.threads != threads) {
    struct rcpy_recipe recipe = self->recipe;
    recipe.threads = threads;
    Py_INCREF(recipe.weights);
    Py_INCREF(recipe.bias);
    Py_INCREF(recipe.kernel);
    PyObject *made = make((PyTypeObject *)rcpy.plan, &recipe), *before = self->narrow;
    if (made == NULL) return NULL;
    self->narrow = made;
    Py_XDECREF(before);
  }
  Py_INCREF(self->narrow);
  return self->narrow;
}

/* The weights as bytes of their own, and how they lie. */
static int take_weights(struct rcpy_recipe *recipe, PyObject *weights) {
  struct rcpy_view view;
  if (rcpy_view_get(&view, weights, "weights") != 0) return -1;
  const int dtype = view.dtype;
  if (dtype != ROWCAST_F32 && dtype != ROWCAST_F64 && dtype != ROWCAST_F16 && dtype != ROWCAST_BF16) {
    PyErr_Format(PyExc_TypeError,
                 "weights: elements must be float32, float64, float16 or bfloat16, not %s; "
                 "weights.astype(numpy.float32) converts them",
                 view.type);
    goto fail;
  }
  if (view.rank != 2) {
    PyErr_Format(PyExc_ValueError, "weights: two dimensions needed, K x N, not %d", view.rank);
    goto fail;
  }
  recipe->k = view.shape[0];
  recipe->n = view.shape[1];
  recipe->w_dtype = (rowcast_dtype)dtype;
  /* Of a transposed array the K weights of an output are adjacent. */
  const bool across = view.shape[1] <= 1 || view.strides[1] == view.item;
  const bool down = view.shape[0] <= 1 || view.strides[0] == view.item;
  recipe->w_layout = across ? ROWCAST_K_BY_N : ROWCAST_N_BY_K;
  if (!across && !down) {
    PyErr_SetString(PyExc_ValueError, "weights: neither the elements of a row nor those of a column are adjacent; "
                                      "numpy.ascontiguousarray(weights) copies them so");
    goto fail;
  }
  const Py_ssize_t rows = across ? recipe->k : recipe->n, cols = across ? recipe->n : recipe->k;
  recipe->weights = PyBytes_FromStringAndSize(NULL, rows * cols * view.item);
  if (recipe->weights == NULL) goto fail;
  char *out = PyBytes_AsString(recipe->weights);
  for (Py_ssize_t row = 0; cols > 0 && row < rows; row++)
    memcpy(out + row * cols * view.item, view.data + row * view.strides[across ? 0 : 1], (size_t)(cols * view.item));
  rcpy_view_release(&view);
  return 0;
fail:
  rcpy_view_release(&view);
  return -1;
}

static int take_bias(struct rcpy_recipe *recipe, PyObject *bias) {
  if (bias == Py_None) {
    Py_INCREF(Py_None);
    recipe->bias = Py_None;
    return 0;
  }
  struct rcpy_view view;
  if (rcpy_view_get(&view, bias, "bias") != 0) return -1;
  const int dtype = view.dtype;
  if (dtype != ROWCAST_F32 && dtype != ROWCAST_F64 && dtype != ROWCAST_F16 && dtype != ROWCAST_BF16)
    PyErr_Format(PyExc_TypeError,
                 "bias: elements must be float32, float64, float16 or bfloat16, not %s; "
                 "bias.astype(numpy.float32) converts them",
                 view.type);
  else if (view.rank != 1 || view.shape[0] != recipe->n)
    PyErr_Format(PyExc_ValueError, "bias: one dimension of %zd elements needed, not %d%s%zd", recipe->n, view.rank,
                 view.rank == 1 ? " of " : " dimensions, the last of ", view.rank > 0 ? view.shape[view.rank - 1] : 0);
  else recipe->bias = PyBytes_FromStringAndSize(NULL, recipe->n * (Py_ssize_t)sizeof(float));
  if (recipe->bias != NULL) rcpy_view_floats(&view, (float *)(void *)PyBytes_AsString(recipe->bias));
  rcpy_view_release(&view);
  return recipe->bias == NULL ? -1 : 0;
}

/* The type of rows: whatever numpy.dtype() takes for float32 or uint8. */
static int take_dtype(struct rcpy_recipe *recipe, PyObject *dtype) {
  recipe->dtype = ROWCAST_F32;
  if (dtype == Py_None) return 0;
  PyObject *made = PyObject_CallFunctionObjArgs(rcpy.dtype, dtype, NULL);
  if (made == NULL) return -1;
  const int f32 = PyObject_RichCompareBool(made, rcpy.f32, Py_EQ), u8 = PyObject_RichCompareBool(made, rcpy.u8, Py_EQ);
  if (f32 == 0 && u8 == 0) PyErr_Format(PyExc_TypeError, "dtype: rows are float32 or uint8, not %S", made);
  Py_DECREF(made);
  if (u8 == 1) recipe->dtype = ROWCAST_U8;
  return f32 == 1 || u8 == 1 ? 0 : -1;
}

/* The float32 that the library gets. What has become 0 there would mean 1 to it. */
static int take_scale(struct rcpy_recipe *recipe, PyObject *scale) {
  if (scale == Py_None) return 0;
  const double number = PyFloat_AsDouble(scale);
  if (number == -1.0 && PyErr_Occurred()) {
    if (!PyErr_ExceptionMatches(PyExc_OverflowError)) return -1;
    PyErr_Clear();
    recipe->scale = INFINITY;
  } else recipe->scale = (float)number;
  if (recipe->scale != 0 && isfinite(recipe->scale)) return 0;
  PyErr_Format(PyExc_ValueError, "scale: %R must be a finite float32 other than 0", scale);
  return -1;
}

static int take_order(struct rcpy_recipe *recipe, const char *name) {
  if (rowcast_order_from_name(name, &recipe->order) == ROWCAST_OK) return 0;
  char names[128] = "";
  const char *one;
  for (int i = 0; (one = rowcast_order_name((rowcast_order)i)) != NULL; i++) {
    const size_t length = strlen(names);
    PyOS_snprintf(names + length, sizeof names - length, i == 0 ? "%s" : ", %s", one);
  }
  PyErr_Format(PyExc_ValueError, "order: '%s' is none of %s", name, names);
  return -1;
}

static int take_threads(struct rcpy_recipe *recipe, PyObject *threads) {
  if (threads == Py_None) return 0;
  PyObject *index = PyNumber_Index(threads);
  if (index == NULL) return -1;
  int overflow = 0;
  const long long count = PyLong_AsLongLongAndOverflow(index, &overflow);
  if (overflow != 0 || count < 1 || count > ROWCAST_MAX_THREADS)
    PyErr_Format(PyExc_ValueError, "threads: 1 to %d, not %R", ROWCAST_MAX_THREADS, index);
  else recipe->threads = (unsigned)count;
  Py_DECREF(index);
  return recipe->threads == 0 ? -1 : 0;
}

static PyObject *new_plan(PyTypeObject *type, PyObject *args, PyObject *keywords) {
  static char *names[] = {"weights", "bias", "dtype", "scale", "order", "threads", "kernel", NULL};
  PyObject *weights, *bias = Py_None, *dtype = Py_None, *scale = Py_None, *threads = Py_None, *kernel = Py_None;
  const char *order = "auto";
  if (!PyArg_ParseTupleAndKeywords(args, keywords, "O|$OOOsOO:Plan", names, &weights, &bias, &dtype, &scale, &order,
                                   &threads, &kernel))
    return NULL;
  if (kernel != Py_None && !PyUnicode_Check(kernel)) {
    PyErr_SetString(PyExc_TypeError, "kernel: a name, or None");
    return NULL;
  }
  struct rcpy_recipe recipe = {0};
  if (take_weights(&recipe, weights) != 0 || take_bias(&recipe, bias) != 0 || take_dtype(&recipe, dtype) != 0 ||
      take_scale(&recipe, scale) != 0 || take_order(&recipe, order) != 0 || take_threads(&recipe, threads) != 0) {
    clear_recipe(&recipe);
    return NULL;
  }
  Py_INCREF(kernel);
  recipe.kernel = kernel;
  return make(type, &recipe);
}

static const char state_format[] = "nnOiiOifiOI";

static PyObject *reduce(PyObject *object, PyObject *none) {
  (void)none;
  const struct rcpy_recipe *r = &((struct rcpy_plan *)object)->recipe;
  PyObject *module = PyImport_ImportModule("rowcast._core");
  PyObject *unpickle = module == NULL ? NULL : PyObject_GetAttrString(module, "_unpickle");
  PyObject *state = Py_BuildValue(state_format, r->k, r->n, r->weights, (int)r->w_layout, (int)r->w_dtype, r->bias,
                                  (int)r->dtype, (double)r->scale, (int)r->order, r->kernel, r->threads);
  PyObject *result = unpickle == NULL || state == NULL ? NULL : PyTuple_Pack(2, unpickle, state);
  Py_XDECREF(module);
  Py_XDECREF(unpickle);
  Py_XDECREF(state);
  return result;
}

/* What a pickle says is not trusted: the sizes are checked here, and the rest by the library. */
static PyObject *unpickle(PyObject *module, PyObject *args) {
  (void)module;
  struct rcpy_recipe r = {0};
  int w_layout, w_dtype, dtype, order;
  if (!PyArg_ParseTuple(args, "nnSiiOifiOI", &r.k, &r.n, &r.weights, &w_layout, &w_dtype, &r.bias, &dtype, &r.scale,
                        &order, &r.kernel, &r.threads))
    return NULL;
  r.w_layout = (rowcast_w_layout)w_layout;
  r.w_dtype = (rowcast_dtype)w_dtype;
  r.dtype = (rowcast_dtype)dtype;
  r.order = (rowcast_order)order;
  Py_ssize_t bytes = w_dtype == ROWCAST_F64 ? 8 : w_dtype == ROWCAST_F32 ? 4 : 2;
  const bool sizes = r.k >= 0 && r.n >= 0 && !__builtin_mul_overflow(bytes, r.k, &bytes) &&
                     !__builtin_mul_overflow(bytes, r.n, &bytes) && PyBytes_Size(r.weights) == bytes;
  const bool bias = r.bias == Py_None || (PyBytes_Check(r.bias) && PyBytes_Size(r.bias) == r.n * 4);
  if (!sizes || !bias || (r.kernel != Py_None && !PyUnicode_Check(r.kernel))) {
    PyErr_SetString(PyExc_ValueError, "this is not a pickled plan");
    return NULL;
  }
  Py_INCREF(r.weights);
  Py_INCREF(r.bias);
  Py_INCREF(r.kernel);
  return make((PyTypeObject *)rcpy.plan, &r);
}

static PyObject *representation(PyObject *object) {
  const struct rcpy_plan *self = (struct rcpy_plan *)object;
  return PyUnicode_FromFormat("<rowcast.Plan %zd x %zd, %s rows, order %s, kernel %s, %u thread%s>", self->recipe.k,
                              self->recipe.n, self->info.dtype == ROWCAST_U8 ? "uint8" : "float32",
                              rowcast_order_name(self->info.order), self->info.kernel, self->info.threads,
                              self->info.threads == 1 ? "" : "s");
}

static void deallocate(PyObject *object) {
  struct rcpy_plan *self = (struct rcpy_plan *)object;
  PyTypeObject *type = Py_TYPE(object);
  rowcast_plan_destroy(self->plan);
  clear_recipe(&self->recipe);
  Py_CLEAR(self->narrow);
  ((freefunc)PyType_GetSlot(type, Py_tp_free))(self);
  Py_DECREF(type);
}

enum attribute { K, N, KERNEL, ORDER, ISA, DTYPE, THREADS, SCALE };

static PyObject *attribute(PyObject *object, void *closure) {
  const struct rcpy_plan *self = (struct rcpy_plan *)object;
  switch ((enum attribute)(size_t)closure) {
  case K: return PyLong_FromSsize_t(self->recipe.k);
  case N: return PyLong_FromSsize_t(self->recipe.n);
  case KERNEL: return PyUnicode_FromString(self->info.kernel);
  case ORDER: return PyUnicode_FromString(rowcast_order_name(self->info.order));
  case ISA: return PyUnicode_FromString(rowcast_isa_name(self->info.isa));
  case THREADS: return PyLong_FromUnsignedLong(self->info.threads);
  case SCALE: return PyFloat_FromDouble(self->recipe.scale == 0 ? 1.0 : (double)self->recipe.scale);
  case DTYPE: break;
  }
  PyObject *dtype = self->info.dtype == ROWCAST_U8 ? rcpy.u8 : rcpy.f32;
  Py_INCREF(dtype);
  return dtype;
}

static PyGetSetDef attributes[] = {
  {"k", attribute, NULL, "elements of a row", (void *)K},
  {"n", attribute, NULL, "outputs of a row", (void *)N},
  {"kernel", attribute, NULL, "the kernel that was chosen", (void *)KERNEL},
  {"order", attribute, NULL, "the order of summation, which decides the bits", (void *)ORDER},
  {"isa", attribute, NULL, "the kernel's ISA level", (void *)ISA},
  {"dtype", attribute, NULL, "the element type of rows: numpy.dtype of float32 or uint8", (void *)DTYPE},
  {"threads", attribute, NULL, "most threads that a product uses", (void *)THREADS},
  {"scale", attribute, NULL, "the value of one unit of a row's elements", (void *)SCALE},
  {NULL, NULL, NULL, NULL, NULL}};

static PyMethodDef methods[] = {
  {"matmul", (PyCFunction)(void (*)(void))rcpy_matmul, METH_FASTCALL | METH_KEYWORDS,
   "matmul($self, x, out=None, *, copy=False)\n--\n\nRows (..., K) times the weights, plus the bias: (..., N) float32, "
   "in out where that is given."},
  {"predict", (PyCFunction)(void (*)(void))rcpy_predict, METH_FASTCALL | METH_KEYWORDS,
   "predict($self, x, *, copy=False)\n--\n\nThe column in which each row's outputs are largest, the first of equal "
   "ones; -1 where all are NaN: (...) int32."},
  {"__reduce__", reduce, METH_NOARGS, NULL},
  {NULL, NULL, 0, NULL}};

static PyMethodDef functions[] = {{"_unpickle", unpickle, METH_VARARGS, NULL},
                                  {"_stay_serial", rcpy_stay_serial, METH_NOARGS, NULL},
                                  {NULL, NULL, 0, NULL}};

static const char documentation[] =
  "Plan(weights, *, bias=None, dtype=None, scale=None, order='auto', threads=None, kernel='auto')\n--\n\n"
  "Weights, K x N, prepared once and multiplied with any number of rows.\n\n"
  "weights and bias are copied, and become float32 (float64 is rounded). dtype is that of the rows, float32 or uint8; "
  "scale is the value of one unit in them, such as 1/256 for pixels. A plan does not change: threads may share it.";

int rcpy_add_plan(PyObject *module) {
  static PyType_Slot slots[] = {{Py_tp_doc, (void *)(size_t)documentation},
                                {Py_tp_new, new_plan},
                                {Py_tp_dealloc, deallocate},
                                {Py_tp_repr, representation},
                                {Py_tp_call, rcpy_call},
                                {Py_tp_methods, methods},
                                {Py_tp_getset, attributes},
                                {0, NULL}};
  static PyType_Spec spec = {"rowcast.Plan", sizeof(struct rcpy_plan), 0, Py_TPFLAGS_DEFAULT, slots};
  rcpy.plan = PyType_FromSpec(&spec);
  rcpy_remember_limit();
  return rcpy.plan == NULL || PyModule_AddObjectRef(module, "Plan", rcpy.plan) != 0 ||
             PyModule_AddFunctions(module, functions) != 0
           ? -1
           : 0;
}
