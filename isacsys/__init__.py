"""isacsys: a discrete-event, system-level simulator for networked ISAC."""

from typing import TYPE_CHECKING, Any

from isacsys.campaign import Comparison, Estimate, Run, Sweep, compare, open_run, run, sweep
from isacsys.metrics import Estimator, Metric
from isacsys.network import BaseStation, Cluster, Positions, Target, User
from isacsys.scenario import Scenario
from isacsys.scheduling import AllocationPolicy, GrantPolicy, Scheduler
from isacsys.simulation import Process
from isacsys.transmission import Beams, Combiner, Precoder

if TYPE_CHECKING:
    from isacsys.validation import Validation, validate

__all__ = ["AllocationPolicy", "BaseStation", "Beams", "Cluster", "Combiner", "Comparison", "Estimate", "Estimator",
           "GrantPolicy", "Metric", "Positions", "Precoder", "Process", "Run", "Scenario", "Scheduler", "Sweep",
           "Target", "User", "Validation", "compare", "open_run", "run", "sweep", "validate"]


def __getattr__(name: str) -> Any:
    """Import what needs the analysis when it is asked for: workers that simulate never do."""
    if name in ("Validation", "validate"):
        from isacsys import validation

        return getattr(validation, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
