#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""How long it takes from a file to the result, as ratios to what cannot be saved: the inflater alone; of a whole
process, one that does nothing and the product alone. Then how much memory the tool has at most.

All candidates of a row are timed in the same rounds, one after another; a ratio is the median of the rounds' ratios,
with the 25th and 75th percentile. Files are in the page cache. Where the whole of rowcast is a process, its start and
its end are in its time. Of BGZF the same blocks are read and inflated, checked, by as many threads that do nothing else
(loading_probe). The inflater of one gzip member reads the compressed file and inflates it, checked, into new memory,
with libdeflate where it is found, else zlib; once more into memory that was used before, which no program that runs
once has. All files have the same rows, and must have the same result, bit by bit."""
import argparse
import ctypes
import ctypes.util
import gzip
import os
import statistics
import struct
import subprocess
import sys
import tempfile
import time
import zlib

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
ROWS, COLS, OUTPUTS = 50000, 784, 10  # --rows takes fewer


class Matrix(ctypes.Structure):
    _fields_ = [("dtype", ctypes.c_int), ("rows", ctypes.c_size_t), ("cols", ctypes.c_size_t),
                ("stride", ctypes.c_size_t),
                ("data", ctypes.c_void_p), ("unit", ctypes.c_float), ("file", ctypes.c_void_p),
                ("owner", ctypes.c_void_p)]


class PlanOptions(ctypes.Structure):
    _fields_ = [("struct_size", ctypes.c_size_t), ("kernel", ctypes.c_char_p), ("driver", ctypes.c_char_p),
                ("dtype", ctypes.c_int), ("scale", ctypes.c_float),
                ("threads", ctypes.c_uint), ("chunk_rows", ctypes.c_size_t), ("bias", ctypes.c_void_p),
                ("order", ctypes.c_int), ("isa", ctypes.c_int), ("allocator", ctypes.c_void_p * 3),
                ("w_layout", ctypes.c_int), ("w_dtype", ctypes.c_int), ("parallel_for", ctypes.c_void_p * 2)]


class Rowcast:
    def __init__(self, path, io_path):
        self.lib, self.io = ctypes.CDLL(path), ctypes.CDLL(io_path)
        self.weights = (ctypes.c_float * (COLS * OUTPUTS))()
        assert self.lib.rowcast_randn(ctypes.c_uint64(1), self.weights, ctypes.c_size_t(COLS * OUTPUTS)) == 0

    def read(self, path):
        matrix = Matrix()
        status = self.io.rowcast_matrix_read(ctypes.byref(matrix), path.encode(), None, None)
        assert status == 0, (path, status)
        return matrix

    def free(self, matrix):
        self.io.rowcast_matrix_free(ctypes.byref(matrix))

    def plan(self, dtype, threads):
        plan = ctypes.c_void_p()
        options = PlanOptions(struct_size=ctypes.sizeof(PlanOptions), dtype=dtype, threads=threads,
                              scale=1.0 / 256.0 if dtype == 1 else 1.0)
        status = self.lib.rowcast_plan_create(ctypes.byref(plan), ctypes.c_size_t(COLS), ctypes.c_size_t(OUTPUTS),
                                              self.weights,
                                              ctypes.c_size_t(OUTPUTS), ctypes.byref(options), None)
        assert status == 0, status
        return plan

    def multiply(self, plan, matrix, result):
        status = self.lib.rowcast_matmul(plan, ctypes.c_size_t(len(result) // OUTPUTS), ctypes.c_void_p(matrix.data),
                                         ctypes.c_size_t(matrix.stride), result, ctypes.c_size_t(OUTPUTS))
        assert status == 0, status

    def file_to_result(self, path, threads):
        """Reads, makes a plan, multiplies into new memory."""
        matrix = self.read(path)
        plan = self.plan(matrix.dtype, threads)
        result = (ctypes.c_float * (min(matrix.rows, ROWS) * OUTPUTS))()
        self.multiply(plan, matrix, result)
        self.lib.rowcast_plan_destroy(plan)
        self.free(matrix)
        return result


class Inflater:
    """The fastest there is, by itself."""

    def __init__(self):
        found = ctypes.util.find_library("deflate") or "libdeflate.so.0"
        self.libc = ctypes.CDLL(None)
        self.libc.malloc.restype = ctypes.c_void_p
        try:
            self.lib = ctypes.CDLL(found)
            self.lib.libdeflate_alloc_decompressor.restype = ctypes.c_void_p
            self.decompressor = ctypes.c_void_p(self.lib.libdeflate_alloc_decompressor())
            self.name = "libdeflate"
        except OSError:
            self.lib, self.name = None, "zlib"

    def inflate(self, path, size, warm=None):
        with open(path, "rb") as file:
            packed = file.read()
        if self.lib is None:
            assert len(zlib.decompress(packed, 31, size)) == size
            return
        memory = warm if warm is not None else ctypes.c_void_p(self.libc.malloc(ctypes.c_size_t(size)))
        status = self.lib.libdeflate_gzip_decompress(self.decompressor, packed, ctypes.c_size_t(len(packed)), memory,
                                                     ctypes.c_size_t(size), None)
        assert status == 0, status
        if warm is None:
            self.libc.free(memory)


def article_pickle(pixels, labels, rows):
    """The stream of Python 2's cPickle, protocol 2, for three pairs of images / 256 and labels: the layout of
    mnist.pkl.gz, whose three parts are of 50,000, 10,000 and 10,000 rows."""
    out, memo = [], [0]

    def put():
        memo[0] += 1
        index = memo[0]
        return b"q" + bytes([index]) if index < 256 else b"r" + struct.pack("<I", index)

    def small(text):
        return b"U" + bytes([len(text)]) + text

    def array(shape, data, kind, size):
        out.append(b"cnumpy.core.multiarray\n_reconstruct\n" + put() + b"cnumpy\nndarray\n" + put() + b"K\0\x85"
                   + put() + small(b"b") + b"\x87" + put()
                   + b"R" + put() + b"(K\1" + b"".join(b"J" + struct.pack("<i", n) for n in shape)
                   + (b"\x85" if len(shape) == 1 else b"\x86") + put()
                   + b"cnumpy\ndtype\n" + put() + small(kind) + put() + b"K\0K\1\x87" + put() + b"R" + put() + b"(K\3"
                   + small(b"<") + put()
                   + b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0t" + put() + b"b\x89T" + struct.pack("<i", len(data)))
        out.append(data)
        out.append(put() + b"t" + put() + b"b")

    table = [struct.pack("<f", n / 256.0) for n in range(256)]
    out.append(b"\x80\2")
    for begin, end in ((0, rows), (rows, rows + rows // 5), (0, rows // 5)):
        array((end - begin, COLS), b"".join(table[n] for n in pixels[begin * COLS:end * COLS]), b"f4", 4)
        array((end - begin,), b"".join(struct.pack("<q", n) for n in labels[begin:end]), b"i8", 8)
        out.append(b"\x86" + put())
    out.append(b"\x87" + put() + b".")
    return b"".join(out)


def npy(data, rows):
    header = b"{'descr': '|u1', 'fortran_order': False, 'shape': (%d, 784), }" % rows
    header += b" " * (117 - len(header)) + b"\n"
    return b"\x93NUMPY\1\0" + struct.pack("<H", len(header)) + header + data


def write(path, data):
    with open(path, "wb") as file:
        file.write(data)
    return path


def measure(rounds, candidates):
    """Seconds of each candidate in each round, after one that does not count. What returns seconds tells its own."""
    samples = {name: [] for name in candidates}
    for i in range(rounds + 1):
        for name, run in candidates.items():
            start = time.perf_counter()
            told = run()
            if i > 0:
                samples[name].append(told if isinstance(told, float) else time.perf_counter() - start)
    return samples


def report(what, samples, name, base, limit):
    """base: a name, or several, whose times are added."""
    if not isinstance(base, str):
        samples["sum"] = [sum(times) for times in zip(*(samples[part] for part in base))]
        base = "sum"
    ratios = sorted(a / b for a, b in zip(samples[name], samples[base]))
    quarter = len(ratios) // 4
    print("%-34s %9.2f ms %9.2f ms  %5.2f  (%.2f-%.2f)  %s"
          % (what, 1e3 * statistics.median(samples[name]), 1e3 * statistics.median(samples[base]),
             statistics.median(ratios), ratios[quarter], ratios[-1 - quarter], limit), flush=True)


def whole(least, most):
    def number(text):
        value = int(text)
        if not least <= value <= most:
            raise ValueError
        return value
    number.__name__ = "number from %d to %d" % (least, most)
    return number


class Tool:
    """rowcast as a process, and what it is measured against."""

    def __init__(self, build):
        self.tool, self.probe = build + "rowcast", build + "loading_probe"

    def run(self, *arguments):
        subprocess.run([self.tool, *arguments], check=True, stdout=subprocess.DEVNULL)

    def nothing(self):
        self.run("--version")

    def inflate(self, path, size, threads):
        """The seconds of the blocks that hold the first bytes of a BGZF file's content."""
        said = subprocess.run([self.probe, "inflate", path, str(size), str(threads)], check=True,
                              stdout=subprocess.PIPE, text=True).stdout.split()
        self.inflater = said[1]
        return float(said[0])

    def peak(self, *arguments):
        """KiB."""
        said = subprocess.run([self.probe, "peak", self.tool, *arguments], check=True, stdout=subprocess.PIPE,
                              text=True).stdout
        return int(said.split()[-1])


