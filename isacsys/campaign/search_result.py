"""The result of a search: the best setting, and the standing of every other one."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from isacsys.campaign.estimates import Estimate, finite
from isacsys.campaign.objectives import Constraint, Objective
from isacsys.campaign.request import Task
from isacsys.campaign.result import Run, open_run
from isacsys.campaign.settings_grid import Feasible, file_name, in_words, place
from isacsys.config.scenario import Scenario
from isacsys.core.arrays import Index
from isacsys.core.display import Shape, Shown, csv_text, draw, figure, pretty_unit, with_interval
from isacsys.core.errors import ConfigError, LogFormatError, writing
from isacsys.recording.atomic_files import check_regular, write_whole
from isacsys.statistics import Look, RaceRules

RESULT, TABLE = "search.json", "search.csv"
BEST, ELIMINATED, OPEN, INFEASIBLE = "best", "eliminated", "not told apart", "infeasible"
_LARGEST = 2**28  # bytes of a result
_ORDER = {BEST: 0, OPEN: 1, ELIMINATED: 1, INFEASIBLE: 2}
_SHOWN = 40  # rows of text


@dataclass(frozen=True)
class SearchResult(Shown):
    """What a search found.

    Attributes
    ----------
    keys : tuple of str
        The settings that were varied.
    goal : str
        ``"maximize communication_ase"``.
    subject_to : tuple of str
        Bounds.
    best : dict or None
        The best setting; None where none is feasible.
    objective : Estimate
        Of the best setting; the half-width is that of its confidence sequence.
    confidence, indifference : float
        With this confidence the best setting is within the indifference of the best there is.
    settings, left_out : int
        Settings that were simulated, and points of the grid that break (16a) or that the scenario refuses.
    reasons : dict
        How many points were left out for which setting.
    drops_spent, drops_equal_allocation : int
        Over all settings; and had all got as many as the longest.
    complete : bool
        Whether the question is answered: the budget did not end before.
    table : list of dict
        A row a setting, the best first: the settings, ``mean`` of the objective, ``difference`` from the best on common
        drops and its ``half_width`` (all of them hold at once, with the confidence), ``drops``, ``status``, and the
        metrics that the question is made of.
    """

    keys: tuple[str, ...]
    goal: str
    subject_to: tuple[str, ...]
    best: dict[str, Any] | None
    objective: Estimate
    confidence: float
    indifference: float | None
    settings: int
    left_out: int
    reasons: dict[str, int]
    drops_spent: int
    drops_equal_allocation: int
    complete: bool
    table: list[dict[str, Any]]
    scenario: Scenario = field(repr=False)
    directory: Path | None = field(default=None, repr=False)
    _runs: Sequence[Run] = field(default=(), repr=False)

    @staticmethod
    def open(directory: str | Path) -> SearchResult:
        """Open what a search wrote into a directory."""
        return open_search(directory)

    def __repr__(self) -> str:
        return f"<SearchResult: {in_words(self.best) if self.best else 'no setting is feasible'}>"

    @property
    def runs(self) -> list[Run]:
        """The run of every row of the table."""
        if self.directory is None:
            return list(self._runs)
        return [open_run(self.directory / file_name({key: row[key] for key in self.keys})) for row in self.table]

    @property
    def metrics(self) -> tuple[str, ...]:
        """Names of the metrics that the question is made of."""
        fixed = {*self.keys, "mean", "difference", "half_width", "drops", "status"}
        return tuple(name for name in self.table[0] if name not in fixed)

    @property
    def remarks(self) -> list[str]:
        """A line for every axis at whose end the best setting is, where values beyond it can be simulated."""
        return [f"{key} = {self.best[key]} is the {end} value searched: the best may be beyond it"
                for key in self.keys for end in _ends(self, key)] if self.best else []

    def shape(self) -> Shape:
        """Return the answer in words, and the table."""
        rows = [[*(str(row[key]) for key in self.keys), figure(row["mean"]),
                 with_interval(row["difference"], row["half_width"]) if row["difference"] is not None else "-",
                 *(figure(row[name]) for name in self.metrics), str(row["drops"]), row["status"]]
                for row in self.table[:_SHOWN]]
        rest = [f"the first {_SHOWN} of {len(self.table)} settings:"] * (len(self.table) > _SHOWN)
        unit = pretty_unit(self.objective.unit)
        header = [*self.keys, f"mean{f' ({unit})' * bool(unit)}", "difference", *self.metrics, "drops", "status"]
        return Shape([*self._words(), *rest], header, rows)

    def plot(self, path: str | Path | None = None) -> Any:
        """Draw all settings over the objective with their intervals, and the Pareto front where two services meet.

        Parameters
        ----------
        path : path, optional
            Where to write it: PNG, SVG or PDF by its suffix.
        """
        return draw("sweep_plots", "draw_search", self, path)

    def to_dict(self) -> dict[str, Any]:
        """Return the result as JSON has it."""
        names = ("confidence", "indifference", "settings", "left_out", "drops_spent", "drops_equal_allocation",
                 "complete")
        return {"best": self.best, "objective": self.objective.to_dict(),
                **{name: getattr(self, name) for name in names}, "table": self.table}

    def to_csv(self) -> str:
        """Return the table as CSV, with nothing where there are no data."""
        return csv_text([self.table[0], *(row.values() for row in self.table)])

    def save(self, directory: Path) -> None:
        """Write ``search.json`` and ``search.csv`` beside the logs."""
        question = {"keys": self.keys, "goal": self.goal, "subject_to": self.subject_to, "reasons": self.reasons,
                    "scenario": self.scenario.to_toml()}
        contents = {RESULT: json.dumps({**question, **self.to_dict()}, indent=1, allow_nan=False), TABLE: self.to_csv()}
        with writing("output", directory, "a directory"):
            for name, text in contents.items():
                write_whole(directory / name, text.encode())
        object.__setattr__(self, "directory", directory)

    def _words(self) -> list[str]:
        bounds = f" subject to {' and '.join(self.subject_to)}" if self.subject_to else ""
        share = self.drops_spent / self.drops_equal_allocation
        left = f", {self.left_out} left out ({', '.join(f'{k}: {n}' for k, n in self.reasons.items())})"
        lines = [f"{self.goal}{bounds}: {self.settings} settings{left * bool(self.left_out)}, {self.drops_spent} "
                 f"drops, {share:.0%} of an equal allocation"]
        if self.best is None:
            return [*lines, "no setting is feasible" if self.complete else "the drops ended before any setting was "
                    "found feasible"]
        lines.append(f"best: {in_words(self.best)}: {self.objective}")
        within = f"within {figure(self.indifference)} of the best with {self.confidence:.0%} confidence"
        return [*lines, within if self.complete else f"the drops ended before it was known to be {within}",
                *self.remarks]


def make_result(scenario: Scenario, grid: Feasible[Task], objective: Objective, constraints: Sequence[Constraint],
                rules: RaceRules, seen: Look, counts: Index, runs: Sequence[Run], complete: bool) -> SearchResult:
    """Return the result of a race between the settings of a grid, with ``counts`` [setting] drops each."""
    metrics = list(dict.fromkeys(name for name in (*objective.terms, *(c.metric for c in constraints))))
    rows = [_row(grid.settings[i], objective, seen, counts, i) | _metrics(runs[i], metrics, objective)
            for i in range(len(grid.settings))]
    ranks = sorted(range(len(rows)), key=lambda i: _rank(rows[i], objective.sign))
    leader = seen.leader
    best = None if leader is None else grid.settings[leader]
    value = Estimate(None, None, objective.unit) if leader is None else \
        Estimate(rows[leader]["mean"], finite(float(seen.mean_half_width[leader])), objective.unit)
    reasons = Counter(error.partition(" = ")[0] for _, error in grid.left_out)
    return SearchResult(
        tuple(grid.settings[0]), f"{'maximize' if objective.sign > 0 else 'minimize'} {objective.name}",
        tuple(map(str, constraints)), best, value, rules.confidence, finite(seen.indifference), len(rows),
        len(grid.left_out), dict(reasons), int(counts.sum()), int(counts.max() * len(counts)), complete,
        [rows[i] for i in ranks], scenario, None, [runs[i] for i in ranks])


def open_search(directory: str | Path) -> SearchResult:
    """Open what a search wrote into a directory.

    Raises
    ------
    LogFormatError
        Where there is none, or it is damaged.
    """
    path = Path(directory) / RESULT
    try:
        check_regular(path)
        with open(path, "rb") as file:
            told = json.loads(file.read(_LARGEST))
        objective = Estimate(**told["objective"])
        made = SearchResult(
            tuple(told["keys"]), told["goal"], tuple(told["subject_to"]), told["best"], objective, told["confidence"],
            told["indifference"], told["settings"], told["left_out"], told["reasons"], told["drops_spent"],
            told["drops_equal_allocation"], told["complete"], told["table"], Scenario.from_toml(told["scenario"]),
            Path(directory))
        str(made)  # whatever is not what it should be is found here
    except FileNotFoundError:
        raise LogFormatError(f"{directory}: no search has ended there") from None
    except LogFormatError:
        raise
    except Exception as error:
        raise LogFormatError(f"{path} is damaged ({type(error).__name__}: {error})") from None
    return made


def _ends(found: SearchResult, key: str) -> Iterator[str]:
    """Yield at which end of an axis of numbers the best setting is, if (16a) and the scenario allow values beyond."""
    best, values = found.best or {}, {row[key] for row in found.table}
    if len(values) < 2 or not all(type(value) in {int, float} for value in values):
        return
    step = 1 if all(isinstance(value, int) for value in values) else 1e-3 * (max(values) - min(values))
    for end, value, beyond in (("smallest", min(values), -step), ("largest", max(values), step)):
        if best[key] == value:
            with suppress(ConfigError):
                place(found.scenario, {**best, key: value + beyond}, constrained=True)
                yield end


def _row(setting: Mapping[str, Any], objective: Objective, seen: Look, counts: Index, i: int) -> dict[str, Any]:
    return {**setting, "mean": finite(objective.sign * float(seen.mean[i])),
            "difference": finite(objective.sign * float(seen.difference[i]) + 0.0),
            "half_width": finite(float(seen.half_width[i])), "drops": int(counts[i]), "status": _status(seen, i)}


def _status(seen: Look, i: int) -> str:
    if seen.excluded[i]:
        return INFEASIBLE
    if i == seen.leader:
        return BEST
    return OPEN if seen.contending[i] else ELIMINATED


def _metrics(run: Run, names: Sequence[str], objective: Objective) -> dict[str, float | None]:
    """Return what the question is made of, where the mean of the objective does not say it already."""
    return {name: run[name].mean for name in names if name != objective.name}


def _rank(row: Mapping[str, Any], sign: int) -> tuple[int, float]:
    value = row["difference"] if row["difference"] is not None else row["mean"]
    return _ORDER[row["status"]], math.inf if value is None else -sign * value

