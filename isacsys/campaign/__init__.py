"""Many drops: by any number of workers, killed and resumed, with the same result."""

from isacsys.campaign.api import run
from isacsys.campaign.comparison import Comparison, Comparisons, Difference, compare
from isacsys.campaign.estimates import Estimate
from isacsys.campaign.request import Request
from isacsys.campaign.result import Run, is_log, open_run
from isacsys.campaign.search_result import SearchResult, open_search
from isacsys.campaign.searches import search
from isacsys.campaign.sweeps import Sweep, sweep
from isacsys.metrics import METRICS

__all__ = ["METRICS", "Comparison", "Comparisons", "Difference", "Estimate", "Request", "Run", "SearchResult", "Sweep",
           "compare", "is_log", "open_run", "open_search", "run", "search", "sweep"]