class Files:
    """The images in every form there is a row for: those shipped, or the first of them."""

    def __init__(self, tool, folder, rows):
        data = os.path.join(ROOT, "data")
        self.shipped = rows == ROWS
        self.blocks = os.path.join(data, "train-images-idx3-ubyte.gz")
        self.test_blocks = os.path.join(data, "t10k-images-idx3-ubyte.gz")
        with gzip.open(self.blocks) as file:
            idx = file.read()
        with gzip.open(os.path.join(data, "train-labels-idx1-ubyte.gz")) as file:
            labels = file.read()[8:]
        pixels = idx[16:16 + rows * COLS]
        taken = struct.pack(">4i", 0x803, rows, 28, 28) + pixels
        self.plain = write(os.path.join(folder, "train.idx"), taken)
        self.plain_npy = write(os.path.join(folder, "train.npy"), npy(pixels, rows))
        self.member = write(os.path.join(folder, "train.idx.gz"), gzip.compress(taken, 6, mtime=0))
        self.size = len(taken)
        stream = article_pickle(idx[16:], labels, rows)
        self.pickle = write(os.path.join(folder, "mnist.pkl.gz"), gzip.compress(stream, 6, mtime=0))
        self.pickle_size = len(stream)
        if not self.shipped:
            # What rowcast compresses is BGZF.
            self.blocks = self.test_blocks = os.path.join(folder, "train.npy.gz")
            tool.run("convert", "-q", "-i", self.plain_npy, "-o", self.blocks)
        self.rows, self.test_rows = rows, 10000 if self.shipped else rows


