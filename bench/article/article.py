# SPDX-License-Identifier: BSD-3-Clause
"""The command line: times the article's methods on 5 rows and on all 50,000, and writes a result document.

scripts/run-article runs it in an environment that has the packages. Nothing imported here loads NumPy: --threads has to
be in the environment before that.
"""

import argparse
import os
import sys

NAME = "run-article"


def parse(argv):
    parser = argparse.ArgumentParser(
        prog=NAME,
        allow_abbrev=False,
        description="Times the article's methods on 5 rows and on all 50,000, each checked against float64 before, and "
        "writes a result document (docs/results.schema.json) for `rowcast compare`; a table goes to standard error.",
        epilog=f"`{NAME} --test` runs its own tests instead. `{NAME} --system-python` makes no environment and fetches "
        "nothing: it uses /usr/bin/python3 with the packages it has.",
    )
    parser.add_argument(
        "--rounds", type=int, default=15, help="samples on 5 rows; on all, a third of them (default: 15)"
    )
    parser.add_argument("--threads", type=int, default=1, help="for the methods that can use several (default: 1)")
    parser.add_argument("--without-torch", action="store_true", help="leave out PyTorch (5 GB) and its methods")
    parser.add_argument("--rows", type=int, metavar="M", help="take the first M rows instead of all 50,000")
    parser.add_argument("--label", help="what to call this run")
    parser.add_argument("-o", "--output", metavar="FILE", help="file for the document (default: standard output)")
    arguments = parser.parse_args(argv)
    if arguments.rounds < 1 or arguments.threads < 1:
        parser.error("--rounds and --threads must be at least 1")
    if arguments.rows is not None and not 5 <= arguments.rows <= 50000:
        parser.error("--rows must be from 5 to 50000")
    return arguments


def limit_threads(threads):
    """OpenMP, the BLAS libraries and Numba read these once, when they are loaded."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
        os.environ[name] = str(threads)


def say(text):
    print(f"{NAME}: {text}", file=sys.stderr)


def main(argv):
    arguments = parse(argv)
    limit_threads(arguments.threads)
    try:
        import document
        import study
    except ImportError as error:  # NumPy, without which nothing here can be measured
        say(error)
        return 1
    try:
        document.check_place(arguments.output)
        left_out = {"torch"} if arguments.without_torch else set()
        outcome = study.run(arguments.rounds, arguments.threads, left_out, say, arguments.rows)
        made = document.make(outcome, arguments.rounds, arguments.threads, arguments.label)
        print(document.table(made), file=sys.stderr)
        document.write(arguments.output, made)
    except OSError as error:
        say(f"{error.filename}: {error.strerror}" if error.filename else error.strerror or error)
        return 1
    except ValueError as error:
        say(error)
        return 1
    return 1 if outcome.wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
