"""The built-in metrics, and the columns of tables ``frames`` and ``drops`` that follow from them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from isacsys.core.columns import Column
from isacsys.metrics.base import Estimator, Metric
from isacsys.metrics.detection_metrics import DetectionMetrics
from isacsys.metrics.drop_metrics import DropMetrics
from isacsys.metrics.energy_metrics import EnergyMetrics
from isacsys.metrics.link_metrics import LinkMetrics, Throughput
from isacsys.metrics.rate_metrics import NullRequestMetrics, RateMetrics, StationMetrics
from isacsys.metrics.track_metrics import TrackMetrics
from isacsys.network.receivers import ReceiverType
from isacsys.plugins import kinds

# Of every run: their columns are those of version 0.1, which every log has. Nothing is added here.
ALWAYS: tuple[Metric, ...] = (
    StationMetrics(),
    RateMetrics(ReceiverType.USER),
    RateMetrics(ReceiverType.TARGET),
    NullRequestMetrics(),
)

# Of runs whose scenario wants them: what is new is added here.
SOMETIMES: tuple[Metric, ...] = (LinkMetrics(), DetectionMetrics(), TrackMetrics(), EnergyMetrics())

# Of a user's own.
METRIC = kinds.register(kinds.PluginKind("metric", Metric, "recording.metrics", many=True))


def _optional(columns: Iterable[Column]) -> tuple[Column, ...]:
    return tuple(replace(column, optional=True) for column in columns)


SUMS: tuple[Column, ...] = (*(column for metric in ALWAYS for column in metric.columns),
                            *(column for metric in SOMETIMES for column in _optional(metric.columns)))
DROP_COLUMNS: tuple[Column, ...] = (*DropMetrics.drop_columns, *_optional(Throughput.drop_columns),
                                    *(column for metric in SOMETIMES for column in _optional(metric.drop_columns)))
_ESTIMATES = (
    *(metric.estimates for metric in ALWAYS),
    DropMetrics.estimates,
    Throughput.estimates,
    *(metric.estimates for metric in SOMETIMES),
)
METRICS: Mapping[str, Estimator] = {estimator.name: estimator for some in _ESTIMATES for estimator in some}
