"""Curves: ROC, calibration cases beside the companies' band, cuts of antenna patterns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from isacsys.calibration import CaseComparison
from isacsys.campaign.roc import RocPoint
from isacsys.core.arrays import Array
from isacsys.plotting.style import COLOURS, LOOK, axis, bare_figure, curve, figure, legend, simulated
from isacsys.propagation import AntennaPattern

_WORDS = {"coupling_loss": "coupling gain (dB)", "wideband_sir": "wideband SIR (dB)",
          "geometry_sinr": "geometry SINR (dB)", "delay_spread": "delay spread (ns)", "asd": "ASD (degrees)",
          "zsd": "ZSD (degrees)", "asa": "ASA (degrees)", "zsa": "ZSA (degrees)"}
RANGE = 40.0  # dB below the largest gain that are shown


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


def draw_pattern(pattern: AntennaPattern, name: str = "") -> Any:
    """Draw the horizontal cut, the vertical cut, and the gain in dBi as the distance from the middle of a solid.

    Parameters
    ----------
    pattern : AntennaPattern
    name : str
        What it is called, for the title.
    """
    made = bare_figure(width=11.5, height=4.2)
    azimuth, zenith = np.arange(-180.0, 181.0), np.arange(0.0, 181.0)
    gain = pattern.towards(azimuth[:, None], zenith)
    largest = float(gain.max())
    lowest = largest - RANGE
    across = made.add_subplot(1, 3, 1, projection="polar")
    _cut(across, azimuth, pattern.towards(azimuth, np.array(90.0)), lowest, largest,
         "horizontal cut, dBi over degrees clockwise")
    across.set_theta_zero_location("N")
    across.set_theta_direction(-1)
    down = made.add_subplot(1, 3, 2, projection="polar")
    angle = np.arange(-90.0, 271.0)  # above the horizon ahead, over the top, behind, below
    behind = angle > 90
    _cut(down, angle, pattern.towards(np.where(behind, 180.0, 0.0), np.where(behind, angle - 90, 90 - angle)), lowest,
         largest, "vertical cut, dBi over degrees of elevation")
    _solid(made.add_subplot(1, 3, 3, projection="3d"), azimuth, zenith, gain, lowest)
    made.suptitle(f"{name + ': ' if name else ''}largest gain {largest:.4g} dBi", fontsize=10)
    return made


def _cut(axes: Any, degrees: Array, gain: Array, lowest: float, largest: float, title: str) -> None:
    axes.plot(np.radians(degrees), np.maximum(gain, lowest), color=COLOURS[0], linewidth=LOOK["lines.linewidth"])
    axes.set_ylim(lowest, np.ceil(largest))
    axes.set_title(title, fontsize=9)
    axes.tick_params(labelsize=7)


def _solid(axes: Any, azimuth: Array, zenith: Array, gain: Array, lowest: float) -> None:
    reach = np.maximum(gain - lowest, 0)[::6, ::6]
    a, z = np.radians(azimuth[::6])[:, None], np.radians(zenith[::6])
    axes.plot_surface(reach * np.sin(z) * np.cos(a), -reach * np.sin(z) * np.sin(a), reach * np.cos(z),
                      rstride=1, cstride=1, linewidth=0, antialiased=False,
                      facecolors=_colours(reach / max(float(reach.max()), 1e-9)))
    axes.set_title(f"gain over all directions, from {lowest:.3g} dBi in the middle", fontsize=9)
    axes.set_xlabel("ahead", fontsize=8)
    axes.set_ylabel("to the left", fontsize=8)
    axes.tick_params(labelsize=6)
    axes.set_box_aspect((1, 1, 1))
    most = float(reach.max()) or 1.0
    for limits in (axes.set_xlim, axes.set_ylim, axes.set_zlim):
        limits(-most, most)


def _colours(share: Array) -> Any:
    from matplotlib import colormaps

    return colormaps["viridis"](share)
