# SPDX-License-Identifier: BSD-3-Clause
"""rowcast for NumPy arrays, without a copy and without a build: librowcast is loaded with ctypes.

    from rowcast_numpy import Plan
    with Plan(weights, bias, dtype="uint8", scale=1 / 256) as plan:   # weights: K x N float32
        outputs = plan.matmul(images)                                 # images: M x K uint8; M x N float32
        classes = plan.predict(images)                                # M int32

The library: Plan's argument `library`, else the environment variable ROWCAST_LIBRARY, else where the system finds it.

Arrays are used where they lie: rows one after another or some distance apart, the elements of a row side by side.
Others (transposed, of another type or byte order) raise TypeError or ValueError instead of being copied silently.

ctypes releases the GIL for the length of a call, and a plan is immutable: threads may share one. Only close() must not
come while another thread multiplies."""
import ctypes
import ctypes.util
import functools
import math
import operator
import os

import numpy as np

_DTYPES = {np.dtype(np.float32): 0, np.dtype(np.uint8): 1}  # rowcast_dtype
_ORDERS = ("auto", "naive", "sequential", "lanes8", "exact")  # rowcast_order
_size, _pointer = ctypes.c_size_t, ctypes.c_void_p


class _Error(ctypes.Structure):  # rowcast_error in status.h
    _fields_ = [("status", ctypes.c_int), ("system_error", ctypes.c_int), ("text", ctypes.c_char * 512),
                ("advice", ctypes.c_char * 128)]


class _PlanOptions(ctypes.Structure):  # rowcast_plan_options in plan.h: the same members in the same order
    _fields_ = [
        ("struct_size", _size),  # tells the library, of whatever version, which members it was given
        ("kernel", ctypes.c_char_p),
        ("driver", ctypes.c_char_p),
        ("dtype", ctypes.c_int),
        ("scale", ctypes.c_float),
        ("threads", ctypes.c_uint),
        ("chunk_rows", _size),
        ("bias", _pointer),
        ("order", ctypes.c_int),
        ("isa", ctypes.c_int),
        ("allocator", _pointer * 3),
        ("w_layout", ctypes.c_int),
        ("w_dtype", ctypes.c_int),
        ("parallel_for", _pointer * 2),
    ]

    def __init__(self, **members):  # the members that are left out are zero, as in ROWCAST_PLAN_DEFAULTS
        super().__init__(struct_size=ctypes.sizeof(type(self)), **members)


class _PlanInfo(ctypes.Structure):  # rowcast_plan_info in plan.h
    _fields_ = [
        ("kernel", ctypes.c_char_p),
        ("skip_kernel", ctypes.c_char_p),
        ("driver", ctypes.c_char_p),
        ("isa", ctypes.c_int),
        ("order", ctypes.c_int),
        ("dtype", ctypes.c_int),
        ("k", _size),
        ("n", _size),
        ("threads", ctypes.c_uint),
        ("packed_bytes", _size),
    ]


class RowcastError(Exception):
    """What the library refused, in its own words."""


@functools.lru_cache(maxsize=None)
def _load(path):
    lib = ctypes.CDLL(path)
    lib.rowcast_plan_create.argtypes = [ctypes.POINTER(_pointer), _size, _size, _pointer, _size,
                                        ctypes.POINTER(_PlanOptions),
                                        ctypes.POINTER(_Error)]
    lib.rowcast_plan_destroy.argtypes = [_pointer]
    lib.rowcast_plan_destroy.restype = None
    lib.rowcast_plan_describe.argtypes = [_pointer, ctypes.POINTER(_PlanInfo), _size]
    lib.rowcast_matmul.argtypes = [_pointer, _size, _pointer, _size, _pointer, _size]
    lib.rowcast_predict.argtypes = [_pointer, _size, _pointer, _size, _pointer]
    lib.rowcast_status_text.argtypes = [ctypes.c_int]
    lib.rowcast_status_text.restype = ctypes.c_char_p
    return lib


def load(path=None):
    """The library at path, at ROWCAST_LIBRARY, or the system's."""
    path = path or os.environ.get("ROWCAST_LIBRARY") or ctypes.util.find_library("rowcast")
    if path is None:
        raise OSError("librowcast was not found: name it in ROWCAST_LIBRARY")
    return _load(os.fspath(path))


def _stride(array, name, dtype, cols=None, overlap=False):
    """Elements from one row of a two-dimensional array to the next; raises what stops it from being used in place. With
    overlap rows may share elements, as those of sliding_window_view() and broadcast_to() do."""
    if not isinstance(array, np.ndarray):
        raise TypeError("%s: a NumPy array is needed, not %s" % (name, type(array).__name__))
    if isinstance(array, np.ma.MaskedArray):
        raise TypeError("%s: masked elements would be used; fill them with filled()" % name)
    if array.dtype != dtype:
        raise TypeError("%s: elements must be %s, not %s; convert them with astype()" % (name, dtype, array.dtype))
    if array.ndim != 2 or (cols is not None and array.shape[1] != cols):
        wanted = "two dimensions" if cols is None else "shape (rows, %d)" % cols
        raise ValueError("%s: %s needed, not shape %s" % (name, wanted, array.shape))
    rows, cols = array.shape
    step, across = array.strides
    if array.size == 0:
        return cols
    if cols > 1 and across != array.itemsize or not array.flags.aligned:
        raise ValueError("%s: the elements of a row must be adjacent and aligned; "
                         "numpy.ascontiguousarray() copies them so" % name)
    if rows == 1:
        return cols
    if step < (0 if overlap else cols * array.itemsize) or step % array.itemsize != 0:
        raise ValueError("%s: rows overlap, run backwards or are not whole elements apart; "
                         "numpy.ascontiguousarray() copies them" % name)
    return step // array.itemsize


