"""Scenarios as other processors round: every column within 1e-6, integers and numbers of rows the same.

One machine can round as others do: OpenBLAS takes the kernels of another processor (OPENBLAS_CORETYPE), numpy leaves
instructions out (NPY_DISABLE_CPU_FEATURES), and so does the C library (GLIBC_TUNABLES).
"""

import argparse
import os
import platform
import subprocess
import sys
import tempfile

import numpy as np

from tools import reference_scenarios as scenarios
from tools.checkouts import HERE, tables

RELATIVE, OF_LARGEST = 1e-6, 1e-12  # of a value itself, and of the largest of its column
SINGLE = {"clustered channels": 1e-4}  # the same where sums of rays are in single precision
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
EVERY = [*scenarios.CASES, *scenarios.MORE]
_BLAS = """
import numpy as np, threadpoolctl
a = np.random.default_rng(0).normal(size=(40, 40))
assert abs(np.linalg.eigvalsh(a @ a.T)).all()
print(*{pool.get("architecture") for pool in threadpoolctl.threadpool_info() if pool["user_api"] == "blas"})
"""


def kernel(name):
    """The environment in which OpenBLAS takes the kernels of processor ``name``, and why it does not: "" if it does."""
    variables = {"OPENBLAS_CORETYPE": name}
    found = subprocess.run([sys.executable, "-c", _BLAS], env={**os.environ, **variables}, capture_output=True,
                           text=True)
    if found.returncode:
        return variables, f"kernels of {name} do not run here (exit {found.returncode})"
    taken = found.stdout.split()
    return variables, "" if taken == [name] else f"the BLAS took kernels {' '.join(taken) or 'of its own'}, not {name}"


def numpy_baseline():
    """The environment in which numpy uses no instruction beyond those that it was built for, and why that is as now."""
    from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__

    used = [name for name in __cpu_dispatch__ if __cpu_features__[name]]
    return {"NPY_DISABLE_CPU_FEATURES": " ".join(used)}, "" if used else "numpy uses nothing beyond its baseline here"


def plain_library():
    """The environment in which the C library computes without fused products, and why it does not."""
    reason = "" if platform.libc_ver()[0] == "glibc" and platform.machine() == "x86_64" else "glibc on x86 alone can"
    return {"GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX2,-FMA,-AVX2_Usable,-FMA_Usable"}, reason


WAYS = {"numpy's baseline": numpy_baseline, "C library without FMA": plain_library,
        **{name: lambda name=name: kernel(name) for name in ("Haswell", "Nehalem", "Sandybridge", "SkylakeX", "Zen")}}


def disagreements(here, there, relative=RELATIVE):
    """Name every column that differs by more than rounding may, with the number of its values that do."""
    if here.keys() != there.keys():
        return [f"tables {sorted(here.keys() ^ there.keys())} in one alone"]
    return [f"{table}.{name}: {fault}" for table, columns in here.items() for name, column in columns.items()
            if (fault := _fault(column, there[table][name], relative))]


def _fault(one, other, relative):
    """What is wrong with a column; "" where nothing is."""
    if one.shape != other.shape:
        return f"{len(one)} rows and {len(other)}"
    if one.dtype.kind != "f":
        wrong = one != other
    else:
        with np.errstate(invalid="ignore"):  # inf - inf
            apart, size = np.abs(one - other), np.abs(one)
        largest = size[np.isfinite(size)].max(initial=0.0)
        close = apart <= np.maximum(relative * np.minimum(size, np.abs(other)), OF_LARGEST * largest)
        wrong = ~(close & np.isfinite(apart) | (one == other) | (np.isnan(one) & np.isnan(other)))
    return f"{np.count_nonzero(wrong)} of {len(one)}" if wrong.any() else ""


def compared(names, one, other):
    """Yield names of cases, and their disagreements between two environments."""
    with tempfile.TemporaryDirectory() as files:
        scenarios.write_files(files)
        yield from ((name, disagreements(*pair, SINGLE.get(name, RELATIVE))) for name, *pair in zip(
            names, *(tables(HERE, names, files, **ONE_THREAD, **variables) for variables in (one, other)), strict=True))


def main(arguments=None):
    """Compare; exit 0 where every column of every case agrees in every way there is."""
    parser = argparse.ArgumentParser(prog="python -m tools.processors", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*", metavar="CASE", help=f"of {', '.join(EVERY)} (default: all)")
    names, wrong = parser.parse_args(arguments).cases or EVERY, 0
    for way, find in WAYS.items():
        variables, reason = find()
        if reason:
            print(f"{way}: left out, {reason}")
            continue
        faults = [(name, fault) for name, fault in compared(names, {}, variables) if fault]
        wrong += len(faults)
        print(f"{way}: {len(names) - len(faults)} of {len(names)} scenarios agree", flush=True)
        for name, fault in faults:
            print(f"  {name}: {', '.join(fault)}")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
