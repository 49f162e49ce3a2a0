#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""NumPy as the oracle of the readers and writers: what both accept has the same values, and nothing is accepted that
NumPy refuses. What is written is, byte for byte, what numpy.save() writes."""
import argparse
import ctypes
import gzip
import io
import os
import pickle
import random
import struct
import sys
import tempfile
import warnings
import zipfile

np = None  # imported once the command line is known to be right

MAX_RANK = 32
OK = 0
TYPES = ["|b1", "|i1", "|u1"] + [o + t for o in "<>" for t in ("i2", "u2", "i4", "u4", "i8", "u8", "f2", "f4", "f8")]


class Error(ctypes.Structure):
    _fields_ = [("status", ctypes.c_int), ("system_error", ctypes.c_int), ("text", ctypes.c_char * 512),
                ("advice", ctypes.c_char * 128)]


class FileInfo(ctypes.Structure):
    _fields_ = [("struct_size", ctypes.c_size_t), ("rank", ctypes.c_size_t), ("dims", ctypes.c_size_t * MAX_RANK),
                ("element", ctypes.c_char_p), ("format", ctypes.c_char_p), ("name", ctypes.c_char_p),
                ("gzipped", ctypes.c_bool), ("headings", ctypes.c_ubyte)]


class Matrix(ctypes.Structure):
    _fields_ = [("dtype", ctypes.c_int), ("rows", ctypes.c_size_t), ("cols", ctypes.c_size_t),
                ("stride", ctypes.c_size_t), ("data", ctypes.c_void_p), ("unit", ctypes.c_float),
                ("file", ctypes.POINTER(FileInfo)), ("owner", ctypes.c_void_p)]


class ReadOptions(ctypes.Structure):
    _fields_ = [("struct_size", ctypes.c_size_t), ("max_bytes", ctypes.c_size_t), ("plain_bytes", ctypes.c_size_t),
                ("allow_trailing", ctypes.c_bool), ("array", ctypes.c_char_p),
                ("member", ctypes.c_char_p), ("skip_lines", ctypes.c_size_t), ("raw_type", ctypes.c_char_p),
                ("raw_rank", ctypes.c_size_t), ("raw_dims", ctypes.c_size_t * MAX_RANK),
                ("raw_offset", ctypes.c_size_t),
                ("raw_fortran", ctypes.c_bool), ("cancelled", ctypes.c_void_p), ("user", ctypes.c_void_p),
                ("columns_from", ctypes.c_size_t), ("columns_to", ctypes.c_size_t), ("delimiter", ctypes.c_int),
                ("decimal", ctypes.c_int), ("comment", ctypes.c_int), ("headings", ctypes.c_int)]


class Layout(ctypes.Structure):
    _fields_ = [("dtype", ctypes.c_int), ("rank", ctypes.c_size_t), ("dims", ctypes.c_size_t * MAX_RANK)]


class WriteOptions(ctypes.Structure):
    _fields_ = [("struct_size", ctypes.c_size_t), ("format", ctypes.c_int), ("overwrite", ctypes.c_bool),
                ("cancelled", ctypes.c_void_p), ("user", ctypes.c_void_p)]


class Rowcast:
    def __init__(self, path):
        self.lib = ctypes.CDLL(path)

    def read(self, data, **options):
        """The array that rowcast reads, or the text of its error."""
        matrix, error = Matrix(), Error()
        wanted = ReadOptions(struct_size=ctypes.sizeof(ReadOptions), max_bytes=1 << 26, **options)
        status = self.lib.rowcast_matrix_read_memory(ctypes.byref(matrix), data, ctypes.c_size_t(len(data)), b"input",
                                                     ctypes.byref(wanted), ctypes.byref(error))
        if status != OK:
            return error.text.decode("latin1")
        kind = (np.float32, np.uint8)[matrix.dtype]
        count = matrix.rows * matrix.cols
        size = count * np.dtype(kind).itemsize
        elements = ctypes.string_at(matrix.data, size) if size else b""
        array = np.frombuffer(elements, dtype=kind).reshape(matrix.rows, matrix.cols)
        self.headings = matrix.file.contents.headings == 1  # left out
        self.lib.rowcast_matrix_free(ctypes.byref(matrix))
        return array

    def write(self, path, array, file_format):
        writer, error = ctypes.c_void_p(), Error()
        layout = Layout(dtype={"f": 0, "u": 1, "i": 2}[array.dtype.kind], rank=array.ndim)
        for i, size in enumerate(array.shape):
            layout.dims[i] = size
        options = WriteOptions(struct_size=ctypes.sizeof(WriteOptions), format=file_format, overwrite=True)
        cols = int(np.prod(array.shape[1:], dtype=np.int64))
        status = self.lib.rowcast_writer_open(ctypes.byref(writer), path.encode(), ctypes.byref(layout),
                                              ctypes.byref(options), ctypes.byref(error))
        assert status == OK, error.text
        status = self.lib.rowcast_writer_rows(writer, array.ctypes.data_as(ctypes.c_void_p),
                                              ctypes.c_size_t(array.shape[0]),
                                              ctypes.c_size_t(cols), ctypes.byref(error))
        assert status == OK, error.text
        assert self.lib.rowcast_writer_commit(writer, ctypes.byref(error)) == OK, error.text


def flattened(array):
    """As rowcast holds it: two dimensions, bytes or float32."""
    array = np.asarray(array)
    rows = array.shape[0] if array.ndim > 0 else 1
    cols = int(np.prod(array.shape[1:], dtype=np.int64)) if array.ndim > 0 else 1
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # too large for float32: infinite in both
        kept = array if array.dtype == np.uint8 else array.astype(np.float32)
    return np.ascontiguousarray(kept).reshape(rows, cols)


def same(a, b):
    return (isinstance(a, np.ndarray) and a.dtype == b.dtype and a.shape == b.shape
            and np.array_equal(a, b, equal_nan=a.dtype.kind == "f"))


class Checks:
    def __init__(self):
        self.done = 0

    def equal(self, got, array, what):
        self.done += 1
        if not same(got, flattened(array)):
            sys.exit("numpy_oracle: %s: %s instead of %s"
                     % (what, got if isinstance(got, str) else (got.dtype, got.shape), np.shape(array)))

    def refused(self, got, what):
        self.done += 1
        if not isinstance(got, str):
            sys.exit("numpy_oracle: %s: accepted, and NumPy refuses it" % what)


def npy(array, version=None):
    file = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # "stored in version 2.0"
        np.lib.format.write_array(file, array, version=version)
    return file.getvalue()


def samples(random_state):
    """Arrays of every type, order and a few shapes, the special values among them."""
    shapes = [(), (0,), (5,), (0, 3), (3, 0), (4, 6), (7, 1), (2, 3, 4), (1, 2, 2, 2)]
    for name in TYPES:
        kind = np.dtype(name)
        for shape in shapes:
            count = int(np.prod(shape, dtype=np.int64))
            raw = random_state.bytes(count * kind.itemsize)
            array = np.frombuffer(raw, dtype=kind).reshape(shape)
            if kind.kind == "b":
                array = (np.frombuffer(raw, dtype="u1") & 1).astype("b1").reshape(shape)
            yield array
            if array.ndim > 1:
                yield np.asfortranarray(array)


def check_containers(rowcast, checks, random_state):
    for array in samples(random_state):
        what = "%s %s" % (array.dtype.str, array.shape)
        for version in ((1, 0), (2, 0), (3, 0)):
            checks.equal(rowcast.read(npy(array, version)), array, "npy %s of %s" % (version, what))
        checks.equal(rowcast.read(gzip.compress(npy(array), 1)), array, "npy.gz of " + what)
        for save in (np.savez, np.savez_compressed):
            file = io.BytesIO()
            save(file, x_train=array, other=np.arange(3))
            checks.equal(rowcast.read(file.getvalue(), array=b"x_train"), array, save.__name__ + " of " + what)
        for protocol in range(6):
            for dumps in (pickle.dumps, pickle._dumps):
                data = dumps(((array, array), [array, np.arange(4)], {"a": array, "n": 1}), protocol)
                for member in (b"0.0", b"train.y", b"1.0", b"2.a"):
                    checks.equal(rowcast.read(data, member=member), array,
                                 "pickle %d %s of %s" % (protocol, member, what))
        if array.ndim > 0:
            dims = (ctypes.c_size_t * MAX_RANK)(*array.shape)
            for order in "CF":
                data = b"abc" + array.tobytes(order=order)
                checks.equal(rowcast.read(data, raw_type=array.dtype.str.encode(), raw_rank=array.ndim, raw_dims=dims,
                                          raw_offset=3,
                                          raw_fortran=order == "F"), array, "raw of " + what)
        codes = {"|u1": 8, "|i1": 9, ">i2": 11, ">i4": 12, ">f4": 13, ">f8": 14}
        if array.dtype.str in codes and array.ndim > 0:
            data = struct.pack(">BBBB%dI" % array.ndim, 0, 0, codes[array.dtype.str], array.ndim, *array.shape)
            data += array.tobytes()
            checks.equal(rowcast.read(data), array, "idx of " + what)


def check_csv(rowcast, checks, random_state):
    for delimiter in (",", ";", "\t", " "):
        for fmt in ("%.9g", "%d", "%.3f", "%g", "%.1e"):
            array = (random_state.standard_normal((9, 5)) * 10.0 ** random_state.integers(-30, 30, (9, 5))).astype("f4")
            if fmt == "%d":
                array = random_state.integers(-3000, 3000, (9, 5))
            text = io.StringIO()
            np.savetxt(text, array, fmt=fmt, delimiter=delimiter)
            read = np.loadtxt(io.StringIO(text.getvalue()), delimiter=delimiter, ndmin=2, dtype=np.float64)
            # Correctly rounded once; by way of float64 it is twice, which differs where that lands on a midpoint.
            checks.equal(rowcast.read(text.getvalue().encode()), read, "csv %r %s" % (delimiter, fmt))
    alphabet = "0123456789,;.-+eE \t\nnaif"
    for _ in range(20000):
        text = "".join(random.choice(alphabet) for _ in range(random.randrange(1, 24)))
        got = rowcast.read(text.encode())
        delimiter = next((d for d in ",;\t" if d in next((line for line in text.split("\n") if line.strip()), "")),
                         None)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                wanted = np.loadtxt(io.StringIO(text), delimiter=delimiter, ndmin=2, dtype=np.float64, comments=None)
        except ValueError:
            checks.refused(got, "csv %r" % text)
            continue
        if not isinstance(got, str):
            checks.equal(got, wanted[1:] if rowcast.headings else wanted, "csv %r" % text)


def loadtxt(text, **options):
    """What NumPy reads; None: it refuses."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return np.loadtxt(io.StringIO(text), ndmin=2, dtype=np.float64, **options)
    except ValueError:
        return None


