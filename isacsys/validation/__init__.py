"""Simulation beside analysis, with a verdict in words."""

from isacsys.validation.api import validate
from isacsys.validation.report import Validation

__all__ = ["Validation", "validate"]
