"""Convergence of figures over drops, and their course over time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from isacsys.campaign import Run
from isacsys.campaign.distributions import LinkSamples
from isacsys.campaign.estimates import linearise
from isacsys.core.arrays import Array
from isacsys.core.arrays import Table as Columns
from isacsys.core.display import figure, pretty_unit, with_interval
from isacsys.network.receivers import ReceiverType
from isacsys.report import charts
from isacsys.report.content import Figure, PageSection, PageTable
from isacsys.report.link_charts import other_columns

CONVERGING = ("communication_ase", "sensing_ase")
POINTS = 50
OF_TIME = ("communication_rate_scheduled", "sensing_rate_scheduled", "track_availability", "miss_fraction",
           "sleep_share", "load", "null_refused_fraction", "null_late_fraction", "communication_links", "sensing_links")
# By the names of figures and tables: whatever else there is of sensing appears by itself.
_TABLES = ("track", "detect", "measure", "fusion", "sens")
_PLAIN = ("sensing_rate", "sensing_rate_scheduled", "sensing_ase", "sensing_ase_typical")
_OF_SENSING = ("detection", "range_", "bearing_", "velocity_", "position_", "false_", "missed_", "time_between",
               "sensing_", "track", "echo", "cooperat", "fusion")


def convergence(runs: Sequence[Run], names: Sequence[str]) -> PageSection:
    """Draw estimates and their intervals over the number of drops."""
    figures = []
    for metric in CONVERGING:
        series = [s for number, (run, name) in enumerate(zip(runs, names, strict=True))
                  if metric in run.meaningful and (s := _settling(run, name, metric, number)) is not None]
        if series:
            unit = pretty_unit(runs[0].known_metrics[metric].unit)
            title = metric.replace("_", " ").replace("ase", "ASE")
            rows = [[s.name, f"{x:.0f}", figure(y), figure(high - y)] for s in series
                    for x, y, high in zip(s.x, s.y, s.y if s.high is None else s.high, strict=True)]
            figures.append(Figure(f"{title} over drops", charts.lines(series, "drops", f"{title} ({unit})", title),
                                  PageTable(["run", "drops", f"mean ({unit})", "± 95 %"], rows)))
    return PageSection("convergence", "Convergence over drops", figures=figures)


def over_time(runs: Sequence[Run], names: Sequence[str]) -> PageSection:
    """Draw what happens frame by frame, where a drop has several."""
    figures = []
    for metric in OF_TIME:
        series = [s for number, (run, name) in enumerate(zip(runs, names, strict=True))
                  if run.frames > 1 and (s := _series(run, name, metric, number)) is not None]
        if series:
            known = runs[0].known_metrics.get(metric)
            unit = pretty_unit(known.unit) if known else "per frame and drop"
            title = metric.replace("_", " ")
            rows = [[s.name, figure(x), figure(y)] for s in series for x, y in zip(s.x, s.y, strict=True)]
            figures.append(Figure(title.capitalize(), charts.lines(
                series, "time (s)", f"{title}{f' ({unit})' * bool(unit)}", title),
                PageTable(["run", "time (s)", title], rows)))
    return PageSection("time", "Over time", figures=figures)


def sensing(runs: Sequence[Run], names: Sequence[str], links: Sequence[LinkSamples]) -> PageSection:
    """Return the charts of sensing quality and of tracks: one for whatever was recorded."""
    known = {name: metric for run in runs for name, metric in run.known_metrics.items()}
    shown = [name for name in known if name.startswith(_OF_SENSING) and name not in _PLAIN
             and any(name in run.meaningful for run in runs)]
    rows = [[name, *(with_interval(run[name].mean, run[name].half_width) if name in run.meaningful else "-"
                     for run in runs), pretty_unit(known[name].unit), known[name].meaning] for name in shown]
    tables = [PageTable(["metric", *names, "unit", "meaning"], rows, "Quality of sensing")] if rows else []
    tables += [_summary(f"{table} of {name}", run, table) for run, name in zip(runs, names, strict=True)
               for table in run.tables if table.startswith(_TABLES) and len(run.table(table)["drop"])]
    return PageSection(
        "sensing", "Sensing quality and tracks", tables=tables, figures=other_columns(links, ReceiverType.TARGET)
    )


def _settling(run: Run, name: str, metric: str, colour: int) -> charts.Series | None:
    drops = run.table("drops")
    count = len(drops["drop"])
    if count < 3:
        return None
    at = np.unique(np.geomspace(2, count, min(POINTS, count)).round().astype(int))
    found = [linearise(run.scenario, {key: column[:n] for key, column in drops.items()}, run.known_metrics[metric])
             for n in at]
    mean = np.array([np.nan if f.value is None else f.value for f in found])
    half = np.array([np.nan if f.half_width is None else f.half_width for f in found])
    return charts.Series(name, at.astype(float), mean, mean - half, mean + half, colour)


def _series(run: Run, name: str, metric: str, colour: int) -> charts.Series | None:
    """Return a metric by frame (of all drops together), a bounded number of points; None where there is nothing."""
    frames = run.table("frames")
    group = np.minimum(frames["frame"] * min(run.frames, 200) // run.frames, 199)
    groups = int(group.max(initial=0)) + 1
    known = run.known_metrics.get(metric)
    if not set(known.powers if known else (metric,)) <= set(frames):
        return None
    if known is None:
        total = _by(group, groups, frames, metric)
        values = total / np.maximum(np.bincount(group, minlength=groups), 1)
    else:
        powers = [(_by(group, groups, frames, column), power) for column, power in known.powers.items()]
        with np.errstate(all="ignore"):
            values = np.prod([column**float(power) for column, power in powers], axis=0)
    finite = values[np.isfinite(values)]
    if not len(finite) or np.ptp(finite) == 0:  # what does not change is a number, not a course
        return None
    at = _by(group, groups, frames, "frame") / np.maximum(np.bincount(group, minlength=groups), 1)
    return charts.Series(name, at * run.scenario.simulation.frame_duration, values, colour=colour)


def _by(group: Array, groups: int, frames: Columns, column: str) -> Array:
    return np.bincount(group, frames[column], groups).astype(float)


def _summary(caption: str, run: Run, table: str) -> PageTable:
    """Return percentiles of every column of a table that has no section of its own."""
    rows = []
    for name, column in run.table(table).items():
        values = np.asarray(column, float)
        values = values[np.isfinite(values)]
        if len(values) and name not in ("drop", "frame"):
            rows.append([name, str(len(values)), *(figure(float(v)) for v in np.percentile(values, (5, 50, 95))),
                         figure(float(values.mean()))])
    return PageTable(["column", "rows", "5 %", "median", "95 %", "mean"], rows, caption)