def check_csv_options(rowcast, checks, random_state, count):
    """Comments, delimiters, selected columns, quotes and decimal commas: what is accepted is what numpy.loadtxt() reads
    when it is told the same. (NumPy knows no decimal commas: it gets points.)"""
    for delimiter in (",", ";", "\t", " ", "|"):
        array = (random_state.standard_normal((9, 5)) * 100).astype("f4")
        text = io.StringIO()
        np.savetxt(text, array, fmt="%.9g", delimiter=delimiter, header="a b,c\n1 2", footer="end")
        options = {} if delimiter != "|" else {"delimiter": ord("|")}
        checks.equal(rowcast.read(text.getvalue().encode(), **options), array, "commented csv %r" % delimiter)
        checks.equal(rowcast.read(text.getvalue().encode(), columns_from=1, columns_to=4, **options), array[:, 1:4],
                     "columns of csv %r" % delimiter)
    accepted = 0
    for i in range(count):
        delimiter = random.choice((",", ";", "\t", "|", None))
        between = delimiter or " "
        words = ["1", "0", "2", "-3.5", "1e3", ".5", "nan", '"1"', '"2.5"', "x", '"x"', '"a%sb"' % between, '"a#"',
                 '""', "", " 4 ", "#", "5#6", '"7', "x#"]
        lines = []
        for _ in range(random.randrange(1, 5)):
            kind = random.randrange(8)
            if kind == 0:
                lines.append(random.choice(("", "#", "# c", "  # c", " ", "#1" + between + "2")))
            else:
                fields = [random.choice(words[:9] if random.randrange(4) else words)
                          for _ in range(random.choice((2, 3, 3, 3, 4)))]
                lines.append(between.join(fields) + random.choice(("", "", "", "", " # c", "#c", between, " ")))
        text = "\n".join(lines)
        if random.randrange(10) == 0:
            text = "".join(random.choice('0123.,;# "x\n\t|') for _ in range(random.randrange(1, 20)))
        if delimiter is None and '"' in text:
            # NumPy finds one more field, an empty one, where blanks follow the last quote of a line.
            if "#" in text:
                continue
            text = "\n".join(line.rstrip() for line in text.split("\n"))
        first, last = random.choice(((0, 0), (0, 0), (0, 1), (1, 2), (1, 3), (0, 2), (2, 3)))
        got = rowcast.read(text.encode(), delimiter=ord(between), columns_from=first, columns_to=last)
        wanted = loadtxt(text, delimiter=delimiter, comments="#", quotechar='"', usecols=range(first, last) if last
                         else None)
        what = "csv %r, delimiter %r, columns %d:%d" % (text, delimiter, first, last)
        if wanted is None or wanted.size == 0:
            checks.refused(got, what)
        elif not isinstance(got, str):
            accepted += 1
            checks.equal(got, wanted[1:] if rowcast.headings else wanted, what)
    if accepted < count // 20:
        sys.exit("numpy_oracle: only %d of %d texts were accepted: little was compared" % (accepted, count))
    for _ in range(count // 4):
        text = "".join(random.choice("0123456789,;-+eE \t\nnaif.") for _ in range(random.randrange(1, 24)))
        got = rowcast.read(text.encode(), decimal=ord(","), delimiter=ord(";"))
        wanted = loadtxt(text.replace(".", "x").replace(",", "."), delimiter=";", comments=None)
        if wanted is None:
            checks.refused(got, "decimal commas %r" % text)
        elif not isinstance(got, str):
            checks.equal(got, wanted[1:] if rowcast.headings else wanted, "decimal commas %r" % text)
    return accepted


def mutate(text):
    """One to three changes, some of which leave a dictionary one."""
    text = bytearray(text)
    for _ in range(random.randrange(1, 4)):
        at = random.randrange(len(text))
        choice = random.randrange(6)
        if choice == 0:
            text[at] = random.randrange(256)
        elif choice == 1:
            text[at] = random.choice(b"0123456789,()[]{}'\"<>|=TrueFalsL xX_-+.:")
        elif choice == 2:
            del text[at]
        elif choice == 3:
            text.insert(at, random.choice(b"0123456789,()[]{}'\"<>|= L"))
        elif choice == 4:
            text.insert(at, random.choice(b" \t\n\r"))
        else:
            digits = [i for i, c in enumerate(text) if chr(c) in "0123456789<>|="]
            if digits:
                text[random.choice(digits)] = random.choice(b"0123456789<>|=")
        if not text:
            text = bytearray(b" ")
    return bytes(text)


def check_mutated_headers(rowcast, checks, count):
    """Whatever becomes of a header: accepted here means accepted there, with the same values."""
    seeds = [npy(array) for array in (np.arange(12, dtype="<f4").reshape(3, 4),
                                      np.asfortranarray(np.arange(12, dtype=">i2").reshape(3, 4)),
                                      np.arange(5, dtype="u1"), np.array(2.0))]
    seeds += [npy(np.arange(6, dtype="<f8").reshape(2, 3), version) for version in ((2, 0), (3, 0))]
    accepted = 0
    for i in range(count):
        seed = seeds[i % len(seeds)]
        # The elements are left alone: what they say is not in question.
        end, width = seed.index(b"\n") + 1, 2 if seed[6] == 1 else 4
        begin = 8 + width
        text = mutate(seed[begin:end].rstrip()) + random.choice((b"", b"\n", b"   \n"))
        if i % 10 == 0:
            header = mutate(seed[:begin]) + text
        else:
            header = seed[:8] + len(text).to_bytes(width, "little") + text
        data = header + seed[end:]
        got = rowcast.read(data, allow_trailing=True)
        if isinstance(got, str):
            continue
        if data[:6] != b"\x93NUMPY":
            continue  # another format by now: headers of those are not in question
        accepted += 1
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                wanted = np.lib.format.read_array(io.BytesIO(data), allow_pickle=False)
        except Exception as error:
            sys.exit("numpy_oracle: accepted, and NumPy says %s: %r" % (error, header))
        checks.equal(got, wanted, "mutated header %r" % header)
    if accepted < count // 50:
        sys.exit("numpy_oracle: only %d of %d mutated headers were accepted: nothing was compared" % (accepted, count))
    return accepted


def check_mutated_pickles(rowcast, checks, count):
    """A pickle that is accepted after a change is one that NumPy reads to the same values."""
    class Safe(pickle.Unpickler):
        def find_class(self, module, name):
            if module.split(".")[0] in ("numpy", "_codecs") or name == "bytes":
                return super().find_class(module, name)
            raise pickle.UnpicklingError("%s %s" % (module, name))

    array = np.arange(6, dtype="<f4").reshape(2, 3)
    seeds = [pickle.dumps((array, np.arange(3)), protocol) for protocol in range(6)]
    accepted = 0
    for i in range(count):
        data = bytearray(seeds[i % len(seeds)])
        for _ in range(random.randrange(1, 3)):
            data[random.randrange(len(data))] = random.randrange(256)
        data = bytes(data)
        got = rowcast.read(data, member=b"0")
        if isinstance(got, str) or (data[0] not in b"(c" and data[0] != 0x80):
            continue
        accepted += 1
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                wanted = Safe(io.BytesIO(data), encoding="latin1").load()[0]
        except Exception as error:
            sys.exit("numpy_oracle: a pickle is accepted, and Python says %s: %r" % (error, data))
        checks.equal(got, wanted, "mutated pickle %r" % data)
    return accepted


def check_writer(rowcast, checks, random_state, folder):
    path = os.path.join(folder, "x")
    for kind in ("<f4", "u1", "<i4"):
        for _ in range(70):
            shape = tuple(int(n) for n in random_state.integers(0, 12, int(random_state.integers(1, 4))))
            array = (random_state.standard_normal(shape) * 100).astype(kind)
            rowcast.write(path, array, 0)
            with open(path, "rb") as file:
                data = file.read()
            if data != npy(array):
                sys.exit("numpy_oracle: %s of %s is not what numpy.save() writes" % (shape, kind))
            checks.done += 1
            if kind == "u1":
                rowcast.write(path, array, 5)
                with open(path, "rb") as file:
                    dims = np.frombuffer(file.read(4 + 4 * array.ndim)[4:], ">u4")
                    same_elements = file.read() == array.tobytes()
                if tuple(dims) != shape or not same_elements:
                    sys.exit("numpy_oracle: an IDX of %s reads back otherwise" % (shape,))
                checks.done += 1
            rowcast.write(path, array, 2)
            with np.load(path) as archive:
                if archive.files != ["arr_0"] or not np.array_equal(archive["arr_0"], array):
                    sys.exit("numpy_oracle: an .npz of %s %s reads back otherwise" % (shape, kind))
            checks.done += 1
    patterns = random_state.integers(0, 1 << 32, 200000, dtype=np.uint64).astype("<u4").view("<f4").reshape(-1, 20)
    for number, load in ((1, lambda text: np.loadtxt(io.StringIO(text), delimiter=",", dtype=np.float64)),
                         (3, lambda text: np.array(__import__("json").loads(text), dtype=np.float64))):
        rowcast.write(path, patterns, number)
        with open(path, encoding="ascii") as file:
            back = load(file.read())
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            wanted = np.where(np.isfinite(patterns), patterns, np.nan) if number == 3 else patterns
            if not np.array_equal(back.astype(np.float32), wanted, equal_nan=True):
                sys.exit("numpy_oracle: numbers of format %d do not read back" % number)
        checks.done += 1


def check_files(rowcast, checks, paths):
    """Small files of a real Python 2.7 cPickle, in the layout of mnist.pkl.gz."""
    for path in paths:
        with gzip.open(path) as file:
            data = file.read()
        wanted = pickle.loads(data, encoding="latin1")
        with open(path, "rb") as file:
            packed = file.read()
        for i, part in enumerate(("train", "valid", "test")):
            for j, letter in enumerate("xy"):
                member = ("%s.%s" % (part, letter)).encode()
                checks.equal(rowcast.read(packed, member=member), wanted[i][j], "%s %s" % (path, member))
                checks.equal(rowcast.read(data, member=b"%d.%d" % (i, j)), wanted[i][j], "%s %d.%d" % (path, i, j))


def main():
    global np
    parser = argparse.ArgumentParser(prog="numpy_oracle.py", description=__doc__, allow_abbrev=False)
    parser.add_argument("library", metavar="LIBROWCAST-IO.so")
    parser.add_argument("pickles", metavar="PICKLE", nargs="*", help="files that Python 2 wrote, as the article's")
    arguments = parser.parse_args()
    import numpy as np
    seed = 1
    random.seed(seed)
    random_state = np.random.default_rng(seed)
    rowcast, checks = Rowcast(arguments.library), Checks()
    check_containers(rowcast, checks, random_state)
    check_csv(rowcast, checks, random_state)
    check_csv_options(rowcast, checks, random_state, 40000)
    headers = check_mutated_headers(rowcast, checks, 100000)
    pickles = check_mutated_pickles(rowcast, checks, 30000)
    with tempfile.TemporaryDirectory() as folder:
        check_writer(rowcast, checks, random_state, folder)
    check_files(rowcast, checks, arguments.pickles)
    print("%d checks against NumPy %s; of 100000 changed headers %d, of 30000 changed pickles %d accepted, "
          "and read alike"
          % (checks.done, np.__version__, headers, pickles))
    return 0


if __name__ == "__main__":
    sys.exit(main())
