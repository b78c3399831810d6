"""An antenna pattern as a picture: both cuts, and the gain over the whole sphere."""

from __future__ import annotations

from typing import Any

import numpy as np

from isacsys.core.arrays import Array
from isacsys.plotting.style import COLOURS, LOOK, bare_figure
from isacsys.propagation import AntennaPattern

RANGE = 40.0  # dB below the largest gain that are shown


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
