#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Times one product from Python beside the same call from C, NumPy's @, scikit-learn's decision_function and PyTorch's
linear, in one process and on one thread: a call of 5 rows, where what surrounds the product counts, and one of many.
Rounds of all of them alternate; the table has medians and the middle half of the rounds. Libraries that are not
installed are left out, and said to be.

    beside.py --library build/release/src/lib/librowcast.so"""
import argparse
import ctypes
import os
import platform
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
K, N = 784, 10


class Product(ctypes.Structure):  # in calls.c
    _fields_ = [("plan", ctypes.c_void_p), ("m", ctypes.c_size_t), ("k", ctypes.c_size_t), ("n", ctypes.c_size_t),
                ("x", ctypes.c_void_p), ("c", ctypes.c_void_p)]


class FromC:
    """A plan of one thread by the library's own calls; its options are the defaults but for threads."""

    def __init__(self, library, folder, weights):
        helper = os.path.join(folder, "calls.so")
        subprocess.run(["cc", "-O2", "-shared", "-fPIC", "-I", os.path.join(HERE, "..", "..", "include"),
                        os.path.join(HERE, "calls.c"), "-o", helper], check=True)
        self.library, self.helper = ctypes.CDLL(library), ctypes.CDLL(helper)
        self.helper.seconds_of_calls.restype = ctypes.c_double
        os.environ["OMP_NUM_THREADS"] = "1"
        self.plan = ctypes.c_void_p()
        status = self.library.rowcast_plan_create(ctypes.byref(self.plan), ctypes.c_size_t(K), ctypes.c_size_t(N),
                                                  ctypes.c_void_p(weights.ctypes.data), ctypes.c_size_t(N), None, None)
        assert status == 0, status

    def seconds(self, x, out, calls):
        product = Product(self.plan, len(x), K, N, x.ctypes.data, out.ctypes.data)
        return self.helper.seconds_of_calls(self.library.rowcast_matmul, ctypes.byref(product), ctypes.c_size_t(calls))


def rivals(np, rowcast, weights, x, out):
    """Name to a call, and what is not installed."""
    plan = rowcast.Plan(weights, threads=1)
    calls = {"plan.matmul(x, out)": lambda: plan.matmul(x, out), "plan(x)": lambda: plan(x),
             "numpy: matmul(x, w, out)": lambda: np.matmul(x, weights, out=out), "numpy: x @ w": lambda: x @ weights}
    missing = []
    try:
        from sklearn.linear_model import LogisticRegression
        model = LogisticRegression()
        model.coef_, model.intercept_, model.classes_ = weights.T.copy(), np.zeros(N, np.float32), np.arange(N)
        calls["scikit-learn: decision_function"] = lambda: model.decision_function(x)
    except ImportError:
        missing.append("scikit-learn")
    try:
        import torch
        torch.set_num_threads(1)
        tensor, matrix = torch.from_numpy(x), torch.from_numpy(weights.T.copy())
        calls["torch: linear(x, w)"] = lambda: torch.nn.functional.linear(tensor, matrix)
        calls["plan.matmul(tensor, tensor)"] = lambda place=torch.empty(len(x), N): plan.matmul(tensor, place)
    except ImportError:
        missing.append("PyTorch")
    return calls, missing


def measure(calls, seconds_from_c, rounds, least):
    """Name to the sorted seconds of a call, a number for each round."""
    import timeit
    timers = {name: timeit.Timer(call) for name, call in calls.items()}
    counts = {}
    for name, timer in timers.items():
        counts[name] = 1
        while timer.timeit(counts[name]) < least:
            counts[name] *= 2
    samples = {name: [] for name in ["rowcast_matmul() from C", *calls]}
    for _ in range(rounds):
        samples["rowcast_matmul() from C"].append(seconds_from_c(counts["plan.matmul(x, out)"]))
        for name, timer in timers.items():
            samples[name].append(timer.timeit(counts[name]) / counts[name])
    return {name: sorted(values) for name, values in samples.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--library", required=True, metavar="FILE", help="librowcast.so, for the call from C")
    parser.add_argument("--rows", type=int, default=50000, help="of the many (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=31, help="default: %(default)s")
    parser.add_argument("--least", type=float, default=0.02, help="seconds of a round (default: %(default)s)")
    arguments = parser.parse_args()
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[variable] = "1"  # before NumPy is loaded
    import numpy as np

    import rowcast
    weights = rowcast.randn(K, N)
    print(f"{rowcast.cpu()['model']}, one thread, Python {platform.python_version()}, NumPy {np.__version__}, "
          f"rowcast {rowcast.__version__}, {rowcast.Plan(weights, threads=1).kernel}")
    with tempfile.TemporaryDirectory() as folder:
        from_c = FromC(os.path.abspath(arguments.library), folder, weights)
        for rows in (5, arguments.rows):
            x, out = np.random.default_rng(1).random((rows, K), np.float32), np.empty((rows, N), np.float32)
            calls, missing = rivals(np, rowcast, weights, x, out)
            wanted = rowcast.Plan(weights)(x)
            for name, call in calls.items():
                assert np.allclose(np.asarray(call()), wanted, atol=1e-2), name
            samples = measure(calls, lambda count: from_c.seconds(x, out, count), arguments.rounds, arguments.least)
            base = samples["rowcast_matmul() from C"][arguments.rounds // 2]
            print(f"\n{rows} rows, {K} x {N} weights{'us a call':>33}{'middle half':>24}{'over C':>10}{'ratio':>8}")
            for name, values in samples.items():
                low, median, high = (1e6 * values[arguments.rounds * part // 4] for part in (1, 2, 3))
                print(f"{name:34}{median:22.3f}{f'{low:.3f}..{high:.3f}':>24}{median - 1e6 * base:10.3f}"
                      f"{median / (1e6 * base):8.3f}")
    if missing:
        print("\nnot installed: " + ", ".join(missing))
    return 0


if __name__ == "__main__":
    sys.exit(main())
