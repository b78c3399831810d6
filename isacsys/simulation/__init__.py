"""One drop in SimPy, frame by frame."""

from isacsys.plugins.kinds import KINDS
from isacsys.simulation.daily_processes import PROCESS
from isacsys.simulation.drop import check, simulate_drop
from isacsys.simulation.frame import run_frame, settle
from isacsys.simulation.policies import Policies, find_policies
from isacsys.simulation.stage import Process, Stage

__all__ = ["KINDS", "PROCESS", "Policies", "Process", "Stage", "check", "find_policies", "run_frame", "settle",
           "simulate_drop"]
