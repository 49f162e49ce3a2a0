# SPDX-License-Identifier: BSD-3-Clause
"""Many rows times few columns of weights, with the same bits on every machine.

    import numpy as np, rowcast
    plan = rowcast.Plan(weights, bias=bias, dtype=np.uint8, scale=1 / 256)    # weights: K x N
    outputs = plan(images)                                                    # (..., K) -> (..., N)
    classes = plan.predict(images)                                            # (..., K) -> (...)

docs/python.md in the source has the rest."""
from . import _fork

_serial = _fork.must_stay_serial()  # before the module in C brings OpenMP with it

from . import _core  # noqa: E402
from ._core import Plan, RowcastError, allow_amx, cpu, crc32, kernels, randn  # noqa: E402
from ._files import load, load_weights  # noqa: E402
from ._training import from_keras, from_linear, from_sklearn  # noqa: E402

if _serial:
    _core._stay_serial()
Plan.from_linear = classmethod(from_linear)
Plan.from_sklearn = classmethod(from_sklearn)
Plan.from_keras = classmethod(from_keras)

__version__ = _core.__version__
build_info = _core.build_info
__all__ = ["Plan", "RowcastError", "allow_amx", "build_info", "cpu", "crc32", "kernels", "load", "load_weights",
           "randn"]
