"""Influence of the processor on the last digits of a number: instruction sets, and the kernels that use them.

NumPy chooses among several versions of its loops, and OpenBLAS among several kernels, by what a processor can do; they
add in different orders. Results of two processors of one description are the same bits.
"""

from __future__ import annotations

import platform
from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
from threadpoolctl import ThreadpoolController

from isacsys.core.lazy import linalg

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
    found = {str(library.get("architecture") or UNKNOWN) for library in _libraries().info()
             if library["user_api"] == "blas"}
    return " ".join(sorted(found)) or UNKNOWN


def one_thread() -> Any:
    """Return a context in which linear algebra uses one thread: workers do not fight, and sums have one order."""
    return _libraries().limit(limits=1, user_api="blas")


@cache
def _libraries() -> ThreadpoolController:
    assert linalg.blas  # loads the BLAS of scipy, which is another one than that of numpy
    return ThreadpoolController()
