"""isacsys: a discrete-event, system-level simulator for networked ISAC."""

from importlib import import_module as _import_module
from typing import TYPE_CHECKING
from typing import Any as _Any
from warnings import warn as _warn

from isacsys import moved as _moved

if TYPE_CHECKING:
    from isacsys import analysis, testing
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
    from isacsys.channel.fading import Fading
    from isacsys.config.scenario import Scenario
    from isacsys.core.errors import ConfigError, IsacError
    from isacsys.energy import EnergyModel
    from isacsys.link import LinkModel
    from isacsys.metrics import Estimator, Metric
    from isacsys.network import BaseStation, Cluster, Positions, Target, User
    from isacsys.network.selection import NullRequests
    from isacsys.plotting import map
    from isacsys.propagation import AntennaPattern, Propagation
    from isacsys.scheduling import AllocationPolicy, GrantPolicy, Scheduler
    from isacsys.sensing import Beliefs, Measured, Tracker
    from isacsys.services import FrameRecord
    from isacsys.simulation import Process, Stage
    from isacsys.validation import Validation, validate

__version__: str
_moved.install()

__all__ = ["AllocationPolicy", "AntennaPattern", "BaseStation", "Beams", "Beliefs", "Cluster", "Combiner", "Comparison",
           "ConfigError", "EnergyModel", "Estimate", "Estimator", "Fading", "FrameRecord", "GrantPolicy", "IsacError",
           "LinkModel", "Measured", "Metric", "NullRequests", "Positions", "Precoder", "Process", "Propagation", "Run",
           "Scenario", "Scheduler", "SearchResult", "Stage", "Sweep", "Target", "Tracker", "TransmitterCsi", "User",
           "Validation", "__version__", "analysis", "compare", "map", "open_run", "open_search", "run", "search",
           "sweep", "testing", "validate"]

_HOMES = {  # sub-package or module: its public names, imported at their first use
    "beamforming": "Beams Combiner Precoder TransmitterCsi",
    "channel.fading": "Fading",
    "campaign": "Comparison Estimate Run SearchResult Sweep compare open_run open_search run search sweep",
    "config.scenario": "Scenario",
    "core.errors": "ConfigError IsacError",
    "energy": "EnergyModel",
    "link": "LinkModel",
    "metrics": "Estimator Metric",
    "network": "BaseStation Cluster Positions Target User",
    "network.selection": "NullRequests",
    "plotting": "map",
    "propagation": "AntennaPattern Propagation",
    "scheduling": "AllocationPolicy GrantPolicy Scheduler",
    "sensing": "Beliefs Measured Tracker",
    "services": "FrameRecord",
    "simulation": "Process Stage",
    "validation": "Validation validate",
}
_HOME = {name: home for home, names in _HOMES.items() for name in names.split()}
_RENAMED = {"Known": "TransmitterCsi"}


def __getattr__(name: str) -> _Any:
    """Import a public name: the one lazy loader of the package, so that a command imports what it needs."""
    if name in _HOME:
        globals()[name] = found = getattr(_import_module(f"isacsys.{_HOME[name]}"), name)
        return found
    if name == "__version__":
        return _import_module("isacsys.core.version").version()
    if name in _RENAMED:
        _warn(f"isacsys.{name} is now isacsys.{_RENAMED[name]}; the old name goes with version 0.4", FutureWarning,
              stacklevel=2)
        return __getattr__(_RENAMED[name])
    try:
        return _import_module(f"isacsys.{name}")
    except ModuleNotFoundError as error:
        if error.name != f"isacsys.{name}":
            raise
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
