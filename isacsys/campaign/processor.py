"""What this processor does to the last digits of a number: its instruction sets, and the kernels that use them.

NumPy chooses among several versions of its loops, and OpenBLAS among several kernels, by what a processor can do; they
add in different orders. Results of two processors of one description are the same bits.
"""

from __future__ import annotations

import ctypes
import platform
from collections.abc import Mapping
from functools import cache

import numpy as np

from isacsys.campaign.threads import blas_libraries

MACHINE, FEATURES, KERNEL = "machine", "cpu_features", "blas_kernel"
UNKNOWN = "unknown"


@cache
def _description() -> dict[str, str]:
    return {MACHINE: platform.machine() or UNKNOWN, FEATURES: _features(), KERNEL: _kernels()}


def processor() -> dict[str, str]:
    """Return machine, NumPy's enabled features beyond its baseline, and BLAS kernels of this process."""
    return dict(_description())


def differences(theirs: Mapping[str, object], mine: Mapping[str, str]) -> list[str]:
    """Return in words where two descriptions differ; what one of them does not say differs in nothing."""
    return [f"{name} {theirs[name]}, not {value}" for name, value in mine.items()
            if name in theirs and theirs[name] != value]


def _features() -> str:
    umath = getattr(np, "_core", None)
    umath = getattr(umath, "_multiarray_umath", None)
    enabled = getattr(umath, "__cpu_features__", None)
    dispatched = getattr(umath, "__cpu_dispatch__", None)
    if enabled is None or dispatched is None:  # private to NumPy: it may go
        return UNKNOWN
    return " ".join(sorted(name for name in dispatched if enabled.get(name))) or "none"


def _kernels() -> str:
    found = []
    for library in blas_libraries():
        for name in ("scipy_openblas_get_corename64_", "scipy_openblas_get_corename", "openblas_get_corename"):
            if hasattr(library, name):
                function = getattr(library, name)
                function.restype = ctypes.c_char_p
                found.append((function() or b"").decode(errors="replace"))
                break
    return " ".join(sorted(set(found))) or UNKNOWN
