#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""How often `rowcast compare --measure` tells a program apart from itself, which is wrong every time: many comparisons
of one binary with itself, whose lines are counted. Disturbed runs are judged, too (--judge-disturbed): without that,
fewer verdicts are given. The exit status is 1 where more than 5 % of the verdicts are wrong. Whatever follows -- goes
to the study that is run, instead of a small bench."""
import argparse
import json
import subprocess
import sys

MOST = 0.05


def compare(rowcast, runs, noise, study):
    command = [rowcast, "compare", "--json", "--measure", rowcast, rowcast, "--runs", str(runs), "--noise", str(noise),
               "--judge-disturbed", "--"] + study
    return json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)


def main():
    parser = argparse.ArgumentParser(prog="same.py", description=__doc__, allow_abbrev=False)
    parser.add_argument("rowcast", metavar="ROWCAST", help="the binary")
    parser.add_argument("--times", type=int, default=30, help="comparisons (default: 30)")
    parser.add_argument("--runs", type=int, default=9, help="of each side in a comparison (default: 9)")
    parser.add_argument("--noise", type=float, default=2, help="per cent (default: 2)")
    split = sys.argv.index("--") if "--" in sys.argv else len(sys.argv)
    arguments = parser.parse_args(sys.argv[1:split])
    study = sys.argv[split + 1:] or ["--rows", "1000", "--kernel", "auto", "--threads", "1", "--rounds", "15"]
    lines = given = wrong = 0
    spreads = []
    for _ in range(arguments.times):
        document = compare(arguments.rowcast, arguments.runs, arguments.noise, study)
        for line in document["results"]:
            lines += 1
            given += line["verdict_B"] is not None
            wrong += line["verdict_B"] in ("faster", "slower")
            spreads.append(line["spread_percent_A"])
    spreads.sort()
    print("%d comparisons of %d runs each, %d lines: %d verdicts, %d of them wrong; a side's medians spread by %.1f %% "
          "(median; %.1f-%.1f)" % (arguments.times, arguments.runs, lines, given, wrong, spreads[len(spreads) // 2],
                                   spreads[0], spreads[-1]))
    return 1 if wrong > MOST * max(given, 1) else 0


if __name__ == "__main__":
    sys.exit(main())