def processes(tool, files, rowcast, rounds):
    """Rows of whole processes."""
    part = ["-r", "%d:%d" % (files.rows, files.rows + 5) if files.shipped else "%d:" % (files.rows - 5)]
    all_rows = ["-r", ":%d" % files.rows]
    # Images that are named are recognised by their pixels, for their labels: they would be read twice.
    test = [] if files.shipped else ["-i", files.test_blocks]
    for threads in (1, 2):
        name, number = "%d thread%s" % (threads, "s" if threads > 1 else ""), ["-t", str(threads)]
        samples = measure(rounds, {
            "process": lambda: tool.run("matmul", "-q", "-i", files.blocks, *all_rows, *number),
            "blocks": lambda: tool.inflate(files.blocks, 16 + files.rows * COLS, threads)})
        report("BGZF, " + name, samples, "process", "blocks", "%s, the same blocks, at most 1.15" % tool.inflater)
        samples = measure(rounds, {
            "process": lambda: tool.run("predict", "-q", *test, *number),
            "blocks": lambda: tool.inflate(files.test_blocks, 16 + files.test_rows * COLS, threads),
            "nothing": tool.nothing})
        report("predict, BGZF, " + name, samples, "process", ("blocks", "nothing"),
               "--version and %s, at most 1.50" % tool.inflater)
        samples = measure(rounds, {
            "process": lambda: tool.run("matmul", "-q", "-i", files.blocks, *part, *number), "nothing": tool.nothing})
        report("five rows of BGZF, " + name, samples, "process", "nothing", "--version, at most 2.50")
        for path, what in ((files.plain, "plain IDX, "), (files.plain_npy, "plain NPY, ")):
            matrix = rowcast.read(path)
            plan, result = rowcast.plan(matrix.dtype, threads), (ctypes.c_float * (files.rows * OUTPUTS))()
            samples = measure(rounds, {
                "process": lambda: tool.run("matmul", "-q", "-i", path, *number),
                "product": lambda: rowcast.multiply(plan, matrix, result),
                "nothing": tool.nothing})
            report(what + name, samples, "process", ("product", "nothing"),
                   "--version (%.2f ms) and the product, at most 1.80" % (1e3 * statistics.median(samples["nothing"])))
            rowcast.lib.rowcast_plan_destroy(plan)
            rowcast.free(matrix)


