"""Our curve over the band of what companies submitted."""

from __future__ import annotations

from typing import Any

import numpy as np

from isacsys.calibration import CaseComparison
from isacsys.plotting.style import axis, curve, figure

_WORDS = {"coupling_loss": "coupling gain (dB)", "wideband_sir": "wideband SIR (dB)",
          "geometry_sinr": "geometry SINR (dB)", "delay_spread": "delay spread (ns)", "asd": "ASD (degrees)",
          "zsd": "ZSD (degrees)", "asa": "ASA (degrees)", "zsa": "ZSA (degrees)"}


def draw_calibration(comparison: CaseComparison) -> Any:
    """Draw the distribution of every metric of a case, and the band of companies."""
    made, panels = figure(len(comparison.values), width=3.9, height=3.3)
    percentiles = comparison.percentiles
    for axes, (metric, values) in zip(panels, comparison.values.items(), strict=True):
        if metric in comparison.submitted:
            theirs = comparison.submitted[metric]
            low, high, median = (np.array(v, float) for v in (theirs.low, theirs.high, theirs.median))
            axes.fill_betweenx(percentiles, low, high, color="0.8",
                               label=f"{theirs.band} of {theirs.companies} companies")
            axes.plot(median, percentiles, color="0.4", linestyle="--", linewidth=1.0, label=f"their {theirs.centre}")
        curve(axes, values, percentiles, 0, "exact")
        axes.lines[-1].set_label("isacsys")
        axis(axes, _WORDS.get(metric, f"{metric} ({comparison.unit(metric)})"), "percentile", comparison.name)
    panels[0].legend(fontsize=7, loc="upper left", frameon=False)
    return made
