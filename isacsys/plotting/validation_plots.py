"""The findings of `isacsys.validate` as a picture."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from isacsys.core.arrays import Array
from isacsys.core.display import pretty_unit
from isacsys.plotting.style import COLOURS, LINES, axis, curve, figure, legend, save, simulated

__all__ = ["draw", "save"]

RUNGS = (("exact_nominal", "exact", "exact, nominal D"), ("paper", "approximate", "paper"),
         ("exact_measured", "measured", "exact, as measured"), ("formula", "exact", "formula"))
MOST_POINTS = 24  # of a distribution that get a bar
WIDE = 1e3  # a range of thresholds that takes a logarithmic axis


def draw(findings: Sequence[Any]) -> Any:
    """Draw every quantity in a panel of its own: over the first setting that was varied, a family for the others."""
    names = list(dict.fromkeys(finding.name for finding in findings))
    made, panels = figure(len(names))
    for axes, name in zip(panels, names, strict=True):
        mine = [finding for finding in findings if finding.name == name]
        families = (_draw_laws if hasattr(mine[0], "thresholds") else _draw_means)(axes, mine)
    kinds = {kind: meaning for rung, kind, meaning in RUNGS
             if any(getattr(finding, rung, None) is not None for finding in findings)}
    legend(made, families, {**kinds, "simulated": "simulation"})
    return made


def _draw_means(axes: Any, findings: Sequence[Any]) -> list[str]:
    key = next(iter(findings[0].settings), "")
    found = _families(findings, key)
    for family, mine in enumerate(found.values()):
        x = [finding.settings.get(key, 0) for finding in mine]
        named = not all(isinstance(value, int | float) for value in x)
        places = list(range(len(x))) if named else x
        for rung, kind, _ in RUNGS:
            values = [getattr(finding, rung) for finding in mine]
            if any(value is not None for value in values):
                _computed(axes, places, values, family, kind)
        simulated(axes, places, [f.simulation for f in mine], [f.half_width for f in mine], family)
        if named or not key:
            axes.set_xticks(places, [str(value) for value in x] if key else [""] * len(x))
    whole = all(isinstance(finding.settings.get(key), int) for finding in findings)
    axis(axes, key, f"{findings[0].name.replace('_', ' ')} ({pretty_unit(findings[0].unit)})", whole=whole)
    return list(found)


def _computed(axes: Any, x: Sequence[float], y: Sequence[float | None], family: int, kind: str) -> None:
    if len(x) > 1:
        curve(axes, x, y, family, kind)
    else:
        axes.axhline(y[0], color=COLOURS[family % len(COLOURS)], linestyle=LINES[kind])


def _draw_laws(axes: Any, findings: Sequence[Any]) -> list[str]:
    ratio = findings[0].name.endswith("_sir")
    for family, law in enumerate(findings):
        at = _decibel(law.thresholds) if ratio else law.thresholds
        curve(axes, at, law.formula, family, "exact")
        some = slice(None, None, max(1, len(law.thresholds) // MOST_POINTS))
        simulated(axes, at[some], law.simulation[some], law.half_width[some], family)
    positive = all(np.all(law.thresholds > 0) for law in findings)
    span = max(law.thresholds[-1] / law.thresholds[0] for law in findings) if positive else 1
    axes.set_xscale("log" if span > WIDE and not ratio else "linear")
    unit = " (dB)" if ratio else "" if findings[0].unit == "1" else f" ({pretty_unit(findings[0].unit)})"
    axis(axes, f"threshold of {findings[0].name.replace('_', ' ')}{unit}", "P(above threshold)")
    return list(_families(findings, ""))


def _decibel(values: Array) -> Array:
    with np.errstate(divide="ignore"):
        return np.asarray(10 * np.log10(values))


def _families(findings: Iterable[Any], key: str) -> dict[str, list[Any]]:
    """Return the findings by the settings other than ``key``, in words."""
    found: dict[str, list[Any]] = {}
    for finding in findings:
        others: Mapping[str, Any] = {name: value for name, value in finding.settings.items() if name != key}
        found.setdefault(", ".join(f"{_last(name)} = {value}" for name, value in others.items()), []).append(finding)
    return found


def _last(key: str) -> str:
    return key.rpartition(".")[2].replace("_", " ")
