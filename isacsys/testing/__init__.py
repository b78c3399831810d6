"""What you run plug-ins of your own through: the invariants that the built-in ones obey, one function a kind."""

from isacsys.testing.allocations import check_allocation_policy
from isacsys.testing.beside import check_metric, check_process
from isacsys.testing.designs import check_combiner, check_precoder
from isacsys.testing.grants import check_grant_policy
from isacsys.testing.propagations import check_propagation_model
from isacsys.testing.schedulers import check_scheduler
from isacsys.testing.trackers import check_tracker

__all__ = ["check_allocation_policy", "check_combiner", "check_grant_policy", "check_metric", "check_precoder",
           "check_process", "check_propagation_model", "check_scheduler", "check_tracker"]
