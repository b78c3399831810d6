"""Simulation beside analysis, with a verdict in words."""

from isacsys.validation.judge import validate
from isacsys.validation.verdicts import Validation

__all__ = ["Validation", "validate"]
