#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""examples/rowcast_numpy.py against NumPy: products within the bound, the same bits wherever they are promised, and
errors that are raised. 77, skipped: there is no NumPy."""
import argparse
import ctypes
import gzip
import os
import re
import sys
import threading

np = None  # imported once the command line is known to be right


def check(holds, what):
    if not holds:
        sys.exit("numpy_test: " + what)


def raises(kind, call, text):
    try:
        call()
    except kind as error:
        check(text in str(error), "%r is not in %r" % (text, str(error)))
        return
    check(False, "nothing raised where %r should be" % text)


def same(a, b):
    return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()


def check_structures(module, source):
    """Members as the headers have them, in their order; and of their size where the type's name tells it."""
    with open(os.path.join(source, "include", "rowcast", "plan.h"), encoding="ascii") as file:
        header = re.sub(r"/\*.*?\*/", "", file.read(), flags=re.S)
    sizes = {"size_t": ctypes.c_size_t, "unsigned": ctypes.c_uint, "float": ctypes.c_float,
             "rowcast_allocator": ctypes.c_void_p * 3, "rowcast_parallel_for": ctypes.c_void_p * 2}
    for name, structure in (("rowcast_plan_options", module._PlanOptions), ("rowcast_plan_info", module._PlanInfo)):
        body = re.search(r"typedef struct %s \{(.*?)\} %s;" % (name, name), header, re.S).group(1)
        members = []
        for declaration in filter(None, (part.strip() for part in body.split(";"))):
            function = re.search(r"\(\*(\w+)\)", declaration)
            if function:
                members.append((function.group(1), ctypes.c_void_p))
                continue
            first, *others = re.sub(r"\s+", " ", declaration).split(",")
            base, _, member = first.rpartition(" ")
            for one in [member] + others:
                one = one.strip()
                pointer = "*" in one or "*" in base
                members.append((one.lstrip("*"), ctypes.c_void_p if pointer else sizes.get(base, ctypes.c_int)))
        got = [(field[0], ctypes.sizeof(field[1])) for field in structure._fields_]
        check(got == [(member, ctypes.sizeof(kind)) for member, kind in members], "%s in plan.h is %s, here %s"
              % (name, members, got))


def check_products(module, random):
    for m, k, n in ((0, 5, 3), (1, 784, 10), (300, 784, 10), (77, 33, 7), (50, 1, 1), (9, 0, 4), (40, 100, 70)):
        x = random.integers(0, 256, (m, k), np.uint8)
        x[random.random((m, k)) < 0.6] = 0  # as images are: the kernels that skip zeros come in
        weights = random.standard_normal((k, n)).astype(np.float32)
        bias = random.standard_normal(n).astype(np.float32)
        values = x.astype(np.float32) / np.float32(256)
        exact = values.astype(np.float64) @ weights.astype(np.float64) + bias
        # Each of K additions, the products and the bias round once at most: (K + 2) u times the sum of magnitudes, and
        # its square's rest.
        bound = 1.01 * (k + 2) * 2.0**-24 * (np.abs(values).astype(np.float64) @ np.abs(weights).astype(np.float64)
                                             + np.abs(bias)) + 1e-37
        outputs = []
        for threads in (1, 2):
            with module.Plan(weights, bias, dtype=np.uint8, scale=1 / 256, threads=threads) as plan:
                check((plan.k, plan.n) == (k, n) and plan.threads <= threads, "the plan says another shape")
                outputs.append(plan.matmul(x))
                classes = plan.predict(x)
            with module.Plan(weights, bias, threads=threads) as plan:
                outputs.append(plan.matmul(values))
                check(same(plan.predict(values), classes), "bytes and float32 have other classes")
                wide = np.full((m, k + 5), np.nan, np.float32)
                wide[:, 2:2 + k] = values
                outputs.append(plan.matmul(wide[:, 2:2 + k]))
                tall = np.repeat(values, 3, axis=0)
                outputs.append(plan.matmul(tall[::3]))
                place = np.full((m, n + 3), np.nan, np.float32)
                check(plan.matmul(values, out=place[:, 1:1 + n]).base is not None, "out is not what is returned")
                outputs.append(place[:, 1:1 + n].copy())
                check(bool(np.isnan(place[:, 0]).all() and np.isnan(place[:, 1 + n:]).all()), "written outside out")
        check(bool((np.abs(outputs[0] - exact) <= bound).all()), "%s: outside the bound" % ((m, k, n),))
        check(all(same(one, outputs[0]) for one in outputs), "%s: other bits" % ((m, k, n),))
        check(same(classes, outputs[0].argmax(axis=1).astype(np.int32)), "%s: other classes" % ((m, k, n),))
        padded = np.full((k, n + 2), np.nan, np.float32)
        padded[:, :n] = weights
        with module.Plan(padded[:, :n], bias) as plan:
            check(same(plan.matmul(values), outputs[0]), "weights with a stride give other bits")