def library(files, rowcast, inflater, rounds):
    """Rows of the library in this process, of one gzip member, which is inflated by one thread."""
    for path, length, what, limit in ((files.member, files.size, "gzip, ", 1.1),
                                      (files.pickle, files.pickle_size, "gzipped pickle, ", 1.2)):
        warm = ctypes.create_string_buffer(length)
        for threads in (1, 2):
            samples = measure(rounds if length < 1 << 27 else max(rounds // 3, 1), {
                "all": lambda: rowcast.file_to_result(path, threads), "new": lambda: inflater.inflate(path, length),
                "warm": lambda: inflater.inflate(path, length, warm)})
            report("%s%d thread%s" % (what, threads, "s" if threads > 1 else ""), samples, "all", "new",
                   "%s alone, at most %.2f" % (inflater.name, limit))
            report("", samples, "all", "warm", "into memory used before")


def memory(tool, files):
    """The most that the job has, beyond its result."""
    result = files.rows * OUTPUTS * 4 // 1024
    for path, what in ((files.blocks, "BGZF"), (files.plain, "plain IDX")):
        most = tool.peak("matmul", "-q", "-i", path, "-r", ":%d" % files.rows)
        print("%-34s %9.2f MB beyond the result, of which --version has %.2f; at most 8"
              % ("peak of memory, " + what, (most - result) / 1024.0, tool.peak("--version") / 1024.0))


def main():
    parser = argparse.ArgumentParser(prog="loading.py", description=__doc__, allow_abbrev=False,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", metavar="BUILD",
                        help="a build folder with the shared libraries and loading_probe (preset bench)")
    parser.add_argument("rounds", metavar="ROUNDS", nargs="?", type=whole(1, 10**6), default=31,
                        help="samples of each (default: 31)")
    parser.add_argument("--rows", metavar="M", type=whole(5, ROWS), default=ROWS,
                        help="take the first M images only (default: %d)" % ROWS)
    arguments = parser.parse_args()
    build, rounds = os.path.join(arguments.build, ""), arguments.rounds
    libraries = [build + name for name in ("src/lib/librowcast.so", "src/io/librowcast-io.so")]
    for needed in libraries + [build + "loading_probe"]:
        if not os.path.exists(needed):
            sys.exit("loading.py: there is no " + needed)
    rowcast, inflater, tool = Rowcast(*libraries), Inflater(), Tool(build)
    print("%-34s %12s %12s  %5s  %s" % ("", "rowcast", "alone", "ratio", "middle half, what is alone, limit"))
    with tempfile.TemporaryDirectory() as folder:
        files = Files(tool, folder, arguments.rows)
        results = {bytes(rowcast.file_to_result(path, 1))[:files.rows * OUTPUTS * 4]
                   for path in (files.blocks, files.member, files.pickle, files.plain, files.plain_npy)}
        if len(results) != 1:
            sys.exit("loading.py: the files have %d different results" % len(results))
        processes(tool, files, rowcast, rounds)
        library(files, rowcast, inflater, rounds)
        memory(tool, files)
    return 0


if __name__ == "__main__":
    sys.exit(main())
