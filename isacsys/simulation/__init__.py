"""One drop in SimPy, frame by frame."""

from isacsys.simulation.drop import check, simulate_drop
from isacsys.simulation.frame import run_frame, settle

__all__ = ["check", "run_frame", "settle", "simulate_drop"]
