"""Runs on the same drops: differences, with confidence intervals.

Both saw the same positions, so that what one drop does to both cancels in the difference.
With the influences ``z`` of every drop on a metric (see `estimates`), ``Var(B - A) ~ s^2(z_B - z_A) / n``.
Intervals of several comparisons are Bonferroni's: all of them hold at once with 95 % confidence.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, overload

import numpy as np

from isacsys.campaign.estimates import applicable, finite, linearise, mean_half_width
from isacsys.campaign.plan import NO_MATTER
from isacsys.campaign.result import Run, distinct_names, open_run
from isacsys.config.scenario_values import FILES
from isacsys.core.arrays import Array, Table
from isacsys.core.display import Shape, Shown, draw, figure, pretty_unit
from isacsys.core.errors import ConfigError
from isacsys.metrics import Estimator

SAME_DEPLOYMENT = ("simulation.seed", "network.bs_density", "network.users_per_cell", "network.targets_per_cell",
                   "network.area", "network.layout", "network.positions", "network.minimum_distance",
                   "network.boundary")
_ROUNDING = 1e-12  # of the larger figure: a difference below it is none
_WHY = "the same in both: otherwise a drop of one is not the same place as that drop of the other"


@dataclass(frozen=True)
class Difference:
    """One metric in two runs.

    Attributes
    ----------
    a, b : float or None
        The metric in each, on the common drops; None without data.
    difference : float or None
        b - a.
    half_width : float or None
        Of the 95 % interval of the difference, corrected for the number of comparisons.
    variance_saved : float or None
        ``1 - Var(paired) / Var(independent)``.
    """

    a: float | None
    b: float | None
    difference: float | None
    half_width: float | None
    variance_saved: float | None

    def __str__(self) -> str:
        half_width = "" if self.half_width is None else f" ± {figure(self.half_width)}"
        return f"B - A = {figure(self.difference)}{half_width} (A = {figure(self.a)}, B = {figure(self.b)})"

    @property
    def significant(self) -> bool:
        """Whether the interval of the difference excludes zero, by more than rounding."""
        if self.a is None or self.b is None or self.difference is None or self.half_width is None:
            return False
        return abs(self.difference) > max(self.half_width, _ROUNDING * max(abs(self.a), abs(self.b)))


@dataclass(frozen=True)
class Comparison(Shown):
    """Every metric in two runs, paired by drop.

    Attributes
    ----------
    drops : int
        Number of drops that both have.
    metrics : mapping
        From name to `Difference`.
    runs : two of Run
        A and B.
    comparisons : int
        How many intervals hold at once.
    """

    drops: int
    metrics: Mapping[str, Difference]
    runs: tuple[Run, Run]
    comparisons: int = 1

    def __getitem__(self, metric: str) -> Difference:
        return self.metrics[metric]

    def to_dict(self) -> dict[str, Any]:
        """Return the comparison as JSON has it."""
        return {"drops": self.drops, "metrics": {name: asdict(d) for name, d in self.metrics.items()}}

    def __repr__(self) -> str:
        return f"<Comparison over {self.drops} drops>"

    def shape(self) -> Shape:
        """Return what was compared, and every difference that means something."""
        names = [name for name in self.metrics if any(name in run.meaningful for run in self.runs)]
        rows = [(name, figure(d.a), figure(d.b), figure(d.difference),
                 "" if d.half_width is None else f"± {figure(d.half_width)}", "*" if d.significant else "",
                 "" if d.variance_saved is None else f"{d.variance_saved:.0%}",
                 pretty_unit(self.runs[0].known_metrics[name].unit if name in self.runs[0].known_metrics
                             else self.runs[1].known_metrics[name].unit))
                for name, d in ((name, self.metrics[name]) for name in names)]
        lines = [f"{letter}: {name}: {line}" if i == 0 else f"   {line}"
                 for letter, name, run in zip("AB", distinct_names(self.runs), self.runs, strict=True)
                 for i, line in enumerate(run.provenance)]
        return Shape([*lines, _unequal(*self.runs),
                      f"{self.drops} drops, paired; * the 95 % interval of the difference excludes zero"
                      f"{_corrected(self.comparisons)}"],
                     ("metric", "A", "B", "B - A", "95 %", "", "variance saved", "unit"), rows)

    def plot(self, path: str | Path | None = None) -> Any:
        """Draw every relative difference with its interval; return the matplotlib figure.

        Parameters
        ----------
        path : path, optional
            Where to write it: PNG, SVG or PDF by its suffix.
        """
        return draw("sweep_plots", "draw_comparison", self, path)


@dataclass(frozen=True)
class Comparisons(Shown):
    """Several runs, each compared with the first.

    Attributes
    ----------
    pairs : tuple of Comparison
    comparisons : int
        How many intervals hold at once, with 95 % confidence (Bonferroni): every run's with the first, of every metric
        that was chosen; where none was chosen, of each metric by itself.
    """

    pairs: tuple[Comparison, ...]
    comparisons: int

    def __getitem__(self, index: int) -> Comparison:
        return self.pairs[index]

    def __len__(self) -> int:
        return len(self.pairs)

    def to_dict(self) -> dict[str, Any]:
        """Return the comparisons as JSON has them."""
        return {"correction": "Bonferroni", "comparisons": self.comparisons,
                "pairs": [{"a": pair.runs[0].name, "b": pair.runs[1].name, **pair.to_dict()} for pair in self.pairs]}

    def shape(self) -> Shape:
        """Return what was compared, and every difference that means something."""
        first, rows = self.pairs[0].runs[0], []
        for pair in self.pairs:
            rows += [(pair.runs[1].name, *row) for row in pair.shape().rows]
        lines = [f"A: {first.name}: {first.provenance[0]}", *(f"   {line}" for line in first.provenance[1:])]
        return Shape([*lines, "paired by drop; * the 95 % interval of the difference excludes zero"
                      f"{_corrected(self.comparisons)}"],
                     ("B", "metric", "A", "B", "B - A", "95 %", "", "variance saved", "unit"), rows)


@overload
def compare(a: Run | str | Path, b: Run | str | Path, *, metrics: Sequence[str] = ()) -> Comparison: ...


@overload
def compare(a: Run | str | Path, b: Run | str | Path, *others: Run | str | Path, metrics: Sequence[str] = ()
            ) -> Comparisons: ...


def compare(a: Run | str | Path, b: Run | str | Path, *others: Run | str | Path, metrics: Sequence[str] = ()
            ) -> Comparison | Comparisons:
    """Compare runs, drop by drop: two, or several with the first of them.

    Parameters
    ----------
    a, b, *others : Run or path
        Runs of the same seed and the same deployment.
    metrics : sequence of str
        Names; default: all that apply.

    Returns
    -------
    Comparison or, of more than two runs, Comparisons
        Differences are b - a. Intervals are corrected for the number of runs compared with the first times that of the
        metrics chosen (Bonferroni).

    Raises
    ------
    ConfigError
        Where runs cannot be paired.
    """
    first, *rest = (run if isinstance(run, Run) else open_run(run) for run in (a, b, *others))
    count = len(rest) * max(len(metrics), 1)
    pairs = tuple(_compare(first, other, metrics, count) for other in rest)
    return Comparisons(pairs, count) if others else pairs[0]


def _compare(one: Run, other: Run, metrics: Sequence[str], comparisons: int) -> Comparison:
    _check_pair(one, other)
    tables = one.table("drops"), other.table("drops")
    common = np.intersect1d(tables[0]["drop"], tables[1]["drop"])
    if not len(common):
        raise ConfigError("simulation.drops", one.scenario.simulation.drops, "two runs with drops in common")
    if len(common) < max(one.drops, other.drops):
        warnings.warn(f"compared on the {len(common)} drops that both have", stacklevel=3)
    rows_a, rows_b = (_rows(table, common) for table in tables)
    known = {**one.known_metrics, **other.known_metrics}
    for name in metrics:
        if name not in known:
            raise ConfigError("metric", name, f"one of {', '.join(known)}")
    names = metrics or applicable(rows_a, rows_b, metrics=known)
    found = {name: _difference(one, other, rows_a, rows_b, known[name], comparisons) for name in names}
    return Comparison(len(common), found, (one, other), comparisons)


def _check_pair(a: Run, b: Run) -> None:
    for key in SAME_DEPLOYMENT:
        if a.scenario.get(key) != b.scenario.get(key):
            raise ConfigError(key, (a.scenario.get(key), b.scenario.get(key)), _WHY)
    for key in ("positions", *(f"content_of_{key}" for key in FILES if a.scenario.get(key) == b.scenario.get(key))):
        if a.attributes.get(key, "") != b.attributes.get(key, ""):
            raise ConfigError(key, (a.attributes.get(key, ""), b.attributes.get(key, "")), _WHY)


def _rows(table: Table, drops: Array) -> Table:
    order = np.argsort(table["drop"], kind="stable")
    chosen = order[np.searchsorted(table["drop"], drops, sorter=order)]
    return {name: column[chosen] for name, column in table.items()}


def _difference(a: Run, b: Run, rows_a: Table, rows_b: Table, metric: Estimator, comparisons: int = 1) -> Difference:
    one, other = linearise(a.scenario, rows_a, metric), linearise(b.scenario, rows_b, metric)
    if one.value is None or other.value is None:
        return Difference(one.value, other.value, None, None, None)
    paired = other.influence - one.influence
    saved = None
    if len(paired) > 1:
        with np.errstate(all="ignore"):
            alone = np.var(one.influence) + np.var(other.influence)
            saved = finite(float(1 - np.var(paired) / alone)) if alone > 0 else None
    return Difference(one.value, other.value, finite(other.value - one.value), mean_half_width(paired, comparisons),
                      saved)


def _unequal(a: Run, b: Run) -> str:
    """Return a line with every setting, and every object in its place, in which two runs differ."""
    one, other = ({**dict(run.scenario.items()), **run.handed} for run in (a, b))
    found = [f"{key} = {one.get(key, 'none')} | {other.get(key, 'none')}" for key in {**one, **other}
             if key not in NO_MATTER and one.get(key) != other.get(key)]
    return f"A | B differ in: {', '.join(found) or 'no setting'}"


def _corrected(comparisons: int) -> str:
    return "" if comparisons == 1 else f"; all {comparisons} hold at once (Bonferroni)"
