"""Policies and positions passed in Python, pickled for the processes that use them.

They travel as bytes, and every drop unpacks its own copy: no drop sees what another left behind, so results do not
depend on who simulated what. What is defined in the program that is being run, at a prompt, in a notebook or beside a
scenario travels with its code: a worker knows nothing of where it was defined.
"""

from __future__ import annotations

import copy
import pickle
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import cloudpickle

from isacsys.campaign.identity import identity
from isacsys.core.errors import ConfigError
from isacsys.plugins.loading import blamed, found_beside


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
