# SPDX-License-Identifier: BSD-3-Clause
"""Whether a product is right, and the checksum that tells it from others."""

import zlib

import numpy


def is_right(c, x, w):
    """|c - exact| <= gamma_K * sum |x||w|, gamma_K = K u / (1 - K u), u = 2**-24, for every element."""
    c = numpy.asarray(c)
    if c.shape != (x.shape[0], w.shape[1]) or c.dtype != numpy.float32 or not numpy.isfinite(c).all():
        return False
    unit = x.shape[1] * 2.0**-24
    x, w = x.astype(numpy.float64), w.astype(numpy.float64)
    return bool((abs(c - x @ w) <= unit / (1 - unit) * (abs(x) @ abs(w))).all())


def crc32(c):
    """Of the little-endian float32 bytes, row by row, as rowcast prints it."""
    return f"{zlib.crc32(numpy.ascontiguousarray(c, '<f4').tobytes()):08x}"
