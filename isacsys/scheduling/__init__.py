"""Who is served, and whose requests for nulls are granted: policies behind two small contracts."""

from isacsys.scheduling.base import GrantPolicy, Ranked, Scheduler, grant, select
from isacsys.scheduling.registry import available, find_grant_policy, find_scheduler

__all__ = ["GrantPolicy", "Ranked", "Scheduler", "available", "find_grant_policy", "find_scheduler", "grant", "select"]
