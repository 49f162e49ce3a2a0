# SPDX-License-Identifier: BSD-3-Clause
"""The study: every method on 5 rows and on all of them; checked first, then timed in rounds that take all in turn."""

import time
from typing import NamedTuple

import check
import data
import document
import measure
import methods

# The article's batch; it also tells how many rows the slow methods can take of the many.
FEW = 5
# A call on all rows that would take longer, in seconds, is timed on fewer.
LONGEST = 2.0
# Share of the time in which this thread had a CPU, below which others were in the way.
UNDISTURBED = 0.98
# How much longer than its median the 90th percentile of a method may take before that is told.
STEADY = 1.1


class Outcome(NamedTuple):
    results: list
    wrong: list  # methods whose result is wrong
    packages: dict  # versions of what was used
    disturbed: list
    rounds_all_rows: int


def rows_for(rows, few_seconds):
    """How many rows to time, given the seconds that FEW of them take (None: unknown)."""
    if few_seconds is None or few_seconds * rows / FEW <= LONGEST:
        return rows
    return max(FEW, min(rows, int(LONGEST / few_seconds) * FEW))


def prepare(make, x, w, few_seconds):
    """The product to time, of how many rows it is, and its checksum where these are all; None where it is wrong."""
    rows = rows_for(len(x), few_seconds)
    product = make(x[:rows], w)
    c = product()
    if not check.is_right(c, x[:rows], w):
        return None
    return product, rows, check.crc32(c) if rows == len(x) else None


def usable_methods(left_out, say):
    """The methods whose packages work, and a sentence for each package that does not; left_out are not even tried."""
    found, sentences = [], []
    for package in dict.fromkeys(method.package for method in methods.METHODS):
        group = [method for method in methods.METHODS if method.package == package]
        why = "not wanted" if package in left_out else methods.trouble(package)
        if why is None:
            found += group
        else:
            names = ", ".join(method.name for method in group)
            sentences.append(f"without {package} ({why}) and so without {names}")
            say(sentences[-1])
    return [method for method in methods.METHODS if method in found], sentences


def run(rounds, threads, left_out, say, most_rows=None):
    usable, disturbed = usable_methods(left_out, say)
    methods.set_threads(usable, threads)
    x, w = data.images()[:most_rows], data.weights()
    rounds_all_rows = min(rounds, max(measure.FEWEST_FOR_INTERVAL, rounds // 3))
    results, wrong, few_seconds = [], [], {}
    for rows, count in ((FEW, rounds), (len(x), rounds_all_rows))[: 1 + (len(x) > FEW)]:
        prepared = []
        for method in usable:
            if method.name in wrong:
                continue
            ready = prepare(method.make, x[:rows], w, few_seconds.get(method.name))
            if ready is None:
                wrong.append(method.name)
                disturbed.append(f"{method.name} is not timed: its result is wrong on {rows} rows")
                say(disturbed[-1])
            else:
                prepared.append((method, *ready))
        say(f"{rows} rows: {count} rounds of {len(prepared)} methods")
        start, own = time.perf_counter(), time.thread_time()
        timed = measure.measure([product for _, product, _, _ in prepared], count)
        share = (time.thread_time() - own) / (time.perf_counter() - start)
        if share < UNDISTURBED:
            disturbed.append(f"{rows} rows: this program had a CPU for {share:.0%} of the time only")
        unsteady = []
        for (method, _, rows_timed, checksum), (samples, repeats) in zip(prepared, timed):
            shape = (rows, *w.shape)
            used = threads if method.threaded else 1
            results.append(document.result(method.name, used, shape, rows_timed, samples, repeats, checksum))
            few_seconds.setdefault(method.name, results[-1]["median_s"])
            if results[-1]["p90_s"] > STEADY * results[-1]["median_s"]:
                unsteady.append(method.name)
        if unsteady:
            names = ", ".join(unsteady)
            disturbed.append(f"{rows} rows: the 90th percentile is over {STEADY} times the median of {names}")
    return Outcome(results, wrong, methods.versions(usable), disturbed, rounds_all_rows)
