"""Metrics: every column and every figure once, with name, unit, meaning, sum and estimate."""

from isacsys.core.columns import ASE, KM, KM2, RATE, Column, count, index, real
from isacsys.metrics.base import DENSITY, Estimator, Metric
from isacsys.metrics.drop_metrics import DropMetrics
from isacsys.metrics.link_metrics import LinkMetrics, Throughput
from isacsys.metrics.registry import DROP_COLUMNS, METRIC, METRICS, SUMS
from isacsys.metrics.tally import Tally, declared_columns, declared_metrics
from isacsys.services.frame_record import FrameRecord
from isacsys.services.link_terms import NO_LINKS, LinkTerms, link_columns

__all__ = [
           "ASE",
           "DENSITY",
           "DROP_COLUMNS",
           "KM",
           "KM2",
           "METRIC",
           "METRICS",
           "NO_LINKS",
           "RATE",
           "SUMS",
           "Column",
           "DropMetrics",
           "Estimator",
           "FrameRecord",
           "LinkMetrics",
           "LinkTerms",
           "Metric",
           "Tally",
           "Throughput",
           "count",
           "declared_columns",
           "declared_metrics",
           "index",
           "link_columns",
           "real",
]
