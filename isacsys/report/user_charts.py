"""Distributions over users: throughput, wideband SINR, and rate."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from isacsys.campaign import Run
from isacsys.campaign.distributions import survival
from isacsys.report import charts
from isacsys.report.content import Figure, PageSection, PageTable

POINTS, ENOUGH, EDGE = 80, 5, 5  # of a distribution; drops from which a band means something; percent
PERCENTILES = (5, 25, 50, 75, 95)
COLUMNS = (("throughput", "User throughput", "Mbit/s"), ("geometry", "Wideband SINR", "dB"),
           ("mean_rate", "Mean rate", "bit/s/Hz"))


def over_users(runs: Sequence[Run], names: Sequence[str]) -> PageSection:
    """Draw how throughput, SINR and rate are distributed over the users of runs that recorded them."""
    chosen = [(run, name) for run, name in zip(runs, names, strict=True) if "users/communication" in run.tables]
    chosen = [(run, name) for run, name in chosen if len(run.table("users/communication")["drop"])]
    if not chosen:
        return PageSection("over-users", "Users")
    figures = [_figure(chosen, *column) for column in COLUMNS]
    remarks = [f"{name}: {line}." for run, name in chosen for line in run.remarks]
    lines = [*remarks, "Every user of every drop counts once, served or not. A point marks the 5 % of "
             "all of them; user_throughput_5 is the mean of each drop's own."]
    return PageSection("over-users", "Users", lines, figures=figures)


def _figure(runs: Sequence[tuple[Run, str]], column: str, title: str, unit: str) -> Figure:
    series, rows = [], []
    for number, (run, name) in enumerate(runs):
        table, drops = run.table("users/communication"), np.unique(run.table("drops")["drop"])
        kept = np.isfinite(table[column])
        values, drop = table[column][kept], table["drop"][kept]
        if not len(values):
            continue
        label = "users" if len(runs) == 1 else name
        at = np.quantile(values, np.linspace(0, 1, POINTS))
        found = survival(values, np.ones(len(values)), drop, drops, at)
        below, band = 1 - found.mean, found.half_width if len(drops) >= ENOUGH else None
        series.append(charts.Series(label, at, below, None if band is None else np.clip(below - band, 0, 1),
                                    None if band is None else np.clip(below + band, 0, 1), number))
        edge = np.array([np.percentile(values, EDGE)])
        series.append(charts.Series(f"5 % of all: {edge[0]:.3g} {unit}" + f", {name}" * (len(runs) > 1), edge,
                                    np.array([EDGE / 100]), None, None, number, points=True))
        rows.append([label, *(f"{value:.4g}" for value in np.percentile(values, PERCENTILES))])
    label = f"{title} ({unit})"
    drawn = charts.lines(series, label, "share of users below", f"Distribution of {label} over users", bottom=0, top=1)
    return Figure(title, drawn, PageTable(["users", *(f"{p} %" for p in PERCENTILES)], rows, f"percentiles of {label}"))
