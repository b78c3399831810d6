"""Who is served, whose requests for nulls are granted, and how much of each: policies behind three small contracts."""

from isacsys.scheduling.allocation import AllocationPolicy, FrameAllocation, checked_sizes
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
    frame_allocation,
    target_scheduler,
)

__all__ = ["ALLOCATION_POLICY", "GRANT_POLICY", "SCHEDULER", "AllocationPolicy", "FrameAllocation", "GrantPolicy",
           "Ranked", "Scheduler", "allocate", "allocated_by", "available", "checked_sizes", "find_grant_policy",
           "find_scheduler", "frame_allocation", "grant", "select", "target_scheduler"]
