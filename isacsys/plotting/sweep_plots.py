"""Sweeps and comparisons as pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from isacsys.campaign import Comparison, Sweep
from isacsys.campaign.result import distinct_names
from isacsys.core.display import pretty_unit
from isacsys.core.errors import ConfigError
from isacsys.plotting.style import COLOURS, axis, figure, legend, simulated

DEFAULT = ("communication_ase", "sensing_ase")


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
