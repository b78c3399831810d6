"""Findings with their verdicts, as a table, as JSON, as words and as a picture."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from textwrap import shorten
from typing import Any, NamedTuple

from scipy.special import ndtr, stdtrit

from isacsys.core.arrays import Array
from isacsys.core.display import csv_text, draw, html_table

STANDARD_ERRORS, MANY = 4.0, 10**9
RUNGS = ("paper", "exact_nominal", "exact_measured")


class Judged(NamedTuple):
    """Whether a difference is within what chance and the tolerance allow; None where that cannot be said."""

    agrees: bool | None
    standard_errors: float | None
    words: str


@lru_cache(maxsize=256)
def allowed(drops: int) -> float:
    """Return how many standard errors chance is allowed: 4, and as unlikely where few drops tell what one is."""
    return float(-stdtrit(drops - 1, ndtr(-STANDARD_ERRORS))) if drops > 1 else STANDARD_ERRORS


def judge(difference: float | None, expected: float, error: float | None, tolerance: float,
          drops: int = MANY) -> Judged:
    """Judge a difference: at most 4 standard errors (see `allowed`) plus ``tolerance`` of what was expected."""
    if difference is None or error is None:
        return Judged(None, None, "not judged: it takes at least two drops to know the spread")
    standard_errors = difference / error if error > 0 else 0.0 if difference == 0 else None
    agrees = abs(difference) <= allowed(drops) * error + tolerance * abs(expected)
    relative = f"{percent(difference / expected, signed=True)}" if expected else f"{difference:+.3g}"
    apart = "" if standard_errors is None else f", {abs(standard_errors):.1f} standard errors"
    return Judged(agrees, standard_errors, f"{'agrees' if agrees else 'contradicted'}: {relative}{apart}")


def percent(share: float, *, signed: bool = False) -> str:
    """Write a share in per cent with one decimal."""
    return f"{100 * share:{'+' if signed else ''}.1f} %"


@dataclass(frozen=True, kw_only=True)
class Quantity:
    """A figure: simulated, computed, and what to think of it.

    ``exact_measured`` is what the simulation is judged by, or ``formula`` where a user gave one;
    ``standard_errors`` is the difference from it; ``refused`` the share of null requests that was refused. None is
    what there is not.
    """

    name: str
    unit: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    simulation: float | None
    half_width: float | None
    exact_measured: float | None = None
    exact_nominal: float | None = None
    paper: float | None = None
    formula: float | None = None
    refused: float | None = None
    standard_errors: float | None
    agrees: bool | None
    verdict: str

    @property
    def status(self) -> str:
        """One of "agrees", "contradicted", "not judged", "not comparable"."""
        if self.agrees is not None:
            return "agrees" if self.agrees else "contradicted"
        return "not comparable" if self.verdict.startswith("not comparable") else "not judged"

    @property
    def expected(self) -> float | None:
        """What the simulation is judged by."""
        return self.exact_measured if self.formula is None else self.formula

    @property
    def difference(self) -> float | None:
        """(simulation - expected) / expected."""
        if self.simulation is None or not self.expected:
            return None
        return self.simulation / self.expected - 1

    def row(self) -> dict[str, Any]:
        """Return the row of the table."""
        computed = RUNGS if self.formula is None else ("formula",)
        return {**self.settings, "name": self.name, **{name: getattr(self, name) for name in computed},
                "simulation": self.simulation, "half_width": self.half_width, "difference": self.difference,
                "standard_errors": self.standard_errors, "agrees": self.agrees, "verdict": self.verdict}

    def to_dict(self) -> dict[str, Any]:
        """Return the quantity as JSON has it."""
        keys = ("name", "status", "simulation", "half_width", "exact_measured", "exact_nominal", "paper",
                "standard_errors", "verdict", *(("formula",) if self.formula is not None else ()))
        return {key: getattr(self, key) for key in keys} | ({"settings": dict(self.settings)} if self.settings else {})


@dataclass(frozen=True, kw_only=True)
class Law:
    """A distribution: simulated, given by a formula, and what to think of it.

    Attributes
    ----------
    thresholds, simulation, half_width, formula : [threshold]
        P(X > threshold), the half-width of its 95 % interval, and what the formula says.
    distance, p_value : float
        Kolmogorov-Smirnov, weighted; drops are the units.
    """

    name: str
    unit: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    thresholds: Array
    simulation: Array
    half_width: Array
    formula: Array
    distance: float
    p_value: float
    agrees: bool | None
    verdict: str

    def row(self) -> dict[str, Any]:
        """Return the row of the table."""
        return {**self.settings, "name": self.name, "distance": self.distance, "p_value": self.p_value,
                "agrees": self.agrees, "verdict": self.verdict}

    def to_dict(self) -> dict[str, Any]:
        """Return the law as JSON has it."""
        curves = {key: getattr(self, key).tolist() for key in ("thresholds", "simulation", "half_width", "formula")}
        return self.row() | curves


class Validation:
    """What came out of `isacsys.validate`.

    Attributes
    ----------
    findings : list of Quantity or Law
        One for every quantity at every point.
    agrees : bool or None
        Whether nothing is contradicted; None where nothing could be judged.
    """

    def __init__(self, findings: Sequence[Quantity | Law]) -> None:
        self.findings = list(findings)
        judged = [finding.agrees for finding in findings if finding.agrees is not None]
        self.agrees: bool | None = all(judged) if judged else None

    def __repr__(self) -> str:
        return f"<Validation: {self.verdict}>"

    def __str__(self) -> str:
        return f"{self.to_text()}\n{self.verdict}"

    def _repr_html_(self) -> str:
        columns = {name: [_short(name, value) for value in values] for name, values in self.table.items()
                   if name != "agrees"}
        return f"<p>{html.escape(self.verdict)}</p>{html_table(list(columns), zip(*columns.values(), strict=True))}"

    def __getitem__(self, name: str) -> Validation:
        """Return what was found of one quantity."""
        return Validation([finding for finding in self.findings if finding.name == name])

    @property
    def table(self) -> dict[str, list[Any]]:
        """A tidy table, a row a finding: a mapping from column to values, as ``pandas.DataFrame`` takes it."""
        rows = [finding.row() for finding in self.findings]
        names = dict.fromkeys(name for row in rows for name in row)
        return {name: [row.get(name) for row in rows] for name in names}

    @property
    def verdict(self) -> str:
        """One line."""
        wrong = [finding for finding in self.findings if finding.agrees is False]
        judged = sum(finding.agrees is not None for finding in self.findings)
        if not judged:
            return "nothing could be judged: " + shorten("; ".join(sorted({f.verdict for f in self.findings})), 300,
                                                         placeholder=" …")
        if not wrong:
            return f"agrees: {judged} of {len(self.findings)} within what chance and the tolerance allow"
        worst = "; ".join(self.line(finding).replace("contradicted: ", "", 1) for finding in wrong[:3])
        return f"contradicted in {len(wrong)} of {judged}: {worst}{'; …' * (len(wrong) > 3)}"

    @staticmethod
    def line(finding: Quantity | Law) -> str:
        """Return what was found, where, and the verdict."""
        place = ", ".join(f"{key} = {value}" for key, value in finding.settings.items())
        return f"{finding.name}{' at ' * bool(place)}{place}: {finding.verdict}"

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON has it."""
        return {"agrees": self.agrees, "quantities": [finding.to_dict() for finding in self.findings]}

    def to_csv(self) -> str:
        """Return the table as CSV, with nothing where there are no data."""
        return csv_text([self.table, *zip(*self.table.values(), strict=True)])

    def to_text(self) -> str:
        """Return the table for people: figures to four digits, verdicts below where they are long."""
        columns = {name: [_short(name, value) for value in values] for name, values in self.table.items()
                   if name not in ("verdict", "agrees")}
        widths = [max(map(len, (name, *column))) for name, column in columns.items()]
        lines = ["  ".join(name.rjust(width) for name, width in zip(columns, widths, strict=True))]
        lines += ["  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True))
                  for row in zip(*columns.values(), strict=True)]
        return "\n".join(lines)

    def plot(self, path: str | Path | None = None) -> Any:
        """Draw simulated points with their intervals over what was computed; return the matplotlib figure.

        Parameters
        ----------
        path : path, optional
            Where to write it: PNG, SVG or PDF by its suffix.
        """
        return draw("validation_plots", "draw", self.findings, path)


def _short(name: str, value: Any) -> str:
    if value is None:
        return "-"
    if name == "difference":
        return percent(value, signed=True)
    if name == "standard_errors":
        return f"{value:+.1f}"
    return f"{value:.4g}" if isinstance(value, float) else str(value)
