"""Pictures of sweeps, comparisons and searches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from isacsys.campaign import Comparison, Sweep
from isacsys.campaign.result import distinct_names
from isacsys.campaign.search_result import BEST, ELIMINATED, INFEASIBLE, OPEN, SearchResult
from isacsys.core.display import pretty_unit
from isacsys.core.errors import ConfigError
from isacsys.metrics import METRICS
from isacsys.plotting.style import COLOURS, axis, figure, legend, simulated

DEFAULT = ("communication_ase", "sensing_ase")
MOST_NAMES, MOST_ON_FRONT = 60, 12  # settings whose names can be read
LOOKS: Mapping[str, Mapping[str, Any]] = {BEST: {"color": COLOURS[1], "marker": "D"},
                                          OPEN: {"color": COLOURS[0], "marker": "o"},
                                          ELIMINATED: {"color": "0.65", "marker": "o"},
                                          INFEASIBLE: {"color": "0.65", "marker": "x"}}


def draw_sweep(sweep: Sweep, *, metrics: Sequence[str] = ()) -> Any:
    """Draw metrics over the first axis, a panel each; the other axes are families."""
    names = list(metrics) or [n for n in DEFAULT if any(n in point.run.meaningful for point in sweep.points)]
    for name in names:
        if name not in sweep:
            raise ConfigError("metrics", name, f"one of {', '.join(n for n in sweep if f'{n}_half_width' in sweep)}")
    key, found = next(iter(sweep.axes)), _families(sweep)
    made, panels = figure(len(names))
    for axes, name in zip(panels, names, strict=True):
        for family, rows in enumerate(found.values()):
            values = [sweep[key][row] for row in rows]
            named = not all(isinstance(v, int | float) and not isinstance(v, bool) for v in values)
            places = list(range(len(values))) if named else values
            simulated(axes, places, [sweep[name][r] for r in rows], [sweep[f"{name}_half_width"][r] for r in rows],
                      family)
            if named:
                axes.set_xticks(places, [str(value) for value in values])
        unit = pretty_unit(sweep.points[0].run.known_metrics[name].unit)
        whole = all(isinstance(value, int) for value in sweep.axes[key])
        axis(axes, key, f"{name.replace('_', ' ')}{f' ({unit})' * bool(unit)}", whole=whole)
    legend(made, list(found), {"simulated": "simulated, with 95 % intervals"})
    return made


def draw_comparison(comparison: Comparison) -> Any:
    """Draw (B - A) / A of every metric with its interval; those that exclude zero are filled."""
    shown = {name: d for name, d in comparison.metrics.items() if d.a and d.difference is not None}
    if not shown:
        raise ConfigError("metrics", list(comparison.metrics), "two runs with a figure in common that is not zero")
    made, (axes,) = figure(1, width=7.0, height=0.6 + 0.28 * len(shown) + 0.9)
    for place, d in enumerate(shown.values()):
        scale = 100 / abs(d.a or 1)
        axes.errorbar([(d.difference or 0) * scale], [place], xerr=[(d.half_width or 0) * scale], marker="o", capsize=2,
                      color=COLOURS[0], markerfacecolor=COLOURS[0] if d.significant else "white", linestyle="none")
    axes.axvline(0, color="0.4", linewidth=0.8)
    axes.set_yticks(range(len(shown)), [name.replace("_", " ") for name in shown])
    axes.invert_yaxis()
    one, other = distinct_names(comparison.runs)
    axis(axes, "difference B - A, % of A", "", f"A: {one}, B: {other}; filled: the 95 % interval excludes zero")
    return made


def _families(sweep: Sweep) -> Mapping[str, list[int]]:
    """Return rows by the settings other than those of the first axis, in words."""
    others, found = list(sweep.axes)[1:], dict[str, list[int]]()
    for row, point in enumerate(sweep.points):
        name = ", ".join(f"{key.rpartition('.')[2].replace('_', ' ')} = {point.settings[key]}" for key in others)
        found.setdefault(name, []).append(row)
    return found


def draw_search(found: SearchResult) -> Any:
    """Draw the objective of every setting, the best first, and the Pareto front where two services are asked for."""
    services = _services(found)
    rows = [row for row in found.table if row["mean"] is not None]
    height = max(3.6, 1.4 + 0.16 * min(len(rows), MOST_NAMES))
    made, panels = figure(1 + bool(services), width=5.6, height=height)
    _draw_settings(panels[0], found, rows)
    if services:
        _draw_front(panels[1], found, rows, services)
    lines = {label: line for panel in panels for line, label in zip(*panel.get_legend_handles_labels(), strict=True)}
    made.legend(list(lines.values()), list(lines), loc="outside lower center", ncols=len(lines), fontsize=8,
                frameon=False)
    return made


def front(points: Sequence[tuple[float, float]]) -> list[int]:
    """Return which points no other one beats in both coordinates, by the first."""
    order = sorted(range(len(points)), key=lambda i: (-points[i][0], -points[i][1]))
    kept: list[int] = []
    for i in order:
        if not kept or points[i][1] > points[kept[-1]][1]:
            kept.append(i)
    return kept[::-1]


def _draw_settings(axes: Any, found: SearchResult, rows: Sequence[Mapping[str, Any]]) -> None:
    """Draw the mean of the best and the differences from it, on common drops, with their intervals."""
    for status, look in LOOKS.items():
        places = [place for place, row in enumerate(rows) if row["status"] == status]
        if places:
            widths = [rows[i]["half_width"] or 0 for i in places]
            axes.errorbar([_place(found, rows[i]) for i in places], places, xerr=widths, linestyle="none", capsize=2,
                          elinewidth=0.9, label=status, **look)
    if len(rows) <= MOST_NAMES:
        axes.set_yticks(range(len(rows)), [_name(found, row) for row in rows], fontsize=7)
    axes.invert_yaxis()
    unit = pretty_unit(found.objective.unit)
    axis(axes, f"{found.goal.partition(' ')[2].replace('_', ' ')}{f' ({unit})' * bool(unit)}", "",
         f"intervals of the difference from the best, {found.confidence:.0%} for all at once")


def _draw_front(axes: Any, found: SearchResult, rows: Sequence[Mapping[str, Any]], services: tuple[str, str]) -> None:
    """Draw one metric over the other, and the settings that no other one beats in both."""
    points = [(_value(found, row, services[0]), _value(found, row, services[1])) for row in rows]
    known = [i for i, (x, y) in enumerate(points) if x is not None and y is not None]
    for status, look in LOOKS.items():
        places = [i for i in known if rows[i]["status"] == status]
        axes.plot([points[i][0] for i in places], [points[i][1] for i in places], linestyle="none", **look)
    allowed = [i for i in known if rows[i]["status"] != INFEASIBLE]
    kept = [allowed[i] for i in front([points[i] for i in allowed])]
    if kept:
        axes.plot([points[i][0] for i in kept], [points[i][1] for i in kept], color=COLOURS[0], linewidth=1.0,
                  label="Pareto front of the means")
    for i in kept[:MOST_ON_FRONT]:
        axes.annotate(_name(found, rows[i]), points[i], xytext=(4, 4), textcoords="offset points", fontsize=7,
                      rotation=25)
    axes.margins(x=0.15, y=0.12)
    axis(axes, _in_words(services[0]), _in_words(services[1]))


def _place(found: SearchResult, row: Mapping[str, Any]) -> float:
    """Return what is to be compared with the best: means of settings are over different numbers of drops."""
    if row["difference"] is None or found.objective.mean is None:
        return float(row["mean"])
    return float(found.objective.mean + row["difference"])


def _services(found: SearchResult) -> tuple[str, str] | None:
    """Return the metrics of communication and of sensing that the question is made of, if it has both."""
    names = [*found.metrics, found.goal.partition(" ")[2]]
    pair = [next((name for name in names if name.startswith(service)), None)
            for service in ("communication_", "sensing_")]
    return (pair[0], pair[1]) if pair[0] and pair[1] else None


def _value(found: SearchResult, row: Mapping[str, Any], name: str) -> Any:
    return row[name] if name in row else row["mean"]


def _in_words(metric: str) -> str:
    unit = pretty_unit(METRICS[metric].unit) if metric in METRICS else ""
    return f"{metric.replace('_', ' ')}{f' ({unit})' * bool(unit)}"


def _name(found: SearchResult, row: Mapping[str, Any]) -> str:
    return ", ".join(_short(key, row[key]) for key in found.keys)


def _short(key: str, value: Any) -> str:
    name = {"users_per_bs": "K", "communication_cluster": "L", "targets_per_bs": "J", "sensing_cluster": "Q"}
    last = key.rpartition(".")[2]
    return f"{name.get(last, last.replace('_', ' '))} = {value}"
