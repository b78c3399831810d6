"""isacsys: a discrete-event, system-level simulator for networked ISAC."""

from importlib import import_module as _import_module
from typing import TYPE_CHECKING
from typing import Any as _Any
from warnings import warn as _warn

from isacsys import moved as _moved
from isacsys.beamforming import Beams, Combiner, Precoder, TransmitterCsi
from isacsys.campaign import (
    Comparison,
    Estimate,
    Run,
    SearchResult,
    Sweep,
    compare,
    open_run,
    open_search,
    run,
    search,
    sweep,
)
from isacsys.config.scenario import Scenario
from isacsys.core.errors import ConfigError, IsacError
from isacsys.core.version import version as _version
from isacsys.energy import EnergyModel
from isacsys.metrics import Estimator, Metric
from isacsys.network import BaseStation, Cluster, Positions, Target, User
from isacsys.network.selection import NullRequests
from isacsys.propagation import AntennaPattern, Propagation
from isacsys.scheduling import AllocationPolicy, GrantPolicy, Scheduler
from isacsys.sensing import Beliefs, Measured, Tracker
from isacsys.services import FrameRecord
from isacsys.simulation import Process, Stage

if TYPE_CHECKING:
    from isacsys import analysis, testing
    from isacsys.plotting import map
    from isacsys.validation import Validation, validate

__version__: str
_moved.install()

__all__ = [
    "AllocationPolicy",
    "AntennaPattern",
    "BaseStation",
    "Beams",
    "Beliefs",
    "Cluster",
    "Combiner",
    "Comparison",
    "ConfigError",
    "EnergyModel",
    "Estimate",
    "Estimator",
    "FrameRecord",
    "GrantPolicy",
    "IsacError",
    "Measured",
    "Metric",
    "NullRequests",
    "Positions",
    "Precoder",
    "Process",
    "Propagation",
    "Run",
    "Scenario",
    "Scheduler",
    "SearchResult",
    "Stage",
    "Sweep",
    "Target",
    "Tracker",
    "TransmitterCsi",
    "User",
    "Validation",
    "__version__",
    "analysis",
    "compare",
    "map",
    "open_run",
    "open_search",
    "run",
    "search",
    "sweep",
    "testing",
    "validate",
]

# What needs the analysis or matplotlib is imported when it is asked for: workers that simulate never do.
_RENAMED = {"Known": "TransmitterCsi"}
_LATER = {"Validation": "validation", "validate": "validation", "map": "plotting"}


def __getattr__(name: str) -> _Any:
    if name in ("analysis", "testing"):
        return _import_module(f"isacsys.{name}")
    if name in _LATER:
        return getattr(_import_module(f"isacsys.{_LATER[name]}"), name)
    if name == "__version__":
        return _version()
    if name in _RENAMED:
        _warn(f"isacsys.{name} is now isacsys.{_RENAMED[name]}; the old name goes with version 0.4", FutureWarning,
              stacklevel=2)
        return globals()[_RENAMED[name]]
    if f"isacsys.{name}" in _moved.MOVED or name == "physics":
        return _import_module(f"isacsys.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
