# SPDX-License-Identifier: BSD-3-Clause
"""Threads, signals, forks and other OpenMP runtimes in one process."""
import threading

import numpy as np
import pytest

import rowcast

# A batch that takes two threads, and its bits.
BATCH = """
import os, sys, threading, signal, ctypes
import numpy as np, rowcast
def threads(): return len(os.listdir("/proc/self/task"))
x = np.random.default_rng(1).integers(0, 256, (20000, 784), np.uint8)
weights = rowcast.randn(784, 10)
one = rowcast.Plan(weights, dtype="uint8", threads=1)
two = rowcast.Plan(weights, dtype="uint8", threads=2)
wanted = rowcast.crc32(one(x))
def check(): assert rowcast.crc32(two(x)) == wanted
def in_child(work):
    child = os.fork()
    if child == 0:
        signal.alarm(20)
        try: work()
        except BaseException as error: print(repr(error), file=sys.stderr); os._exit(1)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
"""

# Threads of an OpenMP runtime that rowcast has nothing to do with.
OTHER = """
import ctypes, os, signal, sys
def start_threads(name):
    runtime = ctypes.CDLL(name, mode=ctypes.RTLD_GLOBAL)
    body = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(lambda _: None)
    runtime.GOMP_parallel(body, None, 2, 0)
    return runtime, body
kept = start_threads(sys.argv[1])
"""


def test_the_gil_is_released():
    plan = rowcast.Plan(rowcast.randn(784, 10), kernel="scalar-naive", threads=1)
    x = np.broadcast_to(np.ones(784, np.float32), (60000, 784))
    turns, stop = [0], threading.Event()

    def count():
        while not stop.is_set():
            turns[0] += 1

    thread = threading.Thread(target=count)
    thread.start()
    before = turns[0]
    plan.predict(x)
    during = turns[0] - before
    stop.set()
    thread.join()
    assert during > 1000  # a call that kept the GIL would leave one switch at most


def test_threads_share_a_plan(random):
    plan = rowcast.Plan(rowcast.randn(784, 10), dtype=np.uint8, threads=1)
    x = random.integers(0, 256, (4000, 784), np.uint8)
    wanted, got = plan(x), {}

    def part(number):
        for _ in range(5):
            got[number] = plan(x[number::4])

    threads = [threading.Thread(target=part, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all((got[i] == wanted[i::4]).all() for i in range(4))


@pytest.mark.parametrize("rows", ["", "[::-1]"])
def test_ctrl_c_ends_a_product(run, rows):
    """Of a product that takes half a minute the last row is never reached."""
    assert run(f"""
import signal, numpy as np, rowcast
plan = rowcast.Plan(np.ones((784, 1), np.float32), kernel="scalar-naive", threads=1)
x = np.broadcast_to(np.ones(784, np.float32), (20_000_000, 784)){rows}
if {bool(rows)}: x = np.lib.stride_tricks.as_strided(np.ones(784 * 2, np.float32)[4:], (5_000_000, 2, 784), (0, -4, 4))
out = np.zeros(x.shape[:-1] + (1,), np.float32)
signal.setitimer(signal.ITIMER_REAL, 0.3)
signal.signal(signal.SIGALRM, signal.default_int_handler)
try:
    plan(x, out=out)
except KeyboardInterrupt:
    print("ended", out.flat[0] != 0, out.flat[-1] == 0)
""") == "ended True True"


def test_ctrl_c_ends_a_load(run, tmp_path):
    import os
    path = tmp_path / "fifo"
    os.mkfifo(path)
    assert run("""
import os, signal, sys, rowcast
held = os.open(sys.argv[1], os.O_RDWR)
os.write(held, b"1,2\\n" * 100)
signal.setitimer(signal.ITIMER_REAL, 0.3)
signal.signal(signal.SIGALRM, signal.default_int_handler)
try:
    rowcast.load(sys.argv[1])
except KeyboardInterrupt:
    print("ended")
""", str(path)) == "ended"


def test_fork_before_and_after_use(run):
    assert run(BATCH + """
in_child(check)                  # before any threads
check()
in_child(check)                  # the parent's threads are not there
in_child(lambda: in_child(check))
def fresh(): assert rowcast.crc32(rowcast.Plan(weights, dtype="uint8", threads=2)(x)) == wanted
in_child(fresh)
check()
print("done")
""") == "done"


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_multiprocessing(run, tmp_path, method):
    program = tmp_path / "program.py"
    program.write_text(f"""
import multiprocessing, numpy as np, rowcast
plan = rowcast.Plan(rowcast.randn(784, 10), threads=2)
x = np.ones((3000, 784), np.float32)
def main():
    wanted = plan(x)
    with multiprocessing.get_context("{method}").Pool(2) as pool:
        assert all((one == wanted).all() for one in pool.map(plan, [x] * 3))
    print("done")
if multiprocessing.current_process().name == "MainProcess":
    main()
""")
    assert run("import subprocess, sys; print(subprocess.check_output([sys.executable, sys.argv[1]], text=True))",
               str(program)) == "done"


@pytest.mark.parametrize("library", ["libgomp.so.1", "libomp.so.5"])
def test_other_runtimes(run, library):
    """Loaded before, with threads of their own: the same bits."""
    import ctypes
    try:
        ctypes.CDLL(library)
    except OSError:
        pytest.skip(f"{library} is not here")
    assert run(OTHER + BATCH + "check(); in_child(check); print('done')", library) == "done"


def test_late_import_in_a_child(run):
    """A child that imports rowcast after its parent's OpenMP had threads stays on one, instead of waiting for ever."""
    assert run(OTHER + """
child = os.fork()
if child == 0:
    signal.alarm(20)
    import numpy as np, rowcast
    plan = rowcast.Plan(rowcast.randn(784, 10), threads=2)
    x = np.ones((50000, 784), np.float32)
    plan(x)
    os._exit(0 if plan.threads == 1 else 1)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
""", "libgomp.so.1") == "0"


def test_import_in_a_child_of_a_parent_without_openmp(run):
    assert run("""
import os, signal
child = os.fork()
if child == 0:
    signal.alarm(20)
    import numpy as np, rowcast
    plan = rowcast.Plan(rowcast.randn(784, 10), threads=2)
    plan(np.ones((50000, 784), np.float32))
    os._exit(0 if plan.threads == 2 else 1)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
""") == "0"


def test_flags_of_a_process():
    from rowcast import _fork
    stat = "12 (a) b (c) S 1 2 3 0 -1 {} 100"
    assert _fork._is_fork(stat.format(0x400040)) and not _fork._is_fork(stat.format(0x400000))
    assert _fork._RUNTIMES.search("7f r-xp /x/rowcast.libs/libgomp-a34b3233.so.1.0.0")
    assert _fork._RUNTIMES.search("7f r-xp /x/libiomp5.so") and not _fork._RUNTIMES.search("/x/libcomposite.so")


def test_limits_bind_plans_that_exist(run):
    pytest.importorskip("threadpoolctl")
    assert run(BATCH + """
import threadpoolctl
assert any(one["internal_api"] == "openmp" for one in threadpoolctl.threadpool_info())
before = threads()
with threadpoolctl.threadpool_limits(1):
    check()
    assert threads() == before, "a limit of one thread, but others were started"
    four = rowcast.Plan(weights, dtype="uint8", threads=4)
    assert rowcast.crc32(four(x[::-1])) == rowcast.crc32(one(x[::-1]))
    assert threads() == before
check()
assert threads() == before + 1
with threadpoolctl.threadpool_limits(2):
    check()
print("done")
""", OMP_NUM_THREADS="4") == "done"
