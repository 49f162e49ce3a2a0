# SPDX-License-Identifier: BSD-3-Clause
"""Times the article's methods on 5 rows and on all 50,000, checks every result against float64, and writes a result
document (docs/results.schema.json), for `rowcast compare`. scripts/run-article runs it.

    article.py [--rounds N] [--threads T] [-o FILE]
"""

import argparse
import datetime
import json
import os
import platform
import sys
import tempfile
import zlib

import numpy

import data
import measure
import methods

# A call on all rows that would take longer is timed on fewer.
LONGEST = 5.0


def is_right(c, x, w):
    """|c - exact| <= gamma_K * sum |x||w|, gamma_K = K u / (1 - K u), u = 2**-24, for every element."""
    c = numpy.asarray(c)
    if c.shape != (x.shape[0], w.shape[1]) or c.dtype != numpy.float32 or not numpy.isfinite(c).all():
        return False
    unit = x.shape[1] * 2.0**-24
    x, w = x.astype(numpy.float64), w.astype(numpy.float64)
    return bool((abs(c - x @ w) <= unit / (1 - unit) * (abs(x) @ abs(w))).all())


def crc32(c):
    return f"{zlib.crc32(numpy.ascontiguousarray(c, '<f4').tobytes()):08x}"


def prepare(name, make, x, w, five_seconds):
    """The product to time, of how many rows it is, and its checksum; None where it is wrong."""
    rows = x.shape[0]
    if five_seconds is not None and five_seconds * rows / 5 > LONGEST:
        rows = max(5, int(LONGEST / five_seconds * 5) // 5 * 5)
    timed = numpy.ascontiguousarray(x[: min(rows, x.shape[0])])
    product = make(timed, w)
    c = product()
    if not is_right(c, timed, w):
        return None
    return product, len(timed), crc32(c) if len(timed) == x.shape[0] else None


def result(name, shape, rows_timed, samples, repeats, checksum, threads):
    rows, k, n = shape
    scale = rows / rows_timed
    samples = [s * scale for s in samples]
    summary = measure.summarise(samples)
    median = summary["median_s"]
    return {
        "kernel": name, "isa": None, "order": None, "driver": "python", "dtype": "f32", "threads": threads,
        "rows": rows, "k": k, "n": n, "rows_timed": rows_timed, "repeats": repeats, **summary,
        "gflops": 2e-9 * rows * k * n / median, "effective": False, "gbytes_per_s": 4e-9 * rows * k / median,
        "rows_per_s": rows / median, "intensity": n / 2, "crc32": checksum, "roofline_share": None, "fma_gflops": None,
        "read_gbytes_per_s": None, "data": "mnist-train", "samples_s": samples,
    }  # fmt: skip


def cpu_model():
    try:
        with open("/proc/cpuinfo") as file:
            for line in file:
                if line.startswith("model name"):
                    return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or "unknown"


def versions():
    found = {"python": platform.python_version(), "numpy": numpy.__version__}
    for package in ("numba", "torch"):
        if methods.available(package):
            found[package] = __import__(package).__version__
    return found


def run(arguments):
    x, w = data.images(), data.weights()
    missing = [name for name, _, package in methods.METHODS if not methods.available(package)]
    results, wrong, five = [], [], {}
    # A few rows first: they tell how many the slow methods can take of the many.
    for rows in (5, x.shape[0]):
        batch = numpy.ascontiguousarray(x[:rows])
        prepared = []
        for name, make, package in methods.METHODS:
            if name in missing or name in wrong:
                continue
            print(f"{name}, {rows} rows", file=sys.stderr)
            ready = prepare(name, make, batch, w, five.get(name))
            if ready is None:
                wrong.append(name)
            else:
                prepared.append((name, *ready))
        rounds = arguments.rounds if rows == 5 else max(3, arguments.rounds // 3)
        timed = measure.measure([p[1] for p in prepared], rounds)
        for (name, _, rows_timed, checksum), (samples, repeats) in zip(prepared, timed):
            results.append(result(name, (rows, *w.shape), rows_timed, samples, repeats, checksum, arguments.threads))
            five.setdefault(name, results[-1]["median_s"])
    return document(arguments, results, missing), wrong


def document(arguments, results, missing):
    disturbed = [f"{name} is left out: its package is not installed" for name in missing]
    packages = versions()
    return {
        "schema_version": 1, "command": "article", "version": packages["python"],
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "label": arguments.label or "article, " + ", ".join(f"{k} {v}" for k, v in packages.items()),
        "machine": {"model": cpu_model(), "system": f"{platform.system()} {platform.release()} {platform.machine()}",
                    "cpus": os.cpu_count(), "available_cpus": len(os.sched_getaffinity(0)), "default_threads": arguments.threads,
                    "packages_used": packages},
        "settings": {"rounds": arguments.rounds, "seed": 1, "data": "mnist-train"},
        "disturbed": disturbed, "results": results,
    }  # fmt: skip


def write(path, text):
    """The file appears whole or not at all."""
    folder = os.path.dirname(os.path.abspath(path))
    with tempfile.NamedTemporaryFile("w", dir=folder, delete=False) as file:
        try:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
            mask = os.umask(0)
            os.umask(mask)
            os.chmod(file.name, 0o666 & ~mask)
            os.replace(file.name, path)
        except BaseException:
            os.unlink(file.name)
            raise


def parse(argv):
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--rounds", type=int, default=15, help="samples on 5 rows; a third of them on all (default: 15)")
    parser.add_argument("--threads", type=int, default=1, help="threads of the libraries (default: 1)")
    parser.add_argument("--label", help="what to call this run")
    parser.add_argument("-o", "--output", help="file for the document (default: standard output)")
    arguments = parser.parse_args(argv)
    if arguments.rounds < 1 or arguments.threads < 1:
        parser.error("--rounds and --threads are at least 1")
    return arguments


def main(argv):
    arguments = parse(argv)
    if methods.available("torch"):
        import torch

        torch.set_num_threads(arguments.threads)
    try:
        measured, wrong = run(arguments)
        text = json.dumps(measured, indent=1) + "\n"
        if arguments.output:
            write(arguments.output, text)
        else:
            sys.stdout.write(text)
            sys.stdout.flush()
    except (OSError, ValueError) as error:
        print(f"article.py: {error}", file=sys.stderr)
        return 1
    for name in wrong:
        print(f"article.py: {name}: its result is wrong, so it is not timed", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    # Libraries read these when they are imported by a method, NumPy's BLAS already above: run-article sets them for it.
    sys.exit(main(sys.argv[1:]))
