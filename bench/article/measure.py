# SPDX-License-Identifier: BSD-3-Clause
"""Timing as in bench/measure.c and bench/stats.c: warm-up, calibrated repeats, interleaved rounds, order statistics."""

import random
import time

# Seconds a sample lasts at least, and seconds of a call up to which each sample follows an untimed one.
SHORTEST = 2e-3
LONGEST_WARMED = 20e-3
# Of the order within the rounds.
SEED = 1
# With fewer samples not even their minimum and maximum enclose the median with 95 %.
FEWEST_FOR_INTERVAL = 6


def sample(function, repeats):
    start = time.perf_counter()
    for _ in range(repeats):
        function()
    return (time.perf_counter() - start) / repeats


def calibrate(function):
    """Calls per sample so that one lasts SHORTEST, and whether samples follow an untimed call."""
    function()  # compiles, and warms up
    repeats, each = 1, sample(function, 1)
    while each * repeats < SHORTEST:
        # Not more than tenfold at a time: the first calls are slower than the later ones.
        repeats = int(min(1.2 * SHORTEST / max(each, 1e-9), 10 * repeats)) + 1
        each = sample(function, repeats)
    return repeats, each < LONGEST_WARMED


def measure(functions, rounds):
    """[(samples in seconds a call, repeats)] of the functions. Each round takes all of them, in a new random order."""
    shuffle = random.Random(SEED).shuffle
    plans = [calibrate(function) for function in functions]
    samples = [[] for _ in functions]
    order = list(range(len(functions)))
    for _ in range(rounds):
        shuffle(order)
        for i in order:
            repeats, warm = plans[i]
            if warm:
                functions[i]()
            samples[i].append(sample(functions[i], repeats))
    return [(taken, repeats) for taken, (repeats, _) in zip(samples, plans)]


def interval_rank(count):
    """The rank r from 0 such that r and count - 1 - r enclose the median with 95 % (binomial); 0 where none does."""
    if count > 1000:  # the binomial is normal, and 2**-count would underflow
        return int(0.5 * count - 0.98 * count**0.5 - 0.5)
    probability, below, rank = 2.0**-count, 0.0, 0
    for i in range(count // 2):
        below += probability
        if below > 0.025:
            break
        rank = i
        probability *= (count - i) / (i + 1)
    return rank


def summarise(samples):
    """minimum, median, p90, and the ends of the median's 95 % confidence interval."""
    ordered = sorted(samples)
    last, rank = len(ordered) - 1, interval_rank(len(ordered))
    return {
        "minimum_s": ordered[0],
        "median_s": (ordered[last // 2] + ordered[(last + 1) // 2]) / 2,
        "p90_s": ordered[int(0.9 * last + 0.5)],
        "low_s": ordered[rank],
        "high_s": ordered[last - rank],
    }
