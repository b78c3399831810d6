"""The plan of a campaign, whether two plans are the same, and the processor as far as it changes last digits.

NumPy chooses among several versions of its loops, and OpenBLAS among several kernels, by what a processor can do; they
add in different orders. Results of two processors of one description are the same bits.
"""

from __future__ import annotations

import hashlib
import json
import math
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import ThreadpoolController

from isacsys.campaign.payload import Payload, identity
from isacsys.config.scenario import Scenario
from isacsys.config.scenario_values import FILES
from isacsys.core.errors import ConfigError, IsacError, LogFormatError
from isacsys.core.lazy import linalg
from isacsys.core.version import version
from isacsys.metrics import Estimator
from isacsys.network.deployment import origin_of
from isacsys.plugins.kinds import written_by_users
from isacsys.simulation.batch_rules import batch_size

MACHINE, FEATURES, KERNEL = "machine", "cpu_features", "blas_kernel"
UNKNOWN = "unknown"
NOT_COMPARED = "simulation.drops"  # more drops are welcome
NO_MATTER = (NOT_COMPARED, "simulation.batch")  # results are the same bits
_PACKAGES = ("isacsys", "numpy", "scipy", "h5py", "simpy")
HANDED = ("scheduler", "grant_policy", "positions", "precoder", "combiner", "tracker", "link_model",
          "energy_model", "processes", "metrics")
_CONTENT = "content of "
OWN_METRICS, SCENARIO_FILE = "own_metrics", "scenario_file"


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


@dataclass(frozen=True)
class Plan:
    """Drops ``first`` up to ``stop`` of a scenario.

    Attributes
    ----------
    scenario : Scenario
    first, stop : int
    handed : Handed
        Objects passed in Python.
    metrics : mapping
        Figures of metrics of the user's own, by name.
    inputs : mapping
        Digests of the files that the scenario names, by key.
    """

    scenario: Scenario
    first: int
    stop: int
    handed: Payload
    metrics: Mapping[str, Estimator] = field(default_factory=dict)
    inputs: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def settings(self) -> dict[str, Any]:
        """Everything that results depend on, apart from how many drops there are."""
        found = {key: value for key, value in self.scenario.items() if key not in NO_MATTER}
        return found | {"first drop": self.first, **{name: self.handed.names.get(name, "") for name in HANDED},
                        **{_CONTENT + key: self.inputs.get(key, "") for key in (*FILES, *self.inputs)},
                        **self.sources}

    @property
    def size(self) -> float:
        """Expected number of stations times the number of frames in a drop; infinite where a file decides on it."""
        network = self.scenario.network
        given = network.layout == "file"
        return math.inf if given else network.bs_density * network.area * self.scenario.simulation.frames

    @cached_property
    def together(self) -> int:
        """How many drops share a frame."""
        return batch_size(self.scenario, tuple(self.handed.names))

    @cached_property
    def sources(self) -> dict[str, str]:
        """Identities of the classes that the scenario names and a user wrote."""
        return {f"source of {key}": identity(cls) for key, cls in written_by_users(self.scenario).items()}

    @property
    def fingerprint(self) -> str:
        """A short name of `settings`."""
        return hashlib.sha256(json.dumps(self.settings, sort_keys=True).encode()).hexdigest()[:32]

    def attributes(self, stop: int) -> dict[str, Any]:
        """Return what a log of the drops before ``stop`` says of itself."""
        scenario = self.scenario.replace({NOT_COMPARED: stop - self.first})
        given = {name: value for name, value in self.settings.items()
                 if name in HANDED or name in self.sources or name.startswith(_CONTENT)}
        return {"scenario": scenario.to_toml(), SCENARIO_FILE: scenario.file, "seed": scenario.simulation.seed,
                "first_drop": self.first, "drops": stop - self.first, "complete": True, **versions(), **processor(),
                **origin_of(self.scenario), **{name.replace(" ", "_"): value for name, value in given.items() if value},
                **({OWN_METRICS: json.dumps([asdict(e) for e in self.metrics.values()])} if self.metrics else {})}


def read_scenario(attributes: Mapping[str, Any], path: Path) -> Scenario:
    """Return the scenario that a log was made from."""
    try:
        return replace(Scenario.from_log(attributes["scenario"]), file=str(attributes.get(SCENARIO_FILE, "")))
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError, IsacError) as error:
        raise LogFormatError(f"{path} is damaged: its scenario cannot be read ({error})") from None


def read_settings(attributes: Mapping[str, Any], path: Path) -> dict[str, Any]:
    """Return `Plan.settings` of what a log was made from."""
    found = {key: value for key, value in read_scenario(attributes, path).items() if key not in NO_MATTER}
    names = (*HANDED, *(_CONTENT + key for key in FILES))
    return found | {"first drop": attributes.get("first_drop", 0),
                    **{name: attributes.get(name.replace(" ", "_"), "") for name in names},
                    **{f"{kind} of {key[len(kind) + 4:]}": value for key, value in attributes.items()
                       for kind in ("source", "content") if key.startswith(f"{kind}_of_")}}


def own_metrics(attributes: Mapping[str, Any]) -> dict[str, Estimator]:
    """Return the figures of metrics of a user's own that a log describes; their code is not needed to read them."""
    try:
        return {str(entry["name"]): _estimator(entry) for entry in json.loads(attributes.get(OWN_METRICS, "[]"))}
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise LogFormatError(f"its own metrics cannot be read ({type(error).__name__}: {error})") from None


def _estimator(entry: Mapping[str, Any]) -> Estimator:
    powers = {str(column): float(power) for column, power in entry["powers"].items()}
    return Estimator(str(entry["name"]), powers, str(entry["unit"]), str(entry["meaning"]), str(entry["about"]))


def check_same(plan: Plan, attributes: Mapping[str, Any], path: Path) -> None:
    """Raise ConfigError naming the first setting in which ``plan`` is not what is in ``path``."""
    theirs = read_settings(attributes, path)
    for key, value in plan.settings.items():
        if theirs.get(key, "") != value:
            raise ConfigError(key, value, f"{path} was begun with {theirs.get(key, '')!r}: resume with that, "
                              "name another output, or start anew (--force)")


def versions() -> dict[str, str]:
    """Return the versions of everything that numbers depend on."""
    return {"python_version": platform.python_version(), **{f"{name}_version": version(name) for name in _PACKAGES}}
