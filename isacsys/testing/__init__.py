"""Checks of plug-ins: the invariants that the built-in ones satisfy, one function a kind."""

from isacsys.testing.design_checks import check_combiner, check_precoder, check_tracker
from isacsys.testing.model_checks import (
           check_antenna_pattern,
           check_energy_model,
           check_fading,
           check_link_model,
           check_propagation_model,
)
from isacsys.testing.policy_checks import check_allocation_policy, check_grant_policy, check_scheduler
from isacsys.testing.process_checks import check_metric, check_process

__all__ = ["check_allocation_policy", "check_antenna_pattern", "check_combiner", "check_energy_model",
           "check_fading", "check_grant_policy", "check_link_model", "check_metric", "check_precoder", "check_process",
           "check_propagation_model", "check_scheduler", "check_tracker"]