def _scale(scale):
    """The float32 that the library gets. What has become 0 there would mean 1 to it."""
    number = ctypes.c_float(scale).value
    if number == 0 or not math.isfinite(number):
        raise ValueError("scale: %r is %s as float32, but must be another finite number" % (scale, number))
    return number


def _order(name):
    if name is None:
        return 0
    if name not in _ORDERS:
        raise ValueError("order: %r is none of %s" % (name, ", ".join(_ORDERS)))
    return _ORDERS.index(name)


def _name(text, what):
    """A name as the library takes it: to C a text ends at its first NUL."""
    if text is not None and "\0" in text:
        raise ValueError("%s: %r is not a name" % (what, text))
    return None if text is None else text.encode()


class Plan:
    """Weights (K x N float32, copied) prepared for rows of one type, with a bias (N float32) or without."""

    def __init__(self, weights, bias=None, dtype=np.float32, scale=1.0, threads=0, kernel=None, driver=None, order=None,
                 library=None):
        self._handle = None
        self._lib = load(library)
        self.dtype = np.dtype(dtype)
        if self.dtype not in _DTYPES:
            raise TypeError("dtype: float32 or uint8, not %s" % self.dtype)
        scale, threads = _scale(scale), operator.index(threads)
        if not 0 <= threads < 1 << 32:
            raise ValueError("threads: %d is not a valid thread count" % threads)  # ctypes would cut it to 32 bits
        ldw = _stride(weights, "weights", np.dtype(np.float32))
        k, n = weights.shape
        if bias is not None:
            if not isinstance(bias, np.ndarray) or bias.dtype != np.float32 or isinstance(bias, np.ma.MaskedArray):
                raise TypeError("bias: a float32 array without a mask is needed")
            if bias.shape != (n,) or not bias.flags.c_contiguous or not bias.flags.aligned:
                raise ValueError("bias: %d contiguous elements needed, not shape %s" % (n, bias.shape))
        options = _PlanOptions(kernel=_name(kernel, "kernel"), driver=_name(driver, "driver"),
                               order=_order(order), dtype=_DTYPES[self.dtype], scale=scale, threads=threads,
                               bias=None if bias is None else bias.ctypes.data)
        handle, error = _pointer(), _Error()
        if self._lib.rowcast_plan_create(ctypes.byref(handle), k, n, weights.ctypes.data, ldw, ctypes.byref(options),
                                         ctypes.byref(error)) != 0:
            raise RowcastError(error.text.decode(errors="replace"))
        self._handle = handle
        info = _PlanInfo()
        self._lib.rowcast_plan_describe(handle, ctypes.byref(info), ctypes.sizeof(info))
        self.k, self.n, self.threads = info.k, info.n, info.threads
        self.kernel, self.order = info.kernel.decode(), _ORDERS[info.order]  # what was chosen

    def _rows(self, x):
        if self._handle is None:
            raise ValueError("the plan is closed")
        return _stride(x, "x", self.dtype, self.k, overlap=True)

    def _check(self, status):
        if status != 0:
            raise RowcastError(self._lib.rowcast_status_text(status).decode())

    def matmul(self, x, out=None):
        """x (M x K) times the weights, plus the bias: M x N float32, in out where that is given."""
        ldx = self._rows(x)
        if out is None:
            out = np.empty((x.shape[0], self.n), np.float32)
        ldc = _stride(out, "out", np.dtype(np.float32), self.n)
        if out.shape[0] != x.shape[0]:
            raise ValueError("out: %d rows needed, not %d" % (x.shape[0], out.shape[0]))
        if not out.flags.writeable:
            raise ValueError("out: it is read-only")
        if np.may_share_memory(x, out):  # looks at the bounds alone, which costs nothing
            raise ValueError("out: it overlaps x")
        self._check(self._lib.rowcast_matmul(self._handle, x.shape[0], x.ctypes.data, ldx, out.ctypes.data, ldc))
        return out

    def predict(self, x):
        """The column in which each row's outputs are largest, the first of equal ones; -1 where all are NaN. M
        int32."""
        ldx = self._rows(x)
        classes = np.empty(x.shape[0], np.int32)
        self._check(self._lib.rowcast_predict(self._handle, x.shape[0], x.ctypes.data, ldx, classes.ctypes.data))
        return classes

    def close(self):
        """Releases the plan. May be called again."""
        handle, self._handle = self._handle, None
        if handle is not None:
            self._lib.rowcast_plan_destroy(handle)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()

    def __del__(self):
        if getattr(self, "_handle", None) is not None:
            self.close()
