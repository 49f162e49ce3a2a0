# SPDX-License-Identifier: BSD-3-Clause
# covers: tests/data/make_randn_reference.py tests/data/randn_reference.f32
"""Writes randn_reference.f32, PyTorch's own random weights, beside this script. Needs PyTorch.

Little-endian float32 without a header: for every seed, for every count, the values of
`torch.manual_seed(seed); torch.randn(count)`. tests/test_randn.c has the same two lists.
Made with PyTorch on an x86-64 CPU; the tests read the file and need no Python."""
import argparse
import pathlib
import subprocess
import sys

SEEDS = [0, 1, 42, 123456789012]
COUNTS = list(range(1, 41)) + [100, 7840]
PLACE = pathlib.Path(__file__).resolve().with_name("randn_reference.f32")


def main():
    parser = argparse.ArgumentParser(prog="make_randn_reference.py", description=__doc__, allow_abbrev=False,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true",
                        help="compare with the file that there is instead of writing it")
    arguments = parser.parse_args()
    import torch

    made = []
    for seed in SEEDS:
        for count in COUNTS:
            torch.manual_seed(seed)
            made.append(torch.randn(count, dtype=torch.float32).numpy().astype("<f4").tobytes())
    print("PyTorch", torch.__version__)
    if not arguments.check:
        PLACE.write_bytes(b"".join(made))
        return 0
    if PLACE.read_bytes() != b"".join(made):
        print("make_randn_reference.py: the file is not as this PyTorch makes it")
        return 1
    result = f"as PyTorch {torch.__version__} makes it"
    record = (PLACE.parents[2] / "scripts" / "last-runs", "--record", "tests/data/make_randn_reference.py", result)
    return subprocess.run(record).returncode


if __name__ == "__main__":
    sys.exit(main())
