"""Finding policies by name: built in, from an installed package, or as ``module:Class``."""

from __future__ import annotations

import difflib
import importlib
import sys
from collections.abc import Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import Any, TypeVar

from isacsys.errors import ConfigError
from isacsys.scenario import Scenario
from isacsys.scheduling.allocation import ALLOCATION_POLICIES, CHOSEN, AllocationPolicy
from isacsys.scheduling.base import GrantPolicy, Scheduler
from isacsys.scheduling.grants import GRANT_POLICIES
from isacsys.scheduling.policies import SCHEDULERS

ENTRY_POINTS = "isacsys.schedulers"
T = TypeVar("T")


def find_scheduler(name: str, key: str = "scheduling.policy") -> Scheduler:
    """Return a new scheduler of this name. Raises ConfigError, naming ``key``, where there is none."""
    known: dict[str, Any] = dict(SCHEDULERS)
    if name not in known:  # looking through installed packages takes longer than a frame
        known = {**_installed(), **known}
    return _make(key, name, known, Scheduler)  # type: ignore[type-abstract]


def find_grant_policy(name: str) -> GrantPolicy:
    """Return a new null-grant policy of this name. Raises ConfigError where there is none."""
    return _make("nulling.policy", name, GRANT_POLICIES, GrantPolicy)  # type: ignore[type-abstract]


def find_allocation_policy(name: str) -> AllocationPolicy:
    """Return a new allocation policy of this name. Raises ConfigError where there is none."""
    return _make("allocation.policy", name, ALLOCATION_POLICIES, AllocationPolicy)  # type: ignore[type-abstract]


def allocate(scenario: Scenario) -> Scenario:
    """Return the scenario with K, J, L and Q as its allocation policy chooses them, fixed from then on."""
    name = scenario.allocation.policy
    if name == "fixed":
        return scenario
    chosen = find_allocation_policy(name).allocate(scenario)
    strangers = set(chosen) - set(CHOSEN)
    if strangers:
        raise ConfigError("allocation.policy", name, f"a policy that chooses {', '.join(CHOSEN)} only, "
                          f"not {', '.join(sorted(strangers))}")
    return scenario.replace({**{f"allocation.{key}": value for key, value in chosen.items()},
                             "allocation.policy": "fixed"})


def available() -> dict[str, str]:
    """Return the schedulers there are, each with a line on what it does."""
    lines = {name: _summary(cls) for name, cls in SCHEDULERS.items()}
    return lines | {name: f"from {point.value}" for name, point in _installed().items() if name not in lines}


def _installed() -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group=ENTRY_POINTS)}


def _make(key: str, name: str, known: Mapping[str, Any], base: type[T]) -> T:
    if name in known:
        cls = load(key, known[name].value) if isinstance(known[name], EntryPoint) else known[name]
    elif ":" in name:
        cls = load(key, name)
    else:
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean \"{near[0]}\"? " if near else ""
        raise ConfigError(key, name, f"{hint}one of {', '.join(known)}, or \"module:Class\"")
    if not (isinstance(cls, type) and issubclass(cls, base)):
        raise ConfigError(key, name, f"a subclass of isacsys.{base.__name__}")
    try:
        return cls()
    except Exception as error:
        raise ConfigError(key, name, f"a class that can be made without arguments ({error})") from error


def load(key: str, name: str, what: str = "Class") -> Any:
    """Return what ``"module:Class"`` names. Raises ConfigError, naming ``key``, where it cannot be imported."""
    module, _, attribute = name.partition(":")
    if "" not in sys.path:  # a policy usually stands beside the scenario that names it
        sys.path.insert(0, "")
    try:
        return getattr(importlib.import_module(module), attribute)
    except Exception as error:
        raise ConfigError(key, name, f"an importable \"module:{what}\" ({type(error).__name__}: {error})") from error


def _summary(cls: type) -> str:
    return (cls.__doc__ or cls.__name__).strip().splitlines()[0]
