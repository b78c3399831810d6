"""One thread per process for linear algebra: workers do not fight, and sums are added in one order everywhere."""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys
import types
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import numpy as np
import scipy

VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


SAFE_PATH = "PYTHONSAFEPATH"


@contextlib.contextmanager
def sober_children() -> Iterator[None]:
    """Let processes that are started here use one thread, and be workers only.

    They import nothing from where the user stands, and do not run the program again, which therefore needs no
    ``if __name__ == "__main__"``.
    """
    names = (*VARIABLES, SAFE_PATH)
    before = {name: os.environ.get(name) for name in names}
    os.environ.update(dict.fromkeys(names, "1"))
    program, sys.modules["__main__"] = sys.modules["__main__"], types.ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = program
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """Let this process use one thread, where its BLAS is the OpenBLAS that numpy and scipy bring along."""
    before = [(put, get()) for get, put in _knobs()]
    for put, _ in before:
        put(1)
    try:
        yield
    finally:
        for put, threads in before:
            put(threads)


@cache
def blas_libraries() -> list[ctypes.CDLL]:
    """Return the OpenBLAS that numpy and scipy bring along; nothing where they use another."""
    folders = [Path(package.__path__[0]).with_name(f"{package.__name__}.libs") for package in (np, scipy)]
    return [ctypes.CDLL(str(path)) for folder in folders for path in sorted(folder.glob("*openblas*.so*"))]


@cache
def _knobs() -> list[tuple[Callable[[], int], Callable[[int], None]]]:
    found = []
    for library in blas_libraries():
        for end in ("64_", ""):
            names = (f"scipy_openblas_get_num_threads{end}", f"scipy_openblas_set_num_threads{end}")
            if all(hasattr(library, name) for name in names):
                found.append((getattr(library, names[0]), getattr(library, names[1])))
                break
    return found
