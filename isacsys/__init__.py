"""isacsys: a discrete-event, system-level simulator for networked ISAC."""

from isacsys.network import BaseStation, Cluster, Positions, Target, User
from isacsys.scenario import Scenario
from isacsys.scheduling import GrantPolicy, Scheduler

__all__ = ["BaseStation", "Cluster", "GrantPolicy", "Positions", "Scenario", "Scheduler", "Target", "User"]
