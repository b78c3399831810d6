"""Antenna patterns: gains over direction, by formula, from a file, or by a plug-in."""

from isacsys.propagation.antenna_patterns.base import AntennaPattern, Element, Omni, turned, wrapped
from isacsys.propagation.antenna_patterns.files import (
    GridPattern,
    MsiPattern,
    is_file,
    read_grid,
    read_msi,
    read_pattern,
)
from isacsys.propagation.antenna_patterns.registry import ANTENNA_PATTERN

__all__ = ["ANTENNA_PATTERN", "AntennaPattern", "Element", "GridPattern", "MsiPattern", "Omni", "is_file", "read_grid",
           "read_msi", "read_pattern", "turned", "wrapped"]
