"""Policies and positions passed in Python, pickled for the processes that use them, and the identity of user code.

They travel as bytes, and every drop unpacks its own copy: no drop sees what another left behind, so results do not
depend on who simulated what. What is defined in the program that is being run, at a prompt, in a notebook or beside a
scenario travels with its code: a worker knows nothing of where it was defined.

The identity is a digest in a few letters. What is installed counts by its name. What a user wrote counts by the text of
its source, and of the functions, classes and plain values of theirs that the text names. Code without a source (typed
at a prompt) counts by its name alone.
"""

from __future__ import annotations

import copy
import hashlib
import inspect
import io
import pickle
import re
import sys
import sysconfig
import textwrap
from collections.abc import Iterator, Mapping, Set
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import BuiltinFunctionType, CellType, CodeType, FunctionType, ModuleType
from typing import Any

import cloudpickle
import numpy as np

from isacsys.core.errors import ConfigError
from isacsys.plugins.loading import blamed, found_beside

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


@dataclass(frozen=True)
class Payload:
    """Objects ready to be copied.

    Attributes
    ----------
    names : mapping
        From keyword argument of `isacsys.simulation.simulate_drop` to a description that tells any two objects apart.
    payload : bytes
        A pickled mapping of those arguments.
    objects : mapping
        The same, unpickled, where they stay in this process.
    """

    names: Mapping[str, str] = field(default_factory=dict)
    payload: bytes = b""
    objects: Mapping[str, Any] = field(default_factory=dict)

    def unpack(self) -> dict[str, Any]:
        """Return new copies of the objects."""
        if self.objects:
            return copy.deepcopy(dict(self.objects))
        if not self.payload:
            return {}
        with blamed(lambda fault: ConfigError(" and ".join(self.names), dict(self.names),
                                              f"objects that a worker process can load ({fault})")):
            objects: dict[str, Any] = pickle.loads(self.payload)
        return objects


def pack(objects: Mapping[str, Any], executor: str | None) -> Payload:
    """Make objects (those that are not None) ready to travel to the workers of ``executor``."""
    given = {name: value for name, value in objects.items() if value is not None}
    for name, value in given.items():
        with blamed(lambda fault, name=name, value=value: ConfigError(name, value, f"an object that can be copied "
                                                                      f"({fault})"), value):
            copy.deepcopy(value)
    names = {name: f"{_word(value)} {identity(value)}" for name, value in given.items()}
    if executor == "serial":
        return Payload(names, objects=given)
    return Payload(names, _bytes(given)) if given else Payload()


def _bytes(given: Mapping[str, Any]) -> bytes:
    with _by_value():
        for name, value in given.items():
            with blamed(lambda fault, name=name, value=value: ConfigError(name, value, "an object that can be pickled "
                                                                          f"({fault})"), value):
                cloudpickle.dumps(value)
        content: bytes = cloudpickle.dumps(dict(given))
    return content


@contextmanager
def _by_value() -> Iterator[None]:
    """Pickle classes of modules beside a scenario by value: a worker cannot import them by name."""
    modules = [sys.modules[name] for name in found_beside() if name in sys.modules]
    for module in modules:
        cloudpickle.register_pickle_by_value(module)
    try:
        yield
    finally:
        for module in modules:
            cloudpickle.unregister_pickle_by_value(module)


def _word(value: Any) -> str:
    return " ".join(type(inner).__qualname__ for inner in value) if isinstance(value, list) else \
        type(value).__qualname__
