"""Many drops: by any number of workers, killed and resumed, with the same result."""

from isacsys.campaign.api import run
from isacsys.campaign.comparison import Comparison, Difference, compare
from isacsys.campaign.estimates import Estimate
from isacsys.campaign.result import Run, open_run
from isacsys.campaign.sweeps import Sweep, sweep
from isacsys.metrics import METRICS

__all__ = ["METRICS", "Comparison", "Difference", "Estimate", "Run", "Sweep", "compare", "open_run", "run", "sweep"]
