"""Pictures: the only sub-package that imports matplotlib, an optional extra."""

from isacsys.plotting.network_map import map
from isacsys.plotting.style import axis, curve, figure, legend, mark, save, simulated

__all__ = ["axis", "curve", "figure", "legend", "map", "mark", "save", "simulated"]
