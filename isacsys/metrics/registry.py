"""The metrics there are, and the columns of tables ``frames`` and ``drops`` that follow from them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from isacsys import plugins
from isacsys.metrics.base import Estimator, Metric
from isacsys.metrics.builtin import NullRequests, Rates, Stations
from isacsys.metrics.columns import Column
from isacsys.metrics.followed import Followed
from isacsys.metrics.over_time import Quality
from isacsys.metrics.sensed import Sensed
from isacsys.network.kinds import Kind

# Of every run: their columns are those of version 0.1, which every log has. Nothing is added here.
ALWAYS: tuple[Metric, ...] = (Stations(), Rates(Kind.USER), Rates(Kind.TARGET), NullRequests())

# Of runs whose scenario wants them: what is new is added here.
SOMETIMES: tuple[Metric, ...] = (Sensed(), Followed())

# Of a user's own.
METRIC = plugins.register(plugins.Kind("metric", Metric, "recording.metrics", many=True))


def _optional(columns: Iterable[Column]) -> tuple[Column, ...]:
    return tuple(replace(column, optional=True) for column in columns)


SUMS: tuple[Column, ...] = (*(column for metric in ALWAYS for column in metric.columns),
                            *(column for metric in SOMETIMES for column in _optional(metric.columns)))
DROP_COLUMNS: tuple[Column, ...] = (*Quality.drop_columns,
                                    *(column for metric in SOMETIMES for column in _optional(metric.drop_columns)))
_ESTIMATES = (*(metric.estimates for metric in ALWAYS), Quality.estimates, *(metric.estimates for metric in SOMETIMES))
METRICS: Mapping[str, Estimator] = {estimator.name: estimator for some in _ESTIMATES for estimator in some}
