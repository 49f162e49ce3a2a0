#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Python's whole numbers as the oracle of the order exact: every usable kernel of it, float32 and bytes, on random rows
and on such as are hard to round. Every number is a whole multiple of 2^-149, so that every sum is one of 2^-298."""
import argparse
import ctypes
import json
import math
import random
import struct
import subprocess
import sys

F32, U8 = 0, 1
INFINITY, NAN = math.inf, math.nan
LARGEST = (2 - 2.0**-23) * 2.0**127
SIZES = [0, 1, 2, 7, 8, 9, 15, 16, 17, 33, 64, 100]
ROWS, COLUMNS = 7, 11


class PlanOptions(ctypes.Structure):
    _fields_ = [("struct_size", ctypes.c_size_t), ("kernel", ctypes.c_char_p), ("driver", ctypes.c_char_p),
                ("dtype", ctypes.c_int), ("scale", ctypes.c_float), ("threads", ctypes.c_uint),
                ("chunk_rows", ctypes.c_size_t), ("bias", ctypes.c_void_p), ("order", ctypes.c_int),
                ("isa", ctypes.c_int), ("allocator", ctypes.c_void_p * 3), ("w_layout", ctypes.c_int),
                ("w_dtype", ctypes.c_int), ("parallel_for", ctypes.c_void_p * 2)]


def float32(value):
    """The nearest float32, as a Python float."""
    if math.isinf(value) or math.isnan(value):
        return value
    try:
        return struct.unpack("f", struct.pack("f", value))[0]
    except OverflowError:
        return math.copysign(INFINITY, value)


def units(value):
    """A finite float32 in units of 2^-149."""
    numerator, denominator = value.as_integer_ratio()
    return numerator * ((1 << 149) // denominator)


def nearest(total):
    """The float32 nearest to total * 2^-298, ties to even, zeros +0."""
    magnitude = abs(total)
    least = max(magnitude.bit_length() - 24, 149)
    fraction, rest = magnitude >> least, magnitude & ((1 << least) - 1)
    half = 1 << (least - 1)
    if rest > half or (rest == half and fraction % 2 != 0):
        fraction += 1
    if fraction.bit_length() + least - 298 > 128:
        return math.copysign(INFINITY, total)
    value = math.ldexp(fraction, least - 298)
    return -value if total < 0 and value != 0 else value


class Product:
    """Rows, weights and bias, and what their product is."""

    def __init__(self, dtype, k, x, w, bias, scale):
        self.dtype, self.k, self.x, self.w, self.bias, self.scale = dtype, k, x, w, bias, scale
        scaled = [[float32(value * scale) for value in row] for row in w]
        columns = [[row[j] for row in scaled] for j in range(COLUMNS)]
        self.expected = [self.output(row, column, bias[j] if bias else 0.0)
                         for row in x for j, column in enumerate(columns)]

    @staticmethod
    def output(row, column, bias):
        if all(map(math.isfinite, row)) and all(map(math.isfinite, column)) and math.isfinite(bias):
            return nearest(sum(units(a) * units(b) for a, b in zip(row, column)) + (units(bias) << 149))
        special = [a * b for a, b in zip(row, column) if not math.isfinite(a) or not math.isfinite(b)]
        return sum(special + ([] if math.isfinite(bias) else [bias]))


def any_float(low, high):
    return math.ldexp(random.randint(1 << 23, (1 << 24) - 1) * random.choice((1, -1)), random.randint(low, high) - 23)


def numbers(kind):
    """A function that draws a number of the kind."""
    if kind == "usual":
        return lambda: any_float(-6, 6)
    if kind == "wide":
        return lambda: float32(any_float(-149, 127))
    if kind == "tiny":
        return lambda: float32(any_float(-82, -66))
    if kind == "huge":
        return lambda: any_float(58, 64)
    if kind == "whole":
        return lambda: float(random.randint(-4096, 4096))
    if kind == "sparse":
        return lambda: random.choice((0.0, 0.0, 0.0, -0.0, float(random.randint(1, 255))))
    assert kind == "special"
    some = [0.0, -0.0, 1.0, -1.0, INFINITY, -INFINITY, NAN, LARGEST, -LARGEST, 2.0**-149, -2.0**-149, 2.0**-126]
    return lambda: random.choice(some) if random.random() < 0.03 else any_float(-6, 6)


KINDS = ["usual", "wide", "tiny", "huge", "whole", "sparse", "special"]


def cancel(rows, w):
    """Makes products of neighbours cancel, or all but."""
    for k in range(1, len(w), 2):
        for row in rows:
            if random.random() < 0.7:
                row[k] = row[k - 1]
        for j in range(COLUMNS):
            if random.random() < 0.7:
                w[k][j] = -w[k - 1][j]
            elif math.isfinite(w[k - 1][j]):
                w[k][j] = float32(-w[k - 1][j] * (1 + 2.0**-23))


def hardest(row, w, j, trace):
    """Gives the last elements of a row and column j what leaves the sum a tie between two float32, but for a trace."""
    k, spare = len(row), min(5, len(row) - 1)
    total = sum(units(row[i]) * units(w[i][j]) for i in range(k - spare))
    close = nearest(total)
    if close == 0 or not math.isfinite(close) or abs(close) < 2.0**-100:
        return
    ulp = math.ldexp(1.0, math.frexp(close)[1] - 24)
    left = (units(close) << 149) + (units(ulp) << 148) - total
    for i in range(k - spare, k):
        row[i] = 1.0
        w[i][j] = nearest(left)
        left -= units(w[i][j]) << 149
    if trace and left == 0:
        row[k - 1], w[k - 1][j] = 2.0**-70, random.choice((1, -1)) * 2.0**-70 if w[k - 1][j] == 0 else w[k - 1][j]


def made(dtype, k):
    kind, other = random.choice(KINDS), random.choice(KINDS)
    hard = dtype == F32 and k > 6 and random.random() < 0.25
    if hard:
        kind = other = random.choice(("usual", "whole"))
    draw = numbers("usual" if dtype == U8 and kind == "sparse" else kind)
    weight = numbers(kind if random.random() < 0.5 and kind != "sparse" else other)
    if dtype == U8:
        zeros = random.choice((0.0, 0.5, 0.9))
        rows = [[0 if random.random() < zeros else random.randint(1, 255) for _ in range(k)] for _ in range(ROWS)]
    else:
        rows = [[draw() for _ in range(k)] for _ in range(ROWS)]
    w = [[weight() for _ in range(COLUMNS)] for _ in range(k)]
    if random.random() < 0.3:
        cancel(rows, w)
    if k > 0 and random.random() < 0.3:
        for i in range(k):  # a column of zeros, of one tiny weight
            w[i][0] = 0.0
            w[i][1] = 2.0**-149 if i == k // 2 else 0.0
        w[random.randrange(k)][2] = math.copysign(2.0**-149, w[0][2])
    if hard:
        for j in range(3, COLUMNS):
            hardest(rows[0], w, j, j % 2)
    bias = [weight() for _ in range(COLUMNS)] if random.random() < 0.3 else None
    scale = random.choice((1.0, 1 / 256, float32(1 / 255))) if dtype == U8 else 1.0
    return Product(dtype, k, rows, w, bias, scale)


def packed(values, code):
    return struct.pack(f"{len(values)}{code}", *values) or b"\0"


class Library:
    def __init__(self, path):
        self.lib = ctypes.CDLL(path)
        self.lib.rowcast_allow_amx(None)  # as the tool does, which tells the kernels

    def results(self, kernel, product):
        """The outputs, in rows, as the bytes of float32."""
        w = packed([value for row in product.w for value in row], "f")
        x = packed([value for row in product.x for value in row], "B" if product.dtype == U8 else "f")
        bias = packed(product.bias, "f") if product.bias else None
        options = PlanOptions(struct_size=ctypes.sizeof(PlanOptions), kernel=kernel.encode(), dtype=product.dtype,
                              scale=product.scale, threads=1)
        options.bias = ctypes.cast(ctypes.c_char_p(bias), ctypes.c_void_p) if bias else None
        plan, rows = ctypes.c_void_p(), len(product.x)
        size, c = ctypes.c_size_t, ctypes.create_string_buffer(4 * rows * COLUMNS)
        status = self.lib.rowcast_plan_create(ctypes.byref(plan), size(product.k), size(COLUMNS), w, size(COLUMNS),
                                              ctypes.byref(options), None)
        assert status == 0, f"{kernel}: status {status}"
        status = self.lib.rowcast_matmul(plan, size(rows), x, size(product.k), c, size(COLUMNS))
        assert status == 0, f"{kernel}: status {status}"
        self.lib.rowcast_plan_destroy(plan)
        return c.raw


def differences(product, raw):
    got = struct.unpack(f"{len(product.expected)}f", raw)
    for at, (value, expected) in enumerate(zip(got, product.expected)):
        if math.isnan(expected) and math.isnan(value):
            continue
        if struct.pack("f", value) != struct.pack("f", expected):
            yield at, value, expected


def long_product(dtype, k):
    """One row, around the lengths beyond which 32 bits do not hold a sum of bytes times digits."""
    rows = [[255] * k if dtype == U8 else [255.0 * random.choice((1, 1, 0)) for _ in range(k)]]
    w = [[-128.0 - i % 2, 127.0, -(2.0**-20) * 128, 1.0, -1.0, any_float(-3, 3), any_float(-6, 3), 1 / 3, 0.0, -128.0,
          2.0**40] for i in range(k)]
    return Product(dtype, k, rows, [[float32(value) for value in row] for row in w], None, 1.0)


def products(outputs, longest):
    """As many as have so many outputs, and some with long rows first."""
    for k in longest:
        yield long_product(U8, k)
    for k in longest[:1]:
        yield long_product(F32, k)
    while outputs > 0:
        product = made(random.choice((F32, U8)), random.choice(SIZES))
        outputs -= len(product.expected)
        yield product


def main():
    parser = argparse.ArgumentParser(description=__doc__.split(":")[0] + ".")
    parser.add_argument("library", help="the shared librowcast")
    parser.add_argument("tool", help="rowcast itself, which tells the kernels")
    parser.add_argument("--outputs", type=int, default=20000, help="how many to compare, of each kernel")
    parser.add_argument("--long", type=int, nargs="*", default=[65793, 65794], help="long rows (none: no value)")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    random.seed(asked.seed)
    listing = json.loads(subprocess.run([asked.tool, "cpu", "--json"], check=True, stdout=subprocess.PIPE).stdout)
    kernels = [line["kernel"] for line in listing["results"] if line["order"] == "exact" and line["usable"]]
    library, compared, wrong = Library(asked.library), 0, 0
    for product in products(asked.outputs, asked.long):
        compared += len(product.expected)
        for kernel in kernels:
            for at, value, expected in differences(product, library.results(kernel, product)):
                wrong += 1
                if wrong <= 10:
                    print(f"{kernel}, {('f32', 'u8')[product.dtype]}, K {product.k}, row {at // COLUMNS} column "
                          f"{at % COLUMNS}: {value.hex()}, exactly {expected.hex()}", file=sys.stderr)
    print(f"exact: {compared} outputs of each of {', '.join(kernels)} compared with whole numbers, {wrong} differ")
    return 0 if kernels and compared >= asked.outputs and wrong == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
