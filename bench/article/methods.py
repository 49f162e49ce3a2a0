# SPDX-License-Identifier: BSD-3-Clause
"""The article's ways to multiply images by weights, each from the same two arrays, plus today's one-liners.

Every method takes X (rows x K) and W (K x N), float32, and returns C (rows x N). A method is made once, with what it
needs imported and converted, so that only the product is timed. Numba and PyTorch are imported where they are needed:
either may be absent.
"""

import importlib
from typing import Callable, NamedTuple, Optional

import numpy


def _three_loops(x, w, zeros):
    """What a matrix product is: every output, and for it every product, one indexed element at a time."""

    def product():
        rows, inner, columns = x.shape[0], x.shape[1], w.shape[1]
        c = zeros(rows, columns)
        for i in range(rows):
            for j in range(columns):
                for k in range(inner):
                    c[i, j] += x[i, k] * w[k, j]
        return c

    return product


def torch_loops(x, w):
    """The loops over PyTorch's tensors, as the article ran them: every indexed element is a tensor of its own."""
    import torch

    return _three_loops(*_tensors(x, w), torch.zeros)


def python_loops(x, w):
    """The same loops over NumPy's arrays, whose elements are lighter: what Python alone costs."""
    return _three_loops(x, w, lambda rows, columns: numpy.zeros((rows, columns), numpy.float32))


def _dots(one, x, w, empty):
    """The inner loop handed to one(row, column): the other two stay Python's."""

    def product():
        rows, columns = x.shape[0], w.shape[1]
        c = empty()
        for i in range(rows):
            for j in range(columns):
                c[i, j] = one(x[i, :], w[:, j])
        return c

    return product


def numba_dot(x, w):
    """The inner loop compiled by Numba."""
    import numba

    @numba.njit
    def one(a, b):
        total = numpy.float32(0)
        for k in range(len(a)):
            total += a[k] * b[k]
        return total

    return _dots(one, x, w, lambda: numpy.empty((x.shape[0], w.shape[1]), numpy.float32))


def _tensors(x, w):
    import torch

    return torch.from_numpy(x), torch.from_numpy(w)


def python_dot(x, w):
    """The inner loop as an element-wise product and a sum of PyTorch's."""
    import torch

    x, w = _tensors(x, w)
    return _dots(lambda a, b: (a * b).sum(), x, w, lambda: torch.empty(x.shape[0], w.shape[1]))


def torch_dot(x, w):
    """The inner loop as PyTorch's dot product."""
    import torch

    x, w = _tensors(x, w)
    return _dots(torch.dot, x, w, lambda: torch.empty(x.shape[0], w.shape[1]))


def torch_broadcast(x, w):
    """One row against all columns at a time: the row as a column of K x 1, broadcast over W, summed down."""
    import torch

    x, w = _tensors(x, w)

    def product():
        c = torch.empty(x.shape[0], w.shape[1])
        for i in range(x.shape[0]):
            c[i] = (x[i, :, None] * w).sum(dim=0)
        return c

    return product


def numba_broadcast(x, w):
    """The same, all of it compiled by Numba."""
    import numba

    @numba.njit
    def compiled(x, w):
        c = numpy.empty((x.shape[0], w.shape[1]), numpy.float32)
        for i in range(x.shape[0]):
            c[i] = (x[i].reshape(-1, 1) * w).sum(axis=0)
        return c

    return lambda: compiled(x, w)


def numpy_matmul(x, w):
    """What one writes today: NumPy's @, which is its BLAS."""
    return lambda: x @ w


def torch_matmul(x, w):
    """PyTorch's @."""
    x, w = _tensors(x, w)
    return lambda: x @ w


class Method(NamedTuple):
    name: str  # in the results
    make: Callable
    package: Optional[str]  # what it needs beside NumPy
    threaded: bool  # its library may share the work among threads: one row at a time is too little for that


# In the article's order.
METHODS = (
    Method("torch-loops", torch_loops, "torch", False),
    Method("python-loops", python_loops, None, False),
    Method("numba-dot", numba_dot, "numba", False),
    Method("python-dot", python_dot, "torch", False),
    Method("torch-dot", torch_dot, "torch", False),
    Method("torch-broadcast", torch_broadcast, "torch", False),
    Method("numba-broadcast", numba_broadcast, "numba", False),
    Method("numpy-matmul", numpy_matmul, None, True),
    Method("torch-matmul", torch_matmul, "torch", True),
)


def trouble(package):
    """Why the package cannot be used, None where it can. Imported, not looked up: it may lack a library of its own."""
    if package is None:
        return None
    try:
        importlib.import_module(package)
    except Exception as error:  # not ImportError alone: a broken package raises what it likes
        return next(iter(str(error).splitlines()), type(error).__name__)
    return None


def set_threads(usable, threads):
    """PyTorch's number; the other libraries have read theirs from the environment."""
    if any(method.package == "torch" for method in usable):
        import torch

        torch.set_num_threads(threads)


def versions(usable):
    """Of the packages the methods need, by name."""
    names = ["numpy"] + sorted({method.package for method in usable} - {None})
    return {name: importlib.import_module(name).__version__ for name in names}
