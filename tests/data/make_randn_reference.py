# SPDX-License-Identifier: BSD-3-Clause
"""Writes randn_reference.f32, PyTorch's own random weights, beside this script.

Little-endian float32 without a header: for every seed, for every count, the values of
`torch.manual_seed(seed); torch.randn(count)`. tests/test_randn.c has the same two lists.
Made with PyTorch on an x86-64 CPU; the tests read the file and need no Python.
"""
import pathlib

import torch

SEEDS = [0, 1, 42, 123456789012]
COUNTS = list(range(1, 41)) + [100, 7840]

with open(pathlib.Path(__file__).with_name("randn_reference.f32"), "wb") as file:
    for seed in SEEDS:
        for count in COUNTS:
            torch.manual_seed(seed)
            file.write(torch.randn(count, dtype=torch.float32).numpy().astype("<f4").tobytes())
print("PyTorch", torch.__version__)
