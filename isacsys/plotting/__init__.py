"""Pictures: the one place that knows matplotlib, an optional extra."""

from isacsys.plotting.style import axis, curve, figure, legend, mark, save, simulated

__all__ = ["axis", "curve", "figure", "legend", "mark", "save", "simulated"]
