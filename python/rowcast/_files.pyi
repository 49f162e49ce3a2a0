# SPDX-License-Identifier: BSD-3-Clause
import os
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

def load(
    path: str | bytes | os.PathLike[str] | os.PathLike[bytes],
    rows: slice | tuple[int, int | None] | None = None,
    member: str | None = None,
    *,
    array: str | None = None,
    max_bytes: int | None = None,
    allow_trailing: bool = False,
    skip_lines: int | None = None,
    columns_from: int | None = None,
    columns_to: int | None = None,
    delimiter: str | None = None,
    decimal: str | None = None,
    comment: str | Literal[False] | None = None,
    raw_type: str | None = None,
    raw_dims: Sequence[int] | None = None,
    raw_offset: int | None = None,
    raw_fortran: bool = False,
) -> npt.NDArray[Any]: ...
def load_weights() -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]: ...
