"""isacsys: a discrete-event, system-level simulator for networked ISAC."""

from isacsys.campaign import Comparison, Estimate, Run, Sweep, compare, open_run, run, sweep
from isacsys.network import BaseStation, Cluster, Positions, Target, User
from isacsys.scenario import Scenario
from isacsys.scheduling import AllocationPolicy, GrantPolicy, Scheduler
from isacsys.validation import Validation, validate

__all__ = ["AllocationPolicy", "BaseStation", "Cluster", "Comparison", "Estimate", "GrantPolicy", "Positions", "Run",
           "Scenario", "Scheduler", "Sweep", "Target", "User", "Validation", "compare", "open_run", "run", "sweep",
           "validate"]
