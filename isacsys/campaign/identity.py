"""What an object is, in a few letters: a digest of the source it is made of and of the values it holds.

Two objects of one identity compute the same, in whatever process or session they were made. What is installed counts by
its name; what a user wrote counts by its source, with all functions, classes and constants of theirs that it uses.
"""

from __future__ import annotations

import dis
import hashlib
import inspect
import sys
import sysconfig
import textwrap
from collections.abc import Iterator, Mapping, Set
from pathlib import Path
from types import BuiltinFunctionType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

_INSTALLED = tuple({*map(sysconfig.get_path, ("stdlib", "platstdlib", "purelib", "platlib")),
                    str(Path(__file__).parents[1])})
_PLAIN = (bool, int, float, complex, str, bytes, type(None))


def identity(value: object) -> str:
    """Return 16 hexadecimal digits that tell ``value`` from what would compute something else."""
    digest = hashlib.sha256()
    for word in _Words().of(value):
        digest.update(word)
        digest.update(b"\0")
    return digest.hexdigest()[:16]


class _Words:
    """Takes a value apart into bytes, visiting nothing twice."""

    def __init__(self) -> None:
        self._seen: dict[int, object] = {}

    def of(self, value: Any) -> Iterator[bytes]:
        """Yield what a value is made of."""
        if isinstance(value, np.generic):
            value = value.item()
        if isinstance(value, _PLAIN):
            yield f"{type(value).__name__} {value!r}".encode()
        elif id(value) in self._seen:
            yield b"again"
        else:
            self._seen[id(value)] = value  # kept alive, so that no other takes its number
            yield from self._made_of(value)

    def _made_of(self, value: Any) -> Iterator[bytes]:
        if isinstance(value, np.ndarray):
            yield from self._array(value)
        elif isinstance(value, Mapping):
            yield b"mapping"
            for key in sorted(value, key=repr):
                yield from self.of(key)
                yield from self.of(value[key])
        elif isinstance(value, list | tuple):
            yield f"sequence {len(value)}".encode()
            for inner in value:
                yield from self.of(inner)
        elif isinstance(value, Set):
            yield f"set {sorted(map(repr, value))}".encode()
        elif isinstance(value, type):
            yield from self._class(value)
        else:
            yield from self._code_or_object(value)

    def _array(self, value: Any) -> Iterator[bytes]:
        yield f"array {value.dtype.str} {value.shape}".encode()
        if value.dtype.hasobject:
            yield from self.of(value.tolist())
        else:
            yield np.ascontiguousarray(value).tobytes()

    def _code_or_object(self, value: Any) -> Iterator[bytes]:
        if isinstance(value, MethodType):
            yield from self.of(value.__func__)
            yield from self.of(value.__self__)
        elif isinstance(value, FunctionType):
            yield from self._function(value)
        elif isinstance(value, staticmethod | classmethod):
            yield from self.of(value.__func__)
        elif isinstance(value, property):
            yield from self.of((value.fget, value.fset))
        elif isinstance(value, ModuleType | BuiltinFunctionType):
            yield f"{getattr(value, '__module__', '')}:{value.__name__}".encode()
        elif hasattr(value, "__wrapped__"):
            yield from self.of(value.__wrapped__)
        else:
            yield from self._object(value)

    def _object(self, value: Any) -> Iterator[bytes]:
        """Take an object apart as pickle does; what cannot be pickled counts by its class."""
        yield from self.of(type(value))
        try:
            parts = value.__reduce_ex__(2)
        except TypeError:
            return
        if isinstance(parts, str):
            yield parts.encode()
            return
        yield from self.of(parts[:3])
        for items in parts[3:5]:
            yield from self.of(None if items is None else list(items))

    def _class(self, cls: type) -> Iterator[bytes]:
        yield f"class {cls.__qualname__}".encode()
        if _installed(cls):
            yield f"of {cls.__module__}".encode()
            return
        for base in cls.__bases__:
            yield from self.of(base)
        for name, value in sorted(vars(cls).items()):
            if isinstance(value, FunctionType) or not name.startswith(("__", "_abc_")):  # the rest is bookkeeping
                yield name.encode()
                yield from self.of(value)

    def _function(self, function: FunctionType) -> Iterator[bytes]:
        yield f"function {function.__qualname__}".encode()
        if _installed(function):
            yield f"of {function.__module__}".encode()
            return
        yield _source(function.__code__)
        yield from self.of((function.__defaults__, function.__kwdefaults__))
        for cell in function.__closure__ or ():
            yield from self.of(_content(cell))
        for name, used in _used(function.__code__, function.__globals__):
            yield name.encode()
            yield from self.of(used)


def _installed(thing: Any) -> bool:
    module = sys.modules.get(thing.__module__)
    if module is None or thing.__module__ == "__main__":
        return False
    file = getattr(module, "__file__", None)
    return file is None or file.startswith(_INSTALLED)


def _source(code: CodeType) -> bytes:
    """Return the text of a function; or, where there is none (typed at a prompt) or too much, what it became."""
    if code.co_name == "<lambda>":  # there may be two in a line
        return _compiled(code)
    try:
        return textwrap.dedent(inspect.getsource(code)).encode()
    except (OSError, TypeError):
        return _compiled(code)


def _compiled(code: CodeType) -> bytes:
    steps = [(step.opname, None if isinstance(step.argval, CodeType) else repr(step.argval))
             for step in dis.get_instructions(code)]
    return repr(steps).encode() + b"".join(_compiled(inner) for inner in code.co_consts if isinstance(inner, CodeType))


def _used(code: CodeType, scope: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield what a function takes from around it, as far as a user wrote it: functions, classes, plain values."""
    names = _names(code)
    for name in sorted(names & set(scope)):
        value = scope[name]
        if isinstance(value, ModuleType):
            if not (getattr(value, "__file__", None) or "").startswith(_INSTALLED):
                yield from ((f"{name}.{inner}", vars(value)[inner]) for inner in sorted(names & set(vars(value)))
                            if _counts(vars(value)[inner]))
        elif _counts(value):
            yield name, value


def _counts(value: Any) -> bool:
    return isinstance(value, (*_PLAIN, np.ndarray, np.generic, list, tuple, dict, Set, type, FunctionType)) or \
        hasattr(value, "__wrapped__")


def _names(code: CodeType) -> set[str]:
    inner = (_names(constant) for constant in code.co_consts if isinstance(constant, CodeType))
    return set(code.co_names).union(*inner)


def _content(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # not yet filled
        return None
