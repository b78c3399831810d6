"""Who is served, whose requests for nulls are granted, and how much of each: policies behind three small contracts."""

from isacsys.scheduling.allocation import AllocationPolicy
from isacsys.scheduling.base import GrantPolicy, Ranked, Scheduler, grant, select
from isacsys.scheduling.registry import (
    ALLOCATION_POLICY,
    GRANT_POLICY,
    SCHEDULER,
    allocate,
    allocated_by,
    available,
    find_grant_policy,
    find_scheduler,
    target_scheduler,
)

__all__ = ["ALLOCATION_POLICY", "GRANT_POLICY", "SCHEDULER", "AllocationPolicy", "GrantPolicy", "Ranked", "Scheduler",
           "allocate", "allocated_by", "available", "find_grant_policy", "find_scheduler", "grant", "select",
           "target_scheduler"]
