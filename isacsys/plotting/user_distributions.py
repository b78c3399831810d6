"""Distributions over users: throughput, wideband SINR, and rate, with the 5 % point of each."""

from __future__ import annotations

from typing import Any

import numpy as np

from isacsys.campaign import Run
from isacsys.campaign.distributions import survival
from isacsys.core.display import figure as short
from isacsys.plotting.style import COLOURS, axis

EDGE = 5  # percent
BAND, ENOUGH = 120, 5  # points of a distribution; drops from which a confidence band means something
PANELS = (("throughput", "throughput of a user (Mbit/s)"), ("geometry", "wideband SINR of a user (dB)"),
          ("mean_rate", "mean rate of a user (bit/s/Hz)"))


def draw_users(axes: list[Any], run: Run) -> None:
    """Draw the share of users below, for each of `PANELS`, on as many axes; bands are 95 % intervals over drops."""
    table, drops = run.table("users/communication"), np.unique(run.table("drops")["drop"])
    for panel, (column, label) in zip(axes, PANELS, strict=True):
        values = table[column]
        kept = np.isfinite(values)
        values, drop = values[kept], table["drop"][kept]
        if not len(values):
            continue
        at = np.quantile(values, np.linspace(0, 1, BAND))
        found = survival(values, np.ones(len(values)), drop, drops, at)
        below = 1 - found.mean
        panel.plot(at, below, color=COLOURS[0])
        if len(drops) >= ENOUGH:
            panel.fill_between(at, below - found.half_width, below + found.half_width, color=COLOURS[0], alpha=0.25,
                               linewidth=0)
        edge = float(np.percentile(values, EDGE))
        panel.axhline(EDGE / 100, color="0.6", linewidth=0.8, linestyle=":")
        panel.plot([edge], [EDGE / 100], "o", color=COLOURS[1])
        panel.annotate(f"{EDGE} % of all: {short(edge)}", (edge, EDGE / 100), xytext=(6, 6), textcoords="offset points",
                       fontsize=8)
        axis(panel, label, "share of users below")
        panel.set_ylim(0, 1)
