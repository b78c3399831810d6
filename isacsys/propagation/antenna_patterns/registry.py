"""The built-in antenna patterns, by name."""

from __future__ import annotations

from isacsys.plugins.kinds import PluginKind, register
from isacsys.propagation.antenna_patterns.base import AntennaPattern, Element, Omni
from isacsys.propagation.antenna_patterns.files import READERS

PATTERNS: dict[str, type[AntennaPattern]] = {"omni": Omni, "tr38901": Element}
ANTENNA_PATTERN = register(PluginKind("antenna pattern", AntennaPattern, "antennas.pattern", PATTERNS, files=READERS))
