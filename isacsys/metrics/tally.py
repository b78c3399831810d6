"""Sums of all metrics over one drop."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence

from isacsys.config.scenario import Scenario
from isacsys.core.columns import MOST_COLUMNS, Column
from isacsys.core.drop_parts import Total, of_drop
from isacsys.core.errors import ConfigError, PluginError
from isacsys.metrics.base import Estimator, Metric
from isacsys.metrics.registry import ALWAYS, DROP_COLUMNS, METRICS, SOMETIMES, SUMS
from isacsys.plugins.loading import calling, calling_theirs, is_ours
from isacsys.services.frame_record import FrameRecord

Row = dict[str, Total]
Sums = dict[str, Total]  # of a frame: of a drop, or of several


class Tally:
    """Adds up, frame by frame, what the metrics of a drop want to know.

    Parameters
    ----------
    scenario : Scenario
    own : sequence of Metric
        Metrics of a user's own, beside those there are; copied.
    """

    def __init__(self, scenario: Scenario, own: Sequence[Metric] = ()) -> None:
        self._metrics = [*ALWAYS, *copy.deepcopy([m for m in (*SOMETIMES, *own) if m.wanted(scenario)])]
        self._totals: Sums = {column.name: 0 for metric in self._metrics for column in metric.columns}

    def frame(self, record: FrameRecord) -> Sums:
        """Return the sums of a frame, having added them up."""
        found: Sums = {}
        totals = self._totals
        for metric in self._metrics:
            for name, value in (metric.sums(record) if is_ours(metric) else _sums(metric, record)).items():
                found[name], totals[name] = value, totals[name] + value
        return found

    def drop(self, part: int = 0) -> Row:
        """Return the row of the drop; ``part`` is its number among several that were simulated together."""
        row: Row = {name: of_drop(total, part) for name, total in self._totals.items()}
        for metric in self._metrics:
            with calling_theirs(metric, "metric", "summing up a drop"):
                found = metric.part(part) if is_ours(metric) else metric
                row |= _checked(metric, metric.drop_columns, found.drop())
        return row


def _sums(metric: Metric, record: FrameRecord) -> Mapping[str, Total]:
    with calling(metric, "metric", "summing a frame"):
        return _checked(metric, metric.columns, metric.sums(record))


def declared_columns(own: Iterable[Metric]) -> tuple[tuple[Column, ...], tuple[Column, ...]]:
    """Return what metrics of a user's own add to table ``frames``, and to table ``drops`` besides.

    Raises
    ------
    ConfigError
        Where a name is taken, or there are more than a log may have.
    """
    sums: list[Column] = []
    drops: list[Column] = []
    taken = {column.name for column in (*SUMS, *DROP_COLUMNS)} | {"drop", "frame"}
    for metric in own:
        for column in (*metric.columns, *metric.drop_columns):
            if column.name in taken:
                raise ConfigError(f"metric {type(metric).__name__}", column.name, "a column that no other metric has")
            taken.add(column.name)
        sums += metric.columns
        drops += metric.drop_columns
    if len(taken) > MOST_COLUMNS:
        raise ConfigError("measure", f"{len(taken)} columns", f"at most {MOST_COLUMNS}, those there are included")
    return tuple(sums), tuple(drops)


def declared_metrics(own: Iterable[Metric]) -> dict[str, Estimator]:
    """Return the figures of metrics of a user's own. Raises ConfigError where a name is taken, or a column unknown."""
    own, found = list(own), {}
    sums, drops = declared_columns(own)
    known = {column.name for column in (*SUMS, *DROP_COLUMNS, *sums, *drops)} | {"bs_density"}
    for metric in own:
        for estimator in metric.estimates:
            name = estimator.name
            if name in METRICS or name in found:
                raise ConfigError(f"metric {type(metric).__name__}", name, "a figure that no other metric has")
            strangers = {*estimator.powers, *filter(None, [estimator.about])} - known
            if strangers:
                raise ConfigError(f"metric {type(metric).__name__}", name,
                                  f"made of columns that are declared, not of {', '.join(sorted(strangers))}")
            found[name] = estimator
    return found


def _checked(metric: Metric, columns: Sequence[Column], given: Mapping[str, Total]) -> Mapping[str, Total]:
    if not isinstance(given, Mapping) or len(given) != len(columns) or any(c.name not in given for c in columns):
        raise PluginError(f"metric {type(metric).__name__} gave {given!r}, not one number for each of "
                          f"{sorted(column.name for column in columns)}")
    nan = [name for name, value in given.items() if value != value]
    if nan:
        raise PluginError(f"metric {type(metric).__name__} gave NaN for {', '.join(sorted(nan))}: a figure that some "
                          "drops lack comes with a count of those that have it")
    return given
