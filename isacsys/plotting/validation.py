"""What `isacsys.validate` found, as a picture."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from isacsys.plotting.style import COLOURS, axis, curve, figure, legend, save, simulated

__all__ = ["draw", "save"]

RUNGS = (("exact_nominal", "exact", "exact, nominal D"), ("paper", "approximate", "paper"),
         ("exact_measured", "measured", "exact, as measured"), ("formula", "exact", "formula"))
MOST_POINTS = 24  # of a distribution that get a bar


def draw(findings: Sequence[Any]) -> Any:
    """Draw every quantity in a panel of its own: over the first setting that was varied, a family for the others."""
    names = list(dict.fromkeys(finding.name for finding in findings))
    made, panels = figure(len(names))
    for axes, name in zip(panels, names, strict=True):
        mine = [finding for finding in findings if finding.name == name]
        (_draw_laws if hasattr(mine[0], "thresholds") else _draw_means)(axes, mine)
    legend(made)
    return made


def _draw_means(axes: Any, findings: Sequence[Any]) -> None:
    key = next(iter(findings[0].settings), "")
    for family, (label, mine) in enumerate(_families(findings, key).items()):
        x = [finding.settings.get(key, 0) for finding in mine]
        places = x if all(isinstance(value, int | float) for value in x) else list(range(len(x)))
        for rung, kind, meaning in RUNGS:
            values = [getattr(finding, rung) for finding in mine]
            if any(value is not None for value in values):
                _computed(axes, places, values, family, kind, _join(label, meaning))
        simulated(axes, places, [f.simulation for f in mine], [f.half_width for f in mine], family,
                  _join(label, "simulation"))
        if places != x or not key:
            axes.set_xticks(places, [str(value) for value in x] if key else [""] * len(x))
    axis(axes, key, f"{findings[0].name.replace('_', ' ')} ({findings[0].unit})")


def _computed(axes: Any, x: Sequence[float], y: Sequence[float | None], family: int, kind: str, label: str) -> None:
    if len(x) > 1:
        curve(axes, x, y, family, kind, label)
    else:
        axes.axhline(y[0], color=COLOURS[family % len(COLOURS)], label=label,
                     linestyle={"exact": "-", "approximate": "--", "measured": ":"}[kind])


def _draw_laws(axes: Any, findings: Sequence[Any]) -> None:
    for family, law in enumerate(findings):
        label = ", ".join(f"{_last(key)} = {value}" for key, value in law.settings.items())
        curve(axes, law.thresholds, law.formula, family, "exact", _join(label, "formula"))
        colour = COLOURS[family % len(COLOURS)]
        axes.fill_between(law.thresholds, law.simulation - law.half_width, law.simulation + law.half_width,
                          color=colour, alpha=0.2, linewidth=0)
        some = slice(None, None, max(1, len(law.thresholds) // MOST_POINTS))
        simulated(axes, law.thresholds[some], law.simulation[some], law.half_width[some], family,
                  _join(label, "simulation"))
    positive = all(np.all(law.thresholds > 0) for law in findings)
    span = max(law.thresholds.max() / max(law.thresholds.min(), 1e-300) for law in findings) if positive else 1
    axes.set_xscale("log" if span > 1e3 else "linear")
    unit = "" if findings[0].unit == "1" else f" ({findings[0].unit})"
    axis(axes, f"threshold of {findings[0].name.replace('_', ' ')}{unit}", "P(above threshold)")


def _families(findings: Iterable[Any], key: str) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for finding in findings:
        others: Mapping[str, Any] = {name: value for name, value in finding.settings.items() if name != key}
        found.setdefault(", ".join(f"{_last(name)} = {value}" for name, value in others.items()), []).append(finding)
    return found


def _join(*words: str) -> str:
    return ": ".join(word for word in words if word)


def _last(key: str) -> str:
    return key.rpartition(".")[2].replace("_", " ")
