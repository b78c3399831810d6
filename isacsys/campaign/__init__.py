"""Many drops: by any number of workers, killed and resumed, with the same result."""

from isacsys.campaign.api import run
from isacsys.campaign.estimates import METRICS, Estimate
from isacsys.campaign.result import Run, open_run

__all__ = ["METRICS", "Estimate", "Run", "open_run", "run"]