def check_digits(module, data):
    """The shipped images from several threads that share a plan."""
    weights = np.load(os.path.join(data, "softmax-weights.npy"))
    bias = np.load(os.path.join(data, "softmax-bias.npy")).ravel()
    with gzip.open(os.path.join(data, "t10k-images-idx3-ubyte.gz")) as file:
        images = np.frombuffer(file.read(), np.uint8, offset=16).reshape(-1, 784)
    with gzip.open(os.path.join(data, "t10k-labels-idx1-ubyte.gz")) as file:
        labels = np.frombuffer(file.read(), np.uint8, offset=8)
    got = {}
    with module.Plan(weights, bias, dtype="uint8", scale=1 / 256, threads=1) as plan:
        def part(number):
            got[number] = plan.predict(images[number::4])
        threads = [threading.Thread(target=part, args=(i,)) for i in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        whole = plan.predict(images)
    check(len(got) == 4 and all(same(got[i], whole[i::4].copy()) for i in got),
          "threads that share a plan get other classes")
    check((whole == labels).mean() > 0.9, "the shipped weights know too few digits")


def check_errors(module):
    weights, x = np.ones((6, 4), np.float32), np.ones((5, 6), np.float32)
    plan = module.Plan(weights, np.zeros(4, np.float32))
    for kind, bad, text in ((TypeError, x.astype(np.float64), "float64"), (TypeError, x.astype(np.uint8), "uint8"),
                            (TypeError, x.tolist(), "list"),
                            (TypeError, x.astype(">f4"), ">f4"), (ValueError, x[:, :5], "(rows, 6)"),
                            (ValueError, x[0], "(rows, 6)"),
                            (ValueError, np.asfortranarray(x), "adjacent"), (ValueError, x[::-1], "backwards"),
                            (ValueError, np.ones((5, 12), np.float32)[:, ::2], "adjacent"),
                            (ValueError, np.zeros(5 * 24 + 1, np.uint8)[1:].view(np.float32).reshape(5, 6), "aligned")):
        raises(kind, lambda: plan.matmul(bad), text)
        raises(kind, lambda: plan.predict(bad), text)
    raises(ValueError, lambda: module.Plan(np.broadcast_to(weights[0], (6, 4))), "overlap")
    raises(ValueError, lambda: plan.matmul(x, out=np.broadcast_to(np.empty(4, np.float32), (5, 4))), "overlap")
    signal = np.arange(10, dtype=np.float32)
    windows = np.lib.stride_tricks.sliding_window_view(signal, 6)
    for shared in (windows, windows[::2], np.broadcast_to(x[0], (5, 6))):
        check(same(plan.matmul(shared), plan.matmul(shared.copy())), "rows that overlap")
    fixed = np.empty((5, 4), np.float32)
    fixed.flags.writeable = False
    shared = np.ones((5, 10), np.float32)
    for out, text in ((np.empty((4, 4), np.float32), "5 rows"), (np.empty((5, 3), np.float32), "(rows, 4)"),
                      (fixed, "read-only")):
        raises(ValueError, lambda: plan.matmul(x, out=out), text)
    raises(ValueError, lambda: plan.matmul(shared[:, :6], out=shared[:, 5:9]), "overlaps")
    raises(TypeError, lambda: plan.matmul(x, out=np.empty((5, 4))), "float64")
    plan.close()
    plan.close()
    raises(ValueError, lambda: plan.matmul(x), "closed")
    raises(ValueError, lambda: plan.predict(x), "closed")
    raises(TypeError, lambda: module.Plan(weights, dtype=np.int16), "int16")
    raises(TypeError, lambda: module.Plan(weights.astype(np.float64)), "float64")
    raises(ValueError, lambda: module.Plan(weights.T), "adjacent")
    raises(ValueError, lambda: module.Plan(weights, np.zeros(3, np.float32)), "4 contiguous")
    raises(TypeError, lambda: module.Plan(weights, [0] * 4), "float32")
    # What float32 does not hold is not the library's zero, which means 1.
    for scale in (0, -0.0, 1e-50, -1e-50, 1e-46, np.float64(1e-60), 1e39, -1e39, 10**39, float("nan"), float("inf"),
                  np.float32("nan")):
        raises(ValueError, lambda: module.Plan(weights, scale=scale), "scale")
    for scale in ("0.5", None, 1j, [1.0]):
        raises(TypeError, lambda: module.Plan(weights, scale=scale), "")
    for scale in (1.5e-45, -1e-40, 3e38, np.float32(0.5), np.float64(1 / 3), 2):
        with module.Plan(weights, scale=scale) as plan:
            wanted = (np.ones((5, 6), np.float32) @ (weights * np.float32(scale))).astype(np.float32)
            if np.isfinite(wanted).all():
                check(np.allclose(plan.matmul(x), wanted, rtol=1e-6, atol=0), "the scale %r is another" % scale)
    for threads, kind in ((-1, ValueError), (1 << 32, ValueError), (1 << 70, ValueError), (2.0, TypeError),
                          ("2", TypeError), (4097, module.RowcastError)):
        raises(kind, lambda: module.Plan(weights, threads=threads), "")
    with module.Plan(weights, threads=np.int64(1)) as plan:
        check(plan.threads == 1, "NumPy's integers are not numbers of threads")
    for name in ("kernel", "driver"):
        raises(ValueError, lambda: module.Plan(weights, **{name: "auto\0no such name"}), name)
    masked = np.ma.masked_array(weights, weights > 0)
    raises(TypeError, lambda: module.Plan(masked), "masked")
    raises(TypeError, lambda: module.Plan(weights, np.ma.masked_array(weights[0], [1] * 4)), "mask")
    raises(ValueError, lambda: module.Plan(np.zeros(5, np.uint8)[1:].view(np.float32).reshape(1, 1)), "aligned")
    raises(module.RowcastError, lambda: module.Plan(weights, kernel="none"), "none")
    raises(module.RowcastError, lambda: module.Plan(weights, driver="none"), "none")
    raises(ValueError, lambda: module.Plan(weights, order="lanes16"), "lanes16")
    raises(OSError, lambda: module.load("/nowhere/librowcast.so"), "nowhere")
    with module.Plan(weights, kernel="scalar-naive") as plan:
        check(plan.kernel == "scalar-naive" and plan.order == "naive", "the kernel that was asked for is not taken")
    with module.Plan(weights, order="sequential") as plan:
        check(plan.order == "sequential", "the order that was asked for is not taken")


def main():
    global np
    parser = argparse.ArgumentParser(prog="numpy_test.py", description=__doc__, allow_abbrev=False)
    parser.add_argument("library", metavar="LIBROWCAST.so")
    parser.add_argument("source", metavar="SOURCE_DIR")
    arguments = parser.parse_args()
    try:
        import numpy as np
    except ImportError:
        print("numpy_test: skipped: this Python has no NumPy")
        return 77
    source = arguments.source
    os.environ["ROWCAST_LIBRARY"] = arguments.library
    sys.dont_write_bytecode = True
    sys.path.insert(0, os.path.join(source, "examples"))
    import rowcast_numpy
    check_structures(rowcast_numpy, source)
    check_products(rowcast_numpy, np.random.default_rng(1))
    check_digits(rowcast_numpy, os.path.join(source, "data"))
    check_errors(rowcast_numpy)
    return 0


if __name__ == "__main__":
    sys.exit(main())
