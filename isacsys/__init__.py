"""isacsys: a discrete-event, system-level simulator for networked ISAC."""

from isacsys.campaign import Estimate, Run, open_run, run
from isacsys.network import BaseStation, Cluster, Positions, Target, User
from isacsys.scenario import Scenario
from isacsys.scheduling import GrantPolicy, Scheduler

__all__ = ["BaseStation", "Cluster", "Estimate", "GrantPolicy", "Positions", "Run", "Scenario", "Scheduler", "Target",
           "User", "open_run", "run"]
