#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Writes the golden files of test_npy and test_output with NumPy itself, into the folder npy beside this script.

npy/TYPE_ORDER.npy    a 2 x 3 x 4 array; TYPE with its byte order (le, be), ORDER c or fortran
npy/TYPE.f32          the same values as NumPy converts them to float32, little-endian, row-major
npy/rank4.npy         2 x 3 x 4 x 5 int16, column-major, element i of the row-major order is i
npy/result_RxC.npy    numpy.save() of float32 results, element i is (i - 20) / 8
npy/headers.bin       numpy.save() headers of float32 results: rows and columns as 64 bits, then 128 bytes
The files in the repository were made with NumPy 2.4.6; 1.24 makes the same. The tests need no Python."""
import argparse
import filecmp
import io
import pathlib
import struct
import sys
import tempfile

np = None  # imported once the command line is known to be right


def values(kind, size):
    """24 values: the extremes, what lies around them, what rounds up and down, and small ones."""
    if kind == "b":
        return np.arange(24) % 3 == 0
    if kind in "iu":
        info = np.iinfo(f"{kind}{size}")
        ends = [info.min, info.min + 1, info.max, info.max - 1, info.max // 2, info.max // 3]
        wide = [v for v in (2**24 + 1, 2**24 + 3, 2**31 + 129, 2**53 + 1, -(2**24) - 1, -(2**40) - 2**16 - 1)
                if info.min <= v <= info.max]
        small = list(range(24 - len(ends) - len(wide)))
        return np.array(ends + wide + small, dtype=f"{kind}{size}")
    if size == 2:
        bits = [0, 0x8000, 1, 0x8001, 0x3FF, 0x400, 0x7BFF, 0xFBFF, 0x7C00, 0xFC00, 0x7E00, 0x3C00, 0x3C01, 0xBC00,
                0x3555, 0x6400, 0x1234, 0x9ABC, 0x0200, 0x83FF, 0x5640, 0x4248, 0xC000, 0x7800]
        return np.array(bits, dtype="u2").view("f2")
    if size == 4:
        bits = [0, 0x80000000, 1, 0x80000001, 0x7FFFFF, 0x800000, 0x7F7FFFFF, 0xFF7FFFFF, 0x7F800000, 0xFF800000,
                0x7FC00000, 0x3F800000, 0x3F800001, 0xBF800000, 0x3EAAAAAB, 0x4B800000, 0x12345678, 0x9ABCDEF0,
                0x40490FDB, 0xC02DF854, 0x461C4000, 0x322BCC77, 0x60AD78EC, 0x1E3CE508]
        return np.array(bits, dtype="u4").view("f4")
    return np.array([0.0, -0.0, 5e-324, -1e-320, 1e-45, 7e-46, 1.17549435e-38, 3.4028234663852886e38,
                     3.4028235677973366e38, 3.5e38, -1e300, np.inf, -np.inf, np.nan, 1.0, 1 + 2.0**-24,
                     1 + 3 * 2.0**-24, 1 + 2.0**-24 + 2.0**-50, 0.1, -1 / 3, 16777217.0, 16777219.0, 2.5e-40, np.pi])


def make(folder):
    for name in ("b1", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f2", "f4", "f8"):
        array = values(name[0], int(name[1])).reshape(2, 3, 4)
        with np.errstate(over="ignore", under="ignore"):
            (folder / f"{name}.f32").write_bytes(array.astype("<f4").tobytes())
        orders = (("le", "<"), ("be", ">")) if name[1] != "1" else (("le", "|"),)
        for text, sign in orders:
            np.save(folder / f"{name}{text}_c.npy", array.astype(sign + name))
            np.save(folder / f"{name}{text}_fortran.npy", np.asfortranarray(array.astype(sign + name)))

    np.save(folder / "rank4.npy", np.asfortranarray(np.arange(120, dtype="<i2").reshape(2, 3, 4, 5)))

    for rows, cols in ((5, 10), (1, 1), (0, 10), (3, 0), (7, 1), (1, 7)):
        result = ((np.arange(rows * cols) - 20) / 8).astype("<f4").reshape(rows, cols)
        np.save(folder / f"result_{rows}x{cols}.npy", result)

    with open(folder / "headers.bin", "wb") as out:
        for shape in ((50000, 10), (1000000, 3), (0, 10), (0, 0), (3, 0), (1, 1), (5, 10), (9, 9), (10, 10), (99, 1),
                      (100, 1), (999, 5), (1000, 784), (12345, 17), (1, 1000000), (0, 65536), (100000, 1)):
            stream = io.BytesIO()
            np.lib.format.write_array_header_1_0(
                stream, {"descr": "<f4", "fortran_order": False, "shape": shape})
            header = stream.getvalue()
            assert len(header) == 128
            out.write(struct.pack("<QQ", *shape) + header)


def main():
    global np
    parser = argparse.ArgumentParser(prog="make_npy_golden.py", description=__doc__, allow_abbrev=False,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true",
                        help="compare with the files that there are instead of writing them")
    arguments = parser.parse_args()
    import numpy as np
    kept = pathlib.Path(__file__).parent / "npy"
    if not arguments.check:
        kept.mkdir(exist_ok=True)
        make(kept)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        make(pathlib.Path(folder))
        made, there = ({path.name for path in where.iterdir()} for where in (pathlib.Path(folder), kept))
        _, differ, missing = filecmp.cmpfiles(folder, kept, sorted(made), shallow=False)
    for name in differ + missing + sorted(there - made):
        print(f"make_npy_golden.py: {name} is not as NumPy {np.__version__} makes it")
    if made != there or differ:
        return 1
    print(f"{len(made)} files, as NumPy {np.__version__} makes them")
    return 0


if __name__ == "__main__":
    sys.exit(main())
