# SPDX-License-Identifier: BSD-3-Clause
"""The article's ways to multiply images by weights, each from the same two arrays, plus today's one-liners.

Every method takes X (rows x K) and W (K x N), float32, and returns C (rows x N). A method is made once, with what it needs
imported and converted, so that only the product is timed.
"""

import importlib.util


def loops(x, w):
    """Three nested loops over Python lists' worth of indexing: what a matrix product is."""
    import numpy

    def product():
        rows, inner, columns = x.shape[0], x.shape[1], w.shape[1]
        c = numpy.zeros((rows, columns), numpy.float32)
        for i in range(rows):
            for j in range(columns):
                for k in range(inner):
                    c[i, j] += x[i, k] * w[k, j]
        return c

    return product


def dots(one, x, w, empty):
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
    import numpy

    @numba.njit
    def one(a, b):
        total = numpy.float32(0)
        for k in range(len(a)):
            total += a[k] * b[k]
        return total

    return dots(one, x, w, lambda: numpy.empty((x.shape[0], w.shape[1]), numpy.float32))


def _tensors(x, w):
    import torch

    return torch.from_numpy(x), torch.from_numpy(w)


def python_dot(x, w):
    """The inner loop as an element-wise product and a sum of PyTorch's."""
    import torch

    x, w = _tensors(x, w)
    return dots(lambda a, b: (a * b).sum(), x, w, lambda: torch.empty(x.shape[0], w.shape[1]))


def torch_dot(x, w):
    """The inner loop as PyTorch's dot product."""
    import torch

    x, w = _tensors(x, w)
    return dots(torch.dot, x, w, lambda: torch.empty(x.shape[0], w.shape[1]))


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
    import numpy

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


# Name in the results, how to make it, and the package it needs beside NumPy, in the article's order.
METHODS = (
    ("python-loops", loops, None),
    ("numba-dot", numba_dot, "numba"),
    ("python-dot", python_dot, "torch"),
    ("torch-dot", torch_dot, "torch"),
    ("torch-broadcast", torch_broadcast, "torch"),
    ("numba-broadcast", numba_broadcast, "numba"),
    ("numpy-matmul", numpy_matmul, None),
    ("torch-matmul", torch_matmul, "torch"),
)


def available(package):
    return package is None or importlib.util.find_spec(package) is not None
