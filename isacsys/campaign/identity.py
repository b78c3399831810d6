"""Identity of a computation in a few letters: a digest of names, source and values.

What is installed counts by its name. What a user wrote counts by the text of its source, and of the functions, classes
and plain values of theirs that the text names. Code without a source (typed at a prompt) counts by its name alone.
"""

from __future__ import annotations

import hashlib
import inspect
import io
import pickle
import re
import sys
import sysconfig
import textwrap
from collections.abc import Iterator, Mapping, Set
from pathlib import Path
from types import BuiltinFunctionType, CellType, CodeType, FunctionType, ModuleType
from typing import Any

import numpy as np

_INSTALLED = tuple({*map(sysconfig.get_path, ("stdlib", "platstdlib", "purelib", "platlib")),
                    str(Path(__file__).parents[1])})
_VALUES = (bool, int, float, complex, str, bytes, list, tuple, Mapping, Set, np.ndarray, np.generic)


def identity(value: object) -> str:
    """Return 16 hexadecimal digits that tell ``value`` from what would compute something else."""
    return _digest(value, set())


def _digest(value: object, seen: set[int]) -> str:
    content = io.BytesIO()
    try:
        _Values(content, seen).dump(value)
    except (pickle.PicklingError, TypeError, AttributeError, RecursionError):  # it counts by its class
        return _digest(type(value), seen)
    return hashlib.sha256(content.getvalue()).hexdigest()[:16]


class _Values(pickle.Pickler):
    """Writes values as pickle does, but code by name and source, and sets in one order."""

    def __init__(self, file: io.BytesIO, seen: set[int]) -> None:
        super().__init__(file, protocol=4)
        self._seen = seen

    def persistent_id(self, value: Any) -> Any:
        """Return what stands for a value instead of what pickle writes; None: nothing does."""
        value = getattr(value, "__wrapped__", value) if callable(value) and not isinstance(value, type) else value
        if isinstance(value, type | FunctionType | BuiltinFunctionType | ModuleType):
            return self._code(value)
        if isinstance(value, str | bytes) and len(value) < 1000:  # not by whether it is the same object as another
            return repr(value)
        if isinstance(value, Set):
            return f"set {sorted(map(repr, value))}"
        return None

    def _code(self, thing: Any) -> str:
        name = f"{getattr(thing, '__module__', '')}:{getattr(thing, '__qualname__', thing.__name__)}"
        if isinstance(thing, BuiltinFunctionType) or _installed(thing):
            return name
        if id(thing) in self._seen:
            return f"again {thing.__name__}"
        self._seen.add(id(thing))
        parts = [thing.__name__, _source(thing)]
        parts += [f"{used} {_digest(value, self._seen)}" for used, value in _used(thing, parts[1])]
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _source(thing: Any) -> str:
    code = getattr(thing, "__code__", None)
    if code is not None and code.co_name == "<lambda>":  # there may be two in a line
        plain = [constant for constant in code.co_consts if not isinstance(constant, CodeType)]
        return f"{code.co_names} {plain} {code.co_code.hex()}"
    try:
        return textwrap.dedent(inspect.getsource(thing))
    except (OSError, TypeError):  # typed at a prompt
        return ""


def _used(thing: Any, source: str) -> Iterator[tuple[str, Any]]:
    """Yield what the text of some code names, as far as a user wrote it, and what its functions have enclosed."""
    words = set(re.findall(r"[^\W\d]\w*", source))
    scope = vars(sys.modules.get(getattr(thing, "__module__", ""), ModuleType("nothing")))
    for name in sorted(words & set(scope)):
        value = scope[name]
        if isinstance(value, ModuleType) and not _installed(value):
            yield from ((f"{name}.{inner}", vars(value)[inner]) for inner in sorted(words & set(vars(value)))
                        if _counts(vars(value)[inner]))
        elif _counts(value):
            yield name, value
    functions = [thing] if isinstance(thing, FunctionType) else list(vars(thing).values())
    for function in functions:
        for cell in getattr(function, "__closure__", None) or ():
            yield "enclosed", _content(cell)


def _counts(value: Any) -> bool:
    value = getattr(value, "__wrapped__", value)
    return isinstance(value, _VALUES) or (isinstance(value, type | FunctionType) and not _installed(value))


def _installed(thing: Any) -> bool:
    module = thing if isinstance(thing, ModuleType) else sys.modules.get(thing.__module__)
    if module is None or module.__name__ == "__main__":
        return False
    file = getattr(module, "__file__", None)
    return file is None or file.startswith(_INSTALLED)


def _content(cell: CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # not yet filled
        return None
