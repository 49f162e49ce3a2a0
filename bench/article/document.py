# SPDX-License-Identifier: BSD-3-Clause
"""The result document (docs/results.schema.json): made from what was measured, shown as a table, and written."""

import datetime
import errno
import json
import math
import os
import platform
import stat
import tempfile

import measure


def result(name, threads, shape, rows_timed, samples, repeats, checksum):
    """One method on shape = (rows, K, N), from samples of rows_timed rows: times and rates are those of all rows."""
    rows, k, n = shape
    samples = [s * (rows / rows_timed) for s in samples]
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


def make(outcome, rounds, threads, label):
    """The document of a study.Outcome."""
    packages = {"python": platform.python_version(), **outcome.packages}
    return {
        "schema_version": 1, "command": "article", "version": packages["python"],
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "label": label or "article, " + ", ".join(f"{name} {version}" for name, version in packages.items()),
        "machine": {"model": cpu_model(), "system": f"{platform.system()} {platform.release()} {platform.machine()}",
                    "cpus": os.cpu_count(), "available_cpus": len(os.sched_getaffinity(0)), "default_threads": threads,
                    "packages_used": packages},
        "settings": {"rounds": rounds, "rounds_all_rows": outcome.rounds_all_rows, "seed": measure.SEED,
                     "data": "mnist-train"},
        "disturbed": outcome.disturbed, "results": outcome.results,
    }  # fmt: skip


def figure(number):
    """Four significant digits, without exponents."""
    return f"{number:.{max(0, 3 - math.floor(math.log10(number)))}f}"


def table(document):
    """The results as text, a block for each number of rows; `rowcast compare FILE` draws the same from the file."""
    lines = [f"{document['label']}; {document['date']}"]
    form = "{:<17} {:>7} {:>10} {:>10} {:>21} {:>8}"
    rows = None
    for one in document["results"]:
        if one["rows"] != rows:
            rows = one["rows"]
            unit, scale = ("us", 1e6) if rows < 1000 else ("ms", 1e3)
            lines += ["", f"{rows} x {one['k']} times {one['k']} x {one['n']}, {one['dtype']}"]
            heads = ("method", "threads", f"median {unit}", f"min {unit}", f"95 % CI {unit}", "GFLOP/s")
            lines.append(form.format(*heads))
        median, least, low, high = (figure(scale * one[key]) for key in ("median_s", "minimum_s", "low_s", "high_s"))
        name = one["kernel"] + ("*" if one["rows_timed"] < rows else "")
        lines.append(form.format(name, one["threads"], median, least, f"{low}-{high}", f"{one['gflops']:.2g}"))
    if any(one["rows_timed"] < one["rows"] for one in document["results"]):
        lines += ["", "* timed on fewer rows; the times are scaled to all of them"]
    lines += [f"disturbed: {sentence}" for sentence in document["disturbed"]]
    return "\n".join(lines)


def takes_what_comes(path):
    """Standard output, pipes and devices: written to as they are, never replaced by a file."""
    return path is None or os.path.exists(path) and not stat.S_ISREG(os.stat(path).st_mode)


def check_place(path):
    """Raises OSError where the document could not be put: told before minutes of measuring, not after them."""
    if path is None:
        return
    folder = os.path.dirname(os.path.realpath(path))
    if os.path.isdir(path):
        code, what = errno.EISDIR, path
    elif not os.path.isdir(folder):
        code, what = errno.ENOENT, path
    elif not os.access(path if takes_what_comes(path) else folder, os.W_OK):
        code, what = errno.EACCES, path
    else:
        return
    raise OSError(code, os.strerror(code), what)


def write(path, document):
    """A file appears whole or not at all; a symbolic link is written through, as > does."""
    text = json.dumps(document, indent=1) + "\n"
    if takes_what_comes(path):
        with open(1 if path is None else path, "w", closefd=path is not None) as file:
            file.write(text)
        return
    path = os.path.realpath(path)
    with tempfile.NamedTemporaryFile("w", dir=os.path.dirname(path), delete=False) as file:
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
