"""Checks of plug-ins: the invariants that the built-in ones satisfy, one function a kind."""

from isacsys.testing.allocation_checks import check_allocation_policy
from isacsys.testing.antenna_pattern_checks import check_antenna_pattern
from isacsys.testing.design_checks import check_combiner, check_precoder
from isacsys.testing.energy_checks import check_energy_model
from isacsys.testing.fading_checks import check_fading
from isacsys.testing.grant_checks import check_grant_policy
from isacsys.testing.link_checks import check_link_model
from isacsys.testing.process_checks import check_metric, check_process
from isacsys.testing.propagation_checks import check_propagation_model
from isacsys.testing.scheduler_checks import check_scheduler
from isacsys.testing.tracker_checks import check_tracker

__all__ = ["check_allocation_policy", "check_antenna_pattern", "check_combiner", "check_energy_model",
           "check_fading", "check_grant_policy", "check_link_model", "check_metric", "check_precoder", "check_process",
           "check_propagation_model", "check_scheduler", "check_tracker"]
