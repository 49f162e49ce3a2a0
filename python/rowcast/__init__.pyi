# SPDX-License-Identifier: BSD-3-Clause
from ._core import Plan as Plan
from ._core import RowcastError as RowcastError
from ._core import allow_amx as allow_amx
from ._core import build_info as build_info
from ._core import cpu as cpu
from ._core import crc32 as crc32
from ._core import kernels as kernels
from ._core import randn as randn
from ._files import load as load
from ._files import load_weights as load_weights

__version__: str
__all__ = ["Plan", "RowcastError", "allow_amx", "build_info", "cpu", "crc32", "kernels", "load", "load_weights",
           "randn"]
