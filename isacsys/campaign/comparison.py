"""Two runs on the same drops: what differs, and how surely.

Both saw the same positions, so that what one drop does to both cancels in the difference.
With the influences ``z`` of every drop on a metric (see `estimates`), ``Var(B - A) ~ s^2(z_B - z_A) / n``.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from isacsys.campaign.estimates import applicable, finite, linearise, mean_half_width
from isacsys.campaign.result import Run, open_run
from isacsys.config.scenario import FILES
from isacsys.core.arrays import Array, Table
from isacsys.core.display import Shape, Shown, draw, figure, pretty_unit
from isacsys.core.errors import ConfigError
from isacsys.metrics import Estimator

SAME_DEPLOYMENT = ("simulation.seed", "network.bs_density", "network.users_per_cell", "network.targets_per_cell",
                   "network.area", "network.layout", "network.positions", "network.minimum_distance",
                   "network.boundary")
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
        Of the 95 % interval of the difference.
    variance_saved : float or None
        ``1 - Var(paired) / Var(independent)``.
    """

    a: float | None
    b: float | None
    difference: float | None
    half_width: float | None
    variance_saved: float | None

    @property
    def significant(self) -> bool:
        """Whether the interval of the difference excludes zero."""
        return self.difference is not None and self.half_width is not None and abs(self.difference) > self.half_width


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
    """

    drops: int
    metrics: Mapping[str, Difference]
    runs: tuple[Run, Run]

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
        lines = [f"{letter}: {run.name}: {line}" if i == 0 else f"   {line}"
                 for letter, run in zip("AB", self.runs, strict=True) for i, line in enumerate(run.provenance)]
        return Shape([*lines, f"{self.drops} drops, paired; * the 95 % interval of the difference excludes zero"],
                     ("metric", "A", "B", "B - A", "95 %", "", "variance saved", "unit"), rows)

    def plot(self, path: str | Path | None = None) -> Any:
        """Draw every relative difference with its interval; return the matplotlib figure.

        Parameters
        ----------
        path : path, optional
            Where to write it: PNG, SVG or PDF by its suffix.
        """
        return draw("sweep_plots", "draw_comparison", self, path)


def compare(a: Run | str | Path, b: Run | str | Path) -> Comparison:
    """Compare two runs, drop by drop.

    Parameters
    ----------
    a, b : Run or path
        Runs of the same seed and the same deployment.

    Returns
    -------
    Comparison
        Differences are b - a.

    Raises
    ------
    ConfigError
        Where the two cannot be paired.
    """
    one, other = (run if isinstance(run, Run) else open_run(run) for run in (a, b))
    _check_pair(one, other)
    tables = one.table("drops"), other.table("drops")
    common = np.intersect1d(tables[0]["drop"], tables[1]["drop"])
    if not len(common):
        raise ConfigError("simulation.drops", one.scenario.simulation.drops, "two runs with drops in common")
    if len(common) < max(one.drops, other.drops):
        warnings.warn(f"compared on the {len(common)} drops that both have", stacklevel=2)
    rows_a, rows_b = (_rows(table, common) for table in tables)
    known = {**one.known_metrics, **other.known_metrics}
    names = applicable(rows_a, rows_b, metrics=known)
    return Comparison(len(common), {name: _difference(one, other, rows_a, rows_b, known[name]) for name in names},
                      (one, other))


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


def _difference(a: Run, b: Run, rows_a: Table, rows_b: Table, metric: Estimator) -> Difference:
    one, other = linearise(a.scenario, rows_a, metric), linearise(b.scenario, rows_b, metric)
    if one.value is None or other.value is None:
        return Difference(one.value, other.value, None, None, None)
    paired = other.influence - one.influence
    saved = None
    if len(paired) > 1:
        with np.errstate(all="ignore"):
            alone = np.var(one.influence) + np.var(other.influence)
            saved = finite(float(1 - np.var(paired) / alone)) if alone > 0 else None
    return Difference(one.value, other.value, finite(other.value - one.value), mean_half_width(paired), saved)
