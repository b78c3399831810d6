"""isacsys: a discrete-event, system-level simulator for networked ISAC."""

from isacsys.scenario import Scenario

__all__ = ["Scenario"]
