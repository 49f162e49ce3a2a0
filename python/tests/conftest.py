# SPDX-License-Identifier: BSD-3-Clause
"""What the tests of the Python package share. They test the package that is installed, never the source beside them."""
import os
import subprocess
import sys

import numpy as np
import pytest

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))


class Tensor:
    """What PyTorch's tensors are to rowcast: DLPack without the buffer protocol, of version 0 or of both."""

    def __init__(self, array, device=(1, 0), requires_grad=False, versioned=False):
        self.array, self.device, self.requires_grad, self.versioned = array, device, requires_grad, versioned
        self.ndim = array.ndim

    def __dlpack_device__(self):
        return self.device

    def __dlpack__(self, **options):
        if not self.versioned and options:
            raise TypeError("__dlpack__() got an unexpected keyword argument")
        return self.array.__dlpack__(**options)

    @property
    def T(self):
        return Tensor(self.array.T)

    def detach(self):
        return Tensor(self.array)


@pytest.fixture
def random():
    return np.random.default_rng(1)


@pytest.fixture
def run():
    """Runs a program in a process of its own, and returns what it prints."""
    def run_program(text, *arguments, **environment):
        done = subprocess.run([sys.executable, "-c", text, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True, timeout=60, cwd="/", env={**os.environ, **environment})
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()
    return run_program


def bound(x, weights, bias=0.0):
    """The greatest error of float32 sums of K products and a bias: each rounding is one part in 2^24 at most."""
    k = x.shape[-1]
    magnitudes = np.abs(x).astype(np.float64) @ np.abs(weights).astype(np.float64) + np.abs(bias)
    return 1.01 * (k + 2) * 2.0**-24 * magnitudes + 1e-37
