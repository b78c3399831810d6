"""Policies and positions handed in from Python, on their way to the processes that use them.

They travel pickled, and every drop unpickles its own copy: no drop sees what another left behind,
so results do not depend on who simulated what.

What is defined in the program that is being run (``__main__``) can only be unpickled where that program is known.
A worker therefore reads the program up to its first call of `isacsys.run`, and beyond it only what defines or imports
something: a program needs no ``if __name__ == "__main__"``, and may define its policy between two runs.
"""

from __future__ import annotations
import __future__

import ast
import contextlib
import hashlib
import pickle
import sys
import traceback
import types
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from isacsys.errors import ConfigError


class ProgramRead(BaseException):
    """Ends the reading of a program in a worker; nothing that catches `Exception` stops it."""


@dataclass(frozen=True)
class Handed:
    """Objects as bytes.

    Attributes
    ----------
    payload : bytes
        A pickled mapping of keyword arguments of `isacsys.simulation.simulate_drop`.
    names : mapping
        From argument to a description that tells any two objects apart.
    program : (path, package) or None
        Where what ``__main__`` defines comes from.
    """

    payload: bytes = b""
    names: Mapping[str, str] = field(default_factory=dict)
    program: tuple[str, str | None] | None = None

    def unpack(self) -> dict[str, Any]:
        """Return new copies of the objects."""
        if not self.payload:
            return {}
        if self.program is not None:
            _know_program(*self.program)
        try:
            objects: dict[str, Any] = pickle.loads(self.payload)
        except Exception as error:
            raise ConfigError(" and ".join(self.names), dict(self.names),
                              f"objects that a worker process can load ({error})") from error
        return objects


def pack(objects: Mapping[str, Any], executor: str) -> Handed:
    """Make objects (those that are not None) ready to travel to the workers of ``executor``."""
    given = {name: value for name, value in objects.items() if value is not None}
    if not given:
        return Handed()
    names = {name: _describe(name, value) for name, value in given.items()}
    payload = pickle.dumps(given)
    if executor == "serial" or b"__main__" not in payload:
        return Handed(payload, names)
    program = sys.modules["__main__"]
    file = getattr(program, "__file__", None)
    if executor == "dask" or file is None or not Path(file).is_file():  # nobody else can read our program
        return Handed(_by_value(given, names), names)
    return Handed(payload, names, (str(Path(file).resolve()), getattr(program, "__package__", None)))


def leave_if_program_is_being_read() -> None:
    """Stop here where a worker reads the program only for what it defines."""
    if _reading:
        raise ProgramRead


def _describe(name: str, value: Any) -> str:
    try:
        content = pickle.dumps(value)
    except Exception as error:
        raise ConfigError(name, value, f"an object that can be pickled ({error})") from None
    return f"{type(value).__module__}:{type(value).__qualname__} {hashlib.sha256(content).hexdigest()[:16]}"


def _by_value(given: Mapping[str, Any], names: Mapping[str, str]) -> bytes:
    try:
        import cloudpickle  # type: ignore[import-untyped]
    except ImportError:
        raise ConfigError(" and ".join(names), dict(names), "something defined in a module of its own, so that worker "
                          "processes can import it (or install cloudpickle, or use executor \"serial\")") from None
    content: bytes = cloudpickle.dumps(dict(given))
    return content


_DEFINITIONS = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef, ast.Import, ast.ImportFrom)
_reading = False
_known: set[str] = set()


def _know_program(path: str, package: str | None) -> None:
    """Make the program at ``path`` this process's ``__main__``, once, unless it is that already."""
    global _reading
    own = getattr(sys.modules["__main__"], "__file__", None)
    if path in _known or (own is not None and str(Path(own).resolve()) == path):
        return
    module = types.ModuleType("__mp_main__")
    module.__file__, module.__package__ = path, package
    sys.modules["__main__"] = sys.modules["__mp_main__"] = module
    source = Path(path).read_bytes()
    _reading = True
    try:
        exec(compile(source, path, "exec", dont_inherit=True), module.__dict__)
    except ProgramRead as stop:
        _define_rest(source, path, stop, module)
    finally:
        _reading = False
    _known.add(path)


def _define_rest(source: bytes, path: str, stop: ProgramRead, module: types.ModuleType) -> None:
    """Run what defines or imports something after the statement at which the reading of a program stopped.

    What needs a result of a run cannot be defined here; if it is a policy, unpickling it will say that it is missing.
    """
    line = next(at for frame, at in traceback.walk_tb(stop.__traceback__) if frame.f_code.co_filename == path)
    flags = compile(source, path, "exec", dont_inherit=True).co_flags & __future__.annotations.compiler_flag
    for statement in ast.parse(source).body:
        if statement.lineno > line and isinstance(statement, _DEFINITIONS):
            code = compile(ast.Module([statement], []), path, "exec", flags, dont_inherit=True)
            with contextlib.suppress(Exception):
                exec(code, module.__dict__)
