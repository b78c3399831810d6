"""Detection over false alarm as a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from isacsys.campaign.roc import RocPoint
from isacsys.plotting.style import axis, figure, legend, simulated


def draw_roc(curves: Mapping[str, Sequence[RocPoint]]) -> Any:
    """Draw P_d over P_fa, a family a curve."""
    made, (axes,) = figure(1)
    for family, points in enumerate(curves.values()):
        known = [p for p in points if p.detection_probability is not None]
        simulated(axes, [p.false_alarm for p in known], [p.detection_probability for p in known],
                  [p.half_width or 0.0 for p in known], family)
    axes.set_xscale("log")
    axes.set_ylim(0, 1)
    axis(axes, "probability of false alarm", "mean probability of detection")
    legend(made, list(curves), {"simulated": "simulated, with 95 % intervals"})
    return made
